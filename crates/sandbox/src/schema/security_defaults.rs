//! `identitySecurityDefaultsEnforcementPolicy`: whether Microsoft's own settings protect sign-in.
//! <https://learn.microsoft.com/graph/api/resources/identitysecuritydefaultsenforcementpolicy>

use super::property::{boolean, text};
use super::{DIRECTORY_PAGE, EntityType, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "identitySecurityDefaultsEnforcementPolicy",
    collection: "policies/identitySecurityDefaultsEnforcementPolicy",
    single: true,
    directory_object: true,
    properties: &[
        text("description").default_set(),
        text("displayName").default_set(),
        boolean("isEnabled").default_set().not_null(),
    ],
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::security_defaults::BEHAVIOR,
    extra_keys: no_extra_keys,
};
