//! Keeps a tenant in a directory: a log of changes that is rewritten shorter at each start.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::change::Line;
use super::{Change, Store};
use crate::error::Error;

/// The log of changes inside a state directory.
const LOG: &str = "tenant.jsonl";

/// Proof that this process alone uses a state directory; released when dropped.
#[derive(Debug)]
pub(crate) struct StateLock {
    directory: PathBuf,
    _file: File,
}

impl StateLock {
    /// Creates the directory if needed and takes its lock.
    pub(crate) fn take(directory: &Path) -> Result<Self, Error> {
        fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
        let path = directory.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { directory: directory.to_path_buf(), _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: directory.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(Error::file("lock", &path)(source)),
        }
    }

    /// The locked directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Reads the tenant kept here; `None` when there is none yet.
    pub(crate) fn load(&self) -> Result<Option<Store>, Error> {
        let path = self.directory.join(LOG);
        if !path.exists() {
            return Ok(None);
        }
        let file = File::open(&path).map_err(Error::file("open", &path))?;
        let mut lines = BufReader::new(file).split(b'\n').enumerate().peekable();
        let mut store = Store::default();
        while let Some((index, line)) = lines.next() {
            let line = line.map_err(Error::file("read", &path))?;
            let parsed = serde_json::from_slice::<Line>(&line).map_err(|error| error.to_string());
            match parsed.and_then(|line| store.read(line)) {
                Ok(()) => {}
                // A process killed in the middle of a write leaves half a line at the end, for a
                // change nobody was told about.
                Err(_) if lines.peek().is_none() => break,
                Err(problem) => return Err(Error::State { path, line: index + 1, problem }),
            }
        }
        Ok(Some(store))
    }

    /// Replaces the log by the shortest one that gives `store`, and opens it for more.
    pub(crate) fn begin(self, store: &Store) -> Result<Journal, Error> {
        let path = self.directory.join(LOG);
        let fresh = self.directory.join("tenant.jsonl.new");
        write_all(store, &fresh).map_err(Error::file("write", &fresh))?;
        fs::rename(&fresh, &path).map_err(Error::file("replace", &path))?;
        let log = OpenOptions::new().append(true).open(&path).map_err(Error::file("open", &path))?;
        Ok(Journal { log, _lock: self })
    }
}

/// The open log of a state directory.
#[derive(Debug)]
pub(crate) struct Journal {
    log: File,
    _lock: StateLock,
}

impl Journal {
    /// Appends changes in one write, so that a killed process has kept all of them or none but the
    /// half line at the end.
    pub(crate) fn append(&mut self, changes: &[Change]) -> std::io::Result<()> {
        let mut text = Vec::new();
        for change in changes {
            serde_json::to_writer(&mut text, &change.to_line())?;
            text.push(b'\n');
        }
        let length = self.log.metadata()?.len();
        self.log.write_all(&text).or_else(|error| {
            // The next line must not continue half of this one.
            self.log.set_len(length)?;
            Err(error)
        })
    }

    /// Waits until the operating system has put the log on the disk.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        self.log.sync_all()
    }
}

fn write_all(store: &Store, path: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let objects = store.everything();
    let puts = objects.iter().map(|object| Change::Put(Arc::clone(object)));
    let links = objects.iter().flat_map(|object| {
        store.links_of(object.id).map(|(relation, targets)| Change::Link {
            source: object.id,
            relation,
            targets: targets.iter().copied().collect(),
        })
    });
    for change in puts.chain(links) {
        serde_json::to_writer(&mut file, &change.to_line())?;
        file.write_all(b"\n")?;
    }
    let history = Line::History(store.history.secret(), store.history.position());
    serde_json::to_writer(&mut file, &history)?;
    file.write_all(b"\n")?;
    file.into_inner().map_err(|error| error.into_error())?.sync_all()
}

impl Store {
    /// Does what a line of the log says; the error says what is unknown.
    fn read(&mut self, line: Line) -> Result<(), String> {
        match line {
            Line::History(secret, position) => {
                self.history.resume(secret, position);
                self.history.record();
            }
            line => self.apply(&Change::from_line(line)?),
        }
        Ok(())
    }
}
