//! How licences stand in a plan: by id, with the names that people know.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A SKU and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkuName {
    /// The SKU's id.
    pub sku_id: Uuid,
    /// Its part number, such as `SPE_E5`; its id when the tenant does not have it any more.
    pub sku: String,
    /// The product's name, when the configuration names a table of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
}

/// A service plan and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanName {
    /// The service plan's id.
    pub id: Uuid,
    /// Its name, such as `EXCHANGE_S_ENTERPRISE`; its id when nothing better is known.
    pub name: String,
}

/// A licence that is assigned or taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// The product.
    pub sku: SkuName,
    /// Its service plans that are off: all of them.
    pub disabled_plans: Vec<PlanName>,
}

/// A licence that stays, with other service plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjusted {
    /// The product.
    pub sku: SkuName,
    /// Service plans that come on.
    pub enables: Vec<PlanName>,
    /// Service plans that go off.
    pub disables: Vec<PlanName>,
    /// The service plans that are off afterwards: all of them.
    pub disabled_plans: Vec<PlanName>,
}

impl SkuName {
    /// `SPE_E5`, or `SPE_E5 (Microsoft 365 E5)`.
    pub fn describe(&self) -> String {
        match &self.product {
            Some(product) => format!("{} ({product})", self.sku),
            None => self.sku.clone(),
        }
    }
}
