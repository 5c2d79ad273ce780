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
}

impl Writing {
    /// Takes the objects a request writes to, as far as no other request holds them.
    pub(super) fn hold(&self, request: &Request) -> Held<'_> {
        let mut writing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = graph::operations(request).into_iter().filter_map(|item| written(&item));
        let (taken, held) =
            wanted.collect::<BTreeSet<_>>().into_iter().partition(|key| writing.contains(key));
        writing.extend::<BTreeSet<String>>(BTreeSet::clone(&held));
        Held { writing: self, held, taken }
    }
}

impl Held<'_> {
    /// Whether an operation of the request writes to something that another request is writing to.
    pub(super) fn conflicts(&self, operation: &Request) -> bool {
        written(operation).is_some_and(|key| self.taken.contains(&key))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut writing = self.writing.0.lock().unwrap_or_else(PoisonError::into_inner);
        writing.retain(|key| !self.held.contains(key));
    }
}

/// Collection and key of the object a request writes to; `None` for reads and creations.
fn written(request: &Request) -> Option<String> {
    if !cost::is_write(request) {
        return None;
    }
    let [collection, key] = *cost::shape(request).first_chunk::<2>()?;
    Some(format!("{collection}/{key}").to_lowercase())
}
