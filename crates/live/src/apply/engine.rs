//! Sends the writes of a plan in the order their dependencies allow.
//!
//! Several requests of twenty writes each are under way at a time. Two writes to one object never are: an operation on an
//! object waits for the one before it ([`Operation::after`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tenantry_core::plan::{Operation, Verb};
use tenantry_graph::{CancellationToken, Client, Request};
use tokio::time::Instant;

use super::Settings;
use crate::error::Error;
use crate::journal::{self, Journal};
use crate::policies::{self, About, Policies, Trouble};
use crate::progress::{Event, Progress};
use crate::settle::{self, Fate, History};
use crate::wire::{self, Context, Created};

/// Most writes in one request (Microsoft Graph's bound for `$batch`).
const BATCH: usize = 20;

/// Most requests under way: enough to use up the quota of writes (20 a second) while an answer takes four seconds, few
/// enough that an interruption ends soon.
const CONCURRENT: usize = 4;

/// How long a write rests at least that was refused because of a quota, once the client itself has given up on it.
const THROTTLED: Duration = Duration::from_secs(20);

/// How long what was given moments ago cannot be taken away again (Microsoft's five minutes), and some more.
const TOO_EARLY: Duration = Duration::from_secs(6 * 60);

/// How long such a write rests before it is tried again.
const AGAIN_AFTER_TOO_EARLY: Duration = Duration::from_secs(15);

pub(super) enum State {
    /// Not sent, or to be sent again.
    Open,
    /// It took effect.
    Done,
    /// It failed: why, and the request's id.
    Failed(String, Option<String>),
    /// Something it needs failed: which operation.
    Blocked(usize),
}

pub(super) struct Engine<'a> {
    client: &'a Client,
    settings: &'a Settings,
    operations: &'a [Operation],
    passwords: BTreeMap<usize, SecretString>,
    progress: &'a dyn Progress,
    pub(super) states: Vec<State>,
    pub(super) created: Created,
    /// How many operations each one still waits for.
    waits_for: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    /// Operations that wait for the end of each one, however it comes.
    followers: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    /// Operations to be tried again, and when.
    later: BTreeSet<(Instant, usize)>,
    history: Vec<History>,
    /// Where to ask what became of writes that were accepted and are under way.
    pending: BTreeMap<usize, String>,
    /// Since when a write has been tried in vain.
    troubled_since: BTreeMap<usize, Instant>,
    /// Where PIM policies are.
    policies: Arc<Policies>,
    /// Writes that failed after others of the same policy, and why: these are taken back first.
    unfinished: BTreeMap<usize, Failure>,
    /// What takes them back, as long as that is not under way.
    undos: Vec<Undo>,
}

/// Why a write failed.
struct Failure {
    cause: String,
    request_id: Option<String>,
    /// Whether it may have taken effect after all.
    unknown: bool,
}

impl<'a> Engine<'a> {
    pub(super) fn new(
        client: &'a Client,
        settings: &'a Settings,
        operations: &'a [Operation],
        passwords: BTreeMap<usize, SecretString>,
        attempted: &BTreeSet<String>,
        progress: &'a dyn Progress,
    ) -> Self {
        let mut dependents = vec![Vec::new(); operations.len()];
        let mut followers = vec![Vec::new(); operations.len()];
        for (index, operation) in operations.iter().enumerate() {
            for needed in &operation.after {
                dependents[*needed].push(index);
            }
            for first in &operation.follows {
                followers[*first].push(index);
            }
        }
        let made_before =
            |operation: &Operation| attempted.contains(&operation.address.to_string().to_lowercase());
        let history = operations.iter().map(|operation| {
            let creates = matches!(operation.verb, Verb::Create(_));
            let before = made_before(operation);
            let fresh = before || !operation.after.is_empty();
            History { doubtful: creates && before, fresh, followed: false }
        });
        Self {
            client,
            settings,
            operations,
            passwords,
            progress,
            states: operations.iter().map(|_| State::Open).collect(),
            created: Created::new(),
            waits_for: operations
                .iter()
                .map(|operation| operation.after.len() + operation.follows.len())
                .collect(),
            dependents,
            followers,
            ready: (0..operations.len())
                .filter(|index| operations[*index].after.is_empty() && operations[*index].follows.is_empty())
                .collect(),
            later: BTreeSet::new(),
            history: history.collect(),
            pending: BTreeMap::new(),
            troubled_since: BTreeMap::new(),
            policies: Arc::default(),
            unfinished: BTreeMap::new(),
            undos: Vec::new(),
        }
    }

