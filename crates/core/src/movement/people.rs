//! The people that rules choose from, as they are and as they will be once the plan is applied.
//!
//! Licences that a plan assigns change `assignedPlans` in ways that only the service knows; rules see the plans of now.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::affected::text;
use crate::address::{ObjectId, Target};
use crate::kinds;
use crate::plan::{Action, Change, Step};
use crate::rule::{Object, ObjectKind};
use crate::snapshot::{Observed, Snapshot};

/// Somebody before and after.
pub(super) struct Person<'a> {
    pub(super) target: Target,
    pub(super) before: Option<State<'a>>,
    pub(super) after: Option<State<'a>>,
}

/// Somebody's properties and manager.
#[derive(Clone)]
pub(super) struct State<'a> {
    id: &'a str,
    properties: Cow<'a, Map<String, Value>>,
    manager: Option<&'a ObjectId>,
}

impl State<'_> {
    /// What rules see.
    pub(super) fn object(&self) -> Object<'_> {
        Object::Graph {
            id: self.id,
            properties: &self.properties,
            manager: self.manager.map(ObjectId::as_str),
            groups: &[],
        }
    }
}

/// Everybody of a kind who was read, is created or restored.
pub(super) fn people<'a>(kind: ObjectKind, steps: &'a [Step], snapshot: &'a Snapshot) -> Vec<Person<'a>> {
    let steps: Vec<&Step> = steps.iter().filter(|step| step.address.kind == kind.prefix()).collect();
    let by_id: BTreeMap<&ObjectId, &Step> =
        steps.iter().filter_map(|step| Some((step.id.as_ref()?, *step))).collect();
    let read = snapshot.candidates.objects.get(&kind).into_iter().flatten();
    let living = read.map(|live| person(kind, live, by_id.get(&live.id).copied(), snapshot));
    let coming = steps.iter().filter(|step| matches!(step.action, Action::Create | Action::Restore));
    living.chain(coming.map(|step| newcomer(kind, step, snapshot))).collect()
}

fn person<'a>(
    kind: ObjectKind,
    live: &'a Observed,
    step: Option<&'a Step>,
    snapshot: &'a Snapshot,
) -> Person<'a> {
    let manager = snapshot.candidates.managers.get(&live.id);
    let before = State { id: live.id.as_str(), properties: Cow::Borrowed(&live.properties), manager };
    let after = match step {
        None => Some(before.clone()),
        Some(step) if step.action == Action::Delete => None,
        Some(step) => Some(changed(before.clone(), step)),
    };
    let name = text(live.property("userPrincipalName")).or(text(live.property("displayName")));
    let name = format!("{}:{}", kind.prefix(), name.unwrap_or(live.id.as_str()));
    Person { target: Target::existing(live.id.clone(), name), before: Some(before), after }
}

fn newcomer<'a>(kind: ObjectKind, step: &'a Step, snapshot: &'a Snapshot) -> Person<'a> {
    let seen = snapshot.kinds.get(kind.prefix()).into_iter().flat_map(|seen| &seen.deleted);
    let deleted = seen.into_iter().find(|deleted| Some(&deleted.id) == step.id.as_ref());
    let properties = deleted.map_or(Cow::Owned(Map::new()), |deleted| Cow::Borrowed(&deleted.properties));
    let target = match &step.id {
        Some(id) => Target::existing(id.clone(), step.address.to_string()),
        None => Target::created(&step.address),
    };
    // An object that does not exist yet has no id, but will not be without one.
    let id = step.id.as_ref().map_or(&*step.address.key, ObjectId::as_str);
    Person { target, before: None, after: Some(changed(State { id, properties, manager: None }, step)) }
}

/// Somebody after a step.
fn changed<'a>(mut state: State<'a>, step: &'a Step) -> State<'a> {
    let Some(kind) = kinds::by_name(&step.address.kind) else { return state };
    for change in &step.changes {
        let name = kind.graph_name(change.attribute());
        match change {
            Change::Value { after, .. } => {
                state.properties.to_mut().insert(name.to_owned(), after.clone());
            }
            Change::Links { added, .. } if name == "manager" => {
                state.manager = added.first().and_then(|added| added.target.id.as_ref());
            }
            _ => {}
        }
    }
    state
}
