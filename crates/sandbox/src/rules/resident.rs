//! Objects of the directory as rules see them.

use serde_json::Value;

use super::names::{Attribute, Kind, Place};
use super::subject::Subject;
use super::syntax::Rule;
use crate::store::{Object, Store};

impl Rule {
    /// Whether the rule is about objects of this type.
    pub(crate) fn is_about(&self, object: &Object) -> bool {
        object.entity.name == self.type_name()
    }

    /// The type of the objects the rule is about.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::User => "user",
            Kind::Device => "device",
        }
    }
}

/// An object in a store.
pub(crate) struct Resident<'a> {
    pub(crate) store: &'a Store,
    pub(crate) object: &'a Object,
}

impl Subject for Resident<'_> {
    fn id(&self) -> String {
        self.object.id_text()
    }

    fn value(&self, attribute: &Attribute) -> Option<&Value> {
        match &attribute.place {
            Place::Id | Place::Link => None,
            Place::Property(name) => self.object.get(name),
            Place::First(name) => self.object.get(name)?.get(0),
            Place::Member(parent, name) => self.object.get(parent)?.get(name),
            Place::Extension => {
                let mut found = self.object.properties();
                found.find(|(name, _)| name.eq_ignore_ascii_case(&attribute.name)).map(|(_, value)| value)
            }
        }
    }

    fn reports_to(&self, manager: &str) -> bool {
        let mut managers = self.store.targets(self.object.id, "manager");
        managers.any(|id| self.store.live(id).is_some_and(|found| found.id_text().to_lowercase() == manager))
    }

    fn is_in(&self, groups: &[String]) -> bool {
        let sources = self.store.sources_after(self.object.id, "members", None);
        let mut found =
            sources.filter_map(|id| self.store.live(id)).filter(|found| found.entity.name == "group");
        found.any(|group| groups.contains(&group.id_text().to_lowercase()))
    }
}
