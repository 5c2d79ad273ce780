//! Members who did not get what their group gives, when the reason is gone or the plan removes it: the service tries
//! again only when it is asked to.
//!
//! Source: "user: reprocessLicenseAssignment", <https://learn.microsoft.com/graph/api/user-reprocesslicenseassignment>.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::groups::{attribute, subject};
use super::{Assessment, Memberships};
use crate::address::{Address, Target};
use crate::kinds;
use crate::licensing::{AssignmentError, Person};
use crate::plan::{Action, Change, Reason, Step, observed_digest};
use crate::resolve::Resolved;
use crate::snapshot::Observed;

/// Adds to the steps that the service shall try again, to steps of their own (unless `only` given ones are wanted)
/// where nothing else is done to a person.
pub(crate) fn add(steps: &mut Vec<Step>, resolved: &Resolved<'_>, rules: &Memberships, only: bool) {
    let licensing = &resolved.snapshot.licensing;
    let in_error = licensing.in_error.values().flatten().filter_map(|id| licensing.people.get(id));
    let in_error: BTreeMap<&Target, &Person> = in_error.map(|person| (&person.target, person)).collect();
    if in_error.is_empty() {
        return;
    }
    let mut free = free(steps, resolved, rules);
    let mut own = Vec::new();
    for (target, person) in in_error {
        let step = steps.iter().position(|step| subject(step) == *target);
        let errors = person.assignments.iter().filter(|held| held.by_group.is_some());
        let errors: Vec<_> = errors.filter_map(|held| Some((held.sku, held.error.as_ref()?))).collect();
        let because = step
            .and_then(|step| removes_cause(&steps[step], &errors))
            .or_else(|| errors.iter().find_map(|(sku, error)| takes_seat(error, free.get_mut(sku)?)));
        match (because, step) {
            (Some(because), Some(step)) => again(&mut steps[step], because, person, resolved),
            (Some(because), None) if !only => own.extend(own_step(target, person, because, resolved)),
            _ => {}
        }
    }
    let place = steps.iter().rposition(|step| step.address.kind == "user").map_or(0, |last| last + 1);
    steps.splice(place..place, own);
}

/// Seats that nobody has once everything else is done, by SKU.
fn free(steps: &[Step], resolved: &Resolved<'_>, rules: &Memberships) -> BTreeMap<Uuid, u64> {
    let impact =
        Assessment::new(steps, resolved.snapshot, rules).impact(resolved.snapshot, resolved.configuration);
    let skus = resolved.snapshot.licensing.skus.iter().flatten();
    let mut free: BTreeMap<Uuid, u64> =
        skus.map(|sku| (sku.id, sku.seats.saturating_sub(sku.consumed))).collect();
    free.extend(impact.seats.iter().map(|seats| (seats.sku.sku_id, seats.of.saturating_sub(seats.after))));
    free
}

/// Why it is worth another try once a step is done.
fn removes_cause(step: &Step, errors: &[(Uuid, &AssignmentError)]) -> Option<&'static str> {
    if step.action != Action::Update {
        return None;
    }
    let about = |codes: &[&str]| errors.iter().any(|(_, error)| codes.contains(&error.code.as_str()));
    let fewer = step.changes.iter().any(|change| match change {
        Change::Licenses { adjusted, removed, .. } => !adjusted.is_empty() || !removed.is_empty(),
        Change::Value { .. }
        | Change::Assignments { .. }
        | Change::Schedules { .. }
        | Change::Links { .. } => false,
    });
    if step.after("usage_location").is_some() && about(&["ProhibitedInUsageLocationViolation"]) {
        return Some("the usage location changes");
    }
    let conflict = about(&["MutuallyExclusiveViolation", "DependencyViolation"]);
    (fewer && conflict).then_some("what stood in the way is taken away")
}

/// Takes a free seat for somebody who had none.
fn takes_seat(error: &AssignmentError, free: &mut u64) -> Option<&'static str> {
    let lacks = error.code == "CountViolation" && *free > 0;
    lacks.then(|| {
        *free -= 1;
        "there are seats for it"
    })
}

fn again(step: &mut Step, because: &str, person: &Person, resolved: &Resolved<'_>) {
    let Some(attribute) = attribute("user") else { return };
    let licenses = step.changes.iter_mut().find_map(|change| match change {
        Change::Licenses { reprocess, .. } => Some(reprocess),
        Change::Value { .. }
        | Change::Assignments { .. }
        | Change::Schedules { .. }
        | Change::Links { .. } => None,
    });
    match licenses {
        Some(reprocess) => *reprocess = Some(because.to_owned()),
        None => {
            step.changes.push(change(attribute.name, because));
            rest_on(step, person, resolved);
        }
    }
}

fn change(attribute: &str, because: &str) -> Change {
    Change::Licenses {
        attribute: attribute.to_owned(),
        added: Vec::new(),
        adjusted: Vec::new(),
        removed: Vec::new(),
        reprocess: Some(because.to_owned()),
    }
}

/// A step for somebody to whom nothing else is done, declared or not.
fn own_step(target: &Target, person: &Person, because: &str, resolved: &Resolved<'_>) -> Option<Step> {
    let id = target.id.clone()?;
    let name = resolved.name(id.as_str()).unwrap_or_else(|| target.clone());
    let mut step = Step {
        address: Address::try_from(name.name.to_string()).ok()?,
        action: Action::Update,
        reason: Reason::Differs,
        id: Some(id),
        called: None,
        changes: vec![change(attribute("user")?.name, because)],
        depends_on: Vec::new(),
        follows: Vec::new(),
        carried: Map::new(),
        rests_on: String::new(),
    };
    rest_on(&mut step, person, resolved);
    Some(step)
}

/// Lets a step rest on the person's own licences too.
fn rest_on(step: &mut Step, person: &Person, resolved: &Resolved<'_>) {
    let (Some(kind), Some(attribute), Some(id)) =
        (kinds::by_name("user"), attribute("user"), step.id.clone())
    else {
        return;
    };
    let users = resolved.snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
    let seen = users.into_iter().find(|live| live.id == id).cloned();
    let mut live = seen.unwrap_or_else(|| {
        let name = person.target.name.split_once(':').map_or("", |(_, name)| name);
        let properties = Map::from_iter([(kind.graph_name(kind.name_attribute).to_owned(), json!(name))]);
        Observed { id, properties, links: BTreeMap::new(), unreadable: Vec::new() }
    });
    let direct = person.assignments.iter().filter(|held| held.by_group.is_none());
    let direct = direct.map(|held| json!({ "skuId": held.sku, "disabledPlans": held.disabled_plans }));
    live.properties.insert(attribute.graph.to_owned(), direct.collect::<Value>());
    step.rests_on = observed_digest(kind, step.action, &step.changes, Some(&live));
}
