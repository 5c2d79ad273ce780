//! The token endpoint, asked patiently, and other services that hand out what it takes.

use std::sync::Arc;

use oauth2::{AuthType, ClientId, ClientSecret, RefreshToken, RequestTokenError, Scope, TokenUrl};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::oauth::{Answer, OAuth, Poster, Refusal, judge};
use crate::retry::{Retries, Verdict};
use crate::traffic::Meter;
use crate::transport::{Connection, Failure, Reply, Transport};
use crate::{Endpoint, Error, Settings};

/// The largest answer that is read from another service than the token endpoint, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// The kind of assertion that a token of another issuer, or one signed with a certificate, is (RFC 7523).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What all ways to sign in share: where the tenant is, and the way there.
pub(crate) struct Service {
    pub(crate) endpoint: Endpoint,
    pub(crate) settings: Settings,
    pub(crate) transport: Transport,
}

/// How to ask.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// The `claims` parameter, JSON.
    pub(crate) claims: &'a str,
    /// True when they hold what Graph asked for on refusing an earlier token.
    pub(crate) challenged: bool,
    /// False when an older token still serves, so that callers need not wait long.
    pub(crate) patient: bool,
}

/// One request to the token endpoint.
#[derive(Clone, Copy)]
pub(crate) struct TokenRequest<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) grant: Grant<'a>,
}

/// What is exchanged for a token.
#[derive(Clone, Copy)]
pub(crate) enum Grant<'a> {
    /// An application's secret.
    Secret(&'a SecretString),
    /// A signed statement about the application.
    Assertion(&'a SecretString),
    /// What renews the login of a person.
    RefreshToken(&'a SecretString),
}

impl Service {
    /// `{authority}/{tenant}/oauth2/v2.0/token`.
    pub(crate) fn token_url(&self, tenant_id: &str) -> Result<Url, Error> {
        self.endpoint.of_tenant(tenant_id, "oauth2/v2.0/token")
    }

    /// Asks the token endpoint, and again while that helps.
    pub(crate) async fn token(&self, request: TokenRequest<'_>, ask: Ask<'_>) -> Result<Answer, Error> {
        let url = self.token_url(request.tenant_id)?;
        let uncounted = Meter::default();
        let mut retries = Retries::new(&self.settings, &uncounted);
        loop {
            let refusal = match self.post(&url, request, ask.claims).await {
                Ok(answer) => return answer.checked().map_err(|reason| failed(&url, reason, None)),
                Err(refusal) => refusal,
            };
            if !ask.patient || !self.transport.has_reached() {
                retries.hurry();
            }
            let (verdict, delay) = judge(&refusal);
            if !retries.wait(verdict, delay).await {
                return Err(explain(&url, refusal));
            }
        }
    }

    async fn post(&self, url: &Url, request: TokenRequest<'_>, claims: &str) -> Result<Answer, Refusal> {
        let http = Poster { transport: self.transport.clone(), timeout: self.settings.timeout };
        let mut client = OAuth::new(ClientId::new(request.client_id.to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::from_url(url.clone()));
        let scope = Scope::new(self.endpoint.scope());
        match request.grant {
            Grant::Secret(secret) => {
                client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
                let exchange = client.exchange_client_credentials().add_scope(scope);
                exchange.add_extra_param("claims", claims).request_async(&http).await
            }
            Grant::Assertion(assertion) => {
                let exchange = client.exchange_client_credentials().add_scope(scope);
                let exchange = exchange
                    .add_extra_param("client_assertion_type", ASSERTION_TYPE)
                    .add_extra_param("client_assertion", assertion.expose_secret());
                exchange.add_extra_param("claims", claims).request_async(&http).await
            }
            Grant::RefreshToken(token) => {
                let token = RefreshToken::new(token.expose_secret().to_owned());
                let exchange = client.exchange_refresh_token(&token).add_scopes(self.scopes_of_people());
                exchange.add_extra_param("claims", claims).request_async(&http).await
            }
        }
    }

    /// What a person is asked to consent to: the application's permissions, and that the login is kept.
    pub(super) fn scopes_of_people(&self) -> [Scope; 4] {
        [&self.endpoint.scope(), "offline_access", "openid", "profile"]
            .map(|scope| Scope::new(scope.to_owned()))
    }

    /// Sends `request` to another service, and again while `is_passing` says of its status that this helps.
    pub(crate) async fn fetch(
        &self,
        request: reqwest::Request,
        ask: Ask<'_>,
        is_passing: fn(u16) -> bool,
    ) -> Result<Reply, Error> {
        let url = request.url().clone();
        let transport = Transport::beside(&url, &self.settings)?;
        let uncounted = Meter::default();
        let mut retries = Retries::new(&self.settings, &uncounted);
        loop {
            let again = request.try_clone().ok_or_else(|| failed(&url, "it cannot be repeated", None))?;
            let timeout = self.settings.timeout;
            let outcome = transport.exchange(again, Connection::Pooled, timeout, ANSWER_LIMIT).await;
            let (verdict, delay) = match &outcome {
                Ok(reply) if reply.status == 429 => (Verdict::Throttled, reply.retry_after()),
                Ok(reply) if is_passing(reply.status) => (Verdict::Again, reply.retry_after()),
                Err(Failure::NotSent(_) | Failure::Lost(_)) => (Verdict::Again, None),
                _ => (Verdict::Final, None),
            };
            if !ask.patient || !transport.has_reached() {
                retries.hurry();
            }
            if !retries.wait(verdict, delay).await {
                return outcome.map_err(|failure| unfetched(&url, failure));
            }
        }
    }
}

/// Statuses of a service in passing trouble.
pub(crate) fn is_trouble(status: u16) -> bool {
    status == 429 || status >= 500
}

/// The body of a success.
pub(crate) fn json(url: &Url, reply: &Reply) -> Result<Value, Error> {
    if !(200..300).contains(&reply.status) {
        return Err(failed(url, format!("status {}", reply.status), None));
    }
    serde_json::from_slice(&reply.body).map_err(|_| failed(url, "the answer is not JSON", None))
}

fn unfetched(url: &Url, failure: Failure) -> Error {
    match failure {
        Failure::NotSent(source) => failed(url, "no connection", Some(source)),
        Failure::Lost(source) => failed(url, "the answer was lost", Some(source)),
        Failure::TooLarge => failed(url, "the answer is too long", None),
    }
}

pub(super) fn explain(url: &Url, refusal: Refusal) -> Error {
    match refusal {
        RequestTokenError::ServerResponse(answer) => Error::SignIn(Box::new(answer.to_error())),
        RequestTokenError::Request(trouble) => failed(url, trouble.reason, trouble.source),
        // The body may hold a token, and the parser's message a piece of it.
        RequestTokenError::Parse(error, _) => {
            failed(url, format!("the answer is not a token answer, at {:?}", error.path().to_string()), None)
        }
        RequestTokenError::Other(_) => failed(url, "the answer is empty", None),
    }
}

/// The error that names the host that was asked.
pub(crate) fn failed(url: &Url, reason: impl Into<String>, source: Option<Arc<reqwest::Error>>) -> Error {
    let host = url.host_str().unwrap_or_default().to_owned();
    Error::SignInFailed { host, reason: reason.into(), source }
}
