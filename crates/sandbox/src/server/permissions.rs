//! Which permission each operation takes: the "Permissions" tables of the reference pages in one place.
//! <https://learn.microsoft.com/graph/permissions-reference>
//!
//! Application permissions (`roles`) and delegated ones (`scp`) share their names, so one list
//! serves both. What restricted administrative units and self-service settings take away is judged
//! by `quirks`. Not modelled: what directory roles add or take away otherwise, and that
//! `User.ReadBasic.All` shows fewer properties.

use super::authority::Claims;
use crate::graph::{Body, Failure, Method, Request};
use crate::pim::policies;
use crate::schema;
use crate::store::{Object, Store, id_of};

/// Any one of these permissions is enough.
type AnyOf = &'static [&'static str];

/// Operations on one kind of path that take the same permission.
struct Rule {
    methods: &'static [Method],
    /// Path below the version; `{}` stands for a key.
    path: &'static str,
    any_of: AnyOf,
}

const fn rule(methods: &'static [Method], path: &'static str, any_of: AnyOf) -> Rule {
    Rule { methods, path, any_of }
}

const READ: &[Method] = &[Method::Get];
const CREATE: &[Method] = &[Method::Post];
const UPDATE: &[Method] = &[Method::Patch];
const DELETE: &[Method] = &[Method::Delete];
const ANY: &[Method] = &[Method::Get, Method::Post];
const WRITE: &[Method] = &[Method::Post, Method::Patch, Method::Put, Method::Delete];

