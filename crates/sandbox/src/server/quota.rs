//! The published quotas as token buckets, one for each application, tenant or pair of them.

use std::collections::BTreeMap;
use std::time::Instant;

use super::cost::Cost;
use super::limits::{Amount, LIMITS, Limit, Scope, Service, Unit};
use crate::graph::Failure;
use crate::percentage::Percentage;

/// How full a quota is at most, however many requests are refused.
const FULLEST: f64 = 1.8;

/// From which fullness on the service mentions it.
const MENTIONED: f64 = 0.8;

/// How quotas differ from the published ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    /// How many times faster their time passes.
    pub(super) scale: f64,
    /// How much of them there is.
    pub(super) share: Percentage,
    /// Requests of privileged identity management in ten seconds.
    pub(super) privileged: u32,
}

/// One request as the quotas see it.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) application: &'a str,
    pub(super) tenant: &'a str,
    /// Users of the tenant, which decide about its size.
    pub(super) users: usize,
    pub(super) cost: Cost,
    pub(super) services: Vec<Service>,
    pub(super) terms: Terms,
}

/// What is left of every quota that was touched.
#[derive(Debug, Default)]
pub(super) struct Quota {
    buckets: BTreeMap<(usize, String), Bucket>,
}

/// One quota of one application, tenant or pair of them.
#[derive(Debug)]
struct Bucket {
    used: f64,
    /// Requests of late, and how many of them were refused.
    seen: f64,
    refused: f64,
    since: Instant,
}

impl Quota {
    /// Takes the cost from every quota, or refuses; a refused request counts as well. The answer is how full the
    /// fullest quota is, when the service would mention it.
    pub(super) fn take(&mut self, call: &Call<'_>, now: Instant) -> Result<Option<f64>, Failure> {
        let concerned = LIMITS
            .iter()
            .enumerate()
            .filter(|(_, limit)| call.services.contains(&limit.service) && limit.amount_of(call.cost) > 0.0);
        let (mut refusal, mut fullest) = (None, 0.0_f64);
        for (index, limit) in concerned {
            let fresh = Bucket { used: 0.0, seen: 0.0, refused: 0.0, since: now };
            let bucket = self.buckets.entry((index, limit.holder(call))).or_insert(fresh);
            let verdict = bucket.take(limit, call, now);
            fullest = fullest.max(verdict.fullness);
            if let (Some(seconds), None) = (verdict.wait, &refusal) {
                refusal = Some(limit.refusal(call, seconds, verdict.fullness));
            }
        }
        match refusal {
            Some(refusal) => Err(refusal),
            None => Ok((fullest > MENTIONED).then_some(fullest)),
        }
    }
}

/// What one quota says to one request.
struct Verdict {
    /// Seconds until it would fit, when it does not.
    wait: Option<f64>,
    /// Up to 1 the used part of the quota, above it 1 and the share of recent requests that it refused.
    fullness: f64,
}

impl Bucket {
    fn take(&mut self, limit: &Limit, call: &Call<'_>, now: Instant) -> Verdict {
        let refill = limit.full(call) * call.terms.share.fraction();
        // A quota below one request would let nothing through at all.
        let capacity = refill.max(1.0);
        let windows = now.duration_since(self.since).as_secs_f64() * call.terms.scale / limit.seconds;
        self.used = (self.used - windows * refill).max(0.0);
        self.seen *= (-windows).exp();
        self.refused *= (-windows).exp();
        self.since = now;

        // What is larger than a whole quota gets through an unused one.
        let amount = limit.amount_of(call.cost);
        let fits = self.used + amount <= capacity || self.used == 0.0;
        self.used = (self.used + amount).min(FULLEST * capacity);
        self.seen += 1.0;
        self.refused += f64::from(u8::from(!fits));
        let refused = self.refused / self.seen;
        let overloaded = self.used > MENTIONED * capacity && refused > 0.005;
        let fullness =
            if overloaded { (1.0 + refused).min(FULLEST) } else { (self.used / capacity).min(1.0) };
        let missing = self.used + amount.min(capacity) - capacity;
        // A second more, so that a few requests fit and not only one.
        let wait = (missing * limit.seconds / refill + 1.0) / call.terms.scale;
        Verdict { wait: (!fits).then_some(wait), fullness }
    }
}

impl Limit {
    /// What the quota counts of a request.
    fn amount_of(&self, cost: Cost) -> f64 {
        match self.unit {
            Unit::Requests => 1.0,
            Unit::ResourceUnits => f64::from(cost.units),
            Unit::Writes => f64::from(cost.writes),
        }
    }

    /// How much the published window holds.
    fn full(&self, call: &Call<'_>) -> f64 {
        match (self.amount, call.users) {
            (Amount::Fixed(amount), _) => amount,
            (Amount::Privileged, _) => f64::from(call.terms.privileged),
            (Amount::BySize([small, _, _]), 0..50) => small,
            (Amount::BySize([_, medium, _]), 50..=500) => medium,
            (Amount::BySize([_, _, large]), _) => large,
        }
    }

    /// Whose bucket it is.
    fn holder(&self, call: &Call<'_>) -> String {
        match self.scope {
            Scope::ApplicationInTenant => format!("{}/{}", call.application, call.tenant),
            Scope::Application => call.application.to_owned(),
            Scope::Tenant => call.tenant.to_owned(),
        }
    }

