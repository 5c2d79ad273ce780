//! Methods of authentication: built-in ones that are always there and go back to their defaults when they are deleted,
//! and external ones that come and go.
//! <https://learn.microsoft.com/graph/api/resources/authenticationmethodspolicy>

use std::sync::Arc;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::authentication_methods_policy::check_size;
use super::{Behavior, Create, Deletion};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::{self, authentication_method, bad_request};
use crate::store::{Change, Object, Store, id_of};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    delete: Some(delete),
    seed: |method, _| fill(method),
    sorts: authentication_method::SORTS,
    kept: &["@odata.type"],
    replaces_nested: true,
    ..Behavior::PLAIN
};

/// The built-in methods as a new tenant has them.
static BUILT_IN: LazyLock<Vec<Map<String, Value>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("authentication_methods.json")).unwrap_or_default());

/// Numbers of a method: property, least and most.
/// <https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethodconfiguration>
/// <https://learn.microsoft.com/graph/api/resources/qrcodepinauthenticationmethodconfiguration>
const BOUNDS: &[(&str, i64, i64)] = &[
    ("defaultLength", 8, 48),
    ("minimumLifetimeInMinutes", 10, 43_200),
    ("defaultLifetimeInMinutes", 10, 43_200),
    ("maximumLifetimeInMinutes", 10, 43_200),
    ("pinLength", 8, 20),
    ("standardQRCodeLifetimeInDays", 1, 395),
];

/// Gives a tenant the built-in methods that it lacks.
pub(crate) fn complete(store: &mut Store) {
    for defaults in BUILT_IN.iter() {
        let Some(method) = built_in(defaults).filter(|method| store.any(method.id).is_none()) else {
            continue;
        };
        store.apply(&Change::Put(Arc::new(method)));
    }
}

fn built_in(defaults: &Map<String, Value>) -> Option<Object> {
    let kind = schema::by_name("authenticationMethodConfiguration")?;
    let mut method = Object::new(kind, id_of(defaults["id"].as_str()?));
    defaults.iter().for_each(|(name, value)| method.set(name, value.clone()));
    Some(method)
}

/// The values that a built-in method has in a new tenant.
fn defaults_of(method: &Object) -> Option<&'static Map<String, Value>> {
    let id = method.id_text();
    BUILT_IN
        .iter()
        .find(|defaults| defaults["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(&id)))
}

fn fill(method: &mut Object) {
    let Some(defaults) = defaults_of(method) else { return };
    defaults.iter().for_each(|(name, value)| method.default(name, value.clone()));
}

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let sort = draft.object.sort().map(|sort| sort.name);
    if sort != Some(authentication_method::EXTERNAL.name) {
        return Err(bad_request("Only external authentication methods can be created."));
    }
    draft.object.default("state", "disabled");
    check(directory, &draft.object)
}

fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if let Some(before) = draft.before.clone() {
        check_profiles(&before, &draft.object)?;
    }
    check(directory, &draft.object)
}

fn delete(_: &Directory<'_>, method: &Object) -> Result<Deletion, Failure> {
    Ok(defaults_of(method).and_then(built_in).map_or(Deletion::Hard, Deletion::Reset))
}

fn check(directory: &Directory<'_>, method: &Object) -> Result<(), Failure> {
    for (name, least, most) in BOUNDS {
        let number = method.get(name).and_then(Value::as_i64);
        if number.is_some_and(|number| !(least..=most).contains(&&number)) {
            return Err(bad_request(format!("'{name}' is {least} to {most}.")));
        }
    }
    let lifetimes = ["minimumLifetimeInMinutes", "defaultLifetimeInMinutes", "maximumLifetimeInMinutes"];
    let lifetimes: Vec<i64> = lifetimes.iter().filter_map(|name| method.get(name)?.as_i64()).collect();
    if !lifetimes.is_sorted() {
        return Err(bad_request("The default lifetime of a pass lies between the least and the most."));
    }
    if method.text("allowExternalIdToUseEmailOtp") == Some("enabled")
        && method.text("state") == Some("disabled")
    {
        return Err(bad_request("The method cannot be disabled while external users sign in with it."));
    }
    check_targets(method)?;
    check_size(directory, method)
}

/// Refuses targets that are neither groups nor everybody, and keys whose models are no AAGUIDs.
fn check_targets(method: &Object) -> Result<(), Failure> {
    let targets = method.get("includeTargets").and_then(Value::as_array).into_iter().flatten();
    for target in targets {
        if target["targetType"] != "group" {
            return Err(bad_request("The included targets of a method are groups."));
        }
        check_target(target)?;
    }
    let excluded = method.get("excludeTargets").and_then(Value::as_array).into_iter().flatten();
    excluded.into_iter().try_for_each(check_target)?;
    let models = method.get("keyRestrictions").and_then(|found| found["aaGuids"].as_array());
    match models
        .into_iter()
        .flatten()
        .find(|model| Uuid::try_parse(model.as_str().unwrap_or_default()).is_err())
    {
        Some(model) => Err(bad_request(format!("{model} is no AAGUID."))),
        None => Ok(()),
    }
}

fn check_target(target: &Value) -> Result<(), Failure> {
    let id = target["id"].as_str().unwrap_or_default();
    match id == "all_users" || Uuid::try_parse(id).is_ok() {
        true => Ok(()),
        false => Err(bad_request(format!("'{id}' is no target of an authentication method."))),
    }
}

/// Passkey profiles stay once there are any, and as long as a target names them.
fn check_profiles(before: &Object, method: &Object) -> Result<(), Failure> {
    let ids = |method: &Object| -> Vec<String> {
        let profiles = method.get("passkeyProfiles").and_then(Value::as_array).into_iter().flatten();
        profiles.filter_map(|profile| Some(profile["id"].as_str()?.to_lowercase())).collect()
    };
    let known = ids(method);
    if known.is_empty() && !ids(before).is_empty() {
        return Err(bad_request("Passkey profiles cannot be given up again."));
    }
    let targets = method.get("includeTargets").and_then(Value::as_array).into_iter().flatten();
    let named = targets.filter_map(|target| target["allowedPasskeyProfiles"].as_array()).flatten();
    let named = named.chain(method.get("defaultPasskeyProfile")).filter_map(Value::as_str);
    match named.into_iter().find(|id| !known.contains(&id.to_lowercase())) {
        Some(id) => Err(bad_request(format!("'{id}' is no passkey profile."))),
        None => Ok(()),
    }
}
