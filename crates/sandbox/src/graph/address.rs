//! Finds the object a path addresses.

use std::sync::Arc;

use super::path::{Key, Path, Root};
use super::{Directory, Failure};
use crate::schema::EntityType;
use crate::store::{Object, Store, id_of};

/// The refusal for an object that is not there.
pub(crate) fn resource_not_found(id: &str) -> Failure {
    Failure::new(
        404,
        "Request_ResourceNotFound",
        format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        ),
    )
}

/// Finds a live object of a type by id or segment key.
pub(crate) fn find<'a>(store: &'a Store, entity: &EntityType, text: &str) -> Option<&'a Arc<Object>> {
    let by_key = || entity.segment_key.and_then(|key| store.holder(key, text));
    let by_id = store.any(id_of(text)).filter(|found| found.entity.name == entity.name);
    let found = by_id.or_else(by_key)?;
    let is_part = entity.can_be_part() && store.owner(found.id).is_some();
    (found.entity.name == entity.name && !found.is_deleted() && !is_part).then_some(found)
}

/// Finds a live object of a type by an alternate key. An app registration shares its application id with the service
/// principal, which has the place in the index.
fn by_alternate<'a>(
    store: &'a Store,
    entity: &'static EntityType,
    name: &'static str,
    value: &str,
) -> Option<&'a Arc<Object>> {
    if entity.property(name).is_some_and(|property| property.key.is_some()) {
        let holder = store.holder(name, value);
        return holder.filter(|found| found.entity.name == entity.name && !found.is_deleted());
    }
    let mut objects = store.ids(entity, false, None).filter_map(|id| store.live(id));
    objects.find(|found| found.text(name).is_some_and(|held| held.eq_ignore_ascii_case(value)))
}

impl Path {
    /// The object the path addresses for a read.
    pub(crate) fn read<'a>(&self, directory: &Directory<'a>) -> Result<&'a Arc<Object>, Failure> {
        self.lookup(directory.visible).ok_or_else(|| resource_not_found(&self.key_text()))
    }

    /// The object the path addresses for a write: judged by the primary, but not found either while
    /// the replicas have not heard of it.
    pub(crate) fn write<'a>(&self, directory: &Directory<'a>) -> Result<&'a Arc<Object>, Failure> {
        let found = self.lookup(directory.primary);
        let found = found.filter(|object| directory.visible.any(object.id).is_some());
        found.ok_or_else(|| resource_not_found(&self.key_text()))
    }

    /// Whether the object exists but the replicas have not heard of it.
    pub(crate) fn is_out_of_sight(&self, directory: &Directory<'_>) -> bool {
        self.lookup(directory.primary).is_some_and(|object| directory.visible.any(object.id).is_none())
    }

    /// Whether nothing answers to the path yet, also not on the primary.
    pub(crate) fn is_free(&self, directory: &Directory<'_>) -> bool {
        self.lookup(directory.primary).is_none()
    }

    fn lookup<'a>(&self, store: &'a Store) -> Option<&'a Arc<Object>> {
        let key = self.key.as_ref()?;
        let found = match (self.root, key) {
            (Root::Set(entity), Key::Segment(text)) => find(store, entity, text)?,
            (Root::Set(entity), Key::Alternate(name, value)) => by_alternate(store, entity, name, value)?,
            (Root::DirectoryObjects, Key::Segment(text)) => {
                store.live(id_of(text)).filter(|object| object.entity.directory_object)?
            }
            (Root::DeletedItems, Key::Segment(text)) => {
                store.any(id_of(text)).filter(|object| object.is_deleted())?
            }
            (Root::DirectoryObjects | Root::DeletedItems, Key::Alternate(..)) => return None,
        };
        self.object_cast.is_none_or(|cast| cast.admits(found)).then_some(found)
    }

    /// The key as the client wrote it, for messages.
    pub(crate) fn key_text(&self) -> String {
        match &self.key {
            Some(Key::Segment(text) | Key::Alternate(_, text)) => text.clone(),
            None => String::new(),
        }
    }
}
