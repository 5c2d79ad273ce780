//! Holds a plan against the tenant again: before applying, whether it still rests on what is there; after applying,
//! whether what is there is what it said.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Action, Assigned, Change, Plan, Step, licenses, observed_digest, schedule};
use crate::address::ObjectId;
use crate::assignments::held;
use crate::kinds::comparison::same;
use crate::kinds::{self, Kind, Mode};
use crate::schedules;
use crate::snapshot::{Observed, Seen, Snapshot};

/// Steps whose objects have changed since the plan was made: index and what is different.
pub fn stale(plan: &Plan, snapshot: &Snapshot) -> Vec<(usize, String)> {
    let found = by_id(snapshot);
    let stale = plan.steps.iter().enumerate().filter_map(|(index, step)| {
        let kind = kinds::by_name(&step.address.kind)?;
        Some((index, staleness(kind, step, snapshot, &found)?))
    });
    stale.collect()
}

fn staleness(kind: &'static Kind, step: &Step, snapshot: &Snapshot, found: &Found<'_>) -> Option<String> {
    let live = step.id.as_ref().and_then(|id| found.live.get(&(kind.name, id)).copied());
    let deleted = step.id.as_ref().and_then(|id| found.deleted.get(&(kind.name, id)).copied());
    let rests_on = match (step.action, live, deleted) {
        (Action::Create, _, _) => {
            return appeared(kind, step, snapshot).then(|| "it exists by now".to_owned());
        }
        (Action::Restore, Some(_), _) => return Some("it was restored".to_owned()),
        (Action::Restore, None, None) => return Some("it is no longer among the deleted items".to_owned()),
        (Action::Restore, None, Some(deleted)) => deleted,
        (Action::Update | Action::Delete, None, _) => return Some("it is gone".to_owned()),
        (Action::Update | Action::Delete, Some(live), _) => live,
    };
    let digest = observed_digest(kind, step.action, &step.changes, Some(rests_on));
    (digest != step.rests_on).then(|| "it was changed".to_owned())
}

fn appeared(kind: &'static Kind, step: &Step, snapshot: &Snapshot) -> bool {
    let mut objects = snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
    if kind.shape.is_single() {
        return objects.next().is_some();
    }
    let names: Vec<_> = step.names(kind).collect();
    let alike = |live: &Observed| {
        names
            .iter()
            .any(|(rule, value)| (rule.applies)(live) && live.key(rule.property).eq_ignore_ascii_case(value))
    };
    objects.any(alike)
}

/// Steps that the tenant does not show yet: index and what is still different. Every step is expected to carry the
/// id of its object, created ones included.
pub fn unfulfilled(plan: &Plan, snapshot: &Snapshot) -> Vec<(usize, String)> {
    let found = by_id(snapshot);
    let open = plan.steps.iter().enumerate().filter_map(|(index, step)| {
        let kind = kinds::by_name(&step.address.kind)?;
        let live = step.id.as_ref().and_then(|id| found.live.get(&(kind.name, id)).copied());
        let missing = match (step.action, live) {
            (Action::Delete, Some(_)) => Some("it is still there".to_owned()),
            (Action::Delete, None) => None,
            (_, None) => Some("it does not show".to_owned()),
            (_, Some(live)) => step.changes.iter().find_map(|change| missing(plan, kind, change, live)),
        };
        Some((index, missing?))
    });
    open.collect()
}

/// What of one change a live object does not show.
fn missing(plan: &Plan, kind: &'static Kind, change: &Change, live: &Observed) -> Option<String> {
    let attribute = kind.attribute_or_extension(change.attribute())?;
    match change {
        Change::Value { attribute: name, after, .. } => {
            let default = attribute.default.value();
            let value = match live.property(kind.graph_name(name)) {
                Value::Null => &default,
                value => value,
            };
            let shows = attribute.mode == Mode::AtCreation
                || same(&attribute.value, after, value)
                || (kind.name == "group" && name == "display_name" && is_named_by_policy(plan, after, value));
            (!shows).then(|| format!("{name} is {}", short(value)))
        }
        Change::Licenses { added, adjusted, removed, reprocess, .. } => {
            licenses::missing(attribute, added, adjusted, removed, reprocess.is_some(), live)
        }
        Change::Assignments { attribute: name, added, removed, .. } => {
            let held = held(live.property(attribute.graph));
            let shows = |added: &&Assigned| {
                held.iter().any(|held| {
                    Some(&held.role) == added.role.id.as_ref()
                        && Some(&held.member) == added.member.id.as_ref()
                })
            };
            let absent = added.len() - added.iter().filter(shows).count();
            let present =
                removed.iter().filter(|removed| held.iter().any(|held| held.id == removed.id)).count();
            match (absent, present) {
                (0, 0) => None,
                (0, present) => Some(format!("{name} still holds {present} that were removed")),
                (absent, _) => Some(format!("{name} does not show {absent} that were added")),
            }
        }
        Change::Schedules { attribute: name, added, changed, removed, .. } => {
            let held = schedules::held(live.property(attribute.graph));
            schedule::missing(name, &held, added, changed, removed)
        }
        Change::Links { consequence: Some(_), .. } => None,
        Change::Links { attribute: name, added, removed, .. } => {
            let links = live.links.get(attribute.graph).map_or(&[][..], Vec::as_slice);
            // Objects that the plan created are counted, since their ids are not in the plan.
            let holds = |target: &crate::address::Target| target.id.is_none() || links.contains(target);
            let absent = added.iter().filter(|added| !holds(&added.target)).count();
            let present = removed.iter().filter(|removed| links.contains(&removed.target)).count();
            let single = attribute.link().is_some_and(|link| link.max == 1);
            match (absent, if single { 0 } else { present }) {
                (0, 0) => None,
                (0, present) => Some(format!("{name} still holds {present} that were removed")),
                (absent, _) => Some(format!("{name} does not show {absent} that were added")),
            }
        }
    }
}

/// Whether the naming policy may have made one name of the other.
fn is_named_by_policy(plan: &Plan, given: &Value, shown: &Value) -> bool {
    let names = given.as_str().zip(shown.as_str());
    names.is_some_and(|(given, shown)| plan.tenant.naming.iter().any(|policy| policy.makes(given, shown)))
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Objects by kind and id: what a tenant has one of may share its id with another kind's.
struct Found<'a> {
    live: BTreeMap<(&'a str, &'a ObjectId), &'a Observed>,
    deleted: BTreeMap<(&'a str, &'a ObjectId), &'a Observed>,
}

fn by_id(snapshot: &Snapshot) -> Found<'_> {
    let by_id = |of: fn(&Seen) -> &Vec<Observed>| {
        let objects =
            snapshot.kinds.iter().flat_map(move |(kind, seen)| of(seen).iter().map(move |live| (kind, live)));
        objects.map(|(kind, live)| ((kind.as_str(), &live.id), live)).collect()
    };
    Found { live: by_id(|seen| &seen.objects), deleted: by_id(|seen| &seen.deleted) }
}
