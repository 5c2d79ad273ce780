//! Everything the connections share, and one Graph request from door to door.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::authority::{Authority, Claims};
use super::cost::{self, Cost};
use super::quota::{Call, Quota, Terms};
use super::record::Record;
use super::stats::Stats;
use super::{limits, permissions};
use crate::graph::{self, Body, Directory, Effect, Failure, Method, Request, Response};
use crate::options::{Delta, Faults};
use crate::quirks::Written;
use crate::schema;
use crate::store::{Change, Store, Tenant};

/// What can be changed while the sandbox runs.
#[derive(Debug, Clone)]
pub(super) struct Knobs {
    pub(super) faults: Faults,
    pub(super) delta: Delta,
    pub(super) lag: Duration,
    pub(super) quota: bool,
    pub(super) terms: Terms,
}

/// How many requests each fault has seen.
#[derive(Debug, Default)]
struct Turns {
    throttle: u32,
    fail: u32,
    lose: u32,
}

/// Everything the connections share.
#[derive(Debug)]
pub(super) struct Shared {
    tenant: RwLock<Tenant>,
    knobs: Mutex<Knobs>,
    turns: Mutex<Turns>,
    stats: Mutex<Stats>,
    quota: Mutex<Quota>,
    /// How often all delta tokens were made to expire.
    delta_generation: AtomicU64,
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

impl Shared {
    pub(super) fn new(
        mut tenant: Tenant,
        knobs: Knobs,
        authority: Authority,
        record: Option<Record>,
    ) -> Self {
        tenant.set_lag(knobs.lag);
        Self {
            tenant: RwLock::new(tenant),
            knobs: Mutex::new(knobs),
            turns: Mutex::default(),
            stats: Mutex::default(),
            quota: Mutex::default(),
            delta_generation: AtomicU64::new(0),
            authority,
            record,
        }
    }

    /// The tenant for reading, its replica up to date.
    pub(super) fn tenant(&self) -> RwLockReadGuard<'_, Tenant> {
        if !self.knobs().lag.is_zero() {
            self.tenant_mut().replicate(Instant::now());
        }
        self.tenant.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tenant_mut(&self) -> RwLockWriteGuard<'_, Tenant> {
        self.tenant.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the tenant from outside Graph.
    pub(super) fn intervene(&self, changes: impl FnOnce(&Store) -> Vec<Change>) -> std::io::Result<()> {
        let mut tenant = self.tenant_mut();
        let changes = changes(tenant.primary());
        tenant.commit(changes)
    }

    /// The current knobs.
    pub(super) fn knobs(&self) -> Knobs {
        lock(&self.knobs).clone()
    }

    /// Turns the knobs; fault counting starts over.
    pub(super) fn set_knobs(&self, knobs: Knobs) {
        self.tenant_mut().set_lag(knobs.lag);
        *lock(&self.turns) = Turns::default();
        *lock(&self.knobs) = knobs;
    }

    /// Makes every delta token handed out so far too old.
    pub(super) fn expire_delta_tokens(&self) {
        self.delta_generation.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts so far.
    pub(super) fn stats(&self) -> MutexGuard<'_, Stats> {
        lock(&self.stats)
    }

    /// Answers one HTTP request to Graph.
    pub(super) fn graph(&self, request: &Request, ids: &RequestIds) -> Response {
        {
            let mut stats = self.stats();
            stats.requests += 1;
            *stats.methods.entry(request.method.name()).or_default() += 1;
        }
        let authorization = request.headers.get("authorization").map(String::as_str);
        let caller = match self.authority.authorize(authorization) {
            Ok(caller) => caller,
            Err(failure) => return self.refuse(failure, ids),
        };
        if request.segments.iter().map(String::as_str).eq(["$batch"]) && request.method == Method::Post {
            return self.batch(request, &caller, ids);
        }
        self.operate(request, &caller, ids)
    }

    /// Whether the answer to this request is to be lost.
    pub(super) fn loses(&self, request: &Request) -> bool {
        let is_batch = request.segments.iter().map(String::as_str).eq(["$batch"]);
        let writes = if is_batch { graph::holds_a_write(request) } else { cost::is_write(request) };
        let lost = writes && turn(self.knobs().faults.lose_every, &mut lock(&self.turns).lose);
        self.stats().lost += u64::from(lost);
        lost
    }

    fn batch(&self, request: &Request, caller: &Claims, ids: &RequestIds) -> Response {
        let run = |item: Result<Request, Failure>| match item {
            Ok(item) => self.operate(&item, caller, ids),
            Err(failure) => self.refuse(failure, ids),
        };
        match graph::answer_batch(request, run) {
            Ok((response, items)) => {
                let mut stats = self.stats();
                stats.largest_batch = stats.largest_batch.max(u64::try_from(items).unwrap_or(u64::MAX));
                response
            }
            Err(failure) => self.refuse(failure, ids),
        }
    }