    /// Sends what is ready, several requests at a time, until nothing is left or it is told to stop; then what is under
    /// way is finished.
    pub(super) async fn run(
        &mut self,
        journal: &mut Journal,
        cancelled: &CancellationToken,
    ) -> Result<(), Error> {
        let mut under_way = FuturesUnordered::new();
        let (client, policies, mut result) = (self.client, self.policies.clone(), Ok(()));
        loop {
            self.wake();
            // A policy that is changed in part is no state to stop in.
            for undo in std::mem::take(&mut self.undos) {
                result = result.and(journal.write(&[undo.begin_event()]));
                under_way.push(work(client, policies.clone(), Work::Undo(undo)));
            }
            while result.is_ok()
                && !cancelled.is_cancelled()
                && under_way.len() < CONCURRENT
                && !self.ready.is_empty()
            {
                match self.begin(journal) {
                    Ok(round) => under_way.push(work(client, policies.clone(), Work::Round(round))),
                    Err(error) => result = Err(error),
                }
            }
            let stopping = result.is_err() || cancelled.is_cancelled();
            let next = self.later.first().map(|(when, _)| *when).filter(|_| !stopping);
            if under_way.is_empty() && next.is_none() {
                return result;
            }
            if under_way.is_empty() {
                self.progress.show(Event::Resting);
            }
            tokio::select! {
                Some(fates) = under_way.next() => {
                    let events: Vec<_> =
                        fates.into_iter().filter_map(|(index, fate)| self.conclude(index, fate)).collect();
                    result = result.and(journal.write(&events));
                }
                () = sleep_until(next) => {}
                () = cancelled.cancelled(), if !stopping => {}
            }
        }
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

    /// Takes a round of what is ready, and writes down that it is being sent.
    fn begin(&mut self, journal: &mut Journal) -> Result<Vec<Sent<'a>>, Error> {
        let (operations, root) = (self.operations, self.settings.root.as_str());
        let mut round = Vec::new();
        while round.len() < BATCH
            && let Some(index) = self.ready.pop_first()
        {
            let operation = &operations[index];
            let context = self.context(index);
            let request = match self.pending.get(&index) {
                Some(path) => Some(Request::get(path.clone())),
                None => wire::request(operation, &context),
            };
            let about = policies::about(operation, &context);
            let created = context.excerpt(operation);
            match request {
                Some(request) => {
                    let history = self.history[index];
                    round.push(Sent { index, operation, request, created, about, root, history });
                }
                None => self.fail(index, "it refers to an object that has no id".to_owned(), None),
            }
        }
        let began = journal::now();
        let begins: Vec<_> = round.iter().map(|sent| sent.begin_event(&began)).collect();
        journal.write(&begins)?;
        for sent in &round {
            self.progress.show(Event::Sending(&sent.operation.describe()));
        }
        Ok(round)
    }

