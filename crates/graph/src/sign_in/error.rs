//! Refusals of the sign-in service, with what to do about the frequent ones.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::identity::claims;
use crate::text::escaped;

/// The sign-in service's answer to a token request it refused.
///
/// Source: "Microsoft Entra authentication and authorization error codes",
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInError {
    /// The number in `AADSTS7000215`, if there is one: only a diagnostic, as Microsoft renumbers them.
    pub aadsts: Option<u32>,
    /// The OAuth error, such as `invalid_client`.
    pub error: String,
    /// The first line of the description, without the `AADSTSnnn:` in front.
    pub description: String,
    /// The id under which Microsoft support finds the attempt, a GUID.
    pub correlation_id: Option<String>,
    /// What the other issuer's token said, where one was presented.
    pub assertion: Option<Assertion>,
}

/// What a token of another issuer says: the three values that a federated identity credential must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assertion {
    /// Who issued it, a URL (`iss`); empty when the token does not say, as are the others.
    pub issuer: String,
    /// Whom it speaks for, such as `repo:contoso/tenant:ref:refs/heads/main` (`sub`).
    pub subject: String,
    /// Whom it is meant for, such as `api://AzureADTokenExchange` (`aud`).
    pub audience: String,
}

impl Assertion {
    pub(super) fn read(token: &SecretString) -> Self {
        let claims = claims(token.expose_secret());
        let text = |name| match claims.get(name) {
            Some(Value::Array(several)) => several.first().and_then(Value::as_str).unwrap_or_default(),
            one => one.and_then(Value::as_str).unwrap_or_default(),
        };
        let text = |name| text(name).to_owned();
        Self { issuer: text("iss"), subject: text("sub"), audience: text("aud") }
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, subject, audience } = self;
        let [issuer, subject, audience] = [issuer, subject, audience].map(|text| escaped(text, 600));
        write!(formatter, "issuer \"{issuer}\", subject \"{subject}\", audience \"{audience}\"")
    }
}

impl SignInError {
    /// Reads the fields of the answer. `description` holds several lines, of which the first explains;
    /// `code` stands in for a number that is not in it.
    pub(crate) fn read(
        error: String,
        description: &str,
        code: Option<u32>,
        correlation_id: Option<String>,
    ) -> Self {
        let first = description.lines().next().unwrap_or_default().trim();
        let (aadsts, description) = match first.strip_prefix("AADSTS").and_then(|rest| rest.split_once(':')) {
            Some((number, rest)) => (number.trim().parse().ok(), rest.trim()),
            None => (None, first),
        };
        let description = description.to_owned();
        Self { aadsts: aadsts.or(code), error, description, correlation_id, assertion: None }
    }

    /// What to do about it, a sentence without full stop; absent for less frequent codes.
    pub fn hint(&self) -> Option<String> {
        let advice = self.aadsts.and_then(advice).or_else(|| advice_on(&self.error))?;
        Some(match &self.assertion {
            Some(assertion) => format!("{advice}; the presented token has {assertion}"),
            None => advice.to_owned(),
        })
    }

    /// True when the same request may succeed in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        self.error == "temporarily_unavailable"
            || matches!(self.aadsts, Some(90055 | 90006 | 90012 | 90024 | 90033))
    }
}

/// For refusals without number, as in the device code flow.
fn advice_on(error: &str) -> Option<&'static str> {
    Some(match error {
        "authorization_declined" | "access_denied" => {
            "the sign-in was declined in the browser: run the command again to try once more"
        }
        "expired_token" | "code_expired" | "bad_verification_code" => {
            "the code was not used in time: run the command again for a new one"
        }
        "interaction_required" | "invalid_grant" => "the login has ended: run `tenantry login` again",
        _ => return None,
    })
}

