//! The directory: objects, links between them and the indexes that find them.
//!
//! A [`Store`] changes only by [`Change`]s, and every change is a value that can be written to the
//! state directory or replayed on a second store, which is how the lagging replica works.

mod object;
mod change;
mod replica;
mod journal;
mod history;
mod licenses;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use uuid::Uuid;

pub(crate) use change::Change;
pub(crate) use history::{Changed, Entry, History};
pub(crate) use journal::{Journal, StateLock};
pub(crate) use licenses::LicenseIndex;
pub(crate) use object::{Object, derived_id, id_of};
pub(crate) use replica::{ReplicaRole, Tenant};

use crate::schema::{EntityType, KeyScope, parse_date};

/// Targets of one relationship of one object, by relationship name.
type Links = BTreeMap<&'static str, BTreeSet<Uuid>>;

/// All objects of a tenant in memory.
#[derive(Debug, Default, Clone)]
pub(crate) struct Store {
    objects: HashMap<Uuid, Arc<Object>>,
    live: HashMap<&'static str, BTreeSet<Uuid>>,
    deleted: HashMap<&'static str, BTreeSet<Uuid>>,
    forward: HashMap<Uuid, Links>,
    reverse: HashMap<Uuid, Links>,
    keys: HashMap<(&'static str, String), Uuid>,
    licenses: LicenseIndex,
    history: History,
}

impl Store {
    /// An object, soft-deleted or not.
    pub(crate) fn any(&self, id: Uuid) -> Option<&Arc<Object>> {
        self.objects.get(&id)
    }

    /// An object that is not deleted.
    pub(crate) fn live(&self, id: Uuid) -> Option<&Arc<Object>> {
        self.any(id).filter(|object| !object.is_deleted())
    }

    /// The holder of a unique value, soft-deleted or not.
    pub(crate) fn holder(&self, index: &'static str, value: &str) -> Option<&Arc<Object>> {
        let id = self.keys.get(&(index, value.to_lowercase()))?;
        self.any(*id)
    }

    /// Ids of the live or the soft-deleted objects of a type in ascending order, after `after`.
    pub(crate) fn ids(
        &self,
        entity: &EntityType,
        deleted: bool,
        after: Option<Uuid>,
    ) -> impl Iterator<Item = Uuid> + '_ {
        let sets = if deleted { &self.deleted } else { &self.live };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        sets.get(entity.name).into_iter().flat_map(move |set| set.range((from, Bound::Unbounded)).copied())
    }

    /// Ids of the soft-deleted objects that went before a point in time.
    pub(crate) fn deleted_before(&self, time: jiff::Timestamp) -> Vec<Uuid> {
        let gone = |id: &Uuid| {
            let deleted = self.any(*id).and_then(|object| object.text("deletedDateTime"));
            deleted.and_then(parse_date).is_some_and(|deleted| deleted < time)
        };
        self.deleted.values().flatten().copied().filter(gone).collect()
    }

    /// How many live objects a type has.
    pub(crate) fn count(&self, entity: &EntityType) -> usize {
        self.live.get(entity.name).map_or(0, BTreeSet::len)
    }

