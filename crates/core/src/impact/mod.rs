//! What a plan does beyond the objects it writes: who gets which licence, and whether there are seats for them.
//!
//! ```text
//!  plan ─► needs ─► (read by `tenantry-live`) ─► assessment ─► Plan::impact, checks::licenses
//! ```
//!
//! Seats follow people, not assignments: a person takes one seat of a product, however many groups give it.

mod assessment;
mod groups;
mod needs;
mod order;
mod paths;
pub(crate) mod reprocess;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use assessment::{Assessment, Standing};
pub(crate) use groups::subject;
pub use needs::{Needs, needs};

use crate::address::Target;
use crate::plan::{Movement, SkuName};
use crate::privilege::AccessChange;

/// Who joins and who leaves a group by itself: because a rule, or what it looks at, changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// People who come in.
    pub joins: BTreeSet<Target>,
    /// People who go.
    pub leaves: BTreeSet<Target>,
}

/// Memberships by group; a group that the plan creates goes by its address.
pub type Memberships = BTreeMap<Target, Membership>;

/// What the movements through rules mean for groups and the people in them.
pub(crate) fn memberships(movements: &[Movement]) -> Memberships {
    let people = |targets: &[Target]| {
        targets.iter().filter(|target| target.prefix() == "user").cloned().collect::<BTreeSet<Target>>()
    };
    let groups = movements.iter().filter(|movement| movement.address.kind == "group");
    let membership = |movement: &Movement| {
        let target = match &movement.id {
            Some(id) => Target::existing(id.clone(), movement.address.to_string()),
            None => Target::created(&movement.address),
        };
        (target, Membership { joins: people(&movement.joins), leaves: people(&movement.leaves) })
    };
    groups.map(membership).collect()
}

/// What a plan does beyond the objects it writes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impact {
    /// Seats of each product that people gain or lose, by part number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Seats>,
    /// Who gains and who loses a path to which privileged role, by role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<AccessChange>,
}

/// Seats of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seats {
    /// The product.
    pub sku: SkuName,
    /// Seats that are taken now, as the service counts them.
    pub now: u64,
    /// Seats that will be taken once everything has been processed.
    pub after: u64,
    /// Seats that there are.
    pub of: u64,
    /// People who take one up.
    pub gains: Vec<Target>,
    /// People who give one back.
    pub losses: Vec<Target>,
}

impl Impact {
    /// Whether the plan does nothing beyond what it writes.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.access.is_empty()
    }
}
