//! What a user shows of the licences that the states say they have.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::product::Product;
use super::state::State;
use crate::store::{Object, id_of};

/// Values that many users have alike, each kept once.
pub(super) type Pool = HashMap<Value, Arc<Value>>;

/// The user with these states and everything that follows from them.
pub(super) fn write(
    user: &Object,
    states: &[State],
    products: &BTreeMap<Uuid, Product>,
    pool: &mut Pool,
    now: &str,
) -> Object {
    let licenses = licenses(states);
    let plans = plans(user, &licenses, products, now);
    let shown = licenses.iter().map(|(sku, disabled)| json!({ "disabledPlans": disabled, "skuId": sku }));
    let values: [(&str, Value); 4] = [
        ("assignedLicenses", shown.collect()),
        ("assignedPlans", plans.iter().map(Assigned::show).collect()),
        ("licenseAssignmentStates", states.iter().map(State::show).collect()),
        ("provisionedPlans", plans.iter().filter_map(Assigned::show_provisioned).collect()),
    ];
    let mut written = user.clone();
    for (name, value) in values {
        let shared = pool.entry(value).or_insert_with_key(|value| Arc::new(value.clone()));
        written.share(name, shared);
    }
    written
}

/// The products a user has, each with the plans that no path grants.
pub(super) fn licenses(states: &[State]) -> BTreeMap<Uuid, BTreeSet<Uuid>> {
    let mut licenses: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for state in states.iter().filter(|state| state.active) {
        let disabled = licenses.entry(state.sku).or_insert_with(|| state.disabled.clone());
        disabled.retain(|plan| state.disabled.contains(plan));
    }
    licenses
}

/// An entry of `assignedPlans`.
struct Assigned {
    plan: Uuid,
    service: String,
    /// `Deleted` for a plan the user has no longer.
    status: String,
    since: String,
}

/// The plans of some products, and, as deleted, the ones the user had before.
fn plans(
    user: &Object,
    licenses: &BTreeMap<Uuid, BTreeSet<Uuid>>,
    products: &BTreeMap<Uuid, Product>,
    now: &str,
) -> Vec<Assigned> {
    let mut plans: BTreeMap<Uuid, Assigned> = BTreeMap::new();
    for (sku, disabled) in licenses {
        let Some(product) = products.get(sku) else { continue };
        for plan in product.plans.iter().filter(|plan| !disabled.contains(&plan.id)) {
            let (service, status) = (plan.service.clone(), product.status.clone());
            let assigned = Assigned { plan: plan.id, service, status, since: now.to_owned() };
            let known = plans.entry(plan.id).or_insert(assigned);
            if product.status == "Enabled" {
                known.status.clone_from(&product.status);
            }
        }
    }
    for former in Assigned::all(user) {
        match plans.get_mut(&former.plan) {
            Some(plan) if plan.status == former.status => plan.since = former.since,
            Some(_) => {}
            None => {
                plans.insert(former.plan, Assigned { status: "Deleted".to_owned(), ..former });
            }
        }
    }
    plans.into_values().collect()
}

impl Assigned {
    fn all(user: &Object) -> impl Iterator<Item = Self> {
        let entries = user.get("assignedPlans").and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(|entry| {
            let text = |name: &str| entry[name].as_str().map(str::to_owned);
            Some(Self {
                plan: id_of(&text("servicePlanId")?),
                service: text("service")?,
                status: text("capabilityStatus")?,
                since: text("assignedDateTime")?,
            })
        })
    }

    fn show(&self) -> Value {
        json!({
            "assignedDateTime": self.since,
            "capabilityStatus": self.status,
            "service": self.service,
            "servicePlanId": self.plan,
        })
    }

    fn show_provisioned(&self) -> Option<Value> {
        (self.status != "Deleted").then(|| {
            json!({
                "capabilityStatus": self.status,
                "provisioningStatus": "Success",
                "service": self.service,
            })
        })
    }
}
