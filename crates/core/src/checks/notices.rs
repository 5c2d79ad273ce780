//! What is no danger but worth saying: passwords, conversions, entries about to end.

use jiff::ToSpan as _;

use super::Context;
use crate::kinds;
use crate::plan::{Action, Change, Level, Note};
use crate::text::counted;

/// How many days ahead an entry's end is announced.
const NEAR_DAYS: i32 = 14;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    conversions(context, &mut notes);
    near_ends(context, &mut notes);
    brought_back(context, &mut notes);
    unverified_tenant(context, &mut notes);
    spared(context, &mut notes);
    passwords(context, &mut notes);
    notes
}

fn conversions(context: &Context<'_>, notes: &mut Vec<Note>) {
    for step in &context.plan.steps {
        for change in &step.changes {
            if let Change::Links { attribute, removed, consequence: Some(why), .. } = change {
                let message = format!(
                    "{} loses all {}: {why}",
                    step.address,
                    counted(removed.len(), attribute.trim_end_matches('s'), attribute)
                );
                notes.push(Note::new("conversion", Level::Warning, Some(step.address.clone()), message));
            }
        }
    }
}

fn near_ends(context: &Context<'_>, notes: &mut Vec<Note>) {
    let Ok(horizon) = context.options.today.checked_add(NEAR_DAYS.days()) else { return };
    for declared in context.resolved.configuration.objects.values() {
        for (attribute, links) in &declared.links {
            for entry in &links.entries {
                let Some(until) =
                    entry.until.filter(|until| *until >= context.options.today && *until <= horizon)
                else {
                    continue;
                };
                let name = entry.reference.to.describe();
                let message = format!("{name} leaves {attribute} of {} after {until}", declared.address);
                notes.push(Note::new("ends-soon", Level::Warning, Some(declared.address.clone()), message));
            }
        }
    }
}

/// What comes back with a restored object: links that nothing declares, and links that the service does not show.
fn brought_back(context: &Context<'_>, notes: &mut Vec<Note>) {
    for step in context.plan.steps.iter().filter(|step| step.action == Action::Restore) {
        let seen = context.resolved.snapshot.kinds.get(&step.address.kind);
        let gone = seen.and_then(|seen| seen.deleted.iter().find(|gone| Some(&gone.id) == step.id.as_ref()));
        let (Some(gone), Some(kind)) = (gone, kinds::by_name(&step.address.kind)) else { continue };
        let declared = context.resolved.configuration.objects.get(&step.address);
        for attribute in kind.attributes.iter().filter(|attribute| attribute.link().is_some()) {
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
}

/// Without the tenant's domains a configuration that names a domain cannot be held against the tenant.
fn unverified_tenant(context: &Context<'_>, notes: &mut Vec<Note>) {
    let id = context.resolved.configuration.tenant.id.as_deref();
    let Some(domain) = id.filter(|id| crate::address::ObjectId::parse(id).is_none()) else { return };
    if context.resolved.snapshot.tenant.domains.is_empty() {
        let tenant = &context.resolved.snapshot.tenant.id;
        let message =
            format!("nobody can say whether {domain} is the tenant {tenant}: its domains cannot be read");
        let help = "grant Organization.Read.All, or write the tenant's GUID in `[tenant] id`";
        notes.push(Note::new("unverified-tenant", Level::Refusal, None, message).help(help));
    }
}

/// Undeclared objects that exact management leaves alone all the same.
fn spared(context: &Context<'_>, notes: &mut Vec<Note>) {
    for kind in
        kinds::KINDS.iter().filter(|kind| context.resolved.configuration.exact.contains_key(kind.name))
    {
        let objects =
            context.resolved.snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
        let spared = objects
            .filter(|live| context.resolved.declared(live).is_none() && !(kind.removable)(live))
            .count();
        if spared > 0 {
            let message = format!(
                "{}: {} left alone, owned by an on-premises directory or another service",
                kind.table,
                counted(spared, "undeclared object", "undeclared objects")
            );
            notes.push(Note::new("spared", Level::Info, None, message));
        }
    }
}

fn passwords(context: &Context<'_>, notes: &mut Vec<Note>) {
    let created = context.plan.steps.iter().filter(|step| step.action == Action::Create);
    let with_password = created.filter(|step| {
        kinds::by_name(&step.address.kind)
            .is_some_and(|kind| (kind.creation)(&step.values_after()).password_pointer.is_some())
    });
    let count = with_password.count();
    if count == 0 {
        return;
    }
    let passwords = counted(count, "initial password", "initial passwords");
    let note = match context.plan.handover.len() {
        0 => Note::new("passwords", Level::Info, None, format!("{passwords} will be generated and handed to nobody"))
            .help("name age public keys in `[handover] recipients` to get them in an encrypted file, or give the people a temporary access pass"),
        recipients => {
            let who = counted(recipients, "recipient", "recipients");
            Note::new("passwords", Level::Info, None, format!("{passwords} will be generated and written to a file encrypted to {who}"))
        }
    };
    notes.push(note);
}
