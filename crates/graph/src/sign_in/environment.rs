//! From environment variables to credentials, in the order of the Azure SDKs.
//!
//! Sources: "Environment variables", <https://learn.microsoft.com/dotnet/api/azure.identity.environmentcredential>;
//! the variables of a job, <https://learn.microsoft.com/azure/devops/pipelines/build/variables>.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use secrecy::SecretString;
use url::Url;

use super::azure_pipelines::AzurePipelines;
use super::certificate::ClientCertificate;
use super::chain::{Attempt, CredentialChain};
use super::credential::Credential;
use super::device_code::{DeviceCode, Prompter};
use super::federated::AssertionSource;
use super::github_actions::GithubActions;
use super::login::LoginStore;
use super::managed_identity::{ManagedIdentity, ManagedIdentitySource};
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
const APP_ENDPOINT: &str = "IDENTITY_ENDPOINT";
const APP_HEADER: &str = "IDENTITY_HEADER";
/// Where the metadata service is, when it is not where it always is.
const IMDS: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
const USUAL_IMDS: &str = "http://169.254.169.254";
/// The folder of the kept login, and `file` to keep it there even where there is a keyring.
const CONFIG_FOLDER: &str = "TENANTRY_CONFIG_DIR";
const LOGIN_STORE: &str = "TENANTRY_LOGIN_STORE";

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

    /// Where a person's login is kept: the operating system's keyring, or `login.json` in the configuration folder of
    /// the user (`TENANTRY_CONFIG_DIR`, or by the conventions of the system `~/.config/tenantry` and the like).
    ///
    /// # Errors
    ///
    /// [`Error::MissingVariables`] when the user has no home.
    pub fn login_store(&self) -> Result<LoginStore, Error> {
        let folder = match self.get(CONFIG_FOLDER) {
            Some(folder) => PathBuf::from(folder),
            None => etcetera::choose_base_strategy()
                .map(|strategy| strategy.config_dir().join("tenantry"))
                .map_err(|_| Error::MissingVariables { names: vec![CONFIG_FOLDER] })?,
        };
        let keyring = self.get(LOGIN_STORE).as_deref() != Some("file");
        Ok(LoginStore::new(folder.join("login.json"), keyring))
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
    /// The credentials that the environment configures, or that may be available besides.
    ///
    /// A method is configured by variables of its own; the first one that is ends the chain, as whoever set them
    /// meant it. What takes no variables (the metadata service of a machine, the Azure CLI, a kept login) is tried in
    /// turn. `forced` takes one method alone, and only then may `prompter` ask a person to log in.
    ///
    /// # Errors
    ///
    /// [`Error::MissingVariables`] when a method is configured in part or forced without its variables,
    /// [`Error::Certificate`], [`Error::LoginStore`] without a place for a login, or [`Error::Endpoint`] for an
    /// address that a token must not be sent to.
    pub fn from_environment(
        environment: &Environment<'_>,
        forced: Option<Method>,
        prompter: &Prompter,
    ) -> Result<Self, Error> {
        if let Some(method) = forced {
            return Ok(credential(method, environment, Some(prompter))?.into());
        }
        let (mut credentials, mut skipped) = (Vec::new(), Vec::new());
        for method in Method::ALL {
            let variables = configured_by(method);
            match variables.iter().find(|name| environment.get(name).is_none()) {
                Some(name) => {
                    let reason = format!("{name} is not set");
                    skipped.push(Attempt { method, reason, tried: false });
                }
                None => credentials.push(credential(method, environment, None)?),
            }
            let is_meant = skipped.last().is_none_or(|last: &Attempt| last.method != method)
                && (!variables.is_empty() || environment.get(APP_ENDPOINT).is_some());
            if is_meant {
                break;
            }
        }
        Ok(Self::new(credentials, skipped))
    }
}

/// The variables that say that a method is meant; none for what may simply be there.
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

fn credential(
    method: Method,
    environment: &Environment<'_>,
    prompter: Option<&Prompter>,
) -> Result<Credential, Error> {
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
        Method::ManagedIdentity => Ok(Credential::ManagedIdentity(managed_identity(environment)?)),
        Method::AzureCli => Ok(Credential::AzureCli { tenant_id: environment.tenant_id() }),
        Method::DeviceCode => Ok(Credential::DeviceCode(DeviceCode {
            tenant_id: environment.tenant_id(),
            client_id: environment.get(CLIENT),
            store: environment.login_store()?,
            prompter: prompter.cloned(),
        })),
    }
}

fn managed_identity(environment: &Environment<'_>) -> Result<ManagedIdentity, Error> {
    let source = match environment.get(APP_ENDPOINT) {
        Some(_) => {
            let [endpoint, header] = environment.all([APP_ENDPOINT, APP_HEADER])?;
            ManagedIdentitySource::AppService { endpoint: nearby(&endpoint)?, header: header.into() }
        }
        None => {
            let host = environment.get(IMDS).unwrap_or_else(|| USUAL_IMDS.to_owned());
            ManagedIdentitySource::Imds(nearby(&host)?)
        }
    };
    Ok(ManagedIdentity { client_id: environment.get(CLIENT), source })
}

/// An address that a job's token may travel to.
fn address(text: &str) -> Result<Url, Error> {
    crate::endpoint::safe(text)
}

/// An address of this machine or its host, which speak plain HTTP.
fn nearby(text: &str) -> Result<Url, Error> {
    crate::endpoint::safe_or_nearby(text)
}

#[cfg(test)]
mod tests {
    use super::{CredentialChain, Environment};
    use crate::{Error, Prompter, SignInMethod as Method};

    fn chain(
        variables: &[(&str, &str)],
        hint: Option<&str>,
        forced: Option<Method>,
    ) -> Result<CredentialChain, Error> {
        let read = |wanted: &str| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        };
        CredentialChain::from_environment(&Environment::new(read, hint), forced, &Prompter::new(|_| {}))
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
    fn what_takes_no_variables_is_tried_in_turn_unless_something_is_meant() {
        let available = [Method::ManagedIdentity, Method::AzureCli, Method::DeviceCode];
        assert_eq!(chain(&[("TENANTRY_CONFIG_DIR", "/x")], None, None).unwrap().methods(), available);
        let app = [("IDENTITY_ENDPOINT", "http://127.0.0.1:41/token"), ("IDENTITY_HEADER", "h")];
        assert_eq!(chain(&app, None, None).unwrap().methods(), [Method::ManagedIdentity]);
        let error = chain(&app[..1], None, None).unwrap_err();
        assert_eq!(error.to_string(), "not set in the environment: IDENTITY_HEADER");
        for host in ["http://10.1.2.3", "http://metadata.example"] {
            let machine = [("TENANTRY_CONFIG_DIR", "/x"), ("AZURE_POD_IDENTITY_AUTHORITY_HOST", host)];
            assert!(matches!(chain(&machine, None, None).unwrap_err(), Error::Endpoint { .. }), "{host}");
        }
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
