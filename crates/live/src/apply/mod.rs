//! Door 9: sends an approved plan's writes, follows each to its end, reads back what was written.

mod engine;
mod members;
mod outcomes;
mod verify;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tenantry_core::plan::{Approved, Operation, Verb, operations};
use tenantry_graph::{CancellationToken, Client};

use crate::cache::{CacheSettings, Marked};
use crate::error::Error;
use crate::handover;
use crate::journal::{self, Journal};
use crate::progress::{Event, Progress};
use crate::report::{Outcome, Report, StepReport};
use engine::{Engine, State};
use verify::verify;

/// How an apply behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the journal and the handover file go: the configuration's `.tenantry` folder.
    pub folder: PathBuf,
    /// How long a write is tried again, and written values are waited for, while the service replicates.
    pub patience: Duration,
    /// Root under which references are written, with version: `https://graph.microsoft.com/v1.0`.
    pub root: String,
    /// What plans remember of the tenant, so that they do not go on believing what this run changes.
    pub cache: Option<CacheSettings>,
}

/// Applies a plan. `cancelled` makes it finish what is in flight and stop: what waits to be sent is not sent.
pub async fn apply(
    client: &Client,
    approved: Approved<'_>,
    settings: &Settings,
    cancelled: &CancellationToken,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let client = &client.with_cancellation(cancelled.clone());
    let plan = approved.plan();
    let run = run_name();
    let journals = settings.folder.join("journal");
    let attempted = journal::attempted_creations(&journals, &plan.tenant.id);
    let header = json!({ "tenant": plan.tenant.id, "steps": plan.steps.len(), "writes": plan.writes });
    let mut journal = Journal::begin(&journals, &run, &header)?;
    let mut marked = Marked::begin(client, settings.cache.as_ref(), plan, &run).await?;
    let operations = operations(plan);
    let passwords: BTreeMap<usize, SecretString> = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| takes_password(operation))
        .map(|(index, _)| (index, handover::password()))
        .collect();
    let named: Vec<(String, &SecretString)> = passwords
        .iter()
        .map(|(index, password)| (operations[*index].address.key.to_string(), password))
        .collect();
    let handover = handover::write(&settings.folder.join("handover"), &run, &plan.handover, &named)?;
    progress.show(Event::Writing(operations.len()));
    let mut engine = Engine::new(client, settings, &operations, passwords, &attempted, progress);
    let mut stopped = engine.run(&mut journal, cancelled).await.err();
    let interrupted = engine.is_unfinished();
    let mut steps = outcomes::of_steps(plan, &operations, &engine.states);
    let created = engine.created;
    let written = engine.states.iter().filter(|state| matches!(state, State::Done)).count();
    let read_back = verify(client, plan, &created, settings, &mut steps, cancelled, progress).await;
    members::check(client, plan, &created, &mut steps).await;
    let interrupted = interrupted || !read_back;
    let failed = steps.iter().filter(|outcome| matches!(outcome, Outcome::Failed { .. })).count();
    if !interrupted {
        stopped = stopped.or(journal.end(written, failed).err());
    }
    if !interrupted && stopped.is_none() && failed == 0 {
        marked.end(plan, &created);
    }
    let steps = plan.steps.iter().zip(steps);
    let steps = steps.map(|(step, outcome)| StepReport {
        address: step.address.clone(),
        action: step.action,
        outcome,
    });
    let journal = journal.path().to_owned();
    Ok(Report { steps: steps.collect(), written, interrupted, stopped, handover, journal })
}

/// A name for a run that sorts by time.
pub fn run_name() -> String {
    format!("{}-{:08x}", jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ"), rand::random::<u32>())
}

fn takes_password(operation: &Operation) -> bool {
    matches!(&operation.verb, Verb::Create(create) if create.password_pointer.is_some())
}
