//! The published quotas, and what a request costs of each.
//!
//! Source: "Microsoft Graph service-specific throttling limits", identity and access service limits and those of its
//! neighbours, <https://learn.microsoft.com/graph/throttling-limits>.

use std::time::Duration;

use crate::Method;

/// A quota of one application in one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quota {
    /// Directory objects, by what a request costs; the amount depends on the tenant's size.
    ResourceUnits,
    /// Directory objects, writes besides.
    Writes,
    /// Conditional Access and Identity Protection: all applications together, and no `Retry-After`.
    ConditionalAccess,
    /// Sign-in and audit logs, authentication methods.
    Reports,
    /// `signInActivity` of users.
    SignInActivity,
    /// Identity providers, user flows, policies of customer tenants.
    UserFlows,
    /// Invitations.
    Invitations,
    /// Open and schema extensions.
    Extensions,
}

/// What is published about a quota.
pub(crate) struct Published {
    /// What it is called where people read it, after "Graph's".
    pub(crate) name: &'static str,
    pub(crate) amount: f64,
    pub(crate) window: Duration,
}

/// How many quotas there are.
pub(crate) const QUOTAS: usize = 8;

/// The quotas in the order of [`Quota`]. Resource units stand at those of a small tenant until its size is known.
pub(crate) const PUBLISHED: [Published; QUOTAS] = [
    published("read quota", resource_units(0), 10),
    published("write quota", 3_000.0, 150),
    published("quota for Conditional Access", 1.0, 1),
    published("quota for reports", 5.0, 10),
    published("quota for sign-in activity", 10.0, 60),
    published("quota for identity providers and user flows", 200.0, 60),
    published("quota for invitations", 150.0, 5),
    published("quota for extensions", 455.0, 10),
];

const fn published(name: &'static str, amount: f64, seconds: u64) -> Published {
    Published { name, amount, window: Duration::from_secs(seconds) }
}

/// Resource units per 10 s in a tenant with so many users.
pub(crate) const fn resource_units(users: usize) -> f64 {
    match users {
        0..50 => 3_500.0,
        50..=500 => 5_000.0,
        _ => 8_000.0,
    }
}

/// So much of a quota.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Charge {
    pub(crate) quota: Quota,
    pub(crate) amount: f64,
}

/// What a request is expected to cost, of each quota that counts it.
pub(crate) fn charges(method: Method, path: &str) -> Vec<Charge> {
    let (address, query) = path.split_once('?').unwrap_or((path, ""));
    let segments = segments(address);
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let Some(quota) = of_own_service(&names) {
        return vec![Charge { quota, amount: 1.0 }];
    }
    let mut charges = vec![Charge { quota: Quota::ResourceUnits, amount: units(method, &names, query) }];
    if method != Method::Get && !is_question(&names) {
        charges.push(Charge { quota: Quota::Writes, amount: 1.0 });
    }
    if query.to_lowercase().contains("signinactivity") {
        charges.push(Charge { quota: Quota::SignInActivity, amount: 1.0 });
    }
    charges
}

/// Several requests' charges as one.
pub(crate) fn sum(charges: impl IntoIterator<Item = Charge>) -> Vec<Charge> {
    let mut total: Vec<Charge> = Vec::new();
    for charge in charges {
        match total.iter_mut().find(|known| known.quota == charge.quota) {
            Some(known) => known.amount += charge.amount,
            None => total.push(charge),
        }
    }
    total
}

/// The most requests the service takes in one batch.
const BATCH: f64 = 20.0;

/// How many requests like this one go into a batch: no more than its smallest quota allows at once.
pub(crate) fn most_in_batch(charges: &[Charge]) -> usize {
    let fitting = |charge: &Charge| PUBLISHED[charge.quota as usize].amount / charge.amount;
    charges.iter().map(fitting).fold(BATCH, f64::min).max(1.0) as usize
}

