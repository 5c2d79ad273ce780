//! The client: one HTTP request to Graph at a time, repeated while that is safe and useful.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::call::{ANSWER_LIMIT, Call, Failed, Prepared, is_token_refused};
use crate::retry::Retries;
use crate::sign_in::{CredentialChain, Method, Service, Token, Tokens};
use crate::traffic::Meter;
use crate::transport::{Connection, Transport};
use crate::{Endpoint, Error, Identity, Request, Response, Traffic};

/// The longest deadline that is taken at its word.
const LONGEST_DEADLINE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How patient the client is, and what it calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The `User-Agent` header, `name/version`.
    pub user_agent: String,
    /// How often one HTTP request is tried at most, the first time included; attempts answered with 429 are
    /// limited by `deadline` alone. 8 unless changed.
    pub attempts: u32,
    /// How long one attempt may take. 60 seconds unless changed.
    pub timeout: Duration,
    /// How long one HTTP request may take with all its attempts and waits: a page of a list, or a batch of
    /// 20, whose time starts again whenever items of it succeed. 300 seconds unless changed.
    pub deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: concat!("tenantry/", env!("CARGO_PKG_VERSION")).to_owned(),
            attempts: 8,
            timeout: Duration::from_secs(60),
            deadline: Duration::from_secs(300),
        }
    }
}

/// A connection to one tenant's Graph. Clones share sign-in, connections and counters.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
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
        let inner = Inner { endpoint, settings, meter: Meter::default(), transport, tokens };
        Ok(Self { inner: Arc::new(inner) })
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
    /// A read is repeated after 408, 429, 500, 502, 503, 504 and lost connections. A write is repeated only
    /// when it was not executed: after 429, 423, a `Directory_ConcurrencyViolation`, or when no connection
    /// could be made. `Retry-After` decides the delay when present.
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
            let token = self.token().await?;
            let timeout = self.inner.settings.timeout.min(retries.remaining().max(Duration::from_secs(1)));
            let failed = match self.attempt(call, &prepared, &token, connection, timeout).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            if !renewed && (failed.challenge.is_some() || is_token_refused(&failed.error)) {
                renewed = true;
                self.inner.tokens.forget(&token, failed.challenge).await;
                continue;
            }
            if failed.error.api().is_some_and(|api| api.status == 503) {
                connection = Connection::Fresh;
            }
            if !self.inner.transport.has_reached() {
                retries.hurry();
            }
            if !retries.wait(failed.verdict, failed.retry_after).await {
                return Err(failed.error);
            }
        }
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        prepared: &Prepared,
        token: &Token,
        connection: Connection,
        timeout: Duration,
    ) -> Result<Response, Failed> {
        let id = Uuid::new_v4().to_string();
        let request = call.request(&self.inner.endpoint, prepared, token, &id).map_err(Failed::finally)?;
        self.inner.meter.sent(call.operations, call.writes);
        let reply = self
            .inner
            .transport
            .exchange(request, connection, timeout, ANSWER_LIMIT)
            .await
            .map_err(|failure| call.explain(failure, id.clone()))?;
        self.inner.meter.answered(reply.status, reply.header("x-ms-resource-unit"));
        call.read(&reply, &id)
    }
}
