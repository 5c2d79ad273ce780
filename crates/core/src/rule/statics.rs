//! What the service refuses although it can be read: operators, values and combinations that do not go together.

use std::ops::Range;

use super::error::Mistake;
use super::operator::Operator;
use super::pattern;
use super::property::{Property, Type};
use super::tree::{Expression, Located, Moment, Node, Quantifier, Subject, Value};
use super::value::instant;

/// Longest rule in characters.
pub const LONGEST: usize = 3_072;

/// Most groups that a rule on `memberOf` can name.
const MOST_GROUPS: usize = 50;

/// Refuses a rule that is too long.
pub(super) fn length(text: &str) -> Result<(), Mistake> {
    let Some((end, _)) = text.char_indices().nth(LONGEST) else { return Ok(()) };
    let count = text.chars().count();
    Err(Mistake::new(
        &(end..text.len()),
        format!("a rule has at most {LONGEST} characters, this one has {count}"),
    ))
}

/// Refuses a property that runs into its operator: `user.department-eq`.
pub(super) fn word_is_one(word: &str, span: &Range<usize>) -> Result<(), Mistake> {
    let Some((hyphen, _)) =
        word.match_indices('-').find(|(at, _)| *at > 0 && Operator::of(&word[*at..]).is_some())
    else {
        return Ok(());
    };
    let at = span.start + hyphen..span.end;
    Err(Mistake::new(&at, "expected a space between the property and its operator"))
}

/// The name with its object.
pub(super) fn full_name(property: &Property) -> String {
    format!("{}.{}", property.object.prefix(), property.name)
}

/// Refuses `-any` and `-all` on what is no collection.
pub(super) fn quantifier_allowed(
    property: &Property,
    quantifier: Quantifier,
    span: &Range<usize>,
) -> Result<(), Mistake> {
    let name = full_name(property);
    if !property.value.is_collection() {
        let message =
            format!("-any and -all stand behind collections, and {name} is {}", property.value.name());
        return Err(Mistake::new(span, message));
    }
    if property.value == Type::Groups && quantifier == Quantifier::All {
        return Err(group_form(property.object.prefix(), span));
    }
    Ok(())
}

fn group_form(prefix: &str, span: &Range<usize>) -> Mistake {
    Mistake::new(span, format!("{prefix}.memberOf goes only with -any, group.objectId and -in"))
        .help(format!("{prefix}.memberOf -any (group.objectId -in [\"…\"])"))
}

/// Refuses a comparison of collections that are no texts.
pub(super) fn can_be_compared(subject: &Located<Subject>) -> Result<(), Mistake> {
    match &subject.value {
        Subject::Property(property) if property.value == Type::Groups => {
            Err(group_form(property.object.prefix(), &subject.span))
        }
        Subject::Property(property) if property.value == Type::Plans => {
            let name = full_name(property);
            Err(Mistake::new(&subject.span, format!("{name} goes only with -any or -all"))
                .help(format!("{name} -any (assignedPlan.servicePlanId -eq \"…\")")))
        }
        _ => Ok(()),
    }
}

/// The type of what is compared.
pub(super) fn type_of(subject: &Subject) -> Type {
    match subject {
        Subject::Property(property) => property.value,
        Subject::Item | Subject::Plan(_) | Subject::Group => Type::Text,
    }
}

fn name_of(subject: &Subject) -> String {
    match subject {
        Subject::Property(property) => full_name(property),
        Subject::Item => "_".to_owned(),
        Subject::Plan(field) => format!("assignedPlan.{}", field.name()),
        Subject::Group => "group.objectId".to_owned(),
    }
}

/// Refuses operators that do not go with the property.
pub(super) fn operator_allowed(subject: &Subject, operator: &Located<Operator>) -> Result<(), Mistake> {
    if *subject == Subject::Group && operator.value != Operator::In {
        return Err(group_form("user", &operator.span));
    }
    let value = type_of(subject);
    if operator.value.goes_with(value) {
        return Ok(());
    }
    let (operator_name, name) = (operator.value.name(), name_of(subject));
    let message = format!("{operator_name} is not supported on {name}, which is {}", value.name());
    let allowed: Vec<&str> =
        Operator::ALL.into_iter().filter(|other| other.goes_with(value)).map(Operator::name).collect();
    Err(Mistake::new(&operator.span, message).help(format!("it goes with {}", allowed.join(", "))))
}

