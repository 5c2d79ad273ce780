//! Reads a list of entries that a declaration gives whole, `[…]`, or in part, `{ at_least = […], never = […] }`.

use super::table::{Item, unknown_key};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::Attribute;
use crate::text::terminal;

/// The keys of the form that names a part.
const PART: &[&str] = &["at_least", "never"];

/// What was read.
pub(super) struct Part<T> {
    /// Whether `entries` is the whole list; else only entries and `never` are acted on.
    pub(super) whole: bool,
    /// What shall be there.
    pub(super) entries: Vec<T>,
    /// What shall not be there.
    pub(super) never: Vec<T>,
}

/// Reads the list of an attribute; `what` says of what it is one: `references`. The form in part may hold the keys of
/// `beside`, which are read elsewhere.
pub(super) fn read<'a, T>(
    attribute: &Attribute,
    what: &str,
    beside: &[Attribute],
    item: &Item<'a>,
    diagnostics: &mut Diagnostics,
    mut entry: impl FnMut(&Item<'a>, &mut Diagnostics) -> Option<T>,
) -> Option<Part<T>> {
    let mut entries = |items: &[Item<'a>], diagnostics: &mut Diagnostics| {
        items.iter().filter_map(|item| entry(item, diagnostics)).collect()
    };
    if let Some(items) = item.list() {
        return Some(Part { whole: true, entries: entries(&items, diagnostics), never: Vec::new() });
    }
    let Some(table) = item.table() else {
        let expected = format!("a list of {what}, or {{ at_least = […], never = […] }}");
        diagnostics.push(item.wrong_type(&format!("`{}`", attribute.name), &expected));
        return None;
    };
    let mut part = Part { whole: false, entries: Vec::new(), never: Vec::new() };
    let own = |key: &str| !beside.iter().any(|member| member.name == key);
    for (key, place, item) in table.entries().into_iter().filter(|(key, _, _)| own(key)) {
        match (key, item.list()) {
            ("at_least", Some(items)) => part.entries = entries(&items, diagnostics),
            ("never", Some(items)) => part.never = entries(&items, diagnostics),
            ("at_least" | "never", None) => {
                diagnostics.push(item.wrong_type(&format!("`{key}`"), &format!("a list of {what}")));
            }
            _ => diagnostics.push(unknown_key("key", key, &place, PART)),
        }
    }
    Some(part)
}

/// Reports entries that stand twice in one list.
pub(super) fn twice<T>(
    lists: [&[T]; 2],
    same: impl Fn(&T, &T) -> bool,
    place: impl Fn(&T) -> &Place,
    describe: impl Fn(&T) -> String,
    diagnostics: &mut Diagnostics,
) {
    for list in lists {
        for (index, entry) in list.iter().enumerate() {
            let Some(first) = list[..index].iter().find(|other| same(other, entry)) else { continue };
            let message = format!("`{}` is listed twice", terminal(&describe(entry)));
            let diagnostic = Diagnostic::error("duplicate", message, place(entry), "again here");
            diagnostics.push(diagnostic.also(place(first), "first here"));
        }
    }
}
