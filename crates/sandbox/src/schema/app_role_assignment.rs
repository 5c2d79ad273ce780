//! `appRoleAssignment`: a role that an application offers, granted to somebody. An application permission is one that
//! another application was granted.
//! <https://learn.microsoft.com/graph/api/resources/approleassignment>

use super::property::{date, guid, text};
use super::{DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "appRoleAssignment",
    collection: "appRoleAssignments",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::application::GRANT,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    guid("appRoleId").default_set().required(),
    date("createdDateTime").default_set().read_only(),
    text("principalDisplayName").default_set().read_only(),
    guid("principalId").default_set().required(),
    text("principalType").default_set().read_only(),
    text("resourceDisplayName").default_set().read_only(),
    guid("resourceId").default_set().required(),
];
