//! Role definitions: built-in ones that are only read, and custom ones.
//! <https://learn.microsoft.com/graph/api/rbacapplication-post-roledefinitions>

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Behavior, Computed, Create, Deletion};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::{self, EntityType, bad_request};
use crate::store::{Change, Object, Store, id_of};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    delete: Some(delete),
    seed: |object, _| {
        object.default("isBuiltIn", false);
        fill(object);
    },
    ..Behavior::PLAIN
};

/// Templates of directory roles: what built-in roles were called before.
pub(crate) const TEMPLATES: Behavior = Behavior {
    computed: Some(Computed { objects: templates, remove: |_, _| Err(Failure::method_not_allowed()) }),
    ..Behavior::BUILT_IN
};

/// Templates of the roles that can be held in a single unit.
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/manage-roles-portal>
pub(super) const SCOPABLE: &[&str] = &[
    "58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d", // Attribute Assignment Administrator
    "ffd52fa5-98dc-465c-991d-fc073eb59f8f", // Attribute Assignment Reader
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", // Authentication Administrator
    "7698a772-787b-4ac8-901f-60d6b08affd2", // Cloud Device Administrator
    "fdd7a751-b60b-444a-984c-02652fe8fa1c", // Groups Administrator
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk Administrator
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a", // License Administrator
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
    "644ef478-e28f-4e28-b9dc-3fdde9aa0b1f", // Printer Administrator
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", // SharePoint Administrator
    "69091246-20e8-4a56-aa4d-066075b2a7a8", // Teams Administrator
    "3d762c5a-1b6c-493f-843e-55a3b42923d4", // Teams Devices Administrator
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User Administrator
];

/// Templates of the roles that can be held over a single application or service principal.
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/custom-overview>
const OVER_APPLICATIONS: &[&str] = &[
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
];

/// The role whose permissions the other built-in ones have too.
const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";

/// Most custom roles of a tenant.
/// <https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions>
const CUSTOM_ROLES: usize = 100;

/// What the actions of custom roles can be about.
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/custom-create>
const ENTITIES: &[&str] = &[
    "administrativeUnits",
    "appConsent",
    "applicationPolicies",
    "applications",
    "applicationTemplates",
    "auditLogs",
    "bitlockerKeys",
    "connectorGroups",
    "connectors",
    "deletedItems",
    "deviceLocalCredentials",
    "deviceManagementPolicies",
    "deviceRegistrationPolicy",
    "devices",
    "groups",
    "oAuth2PermissionGrants",
    "permissionGrantPolicies",
    "provisioningLogs",
    "servicePrincipals",
    "signInReports",
    "users",
];

/// The role with an id, or with this id of its template.
pub(crate) fn definition<'a>(store: &'a Store, id: &str) -> Option<&'a Arc<Object>> {
    let found = store.live(id_of(id)).or_else(|| store.holder("templateId", id))?;
    (found.entity.name == "unifiedRoleDefinition").then_some(found)
}

/// Gives built-in roles what they have in common.
pub(crate) fn complete(store: &mut Store) {
    let Some(kind) = schema::by_name("unifiedRoleDefinition") else { return };
    let all: Vec<_> = store.ids(kind, false, None).filter_map(|id| store.live(id)).cloned().collect();
    for role in all.into_iter().filter(|role| role.get("isBuiltIn").is_none()) {
        let mut role = Object::clone(&role);
        role.set("isBuiltIn", true);
        fill(&mut role);
        let (id, readers) = (role.id, id_of(DIRECTORY_READERS));
        store.apply(&Change::Put(Arc::new(role)));
        if id != readers {
            let relation = "inheritsPermissionsFrom";
            store.apply(&Change::Link { source: id, relation, targets: vec![readers] });
        }
    }
}

/// What a role that does not say otherwise has.
fn fill(role: &mut Object) {
    let id = role.id_text();
    role.default("templateId", id);
    role.default("isEnabled", true);
    role.default("resourceScopes", json!(["/"]));
    role.default("rolePermissions", json!([{ "allowedResourceActions": [], "condition": null }]));
}

