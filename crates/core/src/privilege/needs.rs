//! Whether a plan can change who reaches a role, and what has to be read to say so.

use std::collections::BTreeSet;

use crate::address::ObjectId;
use crate::desired::Configuration;
use crate::diagnostic::Diagnostics;
use crate::kinds::reference;
use crate::plan::{Action, Change, Plan, Step};
use crate::resolve::resolve;
use crate::snapshot::Snapshot;

/// The attribute of a role that says who approves its activation.
pub(super) const ACTIVATION: &str = "activation";

/// What to read beside who holds which role now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Users, groups and applications that the plan gives something to.
    pub principals: BTreeSet<ObjectId>,
    /// Roles that the plan changes.
    pub roles: BTreeSet<ObjectId>,
    /// Whether the plan itself changes roles, or groups that can hold one: it must not be applied without knowing what
    /// follows.
    pub essential: bool,
}

/// What a plan needs to know of privilege; nothing when it cannot change any.
pub fn needs(plan: &Plan, configuration: &Configuration, snapshot: &Snapshot) -> Option<Needs> {
    let concerns = plan.steps.iter().filter_map(|step| concern(step, snapshot));
    let gravest = concerns.max()?;
    let mut needs = Needs { essential: gravest == Concern::Essential, ..Needs::of(plan) };
    let groups = plan.steps.iter().filter(|step| is_role_assignable(step, snapshot));
    for change in groups.flat_map(|step| &step.changes) {
        let Change::Links { added, .. } = change else { continue };
        needs.principals.extend(added.iter().filter_map(|added| added.target.id.clone()));
    }
    let accounts = &configuration.protect.emergency_access;
    if !accounts.is_empty() {
        let resolved = resolve(configuration, snapshot, &mut Diagnostics::default());
        needs.principals.extend(accounts.iter().filter_map(|account| resolved.target(account)?.id));
    }
    Some(needs)
}

impl Needs {
    /// What to read to lay a plan over it.
    pub fn of(plan: &Plan) -> Self {
        let changes = plan.steps.iter().flat_map(|step| &step.changes);
        let given = changes.flat_map(|change| match change {
            Change::Schedules { added, changed, .. } => {
                let changed = changed.iter().map(|changed| changed.member.clone());
                added.iter().map(|added| added.member.clone()).chain(changed).collect()
            }
            Change::Assignments { added, .. } => added.iter().map(|added| added.member.clone()).collect(),
            Change::Value { attribute, after, .. } if attribute == ACTIVATION => reference::targets(after),
            Change::Links { .. } | Change::Value { .. } | Change::Licenses { .. } => Vec::new(),
        });
        let roles =
            plan.steps.iter().filter(|step| matches!(step.address.kind.as_str(), "role" | "custom_role"));
        Self {
            principals: given.filter_map(|target| target.id).collect(),
            roles: roles.filter_map(|step| step.id.clone()).collect(),
            essential: false,
        }
    }
}

/// How a step can change who reaches a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Concern {
    /// If the object happens to be privileged.
    Possible,
    /// By what it is about.
    Essential,
}

fn concern(step: &Step, snapshot: &Snapshot) -> Option<Concern> {
    let changes = |names: &[&str]| step.changes.iter().any(|change| names.contains(&change.attribute()));
    let schedules = step
        .changes
        .iter()
        .any(|change| matches!(change, Change::Schedules { .. } | Change::Assignments { .. }));
    if schedules {
        return Some(Concern::Essential);
    }
    match step.address.kind.as_str() {
        "role" | "custom_role" => Some(Concern::Essential),
        "user" if step.action == Action::Delete => Some(Concern::Possible),
        "user" if step.action == Action::Update => {
            changes(&["account_enabled", "user_principal_name"]).then_some(Concern::Possible)
        }
        "unit" if step.action == Action::Delete => Some(Concern::Possible),
        "group" if is_role_assignable(step, snapshot) => {
            let concerned = step.action == Action::Delete || changes(&["members", "owners"]);
            concerned.then_some(Concern::Essential)
        }
        _ => None,
    }
}

fn is_role_assignable(step: &Step, snapshot: &Snapshot) -> bool {
    let seen =
        snapshot.kinds.get("group").into_iter().flat_map(|seen| seen.objects.iter().chain(&seen.deleted));
    let mut live = seen.filter(|live| Some(&live.id) == step.id.as_ref());
    live.any(|live| live.flag("isAssignableToRole"))
        || step.after("is_assignable_to_role").and_then(serde_json::Value::as_bool) == Some(true)
}
