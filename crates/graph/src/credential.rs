//! What the client signs in with.

use secrecy::SecretString;

use crate::Error;

/// How the client proves who it is. Secrets inside are never printed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// An application with a client secret: the OAuth 2.0 client credentials grant.
    ///
    /// Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.
    ClientSecret {
        /// The tenant: its GUID or one of its verified domains.
        tenant_id: String,
        /// The application (client) id, a GUID.
        client_id: String,
        /// The secret's value, not its id.
        client_secret: SecretString,
    },
}

impl Credential {
    /// Reads the variables of the Azure SDKs: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`.
    ///
    /// `read` looks a variable up; an empty value counts as absent. `tenant_hint` stands in for
    /// `AZURE_TENANT_ID`. Source: "Environment variables",
    /// <https://learn.microsoft.com/dotnet/api/azure.identity.environmentcredential>.
    ///
    /// # Errors
    ///
    /// [`Error::MissingVariables`] with the names of those that are absent.
    pub fn from_environment(
        read: impl Fn(&str) -> Option<String>,
        tenant_hint: Option<&str>,
    ) -> Result<Self, Error> {
        let present = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        let tenant_id = present("AZURE_TENANT_ID").or_else(|| tenant_hint.map(str::to_owned));
        let client_id = present("AZURE_CLIENT_ID");
        let client_secret = present("AZURE_CLIENT_SECRET");
        match (tenant_id, client_id, client_secret) {
            (Some(tenant_id), Some(client_id), Some(client_secret)) => {
                Ok(Self::ClientSecret { tenant_id, client_id, client_secret: client_secret.into() })
            }
            (tenant_id, client_id, client_secret) => {
                let absent = [
                    ("AZURE_TENANT_ID", tenant_id.is_none()),
                    ("AZURE_CLIENT_ID", client_id.is_none()),
                    ("AZURE_CLIENT_SECRET", client_secret.is_none()),
                ];
                let names = absent.into_iter().filter(|(_, absent)| *absent).map(|(name, _)| name).collect();
                Err(Error::MissingVariables { names })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Credential;

    fn read(variables: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |wanted| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_error_lists_exactly_what_is_missing() {
        let error = Credential::from_environment(read(&[("AZURE_CLIENT_ID", "a")]), None).unwrap_err();
        assert_eq!(error.to_string(), "not set in the environment: AZURE_TENANT_ID, AZURE_CLIENT_SECRET");
        let empty = read(&[("AZURE_CLIENT_ID", "a"), ("AZURE_CLIENT_SECRET", " ")]);
        let error = Credential::from_environment(empty, Some("contoso.com")).unwrap_err();
        assert_eq!(error.to_string(), "not set in the environment: AZURE_CLIENT_SECRET");
    }

    #[test]
    fn the_tenant_variable_beats_the_hint_and_the_secret_is_not_printed() {
        let variables = read(&[
            ("AZURE_TENANT_ID", "fabrikam.com"),
            ("AZURE_CLIENT_ID", "a"),
            ("AZURE_CLIENT_SECRET", "hunter2"),
        ]);
        let credential = Credential::from_environment(variables, Some("contoso.com")).unwrap();
        let printed = format!("{credential:?}");
        assert!(printed.contains("fabrikam.com") && !printed.contains("hunter2"), "{printed}");
    }
}
