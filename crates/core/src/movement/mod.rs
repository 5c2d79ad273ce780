//! Who joins and who leaves through rules of dynamic membership, when a plan changes a rule or the people it looks at.
//!
//! ```text
//!  steps ─► affected (which rules) ─► question (what to read) ─► live ─► snapshot.candidates
//!                │                                                            │
//!                └───────────► evaluate ◄── people (before and after apply) ◄─┘
//! ```

mod affected;
mod evaluate;
mod people;
mod question;

pub(crate) use evaluate::movements;
pub use question::{Extent, Question};
pub(crate) use question::{lists_groups, question};

use std::collections::BTreeMap;

use crate::address::{ObjectId, Target};
use crate::rule::ObjectKind;
use crate::snapshot::Observed;

/// What was read to say who moves: nothing, unless a plan changes rules, or people that rules look at.
#[derive(Debug, Default)]
pub struct Candidates {
    /// The tenant's rule-driven groups, once somebody has asked.
    pub groups: Option<Vec<Observed>>,
    /// Whether what a [`Question`] asked for was read.
    pub read: bool,
    /// What the identity may not read, which leaves the question open.
    pub forbidden: Option<String>,
    /// Users and devices with the properties that rules ask for.
    pub objects: BTreeMap<ObjectKind, Vec<Observed>>,
    /// The managers that rules ask for, by the user who reports to them.
    pub managers: BTreeMap<ObjectId, ObjectId>,
    /// Members now, of groups and units whose rule changes.
    pub members: BTreeMap<ObjectId, Vec<Target>>,
}
