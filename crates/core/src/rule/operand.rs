//! Comparisons, and collections with `-any` or `-all`.

use std::ops::Range;

use super::cursor::{Cursor, shortened};
use super::error::Mistake;
use super::language::Language;
use super::operator::Operator;
use super::parser::Keyword;
use super::property::{self, Property, Type};
use super::statics;
use super::token::Token;
use super::tree::{Comparison, Located, ObjectKind, PlanField, Quantifier, Subject};
use super::value;

/// What a rule is made of, between `-and`, `-or`, `-not` and parentheses.
pub(super) enum Operand {
    Comparison(Comparison, Range<usize>),
    Quantified(Located<Property>, Quantifier),
}

/// Reads operands, and knows what the ones before it said.
pub(super) struct Operands {
    language: Language,
    /// `user` or `device`, and where that was first said.
    object: Option<Located<ObjectKind>>,
    /// The collection whose elements are spoken of.
    elements_of: Option<Property>,
}

impl Operands {
    pub(super) fn new(language: Language) -> Self {
        Self { language, object: None, elements_of: None }
    }

    pub(super) fn body_closed(&mut self) {
        self.elements_of = None;
    }

    /// Whether an element comes next, behind parentheses and `-not`.
    pub(super) fn element_follows(&self, cursor: &Cursor<'_>) -> bool {
        let opens = |token: &Token<'_>| match token {
            Token::Open => true,
            Token::Word(word) => Keyword::of(word) == Some(Keyword::Not),
            _ => false,
        };
        let ahead = (0..).find(|ahead| !cursor.peek(*ahead).is_some_and(opens)).unwrap_or(0);
        cursor.word_after(ahead).is_some_and(is_element)
    }

    /// The next operand.
    pub(super) fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<Operand, Mistake> {
        let span = cursor.span();
        let Some(word) = cursor.word() else { return Err(cursor.unexpected(self.expected())) };
        statics::word_is_one(word, &span)?;
        let subject = match is_element(word) {
            true => self.element(word, &span)?,
            false => Subject::Property(self.property(word, cursor)?),
        };
        cursor.advance();
        match (subject, cursor.word().and_then(Keyword::of)) {
            (Subject::Property(property), Some(Keyword::Any | Keyword::All)) => {
                self.quantified(Located { value: property, span }, cursor)
            }
            (subject, _) => comparison(self.language, Located { value: subject, span }, cursor),
        }
    }

    fn expected(&self) -> &'static str {
        match self.elements_of.as_ref().map(|property| property.value) {
            None => match self.language {
                Language::Membership => "a property such as user.department",
                Language::DeviceFilter => "a property such as device.model",
                Language::ApplicationFilter => "an attribute such as CustomSecurityAttribute.Set_Name",
            },
            Some(Type::Plans) => {
                "assignedPlan.servicePlanId, assignedPlan.service or assignedPlan.capabilityStatus"
            }
            Some(Type::Groups) => "group.objectId",
            Some(_) => "`_`, the element of the collection",
        }
    }

    /// `user.…` or `device.…`.
    fn property(&mut self, word: &str, cursor: &Cursor<'_>) -> Result<Property, Mistake> {
        let span = cursor.span();
        let (prefix, name) = word.split_once('.').unwrap_or(("", word));
        let objects = self.language.objects().iter();
        let object = objects.copied().find(|object| object.prefix().eq_ignore_ascii_case(prefix));
        let Some(object) = object else { return Err(self.no_property(word, cursor)) };
        if let Some(collection) = &self.elements_of {
            let message = format!("expected {}, found `{}`", self.expected(), shortened(word));
            let help = format!("only elements of {} can be spoken of here", statics::full_name(collection));
            return Err(Mistake::new(&span, message).help(help));
        }
        self.one_kind(object, &span)?;
        property::find(self.language, object, name).ok_or_else(|| {
            let message = format!("`{}` is no property that rules can use", shortened(word));
            let mistake = Mistake::new(&span, message);
            match property::suggestion(self.language, object, name) {
                Some(help) => mistake.help(help),
                None => mistake,
            }
        })
    }

    /// The error for a word that is no property at all.
    fn no_property(&self, word: &str, cursor: &Cursor<'_>) -> Mistake {
        let mistake = cursor.unexpected(self.expected());
        if matches!(word.to_ascii_lowercase().as_str(), "null" | "$null") {
            return Mistake::new(&cursor.span(), "invalid operand: null stands only behind -eq and -ne");
        }
        if word.eq_ignore_ascii_case("direct") {
            return mistake
                .help("`Direct Reports for` stands alone: it cannot be combined or put in parentheses");
        }
        let mut kinds = self.language.objects().iter();
        match kinds.find(|kind| property::find(self.language, **kind, word).is_some()) {
            Some(kind) if self.elements_of.is_none() => {
                mistake.help(format!("a property needs its object in front: {}.{word}", kind.prefix()))
            }
            _ => mistake,
        }
    }

    fn one_kind(&mut self, object: ObjectKind, span: &Range<usize>) -> Result<(), Mistake> {
        let first = self.object.get_or_insert_with(|| Located { value: object, span: span.clone() });
        if first.value == object {
            return Ok(());
        }
        let message = format!(
            "a rule is about users or about devices, and this one began with {}.",
            first.value.prefix()
        );
        Err(Mistake::new(span, message))
    }

    /// `_`, `assignedPlan.…` or `group.objectId`.
    fn element(&self, word: &str, span: &Range<usize>) -> Result<Subject, Mistake> {
        let Some(collection) = &self.elements_of else {
            let message = format!("`{}` stands only behind -any or -all", shortened(word));
            return Err(Mistake::new(span, message));
        };
        let wrong = || {
            let message = format!("expected {}, found `{}`", self.expected(), shortened(word));
            Mistake::new(span, message).help(format!("that is what {} has", statics::full_name(collection)))
        };
        match (collection.value, word.split_once('.')) {
            (Type::Texts, None) => Ok(Subject::Item),
            (Type::Plans, Some((prefix, name))) if prefix.eq_ignore_ascii_case("assignedPlan") => {
                let field = PlanField::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(name));
                field.map(Subject::Plan).ok_or_else(wrong)
            }
            // The service is known to refuse other spellings of this one.
            (Type::Groups, Some(("group", "objectId"))) => Ok(Subject::Group),
            _ => Err(wrong()),
        }
    }

    fn quantified(
        &mut self,
        collection: Located<Property>,
        cursor: &mut Cursor<'_>,
    ) -> Result<Operand, Mistake> {
        let keyword = cursor.word().and_then(Keyword::of);
        let quantifier = if keyword == Some(Keyword::Any) { Quantifier::Any } else { Quantifier::All };
        if self.language.is_filter() {
            let message = "-any and -all stand in rules of dynamic membership only";
            return Err(Mistake::new(&cursor.span(), message).help("-contains asks a list for an element"));
        }
        statics::quantifier_allowed(&collection.value, quantifier, &cursor.span())?;
        cursor.advance();
        self.elements_of = Some(collection.value.clone());
        Ok(Operand::Quantified(collection, quantifier))
    }
}

