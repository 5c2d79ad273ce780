//! The language, row by row.

mod semantics;
mod refused;
mod lints;
mod random;
pub(crate) mod strategies;
