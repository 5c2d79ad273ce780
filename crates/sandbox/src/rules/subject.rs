//! What a rule is evaluated on.

use serde_json::Value;

use super::names::{Attribute, Place};

/// An object a rule can be evaluated on.
pub(crate) trait Subject {
    /// Its object id.
    fn id(&self) -> String;
    /// The value of a property that is no id and no relationship.
    fn value(&self, attribute: &Attribute) -> Option<&Value>;
    /// Whether its manager has this id, in lower case.
    fn reports_to(&self, manager: &str) -> bool;
    /// Whether it is a direct member of one of these groups, ids in lower case.
    fn is_in(&self, groups: &[String]) -> bool;
}

/// An object with rule-language names as members.
pub(crate) struct Entry<'a> {
    object: &'a Value,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(object: &'a Value) -> Self {
        Self { object }
    }

    fn member(&self, name: &str) -> Option<&'a Value> {
        let mut members = self.object.as_object()?.iter();
        members.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.member(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

impl Subject for Entry<'_> {
    fn id(&self) -> String {
        self.text("objectId").or_else(|| self.text("id")).unwrap_or_default().to_owned()
    }

    fn value(&self, attribute: &Attribute) -> Option<&Value> {
        self.member(&attribute.name)
    }

    fn reports_to(&self, manager: &str) -> bool {
        self.text("manager").is_some_and(|found| found.to_lowercase() == manager)
    }

    fn is_in(&self, groups: &[String]) -> bool {
        let found = self.member("memberOf").and_then(Value::as_array).into_iter().flatten();
        found.filter_map(Value::as_str).any(|id| groups.contains(&id.to_lowercase()))
    }
}

impl Attribute {
    /// Whether it is the object's own id.
    pub(super) fn is_id(&self) -> bool {
        self.place == Place::Id
    }
}
