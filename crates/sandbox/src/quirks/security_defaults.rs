//! Security defaults, which Conditional Access policies in force exclude, and the other way round.
//! <https://learn.microsoft.com/entra/fundamentals/security-defaults>

use super::Behavior;
use super::conditional_access::policies;
use crate::graph::{Directory, Draft, Failure};
use crate::schema;
use crate::store::{Object, Store};

pub(crate) const BEHAVIOR: Behavior =
    Behavior { update: Some(update), seed: |policy, _| fill(policy), ..Behavior::SINGLETON };

fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let is_turned_on = draft.object.flag("isEnabled")
        && !draft.before.as_ref().is_some_and(|before| before.flag("isEnabled"));
    match policies(directory.primary).find(|policy| policy.text("state") == Some("enabled")) {
        Some(policy) if is_turned_on => {
            let name = policy.text("displayName").unwrap_or_default();
            Err(Failure::malformed(format!(
                "Security Defaults cannot be enabled while the Conditional Access policy '{name}' is."
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses a Conditional Access policy that a write would put in force while the defaults are on.
pub(super) fn check_policy(
    directory: &Directory<'_>,
    before: Option<&Object>,
    after: &Object,
) -> Result<(), Failure> {
    let is_enabled = |policy: &Object| policy.text("state") == Some("enabled");
    if is_enabled(after) && !before.is_some_and(is_enabled) && are_on(directory.primary) {
        return Err(Failure::malformed(
            "Security Defaults is enabled in the tenant. It has to be disabled before a policy is enabled.",
        ));
    }
    Ok(())
}

fn are_on(store: &Store) -> bool {
    let kind = schema::by_name("identitySecurityDefaultsEnforcementPolicy");
    let mut ids = kind.into_iter().flat_map(|kind| store.ids(kind, false, None));
    ids.any(|id| store.live(id).is_some_and(|policy| policy.flag("isEnabled")))
}

/// What the policy of a tenant says that has Conditional Access.
fn fill(policy: &mut Object) {
    policy.default("displayName", "Security Defaults");
    policy.default(
        "description",
        "Settings of Microsoft that protect sign-in where no policies of the tenant do.",
    );
    policy.default("isEnabled", false);
}