    /// Answers one operation: a request of its own or an item of a batch.
    fn operate(&self, request: &Request, caller: &Claims, ids: &RequestIds) -> Response {
        let cost = cost::of(request, self.is_for_customers());
        {
            let mut stats = self.stats();
            stats.operations += 1;
            *stats.operation_methods.entry(request.method.name()).or_default() += 1;
        }
        let share = match self.admit(request, caller, cost) {
            Ok(share) => share,
            Err(failure) => return self.refuse(failure, ids),
        };
        {
            let mut stats = self.stats();
            stats.resource_units += u64::from(cost.units);
            stats.writes += u64::from(cost.writes);
        }
        let permitted = permissions::check(caller, request, self.tenant().primary());
        let mut response = match permitted.and_then(|()| self.execute(request, cost)) {
            Ok(response) => response,
            Err(failure) => self.refuse(failure, ids),
        };
        response.headers.push(("x-ms-resource-unit", cost.units.to_string()));
        response.headers.extend(share.map(|share| ("x-ms-throttle-limit-percentage", format!("{share:.2}"))));
        response
    }

    /// Applies the faults that prevent a request, and the quota.
    fn admit(&self, request: &Request, caller: &Claims, cost: Cost) -> Result<Option<f64>, Failure> {
        let knobs = self.knobs();
        let (throttled, failed) = {
            let mut turns = lock(&self.turns);
            (
                turn(knobs.faults.throttle_every, &mut turns.throttle),
                turn(knobs.faults.fail_every, &mut turns.fail),
            )
        };
        if throttled {
            return Err(Failure::throttled().with_header("Retry-After", retry_after(1.0, knobs.terms)));
        }
        if failed {
            return Err(Failure::new(503, "serviceNotAvailable", "The service is temporarily unavailable."));
        }
        if !knobs.quota {
            return Ok(None);
        }
        let users = schema::by_name("user").map_or(0, |kind| self.tenant().primary().count(kind));
        let call = Call {
            application: &caller.appid,
            tenant: &self.authority.credentials.tenant_id,
            users,
            cost,
            services: limits::services(request, cost.writes > 0),
            terms: knobs.terms,
        };
        lock(&self.quota).take(&call, Instant::now())
    }

    /// Whether the tenant is one for customers, where users cost more.
    fn is_for_customers(&self) -> bool {
        let tenant = self.tenant();
        tenant.primary().organization().is_some_and(|found| found.text("tenantType") == Some("AAD B2C"))
    }

    /// Reads under the shared lock, writes under the exclusive one.
    fn execute(&self, request: &Request, cost: Cost) -> Result<Response, Failure> {
        let knobs = self.knobs();
        if cost.writes == 0 {
            let tenant = self.tenant();
            return graph::answer(&self.directory(&tenant, &knobs), request)
                .map(|(written, _)| written.response);
        }
        let mut tenant = self.tenant_mut();
        tenant.replicate(Instant::now());
        let (Written { changes, response }, effect) =
            graph::answer(&self.directory(&tenant, &knobs), request)?;
        tenant.commit(changes).map_err(|error| {
            Failure::new(
                500,
                "Service_InternalServerError",
                format!("The state directory cannot be written: {error}"),
            )
        })?;
        self.stats().ref_traps += u64::from(effect == Effect::DeletedThroughLink);
        Ok(response)
    }

    fn directory<'a>(&self, tenant: &'a Tenant, knobs: &'a Knobs) -> Directory<'a> {
        Directory {
            primary: tenant.primary(),
            visible: tenant.visible(),
            short_pages: knobs.faults.short_pages,
            delta: &knobs.delta,
            delta_generation: self.delta_generation.load(Ordering::Relaxed),
        }
    }

    /// The answer to a refused request, counted.
    fn refuse(&self, failure: Failure, ids: &RequestIds) -> Response {
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

impl RequestIds {
    /// Ids of a request whose client may have named it.
    pub(super) fn new(client: Option<&str>) -> Self {
        let request = uuid::Uuid::new_v4().to_string();
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

/// A time to wait in seconds as the header says it, where the time of the quotas passes.
fn retry_after(seconds: f64, terms: Terms) -> String {
    (seconds / terms.scale).to_string()
}

/// Counts one request towards a fault; true for every nth.
fn turn(every: Option<u32>, count: &mut u32) -> bool {
    let Some(every) = every.filter(|every| *every > 0) else {
        return false;
    };
    *count += 1;
    count.is_multiple_of(every)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
