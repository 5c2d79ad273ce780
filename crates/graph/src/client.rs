//! The client: one HTTP request to Graph at a time, repeated while that is safe and useful.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::call::{ANSWER_LIMIT, Call, Failed, Prepared, is_token_refused};
use crate::governor::{Admission, Governor, Reason, Wait, charges};
use crate::retry::{Retries, Verdict};
use crate::sign_in::{CredentialChain, Method, Service, Token, Tokens};
use crate::traffic::Meter;
use crate::transport::{Connection, Transport};
use crate::{Endpoint, Error, Identity, Request, Response, Traffic};

/// The longest deadline that is taken at its word.
const LONGEST_DEADLINE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How patient the client is, and what it calls itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The `User-Agent` header, `name/version`.
    pub user_agent: String,
    /// How often one HTTP request is tried at most, the first time included; attempts answered with 429 are
    /// limited by `deadline` alone. 8 unless changed.
    pub attempts: u32,
    /// How long one attempt may take. 60 seconds unless changed.
    pub timeout: Duration,
    /// How long one HTTP request may take with all its attempts and waits: a page of a list, or a batch of
    /// 20, whose time starts again whenever items of it succeed. Waiting so as not to overdraw a quota does not
    /// count. 300 seconds unless changed.
    pub deadline: Duration,
    /// How many HTTP requests are under way at one time at most, 1 to 1,000. 8 unless changed.
    pub in_flight: usize,
    /// How many times faster than published the windows of the quotas pass, 0.001 to 1,000,000. Heeded only when Graph
    /// is on this machine: a sandbox whose clock for quotas runs faster. 1 unless changed.
    pub quota_scale: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: concat!("tenantry/", env!("CARGO_PKG_VERSION")).to_owned(),
            attempts: 8,
            timeout: Duration::from_secs(60),
            deadline: Duration::from_secs(300),
            in_flight: 8,
            quota_scale: 1.0,
        }
    }
}

/// A connection to one tenant's Graph. Clones share sign-in, connections and counters.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    pub(crate) cancellation: CancellationToken,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("endpoint", &self.inner.endpoint).finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    pub(crate) settings: Settings,
    pub(crate) meter: Meter,
    pub(crate) governor: Governor,
    transport: Transport,
    tokens: Tokens,
}

impl Client {
    /// Makes a client. Nothing is sent before the first request.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidTenant`], or [`Error::Setup`] when the system has no certificate roots.
    pub fn new(
        endpoint: Endpoint,
        credentials: impl Into<CredentialChain>,
        mut settings: Settings,
    ) -> Result<Self, Error> {
        settings.deadline = settings.deadline.min(LONGEST_DEADLINE);
        let transport = Transport::new(&endpoint, &settings)?;
        let service = Service {
            endpoint: endpoint.clone(),
            settings: settings.clone(),
            transport: transport.to_other_host(),
        };
        let tokens = Tokens::new(credentials.into(), service)?;
        let governor = governor(&endpoint, &settings);
        let inner = Inner { endpoint, settings, meter: Meter::default(), governor, transport, tokens };
        Ok(Self { inner: Arc::new(inner), cancellation: CancellationToken::new() })
    }

    /// The same client, stopped by `cancellation`: a request that waits for its turn, or to be sent again, then fails
    /// with [`Error::is_cancelled`] or its last refusal. What is under way is finished, and a request that need not
    /// wait is sent.
    #[must_use = "returns the client that can be stopped"]
    pub fn with_cancellation(&self, cancellation: CancellationToken) -> Self {
        Self { inner: Arc::clone(&self.inner), cancellation }
    }

    /// Says how many users the tenant has, on which its read quota depends: 3,500 resource units per 10 s below 50
    /// users, which is also assumed while nobody says, 5,000 up to 500, 8,000 above.
    pub fn set_user_count(&self, users: usize) {
        self.inner.governor.set_users(users);
    }

    /// The most recent wait of half a second or more, for showing; `None` before the first.
    pub fn waits(&self) -> watch::Receiver<Option<Wait>> {
        self.inner.governor.waits()
    }

    /// Signs in, unless that has happened, and says as whom.
    pub async fn identity(&self) -> Result<Identity, Error> {
        Ok(self.token().await?.identity())
    }

    /// How the client signed in; none before it has.
    pub fn method(&self) -> Option<Method> {
        self.inner.tokens.method()
    }

    /// Reads `path` of v1.0, such as `/organization?$select=id`.
    pub async fn get(&self, path: &str) -> Result<Response, Error> {
        self.send(&Request::get(path)).await
    }

