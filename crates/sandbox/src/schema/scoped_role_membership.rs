//! `scopedRoleMembership`: somebody who holds a role over the members of one administrative unit.
//! <https://learn.microsoft.com/graph/api/resources/scopedrolemembership>

use super::property::{structure, text};
use super::{Complex, DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "scopedRoleMembership",
    collection: "scopedRoleMemberships",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::directory_role::SCOPED,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("administrativeUnitId").default_set().not_null().read_only(),
    text("roleId").default_set().required(),
    structure("roleMemberInfo", &IDENTITY).default_set().required(),
];

static IDENTITY: Complex = Complex { name: "identity", properties: &[text("displayName"), text("id")] };
