//! What the service does by itself, some time after a write: members that a rule decides about, licences that follow
//! groups.
//!
//! Changes set off [`Job`]s, which wait in a queue until they are due. A job looks at the store as it is by then and
//! says what to change; its changes may set off further jobs. Before a request is answered, everything due is done.
//! Jobs are not kept on disk: a sandbox finishes them before it stops, and one that was killed finds at its next start
//! what is left to do by looking at everything.

mod licenses;
mod membership;
mod queue;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use queue::Queue;

use crate::pim;
use crate::quirks::rule::is_rule_driven;
use crate::store::{Change, Object, Store};

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Job {
    /// Compare one object with every rule.
    Evaluate(Uuid),
    /// Compare the members of a group with its rule.
    Populate(Uuid),
    /// Begin with the licences of a group, which have changed.
    License(Uuid),
    /// Give the members of a group its licences, those behind the one that is named.
    LicenseMembers(Uuid, Option<Uuid>),
    /// Give who joined a group its licences, and take them from who left, those behind the one that is named.
    Inherit(Uuid, Option<Uuid>),
    /// Give a user the licences of all groups.
    LicenseUser(Uuid),
    /// Carry out a request of privileged identity management.
    Provision(Uuid),
}

/// What jobs go by besides the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// The time.
    pub(crate) now: Timestamp,
    /// When rules about `memberOf` cease to have an effect.
    pub(crate) member_of_ends: Timestamp,
    /// How long requests of privileged identity management can be read.
    pub(crate) request_retention: Duration,
}

/// The work that waits, and what is known of the tenant to do it.
#[derive(Debug, Default)]
pub(crate) struct Processing {
    queue: Queue,
    membership: membership::Rules,
    /// What cannot be done while a group jams.
    stuck: BTreeSet<Job>,
    /// When the next schedule of privileged identity management begins or ends, or a request is forgotten.
    moment: Option<Timestamp>,
}

impl Processing {
    /// Brings a store up to date before anybody looks at it.
    pub(crate) fn begin(store: &mut Store, terms: Terms) -> Self {
        let mut processing = Self::default();
        let due = Instant::now();
        for job in processing.membership.start(store).into_iter().chain(licenses::start(store)) {
            processing.queue.add(job, due);
        }
        let waiting = store.everything().into_iter().filter(|object| pim::is_waiting(object));
        waiting.for_each(|request| processing.queue.add(Job::Provision(request.id), due));
        processing.moment = Some(terms.now);
        while let Some(job) = processing.take(None) {
            let changes = processing.run(&job, store, terms);
            processing.note(store, &changes, due);
            changes.iter().for_each(|change| store.apply(change));
        }
        processing
    }

    /// Queues what `changes` set off; `before` is the store without them.
    pub(crate) fn note(&mut self, before: &Store, changes: &[Change], due: Instant) {
        for change in changes {
            for job in self.membership.set_off(before, change) {
                self.queue.add(job, due);
            }
            if let Some(job) = licenses::set_off(before, change) {
                self.queue.add(job, due);
            }
            if let Change::Put(object) = change
                && object.entity.name.contains("Schedule")
            {
                // When it is due is looked up with the next request.
                self.moment = Some(Timestamp::MIN);
                if pim::is_waiting(object) {
                    self.queue.add(Job::Provision(object.id), due);
                }
            }
        }
        if !self.membership.is_jammed() {
            for job in std::mem::take(&mut self.stuck) {
                self.queue.add(job, due);
            }
        }
    }

    /// Queues what depends on the time.
    pub(crate) fn time_passed(&mut self, due: Instant) {
        for job in self.membership.time_passed() {
            self.queue.add(job, due);
        }
    }

    /// Whether there is something to do by now.
    pub(crate) fn is_due(&self, now: Instant, time: Timestamp) -> bool {
        self.queue.is_due(now) || self.moment.is_some_and(|moment| moment <= time)
    }

    /// What time has brought since it was last asked.
    pub(crate) fn elapse(&mut self, store: &Store, terms: Terms) -> Vec<Change> {
        if self.moment.is_none_or(|moment| moment > terms.now) {
            return Vec::new();
        }
        self.moment = pim::next_moment(store, terms);
        pim::due(store, terms)
    }

    /// How far the service is with the rule of a group, as `membershipRuleProcessingStatus` of beta; null when it is
    /// paused or has none. <https://learn.microsoft.com/graph/api/resources/membershipruleprocessingstatus>
    pub(crate) fn rule_status(&self, group: &Object) -> Value {
        let is_on = group.text("membershipRuleProcessingState") == Some("On");
        if !is_on || !is_rule_driven(group) {
            return Value::Null;
        }
        let applied = self.membership.applied(group.id);
        let job = Job::Populate(group.id);
        let jams = self.membership.jams(group.id);
        let status = match (self.queue.has(&job) || self.stuck.contains(&job), applied) {
            _ if jams => "Failed",
            (false, Some(_)) => "Succeeded",
            (true, Some(_)) => "Running",
            (_, None) => "NotStarted",
        };
        let problem = jams.then_some("Guests cannot be added to the group.");
        let applied = applied.map(|applied| applied.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        json!({ "status": status, "errorMessage": problem, "lastMembershipUpdated": applied })
    }

    /// Takes the next job that is due at `until`, or just the next one.
    pub(crate) fn take(&mut self, until: Option<Instant>) -> Option<Job> {
        self.queue.take(until)
    }

    /// Queues the rest of a job behind what is due already.
    fn go_on(&mut self, rest: Option<Job>) {
        if let Some(rest) = rest {
            self.queue.add(rest, Instant::now());
        }
    }

    /// What a job changes.
    pub(crate) fn run(&mut self, job: &Job, store: &Store, terms: Terms) -> Vec<Change> {
        match job {
            Job::Evaluate(_) if self.membership.is_jammed() => {
                self.stuck.insert(job.clone());
                let due = Instant::now();
                self.membership.try_again().into_iter().for_each(|again| self.queue.add(again, due));
                Vec::new()
            }
            Job::Populate(id) if self.membership.is_jammed() && !self.membership.jams(*id) => {
                self.stuck.insert(job.clone());
                Vec::new()
            }
            Job::Evaluate(id) => {
                let changes = self.membership.evaluate(store, *id, terms);
                if self.membership.is_jammed() {
                    self.stuck.insert(job.clone());
                }
                changes
            }
            Job::Populate(id) => self.membership.populate(store, *id, terms),
            Job::License(group) => licenses::begin(store, *group),
            Job::LicenseMembers(group, after) => {
                let (changes, last) = licenses::members(store, *group, *after, terms);
                self.go_on(last.map(|last| Job::LicenseMembers(*group, Some(last))));
                changes
            }
            Job::Inherit(group, after) => {
                let (changes, last) = licenses::inherit(store, *group, *after, terms);
                self.go_on(last.map(|last| Job::Inherit(*group, Some(last))));
                changes
            }
            Job::LicenseUser(id) => licenses::users(store, [*id], terms),
            Job::Provision(id) => pim::go_on(store, *id, terms.now),
        }
    }
}
