//! Writes a tenant in the seed-file format.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::file::is_kept;
use crate::schema::{self, EntityType};
use crate::store::{Object, Store};

/// The whole tenant, sorted by name and id.
pub(crate) fn dump(store: &Store) -> Value {
    let mut sections = Map::new();
    for kind in schema::TYPES.iter().copied().filter(|kind| is_kept(kind)) {
        let mut live = entries(store, kind, false);
        if kind.single || kind.name == "organization" {
            sections.insert(kind.section().to_owned(), live.pop().unwrap_or_default());
            continue;
        }
        sections.insert(kind.section().to_owned(), live.into());
        if kind.directory_object {
            sections.insert(deleted_section(kind), entries(store, kind, true).into());
        }
    }
    Value::Object(sections)
}

/// The section of a type's deleted objects, for example `deletedUsers`.
pub(super) fn deleted_section(kind: &EntityType) -> String {
    let mut letters = kind.section().chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    std::iter::once("deleted".to_owned()).chain(first.map(String::from)).chain([letters.collect()]).collect()
}

fn entries(store: &Store, kind: &EntityType, deleted: bool) -> Vec<Value> {
    let mut objects: Vec<_> = store
        .ids(kind, deleted, None)
        .filter_map(|id| store.any(id))
        .filter(|object| !object.flag("isBuiltIn") && object.text("policyType") != Some("builtIn"))
        .collect();
    objects.sort_by_key(|object| (object.text("displayName").unwrap_or_default().to_owned(), object.id));
    objects.into_iter().map(|object| entry(store, object)).collect()
}

fn entry(store: &Store, object: &Object) -> Value {
    let mut members = object.to_map();
    members.insert("id".to_owned(), object.id_text().into());
    for (relation, targets) in store.links_of(object.id).filter(|(_, targets)| !targets.is_empty()) {
        let id =
            |target: &Uuid| store.any(*target).map_or_else(|| target.to_string(), |found| found.id_text());
        let targets: Vec<String> = targets.iter().map(id).collect();
        members.insert(relation.to_owned(), targets.into());
    }
    Value::Object(members)
}
