//! Whether administrators still get in: the Conditional Access policies that a plan leads to, asked about every class of
//! sign-in that they tell apart.
//!
//! ```text
//!  live lists ─► State ─► after (plan) ─► classes ─┬─► proof ─► checks::lockout
//!  privilege::State ─► administrators ─────────────┘
//! ```
//!
//! What somebody who signs in cannot choose makes a class: what is signed in to, the place, the risk that the service
//! sees. In each class an administrator has to get in with some client, platform and device: those can be chosen.

mod after;
mod classes;
mod needs;
mod proof;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub use needs::{Needs, needs};
pub(crate) use proof::{Administrator, Policies};

use crate::address::{ObjectId, Target};

/// What sign-in rests on, as far as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Conditional Access policies in Graph's shape; what the plan creates goes by its address.
    pub policies: BTreeMap<Target, Map<String, Value>>,
    /// Named locations in Graph's shape.
    pub locations: BTreeMap<Target, Map<String, Value>>,
    /// The groups that administrators are in, directly or through others: ids, and addresses of what the plan creates.
    pub memberships: BTreeMap<ObjectId, BTreeSet<String>>,
    /// What the identity may not read, in words.
    pub unreadable: BTreeSet<String>,
}
