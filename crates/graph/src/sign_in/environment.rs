//! From environment variables to credentials, in the order of the Azure SDKs.
//!
//! Sources: "Environment variables", <https://learn.microsoft.com/dotnet/api/azure.identity.environmentcredential>;
//! the variables of a job, <https://learn.microsoft.com/azure/devops/pipelines/build/variables>.

use std::path::Path;

use secrecy::SecretString;
use url::Url;

use super::azure_pipelines::AzurePipelines;
use super::certificate::ClientCertificate;
use super::chain::{Attempt, CredentialChain};
use super::credential::Credential;
use super::federated::AssertionSource;
use super::github_actions::GithubActions;
use super::method::Method;
use crate::Error;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const PASSWORD: &str = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const PIPELINES_URL: &str = "SYSTEM_OIDCREQUESTURI";
const PIPELINES_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
/// Set by the `AzureCLI` and `AzurePowerShell` tasks, as are the two after it.
const CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
const CONNECTION_CLIENT: &str = "AZURESUBSCRIPTION_CLIENT_ID";
const CONNECTION_TENANT: &str = "AZURESUBSCRIPTION_TENANT_ID";

/// Gives a variable's value.
type Read<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Looks variables up.
pub struct Environment<'a> {
    read: Box<Read<'a>>,
    tenant_hint: Option<&'a str>,
}

impl<'a> Environment<'a> {
    /// `read` looks a variable up; an empty value counts as absent. `tenant_hint` stands in for `AZURE_TENANT_ID`.
    pub fn new(read: impl Fn(&str) -> Option<String> + 'a, tenant_hint: Option<&'a str>) -> Self {
        Self { read: Box::new(read), tenant_hint }
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.read)(name).filter(|value| !value.trim().is_empty())
    }

    /// The tenant to sign in to, when anything says so.
    pub fn tenant_id(&self) -> Option<String> {
        self.get(TENANT).or_else(|| self.tenant_hint.map(str::to_owned))
    }

    /// The value of a variable, which without `AZURE_TENANT_ID` may be the hint.
    fn value(&self, name: &str) -> Option<String> {
        match name {
            TENANT => self.tenant_id().or_else(|| self.get(CONNECTION_TENANT)),
            CLIENT => self.get(CLIENT).or_else(|| self.get(CONNECTION_CLIENT)),
            name => self.get(name),
        }
    }

    /// The values of all of these variables.
    fn all<const N: usize>(&self, names: [&'static str; N]) -> Result<[String; N], Error> {
        let absent: Vec<_> = names.into_iter().filter(|name| self.value(name).is_none()).collect();
        if !absent.is_empty() {
            return Err(Error::MissingVariables { names: absent });
        }
        Ok(names.map(|name| self.value(name).unwrap_or_default()))
    }
}

impl CredentialChain {
    /// The credentials that the environment configures.
    ///
    /// A method is configured by the variables of its own; the first one that is ends the chain, as whoever set them
    /// meant it. `forced` takes one method alone.
    ///
    /// # Errors
    ///
    /// [`Error::MissingVariables`] when a method is configured in part or forced without its variables,
    /// [`Error::Certificate`], or [`Error::Endpoint`] for an address that a token must not be sent to.
    pub fn from_environment(environment: &Environment<'_>, forced: Option<Method>) -> Result<Self, Error> {
        if let Some(method) = forced {
            return Ok(credential(method, environment)?.into());
        }
        let mut skipped = Vec::new();
        for method in Method::ALL {
            let variables = configured_by(method);
            if variables.is_empty() {
                continue;
            }
            let absent = variables.iter().find(|name| environment.get(name).is_none());
            match absent {
                None => return Ok(Self::new(vec![credential(method, environment)?], skipped)),
                Some(name) => {
                    skipped.push(Attempt { method, reason: format!("{name} is not set"), tried: false });
                }
            }
        }
        Ok(Self::new(Vec::new(), skipped))
    }
}

/// The variables that say that a method is meant.
fn configured_by(method: Method) -> &'static [&'static str] {
    match method {
        Method::ClientSecret => &[SECRET],
        Method::ClientCertificate => &[CERTIFICATE],
        Method::WorkloadIdentity => &[TOKEN_FILE],
        Method::GithubActions => &[GITHUB_URL, GITHUB_TOKEN, CLIENT],
        Method::AzurePipelines => &[PIPELINES_URL, CONNECTION],
        Method::ManagedIdentity | Method::AzureCli | Method::DeviceCode => &[],
    }
}

