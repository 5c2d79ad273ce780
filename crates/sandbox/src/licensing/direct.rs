//! Licences assigned to a user directly: checked at once, and assigned all together or not at all.

use uuid::Uuid;

use super::assigner::Assigner;
use super::assignment::{Added, Assignment};
use super::rules;
use super::state::State;
use crate::graph::Failure;
use crate::schema::bad_request;
use crate::store::Object;

/// The states after a request.
pub(super) fn change(
    assigner: &Assigner<'_>,
    user: &Object,
    asked: &Assignment,
    before: &[State],
) -> Result<Vec<State>, Failure> {
    let mut after = before.to_vec();
    for sku in &asked.remove {
        remove(&mut after, *sku)?;
    }
    if !asked.add.is_empty() && !user.text("usageLocation").is_some_and(rules::is_allowed) {
        return Err(bad_request("License assignment cannot be done for user with invalid usage location."));
    }
    for added in &asked.add {
        add(assigner, &mut after, added)?;
    }
    check_plans(assigner, asked, before, &after)?;
    for added in &asked.add {
        if assigner.is_short(added.sku, before, &[]) {
            let sku = added.sku;
            return Err(bad_request(format!(
                "Subscription with SKU {sku} does not have any available licenses."
            )));
        }
    }
    Ok(after)
}

fn remove(states: &mut Vec<State>, sku: Uuid) -> Result<(), Failure> {
    let count = states.len();
    states.retain(|state| !state.is_path(None, sku));
    if states.len() < count {
        return Ok(());
    }
    Err(bad_request(if states.iter().any(|state| state.sku == sku) {
        "User license is inherited from a group membership and it cannot be removed directly from the user."
    } else {
        "User does not have a corresponding license."
    }))
}

fn add(assigner: &Assigner<'_>, states: &mut Vec<State>, added: &Added) -> Result<(), Failure> {
    check_product(assigner, added)?;
    let former = states.iter().find(|state| state.is_path(None, added.sku));
    let kept = former.map(|state| state.disabled.clone()).unwrap_or_default();
    let disabled = added.disabled.clone().unwrap_or(kept);
    states.retain(|state| !state.is_path(None, added.sku));
    let since = assigner.now.clone();
    states.push(State { group: None, sku: added.sku, disabled, active: true, error: None, since });
    Ok(())
}

/// Refuses a product the tenant has not bought or that is not for users, and plans that cannot be switched off.
pub(super) fn check_product(assigner: &Assigner<'_>, added: &Added) -> Result<(), Failure> {
    let sku = added.sku;
    let product = assigner.products.get(&sku).filter(|product| product.is_for_users).ok_or_else(|| {
        bad_request(format!("License {sku} does not correspond to a valid company License."))
    })?;
    for id in added.disabled.iter().flatten() {
        match product.plans.iter().find(|plan| plan.id == *id) {
            Some(plan) if !plan.is_company_wide => {}
            Some(_) => {
                return Err(bad_request(format!(
                    "The service plan {id} applies to the company and cannot be disabled for the License {sku}."
                )));
            }
            None => {
                return Err(bad_request(format!("The service plan {id} is not part of the License {sku}.")));
            }
        }
    }
    Ok(())
}

/// Refuses plans that exclude each other, and ones that would lack what they need and did not before.
fn check_plans(
    assigner: &Assigner<'_>,
    asked: &Assignment,
    before: &[State],
    after: &[State],
) -> Result<(), Failure> {
    let (had, has) = (assigner.all_enabled(before), assigner.all_enabled(after));
    for state in after.iter().filter(|state| state.group.is_none()) {
        let product = assigner.enabled(state.sku, &state.disabled);
        let is_added = asked.add.iter().any(|added| added.sku == state.sku);
        if let Some((mine, theirs)) = rules::conflict(&product, &has).filter(|_| is_added) {
            return Err(bad_request(format!(
                "License assignment failed because service plans {mine} and {theirs} are mutually exclusive."
            )));
        }
        if let Some((plan, needed)) = rules::lack(&product, &has)
            && (is_added || rules::lack(&product, &had).is_none())
        {
            let needed: Vec<String> = needed.iter().map(Uuid::to_string).collect();
            return Err(bad_request(format!(
                "License assignment failed because service plan {plan} depends on the service plan(s) {}.",
                needed.join(", ")
            )));
        }
    }
    Ok(())
}
