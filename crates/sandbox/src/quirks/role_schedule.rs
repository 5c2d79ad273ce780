//! Schedules of roles, what is in force of them, and the requests that change them.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest>

use serde_json::json;

use super::role_assignment::assignment_id;
use super::role_definition::definition;
use super::{Action, Behavior, Computed, Create, Written};
use crate::graph::{Directory, Draft, Failure, Request};
use crate::pim::{Family, Schedule, Scope, Target, Unfit, cancel, instances, invalid, submit};
use crate::schema::{EntityType, parse_date, parse_duration};
use crate::store::{Object, Store};

/// Schedules, which only requests change.
pub(crate) const SCHEDULES: Behavior = Behavior { seed: |object, _| fill(object), ..Behavior::READ_ONLY };

/// Instances, which are computed from the time.
pub(crate) const INSTANCES: Behavior = Behavior {
    computed: Some(Computed { objects: in_force, remove: |_, _| Err(Failure::method_not_allowed()) }),
    ..Behavior::BUILT_IN
};

/// Requests, which are made and cancelled, never changed.
pub(crate) const REQUESTS: Behavior = Behavior {
    create: Create::Instead(ask),
    actions: &[Action { name: "cancel", run: cancel }],
    ..Behavior::READ_ONLY
};

/// The family that a type of role management belongs to.
fn family(kind: &EntityType) -> Family {
    if kind.name.starts_with("unifiedRoleEligibility") { Family::Eligible } else { Family::Active }
}

fn ask(directory: &Directory<'_>, draft: &Draft, request: &Request) -> Result<Written, Failure> {
    submit(directory, draft, request, family(draft.object.entity), target)
}

/// The role and the scope that a request is about.
fn target(directory: &Directory<'_>, request: &Object) -> Result<Target, Failure> {
    let role = request.text("roleDefinitionId").ok_or_else(|| invalid("a roleDefinitionId is required"))?;
    let role = definition(directory.visible, role)
        .ok_or_else(|| Failure::new(404, "RoleNotFound", format!("The role is not found: {role}.")))?;
    let scope = match (request.text("directoryScopeId"), request.text("appScopeId")) {
        (Some(scope), None) | (None, Some(scope)) => scope,
        _ => return Err(invalid("exactly one of directoryScopeId and appScopeId is required")),
    };
    let scope = Scope::of(scope, role, directory.visible).map_err(|unfit| match unfit {
        Unfit::Malformed => invalid("the scope is malformed"),
        Unfit::Missing(id) => {
            Failure::new(404, "ResourceNotFound", format!("The resource is not found: {id}."))
        }
        Unfit::Unsupported => invalid("the role cannot be assigned over the scope"),
    })?;
    Ok(Target::Role { role: role.id, scope })
}

fn in_force(directory: &Directory<'_>, store: &Store, kind: &'static EntityType) -> Vec<Object> {
    let family = family(kind);
    let of_roles = |schedule: &Schedule| matches!(schedule.target, Target::Role { .. });
    let schedules = Schedule::all(store, family).filter(of_roles);
    let shown = instances(store, schedules, directory.now).into_iter().map(|instance| {
        let mut object = instance.object(kind);
        let schedule = instance.schedule.id.to_string();
        match family {
            Family::Active => {
                let kind = if instance.schedule.activated { "Activated" } else { "Assigned" };
                let origin = assignment_id(instance.schedule.target, instance.schedule.principal);
                object.set("assignmentType", kind);
                object.set("roleAssignmentOriginId", origin);
                object.set("roleAssignmentScheduleId", schedule);
            }
            Family::Eligible => object.set("roleEligibilityScheduleId", schedule),
        }
        object
    });
    shown.collect()
}

/// Completes when a schedule of a seed holds: for ever unless it says otherwise. A duration counts from its start, or
/// else from now.
pub(crate) fn fill_times(schedule: &mut Object) {
    let info = schedule.get("scheduleInfo").cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().and_then(parse_date);
    let expiration = &info["expiration"];
    let length = expiration["duration"].as_str().and_then(parse_duration);
    let start = text(&info["startDateTime"]);
    let created = schedule.text("createdDateTime").and_then(parse_date).unwrap_or_default();
    let start = start.unwrap_or_else(|| if length.is_some() { jiff::Timestamp::now() } else { created });
    let end = text(&expiration["endDateTime"]).or_else(|| start.checked_add(length?).ok());
    let kind = if end.is_some() { "afterDateTime" } else { "noExpiration" };
    schedule.set(
        "scheduleInfo",
        json!({
            "startDateTime": start.to_string(),
            "recurrence": null,
            "expiration": { "type": kind, "endDateTime": end.map(|end| end.to_string()), "duration": null },
        }),
    );
    schedule
        .default("status", if start > jiff::Timestamp::now() { "ScheduleCreated" } else { "Provisioned" });
}

/// Completes a schedule of a seed: assigned, over the whole tenant unless it says otherwise.
fn fill(schedule: &mut Object) {
    fill_times(schedule);
    let id = schedule.id_text();
    schedule.default("createdUsing", id);
    schedule.default("directoryScopeId", "/");
    schedule.default("memberType", "Direct");
    if family(schedule.entity) == Family::Active {
        schedule.default("assignmentType", "Assigned");
    }
}