    fn refusal(&self, call: &Call<'_>, seconds: f64, fullness: f64) -> Failure {
        let scope = match self.scope {
            Scope::ApplicationInTenant => "Tenant_Application",
            Scope::Application => "Application",
            Scope::Tenant => "Tenant",
        };
        let access = if self.unit == Unit::Writes { "Write" } else { "ReadWrite" };
        let scope = format!("{scope}/{access}/{}/{}", call.application, call.tenant);
        let mut failure = Failure::throttled()
            .with_header("x-ms-throttle-scope", scope)
            .with_header("x-ms-throttle-limit-percentage", format!("{fullness:.2}"));
        if self.tells_when {
            failure = failure.with_header("Retry-After", format!("{seconds:.3}"));
        }
        match self.unit {
            Unit::Requests => failure,
            Unit::ResourceUnits => {
                failure.with_header("x-ms-throttle-information", "ResourceUnitLimitExceeded")
            }
            Unit::Writes => failure.with_header("x-ms-throttle-information", "WriteLimitExceeded"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const READ: Cost = Cost { units: 1, writes: 0 };
    const WRITE: Cost = Cost { units: 1, writes: 1 };

    fn call(cost: Cost) -> Call<'static> {
        Call {
            application: "app",
            tenant: "tenant",
            users: 1_000,
            cost,
            services: vec![Service::Graph, Service::Directory],
            terms: Terms { scale: 1.0, share: Percentage::WHOLE, privileged: 150 },
        }
    }

    /// How many of `tries` requests at one moment get through.
    fn accepted(quota: &mut Quota, call: &Call<'_>, tries: usize, now: Instant) -> usize {
        (0..tries).filter(|_| quota.take(call, now).is_ok()).count()
    }

    #[test]
    fn writes_run_out_before_resource_units_and_come_back_with_time() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        assert_eq!(accepted(&mut quota, &call(WRITE), 3_000, now), 3_000);
        assert!(quota.take(&call(WRITE), now).is_err());
        assert!(quota.take(&call(READ), now).is_ok(), "a read takes no write");
        let later = now + Duration::from_secs(10);
        assert_eq!(
            accepted(&mut quota, &call(WRITE), 300, later),
            199,
            "20 a second, one went to the refusal"
        );
    }

    #[test]
    fn a_small_tenant_has_fewer_resource_units() {
        let of = |users| {
            let read = Call { users, ..call(Cost { units: 1_000, writes: 0 }) };
            accepted(&mut Quota::default(), &read, 20, Instant::now())
        };
        assert_eq!((of(49), of(50), of(500), of(501)), (3, 5, 5, 8));
    }

    #[test]
    fn every_scope_has_its_own_account() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        let of = |application: &'static str| Call { application, ..call(WRITE) };
        for application in ["a", "b", "c", "d", "e", "f"] {
            assert_eq!(accepted(&mut quota, &of(application), 3_000, now), 3_000, "{application}");
        }
        assert!(quota.take(&of("g"), now).is_err(), "18,000 writes are all that a tenant takes");
        assert!(quota.take(&Call { tenant: "other", ..of("g") }, now).is_ok());
    }

    #[test]
    fn refused_requests_count_up_to_eight_tenths_more() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        assert_eq!(accepted(&mut quota, &call(WRITE), 20_000, now), 3_000);
        let (soon, late) = (now + Duration::from_secs(119), now + Duration::from_secs(121));
        assert!(quota.take(&call(WRITE), soon).is_err(), "2,400 refused writes take two minutes");
        assert_eq!(accepted(&mut quota, &call(WRITE), 40, late), 19);
    }

    #[test]
    fn the_percentage_appears_at_eight_tenths_and_grows_with_the_share_of_refusals() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        let shares: Vec<Option<f64>> =
            (0..3_000).filter_map(|_| quota.take(&call(WRITE), now).ok()).collect();
        assert_eq!(shares[2_399], None);
        assert!(shares[2_401].is_some_and(|share| share > 0.8 && share < 0.81));
        assert_eq!(shares[2_999], Some(1.0));
        // Five times what the quota gives back, for ten windows: four of five are refused.
        let offered = (1..=15_000).map(|tick| now + Duration::from_millis(10 * tick));
        let last = offered.map(|moment| quota.take(&call(WRITE), moment)).last().unwrap();
        let share = last.map_or(Some(FULLEST), |share| share);
        assert!(share.is_some_and(|share| (1.6..=1.8).contains(&share)), "{share:?}");
    }

    #[test]
    fn time_and_amount_can_be_scaled() {
        let now = Instant::now();
        let scarce = Terms { scale: 1.0, share: "5%".parse().unwrap(), privileged: 150 };
        let mut quota = Quota::default();
        assert_eq!(accepted(&mut quota, &Call { terms: scarce, ..call(WRITE) }, 200, now), 150);
        let fast = Terms { scale: 100.0, ..scarce };
        let later = now + Duration::from_secs(1);
        assert_eq!(
            accepted(&mut quota, &Call { terms: fast, ..call(WRITE) }, 1_000, later),
            50,
            "50 were refused"
        );
    }

    #[test]
    fn the_quota_of_one_request_a_second_does_not_say_when() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        let call = Call { services: vec![Service::Graph, Service::Protection], ..call(READ) };
        assert!(quota.take(&call, now).is_ok());
        let refused = quota.take(&call, now).unwrap_err().into_response("", "");
        assert!(refused.headers.iter().all(|(name, _)| *name != "Retry-After"), "{:?}", refused.headers);
        assert!(quota.take(&call, now + Duration::from_secs(2)).is_ok());
    }
}
