//! `tenantry apply`: shows a plan, asks, applies, verifies, reports.

use std::path::Path;
use std::time::{Duration, Instant};

use tenantry_core::plan::{Plan, Refused, stale};
use tenantry_core::reading::Purpose;
use tenantry_core::render;
use tenantry_core::text::{counted, terminal};
use tenantry_graph::CancellationToken;
use tenantry_live::{Outcome, Report, Settings};

use super::{plan, show};
use crate::args::Apply;
use crate::configuration::{journals, local_folder};
use crate::connect::{self, Connection};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::progress::Shown;

pub(crate) async fn run(arguments: &Apply, output: &Output) -> Result<ExitCode, CliError> {
    if !arguments.source.exists() {
        let message = format!("there is no `{}`", terminal(&arguments.source.display().to_string()));
        return Err(CliError::hinted(
            message,
            "give a configuration folder, or a plan saved with `plan --out`",
        ));
    }
    let (connection, plan, cost) = if arguments.source.is_file() {
        let scope = &arguments.scope;
        if !scope.target.is_empty() || scope.unmanaged || scope.as_of.is_some() || scope.base.is_some() {
            return Err(CliError::hinted(
                "a saved plan is applied as it was reviewed: --target, --unmanaged, --as-of and --base belong to `plan`",
                "plan again with these options, or apply the file without them",
            ));
        }
        let mut plan = show::load(&arguments.source)?;
        plan.directory = directory_of(&plan, &arguments.source);
        let declared = tenantry_core::desired::Tenant {
            id: Some(plan.tenant.id.clone()),
            place: None,
            cloud: Some(plan.tenant.cloud.clone()),
        };
        let connection =
            connect::connect(&arguments.tenant, &declared, None, Path::new(&plan.directory), output).await?;
        (connection, plan, None)
    } else {
        let mut configuration = plan::load(&arguments.source, &arguments.scope)?;
        let connection = connect::connect(
            &arguments.tenant,
            &configuration.tenant,
            Some(&configuration),
            &arguments.source,
            output,
        )
        .await?;
        configuration.tenant.cloud = connection.cloud.clone().or(configuration.tenant.cloud);
        let progress = Shown::new(output);
        let work = plan::make(&configuration, &connection, &arguments.scope, &arguments.source, &progress);
        let made = progress.during(&connection.client, work).await;
        progress.finish();
        let (plan, cost) = made.map_err(|error| plan::with_sources(error, configuration))?;
        if arguments.scope.verbose {
            output.note(&render::reading(&plan));
        }
        (connection, plan, Some(cost))
    };
    tell_of_interrupted_runs(&plan, output);
    output.out(&render::terminal(&plan, cost, &arguments.scope.allow, output.look(arguments.scope.full)));
    let result = approve_and_apply(arguments, &plan, cost.is_none(), &connection, output).await;
    connection.close().await;
    result
}

/// The configuration folder a saved plan was made from; where that is not here, the folder of the plan file.
fn directory_of(plan: &Plan, file: &Path) -> String {
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made_from = Path::new(&plan.directory);
    let directory = if made_from.join("tenantry.toml").is_file() { made_from } else { beside };
    directory.display().to_string()
}

fn tell_of_interrupted_runs(plan: &Plan, output: &Output) {
    for run in tenantry_live::interrupted_runs(&journals(Path::new(&plan.directory)), &plan.tenant.id) {
        output.note(&format!(
            "an earlier run ({}) stopped after {}; {} without an answer{}",
            terminal(&run.began),
            counted(run.settled, "write", "writes"),
            counted(run.open.len(), "write was", "writes were"),
            run.open.iter().take(5).map(|what| format!("\n  {}", terminal(what))).collect::<String>(),
        ));
        output.note("this plan starts from what the tenant shows now\n");
    }
}

async fn approve_and_apply(
    arguments: &Apply,
    plan: &Plan,
    saved: bool,
    connection: &Connection,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let approved = plan.approve(&arguments.scope.allow).map_err(|Refused(notes)| CliError::Refused(notes))?;
    if saved {
        check_tenant(plan, connection).await?;
        check_fresh(plan, connection, output).await?;
    }
    let journals = journals(Path::new(&plan.directory));
    if plan.is_empty() {
        if !tenantry_live::interrupted_runs(&journals, &plan.tenant.id).is_empty() {
            tenantry_live::close_interrupted_runs(&journals, &tenantry_live::run_name(), &plan.tenant.id)?;
        }
        return Ok(ExitCode::Done);
    }
    if !arguments.yes {
        if !output.is_interactive() {
            return Err(CliError::hinted(
                "there is no terminal to ask on, so nothing was applied",
                "add `--yes` to apply without asking",
            ));
        }
        if !output.confirm(&format!("\nApply this plan to {}?", terminal(&plan.tenant.name))) {
            return Err(CliError::hinted("not approved, so nothing was applied", "answer \"yes\" to apply"));
        }
        check_fresh(plan, connection, output).await?;
    }
    // Nothing is written on the strength of what an earlier run read.
    if arguments.yes && !saved && plan.rests_on_earlier_readings() {
        check_fresh(plan, connection, output).await?;
    }
    let failed = |source| CliError::File { doing: "write", file: ".tenantry".to_owned(), source };
    let settings = Settings {
        folder: local_folder(Path::new(&plan.directory)).map_err(failed)?,
        patience: Duration::from_secs(arguments.patience),
        root: connection.root.clone(),
        cache: connection.cache(&arguments.scope, Path::new(&plan.directory)),
    };
    let cancelled = listen_for_interrupt(output);
    let progress = Shown::new(output);
    let began = Instant::now();
    let client = &connection.client;
    let work = tenantry_live::apply(client, approved, &settings, &cancelled, &progress);
    let report = progress.during(client, work).await;
    progress.finish();
    let report = report?;
    tell(&report, began.elapsed(), arguments, output);
    Ok(match &report {
        report if report.is_complete() => ExitCode::Done,
        report if report.interrupted && report.stopped.is_none() => ExitCode::Interrupted,
        report if report.written == 0 => ExitCode::Error,
        _ => ExitCode::Partial,
    })
}

