//! Whether a plan touches sign-in, and what has to be read to say what follows.

use std::collections::BTreeSet;

use crate::address::{ObjectId, Target};
use crate::desired::Configuration;
use crate::diagnostic::Diagnostics;
use crate::kinds::reference;
use crate::plan::{Action, Change, Plan, Step};
use crate::resolve::resolve;
use crate::snapshot::Snapshot;

/// The kind of Conditional Access policies.
pub(super) const POLICY: &str = "policy";

/// What to read beside the policies, locations and people that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Groups that policies will name, beside those that they name now.
    pub groups: BTreeSet<ObjectId>,
    /// The emergency accounts.
    pub emergency: BTreeSet<ObjectId>,
    /// Whether the plan changes policies or locations: it must not be applied without knowing what follows.
    pub essential: bool,
}

/// What a plan needs to know of sign-in; nothing when it cannot change anybody's.
pub fn needs(plan: &Plan, configuration: &Configuration, snapshot: &Snapshot) -> Option<Needs> {
    let gravest = plan.steps.iter().filter_map(concern).max();
    let moves = plan.movements.iter().any(|movement| movement.address.kind == "group");
    if gravest.is_none() && !moves {
        return None;
    }
    let policies = plan.steps.iter().filter(|step| step.address.kind == POLICY);
    let named = policies.flat_map(|step| &step.changes).flat_map(targets);
    let accounts = &configuration.protect.emergency_access;
    let resolved = resolve(configuration, snapshot, &mut Diagnostics::default());
    Some(Needs {
        groups: named.filter(|target| target.prefix() == "group").filter_map(|target| target.id).collect(),
        emergency: accounts.iter().filter_map(|account| resolved.target(account)?.id).collect(),
        essential: gravest == Some(Concern::Essential),
    })
}

/// The objects that a change brings in.
fn targets(change: &Change) -> Vec<Target> {
    match change {
        Change::Value { after, .. } => reference::targets(after),
        Change::Links { added, .. } => added.iter().map(|added| added.target.clone()).collect(),
        Change::Assignments { .. } | Change::Schedules { .. } | Change::Licenses { .. } => Vec::new(),
    }
}

/// How a step can change who gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Concern {
    /// If policies happen to name the object.
    Possible,
    /// By what it is about.
    Essential,
}

fn concern(step: &Step) -> Option<Concern> {
    let changes = |names: &[&str]| step.changes.iter().any(|change| names.contains(&change.attribute()));
    let schedules = |change: &Change| matches!(change, Change::Schedules { .. } | Change::Assignments { .. });
    match step.address.kind.as_str() {
        POLICY | "location" | "security_defaults" => Some(Concern::Essential),
        "group" if step.action == Action::Delete || changes(&["members"]) => Some(Concern::Possible),
        "user" if step.action != Action::Update || changes(&["account_enabled"]) => Some(Concern::Possible),
        _ => step.changes.iter().any(schedules).then_some(Concern::Possible),
    }
}
