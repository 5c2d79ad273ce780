//! What every tenant has: templates, and policies that are always there.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::pim;
use crate::quirks::{authentication_method, group_setting, role_definition};
use crate::schema::{self, EntityType};
use crate::store::{Change, Object, Store, id_of};

/// Objects that are the same in every tenant, by section as in a seed file.
const BUILT_IN: &str = include_str!("built_in.json");

/// Adds to a tenant what every tenant has and this one lacks.
pub(crate) fn complete(store: &mut Store) -> Result<(), Error> {
    let sections = super::parse(BUILT_IN)?;
    for kind in schema::TYPES.iter().copied() {
        if kind.single && store.count(kind) == 0 {
            let mut policy = object(kind, kind.section());
            (kind.behavior.seed)(&mut policy, "");
            store.apply(&Change::Put(Arc::new(policy)));
        }
        let entries = sections.get(kind.section()).and_then(Value::as_array);
        entries.into_iter().flatten().for_each(|entry| add(store, kind, entry));
    }
    complete_settings(store)?;
    role_definition::complete(store);
    authentication_method::complete(store);
    pim::complete(store, jiff::Timestamp::now());
    Ok(())
}

/// The id of a built-in role by its name or id.
pub(super) fn role(name: &str) -> Option<Uuid> {
    named("roleDefinitions", name)
}

/// The id of a built-in authentication strength by its name or id.
pub(super) fn strength(name: &str) -> Option<Uuid> {
    named("authenticationStrengthPolicies", name)
}

fn named(section: &str, name: &str) -> Option<Uuid> {
    let sections = super::parse(BUILT_IN).ok()?;
    let mut all = sections[section].as_array()?.iter();
    let is_it = |text: &Value| text.as_str().is_some_and(|text| text.eq_ignore_ascii_case(name));
    let found = all.find(|entry| is_it(&entry["displayName"]) || is_it(&entry["id"]))?;
    found["id"].as_str().map(id_of)
}

/// Gives the group settings of a seed the values that it leaves out.
fn complete_settings(store: &mut Store) -> Result<(), Error> {
    let Some(kind) = schema::by_name("groupSetting") else {
        return Ok(());
    };
    let seeded: Vec<_> = store.ids(kind, false, None).filter_map(|id| store.live(id).cloned()).collect();
    for settings in seeded {
        let mut completed = Object::clone(&settings);
        group_setting::complete(store, &mut completed)
            .map_err(|failure| Error::seed(format!("groupSettings {}", settings.id), failure.message()))?;
        store.apply(&Change::Put(Arc::new(completed)));
    }
    Ok(())
}

fn add(store: &mut Store, kind: &'static EntityType, entry: &Value) {
    let mut added = object(kind, entry["id"].as_str().unwrap_or_default());
    let members = entry.as_object().into_iter().flatten();
    members.filter(|(name, _)| *name != "id").for_each(|(name, value)| added.set(name, value.clone()));
    store.apply(&Change::Put(Arc::new(added)));
}

fn object(kind: &'static EntityType, id: &str) -> Object {
    let mut object = Object::new(kind, id_of(id));
    if object.id.to_string() != id {
        object.set("id", id);
    }
    object
}
