//! One tenant and a configuration that changes from round to round, each round under faults of its own.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::harness::command::{Finished, Started};
use crate::harness::sandbox::APPLICATION;
use crate::harness::{Folder, Sandbox, Tenantry, http};
use crate::judge::{Entity, Judge, Problem};
use crate::model::Model;
use crate::storm::{QUOTA_SCALE, Storm};
use crate::tally::Tally;

/// Configurations in a story.
const ROUNDS: usize = 4;

/// Applies under the same faults before they end.
const TRIES: usize = 3;

/// How long an apply waits for what somebody else may have undone.
const PATIENCE: &[&str] = &["--patience", "8"];

/// The file that a plan is saved in.
const PLAN: &str = "plan.json";

struct Story {
    name: String,
    luck: StdRng,
    sandbox: Sandbox,
    folder: Folder,
    model: Model,
    judge: Judge,
    tally: Tally,
    /// What happened so far in this round, for whoever has to find out why something went wrong.
    told: String,
}

/// Tells one story; the same numbers give the same configurations and faults.
pub(crate) fn tell(seed: u64, number: u64) -> Tally {
    let mut luck = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number));
    let model = Model::random(&mut luck);
    let mut story = Story {
        name: format!("story {number}"),
        folder: Folder::of(&model.toml()),
        sandbox: Sandbox::contoso(),
        luck,
        model,
        judge: Judge::default(),
        tally: Tally::default(),
        told: String::new(),
    };
    for round in 0..ROUNDS {
        let survived = std::panic::catch_unwind(AssertUnwindSafe(|| story.round(round)));
        if let Err(panic) = survived {
            let why = panic.downcast_ref::<String>().cloned();
            let why = why.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            story.problem(&format!("panicked: {}", why.unwrap_or_default()));
            break;
        }
        if !story.tally.problems.is_empty() {
            break;
        }
    }
    story.tally
}

impl Story {
    fn round(&mut self, round: usize) {
        if round > 0 {
            self.model.change(&mut self.luck);
        }
        self.folder.write("tenantry.toml", &self.model.toml());
        let storm = Storm::random(&mut self.luck);
        self.told = format!("{} round {round}, {storm:?}\n{}", self.name, self.model.toml());
        let planned = self.plan();
        if storm.exhausted {
            self.use_up_quota(&storm);
        }
        self.sandbox.reset_stats();
        let from = log(&self.sandbox, 0).1;
        self.sandbox.faults(&Value::Object(storm.knobs.clone()));
        let code = self.weather(&storm);
        let stats = self.sandbox.stats();
        for (fault, count) in stats["faults"].as_object().into_iter().flatten() {
            *self.tally.faults.entry(fault.clone()).or_default() += count.as_u64().unwrap_or_default();
        }
        if !storm.knobs.contains_key("conflict_every") && stats["faults"]["conflict"].is_number() {
            self.problem("two writes to one object were under way at the same time");
        }
        if storm.knobs.contains_key("quota") {
            *self.tally.faults.entry("quota".to_owned()).or_default() +=
                stats["throttled"].as_u64().unwrap_or_default();
        }
        self.sandbox.well_behaved();
        if self.settle(code == Some(0) && !storm.edits()) {
            self.judge(from, (!storm.edits()).then_some(&planned));
        }
    }

    /// Saves the plan, and says what it has steps for.
    fn plan(&mut self) -> BTreeSet<Entity> {
        let plan = self.folder.plan(&self.sandbox, &["--out", PLAN]).run();
        self.tell_of("plan", &plan);
        assert_eq!(plan.code, Some(0), "without faults, a plan is made");
        let path = self.folder.path().join(PLAN);
        let saved = std::fs::read_to_string(path).unwrap_or_else(|_| panic!("no plan was saved"));
        Judge::planned(&self.model, &serde_json::from_str(&saved).unwrap())
    }

    /// Applies under faults until one apply says it is done; how the last one ended.
    fn weather(&mut self, storm: &Storm) -> Option<i32> {
        let mut code = None;
        for attempt in 0..TRIES {
            let saved = attempt == 0 && self.luck.random_bool(0.4);
            let command = if saved {
                let arguments = ["apply", PLAN, "--yes", "--color", "never"];
                self.folder.run(&arguments).and(PATIENCE).signed_in_to(&self.sandbox)
            } else {
                self.folder.apply(&self.sandbox, PATIENCE)
            };
            let kill_after = storm.kill_after.filter(|_| attempt < TRIES - 1);
            self.tally.runs += 1;
            code = match self.run(command, kill_after) {
                None => {
                    self.tally.kills += 1;
                    self.told.push_str("--- apply was killed\n");
                    None
                }
                Some(finished) => {
                    self.check_report(&finished);
                    finished.code
                }
            };
            if code == Some(0) {
                break;
            }
        }
        code
    }

