//! `directoryRole`: a built-in role that somebody has activated in the tenant.
//! <https://learn.microsoft.com/graph/api/resources/directoryrole>

use super::property::text;
use super::{DIRECTORY_PAGE, EntityType, FilterClass, KeyScope, Navigation, Property, links, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "directoryRole",
    collection: "directoryRoles",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &["roleTemplateId"],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::directory_role::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set().read_only(),
    text("displayName").default_set().read_only().filter(FilterClass::Flag),
    text("roleTemplateId").default_set().required().filter(FilterClass::Flag).key(KeyScope::Always),
];

static NAVIGATIONS: &[Navigation] = &[links("members", &["user", "group", "servicePrincipal"])];
