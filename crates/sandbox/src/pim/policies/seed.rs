//! Policies in a seed: each names its role or group, and the rules that differ from an untouched policy.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::change::Rules;
use super::rule::ScopeType;
use super::subject::{ACCESSES, Policy, Subject, TENANT, in_scope, managed};
use crate::error::Error;
use crate::schema;
use crate::store::{Change, Object, Store, derived_id};

/// Section of a seed file.
const SECTION: &str = "roleManagementPolicies";

/// What brings a group of a seed under management; its policies get the same ids each time.
pub(crate) fn manage(store: &Store, group: &str) -> Vec<Change> {
    managed(store, group, |subject| derived_id("managed", &format!("{subject:?}")))
}

/// Completes the policies of a seed.
pub(crate) fn seed(store: &mut Store) -> Result<(), Error> {
    let Some(kind) = schema::by_name("unifiedRoleManagementPolicy") else { return Ok(()) };
    let seeded: Vec<_> = store.ids(kind, false, None).filter_map(|id| store.live(id).cloned()).collect();
    for given in seeded {
        let completed = completed(store, &given).map_err(|problem| Error::seed(SECTION, problem))?;
        store.apply(&Change::Remove(given.id));
        store.apply(&Change::Put(Arc::new(completed)));
    }
    Ok(())
}

fn completed(store: &Store, given: &Object) -> Result<Object, String> {
    let subject = subject(store, given)?;
    let mut rules = super::change::untouched(subject.of);
    for rule in given.get("rules").and_then(Value::as_array).into_iter().flatten() {
        take(&mut rules, rule.as_object().ok_or("a rule is an object")?)?;
    }
    let id = given.text("id").map(str::to_owned);
    let untouched = Policy { kept: None, ..subject.policy(store) };
    let mut object =
        Policy { id: id.unwrap_or_else(|| untouched.id.clone()), ..untouched }.object(given.entity);
    for name in ["lastModifiedBy", "lastModifiedDateTime"] {
        object.set(name, given.get(name).cloned().unwrap_or_default());
    }
    object.set("rules", rules.all);
    Ok(object)
}

/// Which role or group it is of.
fn subject(store: &Store, given: &Object) -> Result<Subject, String> {
    let of = if given.text("scopeType") == Some(ScopeType::Group.name()) {
        ScopeType::Group
    } else {
        ScopeType::DirectoryRole
    };
    let scope = match of {
        ScopeType::DirectoryRole => TENANT.to_owned(),
        ScopeType::Group => named(store, "group", given.text("scopeId").unwrap_or_default())?,
    };
    let role = given.text("roleDefinitionId").unwrap_or_default();
    let role = match of {
        ScopeType::Group if ACCESSES.contains(&role) => role.to_owned(),
        ScopeType::Group => return Err(format!("roleDefinitionId: '{role}' is neither member nor owner")),
        ScopeType::DirectoryRole => role.to_owned(),
    };
    let found = in_scope(store, of, &scope).map_err(|failure| failure.message().to_owned())?;
    // The roles that every tenant has come later.
    let unknown = of == ScopeType::Group && !found.iter().any(|found| found.role == role);
    if unknown { Err(format!("'{role}' has no settings")) } else { Ok(Subject { of, scope, role }) }
}

/// The id of an object that is given by its id or by its display name.
fn named(store: &Store, kind: &str, text: &str) -> Result<String, String> {
    let objects = store.everything();
    let is_it = |object: &&&Arc<Object>| {
        object.entity.name == kind && (object.id_text() == text || object.text("displayName") == Some(text))
    };
    let found: Vec<_> = objects.iter().filter(is_it).collect();
    match found.as_slice() {
        [one] => Ok(one.id_text()),
        [] => Err(format!("'{text}' is not in the seed")),
        _ => Err(format!("'{text}' means more than one object")),
    }
}

/// Takes the members of a rule that differ; what it is about needs no mention.
fn take(rules: &mut Rules, rule: &Map<String, Value>) -> Result<(), String> {
    let id = rule.get("id").and_then(Value::as_str).unwrap_or_default();
    let mut whole = rules
        .find(id)
        .map_err(|failure| failure.message().to_owned())?
        .as_object()
        .cloned()
        .unwrap_or_default();
    whole.extend(rule.clone());
    rules.change(&whole).map_err(|failure| failure.message().to_owned())
}
