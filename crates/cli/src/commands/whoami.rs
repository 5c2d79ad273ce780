//! `tenantry whoami`: who is signed in, how, and with what permissions.

use tenantry_core::desired::Tenant;
use tenantry_core::text::terminal;
use tenantry_graph::{Client, CredentialChain, Environment, Identity, SignInMethod};

use crate::args::Whoami;
use crate::connect::{auth, endpoint, prompter, settings, variable};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) async fn run(arguments: &Whoami, output: &Output) -> Result<ExitCode, CliError> {
    let read = |name: &str| match (&arguments.tenant, name) {
        (Some(tenant), "AZURE_TENANT_ID") => Some(tenant.clone()),
        _ => variable(name),
    };
    let environment = Environment::new(read, None);
    let chain = CredentialChain::from_environment(&environment, auth(arguments.auth)?, &prompter(output))?;
    let declared = Tenant { id: environment.tenant_id(), ..Tenant::default() };
    let endpoint = endpoint(&declared, &environment).await?;
    let graph = endpoint.graph().to_string();
    let client = Client::new(endpoint, chain, settings())?;
    let identity = client.identity().await?;
    let method = match client.method() {
        Some(SignInMethod::DeviceCode) => match environment.login_store()?.load()? {
            Some((_, place)) => format!("device_code, the login is kept in {place}"),
            None => "device_code, the login is not kept".to_owned(),
        },
        method => method.map(|method| method.to_string()).unwrap_or_default(),
    };
    output.out(&shown(identity, method, graph));
    Ok(ExitCode::Done)
}

fn shown(identity: Identity, method: String, graph: String) -> String {
    let mut permissions = [identity.roles, identity.scopes].concat();
    permissions.sort();
    let rows = [
        ("User", identity.user_principal_name),
        ("Application", identity.app_id),
        ("Object", identity.object_id),
        ("Tenant", identity.tenant_id),
        ("Graph", Some(graph)),
        ("Method", Some(method)),
        ("Permissions", Some(permissions.join(", "))),
    ];
    let rows = rows.into_iter().filter_map(|(name, value)| Some((name, value?)));
    rows.map(|(name, value)| format!("{name:<13}{}\n", terminal(&value))).collect()
}
