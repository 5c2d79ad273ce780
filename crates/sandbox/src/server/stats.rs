//! What a sandbox has been asked so far.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts since the start or the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// HTTP requests to Graph, a batch counting once; tokens and the control plane are not in it.
    pub requests: u64,
    /// HTTP requests to the token endpoint.
    pub token_requests: u64,
    /// Graph operations: a batch counts as its items.
    pub operations: u64,
    /// Resource units charged.
    pub resource_units: u64,
    /// Operations that count as writes in the published quotas.
    pub writes: u64,
    /// HTTP requests to Graph by method.
    pub methods: BTreeMap<&'static str, u64>,
    /// Graph operations by method.
    pub operation_methods: BTreeMap<&'static str, u64>,
    /// Operations answered with an error other than throttling.
    pub refused: u64,
    /// Operations answered 429.
    pub throttled: u64,
    /// Answers lost on purpose.
    pub lost: u64,
    /// Everything inflicted on purpose, by kind: `throttle`, `fail`, `fail_late`, `conflict`, `reset`, `lose`, `cut`,
    /// `stale`, `short_page`, `empty_page`, `edit`, `latency`.
    pub faults: BTreeMap<&'static str, u64>,
    /// Objects deleted through a relationship because `/$ref` was missing.
    pub ref_traps: u64,
    /// Items of the largest batch.
    pub largest_batch: u64,
}
