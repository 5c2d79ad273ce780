//! Reads lists of role assignments.

use super::links;
use super::table::{Item, Table, unknown_key};
use super::typed;
use crate::assignments::declared::{DeclaredAssignment, DeclaredAssignments};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::{Assignments, Attribute};
use crate::text::terminal;

/// The keys of the form that names a part of the list.
const PART: &[&str] = &["at_least", "never"];

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
    let entries = |items: &[Item<'_>], diagnostics: &mut Diagnostics| {
        items.iter().filter_map(|item| entry(attribute, assignments, item, diagnostics)).collect()
    };
    let mut read =
        DeclaredAssignments { place: place.clone(), whole: true, entries: Vec::new(), never: Vec::new() };
    if let Some(items) = item.list() {
        read.entries = entries(&items, diagnostics);
    } else if let Some(table) = item.table() {
        read.whole = false;
        for (key, place, item) in table.entries() {
            match (key, item.list()) {
                ("at_least", Some(items)) => read.entries = entries(&items, diagnostics),
                ("never", Some(items)) => read.never = entries(&items, diagnostics),
                ("at_least" | "never", None) => {
                    diagnostics.push(item.wrong_type(&format!("`{key}`"), "a list of role assignments"));
                }
                _ => diagnostics.push(unknown_key("key", key, &place, PART)),
            }
        }
    } else {
        let expected = "a list of role assignments, or { at_least = […], never = […] }";
        diagnostics.push(item.wrong_type(&format!("`{}`", attribute.name), expected));
        return None;
    }
    twice(&read, diagnostics);
    Some(read)
}

/// The same role for the same member twice in one list.
fn twice(read: &DeclaredAssignments, diagnostics: &mut Diagnostics) {
    for list in [&read.entries, &read.never] {
        for (index, entry) in list.iter().enumerate() {
            let same = |other: &&DeclaredAssignment| {
                other.role.to == entry.role.to && other.member.to == entry.member.to
            };
            let Some(first) = list[..index].iter().find(same) else { continue };
            let message = format!("`{}` is listed twice", terminal(&entry.describe()));
            let diagnostic = Diagnostic::error("duplicate", message, &entry.place, "again here");
            diagnostics.push(diagnostic.also(&first.place, "first here"));
        }
    }
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
