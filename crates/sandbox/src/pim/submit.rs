//! Takes requests in, and takes them back.
//! <https://learn.microsoft.com/graph/api/unifiedroleassignmentschedulerequest-cancel>

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::{Ask, invalid, times};
use super::carry::{Course, FAILS, carry_out};
use super::judge::{Accepted, judge, subject_not_found};
use super::{Action, Family, Target};
use crate::graph::{Directory, Draft, Failure, Request, Response};
use crate::quirks::Written;
use crate::quirks::role_assignment::created;
use crate::schema::role_schedule_request::REQUEST_ID;
use crate::store::{Change, Object, derived_id, id_of};

/// Whether a POST asks for something, of `submit`.
pub(crate) fn is_request(request: &Request) -> bool {
    request.segments.last().is_some_and(|last| last.ends_with("ScheduleRequests"))
}

/// What a POST to the requests of a family does; `target` says what it is about.
pub(crate) fn submit(
    directory: &Directory<'_>,
    draft: &Draft,
    request: &Request,
    family: Family,
    target: fn(&Directory<'_>, &Object) -> Result<Target, Failure>,
) -> Result<Written, Failure> {
    let sent = &draft.object;
    let action = sent.text("action").and_then(Action::parse);
    let action = action.ok_or_else(|| invalid("an action is required"))?;
    let target = target(directory, sent)?;
    let principal = sent.text("principalId").ok_or_else(|| invalid("a principalId is required"))?;
    let principal = directory.visible.live(id_of(principal)).ok_or_else(|| subject_not_found(&principal))?.id;
    let (start, end) = times(action, sent, directory.now)?;
    let ask = Ask { family, action, target, principal, start, end };
    let accepted = judge(directory, &ask, sent)?;
    let id = Uuid::new_v4().to_string();
    let mut object = sent.clone();
    object.id = derived_id(REQUEST_ID, &id);
    object.set("id", id);
    complete(directory, &mut object, &ask);
    if sent.flag("isValidationOnly") {
        object.set("status", "Granted");
        return Ok(Written { changes: Vec::new(), response: created(&object, request) });
    }
    let (mut changes, object) = begin(directory, &ask, accepted, object);
    let response = created(&object, request);
    changes.push(Change::Put(Arc::new(object)));
    Ok(Written { changes, response })
}

/// What the service adds to a request.
fn complete(directory: &Directory<'_>, object: &mut Object, ask: &Ask) {
    object.set("action", ask.action.name());
    ask.target.write(object);
    object.set("principalId", ask.principal.to_string());
    object.default("isValidationOnly", false);
    object.set("createdDateTime", directory.now.to_string());
    object.set("createdBy", creator(directory));
}

/// Who asks, as an `identitySet`.
fn creator(directory: &Directory<'_>) -> Value {
    let Some(caller) = directory.caller.and_then(|id| directory.primary.live(id)) else {
        return json!({ "application": null, "device": null, "user": { "id": null, "displayName": null } });
    };
    let identity = json!({ "id": caller.id_text(), "displayName": caller.get("displayName") });
    if caller.entity.name == "user" {
        json!({ "application": null, "device": null, "user": identity })
    } else {
        json!({ "application": identity, "device": null, "user": null })
    }
}

/// The first thing that becomes of an accepted request.
fn begin(
    directory: &Directory<'_>,
    ask: &Ask,
    accepted: Accepted,
    mut object: Object,
) -> (Vec<Change>, Object) {
    match (accepted, directory.course) {
        (Accepted::NeedsApproval, _) => {
            object.set("status", "PendingApproval");
            object.set("approvalId", Uuid::new_v4().to_string());
        }
        (Accepted::NeedsAdministrator, _) => object.set("status", "PendingAdminDecision"),
        (Accepted::ForNothing, _) | (Accepted::Granted, Course::Stalls) => object.set("status", "Granted"),
        (Accepted::Granted, Course::AtOnce) => {
            return carry_out(directory.primary, ask, &object, directory.now);
        }
        (Accepted::Granted, course @ (Course::Later | Course::Fails)) => {
            object.set("status", "PendingProvisioning");
            if course == Course::Fails {
                object.set(FAILS, true);
            }
        }
    }
    (Vec::new(), object)
}

/// Takes a request back that has not come to its end.
pub(crate) fn cancel(_: &Directory<'_>, found: &Arc<Object>, _: &Request) -> Result<Written, Failure> {
    let status = found.text("status").unwrap_or_default();
    if status != "Granted" && !status.starts_with("Pending") {
        return Err(invalid(&format!("a request that is {status} cannot be canceled")));
    }
    let mut canceled = Object::clone(found);
    canceled.set("status", "Canceled");
    Ok(Written { changes: vec![Change::Put(Arc::new(canceled))], response: Response::no_content() })
}
