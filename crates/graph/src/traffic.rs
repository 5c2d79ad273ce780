//! What the client has sent and waited for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters since the client was made. Sign-in is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// HTTP requests to Graph, every attempt counted; a batch is one.
    pub requests: u64,
    /// Operations asked of Graph, every attempt counted; each item of a batch is one, as for its quotas.
    pub operations: u64,
    /// Sum of the `x-ms-resource-unit` headers: what Graph charged against the read quota.
    pub resource_units: u64,
    /// Operations that were writes.
    pub writes: u64,
    /// Answers with status 429, in batches too.
    pub throttled: u64,
    /// Time slept because of them, summed over calls that ran side by side.
    pub waited: Duration,
}

/// The counters while they are counted.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    requests: AtomicU64,
    operations: AtomicU64,
    resource_units: AtomicU64,
    writes: AtomicU64,
    throttled: AtomicU64,
    waited_micros: AtomicU64,
}

impl Meter {
    pub(crate) fn read(&self) -> Traffic {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            requests: load(&self.requests),
            operations: load(&self.operations),
            resource_units: load(&self.resource_units),
            writes: load(&self.writes),
            throttled: load(&self.throttled),
            waited: Duration::from_micros(load(&self.waited_micros)),
        }
    }

    pub(crate) fn sent(&self, operations: usize, writes: usize) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.operations.fetch_add(operations as u64, Ordering::Relaxed);
        self.writes.fetch_add(writes as u64, Ordering::Relaxed);
    }

    /// Notes an answer, of a request or of a batch item; `units` is the header's text.
    pub(crate) fn answered(&self, status: u16, units: Option<&str>) {
        if status == 429 {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(units) = units.and_then(|text| text.trim().parse().ok()) {
            self.resource_units.fetch_add(units, Ordering::Relaxed);
        }
    }

    pub(crate) fn waited(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.waited_micros.fetch_add(micros, Ordering::Relaxed);
    }
}
