//! `tenantry plan`: the walk, read aloud.

use std::path::Path;
use std::time::Instant;

use tenantry_core::desired::Configuration;
use tenantry_core::impact;
use tenantry_core::plan::{self, Plan};
use tenantry_core::privilege;
use tenantry_core::reading::Purpose;
use tenantry_core::render::{self, ReadCost};
use tenantry_core::sign_in;
use tenantry_core::snapshot::Snapshot;
use tenantry_core::text::terminal;
use tenantry_live::Progress;

use crate::args::{self, Format, Scope};
use crate::base;
use crate::configuration::{self, ConfigurationError};
use crate::connect::{self, Connection};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::progress::Shown;

pub(crate) async fn run(arguments: &args::Plan, output: &Output) -> Result<ExitCode, CliError> {
    let mut configuration = load(&arguments.directory, &arguments.scope)?;
    let connection = connect::connect(
        &arguments.tenant,
        &configuration.tenant,
        Some(&configuration),
        &arguments.directory,
        output,
    )
    .await?;
    configuration.tenant.cloud = connection.cloud.clone().or(configuration.tenant.cloud);
    let progress = Shown::new(output);
    let work = make(&configuration, &connection, &arguments.scope, &arguments.directory, &progress);
    let made = progress.during(&connection.client, work).await;
    progress.finish();
    connection.close().await;
    let (plan, cost) = made.map_err(|error| with_sources(error, configuration))?;
    if arguments.scope.verbose {
        output.note(&render::reading(&plan));
    }
    if let Some(file) = &arguments.out {
        save(&plan, file)?;
        let shown = terminal(&file.display().to_string());
        let sandbox = if arguments.tenant.sandbox { " --sandbox" } else { "" };
        output.note(&format!("saved to {shown}; once it is reviewed: tenantry apply {shown}{sandbox}"));
    }
    output.out(&match arguments.format {
        Format::Text => {
            render::terminal(&plan, Some(cost), &arguments.scope.allow, output.look(arguments.scope.full))
        }
        Format::Json => plan::to_json(&plan),
        Format::Markdown => render::markdown(&plan),
    });
    let code = match plan.approve(&arguments.scope.allow) {
        Err(_) => ExitCode::Refused,
        Ok(_) if arguments.detailed_exitcode && !plan.is_empty() => ExitCode::Changes,
        Ok(_) => ExitCode::Done,
    };
    Ok(code)
}

/// The day against which dates are judged.
fn day(scope: &Scope) -> jiff::civil::Date {
    scope.as_of.unwrap_or_else(configuration::today)
}

/// Loads a configuration, and what a base revision had that it no longer has.
pub(crate) fn load(directory: &Path, scope: &Scope) -> Result<Configuration, CliError> {
    let mut configuration = configuration::load(directory, day(scope))?;
    if let Some(revision) = &scope.base {
        configuration.drop_what_only(base::load(directory, revision)?);
    }
    Ok(configuration)
}

/// What keeps a plan from being made, before the files it is about are put beside it.
pub(crate) enum Unplanned {
    /// The tenant could not be read.
    Live(tenantry_live::Error),
    /// The configuration does not meet the tenant.
    Mistakes(Vec<tenantry_core::diagnostic::Diagnostic>),
}

/// The error with the configuration's files, for showing where it is wrong.
pub(crate) fn with_sources(error: Unplanned, configuration: Configuration) -> CliError {
    match error {
        Unplanned::Live(error) => error.into(),
        Unplanned::Mistakes(diagnostics) => {
            ConfigurationError::Mistakes { sources: configuration.sources, diagnostics }.into()
        }
    }
}