/// Whether a word means an element of a collection.
fn is_element(word: &str) -> bool {
    let prefix = word.split_once('.').map(|(prefix, _)| prefix.to_ascii_lowercase());
    word == "_" || matches!(prefix.as_deref(), Some("assignedplan" | "group" | "_"))
}

fn comparison(
    language: Language,
    subject: Located<Subject>,
    cursor: &mut Cursor<'_>,
) -> Result<Operand, Mistake> {
    statics::can_be_compared(&subject)?;
    let operator = operator(language, cursor)?;
    statics::operator_allowed(&subject.value, &operator)?;
    let value = value::read(cursor, operator.value)?;
    statics::value_allowed(&subject.value, operator.value, &value)?;
    let value = statics::as_compared(&subject.value, value);
    let span = subject.span.start..value.span.end;
    Ok(Operand::Comparison(Comparison { subject, operator, value }, span))
}

fn operator(language: Language, cursor: &mut Cursor<'_>) -> Result<Located<Operator>, Mistake> {
    let span = cursor.span();
    let found = cursor.word();
    if let Some(operator) = found.and_then(Operator::of) {
        if !language.has(operator) {
            let message = format!("{} stands in rules of dynamic membership only", operator.name());
            return Err(Mistake::new(&span, message));
        }
        cursor.advance();
        return Ok(Located { value: operator, span });
    }
    if found.and_then(Keyword::of) == Some(Keyword::Not) {
        return Err(Mistake::new(&span, "invalid operands for -not: it stands before a comparison")
            .help("write -not (user.department -eq \"…\"), or -ne"));
    }
    let mistake = cursor.unexpected("an operator such as -eq");
    let names = Operator::ALL.into_iter().filter(|operator| language.has(*operator)).map(Operator::name);
    match found.and_then(|word| crate::text::nearest(word, names)) {
        Some(near) => Err(mistake.help(format!("did you mean {near}?"))),
        None => Err(mistake),
    }
}
