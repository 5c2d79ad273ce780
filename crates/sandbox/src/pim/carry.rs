//! Carries out what was accepted, and what time brings.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::ask::times;
use super::judge::concerned;
use super::{Action, Ask, Family, Schedule, Target};
use crate::processing::Terms;
use crate::schema;
use crate::schema::role_schedule_request::REQUEST_ID;
use crate::store::{Change, Object, Store, id_of};

/// What becomes of a request once it is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// It is carried out before the answer.
    AtOnce,
    /// It is carried out later.
    Later,
    /// It fails later.
    Fails,
    /// It stays as it is.
    Stalls,
}

/// What marks a stored request that will fail.
pub(crate) const FAILS: &str = "fails";

/// How long cancelled requests can be read at most.
const CANCELED_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Carries a request out: what changes beside the request, and the request as it is then.
pub(crate) fn carry_out(store: &Store, ask: &Ask, request: &Object, now: Timestamp) -> (Vec<Change>, Object) {
    let mut request = request.clone();
    if ask.action.removes() {
        request.set("status", "Revoked");
        for name in ["targetScheduleId", "completedDateTime", "scheduleInfo"] {
            request.set(name, Value::Null);
        }
        let gone = concerned(store, ask, now).into_iter().map(|found| removal(store, &found));
        return (gone.collect(), request);
    }
    let id = id_of(&request.id_text());
    let (mut changes, schedule) = changed(store, ask, id, now);
    request.set("status", if schedule.start > now { "ScheduleCreated" } else { "Provisioned" });
    request.set("targetScheduleId", ask.target.schedule_id(schedule.made_by));
    request.set("completedDateTime", now.to_string());
    let mut info = request.get("scheduleInfo").cloned().unwrap_or_default();
    info["startDateTime"] = ask.start.to_string().into();
    request.set("scheduleInfo", info);
    changes.extend(schedule.object().map(Change::Put));
    (changes, request)
}

/// The schedule as a request leaves it, and what it replaces: of groups, each request makes another one.
fn changed(store: &Store, ask: &Ask, request: Uuid, now: Timestamp) -> (Vec<Change>, Schedule) {
    let known = concerned(store, ask, now).into_iter().next();
    let kept = known.as_ref().filter(|known| matches!(known.target, Target::Role { .. }));
    let made_by = kept.map_or(request, |kept| kept.made_by);
    let id = id_of(&ask.target.schedule_id(made_by));
    let Some(known) = known else {
        let schedule = Schedule {
            id,
            made_by,
            family: ask.family,
            target: ask.target,
            principal: ask.principal,
            activated: ask.action == Action::SelfActivate,
            start: ask.start,
            end: ask.end,
            created: now,
            modified: now,
            using: request,
        };
        return (Vec::new(), schedule);
    };
    let is_replaced = known.id != id && store.any(known.id).is_some();
    let replaced = is_replaced.then_some(Change::Remove(known.id)).into_iter().collect();
    (replaced, Schedule { id, made_by, end: ask.end, modified: now, using: request, ..known })
}

/// What takes a schedule away; a member or owner without one is one no more.
fn removal(store: &Store, schedule: &Schedule) -> Change {
    match schedule.target {
        Target::Group { group, access } if store.any(schedule.id).is_none() => {
            Change::Unlink { source: group, relation: access.relation(), targets: vec![schedule.principal] }
        }
        _ => Change::Remove(schedule.id),
    }
}

/// Carries out, or lets fail, a request that was accepted a while ago.
pub(crate) fn go_on(store: &Store, request: Uuid, now: Timestamp) -> Vec<Change> {
    let pending = store.live(request).filter(|found| is_waiting(found));
    let Some((object, ask)) = pending.and_then(|object| Some((object, read(object, store, now)?))) else {
        return Vec::new();
    };
    if object.flag(FAILS) {
        return vec![ended(object, "Failed", now)];
    }
    // It may have been overtaken: by a removal outside of requests, say.
    let exists = !concerned(store, &ask, now).is_empty();
    let creates = matches!(ask.action, Action::AdminAssign | Action::SelfActivate | Action::AdminRenew);
    if creates == exists {
        return vec![ended(object, "Failed", now)];
    }
    let (mut changes, request) = carry_out(store, &ask, object, now);
    changes.push(Change::Put(Arc::new(request)));
    changes
}

