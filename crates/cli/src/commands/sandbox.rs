//! `tenantry sandbox`: a local Microsoft Graph as a server of its own.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tenantry_sandbox::{Faults, Options, Running, Seed};

use crate::args::{Sandbox, SandboxContent, SandboxFaults, SandboxServe};
use crate::connect::{record, seconds};
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

fn faults(arguments: &SandboxFaults) -> Result<Faults, CliError> {
    Ok(Faults {
        throttle_every: arguments.throttle_every,
        fail_every: arguments.fail_every,
        fail_with: arguments.fail_with.clone(),
        fail_late_every: arguments.fail_late_every,
        conflict_every: arguments.conflict_every,
        conflicts: arguments.conflicts,
        reset_every: arguments.reset_every,
        lose_every: arguments.lose_every,
        cut_every: arguments.cut_every,
        stale_every: arguments.stale_every,
        stale: seconds("--stale", arguments.stale)?,
        short_pages: arguments.short_pages,
        empty_every: arguments.empty_every,
        edit_every: arguments.edit_every,
        edits: arguments.edits.clone(),
        latency: Duration::from_millis(arguments.latency),
        jitter: Duration::from_millis(arguments.jitter),
        ..Faults::default()
    })
}

async fn serve(arguments: &SandboxServe, output: &Output) -> Result<(), CliError> {
    let options = Options {
        port: arguments.port,
        state: arguments.state.clone(),
        seed: seed(&arguments.content),
        quota: arguments.quota,
        quota_scale: arguments.quota_scale,
        quota_share: arguments.quota_share,
        lag: seconds("--lag", arguments.lag)?,
        consistency: arguments.consistency,
        index_lag: seconds("--index-lag", arguments.index_lag)?,
        delta_lag: seconds("--delta-lag", arguments.delta_lag)?,
        processing_delay: Duration::from_millis(arguments.processing_delay),
        faults: faults(&arguments.faults)?,
        seed_number: arguments.content.seed_number,
        tls: arguments.tls,
        record: record(),
        ..Options::default()
    };
    let running = tenantry_sandbox::start(options).await?;
    let mut ending = pin!(ended());
    // Listening begins with the first poll, and whoever reads the exports may interrupt at once.
    tokio::select! {
        biased;
        () = &mut ending => {}
        () = std::future::ready(()) => {
            output.out(&exports(&running));
            output.note("serving until interrupted (Ctrl-C)");
            ending.await;
        }
    }
    running.stop().await;
    Ok(())
}

/// Waits until someone wants the sandbox to end.
async fn ended() {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
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
