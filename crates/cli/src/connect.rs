//! From arguments and environment to a client: a tenant, or the sandbox.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tenantry_core::desired::{Configuration, Tenant as DeclaredTenant};
use tenantry_core::text::terminal;
use tenantry_graph::{Client, Cloud, Credential, Endpoint, Settings};
use tenantry_sandbox::{Options, Running, Seed};

use crate::args::Tenant;
use crate::configuration::local_folder;
use crate::error::CliError;

/// A client and, with `--sandbox`, the sandbox it talks to.
pub(crate) struct Connection {
    /// The client.
    pub(crate) client: Client,
    /// Root under which references are written, with version.
    pub(crate) root: String,
    sandbox: Option<Running>,
}

impl Connection {
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
) -> Result<Connection, CliError> {
    let (endpoint, credential, sandbox) = if tenant.sandbox {
        let sandbox = start_sandbox(tenant, configuration, directory).await?;
        let credentials = sandbox.credentials();
        let credential = Credential::ClientSecret {
            tenant_id: credentials.tenant_id.clone(),
            client_id: credentials.client_id.clone(),
            client_secret: credentials.client_secret.clone(),
        };
        (Endpoint::new(&sandbox.graph_endpoint(), &sandbox.authority_host())?, credential, Some(sandbox))
    } else {
        (endpoint(declared)?, Credential::from_environment(variable, declared.id.as_deref())?, None)
    };
    let root = format!("{}/v1.0", endpoint.graph().as_str().trim_end_matches('/'));
    let settings = Settings {
        user_agent: concat!("tenantry/", env!("CARGO_PKG_VERSION")).to_owned(),
        quota_scale: quota_scale()?,
        ..Settings::default()
    };
    Ok(Connection { client: Client::new(endpoint, credential, settings)?, root, sandbox })
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

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The endpoint of the declared cloud, unless the environment names another.
fn endpoint(declared: &DeclaredTenant) -> Result<Endpoint, CliError> {
    let cloud: Cloud = declared.cloud.as_deref().unwrap_or("global").parse()?;
    let of_cloud = Endpoint::of_cloud(cloud);
    let graph = variable("TENANTRY_GRAPH_ENDPOINT").unwrap_or_else(|| of_cloud.graph().to_string());
    let authority = variable("AZURE_AUTHORITY_HOST").unwrap_or_else(|| of_cloud.authority().to_string());
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
        ..Options::default()
    };
    Ok(tenantry_sandbox::start(options).await?)
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