/// A path's segments: a key in parentheses is one of its own, and `me` is a user.
fn segments(address: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for segment in address.split('/').filter(|segment| !segment.is_empty()) {
        match segment.split_once('(') {
            _ if segment == "me" => segments.extend(["users".to_owned(), "me".to_owned()]),
            Some((name, key)) if key != ")" => segments.extend([name.to_owned(), key.to_owned()]),
            Some((name, _)) => segments.push(name.trim_start_matches("microsoft.graph.").to_owned()),
            None => segments.push(segment.to_owned()),
        }
    }
    segments
}

/// The quota of a service that the directory's quotas do not count.
fn of_own_service(names: &[&str]) -> Option<Quota> {
    match names {
        ["identity", "conditionalAccess", ..] | ["identityProtection", ..] => Some(Quota::ConditionalAccess),
        ["auditLogs" | "reports", ..] | ["users", _, "authentication", ..] => Some(Quota::Reports),
        ["identity", ..] => Some(Quota::UserFlows),
        ["invitations", ..] => Some(Quota::Invitations),
        ["schemaExtensions", ..] | [_, _, "extensions", ..] => Some(Quota::Extensions),
        _ => None,
    }
}

/// A POST that changes nothing.
fn is_question(names: &[&str]) -> bool {
    let questions = [
        "getByIds",
        "getMemberGroups",
        "getMemberObjects",
        "checkMemberGroups",
        "checkMemberObjects",
        "isMemberOf",
    ];
    names.last().is_some_and(|last| questions.contains(last))
}

/// Resource units of a directory request: what its path costs, more for `$expand`, less for `$select` and small pages.
fn units(method: Method, names: &[&str], query: &str) -> f64 {
    let options: Vec<(&str, &str)> = query.split('&').filter_map(|option| option.split_once('=')).collect();
    let has = |name: &str| {
        options.iter().any(|(key, _)| key.trim_start_matches("%24").trim_start_matches('$') == name)
    };
    let top = options.iter().find(|(key, _)| key.ends_with("top")).and_then(|(_, value)| value.parse().ok());
    let mut units = base(method, names);
    if has("select") {
        units -= if names.last() == Some(&"getByIds") { 3 } else { 1 };
    }
    if has("expand") {
        units += 1;
    }
    if top.is_some_and(|top: u32| top < 20) {
        units -= 1;
    }
    f64::from(units.max(1))
}