/// Reads the tenant and plans.
pub(crate) async fn make(
    configuration: &Configuration,
    connection: &Connection,
    scope: &Scope,
    directory: &Path,
    progress: &dyn Progress,
) -> Result<(Plan, ReadCost), Unplanned> {
    let began = Instant::now();
    let purpose = Purpose::Plan { configuration, everything: scope.unmanaged };
    let cache = connection.cache(scope, directory);
    let mut snapshot = tenantry_live::snapshot(&connection.client, purpose, cache.as_ref(), progress)
        .await
        .map_err(Unplanned::Live)?;
    let options = plan::Options {
        today: day(scope),
        targets: scope.target.clone(),
        list_unmanaged: scope.unmanaged,
        directory: directory.display().to_string(),
        resumed: tenantry_live::resumed(&configuration::journals(directory), &snapshot.tenant.id),
    };
    let mut plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    let unnamed = plan.unnamed();
    if !unnamed.is_empty() {
        tenantry_live::name(&connection.client, purpose, &unnamed, &mut snapshot)
            .await
            .map_err(Unplanned::Live)?;
        plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    }
    let doubtful = plan.doubtful(&snapshot);
    if !doubtful.is_empty() {
        tenantry_live::activations(&connection.client, &doubtful, &mut snapshot)
            .await
            .map_err(Unplanned::Live)?;
        plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    }
    let restricted = plan.restricted(&snapshot);
    if !restricted.is_empty() {
        tenantry_live::restricted_units(&connection.client, &restricted, &mut snapshot)
            .await
            .map_err(Unplanned::Live)?;
        plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    }
    if who_moves(&plan, connection, &mut snapshot).await.map_err(Unplanned::Live)? {
        plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    }
    if let Some(needs) = privilege::needs(&plan, configuration, &snapshot) {
        let state = tenantry_live::privilege(&connection.client, &needs).await.map_err(Unplanned::Live)?;
        snapshot.privilege = Some(state);
        plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    }
    if let Some(needs) = sign_in::needs(&plan, configuration, &snapshot) {
        if snapshot.privilege.is_none() {
            let holders =
                privilege::Needs { principals: needs.emergency.clone(), ..privilege::Needs::of(&plan) };
            let state =
                tenantry_live::privilege(&connection.client, &holders).await.map_err(Unplanned::Live)?;
            snapshot.privilege = Some(state);
        }
        let people = snapshot.privilege.iter().flat_map(|state| state.users.keys());
        let people = people.filter_map(|person| person.id.clone()).chain(needs.emergency).collect();
        let state = tenantry_live::sign_in(&connection.client, &people).await.map_err(Unplanned::Live)?;
        snapshot.sign_in = Some(state);
        plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    }
    // Who gets which licence follows from who moves.
    let needs = impact::needs(&plan, configuration, &snapshot);
    if !needs.is_empty() {
        tenantry_live::licensing(&connection.client, &needs, &mut snapshot).await.map_err(Unplanned::Live)?;
        plan = plan::between(configuration, &snapshot, &options).map_err(Unplanned::Mistakes)?;
    }
    let cost =
        ReadCost { seconds: began.elapsed().as_secs_f64(), requests: connection.client.traffic().requests };
    Ok((plan, cost))
}

/// Reads what it takes to say who joins and leaves through rules, when the plan can move anybody.
async fn who_moves(
    plan: &Plan,
    connection: &Connection,
    snapshot: &mut Snapshot,
) -> Result<bool, tenantry_live::Error> {
    if plan.lists_rule_driven_groups(snapshot) {
        tenantry_live::rule_driven_groups(&connection.client, snapshot).await?;
    }
    let Some(question) = plan.candidates(snapshot) else { return Ok(false) };
    tenantry_live::candidates(&connection.client, &question, snapshot).await?;
    Ok(true)
}

/// Writes a plan file whole or not at all, readable by its owner only.
fn save(plan: &Plan, file: &Path) -> Result<(), CliError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut temporary, plan::to_json(plan).as_bytes())?;
        temporary.as_file().sync_all()?;
        temporary.persist(file)?;
        Ok(())
    };
    write().map_err(|source| CliError::File { doing: "write", file: file.display().to_string(), source })
}
