//! The products the tenant has bought, and those that everybody knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::rules;
use crate::schema;
use crate::store::{Object, Store, id_of};

/// Some of Microsoft's products with their service plans, for seeds that only name them.
const WELL_KNOWN: &str = include_str!("products.json");

/// A product the tenant has bought.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) sku: Uuid,
    /// The `subscribedSku` it was read from.
    pub(super) object: Arc<Object>,
    /// Whether it is assigned to users.
    pub(super) is_for_users: bool,
    /// Licences that can be assigned, taken ones included.
    pub(super) seats: i64,
    /// What plans of the product show as their status: Enabled, Warning, Suspended, Deleted or LockedOut.
    pub(super) status: String,
    pub(super) plans: Vec<Plan>,
}

/// A service plan of a product.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) id: Uuid,
    pub(super) service: String,
    /// Whether it is switched on for the whole tenant rather than for a user.
    pub(super) is_company_wide: bool,
}

/// The products of a tenant by SKU id.
pub(super) fn products(store: &Store) -> BTreeMap<Uuid, Product> {
    let ids = schema::by_name("subscribedSku").map(|kind| store.ids(kind, false, None));
    let objects = ids.into_iter().flatten().filter_map(|id| store.any(id));
    objects.filter_map(read).map(|product| (product.sku, product)).collect()
}

fn read(object: &Arc<Object>) -> Option<Product> {
    let units = |name: &str| object.get("prepaidUnits").and_then(|units| units[name].as_i64()).unwrap_or(0);
    let plans = object.get("servicePlans").and_then(Value::as_array).into_iter().flatten();
    Some(Product {
        sku: object.text("skuId").map(id_of)?,
        object: Arc::clone(object),
        is_for_users: object.text("appliesTo") != Some("Company"),
        seats: units("enabled") + units("warning"),
        status: object.text("capabilityStatus").unwrap_or("Enabled").to_owned(),
        plans: plans.filter_map(plan).collect(),
    })
}

fn plan(value: &Value) -> Option<Plan> {
    Some(Plan {
        id: value["servicePlanId"].as_str().map(id_of)?,
        service: rules::service(value["servicePlanName"].as_str().unwrap_or_default()).to_owned(),
        is_company_wide: value["appliesTo"] == "Company",
    })
}

impl Product {
    /// The plans for users that are not switched off.
    pub(super) fn enabled(&self, disabled: &BTreeSet<Uuid>) -> Vec<Uuid> {
        let of_user = self.plans.iter().filter(|plan| !plan.is_company_wide).map(|plan| plan.id);
        of_user.filter(|plan| !disabled.contains(plan)).collect()
    }
}

/// Completes a product of a seed that is known by its part number: `{"skuPartNumber": "SPE_E3"}` is enough.
pub(crate) fn well_known(members: &Map<String, Value>) -> Map<String, Value> {
    let mut completed = members.clone();
    let known: Value = serde_json::from_str(WELL_KNOWN).unwrap_or_default();
    let part_number = members.get("skuPartNumber").and_then(Value::as_str).unwrap_or_default();
    let known = known.as_object().into_iter().flatten();
    let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(part_number));
    if let Some((name, _)) = found {
        completed.insert("skuPartNumber".to_owned(), name.as_str().into());
    }
    let mut default = |name: &str, value: Value| {
        completed.entry(name).or_insert(value);
    };
    if let Some((_, product)) = found {
        default("skuId", product["skuId"].clone());
        default(
            "servicePlans",
            product["servicePlans"].as_array().into_iter().flatten().map(shown).collect(),
        );
    }
    default("appliesTo", "User".into());
    default("capabilityStatus", "Enabled".into());
    let units = completed.entry("prepaidUnits").or_insert_with(|| json!({}));
    if let Value::Object(units) = units {
        for name in ["enabled", "lockedOut", "suspended", "warning"] {
            units.entry(name).or_insert_with(|| 0.into());
        }
    }
    completed
}

/// A plan as Graph shows it, from `[name, id]` or, for plans of the whole tenant, `[name, id, "Company"]`.
fn shown(plan: &Value) -> Value {
    let scope = plan[2].as_str().unwrap_or("User");
    json!({
        "appliesTo": scope,
        "provisioningStatus": if scope == "Company" { "PendingActivation" } else { "Success" },
        "servicePlanId": plan[1],
        "servicePlanName": plan[0],
    })
}
