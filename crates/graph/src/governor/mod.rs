//! Keeps the client within the published quotas, so that being throttled is the exception.
//!
//! ```text
//! request ─► quota: what it costs ─► bucket: take it, wait until it is there ─► in flight, few at a time
//!                                       ▲
//!              x-ms-resource-unit, x-ms-throttle-limit-percentage, Retry-After
//! ```

mod bucket;
mod quota;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use bucket::Bucket;
pub(crate) use quota::{Charge, charges, most_in_batch, sum};
use quota::{PUBLISHED, QUOTAS, Quota, resource_units};

/// The shortest wait that anybody is told of.
const WORTH_TELLING: Duration = Duration::from_millis(500);

/// Why and how long requests are being held back, for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// Why.
    pub reason: Reason,
    /// How long from now on.
    pub delay: Duration,
    /// How long all that is known to lie ahead of the client takes at the pace of the quota: the rest of a
    /// [`Client::batch`](crate::Client::batch), for instance. At least `delay`.
    pub left: Duration,
    /// How much of the quota comes back per second, for an estimate by who knows of more: 20 writes. Zero when it is
    /// no quota that is waited for.
    pub rate: f64,
}

/// Why a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Sending now would overdraw a quota, called for instance `write quota`.
    Quota(&'static str),
    /// The service answered that a quota is used up, or that it has too much to do.
    Throttled(&'static str),
    /// The service has trouble, and the request is sent again later.
    Trouble,
}

/// What one client may still send, and what it is sending.
#[derive(Debug)]
pub(crate) struct Governor {
    buckets: Mutex<[Bucket; QUOTAS]>,
    in_flight: Semaphore,
    scale: f64,
    longest_pause: Duration,
    waits: watch::Sender<Option<Wait>>,
}

/// Leave to send one HTTP request, until dropped.
pub(crate) struct Admission<'a> {
    reservation: Reservation<'a>,
    _place: SemaphorePermit<'a>,
    /// How long it took to be admitted.
    pub(crate) waited: Duration,
}

impl Admission<'_> {
    /// Notes that the request leaves: from now on it counts, whatever happens to it.
    pub(crate) fn sent(&mut self) {
        self.reservation.used = true;
    }
}

/// Amounts taken out of the buckets. Given back when dropped unused.
struct Reservation<'a> {
    governor: &'a Governor,
    taken: Vec<(Charge, u64)>,
    used: bool,
}

/// What answers say about quotas.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Signals {
    /// `x-ms-resource-unit`.
    pub(crate) units: Option<f64>,
    /// `x-ms-throttle-limit-percentage`, 1 where throttling begins.
    pub(crate) share: Option<f64>,
    /// `x-ms-throttle-scope`, `Tenant_Application/Write/…`; of refusals only.
    pub(crate) scope: Option<String>,
}

impl Signals {
    /// Reads the headers through `header`, which gives the text of the one named.
    pub(crate) fn read(header: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name| header(name).and_then(|text| text.trim().parse::<f64>().ok());
        Self {
            units: number("x-ms-resource-unit").filter(|units| (0.0..1e6).contains(units)),
            share: number("x-ms-throttle-limit-percentage").filter(|share| (0.0..10.0).contains(share)),
            scope: header("x-ms-throttle-scope"),
        }
    }
}

impl Governor {
    /// Full quotas; `scale` lets their windows pass that many times faster.
    pub(crate) fn new(scale: f64, in_flight: usize, longest_pause: Duration) -> Self {
        let now = Instant::now();
        let bucket = |quota: &quota::Published| Bucket::new(quota.amount, quota.window.div_f64(scale), now);
        Self {
            buckets: Mutex::new(std::array::from_fn(|index| bucket(&PUBLISHED[index]))),
            in_flight: Semaphore::new(in_flight),
            scale,
            longest_pause,
            waits: watch::Sender::new(None),
        }
    }

    /// Takes the number of the tenant's users into account, on which a quota depends.
    pub(crate) fn set_users(&self, users: usize) {
        let window = PUBLISHED[Quota::ResourceUnits as usize].window.div_f64(self.scale);
        self.buckets()[Quota::ResourceUnits as usize].resize(resource_units(users), window);
    }

    /// The most recent wait worth telling.
    pub(crate) fn waits(&self) -> watch::Receiver<Option<Wait>> {
        self.waits.subscribe()
    }

