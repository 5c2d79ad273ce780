//! Reads lists of schedules: who holds or may activate something, over what, and for how long.

use super::table::{Item, Table, unknown_key};
use super::typed;
use super::{links, part};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::{Attribute, ScheduleOf, Schedules};
use crate::plan::Ticket;
use crate::schedules::check_duration;
use crate::schedules::declared::{DeclaredSchedule, DeclaredSchedules, Term};

/// The keys of an entry.
const ENTRY: &[&str] = &["ref", "until", "duration", "reason", "justification", "ticket", "scope"];

/// Longest justification the service takes, in characters.
const JUSTIFICATION: usize = 500;

/// The schedules of one attribute: `[…]` for the whole list; `{ at_least = […], never = […] }` for a part, beside which
/// settings may stand that are read elsewhere.
pub(super) fn read(
    attribute: &Attribute,
    schedules: &Schedules,
    beside: &[Attribute],
    place: &Place,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<DeclaredSchedules> {
    let part = part::read(attribute, "references", beside, item, diagnostics, |item, diagnostics| {
        entry(attribute, schedules, item, diagnostics)
    })?;
    let (whole, entries, never) = (part.whole, part.entries, part.never);
    let read = DeclaredSchedules { place: place.clone(), whole, entries, never };
    twice(&read, diagnostics);
    for_good(attribute, schedules, &read, diagnostics);
    Some(read)
}

/// Permanent members and owners of a group, which have lists of their own.
fn for_good(
    attribute: &Attribute,
    schedules: &Schedules,
    read: &DeclaredSchedules,
    diagnostics: &mut Diagnostics,
) {
    let ScheduleOf::Group(access) = schedules.of else { return };
    let permanent = read.entries.iter().filter(|entry| entry.term == Term::Permanent && !schedules.eligible);
    for entry in permanent {
        let message = format!("`{}` takes entries with an end", attribute.name);
        let label = "add `until` or `duration`";
        let diagnostic = Diagnostic::error("missing-attribute", message, &entry.place, label);
        diagnostics.push(diagnostic.help(format!("whoever is {access} for good belongs in `{access}s`")));
    }
}

/// The same member in the same scope twice in one list.
fn twice(read: &DeclaredSchedules, diagnostics: &mut Diagnostics) {
    let scope = |entry: &DeclaredSchedule| entry.scope.as_ref().map(|scope| scope.to.clone());
    let same = |left: &DeclaredSchedule, right: &DeclaredSchedule| {
        left.member.to == right.member.to && scope(left) == scope(right)
    };
    let lists: [&[_]; 2] = [&read.entries, &read.never];
    part::twice(lists, same, |entry| &entry.place, DeclaredSchedule::describe, diagnostics);
}

/// `"user:…"` or `{ ref = "user:…", until = 2027-03-31, reason = "…" }`.
fn entry(
    attribute: &Attribute,
    schedules: &Schedules,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<DeclaredSchedule> {
    let Some(table) = item.table() else {
        let member = links::reference(attribute.name, schedules.members, item, diagnostics)?;
        let place = item.place();
        let (term, scope, justification, ticket) = (Term::Permanent, None, None, None);
        return Some(DeclaredSchedule { place, member, scope, term, justification, ticket });
    };
    let (mut member, mut scope, mut until, mut duration) = (None, None, None, None);
    let (mut reason, mut justification, mut ticket) = (None, None, None);
    for (key, place, item) in table.entries() {
        match key {
            "ref" => member = Some(links::reference(attribute.name, schedules.members, &item, diagnostics)?),
            "scope" if schedules.of == ScheduleOf::Role => {
                scope = Some(links::reference(key, schedules.scopes, &item, diagnostics)?);
            }
            "until" => until = Some((until_when(&item, diagnostics)?, place)),
            "duration" => duration = Some((for_how_long(&item, diagnostics)?, place)),
            "reason" => reason = Some(short_text(key, &item, diagnostics)?),
            "justification" => justification = Some(short_text(key, &item, diagnostics)?),
            "ticket" => ticket = Some(Box::new(ticket_of(&item, diagnostics)?)),
            _ => {
                let known: Vec<&str> = match schedules.of {
                    ScheduleOf::Role => ENTRY.to_vec(),
                    ScheduleOf::Group(_) => ENTRY.iter().copied().filter(|key| *key != "scope").collect(),
                };
                diagnostics.push(unknown_key("key", key, &place, &known));
                return None;
            }
        }
    }
    if let (Some((_, until)), Some((_, duration))) = (&until, &duration) {
        let message = "an entry has either `until` or `duration`";
        let diagnostic = Diagnostic::error("contradiction", message, duration, "a duration");
        diagnostics.push(diagnostic.also(until, "and a last day"));
        return None;
    }
    if member.is_none() {
        let message = "this entry has no `ref`";
        let label = "add `ref = \"user:…\"`";
        diagnostics.push(Diagnostic::error("missing-attribute", message, &table.place(), label));
    }
    let term = until.or(duration).map_or(Term::Permanent, |(term, _)| term);
    let justification = justification.or(reason);
    Some(DeclaredSchedule { place: item.place(), member: member?, scope, term, justification, ticket })
}

/// The last day, or an instant.
fn until_when(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Term> {
    if let Some(instant) = typed::instant(item) {
        return Some(Term::Until(instant));
    }
    Term::through(typed::date("until", "the last day on which it holds, or an instant", item, diagnostics)?)
}

fn for_how_long(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Term> {
    let Some(text) = item.text() else {
        diagnostics.push(item.wrong_type("`duration`", "an ISO 8601 duration such as \"P90D\""));
        return None;
    };
    match check_duration(text) {
        Ok(()) => Some(Term::For(text.into())),
        Err(why) => {
            let message = format!("`duration` {why}");
            diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), "not usable"));
            None
        }
    }
}

fn short_text(key: &str, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Box<str>> {
    match item.text() {
        Some(text) if text.chars().count() <= JUSTIFICATION => Some(text.into()),
        Some(_) => {
            let message = format!("`{key}` has at most {JUSTIFICATION} characters");
            diagnostics.push(Diagnostic::error("too-long", message, &item.place(), "this is longer"));
            None
        }
        None => {
            diagnostics.push(item.wrong_type(&format!("`{key}`"), "text"));
            None
        }
    }
}

/// `{ number = "…", system = "…" }`.
fn ticket_of(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Ticket> {
    let table: Table<'_> = item.table_or_report("`ticket`", diagnostics)?;
    let mut ticket = Ticket { number: String::new(), system: String::new() };
    for (key, place, item) in table.entries() {
        let part = match key {
            "number" => &mut ticket.number,
            "system" => &mut ticket.system,
            _ => {
                diagnostics.push(unknown_key("key", key, &place, &["number", "system"]));
                return None;
            }
        };
        *part = String::from(short_text(key, &item, diagnostics)?);
    }
    Some(ticket)
}
