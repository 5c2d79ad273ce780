//! Which condition decided, in a sentence.

use super::assignment;
use super::condition::CONDITIONS;
use super::evaluation::{Tenant, session_controls};
use super::policy::{Policy, State};
use super::principal::{Kind, Principal};
use super::sign_in::Observed;
use super::verdict::Verdict;

/// Says of a policy whether it applies and why.
pub(super) fn sentence(
    tenant: &Tenant,
    policy: &Policy,
    principal: &Principal,
    seen: &Observed<'_>,
) -> String {
    let name = policy.name();
    if policy.state == State::Disabled {
        return format!("{name} is disabled.");
    }
    let is_reported = policy.state == State::EnabledForReportingButNotEnforced;
    if is_reported && seen.sign_in.user_action.is_some() {
        return format!("{name} is report-only, which there is not for user actions.");
    }
    match reasons(policy, principal, seen) {
        Err(reason) => format!("{name} does not apply: {reason}."),
        Ok(reasons) if is_reported => {
            format!("{name} would apply, but is report-only: {}.", reasons.join(", "))
        }
        Ok(reasons) => {
            let effect = effect(tenant, policy, principal, seen);
            format!("{name} applies ({}) and {effect}.", reasons.join(", "))
        }
    }
}

/// What lets a policy apply, or what first does not.
fn reasons(policy: &Policy, principal: &Principal, seen: &Observed<'_>) -> Result<Vec<String>, String> {
    let who = match principal.kind {
        Kind::User => "the user",
        Kind::ServicePrincipal => "the service principal",
    };
    let conditions = &policy.conditions;
    let others = CONDITIONS.iter().map(|condition| (condition.noun, (condition.verdict)(conditions, seen)));
    let mut reasons = Vec::new();
    for (noun, verdict) in std::iter::once((who, assignment::verdict(conditions, principal))).chain(others) {
        match verdict {
            Verdict::Unset => {}
            Verdict::Included(what, value) => reasons.push(format!("by {what} {value}")),
            Verdict::NotIncluded => return Err(format!("{noun} is not included")),
            Verdict::Excluded(what, value) => return Err(format!("{noun} is excluded by {what} {value}")),
        }
    }
    Ok(reasons)
}

/// What an enabled policy that applies does.
fn effect(tenant: &Tenant, policy: &Policy, principal: &Principal, seen: &Observed<'_>) -> String {
    if policy.grant_controls.block() {
        return "blocks".to_owned();
    }
    let requirement = |requirement| {
        let obstacle = tenant.obstacle(&requirement, principal.account(), seen.sign_in);
        let obstacle = obstacle.map(|obstacle| format!(", {obstacle}")).unwrap_or_default();
        format!("requires {requirement}{obstacle}")
    };
    let required = policy.grant_controls.requirements().into_iter().map(requirement);
    let session = session_controls(policy).map(|name| format!("sets {name}"));
    let effects: Vec<String> = required.chain(session).collect();
    if effects.is_empty() { "asks for nothing".to_owned() } else { effects.join(" and ") }
}
