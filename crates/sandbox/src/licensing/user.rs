//! What can be done to the licences of a user, and read of them.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::assigner::Assigner;
use super::assignment::Assignment;
use super::direct;
use super::state::{State, guids};
use crate::graph::{Directory, Failure, Request, Response, Selection, entity};
use crate::quirks::{Action, Written, now};
use crate::store::{Change, Object, id_of};

/// <https://learn.microsoft.com/graph/api/user-assignlicense>
pub(crate) const ASSIGN: Action = Action { name: "assignLicense", run: assign };

/// <https://learn.microsoft.com/graph/api/user-reprocesslicenseassignment>
pub(crate) const REPROCESS: Action = Action { name: "reprocessLicenseAssignment", run: reprocess };

/// <https://learn.microsoft.com/graph/api/user-list-licensedetails>
pub(crate) const DETAILS: Action = Action { name: "licenseDetails", run: details };

fn assign(directory: &Directory<'_>, user: &Arc<Object>, request: &Request) -> Result<Written, Failure> {
    let asked = Assignment::read(request)?;
    let mut assigner = Assigner::new(directory.primary, now());
    let before = State::all(user);
    let after = direct::change(&assigner, user, &asked, &before)?;
    let after = assigner.dated(after, &before);
    answer(assigner.write(user, &before, &after), request)
}

fn reprocess(directory: &Directory<'_>, user: &Arc<Object>, request: &Request) -> Result<Written, Failure> {
    let settled = Assigner::new(directory.primary, now()).settle(user);
    answer(settled.unwrap_or_else(|| Object::clone(user)), request)
}

fn answer(user: Object, request: &Request) -> Result<Written, Failure> {
    let selection = Selection::parse(request.option("select"), &[user.entity])?;
    let mut body = entity(&user, &selection, false);
    let context = format!("{}/$metadata#users{}/$entity", request.root, selection.context());
    body.insert("@odata.context".to_owned(), context.into());
    Ok(Written { changes: vec![Change::Put(Arc::new(user))], response: Response::json(Value::Object(body)) })
}

fn details(directory: &Directory<'_>, user: &Arc<Object>, request: &Request) -> Result<Written, Failure> {
    let licenses = user.get("assignedLicenses").and_then(Value::as_array).into_iter().flatten();
    let assigner = Assigner::new(directory.visible, now());
    let details = licenses.filter_map(|license| detail(&assigner, user, license));
    let id = user.id;
    let response = Response::json(json!({
        "@odata.context": format!("{}/$metadata#users('{id}')/licenseDetails", request.root),
        "value": details.collect::<Vec<_>>(),
    }));
    Ok(Written { changes: Vec::new(), response })
}

/// One product of a user with the status of its plans.
fn detail(assigner: &Assigner<'_>, user: &Object, license: &Value) -> Option<Value> {
    let product = &assigner.products.get(&license["skuId"].as_str().map(id_of)?)?.object;
    let disabled = guids(&license["disabledPlans"]);
    let mut plans = product.get("servicePlans").cloned().unwrap_or_default();
    for plan in plans.as_array_mut().into_iter().flatten() {
        if plan["servicePlanId"].as_str().is_some_and(|id| disabled.contains(&id_of(id))) {
            plan["provisioningStatus"] = "Disabled".into();
        }
    }
    let id = [user.id.as_bytes().as_slice(), product.id.as_bytes()].concat();
    Some(json!({
        "id": BASE64_URL_SAFE_NO_PAD.encode(id),
        "servicePlans": plans,
        "skuId": product.get("skuId"),
        "skuPartNumber": product.get("skuPartNumber"),
    }))
}
