//! Directory roles: activated from templates, held in the whole tenant or in one administrative unit.
//! <https://learn.microsoft.com/graph/api/administrativeunit-post-scopedrolemembers>

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::role_definition::{SCOPABLE, definition};
use super::{Behavior, Create, LinkEdit};
use crate::graph::{Directory, Draft, Failure, LinkChange, resource_not_found};
use crate::schema::{self, bad_request};
use crate::store::{Object, Store, id_of};

pub(crate) const BEHAVIOR: Behavior =
    Behavior { create: Create::Object(activate), update: None, delete: None, link, ..Behavior::PLAIN };

/// Roles held in one unit, which are not changed but taken away and given anew.
pub(crate) const SCOPED: Behavior =
    Behavior { create: Create::Object(assign), update: None, ..Behavior::PLAIN };

/// Makes a role of a template, with its name.
fn activate(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let id = draft.object.text("roleTemplateId").unwrap_or_default().to_owned();
    let template = definition(directory.primary, &id).filter(|found| found.flag("isBuiltIn"));
    let template = template.ok_or_else(|| resource_not_found(&id))?;
    for name in ["displayName", "description"] {
        draft.object.set(name, template.get(name).cloned().unwrap_or_default());
    }
    Ok(())
}

fn link(directory: &Directory<'_>, _: &Object, change: &LinkChange, edit: LinkEdit) -> Result<(), Failure> {
    let mut targets = change.targets.iter().filter_map(|id| directory.primary.live(*id));
    match edit {
        LinkEdit::Add => targets.try_for_each(|target| check_holder(target)),
        LinkEdit::Remove => Ok(()),
    }
}

/// Whether somebody holds one of the roles in the whole tenant, directly or as a member of a group.
pub(crate) fn holds(store: &Store, principal: Uuid, templates: &[&str]) -> bool {
    let direct = |holder: Uuid| {
        let roles = store.sources_after(holder, "members", None).filter_map(|id| store.live(id));
        roles.into_iter().any(|role| role.text("roleTemplateId").is_some_and(|id| templates.contains(&id)))
    };
    let groups = store.sources_after(principal, "members", None).filter_map(|id| store.live(id));
    direct(principal) || groups.filter(|group| group.flag("isAssignableToRole")).any(|group| direct(group.id))
}

/// Of groups, only role-assignable ones hold roles.
pub(crate) fn check_holder(holder: &Object) -> Result<(), Failure> {
    match holder.entity.name {
        "user" | "servicePrincipal" => Ok(()),
        "group" if holder.flag("isAssignableToRole") => Ok(()),
        _ => Err(bad_request(format!("Roles cannot be assigned to the object '{}'.", holder.id_text()))),
    }
}

/// Gives somebody a role in the unit that the request addresses.
fn assign(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let (unit, navigation) = draft.owner.clone().ok_or_else(Failure::method_not_allowed)?;
    let role = find(directory, draft.object.text("roleId").unwrap_or_default())?;
    let template = role.text("roleTemplateId").filter(|_| role.entity.name == "directoryRole");
    let template = template.ok_or_else(|| resource_not_found(&role.id_text()))?;
    if !SCOPABLE.contains(&template) {
        return Err(bad_request("The role cannot be assigned in an administrative unit.")
            .with_detail("InvalidValue", "roleId"));
    }
    let given = draft.object.get("roleMemberInfo").and_then(|info| info["id"].as_str());
    let holder = find(directory, given.unwrap_or_default())?;
    check_holder(holder)?;
    draft.object = membership(role, &unit, holder).ok_or_else(Failure::method_not_allowed)?;
    if directory.primary.is_linked(unit.id, navigation.name, draft.object.id) {
        return Err(bad_request("A conflicting object is already present in the directory."));
    }
    Ok(())
}

/// That somebody holds a role in a unit, under an id that is the same for the same three.
pub(crate) fn membership(role: &Object, unit: &Object, holder: &Object) -> Option<Object> {
    let parts = [role, unit, holder].map(|object| object.id.into_bytes());
    let id = BASE64_URL_SAFE_NO_PAD.encode(parts.concat());
    let name = holder.get("displayName").cloned().unwrap_or(Value::Null);
    let mut membership = Object::new(schema::by_name("scopedRoleMembership")?, id_of(&id));
    membership.set("id", id);
    membership.set("administrativeUnitId", unit.id_text());
    membership.set("roleId", role.id_text());
    membership.set("roleMemberInfo", json!({ "id": holder.id_text(), "displayName": name }));
    Some(membership)
}

/// The live object with an id that a request gives.
pub(super) fn find<'a>(directory: &Directory<'a>, id: &str) -> Result<&'a Arc<Object>, Failure> {
    directory.primary.live(id_of(id)).ok_or_else(|| resource_not_found(id))
}
