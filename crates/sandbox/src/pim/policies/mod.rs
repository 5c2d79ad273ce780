//! The settings of roles, and of access to groups.
//! <https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicy>

mod rule;
mod change;
mod subject;
mod seed;
mod expand;
mod scope;
mod answer;

pub(crate) use answer::{ASSIGNMENTS, POLICIES, is_write, refused};
pub(crate) use scope::concerns_groups;
pub(crate) use seed::{manage, seed};
pub(crate) use subject::{Subject, is_managed, onboard};
