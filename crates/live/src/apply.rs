//! Door 9: sends an approved plan's writes, follows each to its end, reads back what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tenantry_core::kinds;
use tenantry_core::plan::{Approved, Operation, Plan, Verb, operations, unfulfilled};
use tenantry_core::reading::Purpose;
use tenantry_graph::{Client, Request, Response};
use tokio::time::Instant;

use crate::cache::{CacheSettings, Marked};
use crate::error::Error;
use crate::handover;
use crate::journal::{self, Journal};
use crate::progress::{Event, Progress};
use crate::report::{Outcome, Report, StepReport};
use crate::settle::{self, Fate, History};
use crate::snapshot::snapshot;
use crate::wire::{self, Context, Created};

/// Most writes in one request (Microsoft Graph's bound for `$batch`).
const BATCH: usize = 20;

/// How long a write rests at least that was refused because of a quota, once the client itself has given up on it.
const THROTTLED: Duration = Duration::from_secs(20);

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

/// Applies a plan. `cancelled` makes it finish what is in flight and stop.
pub async fn apply(
    client: &Client,
    approved: Approved<'_>,
    settings: &Settings,
    cancelled: &AtomicBool,
    progress: &dyn Progress,
) -> Result<Report, Error> {
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
        .map(|(index, password)| (operations[*index].address.key.clone(), password))
        .collect();
    let handover = handover::write(&settings.folder.join("handover"), &run, &plan.handover, &named)?;
    progress.show(Event::Writing(operations.len()));
    let mut engine = Engine::new(client, settings, &operations, passwords, &attempted, progress);
    let mut stopped = engine.run(&mut journal, cancelled).await.err();
    let interrupted = engine.is_unfinished();
    let (mut steps, created) = (engine.step_outcomes(plan), engine.created);
    let written = engine.states.iter().filter(|state| matches!(state, State::Done)).count();
    let read_back = verify(client, plan, &created, settings, &mut steps, cancelled, progress).await;
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

enum State {
    /// Not sent, or to be sent again.
    Open,
    /// It took effect.
    Done,
    /// It failed: why, and the request's id.
    Failed(String, Option<String>),
    /// Something it needs failed: which operation.
    Blocked(usize),
}

struct Engine<'a> {
    client: &'a Client,
    settings: &'a Settings,
    operations: &'a [Operation],
    passwords: BTreeMap<usize, SecretString>,
    progress: &'a dyn Progress,
    states: Vec<State>,
    created: Created,
    /// How many operations each one still waits for.
    waits_for: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    /// Operations to be tried again, and when.
    later: BTreeSet<(Instant, usize)>,
    history: Vec<History>,
    first_sent: BTreeMap<usize, Instant>,
}

impl<'a> Engine<'a> {
    fn new(
        client: &'a Client,
        settings: &'a Settings,
        operations: &'a [Operation],
        passwords: BTreeMap<usize, SecretString>,
        attempted: &BTreeSet<String>,
        progress: &'a dyn Progress,
    ) -> Self {
        let mut dependents = vec![Vec::new(); operations.len()];
        for (index, operation) in operations.iter().enumerate() {
            for needed in &operation.after {
                dependents[*needed].push(index);
            }
        }
        let made_before =
            |operation: &Operation| attempted.contains(&operation.address.to_string().to_lowercase());
        let history = operations.iter().map(|operation| {
            let creates = matches!(operation.verb, Verb::Create(_));
            let before = made_before(operation);
            History { doubtful: creates && before, fresh: before || !operation.after.is_empty() }
        });
        Self {
            client,
            settings,
            operations,
            passwords,
            progress,
            states: operations.iter().map(|_| State::Open).collect(),
            created: Created::new(),
            waits_for: operations.iter().map(|operation| operation.after.len()).collect(),
            dependents,
            ready: (0..operations.len()).filter(|index| operations[*index].after.is_empty()).collect(),
            later: BTreeSet::new(),
            history: history.collect(),
            first_sent: BTreeMap::new(),
        }
    }

