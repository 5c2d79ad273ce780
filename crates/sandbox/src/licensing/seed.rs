//! The licences of a new tenant.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::assigner::Assigner;
use super::group::{processed, processing_state};
use super::state::{State, guids};
use crate::store::{Change, Object, Store, id_of};

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
    let unsaid = store.licenses().granting().iter().filter_map(|group| store.live(*group));
    let unsaid = unsaid.filter(|group| processing_state(group).is_none());
    let complete = unsaid.map(|group| processed(group, "ProcessingComplete")).collect();
    apply(store, complete);
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
