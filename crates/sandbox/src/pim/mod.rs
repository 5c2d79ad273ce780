//! Privileged identity management: who holds a role or may activate it, from when and until when, the requests that
//! change it, and the settings that judge them.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>
//!
//! The stored fact is the schedule. Everything else follows from it: role assignments and instances are computed from
//! the schedules in force, and `mirror` keeps members of directory roles and scoped role members of units in step. A
//! request goes from `submit` through `ask` and `judge`, and `carry` carries it out, at once or later.

mod action;
mod target;
mod schedule;
mod mirror;
mod ask;
mod judge;
mod submit;
mod carry;
mod instance;
pub(crate) mod groups;
pub(crate) mod policies;
pub(crate) mod policy;

pub(crate) use action::Action;
pub(crate) use ask::{Ask, invalid};
pub(crate) use carry::{Course, due, go_on, is_waiting, next_moment};
pub(crate) use instance::instances;
pub(crate) use mirror::{check_changes, complete, in_force, settle};
pub(crate) use schedule::{Family, Schedule};
pub(crate) use submit::{cancel, is_request, submit};
pub(crate) use target::{Access, Scope, Target, Unfit};
