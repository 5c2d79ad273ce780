//! Decides which licences a user gets through groups.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use uuid::Uuid;

use super::effect::{self, Pool};
use super::product::{Product, products};
use super::rules::{self, Enabled};
use super::state::{State, Violation, guids};
use crate::store::{Object, Store, id_of};

/// A product that a group grants.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) sku: Uuid,
    pub(super) disabled: BTreeSet<Uuid>,
}

/// Assigns licences to one user after another, with the seats that are left.
#[derive(Debug)]
pub(crate) struct Assigner<'a> {
    pub(super) store: &'a Store,
    pub(super) products: BTreeMap<Uuid, Product>,
    grants: HashMap<Uuid, Vec<Grant>>,
    /// Where the tenant is, for users without a place of their own.
    country: Option<&'a str>,
    /// The domain of addresses that come with a mailbox.
    domain: Option<String>,
    /// Seats taken, or given back, since the store counted them.
    taken: HashMap<Uuid, i64>,
    pool: Pool,
    pub(super) now: String,
}

impl<'a> Assigner<'a> {
    /// One that goes by what a store holds; `now` becomes the time of changes.
    pub(crate) fn new(store: &'a Store, now: String) -> Self {
        let groups = store.licenses().granting().iter().filter_map(|id| store.live(*id));
        Self {
            store,
            products: products(store),
            grants: groups.map(|group| (group.id, grants(group))).collect(),
            country: store.organization().and_then(|tenant| tenant.text("countryLetterCode")),
            domain: store.domains(Some("isInitial")).into_iter().next(),
            taken: HashMap::new(),
            pool: Pool::new(),
            now,
        }
    }

    /// The user with the licences their groups grant; `None` when they have them already.
    pub(crate) fn settle(&mut self, user: &Object) -> Option<Object> {
        let mut before = State::all(user);
        before.sort();
        let mut after: Vec<State> = before.iter().filter(|state| state.group.is_none()).cloned().collect();
        for group in self.groups(user, &before) {
            let granted = self.grant(user, group, &before, &after);
            after.extend(granted);
        }
        after.extend(self.kept(&before, &after));
        let after = self.dated(after, &before);
        (after != before).then(|| self.write(user, &before, &after))
    }

    /// The states in order, each with the time since when it is as it is.
    pub(super) fn dated(&self, states: Vec<State>, before: &[State]) -> Vec<State> {
        let mut dated: Vec<State> = states.into_iter().map(|state| state.since_before(before)).collect();
        dated.sort();
        dated
    }

    /// The user with other states, and the seats counted.
    pub(super) fn write(&mut self, user: &Object, before: &[State], after: &[State]) -> Object {
        for (states, change) in [(before, -1), (after, 1)] {
            for sku in effect::licenses(states).into_keys() {
                *self.taken.entry(sku).or_default() += change;
            }
        }
        effect::write(user, after, &self.products, &mut self.pool, &self.now)
    }

    /// The groups that grant a user something; those that already do come first.
    fn groups(&self, user: &Object, before: &[State]) -> Vec<Uuid> {
        let memberships = self.store.sources_after(user.id, "members", None);
        let mut groups: Vec<Uuid> = memberships.filter(|group| self.grants.contains_key(group)).collect();
        let gives = |group: &Uuid| before.iter().any(|state| state.active && state.group == Some(*group));
        groups.sort_by_key(|group| (Reverse(gives(group)), *group));
        groups
    }

    /// What becomes of the products of one group: all are assigned, or none.
    fn grant(&self, user: &Object, group: Uuid, before: &[State], accepted: &[State]) -> Vec<State> {
        let grants = self.grants.get(&group).map_or(&[][..], Vec::as_slice);
        let together: Vec<Enabled> =
            grants.iter().map(|grant| self.enabled(grant.sku, &grant.disabled)).collect();
        let elsewhere = self.all_enabled(accepted);
        let violations = together.iter().map(|product| {
            self.violation(user, product, &together, &elsewhere)
                .or_else(|| self.is_short(product.0, before, accepted).then_some(Violation::Count))
        });
        let violations: Vec<Option<Violation>> = violations.collect();
        let blocked = violations.iter().any(Option::is_some).then_some(Violation::Other);
        let state = |(grant, violation): (&Grant, Option<Violation>)| {
            let error = violation.or(blocked);
            let former = before.iter().find(|state| state.active && state.is_path(Some(group), grant.sku));
            let disabled =
                former.filter(|_| error.is_some()).map_or(&grant.disabled, |former| &former.disabled);
            State {
                group: Some(group),
                sku: grant.sku,
                disabled: disabled.clone(),
                active: error.is_none() || former.is_some(),
                error,
                since: self.now.clone(),
            }
        };
        grants.iter().zip(violations).map(state).collect()
    }

