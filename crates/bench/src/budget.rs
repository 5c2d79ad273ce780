//! The budgets that are counted, and so are the same on every machine.

use crate::args::Size;

/// What must not be exceeded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Budget {
    /// HTTP requests.
    pub(crate) requests: Option<u64>,
    /// Resource units (or writes) as a multiple of the lower bound.
    pub(crate) ratio: Option<f64>,
}

/// A first plan: 40 requests for up to 5,000 users.
pub(crate) fn cold_plan(size: Size) -> Budget {
    Budget { requests: (size.users <= 1_000).then_some(40), ratio: None }
}

/// A plan after which nothing changed.
pub(crate) fn no_change_plan() -> Budget {
    Budget { requests: None, ratio: None }
}

/// An apply: no write beyond those that the plan needs.
pub(crate) fn apply() -> Budget {
    Budget { requests: None, ratio: Some(1.0) }
}
