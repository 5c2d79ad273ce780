//! What all policies of a tenant together say of a sign-in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::CONDITIONS;
use super::control::{Control, InboundTrust, Requirement, obstacle};
use super::id::Id;
use super::location::{NamedLocation, Network};
use super::policy::{Policy, State};
use super::principal::{Account, Principal};
use super::sign_in::{Observed, SignIn};
use super::{assignment, explanation};

/// What of a tenant decides: policies, and what they refer to.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tenant {
    /// Policies in the order in which they are told.
    pub policies: Vec<Policy>,
    /// Named locations.
    pub named_locations: Vec<NamedLocation>,
    /// Networks of the well-known trusted location.
    pub mfa_trusted_ips: Vec<Network>,
    /// Application ids of each suite, such as `Office365`.
    pub app_groups: BTreeMap<String, Vec<Id>>,
    /// Which claims of other tenants are trusted.
    pub cross_tenant_trust: InboundTrust,
}

/// What decides of a principal. Principals of whom it is the same are the same to every policy, so that it is enough to
/// evaluate one of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assigned {
    /// For each policy whether it is about the principal.
    policies: Vec<bool>,
    account: Account,
}

impl Assigned {
    /// Whether a policy, by its place in the list, is about the principal.
    pub fn is_about(&self, policy: usize) -> bool {
        self.policies.get(policy) == Some(&true)
    }
}

/// Whether one gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Once every requirement is met.
    Grant,
    /// Never.
    Block,
}

/// Why one does not get in, where no policy says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BlockReason {
    /// The client or the account can meet no alternative of a requirement.
    Unsatisfiable,
}

/// What is said of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether one gets in.
    pub outcome: Outcome,
    /// What is required, in the order of the policies, nothing twice; nothing when a policy blocks.
    pub requirements: Vec<Requirement>,
    /// Why one does not get in, where no policy says so.
    pub block_reason: Option<BlockReason>,
    /// The enabled policies that apply, as places in the list.
    pub matched: Vec<usize>,
    /// The report-only policies that would.
    pub report_only_matched: Vec<usize>,
    /// Names of the session controls of the enabled policies that apply.
    pub session_controls: BTreeSet<String>,
}

impl Evaluation {
    /// Whether a policy blocks.
    pub fn is_blocked_by_policy(&self) -> bool {
        self.outcome == Outcome::Block && self.block_reason.is_none()
    }
}

impl Tenant {
    /// What decides of a principal.
    pub fn assigned(&self, principal: &Principal) -> Assigned {
        let is_about = |policy: &Policy| assignment::verdict(&policy.conditions, principal).lets_apply();
        let policies = self.policies.iter().map(is_about).collect();
        Assigned { policies, account: principal.account() }
    }

    /// What the tenant makes of a sign-in.
    pub fn observe<'a>(&'a self, sign_in: &'a SignIn) -> Observed<'a> {
        Observed::new(self, sign_in)
    }

    /// Whether a sign-in meets one condition of a policy, by its place in the list. Each condition looks at a part of the
    /// sign-in that no other one looks at, and a policy applies when all [`super::CONDITION_COUNT`] are met.
    pub fn meets(&self, policy: usize, condition: usize, seen: &Observed<'_>) -> bool {
        (CONDITIONS[condition].verdict)(&self.policies[policy].conditions, seen).lets_apply()
    }

    /// What the policies say.
    pub fn evaluate(&self, assigned: &Assigned, seen: &Observed<'_>) -> Evaluation {
        let matched = self.matching(State::Enabled, assigned, seen);
        let policies = || matched.iter().map(|place| &self.policies[*place]);
        let blocks = policies().any(|policy| policy.grant_controls.block());
        let requirements = if blocks { Vec::new() } else { requirements(policies()) };
        let is_out_of_reach =
            |requirement: &Requirement| self.obstacle(requirement, assigned.account, seen.sign_in).is_some();
        let unsatisfiable = requirements.iter().any(is_out_of_reach);
        Evaluation {
            outcome: if blocks || unsatisfiable { Outcome::Block } else { Outcome::Grant },
            block_reason: unsatisfiable.then_some(BlockReason::Unsatisfiable),
            session_controls: policies().flat_map(session_controls).map(str::to_owned).collect(),
            report_only_matched: self.reported(assigned, seen),
            requirements,
            matched,
        }
    }

    /// Whether the account of a principal, or the client that is used, can never meet a control.
    pub fn is_out_of_reach(&self, control: &Control, assigned: &Assigned, sign_in: &SignIn) -> bool {
        obstacle(control, assigned.account, sign_in, self.cross_tenant_trust).is_some()
    }

    /// One sentence a policy: whether it applies, which condition decided that, and what it asks for.
    pub fn explain(&self, principal: &Principal, seen: &Observed<'_>) -> Vec<String> {
        self.policies.iter().map(|policy| explanation::sentence(self, policy, principal, seen)).collect()
    }

    /// Why a requirement can never be met; nothing when one of its alternatives can.
    pub(super) fn obstacle(
        &self,
        requirement: &Requirement,
        account: Account,
        sign_in: &SignIn,
    ) -> Option<&'static str> {
        let alternatives = requirement.alternatives().iter();
        let mut obstacles =
            alternatives.map(|control| obstacle(control, account, sign_in, self.cross_tenant_trust));
        let first = obstacles.next()??;
        obstacles.all(|obstacle| obstacle.is_some()).then_some(first)
    }

    fn matching(&self, state: State, assigned: &Assigned, seen: &Observed<'_>) -> Vec<usize> {
        let assigned = self.policies.iter().zip(&assigned.policies).enumerate();
        let applies = |(place, (policy, is_about)): (usize, (&Policy, &bool))| {
            (*is_about && policy.state == state && is_met(policy, seen)).then_some(place)
        };
        assigned.filter_map(applies).collect()
    }

    /// Report-only mode does not exist for user actions.
    /// <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-report-only>
    fn reported(&self, assigned: &Assigned, seen: &Observed<'_>) -> Vec<usize> {
        match seen.sign_in.user_action {
            Some(_) => Vec::new(),
            None => self.matching(State::EnabledForReportingButNotEnforced, assigned, seen),
        }
    }
}

fn is_met(policy: &Policy, seen: &Observed<'_>) -> bool {
    CONDITIONS.iter().all(|condition| (condition.verdict)(&policy.conditions, seen).lets_apply())
}

fn requirements<'a>(policies: impl Iterator<Item = &'a Policy>) -> Vec<Requirement> {
    let mut all: Vec<Requirement> = Vec::new();
    for requirement in policies.flat_map(|policy| policy.grant_controls.requirements()) {
        if !all.contains(&requirement) {
            all.push(requirement);
        }
    }
    all
}

/// The names of the session controls that a policy sets: those that are enabled, `true`, or have a mode.
pub(super) fn session_controls(policy: &Policy) -> impl Iterator<Item = &str> {
    let is_set = |value: &Value| match value {
        Value::Bool(flag) => *flag,
        Value::Object(settings) => match settings.get("isEnabled") {
            Some(enabled) => enabled.as_bool() == Some(true),
            None => settings.get("mode").is_some_and(|mode| !mode.is_null()),
        },
        _ => false,
    };
    policy.session_controls.iter().filter(move |(_, value)| is_set(value)).map(|(name, _)| name.as_str())
}
