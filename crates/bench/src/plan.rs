//! Plans of tenants that are declared whole: the first, a second with nothing changed, and one with one change.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::Error;
use crate::args::{Run, Size};
use crate::baseline;
use crate::bound::{self, Bound};
use crate::budget;
use crate::configuration::State;
use crate::measure::{self, Usage};
use crate::record::{Record, Report};
use crate::sandbox::Sandbox;

/// Exit codes of `plan --detailed-exitcode`.
const EMPTY: i32 = 0;
const CHANGES: i32 = 2;

pub(crate) async fn run(tenantry: &Path, size: Size, run: &Run, report: &mut Report) -> Result<(), Error> {
    let sandbox = Sandbox::start(tenantry, size, &[]).await?;
    let mut state = State::read(&sandbox.state().await?)?;
    let folder = run.configuration(sandbox.folder(), &format!("plan-{}", size.users));
    state.write(&folder)?;
    let full = bound::full_read(size, &state);
    let cold = plan(tenantry, &sandbox, &folder, "cold plan", full, EMPTY).await?.of(size);
    let per_object = baseline::read(&sandbox, &state, run).await?.of(size);
    report.add(cold.against(&per_object).within(budget::cold_plan(size)))?;
    report.add(per_object)?;
    let unchanged = bound::nothing_changed();
    let second = plan(tenantry, &sandbox, &folder, "no-change plan", unchanged.clone(), EMPTY).await?;
    report.add(second.of(size).within(budget::remembered_plan()))?;
    state.edit(&folder)?;
    let changed = plan(tenantry, &sandbox, &folder, "one-change plan", unchanged, CHANGES).await?;
    report.add(changed.of(size).within(budget::remembered_plan()))?;
    let page = sandbox.page_seconds().await?;
    report.add(Record::sandbox(sandbox.stop().await?, page).of(size))
}

/// Runs one plan; it must come to the expected end.
async fn plan(
    tenantry: &Path,
    sandbox: &Sandbox,
    folder: &Path,
    scenario: &'static str,
    bound: Bound,
    expected: i32,
) -> Result<Record, Error> {
    sandbox.reset_stats().await?;
    let out = sandbox.folder().join("plan.json");
    let (log, figures) = (sandbox.folder().join("plan.log"), sandbox.folder().join("measured.json"));
    let mut command = measure::command(tenantry, &figures)?;
    command.args(["plan", "--detailed-exitcode", "--format", "json"]).arg(folder);
    sandbox.environment(&mut command);
    command.stdin(Stdio::null()).stdout(std::fs::File::create(&out)?).stderr(std::fs::File::create(&log)?);
    let usage = measure::finished(command.spawn()?, &figures).await?;
    if usage.exit_code != Some(expected) {
        return Err(unexpected(scenario, usage, &log));
    }
    let steps = steps(&out)?;
    if expected == CHANGES && steps != 2 {
        return Err(format!("{scenario}: two objects were edited, and the plan has {steps} steps").into());
    }
    Ok(Record::new(scenario, usage, sandbox.stats().await?).bounded(bound))
}

fn steps(plan: &Path) -> Result<usize, Error> {
    let plan: Value = serde_json::from_slice(&std::fs::read(plan)?)?;
    Ok(plan.get("steps").and_then(Value::as_array).map_or(0, Vec::len))
}

/// The error for a command that did not end as it should, with what it said.
pub(crate) fn unexpected(scenario: &str, usage: Usage, log: &Path) -> Error {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    format!("{scenario}: the command ended with {:?}\n{said}", usage.exit_code).into()
}
