//! Activations under way: who is in a group, or administers a unit, only while one lasts. They are no drift, and nothing
//! takes them away.

use std::collections::BTreeSet;

use serde_json::Value;

use super::HeldScope;
use crate::address::ObjectId;
use crate::plan::{Change, Plan};

/// What was read of activations.
#[derive(Debug, Default)]
pub struct Activated {
    /// Groups and units that were asked about.
    asked: BTreeSet<ObjectId>,
    held: BTreeSet<Activation>,
}

/// Who has activated what: object, role or access, principal.
type Activation = (ObjectId, String, ObjectId);

/// What of a plan activations may explain.
#[derive(Debug, Default)]
pub struct Doubtful {
    /// Groups that lose members or owners.
    pub groups: BTreeSet<ObjectId>,
    /// Units over whose members somebody loses a role.
    pub units: BTreeSet<ObjectId>,
}

impl Doubtful {
    /// What a plan takes away and nobody has asked about yet.
    pub(crate) fn of(plan: &Plan, known: &Activated) -> Self {
        let mut doubtful = Self::default();
        for step in &plan.steps {
            let Some(id) = step.id.as_ref().filter(|id| !known.asked.contains(*id)) else { continue };
            let takes = |change: &Change| match change {
                Change::Links { removed, consequence: None, .. } => !removed.is_empty(),
                Change::Assignments { removed, .. } => !removed.is_empty(),
                _ => false,
            };
            let objects = match &*step.address.kind {
                "group" => &mut doubtful.groups,
                "unit" => &mut doubtful.units,
                _ => continue,
            };
            if step.changes.iter().any(takes) {
                objects.insert(id.clone());
            }
        }
        doubtful
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.units.is_empty()
    }
}

impl Activated {
    /// Takes the schedules of groups and units that Graph answered.
    pub fn take(&mut self, asked: &Doubtful, rows: &[Value]) {
        self.asked.extend(asked.groups.iter().chain(&asked.units).cloned());
        self.held.extend(rows.iter().filter_map(activation));
    }

    /// Whether somebody is a `member` or `owner` of a group, or holds a role over a unit's members, by an activation.
    pub(crate) fn holds(&self, object: &ObjectId, what: &str, principal: &ObjectId) -> bool {
        self.held.contains(&(object.clone(), what.to_lowercase(), principal.clone()))
    }
}

fn activation(row: &Value) -> Option<Activation> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    if !text("assignmentType")?.eq_ignore_ascii_case("Activated") {
        return None;
    }
    let principal = ObjectId::parse(text("principalId")?)?;
    match (text("groupId"), text("directoryScopeId")) {
        (Some(group), _) => Some((ObjectId::parse(group)?, text("accessId")?.to_lowercase(), principal)),
        (None, Some(scope)) => match HeldScope::parse(scope)? {
            HeldScope::Unit(unit) => Some((unit, text("roleDefinitionId")?.to_lowercase(), principal)),
            HeldScope::Whole | HeldScope::Object(_) => None,
        },
        (None, None) => None,
    }
}
