//! `tenantry-bench`: runs Tenantry's budgets against the sandbox and prints one JSON object a line.
//!
//! The sandbox runs in a process of its own, so does every measured command: what is printed as CPU time and memory is
//! that of `tenantry` alone. Times depend on the machine; requests, resource units and ratios do not. In the same run
//! and on the same sandbox a baseline does what a client does that reads object by object.

mod apply;
mod args;
mod baseline;
mod bound;
mod budget;
mod configuration;
mod measure;
mod plan;
mod record;
mod rules;
mod sandbox;
mod start;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command, Run};
use record::Report;

/// What went wrong, in words.
type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Some(Command::Measure(measured)) => measure::wrap(&measured),
        None => run(&arguments.run),
    };
    outcome.unwrap_or_else(|error| {
        record::say(&format!("error: {error}"));
        ExitCode::FAILURE
    })
}

fn run(run: &Run) -> Result<ExitCode, Error> {
    // reqwest is built without a provider; refused when the process has one already.
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(scenarios(run))?;
    if let Some(file) = &run.table {
        std::fs::write(file, report.markdown())?;
    }
    let missed = report.missed_budgets();
    for what in &missed {
        record::say(&format!("budget missed: {what}"));
    }
    Ok(if missed.is_empty() || !run.check { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn scenarios(run: &Run) -> Result<Report, Error> {
    let tenantry = run.tenantry()?;
    let mut report = Report::default();
    if run.wants("start") {
        report.add(start::help(&tenantry).await?)?;
    }
    if run.wants("rules") {
        report.add(rules::evaluate()?)?;
    }
    for size in run.sizes() {
        if run.wants("plan") {
            plan::run(&tenantry, size, run, &mut report).await?;
        }
    }
    if run.wants("apply") {
        apply::run(&tenantry, run, &mut report).await?;
    }
    Ok(report)
}
