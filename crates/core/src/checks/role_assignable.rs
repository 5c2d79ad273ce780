//! Role-assignable groups are made and changed, members and owners included, by few: permissions for groups are not
//! enough.
//!
//! Source: "Use Microsoft Entra groups to manage role assignments",
//! <https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept>.

use serde_json::Value;

use super::Context;
use crate::plan::{Level, Note, Step};

/// What an application needs for it.
const NEEDED: &str = "RoleManagement.ReadWrite.Directory";

/// A warning where the identity's token does not carry the permission: a directory role would do as well.
pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let held = &context.resolved.tenant.permissions;
    if held.is_empty() || held.iter().any(|permission| permission == NEEDED) {
        return Vec::new();
    }
    let steps = context.plan.steps.iter().filter(|step| step.address.kind == "group");
    steps.filter(|step| is_assignable(context, step)).map(note).collect()
}

fn is_assignable(context: &Context<'_>, step: &Step) -> bool {
    context.object(step).is_some_and(|group| group.flag("isAssignableToRole"))
        || step.after("is_assignable_to_role") == Some(&Value::Bool(true))
}

fn note(step: &Step) -> Note {
    let message = format!(
        "{} is role-assignable, and this identity has no {NEEDED}: the service may refuse the change",
        step.address
    );
    let help = "grant the permission, or give the identity the role Privileged Role Administrator";
    Note::new("role-assignable", Level::Warning, Some(step.address.clone()), message).help(help)
}
