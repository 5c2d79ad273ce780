//! Scenarios: a folder each, found by looking.
//!
//! `config/` is the configuration and `seed.json` the tenant it meets (Contoso unless given). The command plans, and
//! prints `plan.txt` (and `plan.md` where there is one) without a write; applies, and prints `apply.txt`; plans
//! again, and has nothing to do. A saved plan comes to the same. The tenant then holds what `expect.json` says, a part
//! of the tenant in the seed format, and what the configuration says, which a third party's client looks up.
//! `options.toml` names departures: a refusal, for one, after which `allowed.txt` shows the plan that is let through.

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use serde::Deserialize;
use serde_json::Value;

use super::folder::repository;
use super::redact::redacted;
use super::text::{assert_fits_80_columns, assert_harmless, assert_no_markup};
use super::{Folder, Sandbox, Tenantry, expected, tree, witness};

/// What may stand in a scenario's folder.
pub(crate) const PARTS: &[&str] = &[
    "config",
    "seed.json",
    "plan.txt",
    "plan.md",
    "allowed.txt",
    "apply.txt",
    "options.toml",
    "expect.json",
];

/// What `options.toml` says; a scenario without one is applied with everything as it comes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// The day on which the scenario plays.
    as_of: String,
    /// Further arguments of plan and apply.
    arguments: Vec<String>,
    /// How it ends.
    outcome: Outcome,
    /// Arguments with which a refused plan goes through after all.
    let_through_by: Vec<String>,
    /// Change of the sandbox's knobs until the second plan.
    faults: Option<Value>,
    /// Whether the whole configuration is applied, so that the tenant can be held against it.
    whole: bool,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// There are changes, and they are applied.
    Applied,
    /// The tenant is as declared from the start.
    NothingToDo,
    /// An interlock or a limit refuses the plan.
    Refused,
    /// There is no plan, because the configuration does not meet the tenant.
    Rejected,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            as_of: "2026-10-15".to_owned(),
            arguments: Vec::new(),
            outcome: Outcome::Applied,
            let_through_by: Vec::new(),
            faults: None,
            whole: true,
        }
    }
}

/// Where the scenarios are.
pub(crate) fn root() -> PathBuf {
    repository().join("tests/scenarios")
}

/// Every scenario as a test.
pub(crate) fn tests() -> Vec<Trial> {
    let entries = std::fs::read_dir(root()).expect("there is a folder of scenarios");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder is read").path()).collect();
    folders.sort();
    let scenarios = folders.into_iter().map(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(format!("scenario::{name}"), move || {
            Scenario::read(folder).play();
            Ok(())
        })
    });
    scenarios.collect()
}

struct Scenario {
    folder: PathBuf,
    options: Options,
    sandbox: Sandbox,
    config: Folder,
}

/// The tenant that a scenario meets.
fn tenant(folder: &Path, options: &Options) -> Sandbox {
    let seed = folder.join("seed.json");
    let sandbox = if seed.is_file() { Sandbox::seeded(&seed) } else { Sandbox::contoso() };
    if let Some(faults) = &options.faults {
        sandbox.faults(faults);
    }
    sandbox
}

impl Scenario {
    fn read(folder: PathBuf) -> Self {
        let options = match std::fs::read_to_string(folder.join("options.toml")) {
            Ok(text) => toml::from_str(&text).expect("options.toml holds options"),
            Err(_) => Options::default(),
        };
        let sandbox = tenant(&folder, &options);
        let config = Folder::copy_of(&configuration(&folder));
        Self { folder, options, sandbox, config }
    }

    fn play(self) {
        let before = self.sandbox.state_text();
        match self.options.outcome {
            Outcome::Applied => {
                let plan = self.plan(&[], 0);
                assert_eq!(self.sandbox.state_text(), before, "planning changed the tenant");
                self.apply(&plan, &[]);
                self.apply_saved_plan();
            }
            Outcome::NothingToDo => {
                self.plan(&["--detailed-exitcode"], 0);
                assert_eq!(self.sandbox.state_text(), before, "planning changed the tenant");
            }
            Outcome::Refused => {
                let plan = self.plan(&[], 3);
                let refused = self.config.apply(&self.sandbox, &self.arguments(&[])).run().exits_with(3);
                assert_eq!(redacted(&refused.stdout), plan, "apply shows the plan");
                assert_eq!(self.sandbox.writes(), 0, "a refused plan was applied");
                assert_eq!(self.sandbox.state_text(), before, "a refused plan was applied");
                let through: Vec<&str> = self.options.let_through_by.iter().map(String::as_str).collect();
                if through.is_empty() {
                    self.expect("apply.txt", &redacted(&refused.stderr));
                    return;
                }
                let allowed = self.config.plan(&self.sandbox, &self.arguments(&through)).run().exits_with(0);
                let allowed = redacted(&allowed.stdout);
                self.expect("allowed.txt", &allowed);
                self.apply(&allowed, &through);
            }
            Outcome::Rejected => {
                let rejected = self.config.plan(&self.sandbox, &self.arguments(&[])).run().exits_with(1);
                assert_eq!(rejected.stdout, "", "there is no plan to show");
                assert_harmless(&rejected.stderr);
                self.expect("plan.txt", &redacted(&rejected.stderr));
                let rejected = self.config.apply(&self.sandbox, &self.arguments(&[])).run().exits_with(1);
                assert_eq!(rejected.stdout, "", "there is no plan to show");
                assert_eq!(self.sandbox.writes(), 0, "something was written");
                assert_eq!(self.sandbox.state_text(), before, "something was written");
                return;
            }
        }
        self.assert_converged();
    }

