//! The OpenID Connect token of a GitHub Actions job.
//!
//! Source: "OpenID Connect reference", <https://docs.github.com/actions/reference/security/oidc>.

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::service::{Ask, Service, failed, is_trouble, json};
use crate::Error;

/// Where a job gets its token.
#[derive(Clone, Debug)]
pub struct GithubActions {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`: `https`, or plain `http` to a loopback host.
    pub request_url: Url,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub request_token: SecretString,
}

impl GithubActions {
    pub(crate) async fn token(&self, service: &Service, ask: Ask<'_>) -> Result<SecretString, Error> {
        let mut url = self.request_url.clone();
        url.query_pairs_mut().append_pair("audience", service.endpoint.token_exchange_audience());
        let mut request = reqwest::Request::new(reqwest::Method::GET, url.clone());
        request.headers_mut().insert(AUTHORIZATION, bearer(&url, &self.request_token)?);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = json(&url, &service.fetch(request, ask, is_trouble).await?)?;
        let token = answer.get("value").and_then(Value::as_str).map(SecretString::from);
        token.ok_or_else(|| failed(&url, "the answer holds no token in \"value\"", None))
    }
}

/// An `Authorization` header that is not printed.
pub(super) fn bearer(url: &Url, token: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| failed(url, "the token for it does not fit a header", None))?;
    value.set_sensitive(true);
    Ok(value)
}
