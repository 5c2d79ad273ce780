//! The identity that runs the apply does not cut off its own rights.

use super::{Context, emergency_access};
use crate::address::{ObjectId, Target};
use crate::plan::{Change, Level, Note, Step};

/// Who loses the own role in a unit can no longer change its members where the unit is restricted.
fn loses_unit(context: &Context<'_>, step: &Step, own: &ObjectId) -> Option<Note> {
    let removed = step.changes.iter().find_map(|change| match change {
        Change::Assignments { removed, .. } => {
            removed.iter().find(|removed| removed.member.id.as_ref() == Some(own))
        }
        _ => None,
    })?;
    let restricted = context.object(step)?.flag("isMemberManagementRestricted");
    let level = if restricted { Level::Refusal } else { Level::Warning };
    let message = format!(
        "the identity that runs this (id:{own}) would lose {} in {}",
        removed.role.name, step.address
    );
    let note = Note::new("own-rights", level, Some(step.address.clone()), message);
    Some(note.help("apply this change with another identity, or leave it out"))
}

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let Some(id) = &context.resolved.snapshot.tenant.identity else { return Vec::new() };
    let own = Target::existing(id.clone(), format!("id:{id}"));
    let mut notes = Vec::new();
    for step in &context.plan.steps {
        if let Some(what) = emergency_access::endangered(context, step, &own) {
            let message = format!("the identity that runs this ({}) would be {what}", own.name);
            let help = "apply this change with another identity, or leave it out";
            notes.push(
                Note::new("own-rights", Level::Refusal, Some(step.address.clone()), message).help(help),
            );
        }
        notes.extend(loses_unit(context, step, id));
    }
    notes
}
