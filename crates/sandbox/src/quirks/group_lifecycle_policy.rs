//! The lifecycle policy: at most one, for all Microsoft 365 groups or for selected ones.
//! <https://learn.microsoft.com/graph/api/resources/grouplifecyclepolicy>

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::group::is_unified;
use super::{Action, Behavior, Create, LinkEdit, Written};
use crate::graph::{Directory, Draft, Failure, Request, Response, resource_not_found};
use crate::schema::{bad_request, unknown};
use crate::store::{Change, Object, id_of};

pub(crate) const BEHAVIOR: Behavior =
    Behavior { create: Create::Object(create), update: Some(update), actions: ACTIONS, ..Behavior::PLAIN };

/// Joins a group to the policies that manage it.
const RELATION: &str = "groupLifecyclePolicies";

const ACTIONS: &[Action] = &[
    Action {
        name: "addGroup",
        run: |directory, policy, request| select(directory, policy, request, LinkEdit::Add),
    },
    Action {
        name: "removeGroup",
        run: |directory, policy, request| select(directory, policy, request, LinkEdit::Remove),
    },
];

/// Shortest lifetime in days.
const SHORTEST: i64 = 30;

/// Most groups that can be selected.
const SELECTED: usize = 500;

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if directory.primary.count(draft.object.entity) > 0 {
        return Err(bad_request("The tenant already has a group lifecycle policy."));
    }
    update(directory, draft)
}

fn update(_: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let policy = &draft.object;
    if policy.get("groupLifetimeInDays").and_then(Value::as_i64).is_none_or(|days| days < SHORTEST) {
        return Err(invalid("groupLifetimeInDays", &format!("at least {SHORTEST} days are required")));
    }
    let is_address =
        |text: &str| text.trim().split_once('@').is_some_and(|(name, at)| !name.is_empty() && !at.is_empty());
    let addresses = policy.text("alternateNotificationEmails").unwrap_or_default();
    if !addresses.split_terminator(';').all(is_address) {
        return Err(invalid("alternateNotificationEmails", "addresses separated by semicolons are expected"));
    }
    Ok(())
}

/// Selects a group or takes the selection back; the answer says whether that changed anything. Groups can only be
/// selected while the policy is about selected ones.
fn select(
    directory: &Directory<'_>,
    policy: &Arc<Object>,
    request: &Request,
    edit: LinkEdit,
) -> Result<Written, Failure> {
    let group = group(directory, request)?;
    let selected = directory.primary.is_linked(group.id, RELATION, policy.id);
    let adds = edit == LinkEdit::Add;
    let changes = policy.text("managedGroupTypes") == Some("Selected") && selected != adds;
    if changes && adds {
        check_room(directory, policy.id)?;
    }
    let (source, relation, targets) = (group.id, RELATION, vec![policy.id]);
    let change = match edit {
        LinkEdit::Add => Change::Link { source, relation, targets },
        LinkEdit::Remove => Change::Unlink { source, relation, targets },
    };
    let context = format!("{}/$metadata#Edm.Boolean", request.root);
    let response = Response::json(json!({ "@odata.context": context, "value": changes }));
    Ok(Written { changes: Vec::from_iter(changes.then_some(change)), response })
}

/// The Microsoft 365 group a request names.
fn group<'a>(directory: &Directory<'a>, request: &Request) -> Result<&'a Arc<Object>, Failure> {
    let body = request.object()?;
    if let Some(name) = body.keys().find(|name| *name != "groupId") {
        return Err(unknown(name, "groupLifecyclePolicy"));
    }
    let id = body.get("groupId").and_then(Value::as_str);
    let id = id.ok_or_else(|| bad_request("The parameter 'groupId' must be the id of a group."))?;
    let found = directory.primary.live(id_of(id)).filter(|found| found.entity.name == "group");
    let found = found.ok_or_else(|| resource_not_found(id))?;
    if !is_unified(found) {
        return Err(invalid("groupId", "only Microsoft 365 groups expire"));
    }
    Ok(found)
}

fn check_room(directory: &Directory<'_>, policy: Uuid) -> Result<(), Failure> {
    let selected = directory.primary.sources_after(policy, RELATION, None);
    let selected = selected.filter(|group| directory.primary.live(*group).is_some()).count();
    if selected >= SELECTED {
        return Err(bad_request(format!("A policy can have at most {SELECTED} selected groups.")));
    }
    Ok(())
}

fn invalid(name: &'static str, why: &str) -> Failure {
    bad_request(format!(
        "Invalid value specified for property '{name}' of resource 'GroupLifecyclePolicy': {why}."
    ))
    .with_detail("InvalidValue", name)
}
