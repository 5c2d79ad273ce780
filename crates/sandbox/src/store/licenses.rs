//! Who holds which licences: seats taken, groups that grant some, members who inherit and members in error.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::{Object, id_of};

/// The licences of all live users, by product and by group.
#[derive(Debug, Default, Clone)]
pub(crate) struct LicenseIndex {
    /// The `subscribedSku` of each product, by its SKU id.
    products: HashMap<Uuid, Uuid>,
    /// Users who hold a product, however many paths grant it.
    consumed: HashMap<Uuid, u32>,
    /// Groups that licences are assigned to.
    granting: BTreeSet<Uuid>,
    /// Users with a licence state of a group, granted or failed.
    heirs: HashMap<Uuid, BTreeSet<Uuid>>,
    /// Those of them whose licences could not be assigned as the group wants.
    failing: HashMap<Uuid, BTreeSet<Uuid>>,
    /// Objects that show something that has changed since.
    outdated: BTreeSet<Uuid>,
}

impl LicenseIndex {
    /// How many users hold a product.
    pub(crate) fn consumed(&self, sku: Uuid) -> u32 {
        self.consumed.get(&sku).copied().unwrap_or_default()
    }

    /// The live groups that licences are assigned to.
    pub(crate) fn granting(&self) -> &BTreeSet<Uuid> {
        &self.granting
    }

    /// Live users with a licence state of a group, in ascending order, after `after`.
    pub(crate) fn heirs_after(
        &self,
        group: Uuid,
        after: Option<Uuid>,
    ) -> impl Iterator<Item = Uuid> + use<'_> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.heirs.get(&group).into_iter();
        found.flat_map(move |users| users.range((start, Bound::Unbounded)).copied())
    }

    /// Those of them with an error, in ascending order.
    pub(crate) fn failing(&self, group: Uuid) -> impl Iterator<Item = Uuid> + use<'_> {
        self.failing.get(&group).into_iter().flatten().copied()
    }

    /// Takes a new state of an object in.
    pub(super) fn add(&mut self, object: &Object) {
        match object.entity.name {
            _ if object.is_deleted() => {}
            "user" => self.count(object, true),
            "group" if !is_empty(object, "assignedLicenses") => {
                self.granting.insert(object.id);
            }
            "subscribedSku" => {
                self.products.extend(guid(object.get("skuId")).map(|sku| (sku, object.id)));
            }
            _ => {}
        }
    }

    /// Takes the former state of an object out.
    pub(super) fn remove(&mut self, object: &Object) {
        match object.entity.name {
            _ if object.is_deleted() => {}
            "user" => self.count(object, false),
            "group" => {
                self.granting.remove(&object.id);
            }
            _ => {}
        }
    }

    fn count(&mut self, user: &Object, comes: bool) {
        for sku in elements(user, "assignedLicenses").filter_map(|found| guid(found.get("skuId"))) {
            let consumed = self.consumed.entry(sku).or_default();
            *consumed = if comes { *consumed + 1 } else { consumed.saturating_sub(1) };
            self.outdated.extend(self.products.get(&sku));
        }
        for state in elements(user, "licenseAssignmentStates") {
            let Some(group) = guid(state.get("assignedByGroup")) else {
                continue;
            };
            change(&mut self.heirs, group, user.id, comes);
            if matches!(state["state"].as_str(), Some("Error" | "ActiveWithError")) {
                change(&mut self.failing, group, user.id, comes);
                self.outdated.insert(group);
            }
        }
    }

    /// The objects whose shown figures are no longer true; they are asked for once.
    pub(super) fn outdated(&mut self) -> BTreeSet<Uuid> {
        std::mem::take(&mut self.outdated)
    }

    /// Gives a product its seat count and a group its mark of members in error.
    pub(super) fn complete(&self, object: &mut Arc<Object>) {
        let (name, value) = match object.entity.name {
            "subscribedSku" => {
                let sku = guid(object.get("skuId")).unwrap_or_default();
                ("consumedUnits", Value::from(self.consumed(sku)))
            }
            "group" => ("hasMembersWithLicenseErrors", self.failing.contains_key(&object.id).into()),
            _ => return,
        };
        if object.get(name) != Some(&value) {
            Arc::make_mut(object).set(name, value);
        }
    }
}

fn change(of_groups: &mut HashMap<Uuid, BTreeSet<Uuid>>, group: Uuid, user: Uuid, comes: bool) {
    let users = of_groups.entry(group).or_default();
    if comes {
        users.insert(user);
    } else {
        users.remove(&user);
    }
    if users.is_empty() {
        of_groups.remove(&group);
    }
}

fn is_empty(object: &Object, name: &str) -> bool {
    elements(object, name).next().is_none()
}

fn elements<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a Value> {
    object.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn guid(value: Option<&Value>) -> Option<Uuid> {
    value.and_then(Value::as_str).map(id_of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::schema;
    use crate::store::{Change, Store};

    const PRODUCTS: u128 = 3;

    fn sku(number: u128) -> Uuid {
        Uuid::from_u128(0x5000 + number)
    }

    fn user(number: u128, products: u128, is_deleted: bool) -> Object {
        let mut user = Object::new(schema::by_name("user").unwrap(), Uuid::from_u128(number));
        let held = (0..PRODUCTS).filter(|product| products & (1 << product) != 0);
        let held = held.map(|product| json!({ "skuId": sku(product), "disabledPlans": [] }));
        user.set("assignedLicenses", held.collect::<Vec<_>>());
        if is_deleted {
            user.set("deletedDateTime", "2026-01-01T00:00:00Z");
        }
        user
    }

    /// Live users with a product, counted one by one.
    fn count(store: &Store, product: u128) -> usize {
        let wanted = json!(sku(product));
        let holds = |user: &&&Arc<Object>| {
            let mut held = elements(user, "assignedLicenses");
            user.entity.name == "user" && !user.is_deleted() && held.any(|license| license["skuId"] == wanted)
        };
        store.everything().iter().filter(holds).count()
    }

    proptest! {
        #[test]
        fn seats_are_what_a_count_says(
            steps in prop::collection::vec((0..4_u128, 0..8_u128, any::<bool>(), any::<bool>()), 1..30),
            early in any::<bool>(),
        ) {
            let mut store = Store::default();
            let add_products = |store: &mut Store| {
                for number in 0..PRODUCTS {
                    let mut product =
                        Object::new(schema::by_name("subscribedSku").unwrap(), Uuid::from_u128(0x9000 + number));
                    product.set("skuId", sku(number).to_string());
                    store.apply(&Change::Put(Arc::new(product)));
                }
            };
            if early {
                add_products(&mut store);
            }
            for (number, products, is_deleted, is_removed) in steps {
                store.apply(&match is_removed {
                    true => Change::Remove(Uuid::from_u128(number)),
                    false => Change::Put(Arc::new(user(number, products, is_deleted))),
                });
            }
            if !early {
                add_products(&mut store);
            }
            for number in 0..PRODUCTS {
                let expected = count(&store, number);
                prop_assert_eq!(store.licenses().consumed(sku(number)) as usize, expected);
                let product = store.any(Uuid::from_u128(0x9000 + number)).unwrap();
                prop_assert_eq!(product.get("consumedUnits"), Some(&json!(expected)));
            }
        }
    }
}
