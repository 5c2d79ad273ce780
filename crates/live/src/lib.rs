//! The only crate that touches a tenant.
//!
//! ```text
//!  snapshot ─► (tenantry-core plans, checks, a person approves) ─► apply ─► verify ─► report
//!                                                                   │ journal, handover
//! ```
//!
//! Reading sends GETs and read-only POSTs and nothing else. Applying decides nothing: it takes an approved plan, puts
//! ids in the place of names, sends, and writes down what happened.

mod activations;
mod apply;
mod cache;
mod candidates;
mod error;
mod handover;
mod journal;
mod licensing;
mod policies;
mod privilege;
mod progress;
mod read;
mod report;
mod schedules;
mod settle;
mod sign_in;
mod snapshot;
mod wire;

pub use activations::activations;
pub use apply::{Settings, apply, run_name};
pub use cache::{CacheSettings, Unusable};
pub use candidates::{candidates, rule_driven_groups};
pub use error::Error;
pub use journal::{Interrupted, close_interrupted_runs, interrupted_runs, resumed};
pub use licensing::licensing;
pub use privilege::privilege;
pub use progress::{Event, Progress};
pub use report::{Outcome, Report, StepReport};
pub use sign_in::{applications, sign_in, user};
pub use snapshot::{name, restricted_units, snapshot};
