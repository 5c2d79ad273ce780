//! The published quotas as token buckets.
//! <https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits>

use std::time::{Duration, Instant};

use super::cost::Cost;
use crate::graph::Failure;

/// One quota: so much per window, refilled steadily.
#[derive(Debug)]
struct Bucket {
    /// Value of `x-ms-throttle-scope` without the ids.
    scope: &'static str,
    counts_writes: bool,
    capacity: f64,
    window: Duration,
    used: f64,
    since: Instant,
}

impl Bucket {
    fn new(scope: &'static str, counts_writes: bool, capacity: f64, seconds: u64) -> Self {
        let window = Duration::from_secs(seconds);
        Self { scope, counts_writes, capacity, window, used: 0.0, since: Instant::now() }
    }

    fn drain(&mut self, now: Instant) {
        let passed = now.duration_since(self.since).as_secs_f64();
        self.used = (self.used - passed * self.capacity / self.window.as_secs_f64()).max(0.0);
        self.since = now;
    }

    fn amount(&self, cost: Cost) -> f64 {
        f64::from(if self.counts_writes { cost.writes } else { cost.units })
    }

    /// Seconds until `amount` fits; zero when it fits now.
    fn wait(&self, amount: f64) -> f64 {
        let excess = self.used + amount - self.capacity;
        (excess * self.window.as_secs_f64() / self.capacity).max(0.0)
    }
}

/// All quotas that one application in one tenant meets.
#[derive(Debug)]
pub(super) struct Quota {
    buckets: Vec<Bucket>,
}

impl Quota {
    /// Full quotas; the size of the tenant is looked at with each request.
    pub(super) fn new() -> Self {
        Self {
            buckets: vec![
                Bucket::new("Tenant_Application/ReadWrite", false, 0.0, 10),
                Bucket::new("Tenant_Application/Write", true, 3_000.0, 150),
                Bucket::new("Application/ReadWrite", false, 150_000.0, 20),
                Bucket::new("Application/Write", true, 35_000.0, 300),
                Bucket::new("Tenant/Write", true, 18_000.0, 300),
            ],
        }
    }

    /// Takes the cost from every quota, or refuses. The answer is the share of the fullest quota
    /// that is used, when it is large enough for the service to mention it.
    pub(super) fn take(
        &mut self,
        cost: Cost,
        users: usize,
        ids: (&str, &str),
    ) -> Result<Option<f64>, Failure> {
        let now = Instant::now();
        if let Some(sized) = self.buckets.first_mut() {
            sized.capacity = match users {
                0..50 => 3_500.0,
                50..=500 => 5_000.0,
                _ => 8_000.0,
            };
        }
        self.buckets.iter_mut().for_each(|bucket| bucket.drain(now));
        if let Some(full) = self.buckets.iter().find(|bucket| bucket.wait(bucket.amount(cost)) > 0.0) {
            return Err(refusal(full, full.wait(full.amount(cost)), ids));
        }
        let mut share: f64 = 0.0;
        for bucket in &mut self.buckets {
            bucket.used += bucket.amount(cost);
            share = share.max(bucket.used / bucket.capacity);
        }
        Ok((share > 0.8).then_some(share))
    }
}

fn refusal(bucket: &Bucket, seconds: f64, (application, tenant): (&str, &str)) -> Failure {
    let information = if bucket.counts_writes { "WriteLimitExceeded" } else { "ResourceUnitLimitExceeded" };
    Failure::new(429, "TooManyRequests", "Too many requests.")
        .with_header("Retry-After", format!("{:.0}", seconds.ceil().max(1.0)))
        .with_header("x-ms-throttle-scope", format!("{}/{application}/{tenant}", bucket.scope))
        .with_header("x-ms-throttle-information", information)
        .with_header("x-ms-throttle-limit-percentage", "1.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_run_out_before_resource_units_and_come_back_with_time() {
        let mut quota = Quota::new();
        let write = Cost { units: 1, writes: 1 };
        for _ in 0..2_900 {
            assert!(quota.take(write, 1_000, ("app", "tenant")).is_ok());
        }
        let refused = (0..400).find_map(|_| quota.take(write, 1_000, ("app", "tenant")).err());
        assert_eq!(refused.map(|failure| failure.status), Some(429));
        for bucket in &mut quota.buckets {
            bucket.since = bucket.since.checked_sub(Duration::from_secs(10)).unwrap();
        }
        assert!(quota.take(write, 1_000, ("app", "tenant")).is_ok());
    }

    #[test]
    fn a_small_tenant_has_fewer_resource_units() {
        let read = Cost { units: 1_000, writes: 0 };
        let accepted = |users| {
            let mut quota = Quota::new();
            (0..20).filter(|_| quota.take(read, users, ("app", "tenant")).is_ok()).count()
        };
        assert_eq!((accepted(10), accepted(100), accepted(1_000)), (3, 5, 8));
    }
}
