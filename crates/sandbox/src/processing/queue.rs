//! Jobs in the order in which they become due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::Job;

/// Jobs that wait. One that waits already is not queued again: it will see the latest state anyway.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<(Instant, u64), Job>,
    known: BTreeSet<Job>,
    /// Number of the latest job; of jobs due at the same time the earlier one comes first.
    latest: u64,
}

impl Queue {
    /// Adds a job.
    pub(super) fn add(&mut self, job: Job, due: Instant) {
        if self.known.insert(job.clone()) {
            self.latest += 1;
            self.waiting.insert((due, self.latest), job);
        }
    }

    /// Whether a job waits.
    pub(super) fn has(&self, job: &Job) -> bool {
        self.known.contains(job)
    }

    /// Whether some job is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.waiting.first_key_value().is_some_and(|((due, _), _)| *due <= now)
    }

    /// Takes the next job that is due at `until`, or just the next one.
    pub(super) fn take(&mut self, until: Option<Instant>) -> Option<Job> {
        let (due, _) = *self.waiting.first_key_value()?.0;
        if until.is_some_and(|until| due > until) {
            return None;
        }
        let (_, job) = self.waiting.pop_first()?;
        self.known.remove(&job);
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    fn job(number: u128) -> Job {
        Job::Populate(Uuid::from_u128(number))
    }

    #[test]
    fn jobs_come_when_they_are_due_and_in_that_order() {
        let (mut queue, start) = (Queue::default(), Instant::now());
        let later = start + Duration::from_secs(1);
        queue.add(job(1), later);
        queue.add(job(2), start);
        queue.add(job(3), start);
        assert!(queue.is_due(start));
        assert_eq!(queue.take(Some(start)), Some(job(2)));
        assert_eq!(queue.take(Some(start)), Some(job(3)));
        assert!(!queue.is_due(start));
        assert_eq!(queue.take(Some(start)), None);
        assert_eq!(queue.take(Some(later)), Some(job(1)));
    }

    #[test]
    fn a_job_that_waits_keeps_its_place() {
        let (mut queue, start) = (Queue::default(), Instant::now());
        queue.add(job(1), start);
        queue.add(job(1), start + Duration::from_secs(1));
        assert_eq!(queue.take(None), Some(job(1)));
        assert_eq!(queue.take(None), None);
        queue.add(job(1), start);
        assert_eq!(queue.take(None), Some(job(1)));
    }
}
