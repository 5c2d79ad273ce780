//! The tenant: a primary that takes writes and, with replication lag, replicas that answer reads.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::{Change, Journal, Store};

/// Which copy of the directory answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReplicaRole {
    /// The one that takes writes.
    Primary,
    /// A replica that lags half as long as the usual one.
    Near,
    /// The usual replica.
    Usual,
    /// The index behind advanced queries.
    Index,
    /// What delta queries read.
    Delta,
    /// A replica that has fallen behind the others.
    Slow,
}

/// The primary, the replicas that follow it, and the log on disk.
#[derive(Debug)]
pub(crate) struct Tenant {
    primary: Store,
    replicas: BTreeMap<ReplicaRole, Replica>,
    /// What some replica has not seen yet.
    history: VecDeque<Commit>,
    /// Number of the latest commit.
    latest: u64,
    journal: Option<Journal>,
}

/// Changes that were made together.
#[derive(Debug)]
struct Commit {
    number: u64,
    at: Instant,
    changes: Vec<Change>,
}

/// A copy that sees each commit only when the lag has passed.
#[derive(Debug)]
struct Replica {
    store: Store,
    lag: Duration,
    /// Number of the latest commit it has seen.
    seen: u64,
}

impl Tenant {
    /// A tenant with this content, kept in `journal` if there is one.
    pub(crate) fn new(mut primary: Store, journal: Option<Journal>) -> Self {
        primary.history.record();
        Self { primary, replicas: BTreeMap::new(), history: VecDeque::new(), latest: 0, journal }
    }

    /// Sets the replication lags from now on. A copy that is not named, or without lag, shows everything at once.
    pub(crate) fn set_lags(&mut self, lags: &BTreeMap<ReplicaRole, Duration>) {
        self.replicas.retain(|role, _| lags.get(role).is_some_and(|lag| !lag.is_zero()));
        for (role, lag) in lags.iter().filter(|(_, lag)| !lag.is_zero()) {
            let (store, seen) = (&self.primary, self.latest);
            let fresh = || Replica { store: store.clone(), lag: *lag, seen };
            self.replicas.entry(*role).or_insert_with(fresh).lag = *lag;
        }
        self.forget();
    }

    /// Whether a replica may see more by now.
    pub(crate) fn is_behind(&self, now: Instant) -> bool {
        self.replicas.values().any(|replica| self.history.iter().any(|commit| replica.may_see(commit, now)))
    }

    /// Brings every replica up to date as far as its lag allows.
    pub(crate) fn replicate(&mut self, now: Instant) {
        for replica in self.replicas.values_mut() {
            for commit in &self.history {
                if replica.may_see(commit, now) {
                    replica.apply(commit);
                }
            }
        }
        self.forget();
    }

    /// Brings one copy up to a commit, whatever its lag.
    pub(crate) fn pull(&mut self, role: ReplicaRole, number: u64) {
        if let Some(replica) = self.replicas.get_mut(&role) {
            let missing = self.history.iter().filter(|commit| commit.number <= number);
            missing.for_each(|commit| replica.apply(commit));
        }
    }

    /// Number of the latest commit.
    pub(crate) fn latest(&self) -> u64 {
        self.latest
    }

    /// The store that judges writes.
    pub(crate) fn primary(&self) -> &Store {
        &self.primary
    }

    /// The store of a copy; the primary where there is no lag.
    pub(crate) fn visible(&self, role: ReplicaRole) -> &Store {
        self.replicas.get(&role).map_or(&self.primary, |replica| &replica.store)
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
        self.latest += 1;
        if !self.replicas.is_empty() {
            self.history.push_back(Commit { number: self.latest, at: Instant::now(), changes });
        }
        Ok(())
    }

    /// Waits until everything is on disk.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        self.journal.as_ref().map_or(Ok(()), Journal::flush)
    }

    /// Forgets what every replica has seen.
    fn forget(&mut self) {
        let seen = self.replicas.values().map(|replica| replica.seen).min().unwrap_or(self.latest);
        while self.history.front().is_some_and(|commit| commit.number <= seen) {
            self.history.pop_front();
        }
    }
}

impl Replica {
    fn may_see(&self, commit: &Commit, now: Instant) -> bool {
        commit.number > self.seen && now.duration_since(commit.at) >= self.lag
    }

    fn apply(&mut self, commit: &Commit) {
        if commit.number <= self.seen {
            return;
        }
        for change in &commit.changes {
            self.store.apply(change);
        }
        self.seen = commit.number;
    }
}