    fn context(&self, index: usize) -> Context<'_> {
        Context { created: &self.created, root: &self.settings.root, password: self.passwords.get(&index) }
    }

    /// Takes note of what became of one attempt; gives the journal's event when something is certain.
    fn conclude(&mut self, index: usize, fate: Fate) -> Option<Value> {
        let operation = &self.operations[index];
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
            Fate::Again(error) if error.is_throttled() || error.is_cancelled() => {
                self.troubled_since.remove(&index);
                let pause = error.retry_after().map_or(THROTTLED, |asked| asked.max(THROTTLED));
                self.later.insert((Instant::now() + pause, index));
                let unsent =
                    json!({ "event": "end", "operation": index, "at": journal::now(), "outcome": "unsent" });
                Some(unsent).filter(|_| !self.history[index].doubtful)
            }
            Fate::Again(error) if self.has_patience(index) => {
                self.history[index].doubtful |= error.is_ambiguous();
                self.later.insert((Instant::now() + self.pause(index), index));
                None
            }
            Fate::Unseen(_) if self.has_patience(index) => {
                self.history[index].doubtful = true;
                self.later.insert((Instant::now() + self.pause(index), index));
                None
            }
            Fate::Unseen(cause) => self.failed(index, Failure { cause, request_id: None, unknown: true }),
            Fate::Pending(path, cause) => {
                self.pending.insert(index, path);
                self.history[index].followed = true;
                if !self.has_patience(index) {
                    return self.failed(index, Failure { cause, request_id: None, unknown: true });
                }
                self.later.insert((Instant::now() + self.pause(index), index));
                None
            }
            Fate::TooEarly(error) => {
                let since = self.troubled_since.entry(index).or_insert_with(Instant::now);
                if since.elapsed() < TOO_EARLY {
                    self.later.insert((Instant::now() + AGAIN_AFTER_TOO_EARLY, index));
                    return None;
                }
                let cause = settle::explain(&error, &operation.permissions());
                let request_id = error.request_id().map(str::to_owned);
                self.failed(index, Failure { cause, request_id, unknown: false })
            }
            Fate::Ended(cause) => self.failed(index, Failure { cause, request_id: None, unknown: false }),
            Fate::Again(error) | Fate::Failed(error) => {
                let cause = settle::explain(&error, &operation.permissions());
                let unknown = error.is_ambiguous() || self.history[index].doubtful;
                self.failed(
                    index,
                    Failure { cause, request_id: error.request_id().map(str::to_owned), unknown },
                )
            }
            Fate::Undone(words) => {
                let failure = self.unfinished.remove(&index)?;
                Some(self.give_up(index, Failure { cause: format!("{}; {words}", failure.cause), ..failure }))
            }
        }
    }

    /// Fails a write, unless something has to be taken back first.
    fn failed(&mut self, index: usize, failure: Failure) -> Option<Value> {
        match self.undo(index, failure.unknown) {
            Some(undo) => {
                self.undos.push(undo);
                self.unfinished.insert(index, failure);
                None
            }
            None => Some(self.give_up(index, failure)),
        }
    }

    /// What takes back the rules that were written before one that failed, and that one where it may have been written.
    fn undo(&self, index: usize, unknown: bool) -> Option<Undo> {
        let operation = &self.operations[index];
        let Verb::Rule { patch, .. } = &operation.verb else { return None };
        let about = policies::about(operation, &self.context(index))?;
        if patch.earlier.is_empty() {
            return None;
        }
        let own = unknown.then(|| (patch.id, patch.before.clone()));
        let rules = own.into_iter().chain(patch.earlier.iter().cloned()).collect();
        Some(Undo { index, about, rules, what: operation.address.to_string() })
    }

    /// Fails a write and gives the journal's event; a write that may have taken effect after all is noted as unknown.
    fn give_up(&mut self, index: usize, failure: Failure) -> Value {
        let Failure { cause, request_id, unknown } = failure;
        let outcome = if unknown { "unknown" } else { "failed" };
        let event = json!({
            "event": "end", "operation": index, "at": journal::now(), "outcome": outcome, "cause": cause,
            "request_id": request_id,
        });
        self.fail(index, cause, request_id);
        event
    }

    /// Whether a write in trouble, from now on or for a while, is tried again.
    fn has_patience(&mut self, index: usize) -> bool {
        let since = self.troubled_since.entry(index).or_insert_with(Instant::now);
        since.elapsed() < self.settings.patience
    }

    /// The longer a write has been in trouble, the longer it rests: a quarter of that time, 0.2 s to 5 s.
    fn pause(&self, index: usize) -> Duration {
        let age = self.troubled_since.get(&index).map_or(Duration::ZERO, Instant::elapsed);
        (age / 4).clamp(Duration::from_millis(200), Duration::from_secs(5))
    }

    fn release(&mut self, index: usize) {
        for dependent in self.dependents[index].clone() {
            self.count_down(dependent);
        }
        self.let_follow(index);
    }

    /// Lets go what waits for the end of an operation, however it came.
    fn let_follow(&mut self, index: usize) {
        for follower in self.followers[index].clone() {
            self.count_down(follower);
        }
    }

    fn count_down(&mut self, waiting: usize) {
        self.waits_for[waiting] -= 1;
        if self.waits_for[waiting] == 0 && matches!(self.states[waiting], State::Open) {
            self.ready.insert(waiting);
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
                self.let_follow(dependent);
            }
        }
        self.let_follow(index);
    }

    pub(super) fn is_unfinished(&self) -> bool {
        self.states.iter().any(|state| matches!(state, State::Open))
    }
}