/// Whether a stored request waits to be carried out.
pub(crate) fn is_waiting(request: &Object) -> bool {
    family(request).is_some() && request.text("status") == Some("PendingProvisioning")
}

fn ended(request: &Object, status: &str, now: Timestamp) -> Change {
    let mut request = request.clone();
    request.set("status", status);
    request.set("completedDateTime", now.to_string());
    Change::Put(Arc::new(request))
}

/// The family of a stored request.
fn family(request: &Object) -> Option<Family> {
    match request.entity.name {
        "unifiedRoleAssignmentScheduleRequest" | "privilegedAccessGroupAssignmentScheduleRequest" => {
            Some(Family::Active)
        }
        "unifiedRoleEligibilityScheduleRequest" | "privilegedAccessGroupEligibilityScheduleRequest" => {
            Some(Family::Eligible)
        }
        _ => None,
    }
}

/// A stored request as it was asked.
fn read(request: &Object, store: &Store, now: Timestamp) -> Option<Ask> {
    let action = Action::parse(request.text("action")?)?;
    let (start, end) = times(action, request, now).ok()?;
    Some(Ask {
        family: family(request)?,
        action,
        target: Target::read(request, store)?,
        principal: id_of(request.text("principalId")?),
        start,
        end,
    })
}

/// Everything that is due: what is over goes, what begins is shown, old requests are forgotten.
pub(crate) fn due(store: &Store, terms: Terms) -> Vec<Change> {
    let mut changes = Vec::new();
    for schedule in schedules(store) {
        if schedule.is_over(terms.now) {
            changes.push(Change::Remove(schedule.id));
        } else if schedule.start > schedule.modified && schedule.is_in_force(terms.now) {
            let begun = Schedule { modified: terms.now, ..schedule };
            changes.extend(begun.object().map(Change::Put));
            changes.extend(begun_request(store, &begun, terms.now));
        }
    }
    changes.extend(
        requests(store).filter(|found| is_forgotten(found, terms)).map(|found| Change::Remove(found.id)),
    );
    changes
}

/// When something is due next.
pub(crate) fn next_moment(store: &Store, terms: Terms) -> Option<Timestamp> {
    let later = |moment: &Timestamp| *moment > terms.now;
    let moments = schedules(store).flat_map(|schedule| [Some(schedule.start), schedule.end]).flatten();
    let forgotten = requests(store).filter_map(|found| forgotten(found, terms));
    moments.chain(forgotten).filter(later).min()
}

fn schedules(store: &Store) -> impl Iterator<Item = Schedule> + '_ {
    Family::ALL.into_iter().flat_map(|family| Schedule::all(store, family))
}

fn requests(store: &Store) -> impl Iterator<Item = &Arc<Object>> {
    let kinds = schema::TYPES.iter().filter(|kind| kind.name.ends_with("ScheduleRequest"));
    kinds.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id))
}

/// The request of a schedule that begins, as it is from then on.
fn begun_request(store: &Store, schedule: &Schedule, now: Timestamp) -> Option<Change> {
    let request = store.holder(REQUEST_ID, &schedule.using.to_string())?;
    (request.text("status") == Some("ScheduleCreated")).then(|| ended(request, "Provisioned", now))
}

fn is_forgotten(request: &Object, terms: Terms) -> bool {
    forgotten(request, terms).is_some_and(|moment| moment <= terms.now)
}

/// When a request can no longer be read.
fn forgotten(request: &Object, terms: Terms) -> Option<Timestamp> {
    let created = request.text("createdDateTime").and_then(schema::parse_date)?;
    let retention = SignedDuration::try_from(terms.request_retention).ok()?;
    let is_canceled = request.text("status") == Some("Canceled");
    created.checked_add(if is_canceled { retention.min(CANCELED_RETENTION) } else { retention }).ok()
}
