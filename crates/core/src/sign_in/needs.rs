//! Whether a plan can lock administrators out, and what has to be read to say so.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::address::ObjectId;
use crate::desired::Configuration;
use crate::diagnostic::Diagnostics;
use crate::plan::{Action, Change, Plan, Step};
use crate::resolve::resolve;
use crate::snapshot::{Observed, Snapshot};

/// The kind of Conditional Access policies.
pub(super) const POLICY: &str = "policy";

const ENABLED: &str = "enabled";

/// What to read beside policies, locations and who holds which role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The emergency accounts.
    pub emergency: BTreeSet<ObjectId>,
    /// Whether the plan changes policies or locations: it must not be applied without knowing what follows.
    pub essential: bool,
}

/// What a plan needs to know of sign-in; nothing when it leaves policies in force, and what they look at, alone.
pub fn needs(plan: &Plan, configuration: &Configuration, snapshot: &Snapshot) -> Option<Needs> {
    let accounts = &configuration.protect.emergency_access;
    let resolved = resolve(configuration, snapshot, &mut Diagnostics::default());
    let emergency: BTreeSet<ObjectId> =
        accounts.iter().filter_map(|account| resolved.target(account)?.id).collect();
    let concern = |step: &Step| match step.address.kind.as_str() {
        POLICY => enforces(step, snapshot).then_some(Concern::Essential),
        "location" => (step.action == Action::Update).then_some(Concern::Essential),
        "group" => lets_go(step, &emergency).then_some(Concern::Possible),
        _ => None,
    };
    let gravest = plan.steps.iter().filter_map(concern).max()?;
    Some(Needs { emergency, essential: gravest == Concern::Essential })
}

/// How a step can change who gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Concern {
    /// If policies happen to name the object.
    Possible,
    /// By what it is about.
    Essential,
}

/// Whether a policy is in force once the plan is applied.
fn enforces(step: &Step, snapshot: &Snapshot) -> bool {
    let mut seen = snapshot.kinds.get(POLICY).into_iter().flat_map(|seen| &seen.objects);
    let mut live = || seen.find(|live: &&Observed| Some(&live.id) == step.id.as_ref());
    match (step.action, step.after("state").and_then(Value::as_str)) {
        (Action::Delete, _) => false,
        (_, Some(state)) => state == ENABLED,
        (_, None) => live().is_some_and(|live| live.text("state") == ENABLED),
    }
}

/// Whether a step takes an emergency account out of a group, which may be what keeps policies away from it.
fn lets_go(step: &Step, emergency: &BTreeSet<ObjectId>) -> bool {
    let gone = step.changes.iter().flat_map(|change| match change {
        Change::Links { attribute, removed, .. } if attribute == "members" => removed.as_slice(),
        _ => &[],
    });
    let mut gone = gone.filter_map(|removed| removed.target.id.as_ref());
    gone.any(|id| emergency.contains(id)) || (step.action == Action::Delete && !emergency.is_empty())
}
