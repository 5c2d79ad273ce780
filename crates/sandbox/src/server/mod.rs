//! Starts and stops a sandbox.

mod tls;
mod credentials;
mod http;
mod broken;
mod authority;
mod control;
mod shared;
mod operation;
mod processing;
mod knobs;
mod cost;
mod limits;
mod permissions;
mod quota;
mod luck;
mod conflicts;
mod edits;
mod record;
mod stats;
mod log;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use authority::{Authority, Registry, Session, Tokens};
use broken::Line;
use credentials::Kept;
use knobs::Knobs;
use record::Record;
use shared::Shared;
pub use stats::Stats;

use crate::error::Error;
use crate::options::{Credentials, Options, Seed};
use crate::processing::{Processing, Terms};
use crate::seeds;
use crate::store::{StateLock, Tenant};

/// How long open connections may take to finish when the sandbox stops.
const GRACE: Duration = Duration::from_secs(2);

/// A sandbox that is listening.
#[derive(Debug)]
#[must_use = "the sandbox stops when this is dropped"]
pub struct Running {
    shared: Arc<Shared>,
    address: SocketAddr,
    certificate_authority: Option<PathBuf>,
    stopping: watch::Sender<bool>,
    listening: JoinHandle<()>,
    _directory: Option<TempDir>,
}

/// Starts a sandbox on loopback.
///
/// # Errors
///
/// When the port is taken, the state directory is in use or unreadable, the seed is not a tenant, or the record cannot
/// be opened.
pub async fn start(options: Options) -> Result<Running, Error> {
    let Options { port, state, seed, tls, credentials, record, .. } = options;
    let record = record.as_deref().map(Record::open).transpose()?;
    let knobs = Knobs {
        faults: options.faults,
        delta: options.delta,
        policies: options.policies,
        pim: options.pim,
        lag: options.lag,
        consistency: options.consistency,
        index_lag: options.index_lag,
        delta_lag: options.delta_lag,
        retention: options.retention,
        processing_delay: options.processing_delay,
        member_of_ends: options.member_of_ends,
        quota: options.quota,
        quota_scale: options.quota_scale,
        quota_share: options.quota_share,
        seed_number: options.seed_number,
        naming_policy_for_apps: options.naming_policy_for_apps,
    };
    let prepared = prepare(state.as_deref(), &seed, tls, credentials, knobs.processing_terms())?;
    let refused = |source| Error::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let scheme = if tls { "https" } else { "http" };
    let authority = Authority {
        credentials: prepared.kept.credentials(),
        base: format!("{scheme}://{address}"),
        tokens: Tokens::with_key(&prepared.kept.token_key)?,
        registry: prepared.registry,
        session: Session::default(),
    };
    let shared = Arc::new(Shared::new((prepared.tenant, prepared.processing), knobs, authority, record));
    let (stopping, stopped) = watch::channel(false);
    tokio::spawn(purge(Arc::clone(&shared), stopped.clone()));
    let listening = tokio::spawn(listen(listener, prepared.acceptor, Arc::clone(&shared), stopped));
    Ok(Running {
        shared,
        address,
        certificate_authority: prepared.certificate_authority,
        stopping,
        listening,
        _directory: prepared.temporary,
    })
}

/// Everything a sandbox has before it listens.
struct Prepared {
    tenant: Tenant,
    processing: Processing,
    kept: Kept,
    registry: Registry,
    acceptor: Option<TlsAcceptor>,
    certificate_authority: Option<PathBuf>,
    temporary: Option<TempDir>,
}

