//! `authorizationPolicy`: what people, guests and self-service may do by default.
//! <https://learn.microsoft.com/graph/api/resources/authorizationpolicy>

use super::property::{boolean, guid, structure, text, texts};
use super::{Complex, DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "authorizationPolicy",
    collection: "policies/authorizationPolicy",
    single: true,
    directory_object: true,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::authorization_policy::BEHAVIOR,
    extra_keys: no_extra_keys,
};

const INVITERS: &[&str] = &["none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"];

static PROPERTIES: &[Property] = &[
    boolean("allowedToSignUpEmailBasedSubscriptions").default_set().not_null(),
    boolean("allowedToUseSSPR").default_set().not_null(),
    boolean("allowEmailVerifiedUsersToJoinOrganization").default_set().not_null(),
    text("allowInvitesFrom").default_set().not_null().one_of(INVITERS),
    boolean("allowUserConsentForRiskyApps").default_set(),
    boolean("blockMsolPowerShell").default_set(),
    structure("defaultUserRolePermissions", &DEFAULT_USER_ROLE_PERMISSIONS).default_set().not_null(),
    text("description").default_set(),
    text("displayName").default_set(),
    guid("guestUserRoleId").default_set().not_null(),
];

static DEFAULT_USER_ROLE_PERMISSIONS: Complex = Complex {
    name: "defaultUserRolePermissions",
    properties: &[
        boolean("allowedToCreateApps").not_null(),
        boolean("allowedToCreateSecurityGroups").not_null(),
        boolean("allowedToCreateTenants"),
        boolean("allowedToReadBitlockerKeysForOwnedDevice"),
        boolean("allowedToReadOtherUsers").not_null(),
        texts("permissionGrantPoliciesAssigned"),
    ],
};
