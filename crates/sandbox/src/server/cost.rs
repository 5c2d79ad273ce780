//! What a request costs. <https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits>

use crate::graph::{Body, Method, Request};

/// What one request takes from the quotas of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Resource units.
    pub(super) units: u32,
    /// Writes.
    pub(super) writes: u32,
}

/// What a user costs more in a tenant for customers.
const CUSTOMER: u32 = 4;

/// The path below the version with keys as segments of their own: `users('x')/manager` is `users`, `x`, `manager`.
pub(super) fn shape(request: &Request) -> Vec<&str> {
    let parts = request.segments.iter().flat_map(|segment| {
        let (name, key) = segment.split_once('(').unwrap_or((segment, ""));
        let key = Some(key.trim_end_matches(')').trim_matches('\'')).filter(|key| !key.is_empty());
        std::iter::once(name).chain(key)
    });
    parts.collect()
}

/// The published cost of a request; `customers` says whether the tenant is one for customers (Azure AD B2C).
pub(super) fn of(request: &Request, customers: bool) -> Cost {
    let shape = shape(request);
    if let Some(units) = read_by_post(request, &shape) {
        return Cost { units, writes: 0 };
    }
    if request.method != Method::Get {
        let creates_user = request.method == Method::Post && shape == ["users"];
        let units = if customers && creates_user { 1 + CUSTOMER } else { 1 };
        return Cost { units, writes: 1 };
    }
    let few = request.option("top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    let units = base(&shape) + i32::from(request.option("expand").is_some())
        - i32::from(request.option("select").is_some())
        - i32::from(few);
    Cost { units: units.max(1).unsigned_abs(), writes: 0 }
}

/// Whether a request changes something, or would if it succeeded.
pub(super) fn is_write(request: &Request) -> bool {
    of(request, false).writes > 0
}

/// Units of the actions that read although they are posted.
fn read_by_post(request: &Request, shape: &[&str]) -> Option<u32> {
    if request.method != Method::Post {
        return None;
    }
    let action = shape.last().map(|name| name.strip_prefix("microsoft.graph.").unwrap_or(name));
    let selects = request.option("select").is_some()
        || matches!(&request.body, Body::Json(body) if body.get("$select").is_some());
    match action? {
        "getByIds" | "getObjectsById" => Some(if selects { 2 } else { 5 }),
        "getMemberGroups" | "getMemberObjects" => Some(2),
        "isMemberOf" | "checkMemberGroups" | "checkMemberObjects" => Some(4),
        _ => None,
    }
}

/// Units of a read before what the query options add and take away.
fn base(shape: &[&str]) -> i32 {
    let of_person =
        |name: &str| matches!(name, "licenseDetails" | "memberOf" | "ownedObjects" | "transitiveMemberOf");
    match shape {
        ["users" | "applications"] | ["oauth2PermissionGrants"] | ["oauth2PermissionGrants", _] => 2,
        ["applications", _, "extensionProperties", ..] => 2,
        ["servicePrincipals", _, "appRoleAssignments", ..] => 2,
        ["me", name, ..] | ["users", _, name, ..] if of_person(name) => 2,
        ["contracts" | "subscribedSkus"] | ["groups", _, "members", ..] => 3,
        ["domains", _, "domainNameReferences", ..] => 4,
        ["groups", _, "transitiveMembers", ..] => 5,
        _ => 1,
    }
}
