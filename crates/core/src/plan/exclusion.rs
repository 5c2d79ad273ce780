//! Security defaults and enabled Conditional Access policies exclude each other: what ends comes before what begins.
//!
//! Source: "Security defaults in Microsoft Entra ID", <https://learn.microsoft.com/entra/fundamentals/security-defaults>.

use serde_json::{Value, json};

use super::{Action, Operation, Plan, Step};

/// The kinds that exclude each other.
pub(crate) const DEFAULTS: &str = "security_defaults";
pub(crate) const POLICY: &str = "policy";

/// The state of a policy in force.
pub(crate) const ENABLED: &str = "enabled";

/// Whether a step turns security defaults on or off; nothing when it does neither.
pub(crate) fn turns(step: &Step) -> Option<bool> {
    step.after("is_enabled").filter(|_| step.address.kind == DEFAULTS)?.as_bool()
}

/// Whether a step puts a policy in force.
pub(crate) fn enables(step: &Step) -> bool {
    step.address.kind == POLICY && step.after("state") == Some(&json!(ENABLED))
}

/// Whether a step ends a policy that may be in force.
fn ends(step: &Step) -> bool {
    let state = step.after("state").and_then(Value::as_str);
    step.address.kind == POLICY
        && (step.action == Action::Delete || state.is_some_and(|state| state != ENABLED))
}

/// Which steps wait for which others, by index: policies for the end of security defaults, or these for the end of policies.
fn pairs(steps: &[Step]) -> Vec<(usize, usize)> {
    let turned = steps.iter().enumerate().find_map(|(index, step)| Some((index, turns(step)?)));
    let Some((defaults, on)) = turned else { return Vec::new() };
    let concerned = |(_, step): &(usize, &Step)| if on { ends(step) } else { enables(step) };
    let policies = steps.iter().enumerate().filter(concerned);
    policies.map(|(policy, _)| if on { (defaults, policy) } else { (policy, defaults) }).collect()
}

/// Says in each step what it waits for.
pub(super) fn depend(steps: &mut [Step]) {
    for (waiting, first) in pairs(steps) {
        let address = steps[first].address.clone();
        steps[waiting].depends_on.push(address);
    }
}

/// Lets writes wait for those that have to succeed before.
pub(super) fn put_in_order(plan: &Plan, operations: &mut [Operation]) {
    for (waiting, first) in pairs(&plan.steps) {
        let before = operations.iter().enumerate().filter(|(_, operation)| operation.step == first);
        let before: Vec<usize> = before.map(|(index, _)| index).collect();
        for operation in operations.iter_mut().filter(|operation| operation.step == waiting) {
            operation.after.extend(&before);
        }
    }
}
