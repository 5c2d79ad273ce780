//! What the naming policy makes of the Microsoft 365 groups that a plan creates or renames.

use serde_json::Value;

use super::Context;
use crate::naming::LONGEST;
use crate::plan::{Action, Change, Level, Note, Step};
use crate::text::counted;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let Some(policy) = context.plan.tenant.naming.last() else { return Vec::new() };
    let mut notes = Vec::new();
    for step in context.plan.steps.iter().filter(|step| is_unified(context, step)) {
        let Some(name) = new_name(step) else { continue };
        let note = |code: &str, level: Level, message: String, help: &str| {
            Note::new(code, level, Some(step.address.clone()), message).help(help)
        };
        if let Some(word) = policy.blocks(name) {
            let message =
                format!("{} cannot be called \"{name}\": the naming policy blocks \"{word}\"", step.address);
            notes.push(note("blocked-name", Level::Warning, message, EXEMPT));
            continue;
        }
        let made = policy.applied(name);
        if made == name {
            continue;
        }
        let message = format!("the naming policy makes \"{made}\" of the name of {}", step.address);
        if is_lost(context, step) {
            let message = format!("{message}, under which it would not be found again");
            notes.push(note("naming-policy", Level::Refusal, message, PIN));
            continue;
        }
        notes.push(note("naming-policy", Level::Info, message, EITHER));
        let length = made.chars().count();
        if length > LONGEST {
            let characters = counted(length, "character", "characters");
            let message =
                format!("\"{made}\" has {characters}, and the naming policy takes at most {LONGEST}");
            notes.push(note("long-name", Level::Warning, message, EXEMPT));
        }
    }
    notes
}

const EXEMPT: &str = "choose another name; whether the policy binds applications is not documented";

const EITHER: &str =
    "whether the policy binds applications is not documented: both names count as the declared one";

const PIN: &str = "pin the group with `id = \"…\"`, or declare the name that the policy makes";

/// Whether a group is found by its display name alone, so that another name hides it from the next plan.
fn is_lost(context: &Context<'_>, step: &Step) -> bool {
    let declared = context.resolved.configuration.objects.get(&step.address);
    let pinned = declared.is_none_or(|declared| declared.id.is_some());
    !pinned && context.object(step).is_some_and(|live| live.text("uniqueName").is_empty())
}

/// The display name that a step gives.
fn new_name(step: &Step) -> Option<&str> {
    step.changes.iter().find_map(|change| match change {
        Change::Value { attribute, after, .. } if attribute == "display_name" => after.as_str(),
        _ => None,
    })
}

fn is_unified(context: &Context<'_>, step: &Step) -> bool {
    let holds = |types: Option<&Value>| {
        types.and_then(Value::as_array).is_some_and(|types| types.iter().any(|kind| kind == "Unified"))
    };
    step.address.kind == "group"
        && step.action != Action::Delete
        && (holds(step.after("group_types"))
            || context.object(step).is_some_and(|live| live.holds("groupTypes", "Unified")))
}
