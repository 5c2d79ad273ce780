//! Reads what decides about licences: the tenant's subscriptions, the people they go to, those who did not get them.

use serde_json::{Map, Value};
use tenantry_core::desired::LICENSES;
use tenantry_core::licensing::Sku;
use tenantry_core::licensing::assignment::assignments;
use tenantry_core::plan::Operation;
use tenantry_graph::{Client, Request};

use crate::error::Error;
use crate::read::failed;
use crate::wire::Context;

/// The permission to read subscriptions and who holds them.
const READ: &str = "LicenseAssignment.Read.All";

/// The tenant's subscriptions.
pub(crate) async fn skus(client: &Client) -> Result<Vec<Sku>, Error> {
    let select = "skuId,skuPartNumber,appliesTo,capabilityStatus,consumedUnits,prepaidUnits,servicePlans";
    let found = client.list(Request::get(format!("/subscribedSkus?$select={select}"))).await;
    let found = found.map_err(|source| {
        let what = "the tenant's subscriptions".to_owned();
        if source.is_forbidden() {
            Error::Permission { what, permission: READ.to_owned(), source: Box::new(source) }
        } else {
            failed(&what, source)
        }
    })?;
    Ok(found.iter().filter_map(Sku::from_json).collect())
}

/// Whether an object's own licences are what a body of `assignLicense` asks for.
pub(crate) async fn shows(
    client: &Client,
    operation: &Operation,
    context: &Context<'_>,
    body: &Map<String, Value>,
) -> bool {
    let Some(id) = context.subject(operation) else { return false };
    let Some(property) = operation.kind.attribute(LICENSES).map(|attribute| attribute.graph) else {
        return false;
    };
    let Ok(answer) = client.get(&format!("{}/{id}?$select={property}", operation.kind.path)).await else {
        return false;
    };
    let held = assignments(answer.body.get(property).unwrap_or(&Value::Null));
    let held: Vec<_> = held.iter().filter(|held| held.by_group.is_none()).collect();
    let wanted = assignments(body.get("addLicenses").unwrap_or(&Value::Null));
    let gone = body.get("removeLicenses").and_then(Value::as_array).into_iter().flatten();
    let mut gone = gone.filter_map(Value::as_str);
    let same = |wanted: &tenantry_core::licensing::Assignment| {
        held.iter().any(|held| held.sku == wanted.sku && held.disabled_plans == wanted.disabled_plans)
    };
    wanted.iter().all(same)
        && gone.all(|gone| held.iter().all(|held| !held.sku.to_string().eq_ignore_ascii_case(gone)))
}
