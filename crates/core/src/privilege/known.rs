//! What is known of roles and permissions: which are privileged, and which amount to another one.

/// Global Administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// Privileged Role Administrator.
pub const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";

/// Roles whose active holders approve an activation for which nobody is named.
///
/// Source: "Approve activation requests for Microsoft Entra roles in PIM",
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings>.
pub const APPROVERS: [&str; 2] = [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR];

/// Built-in roles that Microsoft marks as privileged, by template id.
///
/// Source: "Microsoft Entra built-in roles",
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>.
static PRIVILEGED: &[&str] = &[
    GLOBAL_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
    "194ae4cb-b126-40b2-bd5b-6091b380977d", // Security Administrator
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", // Security Operator
    "5d6b6bb7-de71-4623-b4af-96380a352509", // Security Reader
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451", // Global Reader
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User Administrator
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk Administrator
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", // Authentication Administrator
    "25a516ed-2fa0-40ea-a2d0-12923a21473a", // Authentication Extensibility Administrator
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", // Conditional Access Administrator
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
    "cf1c38e5-3621-4004-a7cb-879624dced7c", // Application Developer
    "3a2c62db-5318-420d-8d74-23affee5d9d5", // Intune Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", // Hybrid Identity Administrator
    "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e", // Identity Governance Administrator
    "8329153b-31d0-4727-b945-745eb3bc5f31", // Domain Name Administrator
    "be2f45a1-457d-42af-a067-6ec1fa63bc45", // External Identity Provider Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301", // Directory Writers
    "7698a772-787b-4ac8-901f-60d6b08affd2", // Cloud Device Administrator
    "59d46f88-662b-457b-bceb-5c3809e5908f", // Lifecycle Workflows Administrator
    "db506228-d27e-4b7d-95e5-295956d6615f", // Agent ID Administrator
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", // Partner Tier2 Support
];

/// What a role or a permission amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amounts {
    /// Global Administrator.
    ToGlobalAdministrator,
    /// Whatever an application in its scope can do.
    ToApplications,
    /// Whatever a group can do that holds a role.
    ToGroups,
}

/// A role or a permission that amounts to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// The role's template id, or the permission's name.
    pub of: &'static str,
    /// What it amounts to.
    pub amounts: Amounts,
    /// Why, as a clause that follows whoever has it.
    pub why: &'static str,
}

const fn escalation(of: &'static str, amounts: Amounts, why: &'static str) -> Escalation {
    Escalation { of, amounts, why }
}

/// Roles that amount to something else. Held over less than the tenant, only those over applications still do.
///
/// Source: what "Microsoft Entra built-in roles" says each may do,
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>.
pub static ESCALATIONS: &[Escalation] = &[
    escalation(PRIVILEGED_ROLE_ADMINISTRATOR, Amounts::ToGlobalAdministrator, "may assign every role"),
    escalation(
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
        Amounts::ToGlobalAdministrator,
        "may reset the sign-in of every administrator",
    ),
    escalation(
        "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", // Partner Tier2 Support
        Amounts::ToGlobalAdministrator,
        "may reset the password of every administrator",
    ),
    escalation(
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
        Amounts::ToApplications,
        "may sign in as every application, by giving it a secret",
    ),
    escalation(
        "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
        Amounts::ToApplications,
        "may sign in as every application, by giving it a secret",
    ),
];

/// Resource actions of custom roles that amount to something else.
///
/// Source: "App registration permissions for custom roles",
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/custom-available-permissions>.
pub static ACTIONS: &[Escalation] = &[
    escalation(
        "microsoft.directory/applications/credentials/update",
        Amounts::ToApplications,
        "may give applications a secret and sign in as them",
    ),
    escalation(
        "microsoft.directory/applications/owners/update",
        Amounts::ToApplications,
        "may make themselves an owner of applications",
    ),
    escalation(
        "microsoft.directory/serviceprincipals/credentials/update",
        Amounts::ToApplications,
        "may give applications a secret and sign in as them",
    ),
    escalation(
        "microsoft.directory/serviceprincipals/owners/update",
        Amounts::ToApplications,
        "may make themselves an owner of applications",
    ),
];

/// Application permissions for Microsoft Graph that amount to something else, and need no further permission for it.
///
/// Source: what "Microsoft Graph permissions reference" says each allows,
/// <https://learn.microsoft.com/graph/permissions-reference>.
pub static PERMISSIONS: &[Escalation] = &[
    escalation(
        "RoleManagement.ReadWrite.Directory",
        Amounts::ToGlobalAdministrator,
        "may assign itself every role",
    ),
    escalation(
        "RoleAssignmentSchedule.ReadWrite.Directory",
        Amounts::ToGlobalAdministrator,
        "may assign itself every role through Privileged Identity Management",
    ),
    escalation(
        "RoleEligibilitySchedule.ReadWrite.Directory",
        Amounts::ToGlobalAdministrator,
        "may make anybody eligible for every role",
    ),
    escalation(
        "PrivilegedAccess.ReadWrite.AzureAD",
        Amounts::ToGlobalAdministrator,
        "may assign every role through Privileged Identity Management",
    ),
    escalation(
        "AppRoleAssignment.ReadWrite.All",
        Amounts::ToGlobalAdministrator,
        "may grant itself every permission, that of assigning roles included",
    ),
    escalation(
        "UserAuthenticationMethod.ReadWrite.All",
        Amounts::ToGlobalAdministrator,
        "may give every user a way to sign in, administrators included",
    ),
    escalation(
        "Application.ReadWrite.All",
        Amounts::ToApplications,
        "may sign in as every application, by giving it a secret",
    ),
    escalation(
        "PrivilegedAccess.ReadWrite.AzureADGroup",
        Amounts::ToGroups,
        "may put anybody into groups through Privileged Identity Management",
    ),
    escalation(
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
        Amounts::ToGroups,
        "may put anybody into groups through Privileged Identity Management",
    ),
    escalation(
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
        Amounts::ToGroups,
        "may make anybody eligible for groups",
    ),
];

/// Whether Microsoft marks a built-in role as privileged.
pub fn is_privileged(template: &str) -> bool {
    PRIVILEGED.contains(&template)
}

/// Whether an action makes a custom role privileged.
pub fn is_sensitive(action: &str) -> bool {
    ACTIONS.iter().any(|known| known.of == action)
}

/// What a permission amounts to, if to anything.
pub fn permission(name: &str) -> Option<&'static Escalation> {
    PERMISSIONS.iter().find(|permission| permission.of == name)
}
