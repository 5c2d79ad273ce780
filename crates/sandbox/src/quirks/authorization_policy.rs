//! The authorization policy: always there, with the defaults of a new tenant.
//! <https://learn.microsoft.com/graph/api/authorizationpolicy-update>

use serde_json::{Value, json};

use super::Behavior;
use crate::graph::{Directory, Draft, Failure};
use crate::schema::bad_request;
use crate::store::Object;

pub(crate) const BEHAVIOR: Behavior =
    Behavior { update: Some(update), seed: |policy, _| complete(policy), ..Behavior::SINGLETON };

/// What guests may see: as much as members, little, or only themselves.
const GUEST_ROLES: &[&str] = &[
    "a0b1b346-4d3e-4e8b-98f8-753987be4970",
    "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    "2af84b1e-32c8-42b7-82bc-daa82404023b",
];

/// What an assigned permission grant policy begins with, in lower case.
const GRANTS: &[&str] = &["managepermissiongrantsforself.", "managepermissiongrantsforownedresource."];

fn update(_: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let policy = &draft.object;
    if !policy.text("guestUserRoleId").is_some_and(|role| GUEST_ROLES.contains(&role)) {
        return Err(invalid("guestUserRoleId"));
    }
    let grants = policy.get("defaultUserRolePermissions");
    let grants = grants.and_then(|found| found["permissionGrantPoliciesAssigned"].as_array());
    let is_known = |grant: &Value| {
        let grant = grant.as_str().unwrap_or_default().to_lowercase();
        GRANTS.iter().any(|prefix| grant.starts_with(prefix))
    };
    match grants.into_iter().flatten().all(is_known) {
        true => Ok(()),
        false => Err(invalid("permissionGrantPoliciesAssigned")),
    }
}

/// Fills in the values of a new tenant.
fn complete(policy: &mut Object) {
    policy.default("displayName", "Authorization Policy");
    policy.default("description", "What members, guests and self-service may do in this tenant by default.");
    policy.default("allowInvitesFrom", "everyone");
    policy.default("guestUserRoleId", GUEST_ROLES[1]);
    policy.default("allowedToSignUpEmailBasedSubscriptions", true);
    policy.default("allowEmailVerifiedUsersToJoinOrganization", false);
    policy.default("allowedToUseSSPR", true);
    policy.default("allowUserConsentForRiskyApps", false);
    let mut permissions = json!({
        "allowedToCreateApps": true,
        "allowedToCreateSecurityGroups": true,
        "allowedToCreateTenants": true,
        "allowedToReadBitlockerKeysForOwnedDevice": true,
        "allowedToReadOtherUsers": true,
        "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"],
    });
    let given = policy.get("defaultUserRolePermissions").and_then(Value::as_object);
    for (name, value) in given.into_iter().flatten() {
        permissions[name] = value.clone();
    }
    policy.set("defaultUserRolePermissions", permissions);
}

fn invalid(name: &'static str) -> Failure {
    bad_request(format!("Invalid value specified for property '{name}' of resource 'AuthorizationPolicy'."))
        .with_detail("InvalidValue", name)
}