    async fn run(&mut self, journal: &mut Journal, cancelled: &AtomicBool) -> Result<(), Error> {
        while !cancelled.load(Ordering::Relaxed) {
            self.wake();
            let round: Vec<usize> = self.ready.iter().copied().take(BATCH).collect();
            if round.is_empty() {
                let Some((when, _)) = self.later.first() else { break };
                self.progress.show(Event::Waiting("the service to be ready for more"));
                // Short naps, so that an interruption is heard.
                tokio::time::sleep_until((*when).min(Instant::now() + Duration::from_millis(200))).await;
                continue;
            }
            for index in &round {
                self.ready.remove(index);
            }
            self.send(&round, journal).await?;
        }
        Ok(())
    }

    fn wake(&mut self) {
        let now = Instant::now();
        while let Some((when, index)) = self.later.pop_first() {
            if when > now {
                self.later.insert((when, index));
                return;
            }
            self.ready.insert(index);
        }
    }

    async fn send(&mut self, round: &[usize], journal: &mut Journal) -> Result<(), Error> {
        let mut sent: Vec<(usize, Request)> = Vec::new();
        for index in round {
            let operation = &self.operations[*index];
            match wire::request(operation, &self.context(*index)) {
                Some(request) => sent.push((*index, request)),
                None => self.fail(*index, "it refers to an object that has no id".to_owned(), None),
            }
        }
        let began = journal::now();
        let begins: Vec<_> = sent
            .iter()
            .map(|(index, request)| begin_event(*index, &self.operations[*index], request, &began))
            .collect();
        journal.write(&begins)?;
        for (index, _) in &sent {
            self.first_sent.entry(*index).or_insert_with(Instant::now);
            self.progress.show(Event::Sending(&self.operations[*index].describe()));
        }
        let answers = self.client.batch(sent.iter().map(|(_, request)| request.clone()).collect()).await;
        for ((index, _), answer) in sent.iter().zip(answers) {
            let event = self.conclude(*index, answer).await;
            journal.write(&event.into_iter().collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn context(&self, index: usize) -> Context<'_> {
        Context { created: &self.created, root: &self.settings.root, password: self.passwords.get(&index) }
    }

    /// Settles one answer; gives the journal's event when the write came to its end.
    async fn conclude(
        &mut self,
        index: usize,
        answer: Result<Response, tenantry_graph::Error>,
    ) -> Option<serde_json::Value> {
        let operation = &self.operations[index];
        let fate =
            settle::settle(self.client, operation, &self.context(index), self.history[index], answer).await;
        let what = operation.describe();
        match fate {
            Fate::Done(id, request_id) => {
                if let Some(id) = &id {
                    self.created.insert(operation.address.to_string().to_lowercase(), id.clone());
                }
                self.states[index] = State::Done;
                self.release(index);
                self.progress.show(Event::Written(&what, None));
                Some(
                    json!({ "event": "end", "operation": index, "at": journal::now(), "outcome": "done", "id": id, "request_id": request_id }),
                )
            }
            // A quota is waited for however long it takes, and the wait is nobody's patience.
            Fate::Again(error) if error.is_throttled() => {
                self.first_sent.remove(&index);
                let pause = error.retry_after().map_or(THROTTLED, |asked| asked.max(THROTTLED));
                self.later.insert((Instant::now() + pause, index));
                None
            }
            Fate::Again(error) if !self.is_out_of_patience(index) => {
                self.history[index].doubtful |= error.is_ambiguous();
                self.later.insert((Instant::now() + self.pause(index), index));
                None
            }
            Fate::Unseen if !self.is_out_of_patience(index) => {
                self.history[index].doubtful = true;
                self.later.insert((Instant::now() + self.pause(index), index));
                None
            }
            Fate::Unseen => {
                let cause = "the service accepted it, but the new object does not show".to_owned();
                Some(self.give_up(index, cause, None, true))
            }
            Fate::Again(error) | Fate::Failed(error) => {
                let kind = kinds::by_name(&operation.address.kind);
                let cause = settle::explain(&error, kind.map_or(&[], |kind| kind.apply_permissions));
                let unknown = error.is_ambiguous() || self.history[index].doubtful;
                Some(self.give_up(index, cause, error.request_id().map(str::to_owned), unknown))
            }
        }
    }

    /// Fails a write and gives the journal's event; a write that may have taken effect after all is noted as unknown.
    fn give_up(
        &mut self,
        index: usize,
        cause: String,
        request_id: Option<String>,
        unknown: bool,
    ) -> serde_json::Value {
        let outcome = if unknown { "unknown" } else { "failed" };
        let event = json!({
            "event": "end", "operation": index, "at": journal::now(), "outcome": outcome, "cause": cause,
            "request_id": request_id,
        });
        self.fail(index, cause, request_id);
        event
    }

    fn is_out_of_patience(&self, index: usize) -> bool {
        self.first_sent.get(&index).is_some_and(|first| first.elapsed() >= self.settings.patience)
    }

    /// The longer a write has been tried, the longer it rests: a quarter of its age, 0.2 s to 5 s.
    fn pause(&self, index: usize) -> Duration {
        let age = self.first_sent.get(&index).map_or(Duration::ZERO, Instant::elapsed);
        (age / 4).clamp(Duration::from_millis(200), Duration::from_secs(5))
    }

    fn release(&mut self, index: usize) {
        for dependent in self.dependents[index].clone() {
            self.waits_for[dependent] -= 1;
            if self.waits_for[dependent] == 0 && matches!(self.states[dependent], State::Open) {
                self.ready.insert(dependent);
            }
        }
    }

    fn fail(&mut self, index: usize, cause: String, request_id: Option<String>) {
        self.progress.show(Event::Written(&self.operations[index].describe(), Some(&cause)));
        self.states[index] = State::Failed(cause, request_id);
        let mut open = self.dependents[index].clone();
        while let Some(dependent) = open.pop() {
            if matches!(self.states[dependent], State::Open) {
                self.states[dependent] = State::Blocked(index);
                open.extend(self.dependents[dependent].clone());
            }
        }
    }

    fn is_unfinished(&self) -> bool {
        self.states.iter().any(|state| matches!(state, State::Open))
    }

    /// What became of each step, before anything is read back.
    fn step_outcomes(&self, plan: &Plan) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = plan.steps.iter().map(|_| Outcome::Applied).collect();
        let mut writes = vec![(0, 0); plan.steps.len()];
        for (operation, state) in self.operations.iter().zip(&self.states) {
            let (done, all) = &mut writes[operation.step];
            *all += 1;
            *done += usize::from(matches!(state, State::Done));
            let outcome = &mut outcomes[operation.step];
            match state {
                State::Done => {}
                State::Failed(cause, request_id) => {
                    *outcome = Outcome::Failed { cause: cause.clone(), request_id: request_id.clone() };
                }
                State::Blocked(by)
                    if *outcome == Outcome::Applied && self.operations[*by].step != operation.step =>
                {
                    *outcome = Outcome::NotReached {
                        because: format!("{} failed", self.operations[*by].describe()),
                    };
                }
                State::Open if *outcome == Outcome::Applied => {
                    *outcome = Outcome::NotReached { because: "the run was interrupted".to_owned() };
                }
                State::Blocked(_) | State::Open => {}
            }
        }
        for (outcome, (done, all)) in outcomes.iter_mut().zip(writes) {
            if let Outcome::NotReached { because } = outcome
                && done > 0
            {
                let cause = format!("written in part, {done} of {all} writes: {because}");
                *outcome = Outcome::Failed { cause, request_id: None };
            }
        }
        outcomes
    }
}

fn begin_event(index: usize, operation: &Operation, request: &Request, at: &str) -> serde_json::Value {
    let verb = match &operation.verb {
        Verb::Create(_) => "create",
        Verb::Restore => "restore",
        Verb::Update(_) => "update",
        Verb::Link { .. } => "link",
        Verb::Unlink { .. } => "unlink",
        Verb::Delete => "delete",
    };
    json!({
        "event": "begin", "operation": index, "at": at, "verb": verb, "address": operation.address.to_string(),
        "what": operation.describe(), "method": request.method.as_str(), "path": request.path,
    })
}

/// Reads the applied steps back until they show, or patience ends; what does not show is a failure. Whether it came to
/// an end, rather than being interrupted.
async fn verify(
    client: &Client,
    plan: &Plan,
    created: &Created,
    settings: &Settings,
    outcomes: &mut [Outcome],
    cancelled: &AtomicBool,
    progress: &dyn Progress,
) -> bool {
    let mut numbers: Vec<usize> =
        (0..plan.steps.len()).filter(|index| outcomes[*index] == Outcome::Applied).collect();
    let mut open = with_ids(plan, &numbers, created);
    let began = Instant::now();
    while !numbers.is_empty() {
        if cancelled.load(Ordering::Relaxed) {
            numbers.into_iter().for_each(|index| outcomes[index] = Outcome::Unverified);
            return false;
        }
        progress.show(Event::Verifying(numbers.len()));
        let missing = match snapshot(client, Purpose::Review(&open), None, progress).await {
            Ok(snapshot) => unfulfilled(&open, &snapshot),
            Err(error) if began.elapsed() >= settings.patience || is_final(&error) => {
                let cause = format!("accepted, but it could not be read back: {}", causes(&error));
                for index in numbers {
                    outcomes[index] = Outcome::Failed { cause: cause.clone(), request_id: None };
                }
                return true;
            }
            Err(_) => {
                nap(began, cancelled).await;
                continue;
            }
        };
        if began.elapsed() >= settings.patience {
            for (index, what) in &missing {
                let cause = format!(
                    "accepted, but it did not take effect within {} s: {what}",
                    settings.patience.as_secs()
                );
                outcomes[numbers[*index]] = Outcome::Failed { cause, request_id: None };
            }
            return true;
        }
        let left: Vec<usize> = missing.iter().map(|(index, _)| *index).collect();
        numbers = left.iter().map(|index| numbers[*index]).collect();
        open.steps = left.into_iter().map(|index| open.steps[index].clone()).collect();
        if !numbers.is_empty() {
            nap(began, cancelled).await;
        }
    }
    true
}

/// Whether reading again will fail again: the service refuses rather than not being ready.
fn is_final(error: &Error) -> bool {
    let refused = |source: &tenantry_graph::Error| source.is_forbidden() || source.is_unauthorized();
    match error {
        Error::Read { source, .. } | Error::Permission { source, .. } => refused(source),
        _ => true,
    }
}

/// An error with what stands behind it, on one line.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Sleeps a quarter of the time gone by, 0.1 s to 5 s, and wakes early when interrupted.
async fn nap(began: Instant, cancelled: &AtomicBool) {
    let until =
        Instant::now() + (began.elapsed() / 4).clamp(Duration::from_millis(100), Duration::from_secs(5));
    while Instant::now() < until && !cancelled.load(Ordering::Relaxed) {
        tokio::time::sleep_until(until.min(Instant::now() + Duration::from_millis(200))).await;
    }
}

/// The plan's steps with these indices, with the ids that creations gave.
fn with_ids(plan: &Plan, steps: &[usize], created: &Created) -> Plan {
    let mut plan =
        Plan { steps: steps.iter().map(|index| plan.steps[*index].clone()).collect(), ..plan.clone() };
    for step in &mut plan.steps {
        if step.id.is_none() {
            step.id = created.get(&step.address.to_string().to_lowercase()).cloned();
        }
        for change in &mut step.changes {
            let tenantry_core::plan::Change::Links { added, .. } = change else { continue };
            for added in added.iter_mut().filter(|added| added.target.id.is_none()) {
                added.target.id = created.get(&added.target.name.to_lowercase()).cloned();
            }
        }
    }
    plan
}
