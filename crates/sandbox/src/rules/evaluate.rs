//! Evaluates checked rules.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::Value;

use super::names::{Attribute, Type};
use super::subject::Subject;
use super::syntax::{Body, Comparison, Condition, Left, Moment, Rule, Test};
use crate::schema::parse_date;

/// What conditions look at.
#[derive(Clone, Copy)]
struct Scene<'a> {
    subject: &'a dyn Subject,
    /// The element of a collection that is being tested.
    element: Option<&'a Value>,
    now: Timestamp,
}

impl Rule {
    /// Whether the rule holds for an object.
    pub(crate) fn holds(&self, subject: &dyn Subject, now: Timestamp) -> bool {
        match &self.body {
            Body::DirectReports(manager) => subject.reports_to(manager),
            Body::MemberOf(groups) => subject.is_in(groups),
            Body::Condition(condition) => condition.holds(Scene { subject, element: None, now }),
        }
    }
}

impl Condition {
    fn holds(&self, scene: Scene<'_>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(scene)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(scene)),
            Self::Not(inner) => !inner.holds(scene),
            Self::Comparison(comparison) => comparison.positive(scene) != comparison.negative,
            Self::Any(of, body) => elements(of, scene).any(|found| body.holds(scene.on(found))),
            Self::All(of, body) => elements(of, scene).all(|found| body.holds(scene.on(found))),
        }
    }
}

impl<'a> Scene<'a> {
    fn on(self, element: &'a Value) -> Self {
        Self { element: Some(element), ..self }
    }
}

impl Comparison {
    /// The answer of the operator, or of its positive twin.
    fn positive(&self, scene: Scene<'_>) -> bool {
        match &self.left {
            Left::Attribute(of) if of.holds == Type::Texts => {
                let mut found = elements(of, scene).filter_map(Value::as_str);
                match &self.test {
                    Test::IsNull => found.next().is_none(),
                    test => found.any(|text| test.accepts(Some(text))),
                }
            }
            Left::Attribute(of) if of.is_id() => {
                let id = scene.subject.id();
                self.test.accepts(Some(id.as_str()).filter(|id| !id.is_empty()))
            }
            Left::Attribute(of) if of.holds == Type::Flag => self.test.accepts_flag(scene.subject.value(of)),
            Left::Attribute(of) if of.holds == Type::Date => {
                let date = text(scene.subject.value(of)).and_then(|text| parse_date(&text));
                self.test.accepts_date(date, scene.now)
            }
            Left::Attribute(of) => self.test.accepts(text(scene.subject.value(of)).as_deref()),
            Left::Element => self.test.accepts(text(scene.element).as_deref()),
            Left::Plan(field) => {
                let value = scene.element.and_then(|element| element.get(*field));
                self.test.accepts(text(value).as_deref())
            }
        }
    }
}

impl Test {
    fn accepts(&self, found: Option<&str>) -> bool {
        let Some(found) = found else {
            return matches!(self, Self::IsNull);
        };
        match self {
            Self::Equals(text) => lower(found) == text.as_str(),
            Self::StartsWith(text) => lower(found).starts_with(text.as_str()),
            Self::EndsWith(text) => lower(found).ends_with(text.as_str()),
            Self::Contains(text) => lower(found).contains(text.as_str()),
            Self::Matches(pattern) => pattern.is_match(found),
            Self::In(items) => items.iter().any(|item| lower(found) == item.as_str()),
            Self::IsNull | Self::Is(_) | Self::At(_) | Self::AtMost(_) | Self::AtLeast(_) => false,
        }
    }

    /// A flag without a value is false.
    fn accepts_flag(&self, found: Option<&Value>) -> bool {
        let found = found.and_then(Value::as_bool);
        match self {
            Self::IsNull => found.is_none(),
            Self::Is(flag) => found.unwrap_or(false) == *flag,
            _ => false,
        }
    }

    fn accepts_date(&self, found: Option<Timestamp>, now: Timestamp) -> bool {
        let Some(found) = found else {
            return matches!(self, Self::IsNull);
        };
        match self {
            Self::At(moment) => found == moment.at(now),
            Self::AtMost(moment) => found <= moment.at(now),
            Self::AtLeast(moment) => found >= moment.at(now),
            _ => false,
        }
    }
}

impl Moment {
    /// The point in time, the last or first one there is where it would lie beyond.
    fn at(&self, now: Timestamp) -> Timestamp {
        let base = Offset::UTC.to_datetime(self.base.unwrap_or(now));
        let beyond = if self.plus.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        let moved = base.checked_add(self.plus).and_then(|moved| Offset::UTC.to_timestamp(moved));
        moved.unwrap_or(beyond)
    }
}

fn elements<'a>(of: &Attribute, scene: Scene<'a>) -> impl Iterator<Item = &'a Value> {
    let found = scene.subject.value(of).and_then(Value::as_array).into_iter().flatten();
    found.filter(|element| element.as_str() != Some(""))
}

/// A text that is not empty; numbers count as texts.
fn text(value: Option<&Value>) -> Option<Cow<'_, str>> {
    match value? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Owned(flag.to_string())),
        _ => None,
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}
