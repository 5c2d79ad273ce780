//! The `oauth2` crate joined to our transport and to the answers of the Microsoft identity platform.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AccessToken, HttpRequest, HttpResponse, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
};
use reqwest::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::error::SignInError;
use crate::retry::Verdict;
use crate::transport::{Connection, Failure, Transport, is_certificate_refused};

/// The largest answer of the token endpoint that is read, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// The client of the `oauth2` crate with our answers in place of its own.
pub(crate) type OAuth = oauth2::Client<
    ErrorAnswer,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// Why there is no token.
pub(crate) type Refusal = RequestTokenError<Trouble, ErrorAnswer>;

/// A token request that got no answer worth decoding.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Trouble {
    pub(crate) reason: String,
    verdict: Verdict,
    retry_after: Option<Duration>,
    pub(crate) source: Option<Arc<reqwest::Error>>,
}

/// Sends token requests for `oauth2`. Repeating one is harmless, so every passing trouble may be retried.
///
/// Owns what it uses: with a borrow inside, the compiler cannot see that the whole call is `Send`.
pub(crate) struct Poster {
    pub(crate) transport: Transport,
    pub(crate) timeout: Duration,
}

impl<'c> oauth2::AsyncHttpClient<'c> for Poster {
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Trouble>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.post(request))
    }
}

impl Poster {
    async fn post(&self, request: HttpRequest) -> Result<HttpResponse, Trouble> {
        let request = reqwest::Request::try_from(request).map_err(|error| {
            Trouble::new("the request cannot be sent", Verdict::Final, Some(Arc::new(error)))
        })?;
        let reply = self.transport.exchange(request, Connection::Pooled, self.timeout, ANSWER_LIMIT).await?;
        if reply.status == 429 || reply.status >= 500 {
            let verdict = if reply.status == 429 { Verdict::Throttled } else { Verdict::Again };
            let trouble = Trouble::new(&format!("status {}", reply.status), verdict, None);
            return Err(Trouble { retry_after: reply.retry_after(), ..trouble });
        }
        let mut response = HttpResponse::new(reply.body);
        *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
        *response.headers_mut() = reply.headers;
        Ok(response)
    }
}

impl Trouble {
    fn new(reason: &str, verdict: Verdict, source: Option<Arc<reqwest::Error>>) -> Self {
        Self { reason: reason.to_owned(), verdict, retry_after: None, source }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) if is_certificate_refused(&error) => {
                Self::new("the certificate is not trusted", Verdict::Final, Some(error))
            }
            Failure::NotSent(error) => Self::new("no connection", Verdict::Again, Some(error)),
            Failure::Lost(error) => Self::new("the answer was lost", Verdict::Again, Some(error)),
            Failure::TooLarge => Self::new("the answer is too long", Verdict::Final, None),
        }
    }
}

/// Whether to ask again, and when.
pub(crate) fn judge(refusal: &Refusal) -> (Verdict, Option<Duration>) {
    match refusal {
        RequestTokenError::Request(trouble) => (trouble.verdict, trouble.retry_after),
        RequestTokenError::ServerResponse(answer) if answer.to_error().is_passing() => (Verdict::Again, None),
        _ => (Verdict::Final, None),
    }
}

/// The token endpoint's success. Its types ask for `Serialize` and `Debug`; the token type hides itself.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Answer {
    pub(crate) access_token: AccessToken,
    /// Renews the login of a person.
    #[serde(default)]
    pub(crate) refresh_token: Option<RefreshToken>,
    #[serde(default = "bearer")]
    token_type: BasicTokenType,
    #[serde(default, deserialize_with = "number_or_numeral")]
    pub(crate) expires_in: Option<u64>,
    /// Seconds after which the service would like it renewed.
    #[serde(default, deserialize_with = "number_or_numeral")]
    pub(crate) refresh_in: Option<u64>,
    /// Seconds since 1970, where there is no lifetime.
    #[serde(default, deserialize_with = "number_or_numeral")]
    expires_on: Option<u64>,
}

impl Answer {
    /// Seconds until it ends, as far as the answer says.
    pub(crate) fn lifetime(&self) -> Option<u64> {
        let until = |end: u64| end.saturating_sub(Timestamp::now().as_second().try_into().unwrap_or(0));
        self.expires_in.or_else(|| self.expires_on.map(until))
    }

    /// Itself, if its token can be sent in a header.
    pub(crate) fn checked(self) -> Result<Self, &'static str> {
        let token = self.access_token.secret();
        let sound = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if sound { Ok(self) } else { Err("the access token in the answer is malformed") }
    }
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

fn number_or_numeral<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(numeral) => numeral.trim().parse().ok(),
        _ => None,
    })
}

impl oauth2::TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// The token endpoint's refusal.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ErrorAnswer {
    error: String,
    /// This and what follows only explains, so no shape of it is refused.
    #[serde(default)]
    error_description: Value,
    #[serde(default)]
    error_codes: Value,
    #[serde(default)]
    correlation_id: Value,
}

impl ErrorAnswer {
    pub(crate) fn to_error(&self) -> SignInError {
        let description = self.error_description.as_str().unwrap_or_default();
        let code = self.error_codes.get(0).and_then(Value::as_u64).and_then(|code| code.try_into().ok());
        let correlation_id = self.correlation_id.as_str().map(str::to_owned);
        SignInError::read(self.error.clone(), description, code, correlation_id)
    }
}

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.error)
    }
}

impl oauth2::ErrorResponse for ErrorAnswer {}

#[cfg(test)]
mod tests {
    use super::{Answer, ErrorAnswer};
    use serde_json::json;

    #[test]
    fn a_lifetime_is_a_number_or_a_numeral() {
        let read = |expires_in| {
            let answer = json!({"access_token": "a", "token_type": "Bearer", "expires_in": expires_in});
            serde_json::from_value::<Answer>(answer).unwrap().expires_in
        };
        assert_eq!(read(json!(3599)), Some(3599));
        assert_eq!(read(json!("3599")), Some(3599));
        assert_eq!(read(json!(null)), None);
    }

    #[test]
    fn a_refusal_of_odd_shape_is_still_a_refusal() {
        let answer = json!({"error": "invalid_client", "error_description": null, "error_codes": ["x"], "correlation_id": 1});
        let error = serde_json::from_value::<ErrorAnswer>(answer).unwrap().to_error();
        assert_eq!(error.to_string(), "sign-in refused: invalid_client");
    }
}
