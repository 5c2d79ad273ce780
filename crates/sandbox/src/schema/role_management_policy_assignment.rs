//! `unifiedRoleManagementPolicyAssignment`: which settings a role, or a kind of access to a group, has.
//! <https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicyassignment>

use super::property::text;
use super::{EntityType, Navigation, PIM_PAGE, Property, link, no_extra_keys};
use crate::pim::policies;

pub(super) static TYPE: EntityType = EntityType {
    name: "unifiedRoleManagementPolicyAssignment",
    collection: "policies/roleManagementPolicyAssignments",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: policies::ASSIGNMENTS,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("policyId").default_set().not_null().read_only(),
    text("roleDefinitionId").default_set().read_only(),
    text("scopeId").default_set().not_null().read_only(),
    text("scopeType").default_set().not_null().read_only(),
];

static NAVIGATIONS: &[Navigation] = &[link("policy", &["unifiedRoleManagementPolicy"])];
