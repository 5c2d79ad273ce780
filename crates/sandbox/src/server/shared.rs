//! Everything the connections share, and one HTTP request to Graph from door to door.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::authority::{Authority, Claims};
use super::conflicts::{Held, Writing};
use super::cost;
use super::knobs::Knobs;
use super::log::Log;
use super::luck::{Fault, Luck};
use super::quota::Quota;
use super::record::Record;
use super::stats::Stats;
use crate::graph::{self, Body, Failure, Request, Response};
use crate::options::Consistency;
use crate::processing::Processing;
use crate::store::{Change, ReplicaRole, Store, Tenant};

/// Everything the connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) tenant: RwLock<Tenant>,
    /// Locked after the tenant.
    pub(super) processing: Mutex<Processing>,
    knobs: Mutex<Knobs>,
    luck: Mutex<Luck>,
    stats: Mutex<Stats>,
    log: Mutex<Log>,
    pub(super) quota: Mutex<Quota>,
    writing: Writing,
    /// How often all delta tokens were made to expire.
    delta_generation: AtomicU64,
    /// Number of the latest commit of each application, by its client id.
    pub(super) sessions: Mutex<BTreeMap<String, u64>>,
    /// The object that was written last.
    pub(super) latest: Mutex<Option<Uuid>>,
    pub(super) authority: Authority,
    /// Where requests are written down, if anywhere.
    pub(super) record: Option<Record>,
}

/// The ids that name one HTTP request in answers and errors.
#[derive(Debug, Clone)]
pub(super) struct RequestIds {
    pub(super) request: String,
    pub(super) client: String,
}

/// What the operations of one HTTP request have in common.
pub(super) struct Caller<'a> {
    /// What its token says.
    pub(super) claims: Arc<Claims>,
    pub(super) ids: &'a RequestIds,
    /// The objects it writes to, when it matters whether writes overlap.
    pub(super) held: Option<&'a Held<'a>>,
    /// Whether the operation waits for another one of its batch.
    pub(super) waits: bool,
}

impl Shared {
    pub(super) fn new(
        (tenant, processing): (Tenant, Processing),
        knobs: Knobs,
        authority: Authority,
        record: Option<Record>,
    ) -> Self {
        let shared = Self {
            tenant: RwLock::new(tenant),
            processing: Mutex::new(processing),
            luck: Mutex::new(Luck::new(knobs.seed_number)),
            knobs: Mutex::new(knobs.clone()),
            stats: Mutex::default(),
            log: Mutex::default(),
            quota: Mutex::default(),
            writing: Writing::default(),
            delta_generation: AtomicU64::new(0),
            sessions: Mutex::default(),
            latest: Mutex::default(),
            authority,
            record,
        };
        shared.tenant_mut().set_lags(&lags(&knobs));
        shared
    }

    /// The tenant for reading, everything due done and its replicas up to date.
    pub(super) fn tenant(&self) -> RwLockReadGuard<'_, Tenant> {
        let now = Instant::now();
        let tenant = self.tenant.read().unwrap_or_else(PoisonError::into_inner);
        if !self.has_work(now) && !tenant.is_behind(now) {
            return tenant;
        }
        drop(tenant);
        self.catch_up(&mut self.tenant_mut(), now);
        self.tenant.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tenant_mut(&self) -> RwLockWriteGuard<'_, Tenant> {
        self.tenant.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the tenant from outside Graph.
    pub(super) fn intervene(&self, changes: impl FnOnce(&Store) -> Vec<Change>) -> std::io::Result<()> {
        let mut tenant = self.tenant_mut();
        let changes = changes(tenant.primary());
        self.make(&mut tenant, changes)
    }

    /// The current knobs.
    pub(super) fn knobs(&self) -> Knobs {
        lock(&self.knobs).clone()
    }

    /// Turns the knobs; fault counting starts over.
    pub(super) fn set_knobs(&self, knobs: Knobs) {
        self.tenant_mut().set_lags(&lags(&knobs));
        *self.luck() = Luck::new(knobs.seed_number);
        *lock(&self.knobs) = knobs;
    }

    /// Makes every delta token handed out so far too old.
    pub(super) fn expire_delta_tokens(&self) {
        self.delta_generation.fetch_add(1, Ordering::Relaxed);
    }

    /// How often all delta tokens were made to expire.
    pub(super) fn delta_generation(&self) -> u64 {
        self.delta_generation.load(Ordering::Relaxed)
    }

