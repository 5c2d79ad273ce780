//! Directory roles: what administrators may do, for others to refer to.
//!
//! Surprises: Microsoft renames built-in roles and adds new ones without notice, so names are looked up in the tenant; the
//! id of a built-in role is the same in every tenant; few roles can be held over the members of a single unit.

use super::attribute::{Attribute, text};
use super::{KeyRule, Kind, Lookup, SINGLE, Shape};
use crate::pim;
use crate::snapshot::Observed;

pub(super) static KIND: Kind = Kind {
    name: "role",
    table: "roles",
    entity: "unifiedRoleDefinition",
    path: "/roleManagement/directory/roleDefinitions",
    shape: Shape::Fixed,
    summary: "Directory roles, by display name or template id: their settings in PIM, and for other objects to refer to.",
    documentation: "https://learn.microsoft.com/graph/api/resources/unifiedroledefinition",
    example: EXAMPLE,
    licence: "none; to administer a unit, Microsoft Entra ID P1; for settings of PIM, Microsoft Entra ID P2 or Governance",
    plan_permissions: &["RoleManagement.Read.Directory"],
    apply_permissions: &["RoleManagement.Read.Directory"],
    keys: &[key("displayName"), key("templateId")],
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "isBuiltIn", "templateId"],
    check: pim::offline,
    settle: |side, _, wanted, diagnostics| pim::settle(side, wanted, diagnostics),
    ..SINGLE
};

const EXAMPLE: &str = r#"[roles."User Administrator"]
activation = { maximum_duration = "PT4H", require = ["mfa", "justification"], approvers = ["group:Tier 0 admins"] }
eligibility = { maximum = "P365D" }
active_settings = { maximum = "P180D", require = ["justification"] }
notifications = { activated = { admins = { level = "all", recipients = ["soc@contoso.com"] } } }
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(256), "Name of the role; the table's key.")
        .not_clearable()
        .create_only(),
    pim::attributes::ACTIVATION,
    pim::attributes::ELIGIBILITY,
    pim::attributes::ACTIVE_SETTINGS,
    pim::attributes::NOTIFICATIONS,
];

const fn key(property: &'static str) -> KeyRule {
    KeyRule {
        property,
        lookup: Lookup::Filter,
        attribute: None,
        from_key: str::to_owned,
        unique: false,
        applies: |_| true,
    }
}

/// Template ids of the built-in roles that can be held over the members of an administrative unit.
///
/// Source: "Assign Microsoft Entra roles with administrative unit scope",
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/manage-roles-portal>.
const HELD_IN_UNITS: &[&str] = &[
    "58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d", // Attribute Assignment Administrator
    "ffd52fa5-98dc-465c-991d-fc073eb59f8f", // Attribute Assignment Reader
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", // Authentication Administrator
    "7698a772-787b-4ac8-901f-60d6b08affd2", // Cloud Device Administrator
    "fdd7a751-b60b-444a-984c-02652fe8fa1c", // Groups Administrator
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk Administrator
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a", // License Administrator
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
    "644ef478-e28f-4e28-b9dc-3fdde9aa0b1f", // Printer Administrator
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", // SharePoint Administrator
    "69091246-20e8-4a56-aa4d-066075b2a7a8", // Teams Administrator
    "3d762c5a-1b6c-493f-843e-55a3b42923d4", // Teams Devices Administrator
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User Administrator
];

/// Whether a role can be held over the members of an administrative unit. What a custom role allows is not read, so the
/// service judges those.
pub(super) fn is_held_in_units(role: &Observed) -> bool {
    let template = role.text("templateId").to_lowercase();
    !role.flag("isBuiltIn") || HELD_IN_UNITS.contains(&template.as_str())
}
