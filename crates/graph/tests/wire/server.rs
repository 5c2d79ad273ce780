//! A Graph and token endpoint that answers as a test tells it and remembers what it was asked.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::{Value, json};
use tenantry_graph::{Client, Credential, Endpoint, Settings};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: String,
    /// The number of the connection it came on.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What to do with a request.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    delay: Duration,
    dropped: bool,
}

impl Answer {
    pub(crate) fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), delay: Duration::ZERO, dropped: false }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::text(200, body.to_string())
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}});
        Self::text(status, body.to_string())
    }

    /// A passing trouble that asks to come back at once.
    pub(crate) fn trouble(status: u16) -> Self {
        Self::error(status, "UnknownError", "").header("Retry-After", "0")
    }

    /// Closes the connection without an answer.
    pub(crate) fn dropped() -> Self {
        Self { dropped: true, ..Self::text(200, "") }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Script = Box<dyn Fn(&Seen, usize) -> Answer + Send + Sync>;

struct State {
    graph: Script,
    sign_in: Script,
    seen: Mutex<(Vec<Seen>, Vec<Seen>)>,
    connections: AtomicUsize,
    busy: AtomicUsize,
    busiest: AtomicUsize,
}

/// The server, which ends with the value.
pub(crate) struct Server {
    state: Arc<State>,
    pub(crate) root: String,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers Graph requests by `graph`, which is told how many came before; sign-in always succeeds.
    pub(crate) async fn start(graph: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::with_sign_in(graph, |_, before| token(&format!("token-{before}"))).await
    }

    pub(crate) async fn with_sign_in(
        graph: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
        sign_in: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::bind(Box::new(graph), Box::new(sign_in), None).await
    }

    /// Speaks TLS; sign-in always succeeds.
    pub(crate) async fn with_tls(
        tls: TlsAcceptor,
        graph: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::bind(Box::new(graph), Box::new(|_, _| token("token")), Some(tls)).await
    }

    async fn bind(graph: Script, sign_in: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let root = format!("{scheme}://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            graph,
            sign_in,
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            busiest: AtomicUsize::new(0),
        });
        let task = tokio::spawn(accept(listener, tls, Arc::clone(&state)));
        Self { state, root, task }
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(Settings { attempts: 3, ..Settings::default() })
    }

    pub(crate) fn client_with(&self, settings: Settings) -> Client {
        let endpoint = Endpoint::new(&self.root, &self.root).unwrap();
        Client::new(endpoint, credential(), settings).unwrap()
    }

    /// The Graph requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().0.clone()
    }

    /// The token requests so far.
    pub(crate) fn sign_ins(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().1.clone()
    }

    /// The connections so far, those that failed in their handshake included.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The most Graph requests that were being answered at one time.
    pub(crate) fn busiest(&self) -> usize {
        self.state.busiest.load(Ordering::SeqCst)
    }
}

/// What the clients of these tests sign in with.
pub(crate) fn credential() -> Credential {
    Credential::ClientSecret {
        tenant_id: "contoso.onmicrosoft.com".into(),
        client_id: "app".into(),
        client_secret: "s3cret&=".into(),
    }
}

/// A token answer.
pub(crate) fn token(text: &str) -> Answer {
    Answer::json(&json!({"token_type": "Bearer", "expires_in": 3599, "access_token": text}))
}

/// Answers a batch, item by item: the closure gets the item and gives status, headers and body.
pub(crate) fn batch(seen: &Seen, answer: impl Fn(&Value) -> (u16, Value, Value)) -> Answer {
    let envelope = seen.json();
    let steps = envelope["requests"].as_array().unwrap();
    let answers = steps.iter().rev().map(|step| {
        let (status, headers, body) = answer(step);
        json!({"id": step["id"], "status": status, "headers": headers, "body": body})
    });
    Answer::json(&json!({"responses": answers.collect::<Vec<_>>()})).header("request-id", "envelope")
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let connection = state.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let (state, tls) = (Arc::clone(&state), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => serve(stream, state, connection).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, state, connection).await;
                    }
                }
            }
        });
    }
}

async fn serve<S>(stream: S, state: Arc<State>, connection: usize)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| answer(Arc::clone(&state), connection, request));
    let server = auto::Builder::new(TokioExecutor::new());
    server.serve_connection(TokioIo::new(stream), service).await.ok();
}

async fn answer(
    state: Arc<State>,
    connection: usize,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let seen = Seen {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec())?,
        connection,
    };
    let answer = if seen.path.ends_with("/oauth2/v2.0/token") {
        let before = remember(&mut state.seen.lock().unwrap().1, &seen);
        (state.sign_in)(&seen, before)
    } else {
        let before = remember(&mut state.seen.lock().unwrap().0, &seen);
        state.busiest.fetch_max(state.busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let answer = (state.graph)(&seen, before);
        tokio::time::sleep(answer.delay).await;
        state.busy.fetch_sub(1, Ordering::SeqCst);
        answer
    };
    if answer.dropped {
        return Err("closed on purpose".into());
    }
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    Ok::<_, Infallible>(response.body(Full::from(answer.body))?).map_err(Into::into)
}

fn remember(log: &mut Vec<Seen>, seen: &Seen) -> usize {
    log.push(seen.clone());
    log.len() - 1
}
