//! Bearer tokens: fetched when needed, shared, renewed early.
//!
//! Source: "OAuth 2.0 client credentials flow on the Microsoft identity platform",
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.

use std::sync::Arc;
use std::time::Duration;

use oauth2::{AuthType, ClientId, ClientSecret, RequestTokenError, Scope, TokenUrl};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::oauth::{Answer, OAuth, Poster, Refusal, judge};
use crate::retry::Retries;
use crate::traffic::Meter;
use crate::transport::Transport;
use crate::{Credential, Endpoint, Error, Identity, Settings};

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// How long a token is used on after it could not be renewed early.
const PAUSE: Duration = Duration::from_secs(30);

/// The lifetime assumed when the answer names none.
const USUAL_LIFETIME: Duration = Duration::from_secs(3599);

/// A token and how long it is good for.
pub(crate) struct Token {
    secret: SecretString,
    renew_at: Instant,
    expires_at: Instant,
}

impl Token {
    /// The value of an `Authorization` header; not to be printed.
    pub(crate) fn authorization(&self) -> String {
        format!("Bearer {}", self.secret.expose_secret())
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::of_token(self.secret.expose_secret())
    }
}

/// The one place tokens come from.
pub(crate) struct Tokens {
    credential: Credential,
    token_url: Url,
    scope: String,
    transport: Transport,
    settings: Settings,
    cache: Mutex<Option<Arc<Token>>>,
}

impl Tokens {
    pub(crate) fn new(
        endpoint: &Endpoint,
        credential: Credential,
        transport: Transport,
        settings: Settings,
    ) -> Result<Self, Error> {
        let Credential::ClientSecret { tenant_id, .. } = &credential;
        let spelled = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !tenant_id.chars().all(spelled) || !tenant_id.contains(|c: char| c.is_ascii_alphanumeric()) {
            return Err(Error::InvalidTenant { tenant_id: tenant_id.clone() });
        }
        let authority = endpoint.authority().as_str().trim_end_matches('/');
        let token_url = Url::parse(&format!("{authority}/{tenant_id}/oauth2/v2.0/token"))
            .map_err(|_| Error::InvalidTenant { tenant_id: tenant_id.clone() })?;
        Ok(Self {
            credential,
            token_url,
            scope: endpoint.scope(),
            transport,
            settings,
            cache: Mutex::new(None),
        })
    }

    /// A token that is good for a while. Callers that arrive during a sign-in wait for its result.
    pub(crate) async fn bearer(&self) -> Result<Arc<Token>, Error> {
        let mut cache = self.cache.lock().await;
        let now = Instant::now();
        if let Some(token) = cache.as_ref().filter(|token| now < token.renew_at) {
            return Ok(Arc::clone(token));
        }
        let usable = cache.as_ref().filter(|token| now + PAUSE < token.expires_at);
        let token = match (self.sign_in(usable.is_none()).await, usable) {
            (Ok(token), _) => token,
            (Err(_), Some(old)) => Token {
                secret: old.secret.clone(),
                renew_at: Instant::now() + PAUSE,
                expires_at: old.expires_at,
            },
            (Err(error), None) => return Err(error),
        };
        Ok(Arc::clone(cache.insert(Arc::new(token))))
    }

    /// Drops a token that Graph refused, unless somebody has replaced it already.
    pub(crate) async fn forget(&self, refused: &Arc<Token>) {
        let mut cache = self.cache.lock().await;
        if cache.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            *cache = None;
        }
    }

    /// Gets a new token; not patient means that an older one still serves, so callers need not wait long.
    async fn sign_in(&self, patient: bool) -> Result<Token, Error> {
        let uncounted = Meter::default();
        let mut retries = Retries::new(&self.settings, &uncounted);
        loop {
            let asked = Instant::now();
            let refusal = match self.ask().await {
                Ok(answer) => return self.accept(asked, answer),
                Err(refusal) => refusal,
            };
            if !patient || !self.transport.has_reached() {
                retries.hurry();
            }
            let (verdict, delay) = judge(&refusal);
            if !retries.wait(verdict, delay).await {
                return Err(self.explain(refusal));
            }
        }
    }

    async fn ask(&self) -> Result<Answer, Refusal> {
        let Credential::ClientSecret { client_id, client_secret, .. } = &self.credential;
        let http = Poster { transport: self.transport.clone(), timeout: self.settings.timeout };
        OAuth::new(ClientId::new(client_id.clone()))
            .set_client_secret(ClientSecret::new(client_secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::from_url(self.token_url.clone()))
            .exchange_client_credentials()
            .add_scope(Scope::new(self.scope.clone()))
            .request_async(&http)
            .await
    }

    fn accept(&self, asked: Instant, answer: Answer) -> Result<Token, Error> {
        let secret = answer.access_token.into_secret();
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.failed("the access token in the answer is malformed".to_owned(), None));
        }
        let lifetime = answer.expires_in.map_or(USUAL_LIFETIME, Duration::from_secs);
        let early = EARLY.min(lifetime / 2);
        let after = |delay| asked.checked_add(delay).unwrap_or(asked + USUAL_LIFETIME);
        Ok(Token { secret: secret.into(), renew_at: after(lifetime - early), expires_at: after(lifetime) })
    }

    fn explain(&self, refusal: Refusal) -> Error {
        match refusal {
            RequestTokenError::ServerResponse(answer) => Error::SignIn(Box::new(answer.into_error())),
            RequestTokenError::Request(trouble) => self.failed(trouble.reason, trouble.source),
            // The body may hold a token, and the parser's message a piece of it.
            RequestTokenError::Parse(error, _) => self
                .failed(format!("the answer is not a token answer, at {:?}", error.path().to_string()), None),
            RequestTokenError::Other(_) => self.failed("the answer is empty".to_owned(), None),
        }
    }

    fn failed(&self, reason: String, source: Option<Arc<reqwest::Error>>) -> Error {
        let host = self.token_url.host_str().unwrap_or_default().to_owned();
        Error::SignInFailed { host, reason, source }
    }
}
