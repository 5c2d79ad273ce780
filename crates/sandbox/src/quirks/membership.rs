//! Transitive memberships by action.
//! <https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Action, Written};
use crate::graph::{Directory, Failure, Request, Response};
use crate::schema::bad_request;
use crate::store::Object;

/// Most ids in one check.
const MOST_CHECKED: usize = 20;

/// Most groups in one answer.
const MOST_GROUPS: usize = 11_000;

pub(crate) const CHECK_GROUPS: Action = Action {
    name: "checkMemberGroups",
    run: |directory, object, request| check(directory, object, request, ("groupIds", is_group)),
};
pub(crate) const CHECK_OBJECTS: Action = Action {
    name: "checkMemberObjects",
    run: |directory, object, request| check(directory, object, request, ("ids", is_any)),
};
pub(crate) const GET_GROUPS: Action = Action {
    name: "getMemberGroups",
    run: |directory, object, request| get(directory, object, request, is_group),
};
pub(crate) const GET_OBJECTS: Action = Action {
    name: "getMemberObjects",
    run: |directory, object, request| get(directory, object, request, is_any),
};

/// Of which memberships a question is: groups, or administrative units and directory roles too.
type Kind = fn(&Object) -> bool;

fn is_group(found: &Object) -> bool {
    found.entity.name == "group"
}

fn is_any(_: &Object) -> bool {
    true
}

/// All of them, for types without actions of their own.
pub(crate) const ACTIONS: &[Action] = &[CHECK_GROUPS, CHECK_OBJECTS, GET_GROUPS, GET_OBJECTS];

/// Answers with those of the given ids the object is a member of.
fn check(
    directory: &Directory<'_>,
    object: &Object,
    request: &Request,
    (name, kind): (&str, Kind),
) -> Result<Written, Failure> {
    let ids = request.object()?.get(name).and_then(Value::as_array);
    let ids = ids.ok_or_else(|| bad_request(format!("The parameter '{name}' must be a list of ids.")))?;
    if ids.len() > MOST_CHECKED {
        return Err(bad_request(format!("Too many ids: {}. Max allowed: {MOST_CHECKED}.", ids.len())));
    }
    let wanted: BTreeSet<String> = ids.iter().filter_map(Value::as_str).map(str::to_lowercase).collect();
    let found = memberships(directory, object, kind).map(|found| found.id_text());
    let found = found.filter(|id| wanted.contains(id));
    Ok(answer(request, found.collect()))
}

/// Answers with everything the object is a member of, or only with security groups.
fn get(
    directory: &Directory<'_>,
    object: &Arc<Object>,
    request: &Request,
    kind: Kind,
) -> Result<Written, Failure> {
    let body: &Map<String, Value> = request.object()?;
    let security = match body.get("securityEnabledOnly") {
        None | Some(Value::Null) => false,
        Some(flag) => flag
            .as_bool()
            .ok_or_else(|| bad_request("The parameter 'securityEnabledOnly' must be a boolean."))?,
    };
    let fits = |group: &&Arc<Object>| !security || group.flag("securityEnabled");
    let found = memberships(directory, object, kind).filter(fits);
    let found: Vec<_> = found.map(|found| found.id_text()).collect();
    if found.len() > MOST_GROUPS {
        let message = format!("The result has more than {MOST_GROUPS} groups.");
        return Err(Failure::new(400, "Directory_ResultSizeLimitExceeded", message));
    }
    Ok(answer(request, found))
}

/// What an object belongs to, directly or through others.
fn memberships<'a>(
    directory: &Directory<'a>,
    object: &Object,
    kind: Kind,
) -> impl Iterator<Item = &'a Arc<Object>> {
    let store = directory.visible;
    let found = object.entity.navigation("transitiveMemberOf");
    let found = found.into_iter().flat_map(|navigation| store.follow(object, navigation, None));
    found.filter_map(|id| store.live(id)).filter(move |found| kind(found))
}

fn answer(request: &Request, ids: Vec<String>) -> Written {
    let context = format!("{}/$metadata#Collection(Edm.String)", request.root);
    Written {
        changes: Vec::new(),
        response: Response::json(json!({ "@odata.context": context, "value": ids })),
    }
}