    /// Plans, compares, asserts that nothing was written; gives the plan's text.
    fn plan(&self, more: &[&str], code: i32) -> String {
        let planned = self.config.plan(&self.sandbox, &self.arguments(more)).run().exits_with(code);
        assert_eq!(redacted(&planned.stderr), "", "a plan says everything on standard output");
        assert_fits_80_columns(&planned.stdout);
        assert_harmless(&planned.stdout);
        self.assert_only_reads();
        let plan = redacted(&planned.stdout);
        self.expect("plan.txt", &plan);
        if self.folder.join("plan.md").exists() {
            let arguments = self.arguments(&["--format", "markdown"]);
            let markdown = self.config.plan(&self.sandbox, &arguments).run().exits_with(code);
            assert_harmless(&markdown.stdout);
            assert_no_markup(&markdown.stdout);
            self.expect("plan.md", &redacted(&markdown.stdout));
        }
        plan
    }

    fn apply(&self, plan: &str, more: &[&str]) {
        let applied = self.config.apply(&self.sandbox, &self.arguments(more)).run().exits_with(0);
        assert_harmless(&applied.stdout);
        assert_harmless(&applied.stderr);
        let shown = redacted(&applied.stdout);
        let report = shown.strip_prefix(plan).unwrap_or_else(|| {
            panic!("apply shows another plan than plan did:\n{shown}\n--- plan\n{plan}");
        });
        self.expect("apply.txt", &format!("{}{report}", redacted(&applied.stderr)));
    }

    /// The same from a saved plan, on a tenant of its own: nothing is stale that nobody touched.
    fn apply_saved_plan(&self) {
        let (sandbox, folder) = (tenant(&self.folder, &self.options), self.config.path());
        self.config.plan(&sandbox, &self.arguments(&["--out", "plan.json"])).run().exits_with(0);
        let apply = ["apply", "plan.json", "--yes", "--color", "never"];
        Tenantry::new(folder, apply).signed_in_to(&sandbox).run().exits_with(0);
        self.config
            .plan(&sandbox, &self.arguments(&["--detailed-exitcode"]))
            .run()
            .exits_with(0)
            .says("nothing to do");
    }

    /// What every scenario ends with: nothing left to do, and the tenant is what the configuration says.
    fn assert_converged(&self) {
        let writes = self.sandbox.writes();
        let again = self.config.plan(&self.sandbox, &self.arguments(&["--detailed-exitcode"])).run();
        let again = again.exits_with(0).says("nothing to do");
        assert!(!again.stdout.contains(" to add"), "{}", again.stdout);
        assert_eq!(self.sandbox.writes(), writes, "the second plan wrote");
        self.sandbox.well_behaved();
        let state = self.sandbox.state();
        tree::assert_no_duplicates(&state);
        if let Ok(expected) = std::fs::read_to_string(self.folder.join("expect.json")) {
            tree::assert_holds(&state, &serde_json::from_str(&expected).expect("expect.json is JSON"));
        }
        if self.options.whole {
            witness::assert_as_declared(&self.config.config(), &self.sandbox);
        }
    }

    fn assert_only_reads(&self) {
        assert_only_reads(&self.sandbox.stats());
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["--as-of", self.options.as_of.as_str()];
        arguments.extend(self.options.arguments.iter().map(String::as_str));
        arguments.extend(more);
        arguments
    }

    fn expect(&self, file: &str, actual: &str) {
        expected::compare(actual, &self.folder.join(file));
    }
}

/// Asserts that a sandbox was asked for nothing but reads: GETs, batches of GETs, and `getByIds`.
#[track_caller]
pub(crate) fn assert_only_reads(stats: &Value) {
    assert_eq!(stats["writes"], 0, "{stats}");
    for methods in ["methods", "operation_methods"] {
        let methods = stats[methods].as_object().expect("methods are counted");
        assert!(methods.keys().all(|method| method == "GET" || method == "POST"), "{stats}");
    }
}

/// The configuration of a scenario: its own, or the one that `config` names when it is a file.
fn configuration(folder: &Path) -> PathBuf {
    let config = folder.join("config");
    match std::fs::read_to_string(&config) {
        Ok(path) => repository().join(path.trim()),
        Err(_) => config,
    }
}