const READ_USERS: AnyOf = &[
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_USERS: AnyOf = &["User.ReadWrite.All", "Directory.ReadWrite.All"];
const READ_MEMBERSHIPS: AnyOf = &[
    "User.Read.All",
    "User.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_GROUPS: AnyOf = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_GROUPS: AnyOf = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
const CREATE_GROUPS: AnyOf = &["Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
const WRITE_MEMBERS: AnyOf = &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
const READ_APPLICATIONS: AnyOf = &[
    "Application.Read.All",
    "Application.ReadWrite.OwnedBy",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_APPLICATIONS: AnyOf =
    &["Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.ReadWrite.All"];
/// Granting a permission takes to know the application it is of as well; that is `READ_APPLICATIONS`, which is not
/// asked for here.
const GRANT_APP_ROLES: AnyOf = &["AppRoleAssignment.ReadWrite.All"];
const READ_DEVICES: AnyOf =
    &["Device.Read.All", "Device.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const WRITE_DEVICES: AnyOf = &["Device.ReadWrite.All", "Directory.ReadWrite.All"];
const READ_DIRECTORY: AnyOf = &["Directory.Read.All", "Directory.ReadWrite.All"];
const WRITE_DIRECTORY: AnyOf = &["Directory.ReadWrite.All"];
const READ_ORGANIZATION: AnyOf =
    &["Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const DELETE_AND_RESTORE_USERS: AnyOf = &["User.DeleteRestore.All", "User.ReadWrite.All"];
const READ_LICENSES: AnyOf = &[
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

const READ_POLICIES: AnyOf = &["Policy.Read.All"];
const WRITE_AUTHORIZATION_POLICY: AnyOf = &["Policy.ReadWrite.Authorization"];
const READ_GROUP_SETTINGS: AnyOf = &[
    "GroupSettings.Read.All",
    "GroupSettings.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_GROUP_SETTINGS: AnyOf = &["GroupSettings.ReadWrite.All", "Directory.ReadWrite.All"];

const READ_UNITS: AnyOf = &[
    "AdministrativeUnit.Read.All",
    "AdministrativeUnit.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_UNITS: AnyOf = &["AdministrativeUnit.ReadWrite.All"];
const READ_ROLES: AnyOf = &[
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_ACTIVE: AnyOf = &[
    "RoleAssignmentSchedule.Read.Directory",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagement.Read.All",
];
const READ_ELIGIBLE: AnyOf = &[
    "RoleEligibilitySchedule.Read.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagement.Read.All",
];
/// Requests are read with what it takes to make them: no permission is only for reading them.
const WRITE_ACTIVE: AnyOf =
    &["RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"];
const WRITE_ELIGIBLE: AnyOf =
    &["RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"];
const WRITE_ROLES: AnyOf = &["RoleManagement.ReadWrite.Directory"];

const READ_ROLE_POLICIES: AnyOf = &[
    "RoleManagementPolicy.Read.Directory",
    "RoleManagementPolicy.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
];
const WRITE_ROLE_POLICIES: AnyOf =
    &["RoleManagementPolicy.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"];
const READ_GROUP_POLICIES: AnyOf =
    &["RoleManagementPolicy.Read.AzureADGroup", "RoleManagementPolicy.ReadWrite.AzureADGroup"];
const WRITE_GROUP_POLICIES: AnyOf = &["RoleManagementPolicy.ReadWrite.AzureADGroup"];

const READ_ACTIVE_ACCESS: AnyOf = &[
    "PrivilegedAssignmentSchedule.Read.AzureADGroup",
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
];
const WRITE_ACTIVE_ACCESS: AnyOf = &["PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"];
const WRITE_ELIGIBLE_ACCESS: AnyOf = &["PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"];
const READ_ELIGIBLE_ACCESS: AnyOf = &[
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
];

const READ_CONTEXTS: AnyOf =
    &["AuthenticationContext.Read.All", "AuthenticationContext.ReadWrite.All", "Policy.Read.All"];
const WRITE_CONTEXTS: AnyOf = &["AuthenticationContext.ReadWrite.All"];
const READ_STRENGTHS: AnyOf = &[
    "Policy.Read.AuthenticationMethod",
    "Policy.ReadWrite.AuthenticationMethod",
    "Policy.ReadWrite.ConditionalAccess",
    "Policy.Read.All",
];
const READ_METHODS: AnyOf =
    &["Policy.Read.AuthenticationMethod", "Policy.ReadWrite.AuthenticationMethod", "Policy.Read.All"];
const WRITE_METHODS: AnyOf = &["Policy.ReadWrite.AuthenticationMethod"];
const WRITE_CONDITIONAL_ACCESS: AnyOf = &["Policy.ReadWrite.ConditionalAccess"];

const WRITE_SECURITY_DEFAULTS: AnyOf = &["Policy.ReadWrite.SecurityDefaults"];
const READ_REPORTS: AnyOf = &["AuditLog.Read.All"];

/// The first rule that fits decides. Paths without a rule need a valid token and no more.
static RULES: &[Rule] = &[
    rule(CREATE, "users/{}/memberOf", READ_MEMBERSHIPS),
    rule(CREATE, "groups/{}/memberOf", READ_GROUPS),
    rule(READ, "users", READ_USERS),
    rule(READ, "users/{}", READ_USERS),
    rule(READ, "users/{}/manager", READ_USERS),
    rule(READ, "users/{}/directReports", READ_USERS),
    rule(READ, "users/{}/licenseDetails", READ_LICENSES),
    rule(READ, "users/{}/*", READ_MEMBERSHIPS),
    rule(CREATE, "users/{}/reprocessLicenseAssignment", WRITE_USERS),
    rule(
        CREATE,
        "users/{}/assignLicense",
        &["LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
    ),
    rule(DELETE, "users/{}", DELETE_AND_RESTORE_USERS),
    rule(WRITE, "users", WRITE_USERS),
    rule(WRITE, "users/{}", WRITE_USERS),
    rule(WRITE, "users/{}/*", WRITE_USERS),
    rule(CREATE, "invitations", &["User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"]),
    rule(READ, "groups/{}/settings", READ_GROUP_SETTINGS),
    rule(READ, "groups/{}/settings/{}", READ_GROUP_SETTINGS),
    rule(WRITE, "groups/{}/settings", WRITE_GROUP_SETTINGS),
    rule(WRITE, "groups/{}/settings/{}", WRITE_GROUP_SETTINGS),
    rule(READ, "groups/{}/groupLifecyclePolicies", READ_DIRECTORY),
    rule(READ, "groups", READ_GROUPS),
    rule(READ, "groups/{}", READ_GROUPS),
    rule(READ, "groups/{}/*", READ_GROUPS),
    rule(CREATE, "groups", CREATE_GROUPS),
    rule(
        CREATE,
        "groups/{}/assignLicense",
        &["LicenseAssignment.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"],
    ),
    rule(WRITE, "groups/{}/members", WRITE_MEMBERS),
    rule(WRITE, "groups/{}/members/{}", WRITE_MEMBERS),
    rule(WRITE, "groups/{}", WRITE_GROUPS),
    rule(WRITE, "groups/{}/*", WRITE_GROUPS),
    rule(READ, "organization", READ_ORGANIZATION),
    rule(READ, "organization/{}", READ_ORGANIZATION),
    rule(UPDATE, "organization/{}", &["Organization.ReadWrite.All"]),
    rule(READ, "subscribedSkus", READ_LICENSES),
    rule(READ, "subscribedSkus/{}", READ_LICENSES),
    rule(READ, "devices", READ_DEVICES),
    rule(READ, "devices/{}", READ_DEVICES),
    rule(READ, "devices/{}/*", READ_DEVICES),
    rule(CREATE, "devices/{}/memberOf", READ_DEVICES),
    rule(WRITE, "devices", WRITE_DEVICES),
    rule(WRITE, "devices/{}", WRITE_DEVICES),
    rule(WRITE, "devices/{}/*", WRITE_DEVICES),
    rule(READ, "servicePrincipals", READ_APPLICATIONS),
    rule(READ, "servicePrincipals/{}", READ_APPLICATIONS),
    rule(READ, "servicePrincipals/{}/*", READ_APPLICATIONS),
    rule(CREATE, "servicePrincipals/{}/memberOf", READ_APPLICATIONS),
    rule(WRITE, "servicePrincipals/{}/appRoleAssignedTo", GRANT_APP_ROLES),
    rule(WRITE, "servicePrincipals/{}/appRoleAssignedTo/{}", GRANT_APP_ROLES),
    rule(WRITE, "servicePrincipals/{}/appRoleAssignments", GRANT_APP_ROLES),
    rule(WRITE, "servicePrincipals/{}/appRoleAssignments/{}", GRANT_APP_ROLES),
    rule(READ, "appRoleAssignments", READ_APPLICATIONS),
    rule(READ, "appRoleAssignments/{}", READ_APPLICATIONS),
    rule(WRITE, "appRoleAssignments", GRANT_APP_ROLES),
    rule(WRITE, "appRoleAssignments/{}", GRANT_APP_ROLES),
    rule(READ, "applications", READ_APPLICATIONS),
    rule(READ, "applications/{}", READ_APPLICATIONS),
    rule(READ, "applications/{}/*", READ_APPLICATIONS),
    rule(WRITE, "applications", WRITE_APPLICATIONS),
    rule(WRITE, "applications/{}", WRITE_APPLICATIONS),
    rule(WRITE, "applications/{}/*", WRITE_APPLICATIONS),
    rule(WRITE, "servicePrincipals", WRITE_APPLICATIONS),
    rule(WRITE, "servicePrincipals/{}", WRITE_APPLICATIONS),
    rule(WRITE, "servicePrincipals/{}/*", WRITE_APPLICATIONS),
    rule(READ, "policies/authorizationPolicy", READ_POLICIES),
    rule(READ, "policies/authorizationPolicy/{}", READ_POLICIES),
    rule(UPDATE, "policies/authorizationPolicy", WRITE_AUTHORIZATION_POLICY),
    rule(UPDATE, "policies/authorizationPolicy/{}", WRITE_AUTHORIZATION_POLICY),
    rule(READ, "identityGovernance/privilegedAccess/group/assignmentSchedules", READ_ACTIVE_ACCESS),
    rule(READ, "identityGovernance/privilegedAccess/group/assignmentSchedules/*", READ_ACTIVE_ACCESS),
    rule(READ, "identityGovernance/privilegedAccess/group/assignmentScheduleInstances", READ_ACTIVE_ACCESS),
    rule(READ, "identityGovernance/privilegedAccess/group/assignmentScheduleInstances/*", READ_ACTIVE_ACCESS),
    rule(READ, "identityGovernance/privilegedAccess/group/eligibilitySchedules", READ_ELIGIBLE_ACCESS),
    rule(READ, "identityGovernance/privilegedAccess/group/eligibilitySchedules/*", READ_ELIGIBLE_ACCESS),
    rule(
        READ,
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        READ_ELIGIBLE_ACCESS,
    ),
    rule(
        READ,
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances/*",
        READ_ELIGIBLE_ACCESS,
    ),
    rule(READ, "identityGovernance/privilegedAccess/group/assignmentScheduleRequests", READ_ACTIVE_ACCESS),
    rule(CREATE, "identityGovernance/privilegedAccess/group/assignmentScheduleRequests", WRITE_ACTIVE_ACCESS),
    rule(READ, "identityGovernance/privilegedAccess/group/assignmentScheduleRequests/{}", READ_ACTIVE_ACCESS),
    rule(
        CREATE,
        "identityGovernance/privilegedAccess/group/assignmentScheduleRequests/{}",
        WRITE_ACTIVE_ACCESS,
    ),
    rule(
        CREATE,
        "identityGovernance/privilegedAccess/group/assignmentScheduleRequests/{}/*",
        WRITE_ACTIVE_ACCESS,
    ),
    rule(READ, "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests", READ_ELIGIBLE_ACCESS),
    rule(
        CREATE,
        "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests",
        WRITE_ELIGIBLE_ACCESS,
    ),
    rule(
        READ,
        "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests/{}",
        READ_ELIGIBLE_ACCESS,
    ),
    rule(
        CREATE,
        "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests/{}",
        WRITE_ELIGIBLE_ACCESS,
    ),
    rule(
        CREATE,
        "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests/{}/*",
        WRITE_ELIGIBLE_ACCESS,
    ),
    rule(READ, "policies/roleManagementPolicies", READ_ROLE_POLICIES),
    rule(READ, "policies/roleManagementPolicies/{}", READ_ROLE_POLICIES),
    rule(READ, "policies/roleManagementPolicies/{}/*", READ_ROLE_POLICIES),
    rule(UPDATE, "policies/roleManagementPolicies/{}", WRITE_ROLE_POLICIES),
    rule(UPDATE, "policies/roleManagementPolicies/{}/*", WRITE_ROLE_POLICIES),
    rule(READ, "policies/roleManagementPolicyAssignments", READ_ROLE_POLICIES),
    rule(READ, "policies/roleManagementPolicyAssignments/{}", READ_ROLE_POLICIES),
    rule(READ, "identity/conditionalAccess/authenticationContextClassReferences", READ_CONTEXTS),
    rule(READ, "identity/conditionalAccess/authenticationContextClassReferences/{}", READ_CONTEXTS),
    rule(WRITE, "identity/conditionalAccess/authenticationContextClassReferences", WRITE_CONTEXTS),
    rule(WRITE, "identity/conditionalAccess/authenticationContextClassReferences/{}", WRITE_CONTEXTS),
    rule(READ, "identity/conditionalAccess/namedLocations", READ_POLICIES),
    rule(READ, "identity/conditionalAccess/namedLocations/{}", READ_POLICIES),
    rule(WRITE, "identity/conditionalAccess/namedLocations", WRITE_CONDITIONAL_ACCESS),
    rule(WRITE, "identity/conditionalAccess/namedLocations/{}", WRITE_CONDITIONAL_ACCESS),
    rule(READ, "identity/conditionalAccess/policies", READ_POLICIES),
    rule(READ, "identity/conditionalAccess/policies/{}", READ_POLICIES),
    rule(WRITE, "identity/conditionalAccess/policies", WRITE_CONDITIONAL_ACCESS),
    rule(WRITE, "identity/conditionalAccess/policies/{}", WRITE_CONDITIONAL_ACCESS),
    rule(READ, "policies/authenticationMethodsPolicy", READ_METHODS),
    rule(READ, "policies/authenticationMethodsPolicy/*", READ_METHODS),
    rule(WRITE, "policies/authenticationMethodsPolicy", WRITE_METHODS),
    rule(WRITE, "policies/authenticationMethodsPolicy/*", WRITE_METHODS),
    rule(READ, "policies/identitySecurityDefaultsEnforcementPolicy", READ_POLICIES),
    rule(UPDATE, "policies/identitySecurityDefaultsEnforcementPolicy", WRITE_SECURITY_DEFAULTS),
    rule(READ, "reports/authenticationMethods/userRegistrationDetails", READ_REPORTS),
    rule(READ, "reports/authenticationMethods/userRegistrationDetails/{}", READ_REPORTS),
    rule(READ, "policies/authenticationStrengthPolicies", READ_STRENGTHS),
    rule(READ, "policies/authenticationStrengthPolicies/{}", READ_STRENGTHS),
    rule(READ, "policies/authenticationStrengthPolicies/{}/*", READ_STRENGTHS),
    rule(WRITE, "policies/authenticationStrengthPolicies", WRITE_CONDITIONAL_ACCESS),
    rule(WRITE, "policies/authenticationStrengthPolicies/{}", WRITE_CONDITIONAL_ACCESS),
    rule(WRITE, "policies/authenticationStrengthPolicies/{}/*", WRITE_CONDITIONAL_ACCESS),
    rule(READ, "groupSettings", READ_GROUP_SETTINGS),
    rule(READ, "groupSettings/{}", READ_GROUP_SETTINGS),
    rule(WRITE, "groupSettings", WRITE_GROUP_SETTINGS),
    rule(WRITE, "groupSettings/{}", WRITE_GROUP_SETTINGS),
    rule(READ, "groupSettingTemplates", READ_GROUP_SETTINGS),
    rule(READ, "groupSettingTemplates/{}", READ_GROUP_SETTINGS),
    rule(READ, "groupLifecyclePolicies", READ_DIRECTORY),
    rule(READ, "groupLifecyclePolicies/{}", READ_DIRECTORY),
    rule(WRITE, "groupLifecyclePolicies", WRITE_DIRECTORY),
    rule(WRITE, "groupLifecyclePolicies/{}", WRITE_DIRECTORY),
    rule(WRITE, "groupLifecyclePolicies/{}/*", WRITE_DIRECTORY),
    rule(READ, "directory/administrativeUnits/{}/scopedRoleMembers", READ_ROLES),
    rule(READ, "directory/administrativeUnits/{}/scopedRoleMembers/{}", READ_ROLES),
    rule(WRITE, "directory/administrativeUnits/{}/scopedRoleMembers", WRITE_ROLES),
    rule(WRITE, "directory/administrativeUnits/{}/scopedRoleMembers/{}", WRITE_ROLES),
    rule(READ, "directory/administrativeUnits", READ_UNITS),
    rule(READ, "directory/administrativeUnits/{}", READ_UNITS),
    rule(READ, "directory/administrativeUnits/{}/*", READ_UNITS),
    rule(WRITE, "directory/administrativeUnits", WRITE_UNITS),
    rule(WRITE, "directory/administrativeUnits/{}", WRITE_UNITS),
    rule(WRITE, "directory/administrativeUnits/{}/*", WRITE_UNITS),
    rule(READ, "directoryRoleTemplates", READ_ROLES),
    rule(READ, "directoryRoleTemplates/{}", READ_ROLES),
    rule(READ, "directoryRoles", READ_ROLES),
    rule(READ, "directoryRoles/{}", READ_ROLES),
    rule(READ, "directoryRoles/{}/*", READ_ROLES),
    rule(WRITE, "directoryRoles", WRITE_ROLES),
    rule(WRITE, "directoryRoles/{}", WRITE_ROLES),
    rule(WRITE, "directoryRoles/{}/*", WRITE_ROLES),
    rule(READ, "roleManagement/directory/roleDefinitions", READ_ROLES),
    rule(READ, "roleManagement/directory/roleDefinitions/{}", READ_ROLES),
    rule(WRITE, "roleManagement/directory/roleDefinitions", WRITE_ROLES),
    rule(WRITE, "roleManagement/directory/roleDefinitions/{}", WRITE_ROLES),
    rule(READ, "roleManagement/directory/roleAssignments", READ_ROLES),
    rule(READ, "roleManagement/directory/roleAssignments/{}", READ_ROLES),
    rule(WRITE, "roleManagement/directory/roleAssignments", WRITE_ROLES),
    rule(WRITE, "roleManagement/directory/roleAssignments/{}", WRITE_ROLES),
    rule(READ, "roleManagement/directory/roleAssignmentSchedules", READ_ACTIVE),
    rule(READ, "roleManagement/directory/roleAssignmentSchedules/{}", READ_ACTIVE),
    rule(READ, "roleManagement/directory/roleAssignmentSchedules/{}/*", READ_ACTIVE),
    rule(READ, "roleManagement/directory/roleEligibilitySchedules", READ_ELIGIBLE),
    rule(READ, "roleManagement/directory/roleEligibilitySchedules/{}", READ_ELIGIBLE),
    rule(READ, "roleManagement/directory/roleEligibilitySchedules/{}/*", READ_ELIGIBLE),
    rule(READ, "roleManagement/directory/roleAssignmentScheduleInstances", READ_ACTIVE),
    rule(READ, "roleManagement/directory/roleAssignmentScheduleInstances/{}", READ_ACTIVE),
    rule(READ, "roleManagement/directory/roleEligibilityScheduleInstances", READ_ELIGIBLE),
    rule(READ, "roleManagement/directory/roleEligibilityScheduleInstances/{}", READ_ELIGIBLE),
    rule(ANY, "roleManagement/directory/roleAssignmentScheduleRequests", WRITE_ACTIVE),
    rule(ANY, "roleManagement/directory/roleAssignmentScheduleRequests/{}", WRITE_ACTIVE),
    rule(ANY, "roleManagement/directory/roleAssignmentScheduleRequests/{}/*", WRITE_ACTIVE),
    rule(ANY, "roleManagement/directory/roleEligibilityScheduleRequests", WRITE_ELIGIBLE),
    rule(ANY, "roleManagement/directory/roleEligibilityScheduleRequests/{}", WRITE_ELIGIBLE),
    rule(ANY, "roleManagement/directory/roleEligibilityScheduleRequests/{}/*", WRITE_ELIGIBLE),
    rule(READ, "scopedRoleMemberships", READ_ROLES),
    rule(READ, "scopedRoleMemberships/{}", READ_ROLES),
    rule(WRITE, "scopedRoleMemberships", WRITE_ROLES),
    rule(WRITE, "scopedRoleMemberships/{}", WRITE_ROLES),
    rule(CREATE, "directoryObjects/getByIds", READ_DIRECTORY),
    rule(CREATE, "directoryObjects/{}/memberOf", READ_DIRECTORY),
    rule(READ, "directoryObjects", READ_DIRECTORY),
    rule(READ, "directoryObjects/{}", READ_DIRECTORY),
    rule(READ, "directoryObjects/{}/*", READ_DIRECTORY),
];

/// What writes to some paths take besides.
static BESIDES: &[(&str, &[AnyOf])] = &[
    ("identity/conditionalAccess/policies", &[READ_POLICIES, READ_APPLICATIONS]),
    ("policies/identitySecurityDefaultsEnforcementPolicy", &[READ_POLICIES]),
    ("identity/conditionalAccess/namedLocations", &[READ_POLICIES, READ_APPLICATIONS]),
    ("identity/conditionalAccess/deletedItems", &[READ_POLICIES, READ_APPLICATIONS]),
];

/// What deleted objects take by type, to read and to restore or purge.
static DELETED: &[(&str, AnyOf, AnyOf)] = &[
    ("user", READ_USERS, DELETE_AND_RESTORE_USERS),
    ("group", READ_GROUPS, WRITE_GROUPS),
    ("servicePrincipal", READ_APPLICATIONS, WRITE_APPLICATIONS),
    ("application", READ_APPLICATIONS, WRITE_APPLICATIONS),
    ("device", READ_DEVICES, WRITE_DEVICES),
    ("administrativeUnit", READ_UNITS, WRITE_UNITS),
];

/// Properties with a permission of their own: to read, and to write.
static PROPERTIES: &[(&str, AnyOf, AnyOf)] = &[(
    "customSecurityAttributes",
    &["CustomSecAttributeAssignment.Read.All", "CustomSecAttributeAssignment.ReadWrite.All"],
    &["CustomSecAttributeAssignment.ReadWrite.All"],
)];

/// Writes that a narrower permission allows when they touch nothing but these properties.
static NARROW: &[(&str, &[&str], AnyOf)] = &[
    ("users/{}", &["accountEnabled"], &["User.EnableDisableAccount.All"]),
    ("users/{}", &["passwordProfile"], &["User-PasswordProfile.ReadWrite.All"]),
    ("users/{}", &["identities"], &["User.ManageIdentities.All"]),
    ("users/{}", &["businessPhones", "mobilePhone"], &["User-Phone.ReadWrite.All"]),
    ("users/{}", &["otherMails"], &["User-Mail.ReadWrite.All"]),
    ("users/{}", &["customSecurityAttributes"], &["User.Read.All"]),
    ("groups/{}", &["members@odata.bind"], &["GroupMember.ReadWrite.All"]),
];

/// Actions that ask which groups an object is in, and write nothing.
const MEMBERSHIP_QUESTIONS: &[&str] =
    &["checkMemberGroups", "checkMemberObjects", "getMemberGroups", "getMemberObjects"];

/// What it takes to make a group that roles can be assigned to, or to change one.
const ROLE_ASSIGNABLE: AnyOf = &["RoleManagement.ReadWrite.Directory"];

/// Refuses a request whose token lacks a permission.
pub(super) fn check(caller: &Claims, request: &Request, store: &Store) -> Result<(), Failure> {
    let path = shape(request);
    // No application permission covers it.
    if path.last().is_some_and(|last| last == "evaluateDynamicMembership") && !caller.is_delegated() {
        return Err(Failure::denied());
    }
    let holds = |any_of: AnyOf| any_of.iter().any(|permission| caller.has(permission));
    let usual = if path.iter().map(String::as_str).take(2).eq(["directory", "deletedItems"]) {
        deleted(request, store)
    } else if path.iter().take(3).map(String::as_str).eq(["identity", "conditionalAccess", "deletedItems"]) {
        Some(if request.method == Method::Get { READ_POLICIES } else { WRITE_CONDITIONAL_ACCESS })
    } else if creates_in_unit(request) {
        Some(CREATE_GROUPS)
    } else if concerns_group_policies(request) {
        Some(if request.method == Method::Get { READ_GROUP_POLICIES } else { WRITE_GROUP_POLICIES })
    } else {
        find(request.method, &path).map(|rule| rule.any_of)
    };
    let narrower = narrow(request, &path).or_else(|| removal(request, &path));
    let may = usual.is_none_or(holds) || narrower.is_some_and(holds);
    let may_properties = of_properties(request).into_iter().all(holds);
    let may_besides = besides(request.method, &path).iter().copied().all(holds);
    let may_roles = !concerns_role_assignable(request, &path, store) || holds(ROLE_ASSIGNABLE);
    if may && may_besides && may_properties && may_roles { Ok(()) } else { Err(Failure::denied()) }
}

/// Whether a request reads or writes the settings of access to a group.
fn concerns_group_policies(request: &Request) -> bool {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).take(2).collect();
    matches!(segments[..], ["policies", "roleManagementPolicies" | "roleManagementPolicyAssignments"])
        && policies::concerns_groups(request)
}

fn find(method: Method, path: &[String]) -> Option<&'static Rule> {
    let fits = |rule: &&Rule| {
        let pattern: Vec<&str> = rule.path.split('/').collect();
        let (known, open) = match pattern.as_slice() {
            [known @ .., "*"] => (known, true),
            all => (all, false),
        };
        let long_enough = if open { path.len() > known.len() } else { path.len() == known.len() };
        long_enough && known.iter().zip(path).all(|(wanted, found)| *wanted == "{}" || wanted == found)
    };
    RULES.iter().filter(|rule| rule.methods.contains(&method)).find(fits)
}

/// What a write takes besides the permission of the table.
fn besides(method: Method, path: &[String]) -> &'static [AnyOf] {
    let place = path.join("/");
    let found = BESIDES.iter().find(|(prefix, _)| place.starts_with(prefix) && method != Method::Get);
    found.map_or(&[], |(_, all)| all)
}

/// The path as the table writes it: keys in parentheses as segments, without what only shapes the
/// answer (`$count`, `$ref`, `delta`, casts), and questions about memberships as the relationship.
fn shape(request: &Request) -> Vec<String> {
    let mut shape = Vec::new();
    for segment in &request.segments {
        let name = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
        match segment.split_once('(') {
            _ if MEMBERSHIP_QUESTIONS.contains(&name) => shape.push("memberOf".to_owned()),
            _ if segment.starts_with('$') || name.starts_with("delta") || name != segment => {}
            Some((name, _)) => shape.extend([name.to_owned(), "{}".to_owned()]),
            None => shape.push(segment.clone()),
        }
    }
    shape
}

/// The permission for a write that touches few properties, if the table has one.
fn narrow(request: &Request, path: &[String]) -> Option<AnyOf> {
    let (Method::Patch, Body::Json(body)) = (request.method, &request.body) else {
        return None;
    };
    let body = body.as_object().filter(|body| !body.is_empty())?;
    let shaped = |pattern: &str| {
        let segments: Vec<&str> = pattern.split('/').collect();
        segments.len() == path.len() && segments.first().is_some_and(|first| *first == path[0])
    };
    let only = |names: &[&str]| body.keys().all(|name| names.contains(&name.as_str()));
    NARROW.iter().find(|(pattern, names, _)| shaped(pattern) && only(names)).map(|(.., any_of)| *any_of)
}

/// The permission for a request that only takes a role away.
fn removal(request: &Request, path: &[String]) -> Option<AnyOf> {
    let (Method::Post, Body::Json(body)) = (request.method, &request.body) else {
        return None;
    };
    let removes = body["action"].as_str().is_some_and(|action| action.eq_ignore_ascii_case("adminRemove"));
    match path.last().filter(|_| removes)?.as_str() {
        "roleAssignmentScheduleRequests" => Some(&["RoleAssignmentSchedule.Remove.Directory"]),
        "roleEligibilityScheduleRequests" => Some(&["RoleEligibilitySchedule.Remove.Directory"]),
        "assignmentScheduleRequests" => Some(&["PrivilegedAssignmentSchedule.Remove.AzureADGroup"]),
        "eligibilityScheduleRequests" => Some(&["PrivilegedEligibilitySchedule.Remove.AzureADGroup"]),
        _ => None,
    }
}

/// Deleted objects take what their type takes; lists name it by a cast.
fn deleted(request: &Request, store: &Store) -> Option<AnyOf> {
    let last = request.segments.last()?;
    let by_cast = schema::by_name(last).filter(|_| last.starts_with("microsoft.graph."));
    let by_id = || Some(store.any(id_of(request.segments.get(2)?))?.entity);
    let entity = by_cast.or_else(by_id)?;
    let (_, read, write) = DELETED.iter().find(|(name, ..)| *name == entity.name)?;
    Some(if request.method == Method::Get { read } else { write })
}

/// Whether a request creates a group in an administrative unit, where the path alone says that a member is added.
fn creates_in_unit(request: &Request) -> bool {
    let segments = request.segments.iter().map(String::as_str).collect::<Vec<_>>();
    request.method == Method::Post
        && matches!(segments[..], ["directory", "administrativeUnits", _, "members"])
}

fn of_properties(request: &Request) -> Vec<AnyOf> {
    let asked: String = ["select", "filter"].iter().filter_map(|name| request.option(name)).collect();
    let sent = |name: &str| matches!(&request.body, Body::Json(body) if body.get(name).is_some());
    let of_one = |(name, read, write): &(&str, AnyOf, AnyOf)| match request.method {
        Method::Get => asked.contains(name).then_some(*read),
        _ => sent(name).then_some(*write),
    };
    PROPERTIES.iter().filter_map(of_one).collect()
}

/// Whether a write makes a role-assignable group or concerns one there is.
fn concerns_role_assignable(request: &Request, path: &[String], store: &Store) -> bool {
    let of_groups = path.first().is_some_and(|first| first == "groups") || creates_in_unit(request);
    if request.method == Method::Get || !of_groups {
        return false;
    }
    let is_set = |object: &Object| object.get("isAssignableToRole") == Some(&true.into());
    let sets = matches!(&request.body, Body::Json(body) if body["isAssignableToRole"] == true);
    sets || addressed(request, store).is_some_and(is_set)
}

/// The group a path names by id or unique name.
fn addressed<'a>(request: &Request, store: &'a Store) -> Option<&'a Object> {
    let (first, rest) = request.segments.split_first()?;
    let object = match first.split_once('(') {
        Some((_, key)) => {
            let (_, value) = key.strip_suffix(')')?.split_once('=')?;
            store.holder("uniqueName", &value.trim_matches('\'').replace("''", "'"))
        }
        None => store.any(id_of(rest.first()?)),
    };
    object.map(std::sync::Arc::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_served_collection_has_rules() {
        for entity in schema::TYPES {
            let collection: Vec<String> = entity.collection.split('/').map(str::to_owned).collect();
            let one: Vec<String> = collection.iter().cloned().chain(["{}".to_owned()]).collect();
            let covered = [Method::Get, Method::Post, Method::Patch, Method::Delete]
                .iter()
                .any(|method| find(*method, &collection).or(find(*method, &one)).is_some());
            assert!(covered, "{} has no rule", entity.collection);
        }
    }

    #[test]
    fn every_rule_starts_with_a_served_collection() {
        for rule in RULES {
            let starts = |with: &str| rule.path == with || rule.path.starts_with(&format!("{with}/"));
            let known = schema::TYPES.iter().any(|entity| starts(entity.collection));
            assert!(known || starts("directoryObjects"), "{}", rule.path);
        }
    }

    #[test]
    fn every_named_property_is_one() {
        for (name, ..) in PROPERTIES {
            let known = schema::TYPES.iter().any(|entity| entity.property(name).is_some());
            assert!(known, "{name}");
        }
        for (path, names, _) in NARROW {
            let entity = schema::by_collection(path.split('/').next().unwrap()).unwrap();
            for name in *names {
                let bound = name.strip_suffix("@odata.bind");
                let known = entity.property(name).is_some()
                    || bound.is_some_and(|name| entity.navigation(name).is_some());
                assert!(known, "{path} {name}");
            }
        }
    }
}