    /// Paths that should go but stay, because a product that is assigned directly needs them.
    fn kept(&self, before: &[State], after: &[State]) -> Vec<State> {
        let (had, has) = (self.all_enabled(before), self.all_enabled(after));
        let direct = after.iter().filter(|state| state.group.is_none());
        let lacks = direct.filter_map(|state| {
            let product = self.enabled(state.sku, &state.disabled);
            let (_, needed) = rules::lack(&product, &has)?;
            rules::lack(&product, &had).is_none().then_some(needed)
        });
        let needed: Vec<Uuid> = lacks.flatten().copied().collect();
        let is_needed = |state: &&State| {
            let goes = !after.iter().any(|other| other.is_path(state.group, state.sku));
            goes && state.active
                && self.enabled(state.sku, &state.disabled).1.iter().any(|plan| needed.contains(plan))
        };
        let (error, since) = (Some(Violation::Dependency), &self.now);
        let keep = |state: &State| State { error, since: since.clone(), ..state.clone() };
        before.iter().filter(is_needed).map(keep).collect()
    }

    /// Why a product of a group cannot be assigned, seats apart.
    fn violation(
        &self,
        user: &Object,
        product: &Enabled,
        together: &[Enabled],
        elsewhere: &[Enabled],
    ) -> Option<Violation> {
        let location = user.text("usageLocation").or(self.country);
        if !location.is_some_and(rules::is_allowed) {
            return Some(Violation::ProhibitedInUsageLocation);
        }
        if rules::conflict(product, together).or_else(|| rules::conflict(product, elsewhere)).is_some() {
            return Some(Violation::MutuallyExclusive);
        }
        if rules::lack(product, together).is_some() {
            return Some(Violation::Dependency);
        }
        let has_mailbox = elsewhere.iter().any(|(_, plans)| rules::has_mailbox(plans));
        let gets_mailbox = rules::has_mailbox(&product.1) && !has_mailbox;
        (gets_mailbox && self.is_address_taken(user)).then_some(Violation::Uniqueness)
    }

    /// Whether somebody else has the address that comes with a mailbox.
    fn is_address_taken(&self, user: &Object) -> bool {
        let (Some(nickname), Some(domain)) = (user.text("mailNickname"), &self.domain) else {
            return false;
        };
        let holder = self.store.holder("proxyAddresses", &format!("{nickname}@{domain}"));
        holder.is_some_and(|holder| holder.id != user.id && !holder.is_deleted())
    }

    /// Whether a user who has no seat of a product yet would get none.
    pub(super) fn is_short(&self, sku: Uuid, before: &[State], accepted: &[State]) -> bool {
        let mut states = before.iter().chain(accepted);
        let holds = states.any(|state| state.active && state.sku == sku);
        let seats = self.products.get(&sku).map_or(0, |product| product.seats);
        let taken = i64::from(self.store.licenses().consumed(sku)) + self.taken.get(&sku).unwrap_or(&0);
        !holds && taken >= seats
    }

    /// A product with the plans that are switched on.
    pub(super) fn enabled(&self, sku: Uuid, disabled: &BTreeSet<Uuid>) -> Enabled {
        (sku, self.products.get(&sku).map(|product| product.enabled(disabled)).unwrap_or_default())
    }

    /// The products that states give.
    pub(super) fn all_enabled(&self, states: &[State]) -> Vec<Enabled> {
        let active = states.iter().filter(|state| state.active);
        active.map(|state| self.enabled(state.sku, &state.disabled)).collect()
    }
}

/// The products assigned to a group.
pub(super) fn grants(group: &Object) -> Vec<Grant> {
    let licenses = group.get("assignedLicenses").and_then(Value::as_array).into_iter().flatten();
    let grant = |license: &Value| {
        Some(Grant { sku: license["skuId"].as_str().map(id_of)?, disabled: guids(&license["disabledPlans"]) })
    };
    licenses.filter_map(grant).collect()
}
