//! What the token endpoint says when it refuses.
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::Answer;

/// A refusal of the token endpoint.
#[derive(Debug)]
pub(super) struct Refusal {
    /// HTTP status.
    status: u16,
    /// `error`, which clients act on.
    error: &'static str,
    /// The `AADSTS` number, which people look up.
    number: u32,
    /// What is wrong, in words.
    message: String,
}

impl Refusal {
    /// A refusal with status 400.
    pub(super) fn new(error: &'static str, number: u32, message: impl Into<String>) -> Self {
        Self { status: 400, error, number, message: message.into() }
    }

    /// A credential that is not good: status 401, `invalid_client`.
    pub(super) fn client(number: u32, message: impl Into<String>) -> Self {
        Self { status: 401, ..Self::new("invalid_client", number, message) }
    }

    /// A form field that is missing.
    pub(super) fn missing(name: &str) -> Self {
        let message = format!("The request body must contain the following parameter: '{name}'.");
        Self::new("invalid_request", 900_144, message)
    }

    /// A tenant that is not here.
    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        let message = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud."
        );
        Self::new("invalid_request", 90_002, message)
    }

    /// Status and body.
    pub(super) fn answer(&self, correlation: Option<&str>) -> Answer {
        let Self { status, error, number, message } = self;
        let trace = Uuid::new_v4().to_string();
        let correlation = correlation.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let time = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "AADSTS{number}: {message}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {time}"
        );
        let body = json!({
            "error": error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        });
        (*status, body)
    }
}