/// The table of codes.
fn advice(aadsts: u32) -> Option<&'static str> {
    Some(match aadsts {
        7000215 | 70002 => {
            "the client secret is wrong: check that AZURE_CLIENT_SECRET holds the secret's value, not its id; a new \
             secret takes some seconds to work"
        }
        7000222 => "the client secret has expired: create a new one for the application",
        7000218 | 900144 => {
            "the application signs in without secret, certificate or token: configure one, or allow public client \
             flows for it if people sign in with it"
        }
        700025 => {
            "the application is a public client, which takes no secret or certificate: use another application"
        }
        700016 | 700011 => "the application is not in this tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID",
        700027 | 700030 | 50012 => {
            "the certificate is not known to the application, or has expired: upload it under certificates and \
             secrets, which takes some seconds to work"
        }
        700024 => {
            "the assertion is outside its lifetime: set this machine's clock right, or have the token written anew"
        }
        70021 | 700213 | 7002131 => {
            "no federated credential of the application matches: add one with exactly these values, or wait some \
             seconds if it is new"
        }
        700211 => {
            "no federated credential of the application has this issuer: add one with exactly these values"
        }
        700212 => {
            "no federated credential of the application has this audience: add one with exactly these values"
        }
        90002 => "the tenant does not exist in this cloud: check AZURE_TENANT_ID and the configured cloud",
        90038 | 900432 => "the tenant lives in another cloud: set the configured cloud to the tenant's",
        9001023 => "an application signs in to one tenant: set AZURE_TENANT_ID to its id or a domain of it",
        7000112 | 70001 => {
            "the application is disabled in this tenant: enable sign-in for it under enterprise applications"
        }
        70011 | 1002012 | 28002 => {
            "the scope is not one of this Graph: check that TENANTRY_GRAPH_ENDPOINT and AZURE_AUTHORITY_HOST are of \
             one cloud"
        }
        500011 | 50001 | 650057 => {
            "Microsoft Graph is not known to the tenant in this cloud: check the configured cloud"
        }
        65001 | 650052 | 650056 => {
            "no administrator has consented to the application's permissions: grant admin consent in the tenant"
        }
        50076 | 50079 | 50074 => {
            "the tenant asks for multifactor authentication: sign in with `tenantry login`, or as an application"
        }
        53003 | 53000 | 53001 | 530031 => {
            "Conditional Access blocks this sign-in: the tenant's sign-in log names the policy"
        }
        70008 | 700082 | 700084 | 70043 | 70000 | 50173 => "the login has ended: run `tenantry login` again",
        70018..=70020 => "the code was mistyped or has expired: run `tenantry login` again",
        90055 | 90006 | 90012 | 90024 | 90033 => {
            "the sign-in service has a passing trouble: try again in some minutes"
        }
        _ => return None,
    })
}

impl fmt::Display for SignInError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sign-in refused: {}", escaped(&self.error, 100))?;
        if let Some(number) = self.aadsts {
            write!(formatter, " AADSTS{number}")?;
        }
        let description = self.description.trim_end_matches('.');
        if !description.is_empty() {
            write!(formatter, ": {}", escaped(description, 500))?;
        }
        if let Some(id) = &self.correlation_id {
            write!(formatter, " (correlation id {})", escaped(id, 100))?;
        }
        Ok(())
    }
}

impl std::error::Error for SignInError {}

#[cfg(test)]
mod tests {
    use super::SignInError;

    #[test]
    fn the_first_line_explains_and_the_number_has_a_hint() {
        let description = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nTimestamp: 2";
        let error = SignInError::read("invalid_client".into(), description, Some(1), Some("c0".into()));
        assert_eq!(
            error.to_string(),
            "sign-in refused: invalid_client AADSTS7000215: Invalid client secret provided (correlation id c0)"
        );
        assert!(error.hint().unwrap().contains("secret is wrong"));
    }

    #[test]
    fn a_description_without_number_falls_back_to_the_list() {
        let error = SignInError::read("invalid_request".into(), "no such tenant", Some(90002), None);
        assert_eq!(error.to_string(), "sign-in refused: invalid_request AADSTS90002: no such tenant");
        assert!(error.hint().is_some());
        assert_eq!(SignInError::read("x".into(), "", None, None).hint(), None);
    }
}
