//! `unifiedRoleAssignment`: somebody who holds a role in a scope.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroleassignment>

use super::property::text;
use super::{DIRECTORY_PAGE, EntityType, FilterClass, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "unifiedRoleAssignment",
    collection: "roleManagement/directory/roleAssignments",
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
    behavior: quirks::role_assignment::ASSIGNMENTS,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("appScopeId").create_only(),
    text("directoryScopeId").default_set().create_only().filter(FilterClass::Flag),
    text("principalId").default_set().required().create_only().filter(FilterClass::Flag),
    text("roleDefinitionId").default_set().required().create_only().filter(FilterClass::Flag),
];
