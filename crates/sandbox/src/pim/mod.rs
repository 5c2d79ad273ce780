//! Privileged identity management: who holds a role or may activate it, from when and until when, the requests that
//! change it, and the settings that judge them.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>
//!
//! The stored fact is the schedule. Everything else follows from it: role assignments and instances are computed from
//! the schedules in force, and `mirror` keeps members of directory roles and scoped role members of units in step.

mod mirror;
pub(crate) mod policies;
#[expect(dead_code, reason = "for the requests that are judged by policies")]
pub(crate) mod policy;
mod schedule;
mod target;

pub(crate) use mirror::{check_changes, complete, in_force, settle};
pub(crate) use schedule::{Family, Schedule};
pub(crate) use target::{Scope, Target, Unfit};
