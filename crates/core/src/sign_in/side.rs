//! One side of a plan: the policies, and the administrators as policies see them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::after::key;
use super::{Person, Roles, State, methods};
use crate::address::{ObjectId, Target};
use crate::conditional_access::{
    Assigned, Control, ExternalType, Id, NamedLocation, Policy, Principal, Tenant,
};

/// The tenant before or after a plan, ready to be evaluated.
#[derive(Debug)]
pub struct Side {
    /// What the evaluator is asked.
    pub tenant: Tenant,
    /// Which policy stands at which place.
    pub policies: Vec<Target>,
    /// The same policies in Graph's shape.
    pub(super) raw: Vec<Map<String, Value>>,
    /// Everybody who administers the tenant.
    pub administrators: Vec<Administrator>,
    /// Policies and locations that are not understood.
    pub unread: Vec<(Target, String)>,
}

/// Somebody who administers the tenant.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// Who.
    pub target: Target,
    /// Whether it is an emergency account.
    pub emergency: bool,
    /// What decides of them: with the roles that are active, and with those that they can activate too. They get in when
    /// they do both ways.
    pub(super) lives: Vec<Assigned>,
    /// Methods they have registered; `None` when it is not known, which counts as any.
    registered: Option<BTreeSet<String>>,
}

impl Side {
    /// The side of a state, with the administrators that are given.
    pub fn new(state: &State, roles: &BTreeMap<Target, Roles>, emergency: &BTreeSet<Target>) -> Self {
        let mut side = Self {
            tenant: Tenant::default(),
            policies: Vec::new(),
            raw: Vec::new(),
            administrators: Vec::new(),
            unread: Vec::new(),
        };
        state.locations.iter().for_each(|(target, location)| side.location(target, location));
        state.policies.iter().for_each(|(target, policy)| side.policy(target, policy));
        let everybody: BTreeSet<&Target> = roles.keys().chain(emergency).collect();
        for target in everybody {
            let person = state.people.get(&key(target));
            if person.is_none_or(|person| !person.enabled) {
                continue;
            }
            let held = roles.get(target).cloned().unwrap_or_default();
            side.administrators.push(side.administrator(state, target, &held, emergency.contains(target)));
        }
        side
    }

    /// Whether a policy lets nobody in.
    pub fn blocks(&self, policy: &Target) -> bool {
        let place = self.policies.iter().position(|known| known == policy);
        place.is_some_and(|place| self.tenant.policies[place].grant_controls.block())
    }

    fn location(&mut self, target: &Target, location: &Map<String, Value>) {
        let mut location = location.clone();
        location.insert("id".to_owned(), key(target).as_str().into());
        match read::<NamedLocation>(&location) {
            Ok(location) => self.tenant.named_locations.push(location),
            Err(error) => self.unread.push((target.clone(), error)),
        }
    }

    fn policy(&mut self, target: &Target, policy: &Map<String, Value>) {
        match read::<Policy>(policy) {
            Ok(read) => {
                self.tenant.policies.push(read);
                self.policies.push(target.clone());
                self.raw.push(policy.clone());
            }
            Err(error) => self.unread.push((target.clone(), error)),
        }
    }

    fn administrator(&self, state: &State, target: &Target, roles: &Roles, emergency: bool) -> Administrator {
        let id = key(target);
        let all: BTreeSet<String> = roles.active.union(&roles.eligible).cloned().collect();
        let mut lives = vec![self.tenant.assigned(&state.principal(target, &roles.active))];
        let activated = self.tenant.assigned(&state.principal(target, &all));
        if !lives.contains(&activated) {
            lives.push(activated);
        }
        let registered = state.registered.as_ref();
        let registered = registered.map(|registered| registered.get(&id).cloned().unwrap_or_default());
        Administrator { target: target.clone(), emergency, lives, registered }
    }
}

impl Administrator {
    /// Whether they have what a control takes of a person; what it takes of the sign-in is another question.
    pub(super) fn can_meet(&self, control: &Control, policy: &Policy) -> bool {
        let Some(registered) = &self.registered else { return true };
        match control {
            Control::BuiltIn(name) => match name.to_ascii_lowercase().as_str() {
                "mfa" | "passwordchange" | "riskremediation" => methods::satisfies_mfa(registered),
                _ => true,
            },
            Control::Strength(id, _) => {
                let strength = policy.grant_controls.authentication_strength.as_ref();
                let combinations = strength.map_or(&[][..], |strength| &strength.allowed_combinations);
                methods::satisfies_strength(registered, id, combinations)
            }
            Control::TermsOfUse(_) | Control::CustomFactor(_) => true,
        }
    }
}

impl State {
    /// Somebody as policies see them.
    pub fn principal(&self, who: &Target, roles: &BTreeSet<String>) -> Principal {
        let id = key(who);
        let person = self.person(who).cloned().unwrap_or_default();
        let external = match (person.guest, person.external) {
            (true, true) => Some(ExternalType::B2bCollaborationGuest),
            (false, true) => Some(ExternalType::B2bCollaborationMember),
            (true, false) => Some(ExternalType::InternalGuest),
            (false, false) => None,
        };
        Principal {
            id: Some(Id::new(id.as_str())),
            user_type: Some(if person.guest { "Guest" } else { "Member" }.to_owned()),
            transitive_groups: self.groups_of(&id).iter().map(|group| Id::new(group.as_str())).collect(),
            roles: roles.iter().map(|role| Id::new(role)).collect(),
            guest_or_external_user_type: external,
            ..Principal::default()
        }
    }

    /// What is known of somebody; nothing of who is not there.
    pub fn person(&self, who: &Target) -> Option<&Person> {
        self.people.get(&key(who))
    }

    /// The groups that somebody is in, directly or through others.
    fn groups_of<'a>(&'a self, id: &'a ObjectId) -> BTreeSet<&'a ObjectId> {
        let mut found = BTreeSet::new();
        let mut open = vec![id];
        while let Some(member) = open.pop() {
            let direct = self.memberships.get(member).into_iter().flatten();
            open.extend(direct.filter(|group| found.insert(*group)));
        }
        found
    }
}

/// Reads an object in Graph's shape, in which a null says what an absent member does.
fn read<T: serde::de::DeserializeOwned>(object: &Map<String, Value>) -> Result<T, String> {
    let value = crate::conditional_access::without_nulls(Value::Object(object.clone()));
    serde_path_to_error::deserialize(value).map_err(|error| error.to_string())
}
