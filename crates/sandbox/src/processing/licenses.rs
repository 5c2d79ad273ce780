//! Licences that members get through their groups.
//! <https://learn.microsoft.com/entra/fundamentals/concept-group-based-licensing>

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::{Job, Terms};
use crate::licensing::{Assigner, processed, processing_state};
use crate::store::{Change, Object, Store};

/// Most members of a group that one job looks at, so that requests come in between.
const SLICE: usize = 2_000;

/// What there is to do in a store nobody has looked at yet.
pub(super) fn start(store: &Store) -> Vec<Job> {
    let everything = store.everything().into_iter();
    let unfinished = everything.filter_map(|object| object_changed(store, object));
    unfinished.chain(store.licenses().granting().iter().map(|group| Job::Inherit(*group, None))).collect()
}

/// What a change sets off; `before` is the store without it.
pub(super) fn set_off(before: &Store, change: &Change) -> Option<Job> {
    match change {
        Change::Put(object) => object_changed(before, object),
        Change::Link { source, relation: "members", .. }
        | Change::Unlink { source, relation: "members", .. } => {
            before.licenses().granting().contains(source).then_some(Job::Inherit(*source, None))
        }
        Change::Link { .. } | Change::Unlink { .. } | Change::Remove(_) => None,
    }
}

fn object_changed(before: &Store, object: &Object) -> Option<Job> {
    let comes_back = || !object.is_deleted() && before.any(object.id).is_some_and(|found| found.is_deleted());
    match object.entity.name {
        "group" => match processing_state(object) {
            Some("QueuedForProcessing") => Some(Job::License(object.id)),
            Some("ProcessingInProgress") => Some(Job::LicenseMembers(object.id, None)),
            _ => None,
        },
        "user" if comes_back() => Some(Job::LicenseUser(object.id)),
        _ => None,
    }
}

/// Begins with a group whose licences have changed.
pub(super) fn begin(store: &Store, group: Uuid) -> Vec<Change> {
    in_state(store, group, "QueuedForProcessing", "ProcessingInProgress")
}

/// Gives some members of a group, those behind `after`, what it grants. The last of them, when there may be more.
pub(super) fn members(
    store: &Store,
    group: Uuid,
    after: Option<Uuid>,
    terms: Terms,
) -> (Vec<Change>, Option<Uuid>) {
    let heirs = store.licenses().heirs_after(group, after).take(SLICE);
    let concerned: BTreeSet<Uuid> =
        store.targets_after(group, "members", after).take(SLICE).chain(heirs).collect();
    let (slice, last) = slice(concerned);
    let mut changes = users(store, slice, terms);
    if last.is_none() {
        changes.extend(in_state(store, group, "ProcessingInProgress", "ProcessingComplete"));
    }
    (changes, last)
}

/// Gives new members of a group, those behind `after`, what it grants, and takes it from former ones. The last of
/// them, when there may be more.
pub(super) fn inherit(
    store: &Store,
    group: Uuid,
    after: Option<Uuid>,
    terms: Terms,
) -> (Vec<Change>, Option<Uuid>) {
    let members: BTreeSet<Uuid> = store.targets_after(group, "members", after).collect();
    let heirs: BTreeSet<Uuid> = store.licenses().heirs_after(group, after).collect();
    let (slice, last) = slice(members.symmetric_difference(&heirs).copied());
    (users(store, slice, terms), last)
}

/// What one job looks at, and the last of it when there may be more.
fn slice(ids: impl IntoIterator<Item = Uuid>) -> (Vec<Uuid>, Option<Uuid>) {
    let slice: Vec<Uuid> = ids.into_iter().take(SLICE).collect();
    let last = slice.last().copied().filter(|_| slice.len() == SLICE);
    (slice, last)
}

/// Gives users what their groups grant.
pub(super) fn users(store: &Store, ids: impl IntoIterator<Item = Uuid>, terms: Terms) -> Vec<Change> {
    let mut assigner = Assigner::new(store, terms.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let live = ids.into_iter().filter_map(|id| store.live(id)).filter(|found| found.entity.name == "user");
    live.filter_map(|user| assigner.settle(user)).map(|user| Change::Put(Arc::new(user))).collect()
}

/// Moves a group from one state of processing to another.
fn in_state(store: &Store, group: Uuid, from: &str, to: &str) -> Vec<Change> {
    let found = store.live(group).filter(|group| processing_state(group) == Some(from));
    found.map(|group| Change::Put(Arc::new(processed(group, to)))).into_iter().collect()
}
