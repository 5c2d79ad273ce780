//! The least that a task can cost by the published prices.
//!
//! <https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits>: listing users costs two
//! resource units a page, one with `$select`; listing groups and each page of a delta query cost one; a group's members
//! cost three a page, two with `$select`. A page holds 999 users or groups; a page of `groups/delta` about 500 members.

use serde::Serialize;

use crate::args::Size;
use crate::configuration::State;

/// Largest page of users, groups and members.
const PAGE: usize = 999;

/// Members in a page of `groups/delta`, as observed of the service.
const DELTA_PAGE: usize = 500;

/// Links that one PATCH of a group takes.
const LINKS: usize = 20;

/// The published write quota of one application in one tenant: a bucket of this many writes, refilled at this rate.
pub(crate) const WRITE_BUCKET: f64 = 3_000.0;
pub(crate) const WRITES_PER_SECOND: f64 = 20.0;

/// The resource units that a large tenant gives one application in a second, once its bucket is empty.
const UNITS_PER_SECOND: f64 = 800.0;

/// The time that the published quota alone makes a reading take, in seconds, whatever the machine or the network.
pub(crate) fn seconds_to_read(units: u64) -> f64 {
    units as f64 / UNITS_PER_SECOND
}

/// A lower bound, and where it comes from.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bound {
    /// Resource units for reading, writes for applying.
    pub(crate) least: u64,
    /// What is counted: `resource units` or `writes`.
    pub(crate) of: &'static str,
    /// The sum behind it.
    pub(crate) because: String,
}

/// Reading a whole tenant, users and groups with their members.
pub(crate) fn full_read(size: Size, state: &State) -> Bound {
    let users = size.users.div_ceil(PAGE);
    let one_by_one: usize = size.groups.div_ceil(PAGE)
        + state.groups.iter().map(|group| 2 * group.members.len().div_ceil(PAGE).max(1)).sum::<usize>();
    let by_delta = size.memberships.div_ceil(DELTA_PAGE).max(1);
    let groups = one_by_one.min(by_delta);
    Bound {
        least: (users + groups) as u64,
        of: "resource units",
        because: format!(
            "{users} pages of users with $select, and the cheaper of groups/delta with members \
             ({by_delta}) and a list with each group's members ({one_by_one})"
        ),
    }
}

/// Seeing that nothing changed: one delta query a kind.
pub(crate) fn nothing_changed() -> Bound {
    Bound { least: 2, of: "resource units", because: "one delta link of users, one of groups".to_owned() }
}

/// Creating users and adding members to groups that exist.
pub(crate) fn writes(creates: usize, groups: &[usize]) -> Bound {
    let patches: usize = groups.iter().map(|members| members.div_ceil(LINKS)).sum();
    Bound {
        least: (creates + patches) as u64,
        of: "writes",
        because: format!("{creates} users, and {patches} PATCHes that add up to {LINKS} members to a group"),
    }
}

/// The shortest time in which the published quota lets this many writes through, from a full bucket, in seconds.
pub(crate) fn seconds_for(writes: u64) -> f64 {
    (writes as f64 - WRITE_BUCKET).max(0.0) / WRITES_PER_SECOND
}