    /// Sends one request, and again while that is safe.
    ///
    /// It leaves when the published quotas allow it. A read is repeated after 408, 429, 500, 502, 503, 504 and lost
    /// connections. A write is repeated only when it was not executed: after 429, 423, 509, a
    /// `Directory_ConcurrencyViolation`, or when no connection could be made. `Retry-After` decides the delay when
    /// present.
    ///
    /// # Errors
    ///
    /// [`Error::is_ambiguous`] is true for a write that may have taken effect.
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let write = request.is_write();
        self.call(&Call {
            method: request.method,
            path: &request.path,
            url: request.url(&self.inner.endpoint)?,
            headers: &request.headers,
            body: request.body.as_ref(),
            write,
            operations: 1,
            writes: usize::from(write),
            charges: charges(request.method, &request.path),
        })
        .await
    }

    /// What has been sent and waited for since the client was made.
    pub fn traffic(&self) -> Traffic {
        self.inner.meter.read()
    }

    async fn token(&self) -> Result<Arc<Token>, Error> {
        self.inner.tokens.bearer().await
    }

    /// Makes one call with all its attempts.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Response, Error> {
        let prepared = call.prepare()?;
        let mut retries = Retries::new(&self.inner.settings, &self.inner.meter);
        let mut renewed = false;
        let mut connection = Connection::Pooled;
        loop {
            let admission = self.inner.governor.admit(&call.charges, &self.cancellation).await;
            let mut admission = admission.ok_or_else(|| call.cancelled())?;
            retries.excuse(admission.waited);
            let token = self.token().await?;
            let timeout = self.inner.settings.timeout.min(retries.remaining().max(Duration::from_secs(1)));
            let failed =
                match self.attempt(call, &prepared, &token, connection, timeout, &mut admission).await {
                    Ok(response) => return Ok(response),
                    Err(failed) => failed,
                };
            drop(admission);
            if !renewed && is_token_refused(&failed.error) {
                renewed = true;
                let claims = failed.error.api().and_then(|api| api.claims.clone());
                self.inner.tokens.forget(&token, claims).await;
                continue;
            }
            if failed.error.api().is_some_and(|api| matches!(api.status, 502..=504)) {
                connection = Connection::Fresh;
            }
            if !self.wait_after(call, &failed, &mut retries).await {
                return Err(failed.error);
            }
        }
    }

    /// Waits before a call is made again; false when it shall not be, or somebody said to stop.
    async fn wait_after(&self, call: &Call<'_>, failed: &Failed, retries: &mut Retries<'_>) -> bool {
        if !self.inner.transport.has_reached() {
            retries.hurry();
        }
        let delay = retries.delay(failed.verdict, failed.error.retry_after());
        let mut reason = Reason::Trouble;
        if failed.verdict == Verdict::Throttled {
            let pause = delay.or(failed.error.retry_after()).unwrap_or_default();
            reason = Reason::Throttled(self.inner.governor.throttled(&call.charges, pause, &failed.signals));
        }
        match delay {
            Some(delay) => self.rest(delay, reason).await,
            None => false,
        }
    }

    /// Sleeps before something is sent again; false when told to stop.
    pub(crate) async fn rest(&self, delay: Duration, reason: Reason) -> bool {
        let wait = Wait { reason, delay, left: delay, rate: 0.0 };
        self.inner.governor.rest(wait, &self.cancellation).await
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        prepared: &Prepared,
        token: &Token,
        connection: Connection,
        timeout: Duration,
        admission: &mut Admission<'_>,
    ) -> Result<Response, Failed> {
        let id = Uuid::new_v4().to_string();
        let request = call.request(&self.inner.endpoint, prepared, token, &id).map_err(Failed::finally)?;
        self.inner.meter.sent(call.operations, call.writes);
        admission.sent();
        let reply = self
            .inner
            .transport
            .exchange(request, connection, timeout, ANSWER_LIMIT)
            .await
            .map_err(|failure| call.explain(failure, id.clone()))?;
        self.inner.meter.answered(reply.status, reply.header("x-ms-resource-unit"));
        if reply.status != 429 {
            self.inner.governor.learn(&call.charges, &reply.signals());
        }
        call.read(&reply, &id)
    }
}

fn governor(endpoint: &Endpoint, settings: &Settings) -> Governor {
    let scale = settings.quota_scale;
    let scale = if endpoint.is_graph_local() && scale.is_finite() { scale.clamp(0.001, 1e6) } else { 1.0 };
    Governor::new(scale, settings.in_flight.clamp(1, 1_000), settings.deadline)
}
