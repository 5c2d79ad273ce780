//! Answers reads of schedules and of instances.
//! <https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-assignmentschedules>

use std::sync::Arc;

use super::super::{Family, Schedule};
use super::rows::{About, instance, schedules};
use crate::graph::{
    Directory, Failure, Key, Method, Path, Request, Source, Tail, list, one, resource_not_found,
};
use crate::query::filter::equal_to;
use crate::quirks::{Behavior, Written};
use crate::schema::{EntityType, bad_request};
use crate::store::{Object, id_of};

/// Schedules, which requests make, change and end.
pub(crate) const SCHEDULES: Behavior = Behavior { answer: Some(answer_schedules), ..Behavior::READ_ONLY };

/// What is in force of them at the moment.
pub(crate) const INSTANCES: Behavior = Behavior { answer: Some(answer_instances), ..Behavior::BUILT_IN };

fn answer_schedules(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    answer(directory, path, request, |_, schedule, _| schedule.object())
}

fn answer_instances(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    answer(directory, path, request, |kind, schedule, now| instance(kind, schedule, now).map(Arc::new))
}

/// How a schedule shows in a list, if it does.
type Row = fn(&'static EntityType, &Schedule, jiff::Timestamp) -> Option<Arc<Object>>;

fn answer(directory: &Directory<'_>, path: &Path, request: &Request, row: Row) -> Result<Written, Failure> {
    let (kind, family) = kind(path)?;
    let rows = |about: About| -> Vec<Arc<Object>> {
        let schedules = schedules(directory.visible, family, about);
        let mut rows: Vec<_> =
            schedules.iter().filter_map(|schedule| row(kind, schedule, directory.now)).collect();
        rows.sort_by_key(|row| row.id);
        rows
    };
    let plain = path.navigation.is_none() && path.cast.is_none();
    let response = match (request.method, &path.key, &path.tail) {
        (Method::Get, None, tail @ (Tail::Itself | Tail::Count)) if plain => {
            let objects = rows(about(request)?);
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

/// The type that is asked for, and whether it is about what is active or what is eligible.
fn kind(path: &Path) -> Result<(&'static EntityType, Family), Failure> {
    let kind = path.set().ok_or_else(Failure::method_not_allowed)?;
    let family = if kind.section().starts_with("assignment") { Family::Active } else { Family::Eligible };
    Ok((kind, family))
}

/// What a list is about: its filter has to name a group or a principal.
fn about(request: &Request) -> Result<About, Failure> {
    let filter = request.option("filter").unwrap_or_default();
    let named = |name: &str| equal_to(filter, name).map(|id| id_of(&id));
    match (named("groupId"), named("principalId")) {
        (None, None) => Err(missing()),
        (group, principal) => Ok(About { group, principal }),
    }
}

fn missing() -> Failure {
    bad_request("A filter by equality of groupId or principalId is required.")
}

#[cfg(test)]
mod tests {
    use crate::schema;

    #[test]
    fn every_list_is_active_or_eligible() {
        for kind in schema::TYPES.iter().filter(|kind| kind.collection.starts_with("identityGovernance/")) {
            let section = kind.section();
            assert!(section.starts_with("assignment") || section.starts_with("eligibility"), "{section}");
        }
    }
}
