//! Bearer tokens: fetched when needed, shared, renewed early.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::chain::CredentialChain;
use super::challenge::claims_parameter;
use super::identity::Identity;
use super::method::Method;
use super::oauth::Answer;
use super::service::{Ask, Service};
use crate::Error;

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

    /// The token of an answer to what was asked at `asked`.
    fn new(answer: Answer, asked: Instant) -> Self {
        let lifetime = answer.lifetime().map_or(USUAL_LIFETIME, Duration::from_secs);
        let early = EARLY.min(lifetime / 2);
        let hinted = answer.refresh_in.map(Duration::from_secs).unwrap_or(lifetime);
        let after = |delay| asked.checked_add(delay).unwrap_or(asked + USUAL_LIFETIME);
        Self {
            secret: answer.access_token.into_secret().into(),
            renew_at: after(hinted.min(lifetime - early)),
            expires_at: after(lifetime),
        }
    }
}

/// The one place tokens come from.
pub(crate) struct Tokens {
    chain: CredentialChain,
    service: Service,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    token: Option<Arc<Token>>,
    /// What the next token must satisfy.
    challenge: Option<Box<Value>>,
}

impl Tokens {
    pub(crate) fn new(chain: CredentialChain, service: Service) -> Result<Self, Error> {
        for tenant_id in chain.tenant_ids() {
            service.token_url(tenant_id)?;
        }
        Ok(Self { chain, service, cache: Mutex::default() })
    }

    /// The method that gave a token.
    pub(crate) fn method(&self) -> Option<Method> {
        self.chain.chosen()
    }

    /// A token that is good for a while. Callers that arrive during a sign-in wait for its result.
    pub(crate) async fn bearer(&self) -> Result<Arc<Token>, Error> {
        let mut cache = self.cache.lock().await;
        let now = Instant::now();
        if let Some(token) = cache.token.as_ref().filter(|token| now < token.renew_at) {
            return Ok(Arc::clone(token));
        }
        let usable = cache.token.as_ref().filter(|token| now + PAUSE < token.expires_at);
        let claims = claims_parameter(cache.challenge.as_deref());
        let ask = Ask { claims: &claims, challenged: cache.challenge.is_some(), patient: usable.is_none() };
        let token = match (self.chain.request(&self.service, ask).await, usable) {
            (Ok(answer), _) => Token::new(answer, now),
            (Err(_), Some(old)) => Token {
                secret: old.secret.clone(),
                renew_at: Instant::now() + PAUSE,
                expires_at: old.expires_at,
            },
            (Err(error), None) => return Err(error),
        };
        cache.challenge = None;
        Ok(Arc::clone(cache.token.insert(Arc::new(token))))
    }

    /// Drops a token that Graph refused, unless somebody has replaced it already, and remembers what Graph asked for.
    pub(crate) async fn forget(&self, refused: &Arc<Token>, challenge: Option<Box<Value>>) {
        let mut cache = self.cache.lock().await;
        if cache.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            *cache = Cache { token: None, challenge };
        }
    }
}