fn credential(method: Method, environment: &Environment<'_>) -> Result<Credential, Error> {
    match method {
        Method::ClientSecret => {
            let [tenant_id, client_id, secret] = environment.all([TENANT, CLIENT, SECRET])?;
            Ok(Credential::ClientSecret { tenant_id, client_id, client_secret: secret.into() })
        }
        Method::ClientCertificate => {
            let [tenant_id, client_id, path] = environment.all([TENANT, CLIENT, CERTIFICATE])?;
            let password = environment.get(PASSWORD).map(SecretString::from);
            let certificate = ClientCertificate::read(Path::new(&path), password.as_ref())?;
            Ok(Credential::ClientCertificate { tenant_id, client_id, certificate })
        }
        Method::WorkloadIdentity => {
            let [tenant_id, client_id, path] = environment.all([TENANT, CLIENT, TOKEN_FILE])?;
            let source = AssertionSource::TokenFile(path.into());
            Ok(Credential::Federated { tenant_id, client_id, source })
        }
        Method::GithubActions => {
            let names = [TENANT, CLIENT, GITHUB_URL, GITHUB_TOKEN];
            let [tenant_id, client_id, url, token] = environment.all(names)?;
            let job = GithubActions { request_url: address(&url)?, request_token: token.into() };
            let source = AssertionSource::GithubActions(job);
            Ok(Credential::Federated { tenant_id, client_id, source })
        }
        Method::AzurePipelines => {
            let names = [TENANT, CLIENT, PIPELINES_URL, PIPELINES_TOKEN, CONNECTION];
            let [tenant_id, client_id, url, token, service_connection_id] = environment.all(names)?;
            let request_url = address(&url)?;
            let job = AzurePipelines { request_url, access_token: token.into(), service_connection_id };
            let source = AssertionSource::AzurePipelines(job);
            Ok(Credential::Federated { tenant_id, client_id, source })
        }
        Method::ManagedIdentity | Method::AzureCli | Method::DeviceCode => {
            Err(Error::UnknownMethod { name: method.name().to_owned() })
        }
    }
}

fn address(text: &str) -> Result<Url, Error> {
    crate::endpoint::safe(text)
}

#[cfg(test)]
mod tests {
    use super::{CredentialChain, Environment};
    use crate::{Error, SignInMethod as Method};

    fn chain(
        variables: &[(&str, &str)],
        hint: Option<&str>,
        forced: Option<Method>,
    ) -> Result<CredentialChain, Error> {
        let read = |wanted: &str| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        };
        CredentialChain::from_environment(&Environment::new(read, hint), forced)
    }

    #[test]
    fn the_error_lists_exactly_what_is_missing() {
        let error = chain(&[("AZURE_CLIENT_SECRET", "s")], None, None).unwrap_err();
        assert_eq!(error.to_string(), "not set in the environment: AZURE_TENANT_ID, AZURE_CLIENT_ID");
        let some = [("AZURE_CLIENT_ID", "a"), ("AZURE_CLIENT_SECRET", " ")];
        let error = chain(&some, Some("contoso.com"), Some(Method::ClientSecret)).unwrap_err();
        assert_eq!(error.to_string(), "not set in the environment: AZURE_CLIENT_SECRET");
        let job = [
            ("SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/x"),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "c"),
            ("AZURESUBSCRIPTION_CLIENT_ID", "a"),
            ("AZURESUBSCRIPTION_TENANT_ID", "t"),
        ];
        let error = chain(&job, None, None).unwrap_err();
        assert_eq!(error.to_string(), "not set in the environment: SYSTEM_ACCESSTOKEN");
    }

    #[test]
    fn the_tenant_variable_beats_the_hint_and_no_secret_is_printed() {
        let variables = [
            ("AZURE_TENANT_ID", "fabrikam.com"),
            ("AZURE_CLIENT_ID", "a"),
            ("AZURE_CLIENT_SECRET", "hunter2"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github.example/?x=1"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hunter2"),
        ];
        for forced in [None, Some(Method::GithubActions)] {
            let printed = format!("{:?}", chain(&variables, Some("contoso.com"), forced).unwrap());
            assert!(printed.contains("fabrikam.com") && !printed.contains("hunter2"), "{printed}");
        }
    }

    #[test]
    fn the_first_configured_method_is_taken() {
        let mut variables = vec![
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_ID", "a"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github.example/?x=1"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
        ];
        let first = |variables: &[_]| chain(variables, None, None).unwrap().methods();
        assert_eq!(first(&variables), [Method::GithubActions]);
        variables.push(("AZURE_FEDERATED_TOKEN_FILE", "/token"));
        assert_eq!(first(&variables), [Method::WorkloadIdentity]);
        variables.push(("AZURE_CLIENT_SECRET", "s"));
        assert_eq!(first(&variables), [Method::ClientSecret]);
    }

    #[test]
    fn a_job_token_is_not_sent_in_the_clear() {
        let variables = [
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_ID", "a"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://github.example/?x=1"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
        ];
        assert!(matches!(chain(&variables, None, None).unwrap_err(), Error::Endpoint { .. }));
    }
}
