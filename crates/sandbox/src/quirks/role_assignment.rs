//! Role definitions and role assignments: views of what the tenant keeps as role templates, as members of directory
//! roles and as scoped role members of administrative units.
//! <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments>

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use uuid::Uuid;

use super::directory_role::{SCOPABLE, check_holder, find, membership};
use super::{Behavior, Computed, Create, Written};
use crate::graph::{Directory, Draft, Failure, Request, Response, Selection, entity, resource_not_found};
use crate::schema::{self, EntityType, bad_request};
use crate::store::{Change, Object, Store, derived_id, id_of};

/// Built-in roles, which are only read.
pub(crate) const DEFINITIONS: Behavior = Behavior {
    computed: Some(Computed { objects: definitions, remove: |_, _| Err(Failure::method_not_allowed()) }),
    ..Behavior::BUILT_IN
};

/// Assignments, which are made and taken away, never changed.
pub(crate) const ASSIGNMENTS: Behavior = Behavior {
    create: Create::Instead(assign),
    update: None,
    computed: Some(Computed { objects: assignments, remove: unassign }),
    ..Behavior::PLAIN
};

/// The scope of the whole tenant.
const TENANT: &str = "/";

/// What stands before the id of a unit whose members are the scope.
const UNIT: &str = "/administrativeUnits/";

/// Somebody who holds a role, and what takes that away.
struct Held {
    template: Uuid,
    unit: Option<Uuid>,
    holder: Uuid,
    removal: Change,
}

impl Held {
    /// The id: the same for the same role, scope and holder.
    fn id(&self) -> String {
        let parts = [self.template, self.unit.unwrap_or_default(), self.holder].map(Uuid::into_bytes);
        format!("{}-1", BASE64_URL_SAFE_NO_PAD.encode(parts.concat()))
    }

    fn object(&self, kind: &'static EntityType) -> Object {
        let id = self.id();
        let mut object = Object::new(kind, id_of(&id));
        object.set("id", id);
        object.set("roleDefinitionId", self.template.to_string());
        object.set("principalId", self.holder.to_string());
        let scope = self.unit.map_or_else(|| TENANT.to_owned(), |unit| format!("{UNIT}{unit}"));
        object.set("directoryScopeId", scope);
        object
    }
}

fn definitions(store: &Store, kind: &'static EntityType) -> Vec<Object> {
    let definition = |template: &Arc<Object>| {
        let mut object = Object::new(kind, template.id);
        for name in ["displayName", "description"] {
            object.set(name, template.get(name).cloned().unwrap_or_default());
        }
        object.set("templateId", template.id_text());
        object.set("isBuiltIn", true);
        object.set("isEnabled", true);
        object.set("resourceScopes", json!([TENANT]));
        object
    };
    live(store, "directoryRoleTemplate").map(definition).collect()
}

fn assignments(store: &Store, kind: &'static EntityType) -> Vec<Object> {
    held(store).iter().map(|held| held.object(kind)).collect()
}

fn live<'a>(store: &'a Store, kind: &str) -> impl Iterator<Item = &'a Arc<Object>> {
    let ids = schema::by_name(kind).into_iter().flat_map(|kind| store.ids(kind, false, None));
    ids.filter_map(|id| store.live(id))
}

/// Everybody who holds a role, in the whole tenant or in a unit.
fn held(store: &Store) -> Vec<Held> {
    let mut all = Vec::new();
    for role in live(store, "directoryRole") {
        let Some(template) = role.text("roleTemplateId").map(id_of) else { continue };
        let holders = store.targets(role.id, "members").filter(|id| store.live(*id).is_some());
        all.extend(holders.map(|holder| {
            let removal = Change::Unlink { source: role.id, relation: "members", targets: vec![holder] };
            Held { template, unit: None, holder, removal }
        }));
    }
    for unit in live(store, "administrativeUnit") {
        let parts = store.targets(unit.id, "scopedRoleMembers").filter_map(|id| store.live(id));
        all.extend(parts.filter_map(|part| scoped(store, unit, part)));
    }
    all
}

