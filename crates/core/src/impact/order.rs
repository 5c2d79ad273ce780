//! Which steps go first for the sake of licences: a person's usage location and what would conflict before what a group
//! gives them; what a group gives before it is taken away from the person.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Assessment;
use super::groups::{is_member, subject};
use crate::address::Address;
use crate::plan::{Action, Change, Step};
use crate::snapshot::Snapshot;

impl Assessment {
    /// Notes on each step which others go first. People who lose a product that a group gives them from now on follow
    /// the group; everybody else goes before the groups.
    pub(crate) fn put_in_order(&self, steps: &mut [Step], snapshot: &Snapshot) {
        let mut follows: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for step in steps.iter().filter(|step| step.address.kind == "user" && step.action != Action::Delete) {
            let lost = lost(step);
            if lost.is_none() && step.after("usage_location").is_none() {
                continue;
            }
            let (person, lost) = (subject(step), lost.unwrap_or_default());
            let Some(standing) = self.people.get(&person) else { continue };
            for (target, group) in &self.groups {
                if !is_member(&person, target, group, &standing.before, snapshot) {
                    continue;
                }
                let Some(group_address) = &group.address else { continue };
                if group.after.keys().any(|sku| lost.contains(sku)) {
                    follows.entry(step.address.clone()).or_default().insert(group_address.clone());
                }
                follows.entry(group_address.clone()).or_default().insert(step.address.clone());
            }
        }
        for step in steps {
            step.follows = follows.remove(&step.address).into_iter().flatten().collect();
        }
    }
}

/// The products that a step takes away from a person; none when it leaves licences alone.
fn lost(step: &Step) -> Option<BTreeSet<Uuid>> {
    step.changes.iter().find_map(|change| match change {
        Change::Licenses { removed, .. } => Some(removed.iter().map(|license| license.sku.sku_id).collect()),
        Change::Value { .. }
        | Change::Assignments { .. }
        | Change::Schedules { .. }
        | Change::Links { .. } => None,
    })
}
