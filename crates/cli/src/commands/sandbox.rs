//! `tenantry sandbox`: a local Microsoft Graph as a server of its own.

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tenantry_sandbox::{Faults, Options, Running, Seed};

use crate::args::{Sandbox, SandboxContent, SandboxServe};
use crate::connect::{lag, record};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) async fn run(arguments: Sandbox, output: &Output) -> Result<ExitCode, CliError> {
    match arguments {
        Sandbox::Serve(arguments) => serve(&arguments, output).await?,
        Sandbox::Reset(arguments) => fill(&arguments.state, &arguments.content, output)?,
        Sandbox::Seed(arguments) => {
            if std::fs::read_dir(&arguments.state).is_ok_and(|mut entries| entries.next().is_some()) {
                let message = format!("{} already holds a tenant", arguments.state.display());
                return Err(CliError::hinted(message, "`tenantry sandbox reset` empties it first"));
            }
            fill(&arguments.state, &arguments.content, output)?;
        }
    }
    Ok(ExitCode::Done)
}

fn fill(state: &Path, content: &SandboxContent, output: &Output) -> Result<(), CliError> {
    std::fs::create_dir_all(state).map_err(|source| CliError::File {
        doing: "write",
        file: state.display().to_string(),
        source,
    })?;
    tenantry_sandbox::reset(state, &seed(content))?;
    output.out(&format!("filled {}\n", state.display()));
    Ok(())
}

fn seed(content: &SandboxContent) -> Seed {
    match (content.users, content.seed.as_str()) {
        (Some(users), _) => Seed::Synthetic {
            users,
            groups: content.groups,
            members: content.members,
            seed_number: content.seed_number,
        },
        (None, "contoso") => Seed::Contoso,
        (None, "empty") => Seed::Empty,
        (None, file) => Seed::File(file.into()),
    }
}

async fn serve(arguments: &SandboxServe, output: &Output) -> Result<(), CliError> {
    let faults = Faults {
        lose_every: arguments.lose_every,
        throttle_every: arguments.throttle_every,
        fail_every: arguments.fail_every,
        short_pages: arguments.short_pages,
        latency: Duration::from_millis(arguments.latency),
    };
    let options = Options {
        port: arguments.port,
        state: arguments.state.clone(),
        seed: seed(&arguments.content),
        quota: arguments.quota,
        quota_scale: arguments.quota_scale,
        quota_share: arguments.quota_share,
        lag: lag(arguments.lag)?,
        faults,
        tls: arguments.tls,
        record: record(),
        ..Options::default()
    };
    let running = tenantry_sandbox::start(options).await?;
    output.out(&exports(&running));
    output.note("serving until interrupted (Ctrl-C)");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
    running.stop().await;
    Ok(())
}

/// Waits for the request to end that service managers send.
#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// How to reach the sandbox, as a shell reads it.
fn exports(running: &Running) -> String {
    let credentials = running.credentials();
    let mut exports = vec![
        ("TENANTRY_GRAPH_ENDPOINT", running.graph_endpoint()),
        ("AZURE_AUTHORITY_HOST", running.authority_host()),
        ("AZURE_TENANT_ID", credentials.tenant_id.clone()),
        ("AZURE_CLIENT_ID", credentials.client_id.clone()),
        ("AZURE_CLIENT_SECRET", credentials.client_secret.expose_secret().to_owned()),
    ];
    if let Some(path) = running.certificate_authority() {
        exports.push(("SSL_CERT_FILE", path.display().to_string()));
        exports.push(("NODE_EXTRA_CA_CERTS", path.display().to_string()));
    }
    exports
        .into_iter()
        .map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', "'\\''")))
        .collect()
}
