//! The report of who has registered what, made of the methods that a seed gives people, the methods that the tenant
//! allows them, and who holds a role.
//! <https://learn.microsoft.com/graph/api/authenticationmethodsroot-list-userregistrationdetails>

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behavior, Computed, now};
use crate::graph::{Directory, Failure, Request};
use crate::pim::{Family, Schedule, Target, instances};
use crate::schema::{self, EntityType};
use crate::store::{Object, Store, id_of};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    computed: Some(Computed { objects: details, remove: |_, _| Err(Failure::method_not_allowed()) }),
    ..Behavior::BUILT_IN
};

/// What a seed says of somebody: the names of the methods, as the report writes them.
pub(crate) const REGISTERED: &str = "methodsRegistered";

/// A method as the report names it.
struct Method {
    name: &'static str,
    /// The configurations of the tenant of which one has to allow it; none for what is always allowed.
    allowed_by: &'static [&'static str],
    is_passwordless: bool,
}

const fn method(name: &'static str, allowed_by: &'static [&'static str]) -> Method {
    Method { name, allowed_by, is_passwordless: false }
}

const fn passwordless(name: &'static str, allowed_by: &'static [&'static str]) -> Method {
    Method { is_passwordless: true, ..method(name, allowed_by) }
}

/// The methods that are a second factor.
/// <https://learn.microsoft.com/entra/identity/authentication/howto-authentication-methods-activity>
static STRONG: &[Method] = &[
    method("mobilePhone", &["Sms", "Voice"]),
    method("alternateMobilePhone", &["Voice"]),
    method("officePhone", &["Voice"]),
    method("microsoftAuthenticatorPush", &["MicrosoftAuthenticator"]),
    passwordless("microsoftAuthenticatorPasswordless", &["MicrosoftAuthenticator"]),
    method("softwareOneTimePasscode", &["SoftwareOath", "MicrosoftAuthenticator"]),
    method("hardwareOneTimePasscode", &[]),
    passwordless("fido2SecurityKey", &["Fido2"]),
    passwordless("passKeyDeviceBound", &["Fido2"]),
    passwordless("passKeyDeviceBoundAuthenticator", &["Fido2"]),
    passwordless("passKeyDeviceBoundWindowsHello", &["Fido2"]),
    passwordless("windowsHelloForBusiness", &[]),
    method("temporaryAccessPass", &["TemporaryAccessPass"]),
];

/// The methods that a password can be reset with.
const RESETTING: &[&str] = &[
    "email",
    "mobilePhone",
    "officePhone",
    "microsoftAuthenticatorPush",
    "softwareOneTimePasscode",
    "securityQuestion",
];

/// Refuses the option that the report does not have.
pub(crate) fn check(kind: &EntityType, request: &Request) -> Result<(), Failure> {
    if kind.name == "userRegistrationDetails" && request.option("select").is_some() {
        return Err(Failure::malformed("The query option '$select' is not supported by this report."));
    }
    Ok(())
}

/// One entry for each person who can sign in.
fn details(directory: &Directory<'_>, store: &Store, kind: &'static EntityType) -> Vec<Object> {
    let administrators = administrators(directory, store);
    let users = schema::by_name("user").into_iter().flat_map(|users| store.ids(users, false, None));
    let users = users.filter_map(|id| store.live(id)).filter(|user| user.flag("accountEnabled"));
    let updated = now();
    users
        .map(|user| {
            let mut shown = registered(store, kind, user);
            shown.set("isAdmin", administrators.contains(&user.id));
            shown.set("lastUpdatedDateTime", updated.as_str());
            shown
        })
        .collect()
}

/// Everybody who holds a role now, through groups too.
fn administrators(directory: &Directory<'_>, store: &Store) -> BTreeSet<Uuid> {
    let of_roles = |schedule: &Schedule| matches!(schedule.target, Target::Role { .. });
    let schedules = Schedule::all(store, Family::Active).filter(of_roles);
    instances(store, schedules, directory.now).into_iter().map(|instance| instance.principal).collect()
}

fn registered(store: &Store, kind: &'static EntityType, user: &Arc<Object>) -> Object {
    let methods: Vec<&str> = user.texts(REGISTERED).collect();
    let strong: Vec<&Method> = STRONG.iter().filter(|method| methods.contains(&method.name)).collect();
    let usable: Vec<&&Method> = strong.iter().filter(|method| allows(store, user, method)).collect();
    let mut shown = Object::new(kind, user.id);
    shown.set("userPrincipalName", user.text("userPrincipalName").unwrap_or_default());
    shown.set("userDisplayName", user.text("displayName").unwrap_or_default());
    shown.set("userType", user.text("userType").unwrap_or("Member").to_lowercase());
    shown.set("isMfaRegistered", !strong.is_empty());
    shown.set("isMfaCapable", !usable.is_empty());
    shown.set("isPasswordlessCapable", usable.iter().any(|method| method.is_passwordless));
    shown.set("isSsprRegistered", methods.iter().any(|method| RESETTING.contains(method)));
    // Who may reset a password is a setting that only the portal has.
    shown.set("isSsprEnabled", false);
    shown.set("isSsprCapable", false);
    shown.set("isSystemPreferredAuthenticationMethodEnabled", true);
    shown.set("systemPreferredAuthenticationMethods", json!([]));
    shown.set(REGISTERED, methods);
    shown
}

/// Whether the tenant lets somebody use a method.
fn allows(store: &Store, user: &Object, method: &Method) -> bool {
    let configurations = method.allowed_by.iter().filter_map(|id| store.live(id_of(id)));
    let mut of_user = configurations.filter(|configuration| {
        configuration.text("state") == Some("enabled")
            && concerns(store, user, configuration.get("includeTargets"))
            && !concerns(store, user, configuration.get("excludeTargets"))
    });
    method.allowed_by.is_empty() || of_user.next().is_some()
}

/// Whether somebody is among the targets of a method, by a group or by name.
fn concerns(store: &Store, user: &Object, targets: Option<&Value>) -> bool {
    let groups = user.entity.navigation("transitiveMemberOf");
    let is_member =
        |id: Uuid| groups.is_some_and(|groups| store.follow(user, groups, None).any(|of| of == id));
    let mut ids =
        targets.and_then(Value::as_array).into_iter().flatten().filter_map(|target| target["id"].as_str());
    ids.any(|id| id == "all_users" || id_of(id) == user.id || is_member(id_of(id)))
}
