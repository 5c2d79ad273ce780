//! Whom and what a policy is about, and what cannot stand together there.

use serde_json::Value;

use super::controls::all as all_controls;
use super::texts;
use crate::graph::Failure;
use crate::quirks::conditional_access::refused;
use crate::schema::bad_request;

/// Applications together with what is no application, or nothing at all.
const APPLICATIONS: u16 = 1012;

/// No client.
const CLIENTS: u16 = 1064;

/// The application that Exchange ActiveSync leads to.
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

/// Refuses conditions without a subject or an object, and such as contradict each other.
pub(super) fn check(conditions: &Value, grant: &Value) -> Result<(), Failure> {
    check_applications(conditions)?;
    check_clients(conditions)?;
    if conditions["clientApplications"].is_null() {
        return check_users(conditions);
    }
    check_workload(conditions, grant)
}

fn check_applications(conditions: &Value) -> Result<(), Failure> {
    let has = |name: &str| !texts(conditions, &format!("applications/{name}")).is_empty();
    let filtered = !conditions["applications"]["applicationFilter"].is_null();
    let others = [has("includeUserActions"), has("includeAuthenticationContextClassReferences")];
    let kinds =
        others.iter().filter(|found| **found).count() + usize::from(has("includeApplications") || filtered);
    match kinds {
        1 => Ok(()),
        0 => Err(refused(
            APPLICATIONS,
            "A policy is about applications, a user action or an authentication context.",
        )),
        _ => Err(refused(
            APPLICATIONS,
            "A policy is about applications, a user action or an authentication context, and only one of these.",
        )),
    }
}

fn check_clients(conditions: &Value) -> Result<(), Failure> {
    let clients = texts(conditions, "clientAppTypes");
    if clients.is_empty() {
        return Err(refused(CLIENTS, "A policy is about at least one type of client application."));
    }
    let applications = texts(conditions, "applications/includeApplications");
    if clients.contains(&"exchangeActiveSync") && clients.len() == 1 && applications != [EXCHANGE] {
        return Err(bad_request(
            "Exchange ActiveSync leads to Exchange Online, which has to be the only application.",
        ));
    }
    Ok(())
}

fn check_users(conditions: &Value) -> Result<(), Failure> {
    let users = &conditions["users"];
    let names = ["includeUsers", "includeGroups", "includeRoles"];
    let includes = names.iter().any(|name| !texts(users, name).is_empty());
    if !includes && users["includeGuestsOrExternalUsers"].is_null() {
        return Err(bad_request("A policy includes users, groups, roles, guests or service principals."));
    }
    Ok(())
}

/// Policies of service principals include no users and only block.
fn check_workload(conditions: &Value, grant: &Value) -> Result<(), Failure> {
    let included = texts(conditions, "clientApplications/includeServicePrincipals");
    if included.is_empty() && conditions["clientApplications"]["servicePrincipalFilter"].is_null() {
        return Err(bad_request("A policy of service principals includes some."));
    }
    if texts(conditions, "users/includeUsers") != ["None"] {
        return Err(bad_request("A policy of service principals includes 'None' of the users."));
    }
    if all_controls(grant) != ["block"] {
        return Err(bad_request("A policy of service principals can only block."));
    }
    Ok(())
}
