//! `[defaults.<kind>]`: attributes that every declared object of a kind has unless it says otherwise.

use std::collections::BTreeMap;

use super::objects::{self, Body};
use super::table::{Table, given_twice, unknown_key};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::{self, Shape};

/// Default attributes by kind name.
pub(super) fn read(roots: &[Table<'_>], diagnostics: &mut Diagnostics) -> BTreeMap<&'static str, Body> {
    let known: Vec<&str> = kinds::collections().map(|kind| kind.table).collect();
    let mut defaults: BTreeMap<&'static str, Body> = BTreeMap::new();
    for root in roots {
        let Some(table) = root.table("defaults", diagnostics) else { continue };
        for (key, place, item) in table.entries() {
            let Some(kind) = kinds::by_table(key).filter(|kind| kind.shape == Shape::Collection) else {
                diagnostics.push(unknown_key("kind", key, &place, &known));
                continue;
            };
            let Some(body) = item.table_or_report(&format!("`defaults.{key}`"), diagnostics) else {
                continue;
            };
            for word in objects::LIFECYCLE {
                if let Some((place, _)) = body.get(word) {
                    let message = format!("`{word}` is said of one object; it cannot be a default");
                    diagnostics.push(Diagnostic::error("unknown-key", message, &place, "not possible here"));
                }
            }
            let body = objects::read_body(kind, &body, diagnostics);
            merge(defaults.entry(kind.name).or_default(), body, diagnostics);
        }
    }
    defaults
}

fn merge(defaults: &mut Body, more: Body, diagnostics: &mut Diagnostics) {
    for (name, given) in more.values {
        if let Some(first) = defaults.values.get(&name) {
            diagnostics.push(given_twice(&format!("the default `{name}`"), &first.place, &given.place));
        } else {
            defaults.values.insert(name, given);
        }
    }
    if let Some(licenses) = more.licenses {
        match &defaults.licenses {
            Some(first) => {
                diagnostics.push(given_twice("the default `licenses`", &first.place, &licenses.place));
            }
            None => defaults.licenses = Some(licenses),
        }
    }
    for (name, links) in more.links {
        if let Some(first) = defaults.links.get(&name) {
            diagnostics.push(given_twice(&format!("the default `{name}`"), &first.place, &links.place));
        } else {
            defaults.links.insert(name, links);
        }
    }
}
