//! The journal: every write is written down before it is sent and again when its fate is known.
//!
//! One file a run, `.tenantry/journal/{run}.jsonl`, one JSON object a line, on disk before the request leaves. It
//! holds addresses, ids and request ids, never a property's value and never a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tenantry_core::address::Address;

use crate::error::Error;

/// A run's journal, open for writing.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

/// An earlier run that did not come to its end.
#[derive(Debug)]
pub struct Interrupted {
    /// When it began, RFC 3339.
    pub began: String,
    /// Writes whose fate it knew.
    pub settled: usize,
    /// Writes that were sent, or about to be, and have no answer: what they were to do.
    pub open: Vec<String>,
    /// The journal.
    pub journal: PathBuf,
}

impl Journal {
    /// Begins the journal of a run.
    pub(crate) fn begin(folder: &Path, run: &str, header: &Value) -> Result<Self, Error> {
        let path = folder.join(format!("{run}.jsonl"));
        let open = || -> std::io::Result<File> {
            std::fs::create_dir_all(folder)?;
            OpenOptions::new().create_new(true).append(true).open(&path)
        };
        let file = open().map_err(|source| Error::File { path: path.clone(), source })?;
        let mut journal = Self { path, file };
        journal.write(&[json!({ "event": "run", "began": now(), "run": header })])?;
        Ok(journal)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes events to the disk, all or the error.
    pub(crate) fn write(&mut self, events: &[Value]) -> Result<(), Error> {
        let mut lines = String::new();
        for event in events {
            lines.push_str(&event.to_string());
            lines.push('\n');
        }
        let result = self.file.write_all(lines.as_bytes()).and_then(|()| self.file.sync_data());
        result.map_err(|source| Error::File { path: self.path.clone(), source })
    }

    /// Notes that the run came to its end.
    pub(crate) fn end(&mut self, written: usize, failed: usize) -> Result<(), Error> {
        self.write(&[json!({ "event": "finished", "at": now(), "written": written, "failed": failed })])
    }
}

pub(crate) fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// Earlier runs on a tenant that did not come to their end, the oldest first, until a later run finishes.
pub fn interrupted_runs(folder: &Path, tenant: &str) -> Vec<Interrupted> {
    let mut interrupted = Vec::new();
    for run in runs(folder).into_iter().filter(|run| run.tenant.eq_ignore_ascii_case(tenant)) {
        if run.finished {
            interrupted.clear();
        } else {
            interrupted.push(run.found);
        }
    }
    interrupted
}

/// Notes that nothing is left of earlier runs: a plan found the tenant as declared.
pub fn close_interrupted_runs(folder: &Path, run: &str, tenant: &str) -> Result<(), Error> {
    Journal::begin(folder, run, &json!({ "tenant": tenant }))?.end(0, 0)
}

/// Objects of a tenant that recent runs created which did not finish, or finished with failures, until a later run does
/// all of its work.
pub fn resumed(folder: &Path, tenant: &str) -> BTreeSet<Address> {
    let mut created = BTreeSet::new();
    for run in runs(folder).into_iter().filter(|run| run.is_recent_in(tenant)) {
        if run.finished && run.failed == 0 {
            created.clear();
        } else {
            created.extend(run.created);
        }
    }
    created
}

/// The runs that have a journal in this folder, the oldest first.
fn runs(folder: &Path) -> Vec<Run> {
    let files = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let journals = files.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let mut runs: Vec<Run> = journals.filter_map(|path| read(&path)).collect();
    runs.sort_by_key(|run| run.began);
    runs
}

/// How long a run is recent: longer than any replication delay reported.
const RECENT: jiff::SignedDuration = jiff::SignedDuration::from_mins(60);

/// Addresses, in lower case, that recent runs created or may have created: if one of them exists by now, it is ours.
pub(crate) fn attempted_creations(folder: &Path, tenant: &str) -> BTreeSet<String> {
    let runs = runs(folder).into_iter().filter(|run| run.is_recent_in(tenant));
    runs.flat_map(|run| run.created).map(|address| address.to_string().to_lowercase()).collect()
}

/// What a journal tells of its run.
struct Run {
    began: Option<jiff::Timestamp>,
    tenant: String,
    finished: bool,
    failed: u64,
    /// Objects whose creation was sent and was not refused.
    created: BTreeSet<Address>,
    found: Interrupted,
}

impl Run {
    fn is_recent_in(&self, tenant: &str) -> bool {
        let age = self.began.map(|began| jiff::Timestamp::now().duration_since(began));
        age.is_some_and(|age| age < RECENT) && self.tenant.eq_ignore_ascii_case(tenant)
    }
}

fn read(path: &Path) -> Option<Run> {
    let (mut began, mut tenant) = (None, String::new());
    let mut open: Vec<(Value, String)> = Vec::new();
    let mut created: BTreeMap<String, Address> = BTreeMap::new();
    let (mut settled, mut finished, mut failed) = (0, false, 0);
    for event in events(path) {
        match event["event"].as_str() {
            Some("run") => {
                began = event["began"].as_str().map(str::to_owned);
                tenant = event["run"]["tenant"].as_str().unwrap_or_default().to_owned();
            }
            Some("begin") => {
                open.push((
                    event["operation"].clone(),
                    event["what"].as_str().unwrap_or_default().to_owned(),
                ));
                let address = event["address"].as_str().filter(|_| event["verb"] == "create");
                let address = address.and_then(|address| Address::try_from(address.to_owned()).ok());
                created.extend(address.map(|address| (event["operation"].to_string(), address)));
            }
            Some("end") => {
                let unsent = event["outcome"] == "unsent";
                settled += usize::from(!unsent);
                if unsent || event["outcome"] == "failed" {
                    created.remove(&event["operation"].to_string());
                }
                open.retain(|(operation, _)| *operation != event["operation"]);
            }
            Some("finished") => {
                finished = true;
                failed = event["failed"].as_u64().unwrap_or_default();
            }
            _ => {}
        }
    }
    let began: String = began?;
    let open = open.into_iter().map(|(_, what)| what).collect();
    let found = Interrupted { began: began.clone(), settled, open, journal: path.to_owned() };
    let created = created.into_values().collect();
    Some(Run { began: began.parse().ok(), tenant, finished, failed, created, found })
}

/// The events of a journal; a line that a crash cut short is no event.
fn events(path: &Path) -> Vec<Value> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}
