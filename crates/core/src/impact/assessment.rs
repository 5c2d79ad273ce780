//! Who gains and who loses which product, from what was read of people and what the plan does.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::groups::{Group, concerned, is_member, subject};
use super::paths::{Paths, assign, inherit, observed, products};
use super::{Impact, Memberships, Seats};
use crate::address::Target;
use crate::desired::Configuration;
use crate::licensing::Catalogue;
use crate::plan::{Action, Change, Step};
use crate::snapshot::Snapshot;

/// What a plan does to people's licences.
#[derive(Debug, Default)]
pub(crate) struct Assessment {
    /// Everybody concerned.
    pub(crate) people: BTreeMap<Target, Standing>,
    /// The groups through which they are.
    pub(super) groups: BTreeMap<Target, Group>,
}

/// One person before and after the plan.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(super) before: Paths,
    pub(super) after: Paths,
    /// Whether there will be a usage location.
    pub(crate) located: bool,
    /// Whether the account does not exist before, so that it takes no seat.
    absent: bool,
}

impl Standing {
    /// Products that the person gains.
    pub(crate) fn gains(&self) -> BTreeSet<Uuid> {
        products(&self.after).difference(&self.had()).copied().collect()
    }

    /// Products that the person loses.
    pub(crate) fn losses(&self) -> BTreeSet<Uuid> {
        self.had().difference(&products(&self.after)).copied().collect()
    }

    /// Products assigned directly that were not before.
    pub(crate) fn assigned(&self) -> BTreeSet<Uuid> {
        let own = |paths: &Paths| {
            let own = paths.keys().filter(|(group, _)| group.is_none());
            own.map(|(_, sku)| *sku).collect::<BTreeSet<Uuid>>()
        };
        own(&self.after).difference(&own(&self.before)).copied().collect()
    }

    /// Whether a product will be assigned directly.
    pub(crate) fn is_assigned(&self, sku: Uuid) -> bool {
        self.after.contains_key(&(None, sku))
    }

    /// The person's products with the service plans that are on in any of them.
    pub(crate) fn on<'a>(&self, catalogue: &Catalogue<'a>) -> BTreeMap<Uuid, BTreeSet<&'a str>> {
        let mut on: BTreeMap<Uuid, BTreeSet<&str>> = BTreeMap::new();
        for ((_, sku), path) in self.after.iter().filter(|(_, path)| path.active) {
            let plans = catalogue.by_id(*sku).into_iter().flat_map(|sku| &sku.plans);
            let plans = plans.filter(|plan| plan.assignable && !path.off.contains(&plan.id));
            on.entry(*sku).or_default().extend(plans.map(|plan| plan.name.as_str()));
        }
        on
    }

    fn had(&self) -> BTreeSet<Uuid> {
        if self.absent { BTreeSet::new() } else { products(&self.before) }
    }
}

impl Assessment {
    /// What these steps, and what follows from rules, do to people's licences.
    pub(crate) fn new(steps: &[Step], snapshot: &Snapshot, rules: &Memberships) -> Self {
        let groups = concerned(steps, snapshot, rules);
        let mut people = Self::people(steps, snapshot, &groups);
        for (target, standing) in &mut people {
            standing.after = standing.before.clone();
            for (of, group) in &groups {
                let member = is_member(target, of, group, &standing.before, snapshot);
                inherit(&mut standing.after, of, group, member);
            }
        }
        for step in steps.iter().filter(|step| step.address.kind == "user") {
            let Some(standing) = people.get_mut(&subject(step)) else { continue };
            if step.action == Action::Delete {
                standing.after.clear();
            }
            for change in step.changes.iter().filter(|change| matches!(change, Change::Licenses { .. })) {
                assign(&mut standing.after, change);
                if matches!(change, Change::Licenses { reprocess: Some(_), .. }) {
                    standing.after.values_mut().for_each(|path| path.active = true);
                }
            }
            standing.located |= step.after("usage_location").is_some_and(|location| !location.is_null());
        }
        Self { people, groups }
    }

    /// Everybody concerned, as they were.
    fn people(
        steps: &[Step],
        snapshot: &Snapshot,
        groups: &BTreeMap<Target, Group>,
    ) -> BTreeMap<Target, Standing> {
        let read = snapshot.licensing.people.values().map(|person| person.target.clone());
        let come = groups.values().flat_map(|group| group.membership.joins.iter().cloned());
        let changed = steps.iter().filter(|step| {
            step.address.kind == "user"
                && step.changes.iter().any(|change| matches!(change, Change::Licenses { .. }))
        });
        let everybody: BTreeSet<Target> = read.chain(come).chain(changed.map(subject)).collect();
        let restored: BTreeSet<Target> =
            steps.iter().filter(|step| step.action == Action::Restore).map(subject).collect();
        let standing = |target: Target| {
            let person = target.id.as_ref().and_then(|id| snapshot.licensing.people.get(id));
            let standing = Standing {
                before: person.map(|person| observed(&person.assignments)).unwrap_or_default(),
                after: Paths::new(),
                located: person.is_some_and(|person| person.located),
                absent: restored.contains(&target),
            };
            (target, standing)
        };
        everybody.into_iter().map(standing).collect()
    }

    /// The seats of every product that somebody gains or loses.
    pub(crate) fn impact(&self, snapshot: &Snapshot, configuration: &Configuration) -> Impact {
        let skus = snapshot.licensing.skus.as_deref().unwrap_or_default();
        let catalogue = Catalogue::new(skus, &configuration.licensing.products);
        let mut people: BTreeMap<Uuid, (Vec<Target>, Vec<Target>)> = BTreeMap::new();
        for (target, standing) in &self.people {
            standing
                .gains()
                .into_iter()
                .for_each(|sku| people.entry(sku).or_default().0.push(target.clone()));
            standing
                .losses()
                .into_iter()
                .for_each(|sku| people.entry(sku).or_default().1.push(target.clone()));
        }
        for (gains, losses) in people.values_mut() {
            gains.sort_by(|left, right| left.name.cmp(&right.name));
            losses.sort_by(|left, right| left.name.cmp(&right.name));
        }
        let count = |people: &[Target]| u64::try_from(people.len()).unwrap_or(u64::MAX);
        let concerned = skus.iter().filter_map(|sku| Some((sku, people.remove(&sku.id)?)));
        let mut seats: Vec<Seats> = concerned
            .map(|(sku, (gains, losses))| {
                let after = sku.consumed.saturating_add(count(&gains)).saturating_sub(count(&losses));
                let name = catalogue.name(sku.id);
                Seats { sku: name, now: sku.consumed, after, of: sku.seats, gains, losses }
            })
            .collect();
        seats.sort_by(|left, right| left.sku.sku.cmp(&right.sku.sku));
        Impact { seats, ..Impact::default() }
    }
}