/// Refuses values that do not go with the operator or the property.
pub(super) fn value_allowed(
    subject: &Subject,
    operator: Operator,
    value: &Located<Value>,
) -> Result<(), Mistake> {
    let name = operator.name();
    let wrong = |message: String| Err(Mistake::new(&value.span, message));
    match &value.value {
        Value::List(items) if operator.takes_list() => list_allowed(subject, items, &value.span),
        Value::List(_) => wrong(format!("a list goes only with -in and -notIn, not with {name}")),
        _ if operator.takes_list() => Err(Mistake::new(&value.span, format!("{name} takes a list"))
            .help("a list stands in brackets: [\"a\", \"b\"]")),
        Value::Null if !operator.is_equality() => {
            wrong(format!("null goes only with -eq and -ne, not with {name}"))
        }
        Value::Text(text) if operator.positive().unwrap_or(operator) == Operator::Match => {
            pattern::check(text).map_err(|error| Mistake::new(&value.span, error.message).help(error.help))
        }
        _ => type_allowed(subject, value),
    }
}

fn list_allowed(subject: &Subject, items: &[Value], span: &Range<usize>) -> Result<(), Mistake> {
    if *subject == Subject::Group && items.len() > MOST_GROUPS {
        let message = format!("a rule names at most {MOST_GROUPS} groups, this one names {}", items.len());
        return Err(Mistake::new(span, message));
    }
    Ok(())
}

fn type_allowed(subject: &Subject, value: &Located<Value>) -> Result<(), Mistake> {
    let expected = match (type_of(subject), &value.value) {
        (_, Value::Null) | (Type::Boolean, Value::Boolean(_)) | (Type::DateTime, Value::Date(_)) => {
            return Ok(());
        }
        (Type::Boolean, Value::Text(text)) if is_boolean(text) => return Ok(()),
        (Type::DateTime, Value::Text(text)) if instant(text).is_some() => return Ok(()),
        (Type::Boolean, _) => "true or false",
        (Type::DateTime, _) => "a date such as 2027-01-31T08:00:00Z, or system.now",
        (_, Value::Date(_)) => "a text in quotes",
        // Directory extensions may be of other types, and are compared as text.
        (_, Value::Boolean(_)) if !is_directory_extension(subject) => "a text in quotes",
        _ => return Ok(()),
    };
    Err(Mistake::new(&value.span, format!("{} takes {expected}", name_of(subject))))
}

fn is_directory_extension(subject: &Subject) -> bool {
    matches!(subject, Subject::Property(property) if property.name.starts_with("extension_"))
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// The value as the property's type has it: a date in quotes is one.
pub(super) fn as_compared(subject: &Subject, value: Located<Value>) -> Located<Value> {
    let date = match &value.value {
        Value::Text(text) if type_of(subject) == Type::DateTime => instant(text),
        _ => None,
    };
    match date {
        Some(base) => {
            Located { value: Value::Date(Moment { base: Some(base), shift: None }), span: value.span }
        }
        None => value,
    }
}

/// Refuses `memberOf` beside anything else.
pub(super) fn stands_alone(whole: &Expression) -> Result<(), Mistake> {
    if matches!(&whole.value, Node::Quantified { body, .. } if matches!(body.value, Node::Comparison(_))) {
        return Ok(());
    }
    let mut found = None;
    whole.walk(&mut |part| {
        if let Node::Quantified { collection, .. } = &part.value
            && collection.value.value == Type::Groups
        {
            found.get_or_insert_with(|| collection.span.clone());
        }
    });
    match found {
        Some(span) => Err(Mistake::new(&span, "memberOf stands alone: it cannot be negated or combined")),
        None => Ok(()),
    }
}
