//! Which objects are being written to, and by which request.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::graph::{self, Request};

use super::cost;

/// The objects that requests in flight write to, whoever holds them.
#[derive(Debug, Default)]
pub(super) struct Writing(Mutex<BTreeSet<String>>);

/// The objects one HTTP request writes to; the ones it holds are free again when this is dropped.
#[derive(Debug)]
pub(super) struct Held<'a> {
    writing: &'a Writing,
    held: BTreeSet<String>,
    /// Objects that another request in flight holds.
    taken: BTreeSet<String>,
    /// Objects that an item of this batch has written to.
    begun: Mutex<BTreeSet<String>>,
}

impl Writing {
    /// Takes the objects a request writes to, as far as no other request holds them.
    pub(super) fn hold(&self, request: &Request) -> Held<'_> {
        let mut writing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = graph::operations(request).into_iter().filter_map(|item| written(&item));
        let (taken, held) =
            wanted.collect::<BTreeSet<_>>().into_iter().partition(|key| writing.contains(key));
        writing.extend::<BTreeSet<String>>(BTreeSet::clone(&held));
        Held { writing: self, held, taken, begun: Mutex::default() }
    }
}

impl Held<'_> {
    /// Whether an operation of the request writes to something that another request is writing to, or another item of
    /// the same batch that it does not wait for.
    pub(super) fn conflicts(&self, operation: &Request, waits: bool) -> bool {
        let Some(key) = written(operation) else {
            return false;
        };
        let taken = self.taken.contains(&key);
        let begun = !self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        taken || (begun && !waits)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut writing = self.writing.0.lock().unwrap_or_else(PoisonError::into_inner);
        writing.retain(|key| !self.held.contains(key));
    }
}

/// The key of the object a request writes to, wherever it is addressed; `None` for reads and creations.
fn written(request: &Request) -> Option<String> {
    if !cost::is_write(request) {
        return None;
    }
    let key = match cost::shape(request).as_slice() {
        ["directory" | "policies", _, key, ..] => *key,
        ["policies", name] => *name,
        ["directory", ..] => return None,
        [_, key, ..] => *key,
        _ => return None,
    };
    Some(key.to_lowercase())
}
