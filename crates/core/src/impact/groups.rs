//! Groups whose members' licences a plan changes: what they give now and afterwards, who comes and who goes.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Membership, Memberships};
use crate::address::{Address, ObjectId, Target};
use crate::kinds::{self, Attribute, Kind};
use crate::licensing::assignment::direct;
use crate::plan::{Action, Change, Step};
use crate::snapshot::{Observed, Snapshot};

/// Service plans that are off, by SKU.
pub(super) type Off = BTreeMap<Uuid, BTreeSet<Uuid>>;

/// One group.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// What it gives now.
    pub(super) before: Off,
    /// What it will give.
    pub(super) after: Off,
    /// Its step in the plan, if it has one.
    pub(super) address: Option<Address>,
    /// Whether it will be deleted.
    pub(super) goes: bool,
    /// Who comes and who goes.
    pub(super) membership: Membership,
}

impl Group {
    /// Whether everybody in it is concerned, not only who comes and goes.
    pub(super) fn concerns_all(&self) -> bool {
        self.goes || self.before != self.after
    }
}

/// The groups whose members' licences these steps and memberships change.
pub(super) fn concerned(steps: &[Step], snapshot: &Snapshot, rules: &Memberships) -> BTreeMap<Target, Group> {
    let (Some(kind), Some(licenses)) = (kinds::by_name("group"), attribute("group")) else {
        return BTreeMap::new();
    };
    let live = snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
    let ruled = snapshot.candidates.groups.iter().flatten();
    let live: BTreeMap<&ObjectId, &Observed> = ruled.chain(live).map(|live| (&live.id, live)).collect();
    let gives = |target: &Target| {
        let live = target.id.as_ref().and_then(|id| live.get(id));
        live.map(|live| direct(licenses, live)).unwrap_or_default()
    };
    let mut groups: BTreeMap<Target, Group> = BTreeMap::new();
    for step in steps.iter().filter(|step| step.address.kind == kind.name) {
        let target = subject(step);
        let before = if step.action == Action::Restore { Off::new() } else { gives(&target) };
        let ruled = rules.contains_key(&target);
        groups.insert(target, by_step(kind, step, before, ruled));
    }
    for (target, membership) in rules {
        let group = groups.entry(target.clone()).or_insert_with(|| {
            let before = gives(target);
            Group { after: before.clone(), before, ..Group::default() }
        });
        group.membership.joins.extend(membership.joins.iter().cloned());
        group.membership.leaves.extend(membership.leaves.iter().cloned());
    }
    groups.retain(|_, group| {
        let licensed = !group.before.is_empty() || !group.after.is_empty();
        licensed && (group.concerns_all() || group.membership != Membership::default())
    });
    groups
}

/// What one step does to a group. What follows from a rule, the rule says better.
fn by_step(kind: &Kind, step: &Step, before: Off, ruled: bool) -> Group {
    let mut group = Group {
        after: before.clone(),
        before,
        address: Some(step.address.clone()),
        goes: step.action == Action::Delete,
        membership: Membership::default(),
    };
    for change in &step.changes {
        match change {
            Change::Licenses { .. } => apply(change, &mut group.after),
            Change::Links { consequence: Some(_), .. } if ruled => {}
            Change::Links { attribute, added, removed, .. }
                if kind.attribute(attribute).is_some_and(|attribute| attribute.name == "members") =>
            {
                group
                    .membership
                    .joins
                    .extend(added.iter().map(|added| &added.target).filter(is_user).cloned());
                let gone = removed.iter().map(|removed| &removed.target);
                group.membership.leaves.extend(gone.filter(is_user).cloned());
            }
            Change::Links { .. }
            | Change::Assignments { .. }
            | Change::Schedules { .. }
            | Change::Value { .. } => {}
        }
    }
    group
}

/// Makes a change of licences in what is given.
pub(super) fn apply(change: &Change, off: &mut Off) {
    let Change::Licenses { added, adjusted, removed, .. } = change else { return };
    let plans = |plans: &[crate::plan::PlanName]| plans.iter().map(|plan| plan.id).collect();
    removed.iter().for_each(|license| drop(off.remove(&license.sku.sku_id)));
    off.extend(added.iter().map(|license| (license.sku.sku_id, plans(&license.disabled_plans))));
    off.extend(adjusted.iter().map(|license| (license.sku.sku_id, plans(&license.disabled_plans))));
}

/// The object that a step is about.
pub(crate) fn subject(step: &Step) -> Target {
    match &step.id {
        Some(id) => Target::existing(id.clone(), step.address.to_string()),
        None => Target::created(&step.address),
    }
}

/// The attribute that a kind's licences are.
pub(super) fn attribute(kind: &str) -> Option<&'static Attribute> {
    kinds::by_name(kind)?.attribute(crate::desired::LICENSES)
}

fn is_user(target: &&Target) -> bool {
    target.prefix() == "user"
}

/// Whether a person will be in a group.
pub(super) fn is_member(
    person: &Target,
    of: &Target,
    group: &Group,
    before: &super::paths::Paths,
    snapshot: &Snapshot,
) -> bool {
    if group.goes {
        return false;
    }
    if group.membership.joins.contains(person) {
        return true;
    }
    let listed = of.id.as_ref().zip(person.id.as_ref()).is_some_and(|(of, person)| {
        snapshot.licensing.members.get(of).is_some_and(|members| members.contains(person))
    });
    let inherits = before.keys().any(|(from, _)| from.as_ref() == Some(of));
    (listed || inherits) && !group.membership.leaves.contains(person)
}
