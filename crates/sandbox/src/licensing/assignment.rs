//! The body of `assignLicense`. <https://learn.microsoft.com/graph/api/user-assignlicense>

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::graph::{Failure, Request};
use crate::schema::{bad_request, unknown};

/// What a request adds and removes.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) add: Vec<Added>,
    pub(super) remove: Vec<Uuid>,
}

/// A product to assign.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) sku: Uuid,
    /// Plans to switch off; `None` leaves them as they are.
    pub(super) disabled: Option<BTreeSet<Uuid>>,
}

impl Assignment {
    /// Reads a body; both lists have to be there, and no product may be named twice.
    pub(super) fn read(request: &Request) -> Result<Self, Failure> {
        let body = request.object()?;
        if let Some(name) =
            body.keys().find(|name| !["addLicenses", "removeLicenses"].contains(&name.as_str()))
        {
            return Err(Failure::malformed(format!(
                "The parameter '{name}' in the request payload is not a valid parameter for the operation 'assignLicense'."
            )));
        }
        let add = list(body, "addLicenses")?.iter().map(added).collect::<Result<Vec<_>, _>>()?;
        let remove = list(body, "removeLicenses")?;
        let remove = remove.iter().map(|id| guid(id, "removeLicenses")).collect::<Result<Vec<_>, _>>()?;
        let mut named = BTreeSet::new();
        for sku in add.iter().map(|added| &added.sku).chain(&remove) {
            if !named.insert(sku) {
                return Err(bad_request(format!("The license {sku} is named more than once.")));
            }
        }
        Ok(Self { add, remove })
    }
}

fn list<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a Vec<Value>, Failure> {
    let found = body.get(name).and_then(Value::as_array);
    found.ok_or_else(|| bad_request(format!("The parameter '{name}' is required and must be a collection.")))
}

fn added(entry: &Value) -> Result<Added, Failure> {
    let members =
        entry.as_object().ok_or_else(|| bad_request("An entry of 'addLicenses' must be an object."))?;
    if let Some(name) = members.keys().find(|name| !["skuId", "disabledPlans"].contains(&name.as_str())) {
        return Err(unknown(name, "assignedLicense"));
    }
    let sku = guid(members.get("skuId").unwrap_or(&Value::Null), "skuId")?;
    let disabled = match members.get("disabledPlans") {
        None => None,
        Some(_) => {
            let plans = list(members, "disabledPlans")?.iter();
            Some(plans.map(|plan| guid(plan, "disabledPlans")).collect::<Result<_, _>>()?)
        }
    };
    Ok(Added { sku, disabled })
}

fn guid(value: &Value, name: &str) -> Result<Uuid, Failure> {
    let parsed = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
    parsed.ok_or_else(|| {
        Failure::malformed(format!("Cannot convert a value of '{name}' to the type 'Edm.Guid'."))
    })
}
