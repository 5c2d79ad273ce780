//! What is true of everything or of nothing, whatever the tenant holds.

use super::{Lint, as_comparison, parts, property_name};
use crate::rule::Rule;
use crate::rule::operator::Operator;
use crate::rule::property::Type;
use crate::rule::record::folded;
use crate::rule::statics::type_of;
use crate::rule::tree::{Comparison, Expression, Node, PlanField, Subject, Value};

/// Clauses of one `-and` that contradict each other, and of one `-or` of which one is always true.
pub(super) fn never_or_always(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        let (inner, and) = match &part.value {
            Node::And(parts) => (parts, true),
            Node::Or(parts) => (parts, false),
            _ => continue,
        };
        let Some((first, second)) = opposed(inner, and) else { continue };
        let (code, message, help) = match and {
            true => ("never-true", "these two are never true together", "did you mean -or, or -in?"),
            false => ("always-true", "one of these two is always true", "did you mean -and, or -notIn?"),
        };
        found.push(Lint::new(code, &(first.span.start..second.span.end), message, help));
    }
}

/// The first two parts that exclude each other (`-and`) or leave nothing out (`-or`).
fn opposed(parts: &[Expression], and: bool) -> Option<(&Expression, &Expression)> {
    let equalities: Vec<_> = parts.iter().filter_map(|part| Some((part, equality(part)?))).collect();
    let opposed = |left: &Equality<'_>, right: &Equality<'_>| {
        let same = left.value == right.value;
        left.subject == right.subject
            && match (left.equal == and, right.equal == and) {
                (true, true) => !same,
                (true, false) | (false, true) => same,
                (false, false) => false,
            }
    };
    equalities.iter().enumerate().find_map(|(index, (first, left))| {
        let later = &equalities[index + 1..];
        later.iter().find(|(_, right)| opposed(left, right)).map(|(second, _)| (*first, *second))
    })
}

/// `-eq` or `-ne` of a single value, of which a subject has one.
struct Equality<'a> {
    subject: &'a Subject,
    equal: bool,
    value: String,
}

fn equality(part: &Expression) -> Option<Equality<'_>> {
    let Comparison { subject, operator, value } = as_comparison(part)?;
    let single = !matches!(type_of(&subject.value), Type::Texts | Type::DateTime);
    let equal = operator.value == Operator::Equal;
    (single && operator.value.is_equality()).then(|| Equality {
        subject: &subject.value,
        equal,
        value: folded(&value.value.to_string()),
    })
}

/// Values that a property never has.
pub(super) fn impossible_values(rule: &Rule, found: &mut Vec<Lint>) {
    for comparison in rule.tree().comparisons() {
        let is_whole = matches!(
            comparison.operator.value,
            Operator::Equal | Operator::NotEqual | Operator::In | Operator::NotIn
        );
        if comparison.value.value == Value::List(Vec::new()) {
            let message = "nothing is in an empty list";
            found.push(Lint::new("impossible-value", &comparison.value.span, message, "name the values"));
        }
        for value in texts(&comparison.value.value).into_iter().filter(|_| is_whole) {
            found.extend(impossible(comparison, value));
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn impossible(comparison: &Comparison, value: &str) -> Option<Lint> {
    let name = &comparison.subject.value;
    let span = &comparison.value.span;
    if value.is_empty() {
        let message = format!("{name} is never an empty text");
        let help = format!("to ask for no value: {name} -eq null");
        return Some(Lint::new("impossible-value", span, message, help));
    }
    let known = known_values(comparison)?;
    if known.iter().any(|known| known.eq_ignore_ascii_case(value)) {
        return None;
    }
    let message = format!("{name} is never {}", Value::Text(value.to_owned()));
    let corporate =
        value.eq_ignore_ascii_case("Corporate").then_some("what Intune calls corporate is Company");
    let help = corporate.map_or_else(|| format!("its values are {}", known.join(", ")), str::to_owned);
    Some(Lint::new("impossible-value", span, message, help))
}

/// The values of a property that has a few.
fn known_values(comparison: &Comparison) -> Option<&'static [&'static str]> {
    match property_name(comparison) {
        "userType" => Some(&["Member", "Guest"]),
        "deviceOwnership" => Some(&["Personal", "Company", "Unknown"]),
        "deviceTrustType" => Some(&["AzureAD", "ServerAD", "Workplace"]),
        "" if comparison.subject.value == Subject::Plan(PlanField::CapabilityStatus) => {
            Some(&["Enabled", "Warning", "Suspended", "Deleted", "LockedOut"])
        }
        _ => None,
    }
}
