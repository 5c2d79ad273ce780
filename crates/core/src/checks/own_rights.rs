//! The identity that runs the apply does not cut off its own rights.

use super::{Context, emergency_access};
use crate::address::Target;
use crate::plan::{Level, Note};

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
    }
    notes
}
