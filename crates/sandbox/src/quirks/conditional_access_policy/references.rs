//! What a policy names has to be there when it is named; what goes away later stays named.

use serde_json::Value;
use uuid::Uuid;

use super::texts;
use crate::graph::{Directory, Failure};
use crate::quirks::role_definition::definition;
use crate::schema::bad_request;
use crate::store::id_of;

/// Lists of the conditions: what they may hold besides ids, and the type of the objects with these ids.
static LISTS: &[(&str, &[&str], &str)] = &[
    ("users/includeUsers", &["All", "None", "GuestsOrExternalUsers"], "user"),
    ("users/excludeUsers", &["GuestsOrExternalUsers"], "user"),
    ("users/includeGroups", &[], "group"),
    ("users/excludeGroups", &[], "group"),
    ("users/includeRoles", &[], "unifiedRoleDefinition"),
    ("users/excludeRoles", &[], "unifiedRoleDefinition"),
    ("clientApplications/includeServicePrincipals", &["ServicePrincipalsInMyTenant"], "servicePrincipal"),
    ("clientApplications/excludeServicePrincipals", &[], "servicePrincipal"),
    ("locations/includeLocations", &["All", "AllTrusted", MFA_TRUSTED], "namedLocation"),
    ("locations/excludeLocations", &["All", "AllTrusted", MFA_TRUSTED], "namedLocation"),
    ("applications/includeAuthenticationContextClassReferences", &[], "authenticationContextClassReference"),
];

/// The addresses that the older settings of multifactor authentication trust.
const MFA_TRUSTED: &str = "00000000-0000-0000-0000-000000000000";

/// What can be done with an account that is no sign-in to an application.
const USER_ACTIONS: &[&str] =
    &["urn:user:registersecurityinfo", "urn:user:registerdevice", "urn:user:accountrecovery"];

/// Groups of applications that have a name.
const SUITES: &[&str] = &["Office365", "MicrosoftAdminPortals"];

/// Refuses conditions that name what there is not.
pub(super) fn check(directory: &Directory<'_>, conditions: &Value) -> Result<(), Failure> {
    for (path, words, kind) in LISTS {
        let is_there = |text: &&str| words.contains(text) || is_live(directory, kind, text);
        if let Some(text) = texts(conditions, path).into_iter().find(|text| !is_there(text)) {
            return Err(unknown(path, text));
        }
    }
    let is_application = |text: &str| SUITES.contains(&text) || Uuid::try_parse(text).is_ok();
    check_texts(conditions, "applications/includeApplications", |text| {
        is_application(text) || matches!(text, "All" | "None")
    })?;
    check_texts(conditions, "applications/excludeApplications", is_application)?;
    check_texts(conditions, "applications/includeUserActions", |text| USER_ACTIONS.contains(&text))?;
    for path in ["users/includeGuestsOrExternalUsers", "users/excludeGuestsOrExternalUsers"] {
        check_tenants(conditions, path)?;
    }
    Ok(())
}

/// Refuses controls that name what there is not.
pub(super) fn check_controls(directory: &Directory<'_>, grant: &Value) -> Result<(), Failure> {
    let strength = &grant["authenticationStrength"];
    let id = strength["id"].as_str().unwrap_or_default();
    if !strength.is_null() && !is_live(directory, "authenticationStrengthPolicy", id) {
        return Err(unknown("authenticationStrength", id));
    }
    check_texts(grant, "termsOfUse", |text| Uuid::try_parse(text).is_ok())
}

fn is_live(directory: &Directory<'_>, kind: &str, text: &str) -> bool {
    let store = directory.primary;
    if kind == "unifiedRoleDefinition" {
        return definition(store, text).is_some_and(|role| role.flag("isBuiltIn"));
    }
    store.live(id_of(text)).is_some_and(|found| found.entity.name == kind)
}

fn check_texts(part: &Value, path: &str, fits: impl Fn(&str) -> bool) -> Result<(), Failure> {
    match texts(part, path).into_iter().find(|text| !fits(text)) {
        Some(text) => Err(unknown(path, text)),
        None => Ok(()),
    }
}

/// All external tenants or enumerated ones.
fn check_tenants(conditions: &Value, path: &str) -> Result<(), Failure> {
    let found = conditions.pointer(&format!("/{path}/externalTenants")).filter(|found| !found.is_null());
    let Some(found) = found else { return Ok(()) };
    let kind = found["@odata.type"].as_str().unwrap_or_default();
    let members = texts(found, "members");
    let fits = match kind.strip_prefix("#microsoft.graph.conditionalAccess") {
        Some("AllExternalTenants") => members.is_empty(),
        Some("EnumeratedExternalTenants") => {
            !members.is_empty() && members.iter().all(|text| Uuid::try_parse(text).is_ok())
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(bad_request(format!("'{path}/externalTenants' names no external tenants: {found}.")))
    }
}

fn unknown(path: &str, text: &str) -> Failure {
    bad_request(format!("'{text}' in '{path}' does not exist in the tenant."))
}
