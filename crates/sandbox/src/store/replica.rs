//! The tenant: a primary that takes writes and, with replication lag, a replica that answers reads.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Change, Journal, Store};

/// The primary, the replica that follows it, and the log on disk.
#[derive(Debug)]
pub(crate) struct Tenant {
    primary: Store,
    replica: Option<Replica>,
    journal: Option<Journal>,
}

/// A copy that sees each write only when the lag has passed.
#[derive(Debug)]
struct Replica {
    store: Store,
    lag: Duration,
    waiting: VecDeque<(Instant, Vec<Change>)>,
}

impl Tenant {
    /// A tenant with this content, kept in `journal` if there is one.
    pub(crate) fn new(mut primary: Store, journal: Option<Journal>) -> Self {
        primary.history.record();
        Self { primary, replica: None, journal }
    }

    /// Sets the replication lag from now on; zero ends it and shows everything at once.
    pub(crate) fn set_lag(&mut self, lag: Duration) {
        if lag.is_zero() {
            self.replica = None;
        } else if let Some(replica) = &mut self.replica {
            replica.lag = lag;
        } else {
            self.replica = Some(Replica { store: self.primary.clone(), lag, waiting: VecDeque::new() });
        }
    }

    /// Brings the replica up to date as far as the lag allows.
    pub(crate) fn replicate(&mut self, now: Instant) {
        let Some(replica) = &mut self.replica else {
            return;
        };
        while replica.waiting.front().is_some_and(|(written, _)| now.duration_since(*written) >= replica.lag)
        {
            let Some((_, changes)) = replica.waiting.pop_front() else {
                break;
            };
            for change in &changes {
                replica.store.apply(change);
            }
        }
    }

    /// The store that judges writes.
    pub(crate) fn primary(&self) -> &Store {
        &self.primary
    }

    /// The store that answers reads.
    pub(crate) fn visible(&self) -> &Store {
        self.replica.as_ref().map_or(&self.primary, |replica| &replica.store)
    }

    /// Makes changes that have been checked, first on disk.
    pub(crate) fn commit(&mut self, changes: Vec<Change>) -> std::io::Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        if let Some(journal) = &mut self.journal {
            journal.append(&changes)?;
        }
        for change in &changes {
            self.primary.apply(change);
        }
        if let Some(replica) = &mut self.replica {
            replica.waiting.push_back((Instant::now(), changes));
        }
        Ok(())
    }

    /// Waits until everything is on disk.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        self.journal.as_ref().map_or(Ok(()), Journal::flush)
    }
}
