//! What a step rests on, as one number: if the live object has changed since, the number has.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Action, Change};
use crate::assignments::held;
use crate::kinds::{Kind, Mode, Shape, Type};
use crate::licensing::assignment::direct;
use crate::schedules;
use crate::snapshot::Observed;

/// SHA-256 over the live object's id, the values of the attributes that the step changes, and the whole of the link
/// sets that it changes; over every value where a write repeats what it leaves alone; over its absence when there is no
/// live object. Lower-case hex.
pub fn observed_digest(kind: &Kind, action: Action, changes: &[Change], live: Option<&Observed>) -> String {
    let mut values = Map::new();
    for change in changes {
        let name = change.attribute();
        let Some(attribute) = kind.attribute_or_extension(name) else { continue };
        let Some(live) = live else { continue };
        if matches!(attribute.value, Type::Licenses { .. }) {
            values.insert(name.to_owned(), json!(direct(attribute, live)));
        } else if attribute.assignments().is_some() {
            let ids = held(live.property(attribute.graph)).into_iter().map(|held| held.id);
            values.insert(name.to_owned(), json!(ids.collect::<Vec<_>>()));
        } else if attribute.schedules().is_some() {
            let held = schedules::held(live.property(attribute.graph)).into_iter();
            let held = held.map(|held| (held.member, format!("{:?}", held.scope), held.end));
            values.insert(name.to_owned(), json!(held.collect::<Vec<_>>()));
        } else if attribute.link().is_some() {
            let mut ids: Vec<String> = live
                .links
                .get(attribute.graph)
                .into_iter()
                .flatten()
                .filter_map(|target| Some(target.id.as_ref()?.to_string()))
                .collect();
            ids.sort();
            values.insert(name.to_owned(), json!(ids));
        } else if attribute.mode != Mode::AtCreation {
            values.insert(name.to_owned(), live.property(kind.graph_name(name)).clone());
        }
    }
    let observed = json!({
        "action": action,
        "id": live.map(|live| live.id.as_str()),
        "name": live.map(|live| live.property(kind.graph_name(kind.name_attribute))),
        "known": live.filter(|_| action == Action::Delete).map(|live| {
            kind.always_read.iter().map(|name| live.property(name)).collect::<Vec<_>>()
        }),
        "values": Value::Object(values),
        "repeated": live.filter(|_| matches!(kind.shape, Shape::Settings(_))).map(|live| &live.properties),
    });
    sha256(observed.to_string().as_bytes())
}

/// SHA-256 in lower-case hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
