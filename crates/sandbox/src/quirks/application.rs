//! App registrations, their service principals, and the app roles these grant each other.
//! <https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals>,
//! <https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments>

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::directory_role::find;
use super::{Behavior, Create, membership, now, soft};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::{self, bad_request};
use crate::seeds::CREATED;
use crate::store::{Change, Object, Store, derived_id};

pub(crate) const REGISTRATION: Behavior = Behavior {
    create: Create::Object(register),
    delete: Some(|_, object| Ok(soft(object))),
    seed: |application, _| complete(application),
    ..Behavior::PLAIN
};

pub(crate) const SERVICE_PRINCIPAL: Behavior = Behavior {
    create: Create::Object(present),
    delete: Some(|_, object| Ok(soft(object))),
    seed: |principal, _| offer_permissions(principal),
    actions: membership::ACTIONS,
    ..Behavior::PLAIN
};

/// Granted roles, which are not changed but taken away and granted anew.
pub(crate) const GRANT: Behavior =
    Behavior { create: Create::Object(grant), update: None, ..Behavior::PLAIN };

/// Application id of Microsoft Graph, in every tenant.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Application permissions of Microsoft Graph by name, with the ids they have everywhere.
/// <https://learn.microsoft.com/graph/permissions-reference>
const GRAPH_APP_ROLES: &str = include_str!("graph_app_roles.json");

fn register(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let domain = directory.domains(Some("isInitial")).into_iter().next();
    draft.object.default("publisherDomain", domain.map_or(Value::Null, Value::from));
    complete(&mut draft.object);
    Ok(())
}

fn complete(application: &mut Object) {
    let app_id = derived_id("appId", &application.id_text());
    application.default("appId", app_id.to_string());
    application.default("signInAudience", "AzureADMyOrg");
}

/// Makes the service principal of an application that is registered in the tenant; those of other tenants are not known
/// here.
fn present(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let app_id = draft.object.text("appId").unwrap_or_default().to_owned();
    if directory.primary.holder("appId", &app_id).is_some() {
        return Err(bad_request(format!(
            "The service principal cannot be created, updated, or restored because the service principal name {app_id} is already in use."
        ))
        .with_detail("ObjectConflict", "servicePrincipalNames"));
    }
    let registered = registration(directory.primary, &app_id);
    let registered = registered.ok_or_else(|| {
        bad_request(format!(
            "The appId '{app_id}' of the service principal does not reference a valid application object."
        ))
        .with_detail("NoBackingApplicationObject", "appId")
    })?;
    let principal = &mut draft.object;
    for (name, of) in [("displayName", "displayName"), ("appDisplayName", "displayName")] {
        principal.default(name, registered.get(of).cloned().unwrap_or_default());
    }
    for name in ["appRoles", "signInAudience"] {
        if let Some(value) = registered.get(name) {
            principal.default(name, value.clone());
        }
    }
    principal.default("accountEnabled", true);
    principal.default("appRoleAssignmentRequired", false);
    principal.default("servicePrincipalNames", json!([app_id]));
    principal.default("servicePrincipalType", "Application");
    Ok(())
}

fn registration<'a>(store: &'a Store, app_id: &str) -> Option<&'a Arc<Object>> {
    let kind = schema::by_name("application")?;
    let mut applications = store.ids(kind, false, None).filter_map(|id| store.live(id));
    applications.find(|found| found.text("appId").is_some_and(|id| id.eq_ignore_ascii_case(app_id)))
}

/// Microsoft Graph offers its permissions, whatever a seed says of it.
fn offer_permissions(principal: &mut Object) {
    if principal.text("appId") == Some(GRAPH) {
        let roles = graph_app_roles();
        let role = |(value, id): (&String, &Value)| {
            json!({ "id": id, "value": value, "displayName": value, "description": value, "isEnabled": true,
                "origin": "Application", "allowedMemberTypes": ["Application"] })
        };
        principal.default("appRoles", roles.iter().map(role).collect::<Vec<_>>());
    }
}

fn graph_app_roles() -> Map<String, Value> {
    serde_json::from_str(GRAPH_APP_ROLES).unwrap_or_default()
}

