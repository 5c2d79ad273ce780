//! What has to be read to say what a plan does to people's licences: nothing, when it does nothing to them.

use std::collections::BTreeSet;

use super::Memberships;
use super::groups::{attribute, concerned};
use crate::address::{ObjectId, Target};
use crate::desired::Configuration;
use crate::diagnostic::Diagnostics;
use crate::licensing::assignment::assignments;
use crate::plan::{Action, Change, Plan};
use crate::reading::Purpose;
use crate::resolve::resolve;
use crate::snapshot::Snapshot;

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Whether to read the tenant's subscriptions.
    pub skus: bool,
    /// Groups of which everybody is concerned.
    pub members: BTreeSet<ObjectId>,
    /// People to read one by one.
    pub people: BTreeSet<ObjectId>,
    /// Of these, the ones that are among the deleted items.
    pub deleted: BTreeSet<ObjectId>,
    /// Groups with declared licences: whoever did not get them.
    pub in_error: BTreeSet<ObjectId>,
    /// Groups that give licences and have no name yet.
    pub names: BTreeSet<ObjectId>,
}

impl Needs {
    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What to read for this plan, made from a snapshot in which nothing of it was read yet.
pub fn needs(plan: &Plan, configuration: &Configuration, snapshot: &Snapshot, rules: &Memberships) -> Needs {
    let groups = concerned(&plan.steps, snapshot, rules);
    let users = || plan.steps.iter().filter(|step| step.address.kind == "user");
    let licenses = |change: &Change| matches!(change, Change::Licenses { .. });
    let licensed: Vec<ObjectId> =
        users().filter(|step| step.changes.iter().any(licenses)).filter_map(|step| step.id.clone()).collect();
    let mut needs = Needs::default();
    declared(plan, configuration, snapshot, &mut needs);
    if groups.is_empty() && !users().any(|step| step.changes.iter().any(licenses)) {
        return needs;
    }
    needs.skus = snapshot.licensing.skus.is_none();
    needs.people.extend(licensed);
    for (target, group) in groups {
        let ids = |people: BTreeSet<Target>| people.into_iter().filter_map(|person| person.id);
        needs.members.extend(target.id.filter(|_| group.concerns_all()));
        needs.people.extend(ids(group.membership.joins).chain(ids(group.membership.leaves)));
    }
    for step in users() {
        let Some(id) = &step.id else { continue };
        if matches!(step.action, Action::Delete | Action::Restore) {
            needs.people.insert(id.clone());
        }
        if step.action == Action::Restore {
            needs.deleted.insert(id.clone());
        }
    }
    needs
}

/// What declared licences need: members in error of groups that stay, and names of groups that people inherit from.
fn declared(plan: &Plan, configuration: &Configuration, snapshot: &Snapshot, needs: &mut Needs) {
    if !(Purpose::Plan { configuration, everything: false }).wants_skus() {
        return;
    }
    let deleted = plan.steps.iter().filter(|step| step.action == Action::Delete);
    let deleted: BTreeSet<&ObjectId> = deleted.filter_map(|step| step.id.as_ref()).collect();
    let resolved = resolve(configuration, snapshot, &mut Diagnostics::default());
    let licensed = configuration.objects.values().filter(|declared| declared.licenses.is_some());
    for (declared, live) in licensed.filter_map(|declared| Some((declared, resolved.live(declared)?))) {
        let Some(attribute) = attribute(&declared.address.kind) else { continue };
        let held = assignments(live.property(attribute.graph));
        if declared.address.kind == "group" && !held.is_empty() && !deleted.contains(&live.id) {
            needs.in_error.insert(live.id.clone());
        }
        needs.names.extend(held.into_iter().filter_map(|held| held.by_group));
    }
    let seen = snapshot.kinds.get("group").into_iter().flat_map(|seen| &seen.objects);
    let seen: BTreeSet<&ObjectId> = seen.map(|live| &live.id).chain(snapshot.by_id.keys()).collect();
    needs.names.retain(|id| !seen.contains(id));
}