/// A write on its way, with what judging its answer takes.
struct Sent<'a> {
    index: usize,
    operation: &'a Operation,
    request: Request,
    created: Created,
    /// The PIM policy that it writes a rule of.
    about: Option<About>,
    root: &'a str,
    history: History,
}

impl Sent<'_> {
    fn begin_event(&self, at: &str) -> Value {
        let operation = self.operation;
        let verb = match &operation.verb {
            Verb::Create(_) => "create",
            Verb::Restore => "restore",
            Verb::Update(_) => "update",
            Verb::Link { .. } => "link",
            Verb::Unlink { .. } => "unlink",
            Verb::Assign { .. } => "assign",
            Verb::Unassign { .. } => "unassign",
            Verb::Schedule(write) => write.action.graph(),
            Verb::Action { name, .. } => name,
            Verb::Settings { .. } => "settings",
            Verb::Rule { .. } => "rule",
            Verb::Delete => "delete",
        };
        json!({
            "event": "begin", "operation": self.index, "at": at, "verb": verb,
            "address": operation.address.to_string(), "what": operation.describe(),
            "method": self.request.method.as_str(), "path": self.request.path,
        })
    }
}

/// Rules that are written back as they were.
struct Undo {
    index: usize,
    about: About,
    rules: Vec<(&'static str, Map<String, Value>)>,
    what: String,
}

impl Undo {
    fn begin_event(&self) -> Value {
        let rules: Vec<&str> = self.rules.iter().map(|(rule, _)| *rule).collect();
        json!({
            "event": "undo", "operation": self.index, "at": journal::now(), "address": self.what, "rules": rules,
        })
    }
}

/// What is under way.
enum Work<'a> {
    Round(Vec<Sent<'a>>),
    Undo(Undo),
}

async fn work(client: &Client, policies: Arc<Policies>, work: Work<'_>) -> Vec<(usize, Fate)> {
    match work {
        Work::Round(round) => carry_out(client, &policies, round).await,
        Work::Undo(undo) => {
            let words = policies.undo(client, &undo.about, &undo.rules).await;
            vec![(undo.index, Fate::Undone(words))]
        }
    }
}

/// Sends a round and follows each of its writes until its fate is known.
async fn carry_out(client: &Client, policies: &Policies, mut round: Vec<Sent<'_>>) -> Vec<(usize, Fate)> {
    let mut fates = find_policies(client, policies, &mut round).await;
    let requests = round.iter().map(|sent| match &sent.about {
        Some(about) => policies.addressed(about, sent.request.clone()),
        None => sent.request.clone(),
    });
    let answers = client.batch(requests.collect()).await;
    for (sent, mut answer) in round.iter().zip(answers) {
        let context = Context { created: &sent.created, root: sent.root, password: None };
        if let (Some(about), Err(error)) = (&sent.about, &answer)
            && error.is_not_found()
        {
            match policies.send_again(client, about, sent.request.clone()).await {
                Ok(response) => answer = Ok(response),
                Err(Trouble::Refused(error)) => answer = Err(error),
                Err(Trouble::NoPolicy) => {}
            }
        }
        let fate = settle::settle(client, sent.operation, &context, sent.history, answer).await;
        fates.push((sent.index, fate));
    }
    fates
}

/// Looks up the policies whose rules a round writes; takes those out of it whose policy is not found, with their fates.
async fn find_policies(
    client: &Client,
    policies: &Policies,
    round: &mut Vec<Sent<'_>>,
) -> Vec<(usize, Fate)> {
    let abouts: Vec<About> = round.iter().filter_map(|sent| sent.about.clone()).collect();
    let mut troubles = policies.look_up(client, &abouts).await.into_iter();
    let mut fates = Vec::new();
    round.retain(|sent| {
        let trouble = sent.about.as_ref().and_then(|_| troubles.next().flatten());
        let fate = trouble.map(|trouble| match trouble {
            Trouble::NoPolicy => Fate::Unseen("the service shows no PIM policy of it".to_owned()),
            Trouble::Refused(error) => settle::retriable(sent.history, error),
        });
        let fine = fate.is_none();
        fates.extend(fate.map(|fate| (sent.index, fate)));
        fine
    });
    fates
}

async fn sleep_until(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}
