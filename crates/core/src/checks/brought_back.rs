//! What comes back with a restored object: links that nothing declares, and links that the service does not show. Into
//! a group that can hold roles, nobody comes back unseen.

use super::Context;
use crate::kinds;
use crate::plan::{Action, Level, Note};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for step in context.plan.steps.iter().filter(|step| step.action == Action::Restore) {
        let (Some(gone), Some(kind)) = (context.object(step), kinds::by_name(&step.address.kind)) else {
            continue;
        };
        let declared = context.resolved.configuration.objects.get(&step.address);
        for attribute in kind.links() {
            let links = declared.and_then(|declared| declared.links.get(attribute.name));
            let held = gone.links.get(attribute.graph).map_or(&[][..], Vec::as_slice);
            let unreadable = gone.unreadable.iter().any(|navigation| navigation == attribute.graph);
            if links.is_some_and(|links| links.whole && !unreadable) || (held.is_empty() && !unreadable) {
                continue;
            }
            let what = match held {
                [] => format!("{} that cannot be read before", attribute.name),
                held => {
                    let names: Vec<&str> = held.iter().take(5).map(|target| target.name.as_str()).collect();
                    let more = if held.len() > names.len() { ", …" } else { "" };
                    format!("its {}: {}{more}", attribute.name, names.join(", "))
                }
            };
            let powerful = attribute.name == "members" && gone.flag("isAssignableToRole");
            let level = if powerful { Level::Refusal } else { Level::Warning };
            let message = format!("{} comes back with {what}", step.address);
            let help = if unreadable {
                "restore it in the Entra admin center, look who is there, then plan again".to_owned()
            } else {
                format!("declare `{}` to decide who is there", attribute.name)
            };
            notes.push(Note::new("brought-back", level, Some(step.address.clone()), message).help(help));
        }
    }
    notes
}
