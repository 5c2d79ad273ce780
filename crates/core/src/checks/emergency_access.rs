//! Emergency accounts are neither deleted nor disabled nor taken out of a group that can hold a role.

use serde_json::Value;

use super::Context;
use crate::address::Target;
use crate::plan::{Action, Change, Level, Note, Step};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let accounts = context.resolved.configuration.protect.emergency_access.iter();
    let accounts: Vec<Target> = accounts.filter_map(|reference| context.resolved.target(reference)).collect();
    let mut notes = Vec::new();
    for step in &context.plan.steps {
        for account in &accounts {
            notes.extend(
                endangered(context, step, account)
                    .map(|what| refusal("emergency-access", step, account, &what)),
            );
        }
    }
    notes
}

/// A refusal because of what a step does to an account.
fn refusal(code: &str, step: &Step, account: &Target, what: &str) -> Note {
    let message = format!("the emergency account {} would be {what}", account.name);
    Note::new(code, Level::Refusal, Some(step.address.clone()), message)
        .help("remove this change; if the account is to be replaced, change `[protect] emergency_access` first, in a change of its own")
}

/// What a step takes from an account, in words: shared with the rule on the applying identity's own rights.
pub(super) fn endangered(context: &Context<'_>, step: &Step, account: &Target) -> Option<String> {
    let is_account = match &account.id {
        Some(id) => step.id.as_ref() == Some(id),
        None => step.address.to_string().eq_ignore_ascii_case(&account.name),
    };
    if is_account && step.action == Action::Delete {
        return Some("deleted".to_owned());
    }
    if is_account && step.after("account_enabled") == Some(&Value::Bool(false)) {
        return Some("disabled".to_owned());
    }
    let live = context.object(step)?;
    if !live.flag("isAssignableToRole") {
        return None;
    }
    let members = live.links.get("members").map_or(&[][..], Vec::as_slice);
    if step.action == Action::Delete && members.contains(account) {
        return Some(format!("left without {}, which can hold directory roles", step.address));
    }
    let loses = step.changes.iter().any(|change| match change {
        Change::Links { attribute, removed, .. } => {
            attribute == "members" && removed.iter().any(|removed| removed.target == *account)
        }
        Change::Value { .. }
        | Change::Assignments { .. }
        | Change::Schedules { .. }
        | Change::Licenses { .. } => false,
    });
    loses.then(|| format!("removed from {}, which can hold directory roles", step.address))
}