fn templates(_: &Directory<'_>, store: &Store, kind: &'static EntityType) -> Vec<Object> {
    let template = |role: &Arc<Object>| {
        let mut object = Object::new(kind, role.id);
        for name in ["displayName", "description"] {
            object.set(name, role.get(name).cloned().unwrap_or_default());
        }
        object
    };
    all(store).filter(|role| role.flag("isBuiltIn")).map(template).collect()
}

fn all(store: &Store) -> impl Iterator<Item = &Arc<Object>> {
    let ids =
        schema::by_name("unifiedRoleDefinition").into_iter().flat_map(|kind| store.ids(kind, false, None));
    ids.filter_map(|id| store.live(id))
}

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if all(directory.primary).filter(|role| !role.flag("isBuiltIn")).count() >= CUSTOM_ROLES {
        let message = format!("The tenant has {CUSTOM_ROLES} custom roles, which is the most there can be.");
        return Err(Failure::new(400, "Directory_QuotaExceeded", message));
    }
    draft.object.set("isBuiltIn", false);
    fill(&mut draft.object);
    check_permissions(&draft.object)
}

fn update(_: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    check_custom(&draft.object)?;
    check_permissions(&draft.object)
}

fn delete(_: &Directory<'_>, role: &Object) -> Result<Deletion, Failure> {
    check_custom(role)?;
    Ok(Deletion::Hard)
}

fn check_custom(role: &Object) -> Result<(), Failure> {
    if role.flag("isBuiltIn") {
        return Err(bad_request("Built-in role definitions can be neither updated nor deleted."));
    }
    Ok(())
}

/// The actions a role allows.
fn actions(role: &Object) -> impl Iterator<Item = &str> {
    let permissions = role.get("rolePermissions").and_then(Value::as_array).into_iter().flatten();
    let actions = permissions.filter_map(|found| found["allowedResourceActions"].as_array()).flatten();
    actions.filter_map(Value::as_str)
}

/// Refuses actions that custom roles cannot have.
fn check_permissions(role: &Object) -> Result<(), Failure> {
    if actions(role).next().is_none() {
        return Err(invalid("a role needs an allowed resource action"));
    }
    match actions(role).find(|action| entity(action).is_none()) {
        Some(action) => Err(invalid(&format!("'{action}' is not supported by custom roles"))),
        None => Ok(()),
    }
}

/// What an action is about, of `microsoft.directory/<entity>[/<propertySet>]/<action>`: `groups` for
/// `microsoft.directory/groups.security/members/update`.
fn entity(action: &str) -> Option<&'static str> {
    let parts: Vec<&str> = action.split('/').collect();
    let ([namespace, about, rest @ ..], Some(last)) = (parts.as_slice(), parts.last()) else { return None };
    let about = about.split('.').next()?;
    let fits = namespace.eq_ignore_ascii_case("microsoft.directory")
        && (1..=2).contains(&rest.len())
        && parts.iter().all(|part| !part.is_empty())
        && !last.eq_ignore_ascii_case("allTasks");
    ENTITIES.iter().copied().find(|known| fits && known.eq_ignore_ascii_case(about))
}

/// Whether somebody can hold the role over the members of a unit.
pub(crate) fn is_for_units(role: &Object) -> bool {
    if role.flag("isBuiltIn") {
        return SCOPABLE.contains(&role.id.to_string().as_str());
    }
    actions(role).filter_map(entity).any(|about| matches!(about, "users" | "groups" | "devices"))
}

/// Whether somebody can hold the role over one object.
pub(crate) fn is_for(role: &Object, object: &Object) -> bool {
    let kind = object.entity.name;
    if role.flag("isBuiltIn") {
        return matches!(kind, "application" | "servicePrincipal")
            && OVER_APPLICATIONS.contains(&role.id.to_string().as_str());
    }
    actions(role).filter_map(entity).any(|about| about.strip_suffix('s') == Some(kind))
}

fn invalid(why: &str) -> Failure {
    bad_request(format!(
        "Invalid value specified for property 'rolePermissions' of resource 'RoleDefinition': {why}."
    ))
    .with_detail("InvalidValue", "rolePermissions")
}
