//! The error envelope of Graph. <https://learn.microsoft.com/graph/errors>

use serde_json::{Value, json};

use super::{Content, Response};

/// A request that is refused.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    code: &'static str,
    message: String,
    details: Vec<(&'static str, String)>,
    inner: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl Failure {
    /// A refusal with status, `error.code` and `error.message`.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new(), inner: None, headers: Vec::new() }
    }

    /// What is wrong, in words.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Whether it has this code.
    pub(crate) fn is_of(&self, code: &str) -> bool {
        self.code == code
    }

    /// The same refusal under another status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds an entry to `error.details`.
    pub(crate) fn with_detail(mut self, code: &'static str, target: impl Into<String>) -> Self {
        self.details.push((code, target.into()));
        self
    }

    /// Says what is wrong in `error.innerError.message`, under a number, unless it stands there already.
    pub(crate) fn explained(mut self, number: u16) -> Self {
        self.inner.get_or_insert_with(|| format!("{number}: {}", self.message));
        self
    }

    /// The same refusal in the words of a service that has codes of its own.
    pub(crate) fn with_code(mut self, from: &str, to: &'static str) -> Self {
        if self.code == from {
            self.code = to;
        }
        self
    }

    /// Adds a response header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Malformed request: bad path, bad JSON, bad query option.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// A path segment that means nothing.
    pub(crate) fn unknown_segment(segment: &str) -> Self {
        Self::malformed(format!("Resource not found for the segment '{segment}'."))
    }

    /// A query the directory cannot answer.
    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    /// A method the path does not take.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    }

    /// A write the caller may not make however many permissions it has.
    pub(crate) fn denied() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// A request beyond a quota; it was not executed.
    pub(crate) fn throttled() -> Self {
        Self::new(429, "TooManyRequests", "Too many requests.")
    }

    /// A failure of the service itself: 500, 502, 503 or 504.
    pub(crate) fn unavailable(status: u16) -> Self {
        match status {
            500 => Self::new(500, "Service_InternalServerError", "Encountered an internal server error."),
            503 => Self::new(503, "serviceNotAvailable", "The service is temporarily unavailable."),
            _ => Self::new(status, "UnknownError", ""),
        }
    }

    /// A write that met another one.
    pub(crate) fn concurrent() -> Self {
        Self::new(
            409,
            "Directory_ConcurrencyViolation",
            "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
        )
    }

    /// The answer with the full envelope.
    pub(crate) fn into_response(self, request_id: &str, client_request_id: &str) -> Response {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let mut error = json!({
            "code": self.code,
            "message": self.message,
            "innerError": { "date": now, "request-id": request_id, "client-request-id": client_request_id },
        });
        if self.status == 429 {
            error["innerError"]["code"] = "429".into();
            error["innerError"]["status"] = "429".into();
        }
        if let Some(inner) = self.inner {
            error["innerError"]["message"] = inner.into();
        }
        if !self.details.is_empty() {
            let detail = |(code, target): (&str, String)| json!({ "code": code, "target": target, "message": self.message });
            error["details"] = Value::Array(self.details.into_iter().map(detail).collect());
        }
        Response {
            status: self.status,
            headers: self.headers,
            content: Content::Json(json!({ "error": error })),
        }
    }
}
