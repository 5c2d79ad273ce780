//! What is no danger but worth saying: passwords, entries about to end.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Context;
use crate::desired::Declared;
use crate::kinds;
use crate::plan::{Action, Ends, Level, Note};
use crate::schedules::declared::{DeclaredSchedule, Term};
use crate::text::counted;

/// How many days ahead an entry's end is announced.
const NEAR_DAYS: i32 = 14;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    near_ends(context, &mut notes);
    spared(context, &mut notes);
    passwords(context, &mut notes);
    notes
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
        notes.extend(schedules_near_ends(context, declared, horizon));
    }
}

/// Declared schedules that end soon: the service itself ends them.
fn schedules_near_ends(context: &Context<'_>, declared: &Declared, horizon: Date) -> Vec<Note> {
    let instant = |date: Date| TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
    let (Ok(today), Ok(horizon)) = (instant(context.options.today), instant(horizon)) else {
        return Vec::new();
    };
    let kind = kinds::by_name(&declared.address.kind);
    let near = |(attribute, entry): (&&'static str, &DeclaredSchedule)| {
        let Term::Until(until) = entry.term else { return None };
        if until <= today || until > horizon {
            return None;
        }
        let ends = Ends { at: Some(until), after: None };
        let of = kind.and_then(|kind| kind.attribute(attribute)?.schedules());
        let what = of.map_or("", |schedules| schedules.describe());
        let message = format!("{} is {what} {} only {}", entry.describe(), declared.address, ends.describe());
        let help = "extend `until`, or remove the entry once it has ended";
        Some(Note::new("ends-soon", Level::Warning, Some(declared.address.clone()), message).help(help))
    };
    let entries = declared.schedules.iter();
    let entries =
        entries.flat_map(|(name, schedules)| schedules.entries.iter().map(move |entry| (name, entry)));
    entries.filter_map(near).collect()
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
