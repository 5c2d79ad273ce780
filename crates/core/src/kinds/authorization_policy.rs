//! The authorization policy: what every member may do, what guests see, and who may invite them.
//!
//! Surprises: the permissions of the default role are one object, so a change repeats the rest of it; the list of consent
//! policies also holds entries that other features made.

use super::attribute::{Attribute, Type, Word};
use super::{Clear, Kind, Shape};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};

pub(super) static KIND: Kind = Kind {
    name: "authorization_policy",
    table: "authorization_policy",
    entity: "authorizationPolicy",
    path: "/policies/authorizationPolicy",
    shape: Shape::Singleton,
    summary: "The authorization policy: what every member may do, what guests see, and who may invite them.",
    documentation: "https://learn.microsoft.com/graph/api/resources/authorizationpolicy",
    example: EXAMPLE,
    plan_permissions: &["Policy.Read.All"],
    apply_permissions: &["Policy.ReadWrite.Authorization"],
    attributes: ATTRIBUTES,
    check,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[authorization_policy]
allow_invites_from = "admins_and_guest_inviters"
guest_user_role = "restricted"
default_user_role_permissions = { allowed_to_create_security_groups = false, permission_grant_policies_assigned = ["ManagePermissionGrantsForSelf.microsoft-user-default-low"] }
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "allow_invites_from",
        "allowInvitesFrom",
        Type::Enumeration(&["none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"]),
        "Who may invite guests.",
    )
    .not_clearable(),
    Attribute::new(
        "guest_user_role",
        "guestUserRoleId",
        Type::Words(GUEST_ROLES),
        "What guests may see: as much as members, little, or only their own properties.",
    )
    .not_clearable(),
    Attribute::new(
        "allowed_to_sign_up_email_based_subscriptions",
        "allowedToSignUpEmailBasedSubscriptions",
        Type::Boolean,
        "Whether people may sign up for trials and subscriptions with their e-mail address.",
    )
    .not_clearable(),
    Attribute::new(
        "allow_email_verified_users_to_join_organization",
        "allowEmailVerifiedUsersToJoinOrganization",
        Type::Boolean,
        "Whether somebody who proves to own an address of the tenant's domains may join by signing up.",
    )
    .not_clearable(),
    Attribute::new(
        "allowed_to_use_sspr",
        "allowedToUseSSPR",
        Type::Boolean,
        "Whether administrators may reset their own password; for everybody else see `tenantry explain manual`.",
    )
    .not_clearable(),
    Attribute::new(
        "allow_user_consent_for_risky_apps",
        "allowUserConsentForRiskyApps",
        Type::Boolean,
        "Whether people may consent to applications that Microsoft finds risky; `false` is the safe answer.",
    )
    .not_clearable(),
    Attribute::new(
        "block_msol_power_shell",
        "blockMsolPowerShell",
        Type::Boolean,
        "Whether the retired MSOnline module of PowerShell is locked out.",
    )
    .not_clearable(),
    Attribute::new(
        "default_user_role_permissions",
        "defaultUserRolePermissions",
        Type::Record(PERMISSIONS),
        "What every member may do without a role.",
    )
    .not_clearable(),
];

/// The roles that guests can have, by the ids of their templates.
const GUEST_ROLES: &[Word] = &[
    Word { name: "same_as_member", graph: &["a0b1b346-4d3e-4e8b-98f8-753987be4970"] },
    Word { name: "limited", graph: &["10dae51f-b6af-4016-8d66-8c2a99b929b3"] },
    Word { name: "restricted", graph: &["2af84b1e-32c8-42b7-82bc-daa82404023b"] },
];

static PERMISSIONS: &[Attribute] = &[
    Attribute::new(
        "allowed_to_create_apps",
        "allowedToCreateApps",
        Type::Boolean,
        "Whether members may register applications.",
    )
    .not_clearable(),
    Attribute::new(
        "allowed_to_create_security_groups",
        "allowedToCreateSecurityGroups",
        Type::Boolean,
        "Whether members may create security groups; for Microsoft 365 groups see `group_settings`.",
    )
    .not_clearable(),
    Attribute::new(
        "allowed_to_create_tenants",
        "allowedToCreateTenants",
        Type::Boolean,
        "Whether members may create tenants; `false` leaves that to the role Tenant Creator.",
    )
    .not_clearable(),
    Attribute::new(
        "allowed_to_read_bitlocker_keys_for_owned_device",
        "allowedToReadBitlockerKeysForOwnedDevice",
        Type::Boolean,
        "Whether people may read the BitLocker keys of their own devices.",
    )
    .not_clearable(),
    Attribute::new(
        "allowed_to_read_other_users",
        "allowedToReadOtherUsers",
        Type::Boolean,
        "Whether members may read other people's profiles; `false` is refused, because it breaks services.",
    )
    .not_clearable(),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "permission_grant_policies_assigned",
            "permissionGrantPoliciesAssigned",
            Type::Texts { max_items: 100, max: 200, check: grant_policy, members: &[] },
            "The policies by which people may consent to applications; `[]` lets nobody consent.",
        )
        .in_part()
    },
];

fn grant_policy(text: &str) -> Result<(), String> {
    const FORMS: &[&str] = &["managepermissiongrantsforself.", "managepermissiongrantsforownedresource."];
    let text = text.to_lowercase();
    if FORMS.iter().any(|form| text.strip_prefix(form).is_some_and(|id| !id.is_empty())) {
        Ok(())
    } else {
        Err("write `ManagePermissionGrantsForSelf.{policy id}` or `ManagePermissionGrantsForOwnedResource.{policy id}`"
            .to_owned())
    }
}

fn check(policy: &Declared, diagnostics: &mut Diagnostics) {
    let permissions = policy.value("default_user_role_permissions");
    if permissions.is_some_and(|permissions| permissions["allowedToReadOtherUsers"] == false) {
        let message = "`allowed_to_read_other_users` cannot be false";
        let place = policy.place_of("default_user_role_permissions");
        let diagnostic = Diagnostic::error("unsafe-value", message, place, "takes this permission away");
        diagnostics.push(diagnostic.help(
            "Microsoft 365 services read profiles on behalf of people and fail without it; to keep guests from reading, set `guest_user_role`",
        ));
    }
}
