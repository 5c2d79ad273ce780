//! Reads `licenses`: the whole list of products, or a part of it.

use super::table::{Item, Table, unknown_key};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::licensing::declared::{DeclaredLicense, DeclaredLicenses, DeclaredPlans, Written};
use crate::text::terminal;

/// The keys of the form that names a part of the list.
const PART: &[&str] = &["at_least", "never"];

/// The keys of the form that says more of a product than its name.
const ENTRY: &[&str] = &["sku", "disabled_plans", "enabled_plans"];

/// The licences of one object: `[…]` for the whole list; `{ at_least = […], never = […] }` for a part.
pub(super) fn read(
    place: &Place,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<DeclaredLicenses> {
    let mut licenses =
        DeclaredLicenses { place: place.clone(), whole: true, entries: Vec::new(), never: Vec::new() };
    if let Some(items) = item.list() {
        licenses.entries = items.iter().filter_map(|item| entry(item, diagnostics)).collect();
    } else if let Some(table) = item.table() {
        partial(&table, &mut licenses, diagnostics);
    } else {
        let expected = "a list of products, or { at_least = […], never = […] }";
        diagnostics.push(item.wrong_type("`licenses`", expected));
        return None;
    }
    Some(licenses)
}

fn partial(table: &Table<'_>, licenses: &mut DeclaredLicenses, diagnostics: &mut Diagnostics) {
    licenses.whole = false;
    for (key, place, item) in table.entries() {
        if !PART.contains(&key) {
            diagnostics.push(unknown_key("key", key, &place, PART));
            continue;
        }
        let Some(items) = item.list() else {
            diagnostics.push(item.wrong_type(&format!("`{key}`"), "a list of products"));
            continue;
        };
        if key == "at_least" {
            licenses.entries = items.iter().filter_map(|item| entry(item, diagnostics)).collect();
        } else {
            licenses.never =
                items.iter().filter_map(|item| written(item, "a product", diagnostics)).collect();
        }
    }
}

/// `"SPE_E5"`, `{ sku = "SPE_E5", disabled_plans = […] }` or `{ sku = "SPE_E5", enabled_plans = […] }`.
fn entry(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<DeclaredLicense> {
    let Some(table) = item.table() else {
        let sku = written(item, "an entry of `licenses`", diagnostics)?;
        return Some(DeclaredLicense { sku, plans: DeclaredPlans::Unsaid });
    };
    let (mut sku, mut disabled, mut enabled) = (None, None, None);
    for (key, place, item) in table.entries() {
        match key {
            "sku" => sku = Some(written(&item, "`sku`", diagnostics)?),
            "disabled_plans" => disabled = Some((place, plans(key, &item, diagnostics)?)),
            "enabled_plans" => enabled = Some((place, plans(key, &item, diagnostics)?)),
            _ => {
                diagnostics.push(unknown_key("key", key, &place, ENTRY));
                return None;
            }
        }
    }
    let plans = match (disabled, enabled) {
        (Some((disabled, _)), Some((enabled, _))) => {
            let message = "`disabled_plans` and `enabled_plans` say the same in two ways";
            let diagnostic = Diagnostic::error("contradiction", message, &enabled, "remove one of them");
            diagnostics.push(diagnostic.also(&disabled, "the other"));
            return None;
        }
        (Some((_, plans)), None) => DeclaredPlans::Disabled(plans),
        (None, Some((_, plans))) => DeclaredPlans::Enabled(plans),
        (None, None) => DeclaredPlans::Unsaid,
    };
    if sku.is_none() {
        let message = "this entry has no `sku`";
        diagnostics.push(Diagnostic::error(
            "missing-attribute",
            message,
            &table.place(),
            "add `sku = \"…\"`",
        ));
    }
    Some(DeclaredLicense { sku: sku?, plans })
}

fn plans(key: &str, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<Written>> {
    let Some(items) = item.list() else {
        diagnostics.push(item.wrong_type(&format!("`{key}`"), "a list of service plans"));
        return None;
    };
    let plans: Vec<Written> =
        items.iter().filter_map(|item| written(item, &format!("an entry of `{key}`"), diagnostics)).collect();
    (plans.len() == items.len()).then_some(plans)
}

fn written(item: &Item<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Written> {
    match item.text() {
        Some(text) if !text.trim().is_empty() => {
            Some(Written { text: text.trim().to_owned(), place: item.place() })
        }
        Some(_) => {
            let message = format!("{} names nothing", terminal(what));
            diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), "empty"));
            None
        }
        None => {
            diagnostics.push(item.wrong_type(what, "text such as \"SPE_E5\""));
            None
        }
    }
}