fn prepare(
    state: Option<&Path>,
    seed: &Seed,
    tls: bool,
    credentials: Option<Credentials>,
    terms: Terms,
) -> Result<Prepared, Error> {
    let lock = state.map(StateLock::take).transpose()?;
    let kept = lock.as_ref().map(|lock| Kept::read(lock.directory())).transpose()?.flatten();
    let loaded = lock.as_ref().map(StateLock::load).transpose()?.flatten();
    let tenant_id = credentials.as_ref().map(|given| given.tenant_id.clone());
    let tenant_id = tenant_id.or_else(|| kept.as_ref().map(|kept| kept.tenant_id.clone()));
    let (mut store, seeded) = match loaded {
        Some(store) => (store, Vec::new()),
        None => (seeds::build(seed, tenant_id.as_deref())?, seeds::applications(seed)?),
    };
    seeds::complete(&mut store)?;
    let mut kept = Kept::complete(credentials, kept, &store)?;
    kept.applications.extend(seeded);
    let directory = lock.as_ref().map(|lock| lock.directory().to_path_buf());
    let registry = Registry::new(kept.clone(), directory)?;
    for application in registry.all() {
        credentials::principal_changes(&store, &application).iter().for_each(|change| store.apply(change));
    }

    let processing = Processing::begin(&mut store, terms);
    let temporary = match &lock {
        None if tls => Some(TempDir::new().map_err(Error::file("create", &std::env::temp_dir()))?),
        _ => None,
    };
    let directory = match (&lock, &temporary) {
        (Some(lock), _) => Some(lock.directory()),
        (None, temporary) => temporary.as_ref().map(TempDir::path),
    };
    let directory_for_tls = directory.filter(|_| tls);
    let acceptor = directory_for_tls.map(tls::acceptor).transpose()?;
    let certificate_authority = directory_for_tls.map(|directory| directory.join(tls::FILE));
    if let Some(lock) = &lock {
        kept.write(lock.directory())?;
    }
    let journal = lock.map(|lock| lock.begin(&store)).transpose()?;
    let tenant = Tenant::new(store, journal);
    Ok(Prepared { tenant, processing, kept, registry, acceptor, certificate_authority, temporary })
}

/// Wipes a state directory and fills it from a seed; its credentials stay.
///
/// # Errors
///
/// When the directory is in use or cannot be written, or the seed is not a tenant.
pub fn reset(state: &Path, seed: &Seed) -> Result<(), Error> {
    let lock = StateLock::take(state)?;
    let kept = Kept::read(lock.directory())?;
    let store = seeds::build(seed, kept.as_ref().map(|kept| kept.tenant_id.as_str()))?;
    lock.begin(&store)?;
    Ok(())
}

impl Running {
    /// Where the sandbox listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The Graph root without version or trailing slash, for example `http://127.0.0.1:8080`.
    pub fn graph_endpoint(&self) -> String {
        self.shared.authority.base.clone()
    }

    /// The authority host for tokens, served by the same server.
    pub fn authority_host(&self) -> String {
        self.shared.authority.base.clone()
    }

    /// The application that may sign in.
    pub fn credentials(&self) -> &Credentials {
        &self.shared.authority.credentials
    }

    /// The certificate authority to trust, in PEM, when the sandbox serves HTTPS.
    pub fn certificate_authority(&self) -> Option<&Path> {
        self.certificate_authority.as_deref()
    }

    /// What the sandbox has been asked so far.
    pub fn stats(&self) -> Stats {
        self.shared.stats().clone()
    }

    /// Finishes the requests in flight and puts the state on disk.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        let listening = &mut self.listening;
        if tokio::time::timeout(GRACE, &mut *listening).await.is_err() {
            listening.abort();
        }
        self.shared.process_all();
        // Every change is already in the log; only its way to the disk can fail here.
        self.shared.flush().unwrap_or_default();
    }

    /// Runs for as long as the caller lets it.
    pub async fn wait(mut self) {
        // The listener only ends by being stopped, so its result says nothing.
        (&mut self.listening).await.unwrap_or_default();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
    }
}

/// Once a second, does what is due and takes away what can no longer be restored, until told to stop.
async fn purge(shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = seconds.tick() => shared.purge(),
            _ = stopped.changed() => break,
        }
    }
}

/// Accepts connections until told to stop, then waits for the open ones.
async fn listen(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        // An error here is about one connection that went away before it was accepted.
        let Ok((stream, _)) = accepted else {
            continue;
        };
        let (acceptor, shared, stopped) = (acceptor.clone(), Arc::clone(&shared), stopped.clone());
        connections.spawn(async move {
            let reset = Arc::new(AtomicBool::new(false));
            let line = Line::new(stream, Arc::clone(&reset));
            match acceptor {
                None => serve(line, shared, stopped, reset).await,
                Some(acceptor) => {
                    if let Ok(line) = acceptor.accept(line).await {
                        serve(line, shared, stopped, reset).await;
                    }
                }
            }
        });
    }
    while connections.join_next().await.is_some() {}
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
    reset: Arc<AtomicBool>,
) {
    let service = service_fn(move |request| {
        let (shared, reset) = (Arc::clone(&shared), Arc::clone(&reset));
        async move { http::answer(shared, request, &reset).await }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is the client's business, and for lost answers the point.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await.unwrap_or_default();
        }
    }
}
