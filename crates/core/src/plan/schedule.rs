//! What a plan says of schedules.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::operation::{Operation, ScheduleAction, ScheduleWrite, Verb};
use crate::address::{Address, ObjectId, Target};
use crate::kinds::Attribute;
use crate::schedules::Held;

/// Over what a role is held, where it is not the whole tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The administrative unit, application or other object.
    pub target: Target,
    /// Whether it is held over the unit's members rather than over the object itself.
    pub over_members: bool,
}

/// A ticket of another system that a request names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Its number.
    pub number: String,
    /// The system that it is in.
    pub system: String,
}

/// When something ends. Without either it never does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// At this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// So long after it is given, an ISO 8601 duration such as `P90D`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A schedule that will be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// Who will hold it.
    pub member: Target,
    /// Over what, where it is not the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// When it ends.
    pub ends: Ends,
    /// Whether it renews one that has expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renews: bool,
    /// What the request says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// The ticket that the request names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
}

/// A schedule that will end at another time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescheduled {
    /// Who holds it.
    pub member: Target,
    /// Over what, where it is not the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// When it ends as it is.
    pub before: Ends,
    /// When it will end.
    pub after: Ends,
    /// Whether one that is about to expire is extended, rather than updated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extends: bool,
    /// What the request says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// The ticket that the request names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
}

/// A schedule that will be ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unscheduled {
    /// The schedule's id now; in a tenant without PIM the role assignment's.
    pub id: ObjectId,
    /// Who holds it.
    pub member: Target,
    /// Over what, where it is not the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// When it would have ended.
    pub ends: Ends,
}

impl Scheduled {
    /// Who will hold it, and over what.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        [&self.member].into_iter().chain(self.scope.as_ref().map(|scope| &scope.target))
    }
}

impl Ends {
    /// Whether it never does.
    pub fn is_never(&self) -> bool {
        self.at.is_none() && self.after.is_none()
    }

    /// In words that follow what ends: `until 2027-03-31`, `for P90D`, `permanently`.
    pub fn describe(&self) -> String {
        match (&self.at, &self.after) {
            (Some(at), _) => format!("until {}", last_day(*at)),
            (None, Some(after)) => format!("for {after}"),
            (None, None) => "permanently".to_owned(),
        }
    }
}

/// An instant for people: the last whole day in UTC before a midnight, the instant itself else.
fn last_day(at: Timestamp) -> String {
    let moment = jiff::tz::TimeZone::UTC.to_datetime(at);
    match moment.time() == jiff::civil::Time::midnight() {
        true => moment.date().yesterday().map_or_else(|_| at.to_string(), |day| day.to_string()),
        false => at.to_string(),
    }
}

/// The write that makes a schedule.
pub(super) fn given(attribute: &'static Attribute, added: &Scheduled, plain: bool) -> ScheduleWrite {
    ScheduleWrite {
        attribute,
        action: if added.renews { ScheduleAction::Renew } else { ScheduleAction::Assign },
        member: added.member.clone(),
        scope: added.scope.clone(),
        ends: added.ends.clone(),
        justification: added.justification.clone(),
        ticket: added.ticket.clone(),
        plain: plain.then_some(None),
    }
}

/// The write that makes a schedule end at another time.
pub(super) fn moved(attribute: &'static Attribute, changed: &Rescheduled) -> ScheduleWrite {
    ScheduleWrite {
        attribute,
        action: if changed.extends { ScheduleAction::Extend } else { ScheduleAction::Update },
        member: changed.member.clone(),
        scope: changed.scope.clone(),
        ends: changed.after.clone(),
        justification: changed.justification.clone(),
        ticket: changed.ticket.clone(),
        plain: None,
    }
}

/// The write that ends a schedule.
pub(super) fn ended(attribute: &'static Attribute, removed: &Unscheduled, plain: bool) -> ScheduleWrite {
    ScheduleWrite {
        attribute,
        action: ScheduleAction::Remove,
        member: removed.member.clone(),
        scope: removed.scope.clone(),
        ends: Ends::default(),
        justification: None,
        ticket: None,
        plain: plain.then(|| Some(removed.id.clone())),
    }
}

/// What is taken from people goes only after the groups that get it instead have their new members: whoever keeps a role
/// through a group is never without it.
pub(super) fn after_members(operations: &mut [Operation]) {
    let joins: Vec<(usize, Address)> = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| matches!(operation.verb, Verb::Link { .. }))
        .map(|(index, operation)| (index, operation.address.clone()))
        .collect();
    let gets = |operation: &Operation| match &operation.verb {
        Verb::Schedule(write) if write.action != ScheduleAction::Remove => {
            Some((operation.step, write.member.name.to_lowercase()))
        }
        _ => None,
    };
    let gets: Vec<(usize, String)> = operations.iter().filter_map(gets).collect();
    for operation in operations {
        let ends = matches!(&operation.verb, Verb::Schedule(write) if write.action == ScheduleAction::Remove);
        let groups = gets.iter().filter(|(step, _)| ends && *step == operation.step);
        for (_, group) in groups {
            let joins = joins.iter().filter(|(_, address)| address.to_string().to_lowercase() == *group);
            operation.after.extend(joins.map(|(index, _)| *index));
        }
    }
}

impl ScheduleWrite {
    /// Who holds it, and over what.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        [&self.member].into_iter().chain(self.scope.as_ref().map(|scope| &scope.target))
    }

    /// What it does, for progress, journal and report.
    pub(super) fn describe(&self, address: &Address) -> String {
        let over =
            self.scope.as_ref().map(|scope| format!(" over {}", scope.target.name)).unwrap_or_default();
        let (member, what) = (&self.member.name, self.attribute.schedules().map_or("", |of| of.describe()));
        match self.action {
            ScheduleAction::Assign | ScheduleAction::Renew => format!("make {member} {what} {address}{over}"),
            ScheduleAction::Update | ScheduleAction::Extend => {
                format!("change until when {member} is {what} {address}{over}")
            }
            ScheduleAction::Remove => format!("make {member} no longer {what} {address}{over}"),
        }
    }
}

/// What of a change the schedules that are held do not show.
pub(super) fn missing(
    name: &str,
    held: &[Held],
    added: &[Scheduled],
    changed: &[Rescheduled],
    removed: &[Unscheduled],
) -> Option<String> {
    let of = |member: &Target, scope: &Option<Scope>| {
        held.iter().find(|held| Some(&held.member) == member.id.as_ref() && held.is_over(scope))
    };
    let shows = |member, scope, ends: &Ends| of(member, scope).is_some_and(|held| held.ends_as(ends));
    let added = added.iter().map(|added| (&added.member, &added.scope, &added.ends));
    let changed = changed.iter().map(|changed| (&changed.member, &changed.scope, &changed.after));
    let absent = added.chain(changed).filter(|(member, scope, ends)| !shows(member, scope, ends)).count();
    let present = removed.iter().filter(|removed| of(&removed.member, &removed.scope).is_some()).count();
    match (absent, present) {
        (0, 0) => None,
        (0, present) => Some(format!("{name} still holds {present} that were removed")),
        (absent, _) => Some(format!("{name} does not show {absent} that were added or changed")),
    }
}
