//! Does what is due.

use std::time::Instant;

use super::shared::{Shared, lock};
use crate::pim;
use crate::store::{Change, Tenant};

impl Shared {
    /// Makes changes that have been checked, and queues what they set off.
    pub(super) fn make(&self, tenant: &mut Tenant, changes: Vec<Change>) -> std::io::Result<()> {
        let (due, now) = {
            let knobs = self.knobs();
            (Instant::now() + knobs.processing_delay, knobs.processing_terms().now)
        };
        let changes = pim::settle(tenant.primary(), changes, now);
        lock(&self.processing).note(tenant.primary(), &changes, due);
        tenant.commit(changes)
    }

    /// Does everything due and brings the replicas up to date.
    pub(super) fn catch_up(&self, tenant: &mut Tenant, now: Instant) {
        self.process(tenant, Some(now));
        tenant.replicate(now);
    }

    /// Whether some job is due.
    pub(super) fn has_work(&self, now: Instant) -> bool {
        let time = self.knobs().processing_terms().now;
        lock(&self.processing).is_due(now, time)
    }

    /// Runs all jobs, and those that only wait for time to pass. Says how many.
    pub(super) fn process_all(&self) -> usize {
        lock(&self.processing).time_passed(Instant::now());
        self.process(&mut self.tenant_mut(), None)
    }

    /// Runs the jobs that are due at `until`, or all of them, those they set off included. Says how many.
    pub(super) fn process(&self, tenant: &mut Tenant, until: Option<Instant>) -> usize {
        let (mut count, terms) = (0, self.knobs().processing_terms());
        loop {
            let elapsed = lock(&self.processing).elapse(tenant.primary(), terms);
            if !elapsed.is_empty() {
                self.make(tenant, elapsed).ok();
            }
            let mut processing = lock(&self.processing);
            let Some(job) = processing.take(until) else {
                return count;
            };
            let changes = processing.run(&job, tenant.primary(), terms);
            drop(processing);
            // What the disk refuses is found again at the next start.
            self.make(tenant, changes).ok();
            count += 1;
        }
    }
}