/// Resource units by path, before the query changes them.
fn base(method: Method, names: &[&str]) -> i32 {
    match (method, names) {
        (Method::Get, ["applications" | "users"] | ["oauth2PermissionGrants", ..]) => 2,
        (Method::Get, ["applications", _, "extensionProperties"]) => 2,
        (Method::Get, ["servicePrincipals", _, "appRoleAssignments"]) => 2,
        (
            Method::Get,
            ["users", _, "licenseDetails" | "memberOf" | "ownedObjects" | "transitiveMemberOf", ..],
        ) => 2,
        (Method::Post, [.., "getMemberGroups" | "getMemberObjects"]) => 2,
        (Method::Get, ["contracts" | "subscribedSkus"] | ["groups", _, "members", ..]) => 3,
        (Method::Get, ["domains", _, "domainNameReferences"]) => 4,
        (Method::Post, [.., "isMemberOf" | "checkMemberGroups" | "checkMemberObjects"]) => 4,
        (Method::Get, ["groups", _, "transitiveMembers", ..]) => 5,
        (Method::Post, [.., "getByIds"]) => 5,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{Charge, Quota, charges, most_in_batch, sum};
    use crate::Method;

    fn units(method: Method, path: &str) -> f64 {
        let of = charges(method, path);
        of.iter().find(|charge| charge.quota == Quota::ResourceUnits).map_or(0.0, |charge| charge.amount)
    }

    #[test]
    fn requests_cost_what_is_published() {
        for (path, expected) in [
            ("/users", 2.0),
            ("/users?$select=id&$top=999", 1.0),
            ("/users?$expand=manager", 3.0),
            ("/users/1", 1.0),
            ("/users(userPrincipalName='a%40b.c')", 1.0),
            ("/users/delta?$select=id", 1.0),
            ("/users/microsoft.graph.delta()", 1.0),
            ("/me/memberOf", 2.0),
            ("/users/1/memberOf?$select=id", 1.0),
            ("/groups", 1.0),
            ("/groups?$select=id&$expand=members", 1.0),
            ("/groups?$expand=members", 2.0),
            ("/groups/1/members", 3.0),
            ("/groups/1/members?$select=id&$top=999", 2.0),
            ("/groups/1/members?$select=id&$top=19", 1.0),
            ("/groups/1/transitiveMembers", 5.0),
            ("/oauth2PermissionGrants/1", 2.0),
            ("/subscribedSkus?$select=skuPartNumber", 2.0),
            ("/domains/contoso.com/domainNameReferences", 4.0),
            ("/users/$count", 1.0),
        ] {
            assert_eq!(units(Method::Get, path), expected, "{path}");
        }
        for (path, expected) in [
            ("/directoryObjects/getByIds", 5.0),
            ("/directoryObjects/getByIds?$select=id", 2.0),
            ("/users/1/getMemberGroups", 2.0),
            ("/me/checkMemberGroups", 4.0),
            ("/users", 1.0),
        ] {
            assert_eq!(units(Method::Post, path), expected, "{path}");
        }
    }

    #[test]
    fn every_service_has_its_quota() {
        let quotas = |method, path: &str| -> Vec<Quota> {
            charges(method, path).into_iter().map(|charge| charge.quota).collect()
        };
        use Quota::{
            ConditionalAccess, Extensions, Invitations, Reports, ResourceUnits, SignInActivity, UserFlows,
            Writes,
        };
        for (method, path, expected) in [
            (Method::Get, "/groups/1", vec![ResourceUnits]),
            (Method::Patch, "/groups/1", vec![ResourceUnits, Writes]),
            (Method::Delete, "/groups/1/members/2/$ref", vec![ResourceUnits, Writes]),
            (Method::Post, "/directoryObjects/getByIds", vec![ResourceUnits]),
            (Method::Get, "/users?$select=id,signInActivity", vec![ResourceUnits, SignInActivity]),
            (Method::Get, "/identity/conditionalAccess/policies", vec![ConditionalAccess]),
            (Method::Patch, "/identity/conditionalAccess/namedLocations/1", vec![ConditionalAccess]),
            (Method::Get, "/identityProtection/riskyUsers", vec![ConditionalAccess]),
            (Method::Get, "/auditLogs/signIns", vec![Reports]),
            (Method::Get, "/users/1/authentication/methods", vec![Reports]),
            (Method::Get, "/identity/identityProviders", vec![UserFlows]),
            (Method::Post, "/invitations", vec![Invitations]),
            (Method::Post, "/users/1/extensions", vec![Extensions]),
            (Method::Post, "/roleManagement/directory/roleAssignments", vec![ResourceUnits, Writes]),
            (Method::Patch, "/policies/authorizationPolicy", vec![ResourceUnits, Writes]),
        ] {
            assert_eq!(quotas(method, path), expected, "{path}");
        }
    }

    #[test]
    fn a_batch_never_holds_more_than_a_quota_allows_at_once() {
        let size = |path: &str| most_in_batch(&charges(Method::Get, path));
        assert_eq!(size("/groups/1"), 20);
        assert_eq!(size("/identity/conditionalAccess/policies/1"), 1);
        assert_eq!(size("/users/1/authentication/methods"), 5);
        assert_eq!(size("/users/1?$select=signInActivity"), 10);
    }

    #[test]
    fn charges_add_up_by_quota() {
        let items = ["/groups/1/members", "/users/1"].map(|path| charges(Method::Get, path));
        let total = sum(items.into_iter().flatten());
        assert_eq!(total, [Charge { quota: Quota::ResourceUnits, amount: 4.0 }]);
    }
}
