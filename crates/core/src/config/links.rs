//! Reads references and lists of references.

use std::collections::BTreeMap;

use super::table::{Item, Table, unknown_key};
use super::typed;
use crate::address::{Address, ObjectId};
use crate::desired::{DeclaredLinks, Entry, Reference, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::{self, Attribute, Link};
use crate::text::{nearest, terminal};

/// The links of one attribute: `"user:…"` for a single one; `[…]` for the whole list; `{ at_least, never }` for a part.
pub(super) fn read(
    attribute: &Attribute,
    link: &Link,
    place: &Place,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<DeclaredLinks> {
    let mut links =
        DeclaredLinks { place: place.clone(), whole: true, entries: Vec::new(), never: Vec::new() };
    if link.max == 1 {
        if item.text() != Some("") {
            links.entries.push(entry(attribute, link.targets, item, diagnostics)?);
        }
        return Some(links);
    }
    if let Some(items) = item.list() {
        links.entries =
            items.iter().filter_map(|item| entry(attribute, link.targets, item, diagnostics)).collect();
    } else if let Some(table) = item.table() {
        partial(attribute, link, &table, &mut links, diagnostics);
    } else {
        let expected = "a list of references, or { at_least = […], never = […] }";
        diagnostics.push(item.wrong_type(&format!("`{}`", attribute.name), expected));
        return None;
    }
    if links.entries.len() > link.max {
        let message = format!(
            "`{}` has {} entries; the service takes at most {}",
            attribute.name,
            links.entries.len(),
            link.max
        );
        diagnostics.push(Diagnostic::error("too-long", message, &item.place(), "too many"));
    }
    links.entries.shrink_to_fit();
    twice(&links, diagnostics);
    Some(links)
}

fn partial(
    attribute: &Attribute,
    link: &Link,
    table: &Table<'_>,
    links: &mut DeclaredLinks,
    diagnostics: &mut Diagnostics,
) {
    links.whole = false;
    for (key, place, item) in table.entries() {
        let Some(items) = item.list() else {
            match key {
                "at_least" | "never" => {
                    diagnostics.push(item.wrong_type(&format!("`{key}`"), "a list of references"))
                }
                _ => diagnostics.push(unknown_key("key", key, &place, &["at_least", "never"])),
            }
            continue;
        };
        match key {
            "at_least" => {
                links.entries = items
                    .iter()
                    .filter_map(|item| entry(attribute, link.targets, item, diagnostics))
                    .collect()
            }
            "never" => {
                links.never = items
                    .iter()
                    .filter_map(|item| reference(attribute.name, link.targets, item, diagnostics))
                    .collect()
            }
            _ => diagnostics.push(unknown_key("key", key, &place, &["at_least", "never"])),
        }
    }
}

/// The same reference twice in one list, or both wanted and unwanted.
fn twice(links: &DeclaredLinks, diagnostics: &mut Diagnostics) {
    let wanted = links.entries.iter().map(|entry| (&entry.reference, true));
    let unwanted = links.never.iter().map(|reference| (reference, false));
    let mut seen: BTreeMap<&ReferenceTo, (&Reference, bool)> = BTreeMap::new();
    for (second, here) in wanted.chain(unwanted) {
        let Some((first, there)) = seen.insert(&second.to, (second, here)) else { continue };
        let name = terminal(&second.to.describe());
        let message = match here == there {
            true => format!("`{name}` is listed twice"),
            false => format!("`{name}` is both in `at_least` and in `never`"),
        };
        let diagnostic = Diagnostic::error("duplicate", message, &second.place, "again here");
        diagnostics.push(diagnostic.also(&first.place, "first here"));
    }
}

/// `"user:…"` or `{ ref = "user:…", until = 2027-03-31, reason = "…" }`.
fn entry(
    attribute: &Attribute,
    targets: &[&str],
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Entry> {
    let Some(table) = item.table() else {
        let reference = reference(attribute.name, targets, item, diagnostics)?;
        return Some(Entry { reference, until: None, reason: None });
    };
    let (mut target, mut until, mut reason) = (None, None, None);
    let mut sound = true;
    for (key, place, item) in table.entries() {
        match key {
            "ref" => {
                target = reference(attribute.name, targets, &item, diagnostics);
                sound &= target.is_some();
            }
            "until" => {
                until = typed::date("until", "the last day on which it holds", &item, diagnostics);
                sound &= until.is_some();
            }
            "reason" => match item.text() {
                Some(text) => reason = Some(text.into()),
                None => diagnostics.push(item.wrong_type("`reason`", "text")),
            },
            _ => {
                diagnostics.push(unknown_key("key", key, &place, &["ref", "until", "reason"]));
                sound = false;
            }
        }
    }
    if sound && target.is_none() {
        let label = "add `ref = \"user:…\"`";
        diagnostics.push(Diagnostic::error(
            "missing-attribute",
            "this entry has no `ref`",
            &table.place(),
            label,
        ));
    }
    target.filter(|_| sound).map(|reference| Entry { reference, until, reason })
}

/// A reference `kind:key` or `id:GUID` to one of `targets`.
pub(super) fn reference(
    attribute: &str,
    targets: &[&str],
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Reference> {
    let Some(text) = item.text() else {
        diagnostics.push(item.wrong_type(
            &format!("an entry of `{attribute}`"),
            "a reference such as \"user:adele.vance@contoso.com\"",
        ));
        return None;
    };
    let place = item.place();
    match parse_reference(attribute, targets, text) {
        Ok(to) => Some(Reference { to, place }),
        Err((message, help)) => {
            diagnostics.push(
                Diagnostic::error("invalid-reference", message, &place, "not a usable reference")
                    .maybe_help(help),
            );
            None
        }
    }
}

fn parse_reference(
    attribute: &str,
    targets: &[&str],
    text: &str,
) -> Result<ReferenceTo, (String, Option<String>)> {
    let allowed = || {
        format!(
            "`{attribute}` takes {}",
            targets.iter().chain(&["id"]).map(|kind| format!("`{kind}:…`")).collect::<Vec<_>>().join(", ")
        )
    };
    let shown = terminal(text);
    let Some((kind, key)) = text.split_once(':').filter(|(kind, _)| !kind.is_empty()) else {
        let name = shown.trim_start_matches(':');
        let guess = targets.iter().find(|kind| (**kind == "user") == name.contains('@'));
        let guess =
            guess.filter(|_| !name.is_empty()).map(|kind| format!("did you mean \"{kind}:{name}\"? "));
        let message = format!("`{shown}` is not a reference: it has no kind");
        return Err((message, Some(format!("{}{}", guess.unwrap_or_default(), allowed()))));
    };
    if key.trim().is_empty() {
        return Err((format!("`{shown}` names nothing"), Some(allowed())));
    }
    if kind == "id" {
        let id = ObjectId::parse(key)
            .ok_or_else(|| (format!("`{}` is not an object id (a GUID)", terminal(key)), None))?;
        return Ok(ReferenceTo::Id(Box::new(id)));
    }
    if targets.contains(&kind) {
        return Ok(ReferenceTo::Address(Address::new(kind, key)));
    }
    if kinds::by_name(kind).is_some() {
        return Err((format!("`{attribute}` cannot refer to a {kind}"), Some(allowed())));
    }
    let near = nearest(kind, targets.iter().copied())
        .map(|near| format!("did you mean \"{near}:{}\"?", terminal(key)));
    Err((format!("`{}` is not a kind of reference", terminal(kind)), near.or_else(|| Some(allowed()))))
}
