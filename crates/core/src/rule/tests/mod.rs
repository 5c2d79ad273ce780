//! The language, row by row.

mod semantics;
mod refused;
