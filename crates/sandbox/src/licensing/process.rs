//! Gives members what their groups grant, after something has changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::assigner::Assigner;
use super::state::{State, guids};
use crate::quirks::now;
use crate::store::{Change, Object, Store, id_of};

/// What has to be looked at after some changes.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// Groups whose licences have changed.
    pub(crate) groups: BTreeSet<Uuid>,
    /// Users whose memberships in such groups have changed, or who have come back.
    pub(crate) users: BTreeSet<Uuid>,
}

impl Due {
    /// What follows from changes that are about to be made to a store.
    pub(crate) fn of(store: &Store, changes: &[Change]) -> Self {
        let mut due = Self::default();
        for change in changes {
            match change {
                Change::Put(object) => due.note_object(store, object),
                Change::Link { source, relation: "members", targets }
                | Change::Unlink { source, relation: "members", targets }
                    if store.licenses().granting().contains(source) =>
                {
                    due.users.extend(targets);
                }
                _ => {}
            }
        }
        due
    }

    fn note_object(&mut self, store: &Store, object: &Object) {
        let comes_back =
            || store.any(object.id).is_some_and(|before| before.is_deleted() && !object.is_deleted());
        match object.entity.name {
            "group" if processing_state(object) == Some("QueuedForProcessing") => {
                self.groups.insert(object.id);
            }
            "user" if comes_back() => {
                self.users.insert(object.id);
            }
            _ => {}
        }
    }

    /// The changes that give everybody concerned what they should have.
    pub(crate) fn process(self, store: &Store) -> Vec<Change> {
        if self.users.is_empty() && self.groups.is_empty() {
            return Vec::new();
        }
        let mut users = self.users;
        users.extend(self.groups.iter().flat_map(|group| concerned(store, *group)));
        let mut assigner = Assigner::new(store, now());
        let live =
            users.into_iter().filter_map(|id| store.live(id)).filter(|user| user.entity.name == "user");
        let mut changes: Vec<Change> =
            live.filter_map(|user| assigner.settle(user)).map(|user| Change::Put(Arc::new(user))).collect();
        changes.extend(self.groups.into_iter().filter_map(|id| Some(completed(store.live(id)?))));
        changes
    }
}

/// The members of a group, and everybody else who has something from it, in ascending order.
fn concerned(store: &Store, group: Uuid) -> BTreeSet<Uuid> {
    store.targets(group, "members").chain(store.licenses().heirs(group)).collect()
}

fn processing_state(group: &Object) -> Option<&str> {
    group.get("licenseProcessingState")?.get("state")?.as_str()
}

fn completed(group: &Object) -> Change {
    let mut group = group.clone();
    group.set("licenseProcessingState", json!({ "state": "ProcessingComplete" }));
    Change::Put(Arc::new(group))
}

/// Brings the licences of a new tenant into the form the service would have given them.
pub(crate) fn seed(store: &mut Store, created: &str) {
    let direct: Vec<Object> = {
        let mut assigner = Assigner::new(store, created.to_owned());
        let everything = store.everything().into_iter();
        everything.filter_map(|object| seeded_user(&mut assigner, object)).collect()
    };
    apply(store, direct);
    let inherited: Vec<Object> = {
        let members = store.licenses().granting().iter().flat_map(|group| store.targets(*group, "members"));
        let members: BTreeSet<Uuid> = members.collect();
        let mut assigner = Assigner::new(store, created.to_owned());
        let users =
            members.into_iter().filter_map(|id| store.live(id)).filter(|user| user.entity.name == "user");
        users.filter_map(|user| assigner.settle(user)).collect()
    };
    apply(store, inherited);
    let groups = store.licenses().granting().clone();
    for group in groups {
        let unsaid = store.live(group).filter(|group| processing_state(group).is_none());
        if let Some(change) = unsaid.map(|group| completed(group)) {
            store.apply(&change);
        }
    }
}

fn apply(store: &mut Store, objects: Vec<Object>) {
    for object in objects {
        store.apply(&Change::Put(Arc::new(object)));
    }
}

/// A user of whom only the licences are said: they are assigned directly.
fn seeded_user(assigner: &mut Assigner<'_>, user: &Object) -> Option<Object> {
    let licenses = user.get("assignedLicenses").and_then(Value::as_array)?;
    if user.entity.name != "user" || user.get("licenseAssignmentStates").is_some() {
        return None;
    }
    let state = |license: &Value| {
        Some(State {
            group: None,
            sku: license["skuId"].as_str().map(id_of)?,
            disabled: guids(&license["disabledPlans"]),
            active: true,
            error: None,
            since: assigner.now.clone(),
        })
    };
    let states: Vec<State> = licenses.iter().filter_map(state).collect();
    Some(assigner.write(user, &states, &states))
}
