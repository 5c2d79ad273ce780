//! Refusals of the sign-in service, with what to do about the frequent ones.

use std::fmt;

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
        Self { aadsts: aadsts.or(code), error, description: description.to_owned(), correlation_id }
    }

    /// What to do about it, a sentence without full stop; absent for less frequent codes.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.aadsts? {
            7000215 | 70002 => {
                "the client secret is wrong: check that AZURE_CLIENT_SECRET holds the secret's value, not its id"
            }
            7000222 => "the client secret has expired: create a new one for the application",
            700016 | 700011 => {
                "the application is not in this tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID"
            }
            90002 => {
                "the tenant does not exist in this cloud: check AZURE_TENANT_ID and the configured cloud"
            }
            90038 | 900432 => "the tenant lives in another cloud: set the configured cloud to the tenant's",
            7000112 | 70001 => {
                "the application is disabled in this tenant: enable sign-in for it under enterprise applications"
            }
            65001 => {
                "no administrator has consented to the application's permissions: grant admin consent in the tenant"
            }
            _ => return None,
        })
    }
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
