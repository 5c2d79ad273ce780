//! What a request sees of the tenant, and a write in preparation.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::options::{Delta, Pim, Policies};
use crate::pim::Course;
use crate::processing::Processing;
use crate::quirks::{administrative_unit, authentication_methods_policy, conditional_access_policy};
use crate::schema::{self, Navigation, Source};
use crate::store::{Change, Object, Store, id_of};

/// What one request sees of the tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directory<'a> {
    /// Judges writes.
    pub(crate) primary: &'a Store,
    /// Answers reads; the same store unless there is replication lag.
    pub(crate) visible: &'a Store,
    /// Who asks: a person or the service principal of an application.
    pub(crate) caller: Option<Uuid>,
    /// The time in the tenant.
    pub(crate) now: jiff::Timestamp,
    /// Whether the naming policy is for applications too.
    pub(crate) naming_policy_for_apps: bool,
    /// How the settings of roles are checked where there is a choice.
    pub(crate) policies: &'a Policies,
    /// How requests of privileged identity management are treated.
    pub(crate) pim: &'a Pim,
    /// What becomes of such a request once it is accepted.
    pub(crate) course: Course,
    /// Largest page, whatever the request says.
    pub(crate) short_pages: Option<usize>,
    /// How delta queries behave where there is a choice.
    pub(crate) delta: &'a Delta,
    /// What the service has still to do.
    pub(crate) processing: &'a Mutex<Processing>,
    /// Delta tokens of another generation have expired.
    pub(crate) delta_generation: u64,
}

impl Directory<'_> {
    /// Verified domain names, the ones with `flag` set to true if one is given.
    pub(crate) fn domains(&self, flag: Option<&str>) -> Vec<String> {
        self.primary.domains(flag)
    }

    /// Fills in what an answer shows of an object that other objects decide about.
    pub(crate) fn complete(&self, members: &mut Map<String, Value>, object: &Object) {
        if let Some(shown) = members.get_mut("isManagementRestricted")
            && administrative_unit::is_protected(self.visible, object.id)
        {
            *shown = Value::Bool(true);
        }
        match object.entity.name {
            "conditionalAccessPolicy" => conditional_access_policy::complete(self, members),
            "authenticationMethodsPolicy" => authentication_methods_policy::complete(self, members),
            _ => {}
        }
    }

    /// `membershipRuleProcessingStatus` of a group.
    pub(super) fn rule_status(&self, group: &Object) -> Value {
        self.processing.lock().unwrap_or_else(PoisonError::into_inner).rule_status(group)
    }
}

impl Store {
    /// The tenant's organization object.
    pub(crate) fn organization(&self) -> Option<&Arc<Object>> {
        let id = self.ids(schema::by_name("organization")?, false, None).next()?;
        self.any(id)
    }

    /// Verified domain names, the ones with `flag` set to true if one is given.
    pub(crate) fn domains(&self, flag: Option<&str>) -> Vec<String> {
        let domains = self.organization().and_then(|organization| organization.get("verifiedDomains"));
        let domains = domains.and_then(Value::as_array).into_iter().flatten();
        domains
            .filter(|domain| flag.is_none_or(|flag| domain[flag] == true))
            .filter_map(|domain| domain["name"].as_str().map(str::to_owned))
            .collect()
    }

    /// Live targets of a relationship in ascending order of id, after `after`.
    pub(crate) fn follow(
        &self,
        object: &Object,
        navigation: &Navigation,
        after: Option<Uuid>,
    ) -> Box<dyn Iterator<Item = Uuid> + '_> {
        let live = |id: &Uuid| self.live(*id).is_some();
        let later = move |id: &Uuid| after.is_none_or(|after| *id > after);
        match navigation.source {
            Source::Stored => Box::new(self.targets_after(object.id, navigation.name, after).filter(live)),
            Source::Reverse(relation) => {
                Box::new(self.sources_after(object.id, relation, after).filter(live))
            }
            Source::Id(property) => {
                let id = object.text(property).and_then(|text| text.rsplit('/').next());
                let named = id.filter(|id| !id.is_empty()).map(id_of).into_iter();
                Box::new(named.filter(live).filter(later))
            }
            Source::Held => Box::new(std::iter::empty()),
            Source::LicenseErrors => Box::new(self.licenses().failing(object.id).filter(live).filter(later)),
            Source::Transitive(relation) => {
                let found = self.reach(object.id, |id| self.targets(id, relation).collect());
                Box::new(found.into_iter().filter(later))
            }
            Source::TransitiveReverse(relation) => {
                // What a group is in says nothing about its members when that is an administrative unit.
                let passes_on = |source: &Uuid| {
                    self.any(*source).is_some_and(|source| source.entity.name != "administrativeUnit")
                };
                let sources = |id| {
                    let sources = self.sources_after(id, relation, None);
                    sources.filter(|source| id == object.id || passes_on(source)).collect()
                };
                let found = self.reach(object.id, sources);
                Box::new(found.into_iter().filter(later))
            }
        }
    }

    /// Everything live that can be reached step by step, without the start.
    fn reach(&self, start: Uuid, step: impl Fn(Uuid) -> Vec<Uuid>) -> BTreeSet<Uuid> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(id) = waiting.pop() {
            for next in step(id) {
                if self.live(next).is_some() && found.insert(next) {
                    waiting.push(next);
                }
            }
        }
        found.remove(&start);
        found
    }
}

/// A create or update in preparation.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The object as it was; `None` when it is being created.
    pub(crate) before: Option<Arc<Object>>,
    /// The object as it will be.
    pub(crate) object: Object,
    /// The object it is created in, and the relationship it will have to it.
    pub(crate) owner: Option<(Arc<Object>, &'static Navigation)>,
    /// The properties the request carries, without annotations and binds.
    pub(crate) sent: Map<String, Value>,
    /// Links the request adds.
    pub(crate) links: Vec<LinkChange>,
    /// Further changes that belong to the write.
    pub(crate) also: Vec<Change>,
}

impl Draft {
    /// Whether the request carries a property.
    pub(crate) fn sends(&self, name: &str) -> bool {
        self.sent.contains_key(name)
    }
}

/// Links of one relationship a request adds or removes.
#[derive(Debug)]
pub(crate) struct LinkChange {
    pub(crate) navigation: &'static Navigation,
    pub(crate) targets: Vec<Uuid>,
}
