//! What people without an administrator's role may create for themselves. Applications are not bound by it.
//! <https://learn.microsoft.com/microsoft-365/solutions/manage-creation-of-groups>

use std::sync::Arc;

use super::directory_role;
use super::group::is_unified;
use super::group_setting::of_tenant;
use crate::graph::{Directory, Failure};
use crate::schema;
use crate::store::{Object, id_of};

/// Templates of the roles that no setting keeps from creating groups: Global, User, Groups, Exchange, SharePoint and
/// Teams Administrator, Directory Writers.
const GROUP_CREATORS: &[&str] = &[
    "62e90394-69f5-4237-9190-012177145e10",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "69091246-20e8-4a56-aa4d-066075b2a7a8",
    "9360feb5-f418-4baa-8175-e2a00bac4301",
];

/// Templates of the roles that may invite guests: Global and User Administrator, Guest Inviter.
const INVITERS: &[&str] = &[
    "62e90394-69f5-4237-9190-012177145e10",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "95e79109-95c0-4d8e-aee3-d01accf2d47b",
];

/// The person who asks; `None` for applications.
pub(super) fn person<'a>(directory: &Directory<'a>) -> Option<&'a Arc<Object>> {
    let caller = directory.primary.live(directory.caller?)?;
    (caller.entity.name == "user").then_some(caller)
}

/// Refuses a group that the person may not create.
pub(super) fn check_group(directory: &Directory<'_>, group: &Object) -> Result<(), Failure> {
    let Some(person) = person(directory) else {
        return Ok(());
    };
    let may = directory_role::holds(directory.primary, person.id, GROUP_CREATORS)
        || if is_unified(group) {
            may_create_unified(directory, person)
        } else {
            let permissions = policy(directory).and_then(|policy| policy.get("defaultUserRolePermissions"));
            permissions.is_none_or(|found| found["allowedToCreateSecurityGroups"] != false)
        };
    if may { Ok(()) } else { Err(Failure::denied()) }
}

/// Everybody may unless that is switched off; then the direct members of one group.
fn may_create_unified(directory: &Directory<'_>, person: &Object) -> bool {
    let allowed = of_tenant(directory.primary, "GroupCreationAllowedGroupId");
    !of_tenant(directory.primary, "EnableGroupCreation").eq_ignore_ascii_case("false")
        || (!allowed.is_empty() && directory.primary.is_linked(id_of(&allowed), "members", person.id))
}

/// Refuses an invitation by a person who may not invite guests.
pub(super) fn check_invitation(directory: &Directory<'_>) -> Result<(), Failure> {
    let Some(person) = person(directory) else {
        return Ok(());
    };
    let invites = || directory_role::holds(directory.primary, person.id, INVITERS);
    let may = match policy(directory).and_then(|policy| policy.text("allowInvitesFrom")) {
        Some("none") => false,
        Some("adminsAndGuestInviters") => invites(),
        Some("adminsGuestInvitersAndAllMembers") => person.text("userType") != Some("Guest") || invites(),
        _ => true,
    };
    if may { Ok(()) } else { Err(Failure::denied()) }
}

fn policy<'a>(directory: &Directory<'a>) -> Option<&'a Arc<Object>> {
    let kind = schema::by_name("authorizationPolicy")?;
    directory.primary.live(id_of(kind.section()))
}
