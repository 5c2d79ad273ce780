//! What directory synchronisation maintains is changed on-premises, not here.

use super::Context;
use crate::kinds::{self, Mastered};
use crate::plan::{Action, Level, Note};
use crate::snapshot::Observed;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for step in context.plan.steps.iter().filter(|step| step.action != Action::Create) {
        let Some(kind) = kinds::by_name(&step.address.kind) else { continue };
        if !context.object(step).is_some_and(Observed::is_synchronised) {
            continue;
        }
        let attributes =
            step.changes.iter().filter_map(|change| kind.attribute_or_extension(change.attribute()));
        let owned: Vec<&str> = attributes
            .filter(|attribute| attribute.mastered == Mastered::OnPremises)
            .map(|attribute| attribute.name)
            .collect();
        let what = match step.action {
            Action::Delete => "delete it".to_owned(),
            _ if owned.is_empty() => continue,
            _ => format!("write {}", owned.join(", ")),
        };
        let message =
            format!("{} is synchronised from an on-premises directory, so Graph cannot {what}", step.address);
        let help = "change it in the on-premises directory, or leave it out here";
        notes.push(Note::new("on-premises", Level::Refusal, Some(step.address.clone()), message).help(help));
    }
    notes
}
