//! Settings that the service may take without acting on them, and those that open a door.

use serde_json::Value;

use super::Context;
use crate::kinds::consent_policy_settings::ADVISORY;
use crate::plan::{Action, Level, Note, Step};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let steps = context.plan.steps.iter().filter(|step| step.action != Action::Delete);
    steps.flat_map(|step| advisory(step).into_iter().chain(risky_consent(step))).collect()
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
