//! The tenant's subscriptions, as `GET /subscribedSkus` shows them.
//!
//! Source: "subscribedSku resource type", <https://learn.microsoft.com/graph/api/resources/subscribedsku>.

use serde_json::Value;
use uuid::Uuid;

/// A product that the tenant has subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sku {
    /// Its id, the same in all tenants.
    pub id: Uuid,
    /// Its part number, such as `SPE_E5`.
    pub part_number: String,
    /// Whether it can be assigned to people; else it is the organisation's as a whole.
    pub assignable: bool,
    /// Whether seats of it can be given out: the subscription is neither suspended nor ended.
    pub active: bool,
    /// Seats that can be taken: enabled, and those of a subscription about to end.
    pub seats: u64,
    /// Seats that are taken; may be more than there are, after a reduction.
    pub consumed: u64,
    /// What it holds.
    pub plans: Vec<ServicePlan>,
}

/// A service within a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePlan {
    /// Its id, the same in all products.
    pub id: Uuid,
    /// Its name, such as `EXCHANGE_S_ENTERPRISE`.
    pub name: String,
    /// Whether it can be disabled for one person; else it is on for the organisation as a whole.
    pub assignable: bool,
}

impl Sku {
    /// A subscription from Graph's JSON; `None` for what is not one.
    pub fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let units = |name: &str| value.pointer(&format!("/prepaidUnits/{name}")).and_then(Value::as_u64);
        let plans = value.get("servicePlans").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            id: guid(value.get("skuId"))?,
            part_number: text("skuPartNumber").to_owned(),
            assignable: !text("appliesTo").eq_ignore_ascii_case("Company"),
            active: !["Suspended", "Deleted", "LockedOut"].contains(&text("capabilityStatus")),
            seats: units("enabled").unwrap_or(0).saturating_add(units("warning").unwrap_or(0)),
            consumed: value.get("consumedUnits").and_then(Value::as_u64).unwrap_or(0),
            plans: plans.filter_map(ServicePlan::from_json).collect(),
        })
    }

    /// The plan with this id.
    pub fn plan(&self, id: Uuid) -> Option<&ServicePlan> {
        self.plans.iter().find(|plan| plan.id == id)
    }
}

impl ServicePlan {
    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            id: guid(value.get("servicePlanId"))?,
            name: text("servicePlanName").to_owned(),
            assignable: !text("appliesTo").eq_ignore_ascii_case("Company"),
        })
    }
}

/// The GUID that a value is.
pub(super) fn guid(value: Option<&Value>) -> Option<Uuid> {
    Uuid::try_parse(value?.as_str()?).ok()
}
