//! Settings that the service may take without acting on them, that open a door, or that take effect on what is there.

use serde_json::Value;

use super::Context;
use crate::kinds::consent_policy_settings::ADVISORY;
use crate::plan::{Action, Level, Note, Step};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let steps = context.plan.steps.iter().filter(|step| step.action != Action::Delete);
    steps.flat_map(|step| [advisory(step), risky_consent(step), expiration(step)]).flatten().collect()
}

fn advisory(step: &Step) -> Option<Note> {
    let changes = step.changes.iter().map(|change| change.attribute());
    let named: Vec<&str> = changes.filter(|name| ADVISORY.contains(name)).collect();
    if step.address.kind != "consent_policy_settings" || named.is_empty() {
        return None;
    }
    let message = format!("{} may be taken by the service and not acted on", named.join(" and "));
    let help = "what group owners may consent to is in `permission_grant_policies_assigned` of the authorization policy";
    Some(Note::new("advisory", Level::Warning, Some(step.address.clone()), message).help(help))
}

fn risky_consent(step: &Step) -> Option<Note> {
    let opens = step.address.kind == "authorization_policy"
        && step.after("allow_user_consent_for_risky_apps") == Some(&Value::Bool(true));
    let message = "everybody could consent to applications that Microsoft finds risky";
    opens.then(|| Note::new("risky-consent", Level::Warning, Some(step.address.clone()), message))
}

/// Source: "Configure the expiration policy for Microsoft 365 groups",
/// <https://learn.microsoft.com/entra/identity/users/groups-lifecycle>.
fn expiration(step: &Step) -> Option<Note> {
    let begins = step.address.kind == "group_lifecycle_policy" && step.action == Action::Create;
    let about_any = step.after("managed_group_types").is_some_and(|types| types != "None");
    let days = step.after("group_lifetime_in_days").filter(|_| begins && about_any)?;
    let message = format!("groups that are older than {days} days and not in use expire 35 days from now");
    let help = "their owners are asked to renew them first; groups in use renew themselves";
    Some(Note::new("expiration", Level::Info, Some(step.address.clone()), message).help(help))
}
