//! Approval that nobody is named for: the service then turns to whoever administers privileged roles.
//!
//! Source: "Approve or deny requests for Microsoft Entra roles in PIM",
//! <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings>.

use serde_json::{Value, json};

use super::Context;
use crate::kinds;
use crate::pim;
use crate::plan::{Change, Level, Note, Step};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    context.plan.steps.iter().flat_map(of_step).collect()
}

fn of_step(step: &Step) -> Vec<Note> {
    let Some(kind) = kinds::by_name(&step.address.kind) else { return Vec::new() };
    let nobody = step.changes.iter().filter_map(|change| {
        let Change::Value { attribute, after, .. } = change else { return None };
        let activation = pim::activation_of(kind.attribute(attribute)?, after)?;
        let approvers = activation.get("approvers").and_then(Value::as_array);
        let named = approvers.is_some_and(|approvers| !approvers.is_empty());
        (activation.get("approvalRequired") == Some(&json!(true)) && !named).then_some(attribute)
    });
    let note = |attribute: &String| {
        let message = format!(
            "{}: activating takes approval, and `{attribute}` names nobody who approves: Global Administrators and \
             Privileged Role Administrators will",
            step.address
        );
        Note::new("approval-without-approvers", Level::Warning, Some(step.address.clone()), message)
            .help("name `approvers`, or nobody can approve once neither role has an active holder")
    };
    nobody.map(note).collect()
}
