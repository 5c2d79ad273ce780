//! Door 8: the plan for people. Text and Markdown are made from one view, so that they never disagree; JSON is the
//! plan itself ([`crate::plan::to_json`]).

mod markdown;
mod reading;
mod terminal;
mod view;
mod moves;

pub use markdown::markdown;
pub use reading::reading;
pub use terminal::{Look, terminal};

/// What reading the tenant took, for the first line.
#[derive(Debug, Clone, Copy)]
pub struct ReadCost {
    /// Seconds from the first request to the last answer.
    pub seconds: f64,
    /// HTTP requests sent to Graph; a batch counts as one.
    pub requests: u64,
}
