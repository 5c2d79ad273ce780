//! `[protect] never_delete`: patterns of addresses that no plan deletes.

use super::Context;
use crate::address::Address;
use crate::kinds;
use crate::pattern::Pattern;
use crate::plan::{Action, Level, Note, Step};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let patterns = &context.resolved.configuration.protect.never_delete;
    let patterns: Vec<(&String, Pattern)> =
        patterns.iter().filter_map(|text| Some((text, Pattern::new(text)?))).collect();
    let mut notes = Vec::new();
    for step in context.plan.steps.iter().filter(|step| step.action == Action::Delete) {
        let names = names(context, step);
        let holding =
            patterns.iter().find(|(_, pattern)| names.iter().any(|name| pattern.matches(&name.to_string())));
        if let Some((text, _)) = holding {
            let message =
                format!("{} would be deleted, and `[protect] never_delete` holds \"{text}\"", step.address);
            let help = "remove the deletion; to delete it after all, change `never_delete` first, in a change of its own";
            notes.push(
                Note::new("never-delete", Level::Refusal, Some(step.address.clone()), message).help(help),
            );
        }
    }
    notes
}

/// Everything the object goes by: its address here, earlier keys, and what the tenant calls it.
fn names(context: &Context<'_>, step: &Step) -> Vec<Address> {
    let mut names = vec![step.address.clone()];
    let kind = &step.address.kind;
    let declared = context.resolved.configuration.objects.get(&step.address);
    let earlier = declared.into_iter().flat_map(|declared| &declared.previously);
    names.extend(earlier.map(|key| Address::new(kind.clone(), key.clone())));
    if let Some(live) = context.object(step) {
        let rules = kinds::by_name(kind).map_or(&[][..], |kind| kind.keys);
        let values = rules.iter().map(|rule| live.text(rule.property)).filter(|value| !value.is_empty());
        names.extend(values.map(|value| Address::new(kind.clone(), value)));
    }
    names
}
