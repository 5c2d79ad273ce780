//! Everything that decides in Tenantry: no network, no clock, no printing; the same input gives the same bytes.
//!
//! The modules stand in the order in which data flows, from TOML to a plan:
//!
//! ```text
//!  config ─ typed declarations ─► desired ─┐            ┌─ snapshot ◄─ (read by `tenantry-live`)
//!     (driven by kinds)                    └► resolve ◄─┘
//!                                               │ names are ids
//!                                             diff ─► plan ─► checks ─► render
//! ```

pub mod address;
pub mod assignments;
pub mod naming;
mod pattern;
mod checks;
pub mod render;
pub mod config;
pub mod desired;
pub mod diagnostic;
pub mod diff;
pub mod rule;
pub mod conditional_access;
pub mod impact;
pub mod kinds;
pub mod declared_rules;
pub mod licensing;
pub mod matching;
pub mod pim;
pub mod plan;
pub mod reading;
pub mod resolve;
pub mod movement;
pub mod privilege;
pub mod sign_in;
pub mod snapshot;
pub mod text;
pub mod manual;
pub mod settings_reference;
pub mod explain;
pub mod schedules;
pub mod schema;
