//! Answers reads of schedules and of instances.
//! <https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-assignmentschedules>

use std::sync::Arc;

use super::super::{Family, Schedule, instances};
use super::NARROWED_BY;
use super::ask::family;
use super::rows::{About, schedules};
use crate::graph::{
    Directory, Failure, Key, Method, Path, Request, Source, Tail, list, one, resource_not_found,
};
use crate::query::filter::equal_to;
use crate::quirks::role_schedule::fill_times;
use crate::quirks::{Behavior, Written};
use crate::schema::EntityType;
use crate::store::{Object, id_of};

/// Schedules, which requests make, change and end.
pub(crate) const SCHEDULES: Behavior = Behavior {
    answer: Some(answer_schedules),
    narrowed_by: NARROWED_BY,
    seed: |schedule, _| fill_times(schedule),
    ..Behavior::READ_ONLY
};

/// What is in force of them at the moment.
pub(crate) const INSTANCES: Behavior =
    Behavior { answer: Some(answer_instances), narrowed_by: NARROWED_BY, ..Behavior::BUILT_IN };

fn answer_schedules(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    answer(directory, path, request, |_, _, schedules| {
        schedules.iter().filter_map(Schedule::object).collect()
    })
}

fn answer_instances(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    answer(directory, path, request, |directory, kind, schedules| {
        let instances = instances(directory.visible, schedules.into_iter(), directory.now).into_iter();
        let shown = instances.map(|instance| {
            let mut object = instance.object(kind);
            let (schedule, target) = (&instance.schedule, instance.schedule.target);
            let id = target.schedule_id(schedule.made_by);
            match schedule.family {
                Family::Active => {
                    let kind = if schedule.activated { "Activated" } else { "Assigned" };
                    object.set("assignmentType", target.word(kind));
                    object.set("assignmentScheduleId", id);
                }
                Family::Eligible => object.set("eligibilityScheduleId", id),
            }
            Arc::new(object)
        });
        shown.collect()
    })
}

/// How schedules show in a list.
type Rows = fn(&Directory<'_>, &'static EntityType, Vec<Schedule>) -> Vec<Arc<Object>>;

fn answer(directory: &Directory<'_>, path: &Path, request: &Request, show: Rows) -> Result<Written, Failure> {
    let kind = path.set().ok_or_else(Failure::method_not_allowed)?;
    let rows = |about: About| {
        let mut rows = show(directory, kind, schedules(directory.visible, family(kind), about));
        rows.sort_by_key(|row| row.id);
        rows
    };
    let plain = path.navigation.is_none() && path.cast.is_none();
    let response = match (request.method, &path.key, &path.tail) {
        (Method::Get, None, tail @ (Tail::Itself | Tail::Count)) if plain => {
            let objects = rows(about(request));
            list(directory, &Source::Computed { kind, objects }, request, tail)?
        }
        (Method::Get, Some(Key::Segment(id)), Tail::Itself) if plain => {
            let group = id.split('_').next().map(id_of);
            let found = rows(About { group, principal: None }).into_iter().find(|row| row.id == id_of(id));
            one(directory, &*found.ok_or_else(|| resource_not_found(id))?, request, kind.collection, false)?
        }
        _ => return Err(Failure::method_not_allowed()),
    };
    Ok(Written { changes: Vec::new(), response })
}

/// What a list is about.
fn about(request: &Request) -> About {
    let filter = request.option("filter").unwrap_or_default();
    let named = |name: &str| equal_to(filter, name).map(|id| id_of(&id));
    About { group: named("groupId"), principal: named("principalId") }
}
