//! Privileged access to groups: membership and ownership for a time, or to be activated.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>

mod answer;
mod rows;
mod seed;

pub(crate) use answer::{INSTANCES, SCHEDULES};
pub(crate) use seed::seed;