    /// Runs a command to its end, or kills it once the sandbox has taken so many more writes.
    fn run(&mut self, command: Tenantry, kill_after: Option<u64>) -> Option<Finished> {
        let command = command.variable("TENANTRY_QUOTA_SCALE", &QUOTA_SCALE.to_string());
        let Some(more) = kill_after else {
            return Some(command.run());
        };
        let until = self.sandbox.writes() + more;
        let mut running: Started = command.start();
        while running.is_running() {
            if self.sandbox.writes() > until {
                running.kill();
                return None;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        Some(running.wait())
    }

    /// A run that did not do everything says so, and what is missing.
    fn check_report(&mut self, finished: &Finished) {
        self.tell_of("apply", finished);
        let code = finished.code.unwrap_or(-1);
        *self.tally.endings.entry(code).or_default() += 1;
        let says = |beginnings: &[&str]| {
            let mut lines = finished.stdout.lines().chain(finished.stderr.lines());
            lines.any(|line| beginnings.iter().any(|beginning| line.trim_start().starts_with(beginning)))
        };
        let clear = match code {
            0 => true,
            1 | 3 => says(&["error", "failed", "refused", "not reached"]),
            4 => says(&["failed", "not reached", "stopped"]),
            _ => false,
        };
        if !clear {
            self.problem(&format!("exit code {code} without a clear report"));
        }
    }

    /// After the faults: a finished run leaves nothing to do, and after any other the next one finishes. Whether that
    /// is so.
    fn settle(&mut self, finished: bool) -> bool {
        if !finished {
            let apply = self.folder.apply(&self.sandbox, &[]).run();
            self.tell_of("apply after the faults", &apply);
            if apply.code != Some(0) {
                self.problem(&format!("the faults are over, and an apply ends with {:?}", apply.code));
                return false;
            }
        }
        let plan = self.folder.plan(&self.sandbox, &["--detailed-exitcode"]).run();
        self.tell_of("plan after the faults", &plan);
        if plan.code != Some(0) {
            self.tally.losses += 1;
            self.problem("an apply said that all is done, and a plan finds something to do");
        }
        plan.code == Some(0)
    }

    fn judge(&mut self, from: u64, planned: Option<&BTreeSet<Entity>>) {
        let state = self.sandbox.state();
        let mut problems = self.judge.learn(&self.model, &state);
        problems.extend(self.judge.losses(&self.model, &state));
        let (log, _) = log(&self.sandbox, from);
        let ours: Vec<&Value> = log.iter().filter(|entry| entry["application"] == APPLICATION).collect();
        problems.extend(self.judge.writes_beyond(&self.model, planned, &ours));
        for problem in problems {
            let (count, what) = match problem {
                Problem::Duplicate(what) => (&mut self.tally.duplicates, what),
                Problem::Loss(what) => (&mut self.tally.losses, what),
                Problem::Beyond(what) => (&mut self.tally.beyond, what),
            };
            *count += 1;
            self.problem(&what);
        }
    }

    /// Somebody else uses the scarce quota up before the apply begins.
    fn use_up_quota(&self, storm: &Storm) {
        self.sandbox.faults(&json!({
            "quota": true, "quota_share": storm.knobs["quota_share"], "quota_scale": QUOTA_SCALE,
        }));
        let item = |id: usize| {
            let headers = json!({ "Content-Type": "application/json" });
            let url = "/users/ben.walters@contoso.com";
            json!({ "id": id.to_string(), "method": "PATCH", "url": url, "headers": headers, "body": { "city": "Tacoma" } })
        };
        let batch = json!({ "requests": (0..20).map(item).collect::<Vec<_>>() });
        for _ in 0..20 {
            let answer = self.sandbox.graph("POST", "/$batch", Some(&batch));
            let mut items = answer["responses"].as_array().expect("responses").iter();
            if items.any(|item| item["status"] == 429) {
                return;
            }
        }
        panic!("the quota does not end");
    }

    fn tell_of(&mut self, what: &str, finished: &Finished) {
        let Finished { code, stdout, stderr, .. } = finished;
        self.told.push_str(&format!("--- {what} ended with {code:?}\n{stdout}{stderr}"));
    }

    fn problem(&mut self, what: &str) {
        self.tally.problems.push(format!("{what}\n{}", self.told));
    }
}

/// The operations from a number on, and the number of the next one.
fn log(sandbox: &Sandbox, from: u64) -> (Vec<Value>, u64) {
    let (_, log) = http::send(&sandbox.base(), "GET", &format!("/sandbox/log?from={from}"), None, None);
    (log["entries"].as_array().expect("entries").clone(), log["next"].as_u64().expect("a number"))
}
