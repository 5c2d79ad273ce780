//! The journal: every write is written down before it is sent and again when its fate is known.
//!
//! One file a run, `.tenantry/journal/{run}.jsonl`, one JSON object a line, on disk before the request leaves. It
//! holds addresses, ids and request ids, never a property's value and never a secret.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

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

/// Earlier runs in this folder that did not come to their end, the oldest first, until a later run
/// finishes.
pub fn interrupted_runs(folder: &Path) -> Vec<Interrupted> {
    let mut journals: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    journals.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    journals.sort();
    let mut interrupted = Vec::new();
    for path in journals {
        match read(&path) {
            Some(Run { finished: true, .. }) => interrupted.clear(),
            Some(Run { found, .. }) => interrupted.push(found),
            None => {}
        }
    }
    interrupted
}

/// How long after an attempted creation an object may still not show: longer than any replication delay reported.
const RECENT: jiff::SignedDuration = jiff::SignedDuration::from_mins(60);

/// Addresses, in lower case, that recent runs tried to create: if one of them exists by now, it is ours.
pub(crate) fn attempted_creations(folder: &Path) -> BTreeSet<String> {
    let recent = |at: &str| {
        at.parse::<jiff::Timestamp>().is_ok_and(|at| jiff::Timestamp::now().duration_since(at) < RECENT)
    };
    let mut attempted = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        for event in events(&entry.path()) {
            let begun = event["event"] == "begin" && event["verb"] == "create";
            if begun && event["at"].as_str().is_some_and(recent) {
                attempted.extend(event["address"].as_str().map(str::to_lowercase));
            }
        }
    }
    attempted
}

struct Run {
    finished: bool,
    found: Interrupted,
}

fn read(path: &Path) -> Option<Run> {
    let mut began = None;
    let mut open: Vec<(Value, String)> = Vec::new();
    let (mut settled, mut finished) = (0, false);
    for event in events(path) {
        match event["event"].as_str() {
            Some("run") => began = event["began"].as_str().map(str::to_owned),
            Some("begin") => {
                open.push((event["operation"].clone(), event["what"].as_str().unwrap_or_default().to_owned()))
            }
            Some("end") => {
                settled += 1;
                open.retain(|(operation, _)| *operation != event["operation"]);
            }
            Some("finished") => finished = true,
            _ => {}
        }
    }
    let open = open.into_iter().map(|(_, what)| what).collect();
    Some(Run { finished, found: Interrupted { began: began?, settled, open, journal: path.to_owned() } })
}

/// The events of a journal; a line that a crash cut short is no event.
fn events(path: &Path) -> Vec<Value> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}
