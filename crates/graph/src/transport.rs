//! One HTTP exchange: sends, receives, bounds, and says whether a failure came before or after sending.

use std::error::Error as _;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use reqwest::redirect;
use url::Url;

use crate::governor::Signals;
use crate::retry::retry_after;
use crate::{Endpoint, Error, Settings};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The way to one host: an HTTP client with its connection pool, which clones share.
#[derive(Clone)]
pub(crate) struct Transport {
    pooled: reqwest::Client,
    fresh: Arc<OnceLock<reqwest::Client>>,
    profile: Profile,
    reached: Arc<AtomicBool>,
}

/// What an HTTP client is made from.
#[derive(Clone)]
struct Profile {
    user_agent: String,
    connect_timeout: Duration,
    proxy: bool,
    tls: bool,
}

/// Whether a request may travel on a connection that is open already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// An open one, if there is one.
    Pooled,
    /// A new one, which may end at another of the service's machines: Graph's advice after a 503.
    Fresh,
}

/// A complete answer, of whatever status.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// No complete answer.
pub(crate) enum Failure {
    /// The connection could not be made, so nothing was sent.
    NotSent(Arc<reqwest::Error>),
    /// The connection broke, or time ran out, at a moment when the request may have been read.
    Lost(Arc<reqwest::Error>),
    /// The body went past the limit.
    TooLarge,
}

impl Transport {
    /// Sets up TLS with the platform's certificate roots, on Linux those of `SSL_CERT_FILE` if set.
    pub(crate) fn new(endpoint: &Endpoint, settings: &Settings) -> Result<Self, Error> {
        // Loopback traffic may be readable, so no proxy may carry it elsewhere.
        Self::with(settings, !endpoint.is_local(), !endpoint.is_without_tls())
    }

    /// The way to a service beside the tenant's, such as that of a pipeline or a machine.
    pub(crate) fn beside(url: &Url, settings: &Settings) -> Result<Self, Error> {
        let tls = url.scheme() == "https";
        Self::with(settings, tls, tls)
    }

    fn with(settings: &Settings, proxy: bool, tls: bool) -> Result<Self, Error> {
        // Refused when the process has a provider already, which then serves as well.
        rustls::crypto::ring::default_provider().install_default().ok();
        let connect_timeout = CONNECT_TIMEOUT.min(settings.timeout);
        let profile = Profile { user_agent: settings.user_agent.clone(), connect_timeout, proxy, tls };
        let pooled = profile.build(Connection::Pooled).map_err(|error| Error::Setup(Arc::new(error)))?;
        Ok(Self { pooled, fresh: Arc::default(), profile, reached: Arc::default() })
    }

    /// The same client for another host, which has not been reached yet.
    pub(crate) fn to_other_host(&self) -> Self {
        Self { reached: Arc::default(), ..self.clone() }
    }

    /// Sends `request` and reads at most `limit` bytes of body, all within `timeout`.
    pub(crate) async fn exchange(
        &self,
        mut request: reqwest::Request,
        connection: Connection,
        timeout: Duration,
        limit: usize,
    ) -> Result<Reply, Failure> {
        *request.timeout_mut() = Some(timeout);
        let mut response = self.http(connection).execute(request).await.map_err(failure)?;
        self.reached.store(true, Ordering::Relaxed);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > limit {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
        })
    }

    fn http(&self, connection: Connection) -> &reqwest::Client {
        match connection {
            Connection::Pooled => &self.pooled,
            // It was built once from the same profile; should that fail now, an open connection serves too.
            Connection::Fresh => self.fresh.get_or_init(|| {
                self.profile.build(Connection::Fresh).unwrap_or_else(|_| self.pooled.clone())
            }),
        }
    }

    /// True once any answer has arrived: until then a failure to connect hints at the configuration.
    pub(crate) fn has_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }
}

impl Profile {
    fn build(&self, connection: Connection) -> reqwest::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .redirect(redirect::Policy::none())
            .connect_timeout(self.connect_timeout);
        if !self.proxy {
            builder = builder.no_proxy();
        }
        if !self.tls {
            builder = builder.tls_certs_only([]);
        }
        if connection == Connection::Fresh {
            builder = builder.pool_max_idle_per_host(0);
        }
        builder.build()
    }
}

impl Reply {
    /// The text of a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What it says about quotas.
    pub(crate) fn signals(&self) -> Signals {
        Signals::read(|name| self.header(name).map(str::to_owned))
    }

    /// How long the service asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after").and_then(|text| retry_after(text, SystemTime::now()))
    }
}

/// URLs may hold page tokens and secrets of a proxy: they are cut from the message.
fn failure(error: reqwest::Error) -> Failure {
    let error = Arc::new(error.without_url());
    if error.is_connect() { Failure::NotSent(error) } else { Failure::Lost(error) }
}

/// True when the other side's certificate was refused, which no second attempt changes.
pub(crate) fn is_certificate_refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        // The source of an I/O error is that of the error inside it, which would pass over the latter.
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    false
}
