//! What can go wrong, and what a caller may conclude from it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::request::Method;
use crate::sign_in::{Attempt, SignInError};
use crate::text::{escaped, excerpt};

/// The longest message of the service that is shown, in characters.
const MESSAGE_LIMIT: usize = 1000;

/// A failure of this crate. Never holds a token or a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Graph answered with a status outside 200 to 299.
    #[error(transparent)]
    Api(Box<ApiError>),

    /// A request was sent and its answer did not arrive: the connection broke or time ran out.
    #[error("{method} {}: answer lost, {reason}", shown(path))]
    Lost {
        /// The method of the request.
        method: Method,
        /// Its path, relative to the version root.
        path: String,
        /// Whether the request was a write, which may have taken effect.
        write: bool,
        /// What happened, as a fragment.
        reason: String,
        /// The `client-request-id` it carried.
        client_request_id: Option<String>,
        /// The transport's error, if it was one.
        source: Option<Arc<reqwest::Error>>,
    },

    /// No connection: nothing was sent.
    #[error("{method} {}: cannot connect to {host}", shown(path))]
    Unreachable {
        /// The method of the request.
        method: Method,
        /// Its path, relative to the version root.
        path: String,
        /// The host that could not be reached.
        host: String,
        /// The transport's error.
        source: Arc<reqwest::Error>,
    },

    /// The sign-in service refused.
    #[error(transparent)]
    SignIn(Box<SignInError>),

    /// The sign-in service could not be reached, or did not answer as one does.
    #[error("cannot sign in at {host}: {reason}")]
    SignInFailed {
        /// The authority's host.
        host: String,
        /// What happened, as a fragment.
        reason: String,
        /// The transport's error, if it was one.
        source: Option<Arc<reqwest::Error>>,
    },

    /// A successful answer whose body is not JSON.
    #[error("{method} {}: {status} with a body that is not JSON: {excerpt}", shown(path))]
    Decode {
        /// The method of the request.
        method: Method,
        /// Its path, relative to the version root.
        path: String,
        /// Whether the request was a write, which then probably took effect.
        write: bool,
        /// The HTTP status.
        status: u16,
        /// The first 200 characters, escaped.
        excerpt: String,
    },

    /// An answer longer than the client accepts.
    #[error("{method} {}: answer longer than {limit} bytes", shown(path))]
    TooLarge {
        /// The method of the request.
        method: Method,
        /// Its path, relative to the version root.
        path: String,
        /// Whether the request was a write, which then probably took effect.
        write: bool,
        /// The limit in bytes.
        limit: usize,
    },

    /// A page of a list that cannot be used or followed; nothing was sent to where it pointed.
    #[error("GET {}: {reason}", shown(path))]
    Page {
        /// The path of the list, relative to the version root.
        path: String,
        /// What is wrong with it, as a fragment.
        reason: String,
    },

    /// The client was told to stop while the request waited for its turn: nothing was sent.
    #[error("{method} {}: not sent, interrupted while waiting", shown(path))]
    Cancelled {
        /// The method of the request.
        method: Method,
        /// Its path, relative to the version root.
        path: String,
    },

    /// A request that cannot be sent as it is.
    #[error("{method} {}: {reason}", shown(path))]
    InvalidRequest {
        /// The method of the request.
        method: Method,
        /// Its path, relative to the version root.
        path: String,
        /// What is wrong with it, as a fragment.
        reason: &'static str,
    },

    /// Environment variables that sign-in needs are absent.
    #[error("not set in the environment: {}", names.join(", "))]
    MissingVariables {
        /// Their names, such as `AZURE_CLIENT_ID`.
        names: Vec<&'static str>,
    },

    /// No way to sign in is configured or available here.
    #[error("no way to sign in: {}", attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; "))]
    NoCredential {
        /// What was tried or skipped, in order, and why it gave nothing.
        attempts: Vec<Attempt>,
    },

    /// A certificate that cannot be used.
    #[error("certificate {}: {reason}", escaped(file, 300))]
    Certificate {
        /// The file, or its thumbprint.
        file: String,
        /// What is wrong with it, as a fragment.
        reason: String,
    },

    /// A token file that cannot be used.
    #[error("token file {} {reason}", escaped(file, 300))]
    TokenFile {
        /// The file.
        file: String,
        /// What is wrong with it, as a fragment.
        reason: String,
    },

    /// The file of a kept login cannot be used.
    #[error("cannot {doing} {}: {reason}", escaped(file, 300))]
    LoginStore {
        /// `read`, `write` or `remove`.
        doing: &'static str,
        /// The file.
        file: String,
        /// Why, as a fragment.
        reason: String,
    },

    /// A way to sign in of another name.
    #[error("unknown sign-in method {:?}: expected {}", escaped(name, 100), crate::SignInMethod::ALL.map(|method| method.name()).join(", "))]
    UnknownMethod {
        /// The text given.
        name: String,
    },

    /// A tenant that is neither a GUID nor a domain name.
    #[error("{:?} is not a tenant: expected a GUID or a domain name", escaped(tenant_id, 100))]
    InvalidTenant {
        /// The text given.
        tenant_id: String,
    },

    /// An address that is not a Graph root or authority.
    #[error("address {} {reason}", escaped(address, 200))]
    Endpoint {
        /// The text given, without user name and password.
        address: String,
        /// Why not, as a fragment.
        reason: &'static str,
    },

    /// A cloud of another name.
    #[error("unknown cloud {:?}: expected global, usgov, usgov_dod or china", escaped(name, 100))]
    UnknownCloud {
        /// The text given.
        name: String,
    },

    /// The HTTP client could not be set up, for instance without any certificate roots on the system.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] Arc<reqwest::Error>),
}