/// Grants a role of the one service principal to the other, at either end.
fn grant(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let (owner, navigation) = draft.owner.clone().ok_or_else(Failure::method_not_allowed)?;
    let text = |name: &str| draft.object.text(name).unwrap_or_default().to_owned();
    let (principal, resource) = (text("principalId"), text("resourceId"));
    let end = if navigation.name == "appRoleAssignments" { &principal } else { &resource };
    if !owner.id_text().eq_ignore_ascii_case(end) {
        return Err(bad_request("Not a valid reference update."));
    }
    let (principal, resource) = (find(directory, &principal)?, find(directory, &resource)?);
    let role = draft.object.text("appRoleId").unwrap_or_default().to_lowercase();
    if principal.entity.name != "servicePrincipal" || !offers(resource, &role) {
        return Err(bad_request("Permission being assigned was not found on application.")
            .with_detail("InvalidValue", "appRoleId"));
    }
    let granted = granted(principal, resource, &role).ok_or_else(Failure::method_not_allowed)?;
    if directory.primary.live(granted.id).is_some() {
        return Err(bad_request("Permission being assigned already exists on the object")
            .with_detail("InvalidUpdate", "appRoleId"));
    }
    let (source, relation) = match navigation.name {
        "appRoleAssignments" => (resource.id, "appRoleAssignedTo"),
        _ => (principal.id, "appRoleAssignments"),
    };
    draft.also.push(Change::Link { source, relation, targets: vec![granted.id] });
    draft.object = granted;
    draft.object.set("createdDateTime", now());
    Ok(())
}

/// Whether a service principal has an enabled role for applications; the nil one is there where it has none.
fn offers(resource: &Object, role: &str) -> bool {
    let roles = resource.get("appRoles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let for_applications = |offered: &Value| {
        let types = offered["allowedMemberTypes"].as_array();
        types.is_some_and(|types| types.iter().any(|kind| kind == "Application"))
    };
    let is_it = |offered: &&Value| {
        offered["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(role))
            && offered["isEnabled"] != false
            && for_applications(offered)
    };
    roles.iter().any(|offered| is_it(&offered)) || (roles.is_empty() && role == Uuid::nil().to_string())
}

/// That one service principal has a role of another, under an id that is the same for the same three.
fn granted(principal: &Object, resource: &Object, role: &str) -> Option<Object> {
    let key = format!("{} {} {role}", principal.id, resource.id);
    let kind = schema::by_name("appRoleAssignment")?;
    let mut granted = Object::new(kind, derived_id(kind.name, &key));
    granted.set("appRoleId", role);
    for (name, of, object) in
        [("principalDisplayName", "displayName", principal), ("resourceDisplayName", "displayName", resource)]
    {
        granted.set(name, object.get(of).cloned().unwrap_or_default());
    }
    granted.set("principalId", principal.id_text());
    granted.set("principalType", "ServicePrincipal");
    granted.set("resourceId", resource.id_text());
    Some(granted)
}

/// What makes the grants of Microsoft Graph's permissions to a service principal those of these names. Names that the
/// tenant's Microsoft Graph does not offer are passed over.
pub(crate) fn grant_permissions(store: &Store, principal: &Object, names: &[String]) -> Vec<Change> {
    let Some(graph) = store.holder("appId", GRAPH) else { return Vec::new() };
    let offered = graph.get("appRoles").and_then(Value::as_array).into_iter().flatten();
    let wanted = offered
        .filter(|role| role["value"].as_str().is_some_and(|value| names.iter().any(|name| name == value)));
    let wanted: Vec<Object> =
        wanted.filter_map(|role| granted(principal, graph, role["id"].as_str()?)).collect();
    let held = store.targets(principal.id, "appRoleAssignments").filter_map(|id| store.any(id));
    let former = held.filter(|held| held.text("resourceId") == Some(&graph.id_text()));
    let former = former.filter(|held| wanted.iter().all(|wanted| wanted.id != held.id));
    let mut changes: Vec<Change> = former.map(|held| Change::Remove(held.id)).collect();
    for mut granted in wanted.into_iter().filter(|granted| store.any(granted.id).is_none()) {
        let targets = vec![granted.id];
        let links = [(principal.id, "appRoleAssignments"), (graph.id, "appRoleAssignedTo")];
        granted.set("createdDateTime", CREATED);
        changes.push(Change::Put(Arc::new(granted)));
        let link = |(source, relation)| Change::Link { source, relation, targets: targets.clone() };
        changes.extend(links.map(link));
    }
    changes
}
