//! Schedules as the engine reads and writes them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Target;
use crate::schema::{self, EntityType, parse_date};
use crate::store::{Object, Store, id_of};

/// Which of the two ways to have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    /// In force.
    Active,
    /// To be activated when needed.
    Eligible,
}

impl Family {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Active, Self::Eligible];

    /// The type of its schedules.
    pub(crate) fn schedules(self, target: Target) -> &'static str {
        match (target, self) {
            (Target::Role { .. }, Self::Active) => "unifiedRoleAssignmentSchedule",
            (Target::Role { .. }, Self::Eligible) => "unifiedRoleEligibilitySchedule",
        }
    }

    /// The type of the requests that change them.
    pub(crate) fn requests(self, target: Target) -> &'static str {
        match (target, self) {
            (Target::Role { .. }, Self::Active) => "unifiedRoleAssignmentScheduleRequest",
            (Target::Role { .. }, Self::Eligible) => "unifiedRoleEligibilityScheduleRequest",
        }
    }

    /// The family of a type of schedules.
    fn of(kind: &EntityType) -> Option<Self> {
        match kind.name {
            "unifiedRoleAssignmentSchedule" => Some(Self::Active),
            "unifiedRoleEligibilitySchedule" => Some(Self::Eligible),
            _ => None,
        }
    }
}

/// That somebody has something, or may activate it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) id: Uuid,
    pub(crate) family: Family,
    pub(crate) target: Target,
    pub(crate) principal: Uuid,
    /// Whether an eligible person activated it; otherwise it was assigned.
    pub(crate) activated: bool,
    pub(crate) start: Timestamp,
    /// `None` when it is permanent.
    pub(crate) end: Option<Timestamp>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    /// The request that made or changed it last, or its own id.
    pub(crate) using: Uuid,
}

impl Schedule {
    /// A permanent one, assigned outside of requests.
    pub(crate) fn permanent(target: Target, principal: Uuid, now: Timestamp) -> Self {
        let id = Uuid::new_v4();
        Self {
            id,
            family: Family::Active,
            target,
            principal,
            activated: false,
            start: now,
            end: None,
            created: now,
            modified: now,
            using: id,
        }
    }

    /// Reads a stored object; `None` for objects of other types.
    pub(crate) fn read(object: &Object, store: &Store) -> Option<Self> {
        let family = Family::of(object.entity)?;
        let info = object.get("scheduleInfo");
        let time = |value: &Value| value.as_str().and_then(parse_date);
        let created = object.text("createdDateTime").and_then(parse_date).unwrap_or_default();
        let start = info.and_then(|info| time(&info["startDateTime"]));
        let end = info.and_then(|info| time(&info["expiration"]["endDateTime"]));
        let modified = object.text("modifiedDateTime").and_then(parse_date);
        Some(Self {
            id: object.id,
            family,
            target: Target::read(object, store)?,
            principal: id_of(object.text("principalId")?),
            activated: object.text("assignmentType") == Some("Activated"),
            start: start.unwrap_or(created),
            end,
            created,
            modified: modified.unwrap_or(created),
            using: object.text("createdUsing").map_or(object.id, id_of),
        })
    }

    /// The object that is stored, in the form that is shown.
    pub(crate) fn object(&self) -> Option<Arc<Object>> {
        let kind = schema::by_name(self.family.schedules(self.target))?;
        let mut object = Object::new(kind, self.id);
        self.target.write(&mut object);
        object.set("principalId", self.principal.to_string());
        if self.family == Family::Active {
            object.set("assignmentType", if self.activated { "Activated" } else { "Assigned" });
        }
        object.set("memberType", "Direct");
        object.set("createdDateTime", self.created.to_string());
        object.set("modifiedDateTime", self.modified.to_string());
        object.set("createdUsing", self.using.to_string());
        object.set("status", if self.start > self.modified { "ScheduleCreated" } else { "Provisioned" });
        object.set("scheduleInfo", self.info());
        Some(Arc::new(object))
    }

    /// When it holds, as a `requestSchedule`: ends are always instants, whatever was asked for.
    pub(crate) fn info(&self) -> Value {
        let kind = if self.end.is_some() { "afterDateTime" } else { "noExpiration" };
        let end = self.end.map(|end| end.to_string());
        json!({
            "startDateTime": self.start.to_string(),
            "recurrence": null,
            "expiration": { "type": kind, "endDateTime": end, "duration": null },
        })
    }

    /// Whether it holds at a point in time.
    pub(crate) fn is_in_force(&self, now: Timestamp) -> bool {
        self.start <= now && self.end.is_none_or(|end| now < end)
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    /// All schedules of a family, in the order of their ids.
    pub(crate) fn all(store: &Store, family: Family) -> impl Iterator<Item = Self> + '_ {
        let kinds = schema::TYPES.iter().filter(move |kind| Family::of(kind) == Some(family));
        let objects = kinds.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id));
        objects.filter_map(|object| Self::read(object, store))
    }
}