    /// The counts so far.
    pub(super) fn stats(&self) -> MutexGuard<'_, Stats> {
        lock(&self.stats)
    }

    /// The operations so far.
    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    pub(super) fn luck(&self) -> MutexGuard<'_, Luck> {
        lock(&self.luck)
    }

    /// Counts a request towards a fault; whether it strikes, which is counted too.
    pub(super) fn strikes(&self, fault: Fault, rate: Option<crate::rate::Rate>) -> bool {
        let strikes = self.luck().strikes(fault, rate);
        if strikes {
            self.inflicted(fault);
        }
        strikes
    }

    /// Counts a fault that was inflicted.
    pub(super) fn inflicted(&self, fault: Fault) {
        *self.stats().faults.entry(fault.name()).or_default() += 1;
    }

    /// How long to wait before the next answer.
    pub(super) fn latency(&self) -> Duration {
        let knobs = self.knobs();
        let mut latency = knobs.faults.latency;
        if !knobs.faults.jitter.is_zero() {
            latency += knobs.faults.jitter.mul_f64(self.luck().fraction(Fault::Latency.name()));
        }
        if !latency.is_zero() {
            self.inflicted(Fault::Latency);
        }
        latency
    }

    /// The objects a request writes to, when it matters whether writes overlap.
    pub(super) fn hold(&self, request: &Request) -> Option<Held<'_>> {
        let faults = self.knobs().faults;
        (faults.conflicts || faults.lose_licenses).then(|| self.writing.hold(request))
    }

    /// Answers one HTTP request to Graph.
    pub(super) fn graph(&self, request: &Request, ids: &RequestIds, held: Option<&Held<'_>>) -> Response {
        {
            let mut stats = self.stats();
            stats.requests += 1;
            *stats.methods.entry(request.method.name()).or_default() += 1;
        }
        let authorization = request.headers.get("authorization").map(String::as_str);
        let claims = match self.authority.authorize(authorization) {
            Ok(claims) => claims,
            Err(failure) => return self.refuse(failure, ids),
        };
        let caller = Caller { claims, ids, held, waits: false };
        if request.is_batch() { self.batch(request, &caller) } else { self.operate(request, &caller) }
    }

    /// Whether the answer to this request is to be lost.
    pub(super) fn loses(&self, request: &Request, ids: &RequestIds) -> bool {
        let rate = self.knobs().faults.lose_every;
        let lost = rate.is_some()
            && graph::operations(request).iter().any(cost::is_write)
            && self.strikes(Fault::Lose, rate);
        if lost {
            self.stats().lost += 1;
            self.log().inflict(&ids.request, Fault::Lose);
        }
        lost
    }

    /// Whether the answer to this request is to be cut off in the middle of its body.
    pub(super) fn cuts(&self, ids: &RequestIds) -> bool {
        let cut = self.strikes(Fault::Cut, self.knobs().faults.cut_every);
        if cut {
            self.log().inflict(&ids.request, Fault::Cut);
        }
        cut
    }

    fn batch(&self, request: &Request, caller: &Caller<'_>) -> Response {
        let run = |item: Result<Request, Failure>, waits: bool| match item {
            Ok(item) => {
                let claims = Arc::clone(&caller.claims);
                self.operate(&item, &Caller { claims, ids: caller.ids, held: caller.held, waits })
            }
            Err(failure) => self.refuse(failure, caller.ids),
        };
        match graph::answer_batch(request, run) {
            Ok((response, items)) => {
                let mut stats = self.stats();
                stats.largest_batch = stats.largest_batch.max(u64::try_from(items).unwrap_or(u64::MAX));
                response
            }
            Err(failure) => self.refuse(failure, caller.ids),
        }
    }

    /// The answer to a refused request, counted.
    pub(super) fn refuse(&self, failure: Failure, ids: &RequestIds) -> Response {
        let mut stats = self.stats();
        match failure.status {
            429 => stats.throttled += 1,
            _ => stats.refused += 1,
        }
        failure.into_response(&ids.request, &ids.client)
    }

    /// Waits until the state directory has everything.
    pub(super) fn flush(&self) -> std::io::Result<()> {
        self.tenant().flush()
    }
}

/// How far each copy lags behind the primary.
fn lags(knobs: &Knobs) -> BTreeMap<ReplicaRole, Duration> {
    let further = |more: Duration| if more.is_zero() { Duration::ZERO } else { knobs.lag + more };
    let slow = knobs.faults.stale_every.map_or(Duration::ZERO, |_| knobs.faults.stale);
    BTreeMap::from([
        (
            ReplicaRole::Near,
            if knobs.consistency == Consistency::Any { knobs.lag / 2 } else { Duration::ZERO },
        ),
        (ReplicaRole::Usual, knobs.lag),
        (ReplicaRole::Index, further(knobs.index_lag)),
        (ReplicaRole::Delta, further(knobs.delta_lag)),
        (ReplicaRole::Slow, further(slow)),
    ])
}

impl RequestIds {
    /// Ids of a request whose client may have named it.
    pub(super) fn new(client: Option<&str>) -> Self {
        let request = Uuid::new_v4().to_string();
        let client = client.map_or_else(|| request.clone(), str::to_owned);
        Self { request, client }
    }
}

/// Reads the body of an HTTP request as Graph does.
pub(super) fn body(bytes: &[u8]) -> Body {
    if bytes.is_empty() {
        return Body::Empty;
    }
    match serde_json::from_slice(bytes) {
        Ok(value) => Body::Json(value),
        Err(error) => Body::Malformed(error.to_string()),
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
