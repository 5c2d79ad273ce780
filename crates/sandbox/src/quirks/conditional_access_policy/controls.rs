//! Which controls can stand together, and with which conditions.
//! <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant>

use serde_json::Value;

use super::texts;
use crate::graph::Failure;
use crate::quirks::conditional_access::refused;
use crate::schema::bad_request;

/// Controls that do not go with each other or with the conditions.
const INVALID: u16 = 1032;

/// Applications that can restrict a session themselves: Office 365, Exchange Online and SharePoint Online.
const RESTRICTING: &[&str] =
    &["Office365", "00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000"];

/// Every control of a policy by name, terms of use and custom ones by id.
pub(super) fn all(grant: &Value) -> Vec<&str> {
    let lists = ["builtInControls", "termsOfUse", "customAuthenticationFactors"];
    let strength = (!grant["authenticationStrength"].is_null()).then_some("authenticationStrength");
    lists.iter().flat_map(|list| texts(grant, list)).chain(strength).collect()
}

/// Refuses controls that contradict each other or the conditions.
pub(super) fn check(conditions: &Value, grant: &Value, session: &Value) -> Result<(), Failure> {
    let controls = all(grant);
    if !grant.is_null() && controls.is_empty() {
        return Err(refused(INVALID, "InvalidControls: grant controls name none."));
    }
    if grant.is_null() && session.is_null() {
        return Err(refused(INVALID, "InvalidControls: a policy has a grant control or a session control."));
    }
    let has = |name: &str| controls.contains(&name);
    if has("block") && controls.len() > 1 {
        return Err(refused(INVALID, "InvalidControls: block stands alone."));
    }
    if has("mfa") && has("authenticationStrength") {
        return Err(refused(
            INVALID,
            "InvalidControls: mfa and an authentication strength exclude each other.",
        ));
    }
    if has("passwordChange") {
        check_password_change(conditions, grant, &controls)?;
    }
    check_registration(conditions, &controls, session)?;
    if session.is_null() { Ok(()) } else { check_session(conditions, session) }
}

/// A change of the password takes multifactor authentication, a risk of the user, all applications and nothing else.
fn check_password_change(conditions: &Value, grant: &Value, controls: &[&str]) -> Result<(), Failure> {
    let second = controls.contains(&"mfa") && grant["operator"] == "AND";
    let all_applications = texts(conditions, "applications/includeApplications") == ["All"]
        && texts(conditions, "applications/excludeApplications").is_empty();
    let others = ["authenticationFlows", "devices", "insiderRiskLevels", "locations", "platforms"];
    let alone = others.iter().all(|name| conditions[*name].is_null())
        && texts(conditions, "signInRiskLevels").is_empty()
        && texts(conditions, "clientAppTypes") == ["all"];
    if second && all_applications && alone && !texts(conditions, "userRiskLevels").is_empty() {
        return Ok(());
    }
    Err(refused(
        INVALID,
        "InvalidPasswordResetControl: passwordChange goes with mfa by AND, user risk levels, all applications and no other condition.",
    ))
}

/// The registration of a device takes a second factor and nothing else.
fn check_registration(conditions: &Value, controls: &[&str], session: &Value) -> Result<(), Failure> {
    if !texts(conditions, "applications/includeUserActions").contains(&"urn:user:registerdevice") {
        return Ok(());
    }
    let fits = controls.iter().all(|control| matches!(*control, "mfa" | "authenticationStrength"))
        && session.is_null()
        && conditions["devices"].is_null()
        && texts(conditions, "clientAppTypes") == ["all"];
    if fits {
        return Ok(());
    }
    Err(refused(
        INVALID,
        "InvalidControls: registering a device can only require multifactor authentication.",
    ))
}

fn check_session(conditions: &Value, session: &Value) -> Result<(), Failure> {
    let is_on = |name: &str| session[name]["isEnabled"] == true;
    let members = session.as_object().into_iter().flatten();
    let any = members.into_iter().any(|(_, control)| control["isEnabled"] == true || *control == true);
    if !any {
        return Err(refused(INVALID, "InvalidControls: session controls enable none."));
    }
    let applications = texts(conditions, "applications/includeApplications");
    if is_on("persistentBrowser") && applications != ["All"] {
        return Err(refused(
            INVALID,
            "InvalidControls: a persistent browser session is for all applications.",
        ));
    }
    let restricts = applications.iter().all(|id| RESTRICTING.contains(id)) && !applications.is_empty();
    if is_on("applicationEnforcedRestrictions") && !restricts {
        return Err(refused(
            INVALID,
            "InvalidControls: the applications enforce no restrictions of their own.",
        ));
    }
    if is_on("signInFrequency") { check_frequency(session) } else { Ok(()) }
}

fn check_frequency(session: &Value) -> Result<(), Failure> {
    let frequency = &session["signInFrequency"];
    if frequency["frequencyInterval"] == "everyTime" {
        let bare = frequency["value"].is_null() && frequency["type"].is_null();
        let others = ["applicationEnforcedRestrictions", "disableResilienceDefaults"];
        if bare && others.iter().all(|name| session[*name].is_null()) {
            return Ok(());
        }
        return Err(bad_request(
            "A sign-in every time has neither value nor type, and stands without restrictions.",
        ));
    }
    let most = if frequency["type"] == "hours" { 23 } else { 365 };
    let fits = frequency["value"].as_i64().is_some_and(|value| (1..=most).contains(&value));
    if fits && !frequency["type"].is_null() {
        return Ok(());
    }
    Err(bad_request("A sign-in frequency is 1 to 23 hours or 1 to 365 days."))
}
