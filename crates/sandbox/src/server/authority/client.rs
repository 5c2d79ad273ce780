//! Who asks for a token, and the proof of it.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use jiff::Timestamp;
use secrecy::ExposeSecret;

use super::assertion::{self, Asked};
use super::form::Form;
use super::refusal::Refusal;
use crate::application::Application;

/// `client_assertion_type` of every assertion.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a client proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// It did not: a public client.
    Nothing,
    /// By a secret.
    Secret,
    /// By an assertion, its own or of a trusted issuer.
    Assertion,
}

impl Proof {
    /// The claim `appidacr` of version 1.0 tokens.
    pub(super) fn appidacr(self) -> &'static str {
        match self {
            Self::Nothing => "0",
            Self::Secret => "1",
            Self::Assertion => "2",
        }
    }
}

/// Checks the credential a request carries, if it carries one.
pub(super) fn authenticate(
    application: &Application,
    form: &Form,
    audiences: &[String],
) -> Result<Proof, Refusal> {
    if let Some(assertion) = form.field("client_assertion") {
        if form.need("client_assertion_type")? != ASSERTION_TYPE {
            let message = "The client_assertion_type is not supported; it must be the JWT bearer type.";
            return Err(Refusal::new("invalid_request", 70_003, message));
        }
        let asked = Asked { application, audiences, now: Timestamp::now() };
        return assertion::verify(assertion, &asked).map(|()| Proof::Assertion);
    }
    match form.client_secret() {
        Some(secret) => check_secret(application, secret).map(|()| Proof::Secret),
        None => Ok(Proof::Nothing),
    }
}

/// The refusal of a request without the credential it needs.
pub(super) fn missing_credential() -> Refusal {
    let message =
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    Refusal::client(7_000_218, message)
}

fn check_secret(application: &Application, secret: &str) -> Result<(), Refusal> {
    let id = application.app_id;
    let mut matching = application
        .password_credentials
        .iter()
        .filter(|known| known.secret_text.expose_secret() == secret)
        .peekable();
    if matching.peek().is_none() {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{id}'."
        );
        return Err(Refusal::client(7_000_215, message));
    }
    let now = Timestamp::now();
    if matching.any(|known| known.end_date_time.is_none_or(|end| now < end)) {
        return Ok(());
    }
    let message = format!("The provided client secret keys for app '{id}' are expired.");
    Err(Refusal::client(7_000_222, message))
}
