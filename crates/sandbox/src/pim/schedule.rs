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
            (Target::Group { .. }, Self::Active) => "privilegedAccessGroupAssignmentSchedule",
            (Target::Group { .. }, Self::Eligible) => "privilegedAccessGroupEligibilitySchedule",
        }
    }

    /// The type of the requests that change them.
    pub(crate) fn requests(self, target: Target) -> &'static str {
        match (target, self) {
            (Target::Role { .. }, Self::Active) => "unifiedRoleAssignmentScheduleRequest",
            (Target::Role { .. }, Self::Eligible) => "unifiedRoleEligibilityScheduleRequest",
            (Target::Group { .. }, Self::Active) => "privilegedAccessGroupAssignmentScheduleRequest",
            (Target::Group { .. }, Self::Eligible) => "privilegedAccessGroupEligibilityScheduleRequest",
        }
    }

    /// The family of a type of schedules.
    fn of(kind: &EntityType) -> Option<Self> {
        match kind.name {
            "unifiedRoleAssignmentSchedule" | "privilegedAccessGroupAssignmentSchedule" => Some(Self::Active),
            "unifiedRoleEligibilitySchedule" | "privilegedAccessGroupEligibilitySchedule" => {
                Some(Self::Eligible)
            }
            _ => None,
        }
    }
}

/// That somebody has something, or may activate it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) id: Uuid,
    /// The request that made it, which its id tells.
    pub(crate) made_by: Uuid,
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
        let made_by = Uuid::new_v4();
        Self {
            id: id_of(&target.schedule_id(made_by)),
            made_by,
            family: Family::Active,
            target,
            principal,
            activated: false,
            start: now,
            end: None,
            created: now,
            modified: now,
            using: made_by,
        }
    }

    /// Reads a stored object; `None` for objects of other types.
    pub(crate) fn read(object: &Object, store: &Store) -> Option<Self> {
        let family = Family::of(object.entity)?;
        let made_by = id_of(object.id_text().rsplit('_').next().unwrap_or_default());
        let info = object.get("scheduleInfo");
        let time = |value: &Value| value.as_str().and_then(parse_date);
        let created = object.text("createdDateTime").and_then(parse_date).unwrap_or_default();
        let start = info.and_then(|info| time(&info["startDateTime"]));
        let end = info.and_then(|info| time(&info["expiration"]["endDateTime"]));
        let modified = object.text("modifiedDateTime").and_then(parse_date);
        Some(Self {
            id: object.id,
            made_by,
            family,
            target: Target::read(object, store)?,
            principal: id_of(object.text("principalId")?),
            activated: object
                .text("assignmentType")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("activated")),
            start: start.unwrap_or(created),
            end,
            created,
            modified: modified.unwrap_or(created),
            using: object.text("createdUsing").map_or(made_by, id_of),
        })
    }

    /// The object that is stored, in the form that is shown.
    pub(crate) fn object(&self) -> Option<Arc<Object>> {
        let kind = schema::by_name(self.family.schedules(self.target))?;
        let mut object = Object::new(kind, self.id);
        let id = self.target.schedule_id(self.made_by);
        if object.id.to_string() != id {
            object.set("id", id);
        }
        self.target.write(&mut object);
        object.set("principalId", self.principal.to_string());
        if self.family == Family::Active {
            object.set(
                "assignmentType",
                self.target.word(if self.activated { "Activated" } else { "Assigned" }),
            );
        }
        object.set("memberType", self.target.word("Direct"));
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
