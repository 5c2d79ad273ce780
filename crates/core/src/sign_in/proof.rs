//! In which classes of sign-in no administrator gets in, and which policies see to that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::State;
use super::after::key;
use super::classes::{Class, classes, ways};
use crate::address::Target;
use crate::conditional_access::{Assigned, CaseError, Evaluation, Outcome, Principal, SignIn, Tenant};

/// Somebody who could set things right.
#[derive(Debug, Clone)]
pub(crate) struct Administrator {
    /// Who.
    pub(crate) person: Target,
    /// Template ids of the roles that are active in the whole tenant.
    pub(crate) roles: BTreeSet<String>,
}

/// Policies that together let no administrator in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lockout {
    /// How many classes of sign-in it is that nobody gets in, because of the same policies.
    pub(crate) classes: usize,
    /// The first of them.
    pub(crate) example: Class,
}

/// The policies of a state that are in force, ready to be asked.
pub(crate) struct Policies<'a> {
    tenant: Tenant,
    enabled: Vec<(&'a Target, &'a Map<String, Value>)>,
    state: &'a State,
}

impl<'a> Policies<'a> {
    /// Reads the policies of a state.
    ///
    /// # Errors
    ///
    /// When one of them cannot be understood: nothing can be said then.
    pub(crate) fn read(state: &'a State) -> Result<Self, CaseError> {
        let is_enabled = |policy: &Map<String, Value>| policy.get("state") == Some(&json!("enabled"));
        let enabled: Vec<_> = state.policies.iter().filter(|(_, policy)| is_enabled(policy)).collect();
        let policies: Vec<&Map<String, Value>> = enabled.iter().map(|(_, policy)| *policy).collect();
        let locations: Vec<&Map<String, Value>> = state.locations.values().collect();
        let tenant = Tenant::read(json!({ "policies": policies, "namedLocations": locations }))?;
        Ok(Self { tenant, enabled, state })
    }

    /// The enabled policies that are about somebody and would block, or ask for something.
    pub(crate) fn about(&self, person: &Administrator) -> Vec<(&'a Target, bool)> {
        let assigned = self.assigned(person);
        let policies = self.enabled.iter().enumerate().filter(|(place, _)| assigned.is_about(*place));
        let blocks = |policy: &Map<String, Value>| {
            let controls =
                policy.get("grantControls").and_then(|grant| grant.get("builtInControls")?.as_array());
            controls.is_some_and(|controls| controls.contains(&json!("block")))
        };
        let asks = |policy: &Map<String, Value>| policy.get("grantControls").is_some_and(Value::is_object);
        policies
            .filter(|(_, (_, policy))| asks(policy))
            .map(|(_, (target, policy))| (*target, blocks(policy)))
            .collect()
    }

    /// The classes of sign-in in which none of these people gets in, by the policies that keep them out; `None` when
    /// there are too many classes to ask.
    pub(crate) fn lockouts(
        &self,
        people: &[Administrator],
    ) -> Option<BTreeMap<BTreeSet<&'a Target>, Lockout>> {
        let policies: Vec<&Map<String, Value>> = self.enabled.iter().map(|(_, policy)| *policy).collect();
        let locations: Vec<&Map<String, Value>> = self.state.locations.values().collect();
        // People whom no policy tells apart are asked once.
        let people: BTreeSet<Assigned> = people.iter().map(|person| self.assigned(person)).collect();
        let ways = ways(&policies);
        let mut lockouts: BTreeMap<BTreeSet<&Target>, Lockout> = BTreeMap::new();
        for class in classes(&policies, &locations)? {
            if let Some(culprits) = self.culprits(&class, &ways, &people) {
                let found = lockouts.entry(culprits);
                found.or_insert_with(|| Lockout { classes: 0, example: class }).classes += 1;
            }
        }
        Some(lockouts)
    }

    /// The policies that keep everybody out of a class; nothing when somebody gets in.
    fn culprits(
        &self,
        class: &Class,
        ways: &[Map<String, Value>],
        people: &BTreeSet<Assigned>,
    ) -> Option<BTreeSet<&'a Target>> {
        let mut culprits = BTreeSet::new();
        for way in ways {
            let members = class.members.clone().into_iter().chain(way.clone()).collect();
            let sign_in: SignIn = serde_json::from_value(Value::Object(members)).unwrap_or_default();
            let seen = self.tenant.observe(&sign_in);
            for person in people {
                let evaluation = self.tenant.evaluate(person, &seen);
                if evaluation.outcome == Outcome::Grant {
                    return None;
                }
                culprits.extend(self.blocking(&evaluation));
            }
        }
        Some(culprits)
    }

    fn blocking(&self, evaluation: &Evaluation) -> Vec<&'a Target> {
        let policies = evaluation
            .matched
            .iter()
            .filter_map(|place| Some((self.enabled.get(*place)?.0, self.tenant.policies.get(*place)?)));
        let keeps_out = |policy: &crate::conditional_access::Policy| {
            !evaluation.is_blocked_by_policy() || policy.grant_controls.block()
        };
        policies.filter(|(_, policy)| keeps_out(policy)).map(|(target, _)| target).collect()
    }

    fn assigned(&self, person: &Administrator) -> Assigned {
        let groups = person.person.id.as_ref().and_then(|id| self.state.memberships.get(id));
        let principal = json!({
            "kind": "user",
            "id": key(&person.person),
            "transitiveGroups": groups.cloned().unwrap_or_default(),
            "roles": person.roles,
        });
        let principal: Principal = serde_json::from_value(principal).unwrap_or_default();
        self.tenant.assigned(&principal)
    }
}