    /// Targets stored on an object, deleted ones included, in ascending order.
    pub(crate) fn targets(&self, source: Uuid, relation: &str) -> impl Iterator<Item = Uuid> + use<'_> {
        self.targets_after(source, relation, None)
    }

    /// Targets stored on an object, deleted ones included, in ascending order, after `after`.
    pub(crate) fn targets_after(
        &self,
        source: Uuid,
        relation: &str,
        after: Option<Uuid>,
    ) -> impl Iterator<Item = Uuid> + use<'_> {
        linked(&self.forward, source, relation, after)
    }

    /// Objects that store `target` under a relationship, deleted ones included, in ascending order,
    /// after `after`.
    pub(crate) fn sources_after(
        &self,
        target: Uuid,
        relation: &str,
        after: Option<Uuid>,
    ) -> impl Iterator<Item = Uuid> + use<'_> {
        linked(&self.reverse, target, relation, after)
    }

    /// Whether a link is stored.
    pub(crate) fn is_linked(&self, source: Uuid, relation: &str, target: Uuid) -> bool {
        self.forward
            .get(&source)
            .and_then(|links| links.get(relation))
            .is_some_and(|targets| targets.contains(&target))
    }

    /// The object that another one lives in.
    pub(crate) fn owner(&self, part: Uuid) -> Option<&Arc<Object>> {
        let reverse = self.reverse.get(&part)?.iter();
        let mut sources = reverse.flat_map(|(relation, ids)| ids.iter().map(|id| (*relation, *id)));
        sources.find_map(|(relation, id)| self.any(id).filter(|owner| owner.entity.has_parts(relation)))
    }

    /// Every link an object stores, for dumps and compaction.
    pub(crate) fn links_of(&self, source: Uuid) -> impl Iterator<Item = (&'static str, &BTreeSet<Uuid>)> {
        self.forward.get(&source).into_iter().flatten().map(|(relation, targets)| (*relation, targets))
    }

    /// What changed since the store was filled.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Who holds which licences.
    pub(crate) fn licenses(&self) -> &LicenseIndex {
        &self.licenses
    }

    /// Every object in ascending order of id.
    pub(crate) fn everything(&self) -> Vec<&Arc<Object>> {
        let mut objects: Vec<_> = self.objects.values().collect();
        objects.sort_unstable_by_key(|object| object.id);
        objects
    }

    /// Applies one change. Changes are checked before they are made, so this cannot fail.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Put(object) => self.put(Arc::clone(object)),
            Change::Remove(id) => self.remove(*id),
            Change::Link { source, relation, targets } => {
                for target in targets {
                    self.forward.entry(*source).or_default().entry(relation).or_default().insert(*target);
                    self.reverse.entry(*target).or_default().entry(relation).or_default().insert(*source);
                    self.note_link(*source, relation, *target);
                }
            }
            Change::Unlink { source, relation, targets } => {
                for target in targets {
                    unlink(&mut self.forward, *source, relation, *target);
                    unlink(&mut self.reverse, *target, relation, *source);
                    self.note_link(*source, relation, *target);
                }
            }
        }
    }

    fn note_link(&mut self, source: Uuid, relation: &str, target: Uuid) {
        if let (true, Some(source), Some(target)) =
            (self.history.is_recording(), self.objects.get(&source), self.objects.get(&target))
        {
            self.history.link(source, relation, target);
        }
    }

    fn put(&mut self, mut object: Arc<Object>) {
        self.licenses.complete(&mut object);
        let before = self.objects.remove(&object.id);
        if let Some(before) = &before {
            self.forget(before);
        }
        self.history.put(before.as_deref(), &object);
        let sets = if object.is_deleted() { &mut self.deleted } else { &mut self.live };
        sets.entry(object.entity.name).or_default().insert(object.id);
        for (index, value, scope) in object.keys() {
            if scope == KeyScope::Always || !object.is_deleted() {
                self.keys.insert((index, value), object.id);
            }
        }
        self.licenses.add(&object);
        let id = object.id;
        self.objects.insert(id, object);
        self.show_licenses();
    }

    /// Brings up to date what products and groups show of the licences of others.
    fn show_licenses(&mut self) {
        for id in self.licenses.outdated() {
            if let Some(object) = self.objects.get_mut(&id) {
                self.licenses.complete(object);
            }
        }
    }

    fn remove(&mut self, id: Uuid) {
        let Some(before) = self.objects.remove(&id) else {
            return;
        };
        self.forget(&before);
        self.history.remove(&before);
        for (relation, targets) in self.forward.remove(&id).unwrap_or_default() {
            for target in targets {
                unlink(&mut self.reverse, target, relation, id);
                if before.entity.has_parts(relation) {
                    self.remove(target);
                }
            }
        }
        for (relation, sources) in self.reverse.remove(&id).unwrap_or_default() {
            for source in sources {
                unlink(&mut self.forward, source, relation, id);
                if let Some(source) = self.objects.get(&source) {
                    self.history.link(source, relation, &before);
                }
            }
        }
        self.show_licenses();
    }

    /// Takes an object out of the sets and indexes.
    fn forget(&mut self, object: &Object) {
        self.licenses.remove(object);
        for sets in [&mut self.live, &mut self.deleted] {
            if let Some(set) = sets.get_mut(object.entity.name) {
                set.remove(&object.id);
            }
        }
        for (index, value, _) in object.keys() {
            let key = (index, value);
            if self.keys.get(&key) == Some(&object.id) {
                self.keys.remove(&key);
            }
        }
    }
}

fn linked<'a>(
    links: &'a HashMap<Uuid, Links>,
    from: Uuid,
    relation: &str,
    after: Option<Uuid>,
) -> impl Iterator<Item = Uuid> + use<'a> {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let found = links.get(&from).and_then(|links| links.get(relation)).into_iter();
    found.flat_map(move |ids| ids.range((start, Bound::Unbounded)).copied())
}

fn unlink(links: &mut HashMap<Uuid, Links>, from: Uuid, relation: &str, to: Uuid) {
    if let Some(targets) = links.get_mut(&from).and_then(|links| links.get_mut(relation)) {
        targets.remove(&to);
    }
}
