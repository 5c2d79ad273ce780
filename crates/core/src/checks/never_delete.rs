//! `[protect] never_delete`: patterns of addresses that no plan deletes.

use globset::GlobBuilder;

use super::Context;
use crate::plan::{Action, Level, Note};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let patterns = &context.resolved.configuration.protect.never_delete;
    let globs = patterns.iter().filter_map(|pattern| {
        let glob = GlobBuilder::new(pattern).case_insensitive(true).literal_separator(false).build().ok()?;
        Some((pattern, glob.compile_matcher()))
    });
    let mut notes = Vec::new();
    for (pattern, glob) in globs {
        for step in context.plan.steps.iter().filter(|step| step.action == Action::Delete) {
            if glob.is_match(step.address.to_string()) {
                let message = format!(
                    "{} would be deleted, and `[protect] never_delete` holds \"{pattern}\"",
                    step.address
                );
                let help = "remove the deletion; to delete it after all, change `never_delete` first, in a change of its own";
                notes.push(
                    Note::new("never-delete", Level::Refusal, Some(step.address.clone()), message).help(help),
                );
            }
        }
    }
    notes
}
