//! Schedules in a seed: each names its group, the access and who has it; the group is under management with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::policies::manage;
use super::super::{Family, Schedule, Target};
use crate::error::Error;
use crate::schema;
use crate::store::{Change, Object, Store, id_of};

/// Completes the schedules of a seed.
pub(crate) fn seed(store: &mut Store) -> Result<(), Error> {
    let mut groups = BTreeSet::new();
    for given in seeded(store) {
        let Some(schedule) = Schedule::read(&given, store) else {
            return Err(Error::seed(
                given.entity.section(),
                "an entry needs groupId, accessId and principalId",
            ));
        };
        let Target::Group { group, .. } = schedule.target else { continue };
        for (name, id) in [("groupId", group), ("principalId", schedule.principal)] {
            if store.live(id).is_none() {
                return Err(Error::seed(given.entity.section(), format!("{name}: {id} is not in the seed")));
            }
        }
        let id = id_of(&schedule.target.schedule_id(schedule.made_by));
        let completed = Schedule { id, ..schedule }.object();
        store.apply(&Change::Remove(given.id));
        completed.into_iter().for_each(|completed| store.apply(&Change::Put(completed)));
        groups.insert(group);
    }
    for group in groups {
        manage(store, &group.to_string()).iter().for_each(|change| store.apply(change));
    }
    Ok(())
}

fn seeded(store: &Store) -> Vec<Arc<Object>> {
    let target = Target::Group { group: uuid::Uuid::nil(), access: super::super::Access::Member };
    let kinds = Family::ALL.into_iter().filter_map(|family| schema::by_name(family.schedules(target)));
    kinds.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id).cloned()).collect()
}
