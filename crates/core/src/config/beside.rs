//! `active = { at_least = […], maximum = "P15D" }`: settings that stand beside a list, as if under their own name.

use serde_json::{Map, Value};

use super::objects::Body;
use super::table::{Item, given_twice};
use super::typed;
use crate::desired::Given;
use crate::diagnostic::Diagnostics;
use crate::kinds::{Attribute, Kind, Type};
use crate::pim;

/// The settings that may stand beside the lists of an attribute, and their members.
pub(super) fn settings(
    kind: &'static Kind,
    attribute: &Attribute,
) -> Option<(&'static Attribute, &'static [Attribute])> {
    let settings = pim::beside(kind, attribute)?;
    match settings.value {
        Type::Record(members) => Some((settings, members)),
        _ => None,
    }
}

/// Reads the settings beside a list; whether anything but settings stands there.
pub(super) fn read(
    kind: &'static Kind,
    attribute: &Attribute,
    item: &Item<'_>,
    body: &mut Body,
    diagnostics: &mut Diagnostics,
) -> bool {
    let (Some((settings, members)), Some(table)) = (settings(kind, attribute), item.table()) else {
        return true;
    };
    let (mut values, mut others) = (Map::new(), table.entries().is_empty());
    for (key, _, item) in table.entries() {
        match members.iter().find(|member| member.name == key) {
            Some(member) => match typed::read(member, &item, diagnostics) {
                Some(value) => drop(values.insert(member.graph.to_owned(), value)),
                None => drop(body.unread.insert(settings.name.to_owned())),
            },
            None => others = true,
        }
    }
    if !values.is_empty() {
        let place = item.place();
        match body.values.get_mut(settings.name) {
            Some(first) => {
                diagnostics.push(given_twice(&format!("`{}`", settings.name), &first.place, &place));
            }
            None => {
                let given = Given { value: Value::Object(values), place, references: Vec::new() };
                body.values.insert(settings.name.into(), given);
            }
        }
    }
    others
}
