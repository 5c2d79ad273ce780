//! `unifiedRoleManagementPolicy`: the settings of one role, or of one kind of access to one group.
//! <https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicy>

use super::property::{boolean, date, structure, text};
use super::{Complex, EntityType, KeyScope, Navigation, PIM_PAGE, Property, held};
use crate::pim::policies;
use crate::store::Object;

pub(super) static TYPE: EntityType = EntityType {
    name: "unifiedRoleManagementPolicy",
    collection: "policies/roleManagementPolicies",
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
    behavior: policies::POLICIES,
    extra_keys: subject,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set().not_null().read_only(),
    text("displayName").default_set().not_null().read_only(),
    boolean("isOrganizationDefault").default_set().read_only(),
    structure("lastModifiedBy", &IDENTITY).default_set().read_only(),
    date("lastModifiedDateTime").default_set().read_only(),
    text("scopeId").default_set().not_null().read_only(),
    text("scopeType").default_set().not_null().read_only(),
];

static NAVIGATIONS: &[Navigation] = &[held("effectiveRules"), held("rules")];

static IDENTITY: Complex = Complex { name: "identity", properties: &[text("displayName"), text("id")] };

/// Index of the policies by what they are about.
pub(crate) const SUBJECT: &str = "policySubject";

/// What a policy is about: a role, or a group and the kind of access to it.
fn subject(policy: &Object) -> Vec<(&'static str, String, KeyScope)> {
    let parts = (policy.text("scopeId"), policy.text("roleDefinitionId"));
    let (Some(scope), Some(role)) = parts else { return Vec::new() };
    vec![(SUBJECT, format!("{scope}|{role}").to_lowercase(), KeyScope::Always)]
}
