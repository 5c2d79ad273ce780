//! From arguments and environment to a client: a tenant, or the sandbox.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tenantry_core::desired::{Configuration, Tenant as DeclaredTenant};
use tenantry_core::text::terminal;
use tenantry_graph::{
    Client, Cloud, Credential, CredentialChain, Endpoint, Environment, Prompter, Settings, SignInMethod,
};
use tenantry_live::CacheSettings;
use tenantry_sandbox::{Options, Running, Seed};

use crate::args::{Refresh, Scope, Tenant};
use crate::configuration::local_folder;
use crate::error::CliError;
use crate::output::Output;

/// A client and, with `--sandbox`, the sandbox it talks to.
pub(crate) struct Connection {
    /// The client.
    pub(crate) client: Client,
    /// Root under which references are written, with version.
    pub(crate) root: String,
    /// The cloud of the tenant; none for a Graph of one's own.
    pub(crate) cloud: Option<String>,
    sandbox: Option<Running>,
}

impl Connection {
    /// Where and how far plans remember the tenant; not at all where no file can be kept.
    pub(crate) fn cache(&self, scope: &Scope, directory: &Path) -> Option<CacheSettings> {
        let endpoint = if self.sandbox.is_some() { "sandbox" } else { &self.root };
        Some(CacheSettings {
            path: local_folder(directory).ok()?.join("cache.sqlite"),
            endpoint: endpoint.to_owned(),
            full_every: Duration::try_from(scope.full_refresh_every).unwrap_or_default(),
            refresh: scope.refresh == Refresh::Full,
        })
    }

    /// Stops the sandbox, if there is one.
    pub(crate) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}

/// Connects to what the arguments and the environment say.
pub(crate) async fn connect(
    tenant: &Tenant,
    declared: &DeclaredTenant,
    configuration: Option<&Configuration>,
    directory: &Path,
    output: &Output,
) -> Result<Connection, CliError> {
    let (endpoint, credentials, sandbox) = if tenant.sandbox {
        let sandbox = start_sandbox(tenant, configuration, directory).await?;
        let credentials = sandbox.credentials();
        let credential = Credential::ClientSecret {
            tenant_id: credentials.tenant_id.clone(),
            client_id: credentials.client_id.clone(),
            client_secret: credentials.client_secret.clone(),
        };
        let endpoint = Endpoint::new(&sandbox.graph_endpoint(), &sandbox.authority_host())?;
        (endpoint, CredentialChain::from(credential), Some(sandbox))
    } else {
        let environment = Environment::new(variable, declared.id.as_deref());
        let chain = CredentialChain::from_environment(&environment, auth(tenant.auth)?, &prompter(output))?;
        (endpoint(declared, &environment).await?, chain, None)
    };
    let root = format!("{}/v1.0", endpoint.graph().as_str().trim_end_matches('/'));
    let cloud = endpoint.cloud().map(|cloud| cloud.name().to_owned());
    let settings = Settings { quota_scale: quota_scale()?, ..settings() };
    Ok(Connection { client: Client::new(endpoint, credentials, settings)?, root, cloud, sandbox })
}

/// How many times faster than Microsoft's a sandbox on this machine lets the windows of its quotas pass.
fn quota_scale() -> Result<f64, CliError> {
    let Some(text) = variable("TENANTRY_QUOTA_SCALE") else { return Ok(1.0) };
    text.parse().ok().filter(|scale: &f64| scale.is_finite() && *scale > 0.0).ok_or_else(|| {
        CliError::hinted(
            format!("TENANTRY_QUOTA_SCALE is `{}`", terminal(&text)),
            "give a number above 0, that of the sandbox's `--quota-scale`, or leave it unset",
        )
    })
}

/// The value of an environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The way to sign in that the arguments or the environment force.
pub(crate) fn auth(argument: Option<SignInMethod>) -> Result<Option<SignInMethod>, CliError> {
    match (argument, variable("TENANTRY_AUTH")) {
        (None, Some(name)) => Ok(Some(name.parse()?)),
        (argument, _) => Ok(argument),
    }
}

