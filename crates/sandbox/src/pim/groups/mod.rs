//! Privileged access to groups: membership and ownership for a time, or to be activated.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>

mod answer;
mod ask;
mod rows;
mod seed;

pub(crate) use answer::{INSTANCES, SCHEDULES};
pub(crate) use ask::REQUESTS;
pub(crate) use rows::{About, schedules};
pub(crate) use seed::seed;

/// Lists are of one group, or of one principal.
const NARROWED_BY: &[&str] = &["groupId", "principalId"];
