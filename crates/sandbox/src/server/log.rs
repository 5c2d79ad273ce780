//! What was asked and what it changed, for whoever has to prove it.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::luck::Fault;
use crate::store::{Change, Store};

/// How many operations are kept.
const MOST: usize = 20_000;

/// The operations of late, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// Number of the next entry.
    next: u64,
}

/// One operation: a request of its own, an item of a batch, or an edit by an administrator.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) at: String,
    /// Client id of the application, or `administrator`.
    pub(super) application: String,
    pub(super) request_id: String,
    pub(super) client_request_id: String,
    pub(super) method: &'static str,
    /// Path below the version, with its query, decoded.
    pub(super) path: String,
    pub(super) status: u16,
    /// What was inflicted on it.
    pub(super) faults: Vec<&'static str>,
    pub(super) changes: Vec<Changed>,
}

/// One thing that an operation changed.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    /// `created`, `updated`, `deleted`, `restored`, `removed`, `linked` or `unlinked`.
    pub(super) change: &'static str,
    pub(super) id: Uuid,
    /// Type of the object, for example `user`.
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relation: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) targets: Vec<Uuid>,
}

impl Log {
    /// Adds an entry; its number is given here.
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push_back(Entry { number: self.next, ..entry });
        self.next += 1;
        if self.entries.len() > MOST {
            self.entries.pop_front();
        }
    }

    /// Notes a fault on every operation of an HTTP request.
    pub(super) fn inflict(&mut self, request_id: &str, fault: Fault) {
        let of_request = self.entries.iter_mut().rev().take_while(|entry| entry.request_id == request_id);
        of_request.for_each(|entry| entry.faults.push(fault.name()));
    }

    /// The entries from number `from` on, and what to ask for next.
    pub(super) fn show(&self, from: u64) -> Value {
        let entries: Vec<&Entry> = self.entries.iter().filter(|entry| entry.number >= from).collect();
        let oldest = self.entries.front().map_or(self.next, |entry| entry.number);
        json!({ "next": self.next, "oldest": oldest, "entries": entries })
    }
}

/// What changes do, judged by the store before they are made.
pub(super) fn changed(store: &Store, changes: &[Change]) -> Vec<Changed> {
    changes.iter().filter_map(|change| one(store, change)).collect()
}

fn one(store: &Store, change: &Change) -> Option<Changed> {
    let kind = |id: Uuid| store.any(id).map_or("object", |object| object.entity.name);
    let plain = |change, id, kind| Changed { change, id, kind, relation: None, targets: Vec::new() };
    Some(match change {
        Change::Put(object) => {
            let was_deleted = store.any(object.id).map(|before| before.is_deleted());
            let change = match (was_deleted, object.is_deleted()) {
                (None, _) => "created",
                (Some(false), true) => "deleted",
                (Some(true), false) => "restored",
                _ => "updated",
            };
            plain(change, object.id, object.entity.name)
        }
        Change::Remove(id) => plain("removed", *id, kind(*id)),
        Change::Link { targets, .. } | Change::Unlink { targets, .. } if targets.is_empty() => return None,
        Change::Link { source, relation, targets } => Changed {
            relation: Some(relation),
            targets: targets.clone(),
            ..plain("linked", *source, kind(*source))
        },
        Change::Unlink { source, relation, targets } => Changed {
            relation: Some(relation),
            targets: targets.clone(),
            ..plain("unlinked", *source, kind(*source))
        },
    })
}