impl Error {
    /// The object does not exist, or has not reached the replica that answered.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// The code of Graph's error, such as `Request_BadRequest`; none where it was not Graph that refused.
    pub fn code(&self) -> Option<&str> {
        self.api().map(|api| api.code.as_str())
    }

    /// Not executed, because the request of its batch that it comes after failed.
    pub fn is_dependency_failed(&self) -> bool {
        self.status() == Some(424)
    }

    /// Still throttled when time ran out; nothing was executed.
    pub fn is_throttled(&self) -> bool {
        self.status() == Some(429)
    }

    /// Not sent, because the client was told to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Error::Cancelled { .. })
    }

    /// A permission, consent or licence is missing.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// Graph refused the token, also after it was renewed.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The properties whose value another object holds already: targets of the details `ObjectConflict`.
    pub fn conflict_targets(&self) -> Vec<&str> {
        let details = self.api().map(|api| api.details.as_slice()).unwrap_or_default();
        details
            .iter()
            .filter(|detail| detail.code == "ObjectConflict")
            .map(|detail| detail.target.as_str())
            .collect()
    }

    /// A write that may have taken effect all the same: its answer was lost or unreadable, or was one of
    /// 408, 500, 502, 503, 504. Look before trying again.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Error::Api(api) => api.write && matches!(api.status, 408 | 500 | 502 | 503 | 504),
            Error::Lost { write, .. } | Error::Decode { write, .. } | Error::TooLarge { write, .. } => *write,
            _ => false,
        }
    }

    /// An object the write refers to has not reached the replica that answered. Only the message tells,
    /// and a reference to something that never existed reads the same.
    pub fn is_reference_missing(&self) -> bool {
        self.message_holds(&[
            "one of the objects being referenced don",
            "one of its queried reference-property objects are not present",
            "one or more property values specified are invalid",
        ])
    }

    /// The service no longer knows where a list stood (`Directory_ExpiredPageToken` and its relatives): the list is
    /// to be read again from its beginning.
    pub fn is_page_token_refused(&self) -> bool {
        self.api().is_some_and(|api| {
            api.has_code("Directory_ExpiredPageToken")
                || api.has_code("DirectoryPageTokenNotFoundException")
                || (api.status == 400 && api.message.to_lowercase().contains("page token is not valid"))
        })
    }

    /// A delta token is too old or unknown: 410, or another 40x with the code `resyncRequired` or
    /// `syncStateNotFound`. Everything is to be read anew, without the token.
    pub fn is_resync_required(&self) -> bool {
        self.api().is_some_and(|api| {
            let named = |code: &String| {
                code.eq_ignore_ascii_case("resyncRequired") || code.eq_ignore_ascii_case("syncStateNotFound")
            };
            api.status == 410
                || ((400..410).contains(&api.status)
                    && std::iter::once(&api.code).chain(&api.inner_codes).any(named))
        })
    }

    /// The link that should be added is there already.
    pub fn already_exists(&self) -> bool {
        self.message_holds(&["added object references already exist"])
    }

    /// How long the service asked to wait before the request is sent again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api().and_then(|api| api.retry_after)
    }

    /// Graph's `request-id`, when an answer with one arrived.
    pub fn request_id(&self) -> Option<&str> {
        self.api().and_then(|api| api.request_id.as_deref())
    }

    /// The refusal by Graph, if it is one.
    pub(crate) fn api(&self) -> Option<&ApiError> {
        match self {
            Error::Api(api) => Some(api),
            _ => None,
        }
    }

    fn status(&self) -> Option<u16> {
        self.api().map(|api| api.status)
    }

    fn message_holds(&self, parts: &[&str]) -> bool {
        self.api().is_some_and(|api| {
            let message = api.message.to_lowercase();
            parts.iter().any(|part| message.contains(part))
        })
    }
}

