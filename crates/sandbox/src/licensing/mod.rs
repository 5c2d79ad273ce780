//! Licences: who is assigned which products, directly and through groups.
//! <https://learn.microsoft.com/entra/fundamentals/concept-group-based-licensing>
//!
//! What a user has is kept as `licenseAssignmentStates`, one for each path that grants a product. Everything else a
//! user shows of licences follows from them, and so do the seats taken, which the store counts.

mod assigner;
mod assignment;
mod direct;
mod effect;
mod group;
mod product;
mod rules;
mod seed;
mod state;
mod user;

pub(crate) use assigner::Assigner;
pub(crate) use group::{ASSIGN as ASSIGN_TO_GROUP, processed, processing_state};
pub(crate) use product::well_known;
pub(crate) use seed::seed;
pub(crate) use user::{ASSIGN as ASSIGN_TO_USER, DETAILS, REPROCESS};