/// A saved plan is for the tenant it was made for.
async fn check_tenant(plan: &Plan, connection: &Connection) -> Result<(), CliError> {
    let identity = connection.client.identity().await?;
    match identity.tenant_id {
        Some(id) if !id.eq_ignore_ascii_case(&plan.tenant.id) => Err(CliError::hinted(
            format!(
                "this plan is for the tenant {}, but the credentials sign in to {}",
                terminal(&plan.tenant.id),
                terminal(&id)
            ),
            "sign in to the plan's tenant, or plan again",
        )),
        _ => Ok(()),
    }
}

/// What was reviewed is what is applied: nothing, when something it rests on has changed.
async fn check_fresh(plan: &Plan, connection: &Connection, output: &Output) -> Result<(), CliError> {
    let progress = Shown::new(output);
    let client = &connection.client;
    let work = tenantry_live::snapshot(client, Purpose::Review(plan), None, &progress);
    let snapshot = progress.during(client, work).await;
    progress.finish();
    let stale = stale(plan, &snapshot?);
    if stale.is_empty() {
        return Ok(());
    }
    let objects: Vec<String> = stale
        .iter()
        .map(|(index, why)| format!("{} ({why})", terminal(&plan.steps[*index].address.to_string())))
        .collect();
    Err(CliError::hinted(
        format!(
            "the plan is stale, so nothing was applied: since it was made, {} changed: {}",
            counted(objects.len(), "object was", "objects were"),
            objects.join(", ")
        ),
        "plan again and review what is different",
    ))
}

/// The first Ctrl-C lets what is in flight finish; the second ends the process.
fn listen_for_interrupt(output: &Output) -> CancellationToken {
    let cancelled = CancellationToken::new();
    let (token, output) = (cancelled.clone(), *output);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if token.is_cancelled() {
                std::process::exit(ExitCode::Interrupted as i32);
            }
            token.cancel();
            output.note("interrupted: finishing what is in flight; press Ctrl-C again to stop at once");
        }
    });
    cancelled
}

fn tell(report: &Report, took: Duration, arguments: &Apply, output: &Output) {
    let applied = report
        .steps
        .iter()
        .filter(|step| matches!(step.outcome, Outcome::Applied | Outcome::Unverified))
        .count();
    let mut text = String::from("\n");
    for step in &report.steps {
        let address = terminal(&step.address.to_string());
        match &step.outcome {
            Outcome::Applied => {}
            Outcome::Unverified => {
                text.push_str(&format!("unverified   {address}: written, not read back\n"))
            }
            Outcome::Failed { cause, request_id } => {
                let id = request_id
                    .as_ref()
                    .map(|id| format!(" (request-id {})", terminal(id)))
                    .unwrap_or_default();
                let id = if cause.contains("request-id") { String::new() } else { id };
                text.push_str(&format!("failed       {address}: {}{id}\n", terminal(cause)));
            }
            Outcome::NotReached { because } => {
                text.push_str(&format!("not reached  {address}: {}\n", terminal(because)))
            }
        }
    }
    if let Some(error) = &report.stopped {
        text.push_str(&format!("stopped      {}\n", terminal(&error.to_string())));
    }
    let writes = counted(report.written, "write", "writes");
    let of = counted(report.steps.len(), "step", "steps");
    text.push_str(&format!("Applied  {applied} of {of} with {writes} in {:.1} s", took.as_secs_f64()));
    if report.is_complete() {
        text.push_str("; read back and as planned");
    }
    text.push('\n');
    if let Some(file) = &report.handover {
        text.push_str(&format!(
            "Handover initial passwords, encrypted: {}\n",
            terminal(&file.display().to_string())
        ));
    }
    if !report.is_complete() {
        let source = terminal(&arguments.source.display().to_string());
        let next = if arguments.source.is_file() {
            "plan again and apply to go on".to_owned()
        } else {
            format!("run `tenantry apply {source}` again to go on")
        };
        text.push_str(&format!(
            "Next     {next}; journal: {}\n",
            terminal(&report.journal.display().to_string())
        ));
    }
    output.out(&text);
}
