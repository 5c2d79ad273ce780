//! What a plan does to sign-in: whether every administrator could be locked out, and who notices.
//!
//! ```text
//!  live lists ─► State ─┬─────────────► tenant, principals ─┐
//!                       └─ after (plan) ─► the same ────────┴─► classes ─► proof ─► checks::lockout
//! ```
//!
//! A [`State`] is what was read, with nothing concluded from it. Conclusions come from the evaluator
//! ([`crate::conditional_access`]), asked for one sign-in of every class that the policies tell apart.

mod after;
mod candidates;
mod classes;
mod describe;
mod methods;
mod needs;
mod proof;
mod roles;
mod side;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub use needs::{Needs, needs};
pub use proof::{Lockout, Proof, prove};
pub use roles::{Roles, roles};
pub use side::{Administrator, Side};

use crate::address::{ObjectId, Target};

/// What sign-in rests on, as far as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Conditional Access policies in Graph's shape, ids as ids and objects that the plan creates by their address.
    pub policies: BTreeMap<Target, Map<String, Value>>,
    /// Named locations in Graph's shape.
    pub locations: BTreeMap<Target, Map<String, Value>>,
    /// Those who administer the tenant and the emergency accounts, by object id.
    pub people: BTreeMap<ObjectId, Person>,
    /// The groups that somebody, or a group, is in.
    pub memberships: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// The methods that people have registered, as `userRegistrationDetails` spells them; `None` when that is not known.
    /// <https://learn.microsoft.com/graph/api/resources/userregistrationdetails>
    pub registered: Option<BTreeMap<ObjectId, BTreeSet<String>>>,
    /// What the identity may not read, in words.
    pub unreadable: BTreeSet<String>,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The user principal name.
    pub name: String,
    /// Whether the user type is `Guest`.
    pub guest: bool,
    /// Whether they sign in elsewhere.
    pub external: bool,
    /// Whether the account can sign in.
    pub enabled: bool,
}
