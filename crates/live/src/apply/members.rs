//! Whether the members of groups got the licences that were given to the groups: the service processes them one by one
//! and tells nobody of those whom it cannot give them.

use tenantry_core::address::ObjectId;
use tenantry_core::licensing::{Catalogue, ProductNames, Sku};
use tenantry_core::plan::{Action, Change, Plan};
use tenantry_core::text::{counted, terminal};
use tenantry_graph::Client;

use crate::licensing::{self, People};
use crate::report::Outcome;
use crate::wire::Created;

/// Members in error that a report names before it counts the rest.
const NAMED: usize = 5;

/// Looks at the members of every group that was given other licences; somebody who did not get them is a failure of the
/// step, though the assignment stands.
pub(super) async fn check(client: &Client, plan: &Plan, created: &Created, outcomes: &mut [Outcome]) {
    let mut skus: Option<Vec<Sku>> = None;
    for (step, outcome) in plan.steps.iter().zip(outcomes) {
        let changed = step.changes.iter().any(|change| matches!(change, Change::Licenses { .. }));
        if *outcome != Outcome::Applied
            || !changed
            || step.address.kind != "group"
            || step.action == Action::Delete
        {
            continue;
        }
        let made = || created.get(&step.address.to_string().to_lowercase());
        let Some(group) = step.id.as_ref().or_else(made) else { continue };
        let cause = match licensing::in_error(client, group).await {
            Ok(people) if people.is_empty() => continue,
            Ok(people) => {
                if skus.is_none() {
                    skus = licensing::skus(client).await.ok();
                }
                let skus = skus.as_deref().unwrap_or_default();
                describe(group, &people, &Catalogue::new(skus, &ProductNames::default()))
            }
            Err(error) => {
                let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
                let why = terminal(&format!("{error}{}", source.unwrap_or_default()));
                format!("assigned, but nobody can say whether every member got it: {why}")
            }
        };
        *outcome = Outcome::Failed { cause, request_id: None };
    }
}

/// Who did not get what, and why.
fn describe(group: &ObjectId, people: &People, catalogue: &Catalogue<'_>) -> String {
    let mut errors = Vec::new();
    for person in people.values() {
        let of_group = person.assignments.iter().filter(|held| held.by_group.as_ref() == Some(group));
        let held = of_group.filter_map(|held| Some((held.sku, held.error.as_ref()?)));
        let mut causes: Vec<String> =
            held.map(|(sku, error)| format!("{}: {}", catalogue.name(sku).sku, error.in_words())).collect();
        causes.sort();
        errors.push(format!("{} ({})", person.target.name, causes.join("; ")));
    }
    errors.sort();
    let more = errors.len().saturating_sub(NAMED);
    errors.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    terminal(&format!(
        "assigned, but {} did not get everything: {}{more}",
        counted(people.len(), "member", "members"),
        errors.join(", ")
    ))
}
