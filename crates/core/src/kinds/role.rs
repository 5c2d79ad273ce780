//! Directory roles: what administrators may do, for others to refer to.
//!
//! Surprises: Microsoft renames built-in roles and adds new ones without notice, so names are looked up in the tenant; the
//! id of a built-in role is the same in every tenant; few roles can be held over the members of a single unit.

use super::attribute::{Attribute, Clear, ScheduleOf, Schedules, Type, text};
use super::{KeyRule, Kind, Lookup, SINGLE, Shape};
use crate::pim;
use crate::snapshot::Observed;

pub(super) static KIND: Kind = Kind {
    name: "role",
    table: "roles",
    entity: "unifiedRoleDefinition",
    path: "/roleManagement/directory/roleDefinitions",
    shape: Shape::Fixed,
    summary: "Directory roles, by display name or template id: who holds them, who may activate them, and what that takes.",
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
active = [{ ref = "user:adele.vance@contoso.com", until = 2027-03-31, reason = "cover" }]
eligible = ["group:Tier 1 admins", { ref = "user:megan.bowen@contoso.com", scope = "unit:Retail", duration = "P90D" }]
activation = { maximum_duration = "PT4H", require = ["mfa", "justification"], approvers = ["group:Tier 0 admins"] }
eligibility = { maximum = "P365D" }
active_settings = { maximum = "P180D", require = ["justification"] }
notifications = { activated = { admins = { level = "all", recipients = ["soc@contoso.com"] } } }
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(256), "Name of the role; the table's key.")
        .not_clearable()
        .create_only(),
    ACTIVE,
    ELIGIBLE,
    pim::attributes::ACTIVATION,
    pim::attributes::ELIGIBILITY,
    pim::attributes::ACTIVE_SETTINGS,
    pim::attributes::NOTIFICATIONS,
];

/// Who holds a role now.
pub(super) const ACTIVE: Attribute = Attribute {
    clear: Clear::Empty,
    ..Attribute::new(
        "active",
        "roleAssignmentSchedules",
        Type::Schedules(Schedules {
            of: ScheduleOf::Role,
            eligible: false,
            members: HOLDERS,
            scopes: SCOPES,
            accepts: is_held_over,
            accepted: ACCEPTED,
        }),
        "Who holds the role: users, role-assignable groups, applications; permanently, until a day, or for a time. \
         Activations of eligible people are no part of it and are left alone.",
    )
}
.needs("RoleAssignmentSchedule.Read.Directory", "RoleAssignmentSchedule.ReadWrite.Directory");

/// Who may activate a role.
pub(super) const ELIGIBLE: Attribute = Attribute {
    clear: Clear::Empty,
    ..Attribute::new(
        "eligible",
        "roleEligibilitySchedules",
        Type::Schedules(Schedules {
            of: ScheduleOf::Role,
            eligible: true,
            members: &["user", "group"],
            scopes: SCOPES,
            accepts: is_held_over,
            accepted: ACCEPTED,
        }),
        "Who may activate the role through Privileged Identity Management: users, role-assignable groups. Takes \
         Microsoft Entra ID P2 or Microsoft Entra ID Governance.",
    )
}
.needs("RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory");

/// Who may hold a role.
const HOLDERS: &[&str] = &["user", "group", "app"];

/// What a role may be held over instead of the whole tenant.
const SCOPES: &[&str] = &["unit", "app_registration", "app"];

const ACCEPTED: &str = "over the members of units: Authentication, Groups, Helpdesk, License, Password, Teams and User \
                        Administrator, a few more built-in roles; over applications: Application and Cloud Application \
                        Administrator; custom roles over both";

/// Template ids of the built-in roles that can be held over a single application.
const HELD_OVER_APPLICATIONS: &[&str] = &[
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
];

/// Whether a role can be held over the members of a unit, or over a single object.
fn is_held_over(role: &Observed, unit: bool) -> bool {
    let template = role.text("templateId").to_lowercase();
    let listed = if unit { HELD_IN_UNITS } else { HELD_OVER_APPLICATIONS };
    !role.flag("isBuiltIn") || listed.contains(&template.as_str())
}

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
    is_held_over(role, true)
}
