//! What is in force now: each schedule, and each member of a group that has one.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use uuid::Uuid;

use super::Schedule;
use crate::schema::EntityType;
use crate::store::{Object, Store, id_of};

/// Somebody who has something by a schedule.
pub(crate) struct Instance {
    pub(crate) schedule: Schedule,
    pub(crate) principal: Uuid,
    /// Whether as a member of the group that the schedule is for.
    pub(crate) by_group: bool,
}

/// Everybody who has, or may activate, something by some schedules.
pub(crate) fn instances(
    store: &Store,
    schedules: impl Iterator<Item = Schedule>,
    now: Timestamp,
) -> Vec<Instance> {
    let in_force = schedules.filter(|found| found.is_in_force(now));
    in_force.flat_map(|schedule| holders(store, &schedule)).collect()
}

fn holders(store: &Store, schedule: &Schedule) -> Vec<Instance> {
    let Some(principal) = store.live(schedule.principal) else { return Vec::new() };
    let instance = |principal: Uuid| Instance {
        schedule: schedule.clone(),
        principal,
        by_group: principal != schedule.principal,
    };
    let is_group = principal.entity.name == "group";
    let members = is_group.then(|| store.targets(principal.id, "members")).into_iter().flatten();
    let live = members.filter(|id| store.live(*id).is_some());
    std::iter::once(principal.id).chain(live).map(instance).collect()
}

impl Instance {
    /// What is shown of it, without what only one family or target has.
    pub(crate) fn object(&self, kind: &'static EntityType) -> Object {
        let parts = [self.schedule.id, self.principal].map(Uuid::into_bytes);
        let id = format!("{}-1-e", BASE64_URL_SAFE_NO_PAD.encode(parts.concat()));
        let mut object = Object::new(kind, id_of(&id));
        object.set("id", id);
        self.schedule.target.write(&mut object);
        object.set("principalId", self.principal.to_string());
        let member = if self.by_group { "Group" } else { "Direct" };
        object.set("memberType", self.schedule.target.word(member));
        object.set("startDateTime", self.schedule.start.to_string());
        object.set("endDateTime", self.schedule.end.map(|end| end.to_string()));
        object
    }
}
