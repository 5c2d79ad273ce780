//! What a request costs. <https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits>

use crate::graph::{Method, Request};

/// What one request takes from the quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Resource units.
    pub(super) units: u32,
    /// Writes.
    pub(super) writes: u32,
}

/// The published cost of a request.
pub(super) fn of(request: &Request) -> Cost {
    let shape: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let reads_by_post = shape.first() == Some(&"directoryObjects") && shape.last() == Some(&"getByIds");
    if reads_by_post {
        let units = if request.option("select").is_some() { 2 } else { 5 };
        return Cost { units, writes: 0 };
    }
    if request.method != Method::Get {
        return Cost { units: 1, writes: 1 };
    }
    let base: i32 = match shape.as_slice() {
        ["users"] | ["applications"] | ["oauth2PermissionGrants", ..] => 2,
        ["users", _, "licenseDetails" | "memberOf" | "ownedObjects" | "transitiveMemberOf", ..] => 2,
        ["subscribedSkus", ..] | ["contracts", ..] | ["groups", _, "members", ..] => 3,
        ["groups", _, "transitiveMembers", ..] => 5,
        _ => 1,
    };
    let few = request.option("top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    let units = base - i32::from(request.option("select").is_some())
        + i32::from(request.option("expand").is_some())
        - i32::from(few);
    Cost { units: units.max(1).unsigned_abs(), writes: 0 }
}
