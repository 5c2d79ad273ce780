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

    /// The groups that licences are assigned to, or that somebody still has some from.
    pub(crate) fn groups(&self) -> BTreeSet<Uuid> {
        self.granting.iter().chain(self.heirs.keys()).copied().collect()
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
