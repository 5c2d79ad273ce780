//! Licences: what the tenant has subscribed to, what is declared, who holds what, and by which names.
//!
//! ```text
//!  [licensing] product_names ─► products ─┐
//!  GET /subscribedSkus ───────► sku ──────┴► catalogue ─► diff (declared names are ids)
//!  licenseAssignmentStates, assignedLicenses ► assignment ─┘
//! ```
//!
//! A licence is a SKU ("Microsoft 365 E5", part number `SPE_E5`) that holds service plans ("Exchange Online (Plan 2)"),
//! some of which may be disabled.

pub mod assignment;
mod catalogue;
pub mod declared;
pub(crate) mod diff;
mod products;
pub(crate) mod service_plans;
mod sku;

use std::collections::{BTreeMap, BTreeSet};

pub use assignment::{Assignment, AssignmentError};
pub use catalogue::Catalogue;
pub use products::{Malformed, ProductNames};
pub use sku::{ServicePlan, Sku};

use crate::address::{ObjectId, Target};

/// What was read of licences: nothing, unless the configuration or the plan is about them.
#[derive(Debug, Default)]
pub struct Licensing {
    /// The tenant's subscriptions; absent when they were not read, or the identity may not read them.
    pub skus: Option<Vec<Sku>>,
    /// Whether the identity may not read the subscriptions, though the plan is about licences.
    pub unreadable: bool,
    /// The people in groups whose licences a plan changes: first-level members who are users.
    pub members: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// The people whose licences a plan may change, and members in error.
    pub people: BTreeMap<ObjectId, Person>,
    /// Members of licensed groups who did not get every licence of the group.
    pub in_error: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
}

/// What was read of a person.
#[derive(Debug, Clone)]
pub struct Person {
    /// How to name them.
    pub target: Target,
    /// Whether they have a usage location.
    pub located: bool,
    /// Their licences, direct and inherited.
    pub assignments: Vec<Assignment>,
}
