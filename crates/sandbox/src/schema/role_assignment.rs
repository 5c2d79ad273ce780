//! `unifiedRoleAssignment`: somebody who holds a role in a scope.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroleassignment>

use super::property::text;
use super::role_schedule::{HOLDERS, SCOPES};
use super::{DIRECTORY_PAGE, EntityType, FilterClass, Navigation, Property, by_id, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "unifiedRoleAssignment",
    collection: "roleManagement/directory/roleAssignments",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::role_assignment::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("appScopeId").create_only(),
    text("condition").create_only(),
    text("directoryScopeId").default_set().create_only().filter(FilterClass::Key),
    text("principalId").default_set().required().create_only().filter(FilterClass::Key),
    text("roleDefinitionId").default_set().required().create_only().filter(FilterClass::Key),
];

static NAVIGATIONS: &[Navigation] = &[
    by_id("principal", "principalId", HOLDERS),
    by_id("roleDefinition", "roleDefinitionId", &["unifiedRoleDefinition"]),
    by_id("directoryScope", "directoryScopeId", SCOPES),
];