/// Asks a person, on standard error, to log in.
pub(crate) fn prompter(output: &Output) -> Prompter {
    let output = *output;
    Prompter::new(move |prompt| {
        let (page, code) = (terminal(&prompt.verification_uri), terminal(&prompt.user_code));
        let minutes = prompt.expires_in.as_secs() / 60;
        output.note(&format!("to log in, open {page} and type the code {code} within {minutes} minutes"));
    })
}

/// How patient clients are.
pub(crate) fn settings() -> Settings {
    Settings { user_agent: concat!("tenantry/", env!("CARGO_PKG_VERSION")).to_owned(), ..Settings::default() }
}

/// The endpoint that the environment names, that of the declared cloud, or that of the tenant's own cloud.
pub(crate) async fn endpoint(
    declared: &DeclaredTenant,
    environment: &Environment<'_>,
) -> Result<Endpoint, CliError> {
    let (graph, authority) = (variable("TENANTRY_GRAPH_ENDPOINT"), variable("AZURE_AUTHORITY_HOST"));
    if let (None, None, Some(tenant_id)) =
        (&graph, &declared.cloud, environment.tenant_id().or(declared.id.clone()))
    {
        return Ok(Endpoint::discover(&tenant_id, authority.as_deref(), settings()).await?);
    }
    let cloud = match (&declared.cloud, &authority) {
        (Some(name), _) => name.parse()?,
        (None, Some(authority)) => Cloud::of_authority(authority).unwrap_or_default(),
        (None, None) => Cloud::Global,
    };
    let of_cloud = Endpoint::of_cloud(cloud);
    let graph = graph.unwrap_or_else(|| of_cloud.graph().to_string());
    let authority = authority.unwrap_or_else(|| of_cloud.authority().to_string());
    Ok(Endpoint::new(&graph, &authority)?)
}

async fn start_sandbox(
    tenant: &Tenant,
    configuration: Option<&Configuration>,
    directory: &Path,
) -> Result<Running, CliError> {
    let failed = |source| CliError::File {
        doing: "write",
        file: directory.join(".tenantry").display().to_string(),
        source,
    };
    let folder = local_folder(directory).map_err(failed)?;
    let state = folder.join("sandbox");
    let seed = match configuration {
        Some(configuration) => seed(configuration, &folder).map_err(failed)?,
        None => Seed::Contoso,
    };
    let lag = seconds("--lag", tenant.lag)?;
    let options = Options {
        state: Some(state),
        seed,
        quota: tenant.quota,
        quota_scale: quota_scale()?,
        lag,
        record: record(),
        ..Options::default()
    };
    Ok(tenantry_sandbox::start(options).await?)
}

/// The file in which a sandbox writes down what it is asked, if the environment names one.
pub(crate) fn record() -> Option<PathBuf> {
    std::env::var_os("TENANTRY_SANDBOX_RECORD").filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// The seconds of a flag as a duration.
pub(crate) fn seconds(flag: &str, seconds: f64) -> Result<Duration, CliError> {
    Duration::try_from_secs_f64(seconds).ok().filter(|found| *found <= Duration::from_secs(3600)).ok_or_else(
        || CliError::hinted(format!("`{flag} {seconds}` is not a number of seconds"), "give 0 to 3600"),
    )
}

/// Contoso for Contoso; for any other tenant, an empty one that has its domains.
fn seed(configuration: &Configuration, folder: &Path) -> std::io::Result<Seed> {
    let id = configuration.tenant.id.as_deref().unwrap_or("contoso.onmicrosoft.com");
    if !id.contains('.') || matches!(id, "contoso.com" | "contoso.onmicrosoft.com") {
        return Ok(Seed::Contoso);
    }
    let mut domains = vec![id.to_lowercase()];
    for declared in configuration.objects.values().filter(|declared| !declared.declares("invitation")) {
        if let Some((_, domain)) = declared.address.key.rsplit_once('@') {
            domains.push(domain.to_lowercase());
        }
    }
    domains.sort();
    domains.dedup();
    let verified: Vec<_> = domains.iter().map(|name| json!({ "name": name, "isInitial": name.eq_ignore_ascii_case(id), "isDefault": name.eq_ignore_ascii_case(id) })).collect();
    let path = folder.join("sandbox-seed.json");
    std::fs::write(
        &path,
        json!({ "organization": { "displayName": id, "verifiedDomains": verified } }).to_string(),
    )?;
    Ok(Seed::File(path))
}
