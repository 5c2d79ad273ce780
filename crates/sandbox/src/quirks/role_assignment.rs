//! Role assignments: a view of the active schedules in force.
//! <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments>

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::directory_role::check_holder;
use super::role_definition::definition;
use super::{Behavior, Computed, Create, Written};
use crate::graph::{Directory, Draft, Failure, Request, Response, Selection, entity, resource_not_found};
use crate::pim::{Schedule, Scope, Target, Unfit, in_force};
use crate::schema::{EntityType, bad_request};
use crate::store::{Change, Object, Store, id_of};

/// Assignments, which are made and taken away, never changed.
pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Instead(assign),
    update: None,
    computed: Some(Computed { objects: assignments, remove: unassign }),
    ..Behavior::PLAIN
};

/// The id of an assignment: the same for the same role, scope and holder.
pub(crate) fn assignment_id(target: Target, principal: Uuid) -> Option<String> {
    let Target::Role { role, scope } = target else { return None };
    let parts = [role, scope.key(), principal].map(Uuid::into_bytes);
    Some(format!("{}-1", BASE64_URL_SAFE_NO_PAD.encode(parts.concat())))
}

fn object(kind: &'static EntityType, schedule: &Schedule) -> Option<Object> {
    let id = assignment_id(schedule.target, schedule.principal)?;
    let mut object = Object::new(kind, id_of(&id));
    object.set("id", id);
    object.set("principalId", schedule.principal.to_string());
    schedule.target.write(&mut object);
    Some(object)
}

fn assignments(directory: &Directory<'_>, store: &Store, kind: &'static EntityType) -> Vec<Object> {
    let held = in_force(store, directory.now).filter(|held| store.live(held.principal).is_some());
    // An activation beside an assignment shows once.
    let each: BTreeMap<Uuid, Object> =
        held.filter_map(|held| object(kind, &held)).map(|object| (object.id, object)).collect();
    each.into_values().collect()
}

/// Gives somebody a role for good.
fn assign(directory: &Directory<'_>, draft: &Draft, request: &Request) -> Result<Written, Failure> {
    let text = |name: &str| draft.object.text(name);
    let scope = match (text("directoryScopeId"), text("appScopeId")) {
        (Some(scope), None) | (None, Some(scope)) => scope,
        _ => return Err(bad_request("Exactly one of directoryScopeId and appScopeId is required.")),
    };
    let role = text("roleDefinitionId").unwrap_or_default();
    let role = definition(directory.visible, role).ok_or_else(|| resource_not_found(role))?;
    if !role.flag("isEnabled") {
        return Err(bad_request("A role that is not enabled cannot be assigned."));
    }
    let principal = text("principalId").unwrap_or_default();
    let principal = directory.visible.live(id_of(principal)).ok_or_else(|| resource_not_found(principal))?;
    check_holder(principal)?;
    let scope = Scope::of(scope, role, directory.visible).map_err(unfit)?;
    let target = Target::Role { role: role.id, scope };
    let mut held = in_force(directory.primary, directory.now);
    if held.any(|held| (held.target, held.principal) == (target, principal.id)) {
        return Err(bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    let schedule = Schedule::permanent(target, principal.id, directory.now);
    let put = schedule.object().ok_or_else(Failure::method_not_allowed)?;
    let shown = object(draft.object.entity, &schedule).ok_or_else(Failure::method_not_allowed)?;
    let response = created(&shown, request);
    Ok(Written { changes: vec![Change::Put(put)], response })
}

fn unfit(unfit: Unfit) -> Failure {
    match unfit {
        Unfit::Malformed => {
            bad_request("The scope is neither '/' nor '/administrativeUnits/{id}' nor '/{id}'.")
                .with_detail("InvalidValue", "directoryScopeId")
        }
        Unfit::Missing(id) => resource_not_found(&id),
        Unfit::Unsupported => bad_request("The role cannot be assigned to a single resource scope.")
            .with_detail("InvalidValue", "directoryScopeId"),
    }
}

/// The answer to a POST that creates something nobody stores in this form.
pub(crate) fn created(object: &Object, request: &Request) -> Response {
    let collection = object.entity.collection;
    let mut body = entity(object, &Selection::Default, false);
    let context = format!("{}/$metadata#{collection}/$entity", request.root);
    body.insert("@odata.context".to_owned(), context.into());
    let location = format!("{}/{collection}/{}", request.root, object.id_text());
    Response::created(location, body.into())
}

fn unassign(directory: &Directory<'_>, id: &str) -> Result<Vec<Change>, Failure> {
    let held = in_force(directory.primary, directory.now);
    let held = held.filter(|held| assignment_id(held.target, held.principal).as_deref() == Some(id));
    let changes: Vec<Change> = held.map(|held| Change::Remove(held.id)).collect();
    if changes.is_empty() { Err(resource_not_found(id)) } else { Ok(changes) }
}
