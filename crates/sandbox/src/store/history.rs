//! What changed, in order, for delta queries.
//!
//! Seeding a tenant records nothing; from then on each changed object and each changed link is one
//! entry. Stores that were given the same changes agree on the positions, so that a replica can
//! continue where the primary, or another replica, left off.

use std::collections::VecDeque;

use uuid::Uuid;

use super::Object;
use crate::schema::{EntityType, Navigation};

/// Most entries kept; about 64 bytes each. Who asks for older ones has to start over.
const MOST: usize = 1 << 20;

/// The recent changes of a store.
#[derive(Debug, Clone)]
pub(crate) struct History {
    secret: Uuid,
    recording: bool,
    /// Position of the oldest entry kept.
    first: u64,
    entries: VecDeque<Entry>,
}

/// One change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    /// An object came, changed or went.
    Object { id: Uuid, kind: &'static EntityType, changed: Changed },
    /// A link came or went; which of both, the links themselves tell.
    Link {
        source: Uuid,
        kind: &'static EntityType,
        relation: &'static Navigation,
        target: Uuid,
        target_kind: &'static EntityType,
    },
}

impl Default for History {
    fn default() -> Self {
        Self { secret: Uuid::new_v4(), recording: false, first: 0, entries: VecDeque::new() }
    }
}

impl History {
    /// What delta tokens of this tenant are signed with.
    pub(crate) fn secret(&self) -> Uuid {
        self.secret
    }

    /// Position behind the newest entry.
    pub(crate) fn position(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The entries from a position on, each with its own; `None` when some of them are forgotten.
    pub(crate) fn since(&self, from: u64) -> Option<impl Iterator<Item = (u64, &Entry)>> {
        let skipped = usize::try_from(from.checked_sub(self.first)?).unwrap_or(usize::MAX);
        let range = self.entries.range(skipped.min(self.entries.len())..);
        Some((from..).zip(range))
    }

    /// Continues the history of an earlier process, whose entries are forgotten.
    pub(super) fn resume(&mut self, secret: Uuid, position: u64) {
        *self = Self { secret, recording: self.recording, first: position, entries: VecDeque::new() };
    }

    /// Records from now on.
    pub(super) fn record(&mut self) {
        self.recording = true;
    }

    pub(super) fn is_recording(&self) -> bool {
        self.recording
    }

    /// Notes that an object is there; `before` is what it was.
    pub(super) fn put(&mut self, before: Option<&Object>, after: &Object) {
        let changed = Changed::between(before, after);
        if self.recording && changed != Changed::NOTHING {
            self.push(Entry::Object { id: after.id, kind: after.entity, changed });
        }
    }

    /// Notes that an object is gone for good.
    pub(super) fn remove(&mut self, object: &Object) {
        if self.recording {
            self.push(Entry::Object { id: object.id, kind: object.entity, changed: Changed::GONE });
        }
    }

    /// Notes that a link came or went.
    pub(super) fn link(&mut self, source: &Object, relation: &str, target: &Object) {
        if let (true, Some(relation)) = (self.recording, source.entity.navigation(relation)) {
            let (kind, target_kind) = (source.entity, target.entity);
            self.push(Entry::Link { source: source.id, kind, relation, target: target.id, target_kind });
        }
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == MOST {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(entry);
    }
}

/// Which properties of an object changed: one bit for each declared one, three with a meaning of
/// their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changed(u128);

/// All directory extensions together, as the service does not tell them apart either.
const EXTENSIONS: u128 = 1 << 125;

impl Changed {
    pub(crate) const NOTHING: Self = Self(0);
    /// The object came to be.
    pub(crate) const CREATED: Self = Self(1 << 126);
    /// The object came back from, or went to, deleted items.
    pub(crate) const RESTORED: Self = Self(1 << 127);
    /// The object went away.
    pub(crate) const GONE: Self = Self::RESTORED;

    /// The difference of two states of an object.
    fn between(before: Option<&Object>, after: &Object) -> Self {
        let Some(before) = before else {
            return Self::CREATED;
        };
        if before.is_deleted() != after.is_deleted() {
            return Self::RESTORED;
        }
        let set = after.properties().filter(|(name, value)| before.get(name) != Some(value));
        let cleared = before.properties().filter(|(name, _)| after.get(name).is_none());
        Self(set.chain(cleared).fold(0, |bits, (name, _)| bits | bit(after.entity, name)))
    }

    /// Both changes together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything about the object is news.
    pub(crate) fn is_whole(self) -> bool {
        self.0 & (Self::CREATED.0 | Self::RESTORED.0) != 0
    }

    /// Whether also its links, which were there all the time, are news.
    pub(crate) fn is_restored(self) -> bool {
        self.0 & Self::RESTORED.0 != 0
    }

    /// Whether a property changed.
    pub(crate) fn has(self, kind: &EntityType, name: &str) -> bool {
        self.0 & bit(kind, name) != 0
    }
}

fn bit(kind: &EntityType, name: &str) -> u128 {
    kind.properties.iter().position(|property| property.name == name).map_or(EXTENSIONS, |at| 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn every_declared_property_has_a_bit_of_its_own() {
        for kind in schema::TYPES {
            assert!(kind.properties.len() <= 125, "{}", kind.name);
        }
    }

    #[test]
    fn forgotten_entries_are_told_from_entries_to_come() {
        let mut history = History::default();
        history.resume(Uuid::nil(), 7);
        assert!(history.since(6).is_none());
        assert_eq!(history.since(7).map(Iterator::count), Some(0));
        assert_eq!(history.since(9).map(Iterator::count), Some(0));
    }

    #[test]
    fn entries_stay_small() {
        assert!(size_of::<Entry>() <= 64, "{}", size_of::<Entry>());
    }
}
