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

/// A first plan: 40 requests for up to 5,000 users; for 100,000 a tenth above the least there can be. Where a reading
/// takes a few dozen pages, those that are not full weigh more.
pub(crate) fn cold_plan(size: Size) -> Budget {
    let ratio = if size.users >= 100_000 { 1.1 } else { 1.6 };
    Budget { requests: (size.users <= 5_000).then_some(40), ratio: Some(ratio) }
}

/// A plan that remembers the one before: 20 requests, however large the tenant.
pub(crate) fn remembered_plan() -> Budget {
    Budget { requests: Some(20), ratio: None }
}

/// An apply: no write beyond those that the plan needs.
pub(crate) fn apply() -> Budget {
    Budget { requests: None, ratio: Some(1.0) }
}
