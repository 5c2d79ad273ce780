//! Licences assigned to a group. Its members get them later.
//! <https://learn.microsoft.com/graph/api/group-assignlicense>

use std::sync::Arc;

use serde_json::{Value, json};

use super::assigner::{Assigner, Grant, grants};
use super::assignment::Assignment;
use super::direct::check_product;
use crate::graph::{Directory, Failure, Request, Response, Selection, entity};
use crate::quirks::{Action, Written, now};
use crate::schema::bad_request;
use crate::store::{Change, Object};

pub(crate) const ASSIGN: Action = Action { name: "assignLicense", run: assign };

fn assign(directory: &Directory<'_>, group: &Arc<Object>, request: &Request) -> Result<Written, Failure> {
    let asked = Assignment::read(request)?;
    if !group.flag("securityEnabled") {
        return Err(bad_request("Licenses can only be assigned to a group that is security-enabled."));
    }
    let assigner = Assigner::new(directory.primary, now());
    asked.add.iter().try_for_each(|added| check_product(&assigner, added))?;
    let mut granted = grants(group);
    for sku in &asked.remove {
        let count = granted.len();
        granted.retain(|grant| grant.sku != *sku);
        if granted.len() == count {
            return Err(bad_request("Group does not have a corresponding license."));
        }
    }
    for added in asked.add {
        let former = granted.iter().position(|grant| grant.sku == added.sku).map(|at| granted.remove(at));
        let kept = former.map(|grant| grant.disabled).unwrap_or_default();
        granted.push(Grant { sku: added.sku, disabled: added.disabled.unwrap_or(kept) });
    }
    answer(group, &granted, request)
}

fn answer(group: &Object, granted: &[Grant], request: &Request) -> Result<Written, Failure> {
    let mut group = processed(group, "QueuedForProcessing");
    let shown = granted.iter().map(|grant| json!({ "disabledPlans": grant.disabled, "skuId": grant.sku }));
    group.set("assignedLicenses", shown.collect::<Value>());
    let selection = Selection::parse(request.option("select"), &[group.entity])?;
    let mut body = entity(&group, &selection, false);
    let context = format!("{}/$metadata#groups{}/$entity", request.root, selection.context());
    body.insert("@odata.context".to_owned(), context.into());
    let response = Response { status: 202, ..Response::json(Value::Object(body)) };
    Ok(Written { changes: vec![Change::Put(Arc::new(group))], response })
}

/// How far the licences of a group are processed, if ever some were assigned.
pub(crate) fn processing_state(group: &Object) -> Option<&str> {
    group.get("licenseProcessingState")?.get("state")?.as_str()
}

/// The group with its licences processed so far.
pub(crate) fn processed(group: &Object, state: &str) -> Object {
    let mut group = group.clone();
    group.set("licenseProcessingState", json!({ "state": state }));
    group
}
