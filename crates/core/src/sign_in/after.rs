//! The state that a plan leads to: the steps laid over what was read.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::State;
use super::needs::{LOCATION, POLICY};
use crate::address::Target;
use crate::impact::subject;
use crate::kinds::{self, reference};
use crate::plan::{Action, Change, Plan, Step};

impl State {
    /// What becomes of this once a plan is applied.
    pub fn after(&self, plan: &Plan) -> Self {
        let mut after = self.clone();
        for step in &plan.steps {
            match step.address.kind.as_str() {
                POLICY => lay_over(&mut after.policies, step),
                LOCATION => lay_over(&mut after.locations, step),
                "group" => after.group(step),
                _ => {}
            }
        }
        after
    }

    fn group(&mut self, step: &Step) {
        let group = key(&subject(step));
        for groups in self.memberships.values_mut().filter(|_| step.action == Action::Delete) {
            groups.remove(&group);
        }
        for change in &step.changes {
            let Change::Links { attribute, added, removed, .. } = change else { continue };
            if attribute != "members" {
                continue;
            }
            for removed in removed.iter().filter_map(|removed| removed.target.id.as_ref()) {
                self.memberships.entry(removed.clone()).or_default().remove(&group);
            }
            for added in added.iter().filter_map(|added| added.target.id.as_ref()) {
                self.memberships.entry(added.clone()).or_default().insert(group.clone());
            }
        }
    }
}

fn lay_over(objects: &mut BTreeMap<Target, Map<String, Value>>, step: &Step) {
    let subject = subject(step);
    let Some(kind) = kinds::by_name(&step.address.kind) else { return };
    if step.action == Action::Delete {
        objects.remove(&subject);
        return;
    }
    let object = objects.entry(subject.clone()).or_default();
    object.insert("id".to_owned(), json!(key(&subject)));
    for change in &step.changes {
        if let Change::Value { attribute, after, .. } = change {
            kind.put(object, attribute, by_id(after));
        }
    }
}

/// A value as the service would show it.
fn by_id(value: &Value) -> Value {
    let mut value = value.clone();
    reference::replace(&mut value, &mut |target| Some(json!(key(target))));
    value
}

/// What an object goes by: its id, or its address while it has none.
pub(super) fn key(target: &Target) -> String {
    target.id.as_ref().map_or_else(|| target.name.to_string(), |id| id.to_string())
}
