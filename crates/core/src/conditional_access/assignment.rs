//! Whom a policy is about: the conditions that depend on the principal alone.
//! <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-users-groups>

use super::filter::Mode;
use super::id::Id;
use super::policy::{ClientApplications, Conditions, GuestsOrExternalUsers, Users};
use super::principal::{ExternalType, Kind, Principal};
use super::verdict::Verdict;

/// What the assignments of a policy say of a principal.
pub(super) fn verdict<'a>(conditions: &'a Conditions, principal: &Principal) -> Verdict<'a> {
    let found = match principal.kind {
        Kind::User => (included(&conditions.users, principal), excluded(&conditions.users, principal)),
        Kind::ServicePrincipal => workload(&conditions.client_applications, principal),
    };
    match found {
        (_, Some((noun, value))) => Verdict::Excluded(noun, value),
        (Some((noun, value)), None) => Verdict::Included(noun, value),
        (None, None) => Verdict::NotIncluded,
    }
}

/// What decided, and its value.
type Hit<'a> = (&'static str, &'a str);

fn included<'a>(users: &'a Users, principal: &Principal) -> Option<Hit<'a>> {
    let guests = &users.include_guests_or_external_users;
    lists(&users.include_users, &users.include_groups, &users.include_roles, guests, principal)
}

fn excluded<'a>(users: &'a Users, principal: &Principal) -> Option<Hit<'a>> {
    let guests = &users.exclude_guests_or_external_users;
    lists(&users.exclude_users, &users.exclude_groups, &users.exclude_roles, guests, principal)
}

fn lists<'a>(
    users: &'a [Id],
    groups: &'a [Id],
    roles: &'a [Id],
    guests: &'a GuestsOrExternalUsers,
    principal: &Principal,
) -> Option<Hit<'a>> {
    let is_user = |user: &&Id| match user.as_str() {
        "all" => true,
        "none" => false,
        "guestsorexternalusers" => principal.external_type().is_some(),
        _ => principal.id.as_ref() == Some(*user),
    };
    let user = || users.iter().find(is_user).map(|user| ("user", user.as_str()));
    let group = || groups.iter().find(|group| principal.is_in(group)).map(|id| ("group", id.as_str()));
    let role = || roles.iter().find(|role| principal.roles.contains(role)).map(|id| ("role", id.as_str()));
    let guest = || Some(("guest or external user", guest_type(guests, principal)?));
    user().or_else(group).or_else(role).or_else(guest)
}

/// The type under which a guest or external user is meant. Guests of this tenant come from no other, whatever tenants are
/// listed.
fn guest_type<'a>(guests: &'a GuestsOrExternalUsers, principal: &Principal) -> Option<&'a str> {
    let own = principal.external_type()?;
    let named = guests.guest_or_external_user_types.find(own.name())?;
    let tenants = &guests.external_tenants;
    let is_from_one = principal.external_tenant_id.as_ref().is_some_and(|id| tenants.members.contains(id));
    (own == ExternalType::InternalGuest || !tenants.are_listed() || is_from_one).then_some(named)
}

/// Workloads: only applications that are registered in this tenant for this tenant, no managed identities.
/// <https://learn.microsoft.com/entra/identity/conditional-access/workload-identity>
fn workload<'a>(
    clients: &'a ClientApplications,
    principal: &Principal,
) -> (Option<Hit<'a>>, Option<Hit<'a>>) {
    let type_is = |name: &str| {
        principal.service_principal_type.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    if !principal.registered_in_this_tenant || type_is("ManagedIdentity") {
        return (None, None);
    }
    let named = |ids: &'a [Id]| {
        let is = |id: &&Id| id.is("ServicePrincipalsInMyTenant") || principal.id.as_ref() == Some(*id);
        ids.iter().find(is).map(|id| ("service principal", id.as_str()))
    };
    let filtered = |mode: Mode| {
        let filter = clients.service_principal_filter.as_ref().filter(|filter| filter.mode == mode)?;
        filter
            .rule
            .matches(&principal.custom_security_attributes)
            .then_some(("service principal", "with these attributes"))
    };
    let included = named(&clients.include_service_principals).or_else(|| filtered(Mode::Include));
    let excluded = named(&clients.exclude_service_principals).or_else(|| filtered(Mode::Exclude));
    (included, excluded)
}