fn scoped(store: &Store, unit: &Object, part: &Object) -> Option<Held> {
    let role = store.live(id_of(part.text("roleId")?))?;
    let holder = store.live(id_of(part.get("roleMemberInfo")?["id"].as_str()?))?.id;
    let template = id_of(role.text("roleTemplateId")?);
    Some(Held { template, unit: Some(unit.id), holder, removal: Change::Remove(part.id) })
}

/// Gives somebody a role, in the tenant or in a unit; a role that nobody held yet is activated by that.
fn assign(directory: &Directory<'_>, draft: &Draft, request: &Request) -> Result<Written, Failure> {
    let text = |name: &str| draft.object.text(name);
    let scope = match (text("directoryScopeId"), text("appScopeId")) {
        (Some(scope), None) | (None, Some(scope)) => scope,
        _ => return Err(bad_request("Exactly one of directoryScopeId and appScopeId is required.")),
    };
    let template = find(directory, text("roleDefinitionId").unwrap_or_default())?;
    if template.entity.name != "directoryRoleTemplate" {
        return Err(resource_not_found(&template.id_text()));
    }
    let holder = find(directory, text("principalId").unwrap_or_default())?;
    check_holder(holder)?;
    let unit = unit(directory, scope, &template.id_text())?;
    let known = directory.primary.holder("roleTemplateId", &template.id_text());
    let role = known.cloned().or_else(|| activated(template)).ok_or_else(Failure::method_not_allowed)?;
    let mut changes = vec![Change::Put(Arc::clone(&role))];
    let removal = match unit {
        None => {
            let (source, relation, targets) = (role.id, "members", vec![holder.id]);
            changes.push(Change::Link { source, relation, targets: targets.clone() });
            Change::Unlink { source, relation, targets }
        }
        Some(unit) => {
            let part = membership(&role, unit, holder).ok_or_else(Failure::method_not_allowed)?;
            let (source, relation, targets) = (unit.id, "scopedRoleMembers", vec![part.id]);
            let removal = Change::Remove(part.id);
            changes.extend([Change::Put(Arc::new(part)), Change::Link { source, relation, targets }]);
            removal
        }
    };
    let held_now = Held { template: template.id, unit: unit.map(|unit| unit.id), holder: holder.id, removal };
    if held(directory.primary).iter().any(|held| held.id() == held_now.id()) {
        return Err(bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    Ok(Written { changes, response: created(&held_now.object(draft.object.entity), request) })
}

/// The unit that a scope names; `None` for the whole tenant. Few roles can be held in less.
fn unit<'a>(
    directory: &Directory<'a>,
    scope: &str,
    template: &str,
) -> Result<Option<&'a Arc<Object>>, Failure> {
    if scope == TENANT {
        return Ok(None);
    }
    let id = scope.strip_prefix(UNIT).filter(|_| SCOPABLE.contains(&template));
    let id = id.ok_or_else(|| {
        bad_request("The built-in role cannot be assigned to a single resource scope.")
            .with_detail("InvalidValue", "directoryScopeId")
    })?;
    let unit = find(directory, id)?;
    if unit.entity.name != "administrativeUnit" {
        return Err(resource_not_found(id));
    }
    Ok(Some(unit))
}

fn activated(template: &Object) -> Option<Arc<Object>> {
    let kind = schema::by_name("directoryRole")?;
    let mut role = Object::new(kind, derived_id(kind.name, &template.id_text()));
    role.set("roleTemplateId", template.id_text());
    for name in ["displayName", "description"] {
        role.set(name, template.get(name).cloned().unwrap_or_default());
    }
    Some(Arc::new(role))
}

fn created(assignment: &Object, request: &Request) -> Response {
    let collection = assignment.entity.collection;
    let mut body = entity(assignment, &Selection::Default, false);
    let context = format!("{}/$metadata#{collection}/$entity", request.root);
    body.insert("@odata.context".to_owned(), context.into());
    let location = format!("{}/{collection}/{}", request.root, assignment.id_text());
    Response::created(location, body.into())
}

fn unassign(directory: &Directory<'_>, id: &str) -> Result<Vec<Change>, Failure> {
    let held = held(directory.primary).into_iter().find(|held| held.id() == id);
    Ok(vec![held.ok_or_else(|| resource_not_found(id))?.removal])
}
