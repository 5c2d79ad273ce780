//! Settings of the manual register that somebody has to look at again.

use super::Context;
use crate::plan::{Level, ManualCheck, Note};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    context.plan.manual.iter().filter(|check| check.overdue).map(overdue).collect()
}

fn overdue(check: &ManualCheck) -> Note {
    let ManualCheck { name, owner, .. } = check;
    let message = match (check.checked, check.due) {
        (Some(checked), Some(due)) => {
            format!(
                "\"{name}\" was last checked by hand on {checked}, which was good until {due} (owner: {owner})"
            )
        }
        _ => format!("\"{name}\" was never checked by hand (owner: {owner})"),
    };
    let help =
        format!("look whether it is as expected, then write the day in `checked` of `[manual.\"{name}\"]`");
    Note::new("manual-overdue", Level::Warning, None, message).help(help)
}
