//! Reads lists of role assignments.

use super::table::{Item, Table, unknown_key};
use super::typed;
use super::{links, part};
use crate::assignments::declared::{DeclaredAssignment, DeclaredAssignments};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::{Assignments, Attribute};

/// The keys of an entry.
const ENTRY: &[&str] = &["role", "member", "until", "reason"];

/// The assignments of one attribute: `[…]` for the whole list; `{ at_least = […], never = […] }` for a part.
pub(super) fn read(
    attribute: &Attribute,
    assignments: &Assignments,
    place: &Place,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<DeclaredAssignments> {
    let part = part::read(attribute, "role assignments", &[], item, diagnostics, |item, diagnostics| {
        entry(attribute, assignments, item, diagnostics)
    })?;
    let (whole, entries, never) = (part.whole, part.entries, part.never);
    let read = DeclaredAssignments { place: place.clone(), whole, entries, never };
    twice(&read, diagnostics);
    Some(read)
}

/// The same role for the same member twice in one list.
fn twice(read: &DeclaredAssignments, diagnostics: &mut Diagnostics) {
    let same = |left: &DeclaredAssignment, right: &DeclaredAssignment| {
        left.role.to == right.role.to && left.member.to == right.member.to
    };
    let lists: [&[_]; 2] = [&read.entries, &read.never];
    part::twice(lists, same, |entry| &entry.place, DeclaredAssignment::describe, diagnostics);
}

/// `{ role = "role:…", member = "user:…", until = 2027-03-31, reason = "…" }`.
fn entry(
    attribute: &Attribute,
    assignments: &Assignments,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<DeclaredAssignment> {
    let table = item.table_or_report(&format!("an entry of `{}`", attribute.name), diagnostics)?;
    let (mut role, mut member, mut until, mut reason) = (None, None, None, None);
    for (key, place, item) in table.entries() {
        match key {
            "role" => role = Some(links::reference(key, &["role"], &item, diagnostics)?),
            "member" => member = Some(links::reference(key, assignments.members, &item, diagnostics)?),
            "until" => until = Some(typed::date(key, "the last day on which it holds", &item, diagnostics)?),
            "reason" => match item.text() {
                Some(text) => reason = Some(text.into()),
                None => diagnostics.push(item.wrong_type("`reason`", "text")),
            },
            _ => {
                diagnostics.push(unknown_key("key", key, &place, ENTRY));
                return None;
            }
        }
    }
    missing("role", role.is_none(), &table, diagnostics);
    missing("member", member.is_none(), &table, diagnostics);
    Some(DeclaredAssignment { place: item.place(), role: role?, member: member?, until, reason })
}

fn missing(key: &str, is_missing: bool, table: &Table<'_>, diagnostics: &mut Diagnostics) {
    if is_missing {
        let message = format!("this entry has no `{key}`");
        let label = format!("add `{key} = \"…\"`");
        diagnostics.push(Diagnostic::error("missing-attribute", message, &table.place(), label));
    }
}
