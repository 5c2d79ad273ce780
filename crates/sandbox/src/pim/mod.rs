//! Privileged identity management: the settings of roles and of access to groups, and what they ask of requests.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>

pub(crate) mod policies;
#[expect(dead_code, reason = "for the requests that are judged by policies")]
pub(crate) mod policy;
