//! `unifiedRoleDefinition`: a role, by the id that its template has in every tenant.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroledefinition>

use super::property::{boolean, text, texts};
use super::{DIRECTORY_PAGE, EntityType, FilterClass, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "unifiedRoleDefinition",
    collection: "roleManagement/directory/roleDefinitions",
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
    behavior: quirks::role_assignment::DEFINITIONS,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set(),
    text("displayName").default_set().filter(FilterClass::Flag),
    boolean("isBuiltIn").default_set().read_only(),
    boolean("isEnabled").default_set(),
    texts("resourceScopes").default_set().read_only(),
    text("templateId").default_set().filter(FilterClass::Flag),
];
