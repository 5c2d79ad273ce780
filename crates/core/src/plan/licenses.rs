//! Licences as a write, and whether what was written shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Adjusted, License, Operation, Plan, PlanName, Subject, Verb};
use crate::address::Address;
use crate::kinds::Attribute;
use crate::licensing::assignment::assignments;
use crate::snapshot::Observed;

/// The one request that changes an object's licences. Both lists have to be there, and without `disabledPlans` the
/// service would keep those that it has.
///
/// Source: <https://learn.microsoft.com/graph/api/user-assignlicense>.
pub(super) fn assign(added: &[License], adjusted: &[Adjusted], removed: &[License]) -> Option<Verb> {
    if added.is_empty() && adjusted.is_empty() && removed.is_empty() {
        return None;
    }
    let entry = |sku: Uuid, plans: &[PlanName]| json!({ "skuId": sku, "disabledPlans": plans.iter().map(|plan| plan.id).collect::<Vec<_>>() });
    let mut add: Vec<Value> =
        added.iter().map(|license| entry(license.sku.sku_id, &license.disabled_plans)).collect();
    add.extend(adjusted.iter().map(|license| entry(license.sku.sku_id, &license.disabled_plans)));
    let remove: Vec<Uuid> = removed.iter().map(|license| license.sku.sku_id).collect();
    let body = Map::from_iter([
        ("addLicenses".to_owned(), Value::Array(add)),
        ("removeLicenses".to_owned(), json!(remove)),
    ]);
    Some(Verb::Action { name: "assignLicense", body, phrase: phrase(added, adjusted, removed) })
}

/// The request that makes the service try again to give a person what groups give.
///
/// Source: <https://learn.microsoft.com/graph/api/user-reprocesslicenseassignment>.
pub(super) fn reprocess() -> Verb {
    let phrase = "reprocess the licences of".to_owned();
    Verb::Action { name: "reprocessLicenseAssignment", body: Map::new(), phrase }
}

/// `assign SPE_E5 and remove SPE_E3 for`.
fn phrase(added: &[License], adjusted: &[Adjusted], removed: &[License]) -> String {
    let skus = |licenses: &[License]| {
        licenses.iter().map(|license| license.sku.sku.as_str()).collect::<Vec<_>>().join(", ")
    };
    let adjusted: Vec<&str> = adjusted.iter().map(|license| license.sku.sku.as_str()).collect();
    let parts = [("assign", skus(added)), ("change", adjusted.join(", ")), ("remove", skus(removed))];
    let parts = parts.into_iter().filter(|(_, skus)| !skus.is_empty());
    let parts: Vec<String> = parts.map(|(verb, skus)| format!("{verb} {skus}")).collect();
    format!("{} for", parts.join(" and "))
}

/// Writes of people and of groups in the order that [`Step::follows`](super::Step::follows) asks for. A usage location
/// waits for nobody; a person's licences wait for groups, or groups for them, so that nothing waits in a circle.
pub(super) fn put_in_order(plan: &Plan, operations: &mut [Operation]) {
    let steps: BTreeMap<&Address, usize> =
        plan.steps.iter().enumerate().map(|(index, step)| (&step.address, index)).collect();
    let mut writes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate().filter(|(_, operation)| decides(operation)) {
        writes.entry(operation.step).or_default().push(index);
    }
    for (step, waiting) in plan.steps.iter().zip(0..) {
        let first = step.follows.iter().filter_map(|address| steps.get(address).copied());
        for (first, waits) in first
            .flat_map(|first| writes.get(&waiting).into_iter().flatten().map(move |waits| (first, *waits)))
        {
            let awaited = writes.get(&first).into_iter().flatten().copied();
            let awaited =
                awaited.filter(|awaited| goes_first(plan, &operations[*awaited], &operations[waits]));
            let awaited: Vec<usize> = awaited.collect();
            operations[waits].follows.extend(awaited);
        }
    }
}

/// Whether an operation decides about licences: it assigns them, makes members, or says where somebody is.
fn decides(operation: &Operation) -> bool {
    match &operation.verb {
        Verb::Update(body) => body.contains_key("usageLocation"),
        Verb::Link { navigation, .. } => *navigation == "members",
        Verb::Action { .. } => true,
        _ => false,
    }
}

/// Whether a write of a step that goes first is what a write of another one waits for.
fn goes_first(plan: &Plan, first: &Operation, waiting: &Operation) -> bool {
    let leads = plan.steps.get(first.step).is_some_and(|step| step.follows.is_empty());
    let concerns = |link: &Operation, other: &Operation| match (&link.verb, &other.subject) {
        (Verb::Link { targets, .. }, Subject::Existing(id)) => {
            targets.iter().any(|target| target.id.as_ref() == Some(id))
        }
        (Verb::Link { .. }, Subject::Created) => false,
        _ => true,
    };
    let is_group = |operation: &Operation| operation.kind.name == "group";
    match (&first.verb, &waiting.verb) {
        // Nothing of a person but the licences waits for a group.
        (_, Verb::Action { .. }) if is_group(first) => concerns(first, waiting),
        (_, _) if is_group(first) || !is_group(waiting) => false,
        (Verb::Action { .. }, _) => leads && concerns(waiting, first),
        _ => concerns(waiting, first),
    }
}

/// What of a change of licences a live object does not show.
pub(super) fn missing(
    attribute: &Attribute,
    added: &[License],
    adjusted: &[Adjusted],
    removed: &[License],
    reprocess: bool,
    live: &Observed,
) -> Option<String> {
    let held = assignments(live.property(attribute.graph));
    let own = |sku: Uuid| held.iter().find(|held| held.by_group.is_none() && held.sku == sku);
    let name = attribute.name;
    let wanted = added.iter().map(|license| (&license.sku, &license.disabled_plans));
    for (sku, plans) in wanted.chain(adjusted.iter().map(|license| (&license.sku, &license.disabled_plans))) {
        let off: BTreeSet<Uuid> = plans.iter().map(|plan| plan.id).collect();
        let shown = sku.describe();
        match own(sku.sku_id) {
            None => return Some(format!("{name} does not show {shown}")),
            Some(held) if held.disabled_plans != off => {
                return Some(format!("{name} shows {shown} with other service plans"));
            }
            Some(held) => {
                if let Some(error) = &held.error {
                    return Some(format!("{shown} is in error: {}", error.in_words()));
                }
            }
        }
    }
    if let Some(gone) = removed.iter().find(|license| own(license.sku.sku_id).is_some()) {
        return Some(format!("{name} still holds {}", gone.sku.describe()));
    }
    let inherited = held.iter().filter(|held| reprocess && held.by_group.is_some());
    if let Some(error) = inherited.into_iter().find_map(|held| held.error.as_ref()) {
        return Some(format!("what a group gives is in error: {}", error.in_words()));
    }
    let state = live.property("licenseProcessingState").get("state").and_then(Value::as_str);
    let done = state.is_none_or(|state| state.eq_ignore_ascii_case("ProcessingComplete"));
    (!done).then(|| {
        format!("the licences of the members are still being processed ({})", state.unwrap_or_default())
    })
}