/// Graph's answer to a request it did not fulfil.
///
/// Texts are as received; only `Display` escapes them. Source: "Microsoft Graph error responses and resource
/// types", <https://learn.microsoft.com/graph/errors>.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The method of the request.
    pub method: Method,
    /// Its path, relative to the version root, query included.
    pub path: String,
    /// Whether the request was a write (see [`Request::is_write`](crate::Request::is_write)).
    pub write: bool,
    /// The HTTP status, of the item in a batch.
    pub status: u16,
    /// `error.code`, such as `Request_BadRequest`; empty when the body has none.
    pub code: String,
    /// `error.message`; empty when the body has none.
    pub message: String,
    /// `error.details`; often empty.
    pub details: Vec<Detail>,
    /// The finer codes nested in `error.innerError`, outermost first.
    pub inner_codes: Vec<String>,
    /// Graph's `request-id`.
    pub request_id: Option<String>,
    /// The `client-request-id` the request carried.
    pub client_request_id: Option<String>,
    /// When the body is not Graph's error envelope: its first 200 characters, escaped.
    pub excerpt: Option<String>,
    /// How long the service asked to wait (`Retry-After`), when it did.
    pub retry_after: Option<Duration>,
    /// What a new token must satisfy, when that is why this one was refused: the JSON of a claims challenge.
    pub claims: Option<Value>,
}

/// One entry of `error.details`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Such as `ObjectConflict` or `InvalidValue`.
    pub code: String,
    /// The property concerned, such as `mailNickname`; may be empty.
    pub target: String,
    /// An explanation; may be empty.
    pub message: String,
}

/// The request an error is about.
pub(crate) struct Subject<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) write: bool,
    pub(crate) client_request_id: Option<&'a str>,
}

impl ApiError {
    /// Reads a refusal, whatever shape its body has.
    pub(crate) fn read(subject: &Subject<'_>, status: u16, request_id: Option<&str>, body: &[u8]) -> Self {
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let envelope = json.as_ref().and_then(|json| json.get("error").or_else(|| json.get("odata.error")));
        let inner = envelope.map(inner_errors).unwrap_or_default();
        let inner_text = |name| inner.iter().find_map(|inner| inner.get(name)).and_then(Value::as_str);
        ApiError {
            method: subject.method,
            path: subject.path.to_owned(),
            write: subject.write,
            status,
            code: envelope.map(code_of).unwrap_or_default(),
            message: envelope.map(message_of).unwrap_or_default(),
            details: envelope.and_then(|error| error.get("details")).map(details_of).unwrap_or_default(),
            inner_codes: inner
                .iter()
                .map(|inner| text(inner, "code"))
                .filter(|code| !code.is_empty())
                .collect(),
            request_id: request_id.or_else(|| inner_text("request-id")).map(str::to_owned),
            client_request_id: subject
                .client_request_id
                .or_else(|| inner_text("client-request-id"))
                .map(str::to_owned),
            excerpt: (envelope.is_none() && !body.is_empty()).then(|| excerpt(body)),
            retry_after: None,
            claims: None,
        }
    }