    /// Waits until a request with these charges may be sent; `None` when cancelled before.
    pub(crate) async fn admit(
        &self,
        charges: &[Charge],
        cancellation: &CancellationToken,
    ) -> Option<Admission<'_>> {
        let began = Instant::now();
        loop {
            let (reservation, wait) = self.reserve(charges);
            if let Some(wait) = wait
                && !self.rest(wait, cancellation).await
            {
                return None;
            }
            let place = tokio::select! {
                biased;
                place = self.in_flight.acquire() => place.ok()?,
                () = cancellation.cancelled() => return None,
            };
            if reservation.stands() {
                return Some(Admission { reservation, _place: place, waited: began.elapsed() });
            }
        }
    }

    /// Sleeps, tells of it, and wakes early when cancelled: then it is false.
    pub(crate) async fn rest(&self, wait: Wait, cancellation: &CancellationToken) -> bool {
        if wait.delay >= WORTH_TELLING {
            self.waits.send_replace(Some(wait));
        }
        tokio::select! {
            () = tokio::time::sleep(wait.delay) => true,
            () = cancellation.cancelled() => false,
        }
    }

    /// Notes work that lies ahead, until dropped; it takes its turn by itself.
    pub(crate) fn announce(&self, charges: Vec<Charge>) -> Announcement<'_> {
        let mut buckets = self.buckets();
        charges.iter().for_each(|charge| buckets[charge.quota as usize].announce(charge.amount));
        Announcement { governor: self, charges }
    }

    /// Takes the charges and says how long to wait before using them.
    fn reserve(&self, charges: &[Charge]) -> (Reservation<'_>, Option<Wait>) {
        let now = Instant::now();
        let mut buckets = self.buckets();
        let mut reservation = Reservation { governor: self, taken: Vec::new(), used: false };
        let mut wait: Option<Wait> = None;
        for charge in charges {
            let bucket = &mut buckets[charge.quota as usize];
            let delay = bucket.take(charge.amount, now).saturating_duration_since(now);
            reservation.taken.push((*charge, bucket.epoch()));
            if delay > wait.map_or(Duration::ZERO, |wait| wait.delay) {
                let name = PUBLISHED[charge.quota as usize].name;
                let paused = bucket.is_paused(now);
                let reason = if paused { Reason::Throttled(name) } else { Reason::Quota(name) };
                wait = Some(Wait { reason, delay, left: bucket.left().max(delay), rate: bucket.rate() });
            }
        }
        (reservation, wait)
    }

    /// Corrects what was taken by what the service says it charged, and by how near the limit it sees the client.
    pub(crate) fn learn(&self, charges: &[Charge], signals: &Signals) {
        let now = Instant::now();
        let mut buckets = self.buckets();
        let estimate = charges.iter().find(|charge| charge.quota == Quota::ResourceUnits);
        if let (Some(units), Some(estimate)) = (signals.units, estimate) {
            buckets[Quota::ResourceUnits as usize].correct(units - estimate.amount);
        }
        // The header does not say which quota it speaks of: it is the fullest used.
        let fullness = |charge: &&Charge| buckets[charge.quota as usize].fullness();
        let lowest = charges.iter().min_by(|a, b| fullness(a).total_cmp(&fullness(b)));
        if let (Some(share), Some(charge)) = (signals.share.filter(|share| *share >= 0.8), lowest) {
            buckets[charge.quota as usize].learn(share, now);
        }
    }

    /// A request was refused because of a quota: nobody sends more against it for a while.
    /// Gives the name of the quota.
    pub(crate) fn throttled(&self, charges: &[Charge], pause: Duration, signals: &Signals) -> &'static str {
        let now = Instant::now();
        let write = charges.iter().any(|charge| charge.quota == Quota::Writes);
        let of_writes = signals.scope.as_ref().map_or(write, |scope| scope.contains("/Write/"));
        let mut buckets = self.buckets();
        let mut name = PUBLISHED[Quota::ResourceUnits as usize].name;
        for charge in charges {
            let other = match charge.quota {
                Quota::Writes => !of_writes,
                Quota::ResourceUnits => of_writes,
                _ => false,
            };
            if !other {
                let pause = pause.min(self.longest_pause);
                buckets[charge.quota as usize].pause(pause, signals.scope.is_some(), now);
                name = PUBLISHED[charge.quota as usize].name;
            }
        }
        name
    }

    fn buckets(&self) -> MutexGuard<'_, [Bucket; QUOTAS]> {
        // Nothing panics while it is held, and numbers are sound at any moment.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work that lies ahead.
pub(crate) struct Announcement<'a> {
    governor: &'a Governor,
    charges: Vec<Charge>,
}

impl Announcement<'_> {
    /// Notes that so much of it is done.
    pub(crate) fn done(&mut self, charges: &[Charge]) {
        let mut buckets = self.governor.buckets();
        for done in charges {
            if let Some(ahead) = self.charges.iter_mut().find(|ahead| ahead.quota == done.quota) {
                ahead.amount -= done.amount;
                buckets[done.quota as usize].announce(-done.amount);
            }
        }
    }
}

impl Drop for Announcement<'_> {
    fn drop(&mut self) {
        let mut buckets = self.governor.buckets();
        self.charges.iter().for_each(|charge| buckets[charge.quota as usize].announce(-charge.amount));
    }
}

impl Reservation<'_> {
    /// Whether no refusal came since it was made.
    fn stands(&self) -> bool {
        let buckets = self.governor.buckets();
        self.taken.iter().all(|(charge, epoch)| buckets[charge.quota as usize].epoch() == *epoch)
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut buckets = self.governor.buckets();
        for (charge, epoch) in &self.taken {
            let bucket = &mut buckets[charge.quota as usize];
            if self.used { bucket.settle(charge.amount) } else { bucket.refund(charge.amount, *epoch) }
        }
    }
}

#[cfg(test)]
mod tests;
