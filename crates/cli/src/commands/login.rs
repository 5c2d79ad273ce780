//! `tenantry login`: a person logs in with a code typed into a browser.

use tenantry_core::desired::Tenant;
use tenantry_core::text::terminal;
use tenantry_graph::{Environment, log_in};

use crate::args::Login;
use crate::connect::{endpoint, prompter, settings, variable};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) async fn run(arguments: &Login, output: &Output) -> Result<ExitCode, CliError> {
    let environment = Environment::new(variable, None);
    let tenant_id = arguments.tenant.clone().or_else(|| environment.tenant_id());
    let client_id = arguments.client_id.clone().or_else(|| variable("AZURE_CLIENT_ID"));
    let client_id = client_id.ok_or_else(|| {
        CliError::hinted(
            "which application to log in to is not said",
            "register one with public client flows allowed and delegated permissions, and give its id with \
             `--client-id` or AZURE_CLIENT_ID",
        )
    })?;
    let store = environment.login_store()?;
    let declared = Tenant { id: tenant_id.clone(), ..Tenant::default() };
    let endpoint = endpoint(&declared, &environment).await?;
    let login =
        log_in(&endpoint, settings(), tenant_id.as_deref(), &client_id, &store, &prompter(output)).await?;
    let who = login.identity.user_principal_name.unwrap_or_else(|| "somebody".to_owned());
    let tenant = login.identity.tenant_id.or(tenant_id).unwrap_or_default();
    let place = match login.place {
        Some(place) => format!("the login is kept in {}", terminal(&place.to_string())),
        None => "the service gave nothing to keep, so the next command asks again".to_owned(),
    };
    output.out(&format!("logged in to {} as {}; {place}\n", terminal(&tenant), terminal(&who)));
    Ok(ExitCode::Done)
}
