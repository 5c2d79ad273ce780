//! The state that a plan leads to: the steps laid over what was read.

use serde_json::{Map, Value};

use super::needs::POLICY;
use super::{Person, State};
use crate::address::{ObjectId, Target};
use crate::impact::subject;
use crate::kinds::{self, reference};
use crate::plan::{Action, Change, Plan, Step};

impl State {
    /// What becomes of this once a plan is applied.
    pub fn after(&self, plan: &Plan) -> Self {
        let mut after = self.clone();
        for step in &plan.steps {
            match step.action {
                Action::Delete => after.forget(step),
                Action::Create | Action::Restore | Action::Update => after.step(step),
            }
        }
        for movement in plan.movements.iter().filter(|movement| movement.address.kind == "group") {
            let group = match &movement.id {
                Some(id) => id.clone(),
                None => key(&Target::created(&movement.address)),
            };
            movement.joins.iter().for_each(|member| after.join(&group, member));
            movement.leaves.iter().for_each(|member| after.leave(&group, member));
        }
        after
    }

    fn step(&mut self, step: &Step) {
        match step.address.kind.as_str() {
            POLICY => put(self.policies.entry(subject(step)).or_default(), step),
            "location" => put(self.locations.entry(subject(step)).or_default(), step),
            "user" => self.change_person(step),
            "group" => self.members(step),
            _ => {}
        }
    }

    fn members(&mut self, step: &Step) {
        let group = key(&subject(step));
        for change in &step.changes {
            let Change::Links { attribute, added, removed, .. } = change else { continue };
            if attribute == "members" {
                removed.iter().for_each(|removed| self.leave(&group, &removed.target));
                added.iter().for_each(|added| self.join(&group, &added.target));
            }
        }
    }

    fn join(&mut self, group: &ObjectId, member: &Target) {
        self.memberships.entry(key(member)).or_default().insert(group.clone());
    }

    fn leave(&mut self, group: &ObjectId, member: &Target) {
        if let Some(groups) = self.memberships.get_mut(&key(member)) {
            groups.remove(group);
        }
    }

    fn change_person(&mut self, step: &Step) {
        let person = self.people.entry(key(&subject(step)));
        let person = person.or_insert_with(|| Person { enabled: true, ..Person::default() });
        if let Some(enabled) = step.after("account_enabled").and_then(Value::as_bool) {
            person.enabled = enabled;
        }
        if let Some(name) = step.after("user_principal_name").and_then(Value::as_str) {
            name.clone_into(&mut person.name);
        }
        if let Some(user_type) = step.after("user_type").and_then(Value::as_str) {
            person.guest = user_type.eq_ignore_ascii_case("guest");
        }
    }

    /// Nothing is left of an object that is deleted.
    fn forget(&mut self, step: &Step) {
        let (object, id) = (subject(step), key(&subject(step)));
        self.policies.remove(&object);
        self.locations.remove(&object);
        self.people.remove(&id);
        self.memberships.remove(&id);
        self.memberships.values_mut().for_each(|groups| {
            groups.remove(&id);
        });
    }
}

/// What policies and memberships call an object: its id, and for one that the plan creates its address, spelled as an id.
pub(super) fn key(target: &Target) -> ObjectId {
    let spelled = |text: &str| {
        let plain = |byte: u8| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
            other => format!("~{other:02x}"),
        };
        let text: String = text.to_lowercase().bytes().map(plain).collect();
        ObjectId::of_service(&text)
    };
    let id = target.id.clone().or_else(|| spelled(&target.name));
    id.unwrap_or_else(ObjectId::nil)
}

/// Lays the changes of a step over an object in Graph's shape.
fn put(object: &mut Map<String, Value>, step: &Step) {
    let Some(kind) = kinds::by_name(&step.address.kind) else { return };
    for change in &step.changes {
        let Change::Value { attribute, after, .. } = change else { continue };
        let mut after = after.clone();
        reference::replace(&mut after, &mut |target| Some(Value::from(key(target).as_str())));
        let path: Vec<&str> = kind.graph_name(attribute).split('.').collect();
        lay(object, &path, after);
    }
}

fn lay(object: &mut Map<String, Value>, path: &[&str], after: Value) {
    let [name, inner @ ..] = path else { return };
    let place = object.entry(*name).or_insert(Value::Null);
    match (inner, after) {
        ([], Value::Object(members)) => {
            for (name, value) in members {
                lay(members_of(place), &[name.as_str()], value);
            }
        }
        ([], after) => *place = after,
        (inner, after) => lay(members_of(place), inner, after),
    }
}

/// The members of a value, which becomes an object if it is none.
fn members_of(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(members) => members,
        _ => unreachable!("it has just been made one"),
    }
}