    /// True when the code, or a finer one inside, is `code`.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code == code || self.inner_codes.iter().any(|inner| inner == code)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.method, shown(&self.path), self.status)?;
        if !self.code.is_empty() {
            write!(formatter, " {}", escaped(&self.code, 100))?;
        }
        let message = self.message.trim_end().trim_end_matches('.');
        if !message.is_empty() {
            write!(formatter, ": {}", escaped(message, MESSAGE_LIMIT))?;
        } else if let Some(excerpt) = &self.excerpt {
            write!(formatter, ": {excerpt}")?;
        }
        if let Some(id) = &self.request_id {
            write!(formatter, " (request-id {})", escaped(id, 100))?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// A path as errors show it: without the query, which is long and rarely the reason.
fn shown(path: &str) -> String {
    escaped(path.split('?').next().unwrap_or_default(), 300)
}

fn text(object: &Value, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Some gateways answer `{"error":"code"}`, as OAuth does.
fn code_of(error: &Value) -> String {
    error.as_str().map_or_else(|| text(error, "code"), str::to_owned)
}

/// Older paths answer `{"message":{"lang":"en","value":"…"}}`.
fn message_of(error: &Value) -> String {
    match error.get("message") {
        Some(message @ Value::Object(_)) => text(message, "value"),
        _ => text(error, "message"),
    }
}

/// A list, or on some paths a single object.
fn details_of(details: &Value) -> Vec<Detail> {
    let read = |detail: &Value| Detail {
        code: text(detail, "code"),
        target: text(detail, "target"),
        message: text(detail, "message"),
    };
    match details {
        Value::Array(list) => list.iter().map(read).collect(),
        Value::Object(_) => vec![read(details)],
        _ => Vec::new(),
    }
}

/// The chain of nested inner errors, spelled two ways. JSON decoding has bounded its depth.
fn inner_errors(error: &Value) -> Vec<&Value> {
    fn inner(outer: &Value) -> Option<&Value> {
        outer.get("innerError").or_else(|| outer.get("innererror"))
    }
    std::iter::successors(inner(error), |outer| inner(outer)).collect()
}

#[cfg(test)]
mod tests {
    use super::{ApiError, Error, Method, Subject};
    use serde_json::json;

    fn read(method: Method, status: u16, body: &str) -> Error {
        let subject =
            Subject { method, path: "/things?$top=1", write: method != Method::Get, client_request_id: None };
        Error::Api(Box::new(ApiError::read(&subject, status, None, body.as_bytes())))
    }

    fn refusal(message: &str) -> Error {
        read(
            Method::Post,
            400,
            &json!({"error": {"code": "Request_BadRequest", "message": message}}).to_string(),
        )
    }

    #[test]
    fn an_envelope_is_shown_in_one_line() {
        let body = json!({"error": {
            "code": "Authorization_RequestDenied",
            "message": "Insufficient\u{1b}[2J privileges.",
            "innerError": {"request-id": "4f", "client-request-id": "5a", "innererror": {"code": "Finer"}},
        }});
        let error = read(Method::Get, 403, &body.to_string());
        assert_eq!(
            error.to_string(),
            "GET /things: 403 Authorization_RequestDenied: Insufficient\\u{1b}[2J privileges (request-id 4f)"
        );
        assert!(error.is_forbidden());
        assert_eq!(error.request_id(), Some("4f"));
        let api = error.api().unwrap();
        assert_eq!(
            (api.inner_codes.as_slice(), api.client_request_id.as_deref()),
            (&["Finer".to_owned()][..], Some("5a"))
        );
    }

    #[test]
    fn legacy_and_foreign_bodies_are_read_too() {
        let legacy = json!({"odata.error": {"code": "X", "message": {"lang": "en", "value": "text"}, "details": {"code": "ObjectConflict", "target": "mail"}}});
        let error = read(Method::Post, 400, &legacy.to_string());
        assert_eq!(error.to_string(), "POST /things: 400 X: text");
        assert_eq!(error.conflict_targets(), ["mail"]);
        assert_eq!(read(Method::Get, 502, "<html>\n").to_string(), "GET /things: 502: <html>\\n");
        assert_eq!(read(Method::Get, 404, "").to_string(), "GET /things: 404");
        assert_eq!(read(Method::Get, 400, r#"{"error":"invalid"}"#).to_string(), "GET /things: 400 invalid");
    }

    #[test]
    fn only_writes_are_ambiguous() {
        for status in [408, 500, 502, 503, 504] {
            assert!(read(Method::Patch, status, "").is_ambiguous(), "{status}");
            assert!(!read(Method::Get, status, "").is_ambiguous(), "{status}");
        }
        assert!(!read(Method::Patch, 429, "").is_ambiguous());
        assert!(!read(Method::Patch, 400, "").is_ambiguous());
    }

    #[test]
    fn messages_that_are_the_only_signal_are_recognised() {
        for message in [
            "The source resource object or one of the objects being referenced don't exist.",
            "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
            "One or more property values specified are invalid.",
        ] {
            assert!(refusal(message).is_reference_missing(), "{message}");
            assert!(!refusal(message).already_exists(), "{message}");
        }
        let present = "One or more added object references already exist for the following modified properties: 'members'.";
        assert!(refusal(present).already_exists() && !refusal(present).is_reference_missing());
    }
}
