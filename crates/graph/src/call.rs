//! One HTTP request to Graph, as headers and bytes, and what its answer means.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::error::Subject;
use crate::governor::{Charge, Signals};
use crate::retry::Verdict;
use crate::sign_in::{Token, claims_challenge};
use crate::text::excerpt;
use crate::transport::{Failure, Reply, is_certificate_refused};
use crate::{ApiError, Endpoint, Error, Method, Response};

/// The largest answer that is read, in bytes.
pub(crate) const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

/// One HTTP request to Graph: a single operation, a page or a batch.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// The path that errors name.
    pub(crate) path: &'a str,
    pub(crate) url: Url,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: Option<&'a Value>,
    /// Whether repeating it could do something twice.
    pub(crate) write: bool,
    pub(crate) operations: usize,
    pub(crate) writes: usize,
    /// What it is expected to cost of the quotas.
    pub(crate) charges: Vec<Charge>,
}

/// What all attempts of a call have in common.
pub(crate) struct Prepared {
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

/// An attempt without success.
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) verdict: Verdict,
    /// What the answer says about quotas.
    pub(crate) signals: Box<Signals>,
}

impl Failed {
    pub(crate) fn new(error: Error, verdict: Verdict) -> Self {
        Self { error, verdict, signals: Box::default() }
    }

    pub(crate) fn finally(error: Error) -> Self {
        Self::new(error, Verdict::Final)
    }
}

impl Call<'_> {
    /// The error of a call that was not made.
    pub(crate) fn cancelled(&self) -> Error {
        Error::Cancelled { method: self.method, path: self.path.to_owned() }
    }

    fn invalid(&self, reason: &'static str) -> Error {
        Error::InvalidRequest { method: self.method, path: self.path.to_owned(), reason }
    }

    pub(crate) fn prepare(&self) -> Result<Prepared, Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name).map_err(|_| self.invalid("a header name is malformed"))?;
            let value =
                HeaderValue::try_from(value).map_err(|_| self.invalid("a header value is malformed"))?;
            headers.append(name, value);
        }
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let body = match self.body {
            None => None,
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Some(
                    serde_json::to_vec(body)
                        .map_err(|_| self.invalid("the body cannot be written as JSON"))?,
                )
            }
        };
        Ok(Prepared { headers, body })
    }

    pub(crate) fn request(
        &self,
        endpoint: &Endpoint,
        prepared: &Prepared,
        token: &Token,
        id: &str,
    ) -> Result<reqwest::Request, Error> {
        if !endpoint.trusts(&self.url) {
            return Err(self.invalid("the address is not at the Graph root"));
        }
        let mut headers = prepared.headers.clone();
        let mut authorization = HeaderValue::try_from(token.authorization())
            .map_err(|_| self.invalid("the access token does not fit a header"))?;
        authorization.set_sensitive(true);
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(
            "client-request-id",
            HeaderValue::try_from(id).map_err(|_| self.invalid("the request id does not fit a header"))?,
        );
        let method = match self.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = reqwest::Request::new(method, self.url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = prepared.body.clone().map(Into::into);
        Ok(request)
    }

    /// Turns an answer of any status into the call's result.
    pub(crate) fn read(&self, reply: &Reply, id: &str) -> Result<Response, Failed> {
        let request_id = reply.header("request-id");
        if !(200..300).contains(&reply.status) {
            let subject = Subject {
                method: self.method,
                path: self.path,
                write: self.write,
                client_request_id: Some(id),
            };
            let mut error = ApiError::read(&subject, reply.status, request_id, &reply.body);
            error.retry_after = reply.retry_after();
            error.claims = claims_challenge(&reply.headers).filter(|_| reply.status == 401);
            let verdict = Verdict::of(&error);
            return Err(Failed {
                error: Error::Api(Box::new(error)),
                verdict,
                signals: Box::new(reply.signals()),
            });
        }
        // The text of `/$count` begins with a byte order mark.
        let body = reply.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&reply.body);
        let body = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(body) };
        match body {
            Ok(body) => {
                Ok(Response { status: reply.status, body, request_id: request_id.map(str::to_owned) })
            }
            Err(_) => Err(Failed::finally(Error::Decode {
                method: self.method,
                path: self.path.to_owned(),
                write: self.write,
                status: reply.status,
                excerpt: excerpt(&reply.body),
            })),
        }
    }

    /// Turns the absence of an answer into the call's error.
    pub(crate) fn explain(&self, failure: Failure, id: String) -> Failed {
        let (method, path, write) = (self.method, self.path.to_owned(), self.write);
        match failure {
            Failure::NotSent(source) => {
                let verdict = if is_certificate_refused(&source) { Verdict::Final } else { Verdict::Again };
                let host = self.url.host_str().unwrap_or_default().to_owned();
                Failed::new(Error::Unreachable { method, path, host, source }, verdict)
            }
            Failure::Lost(source) => {
                let reason = if source.is_timeout() { "no answer in time" } else { "the connection broke" };
                let error = Error::Lost {
                    method,
                    path,
                    write,
                    reason: reason.to_owned(),
                    client_request_id: Some(id),
                    source: Some(source),
                };
                let verdict = if write { Verdict::Final } else { Verdict::Again };
                Failed::new(error, verdict)
            }
            Failure::TooLarge => {
                Failed::finally(Error::TooLarge { method, path, write, limit: ANSWER_LIMIT })
            }
        }
    }
}

/// True when a new token may help: it ended early, or was revoked.
pub(crate) fn is_token_refused(error: &Error) -> bool {
    let codes =
        ["InvalidAuthenticationToken", "Authentication_ExpiredToken", "Authentication_MissingOrMalformed"];
    error.api().is_some_and(|api| {
        api.status == 401
            && (api.claims.is_some() || api.code.is_empty() || codes.iter().any(|code| api.has_code(code)))
    })
}
