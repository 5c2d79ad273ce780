//! Schedules of Privileged Identity Management: who holds or may activate a directory role, or the membership or
//! ownership of a group, and until when. They are never written themselves: requests make, change and end them.
//!
//! Sources: "Manage Microsoft Entra role assignments using PIM APIs",
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>; "PIM for Groups",
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>.

pub mod activated;
pub mod declared;
pub mod diff;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Map, Value, json};

use crate::address::ObjectId;
use crate::assignments;
use crate::kinds::{ScheduleOf, Schedules};
use crate::plan::{Ends, Scope};

/// `directoryScopeId` of the whole tenant.
const TENANT: &str = "/";

/// What stands before a unit's id where a role is held over its members.
const UNITS: &str = "/administrativeUnits/";

/// Where role assignments are kept in a tenant without PIM.
pub const PLAIN: &str = assignments::PATH;

/// A live schedule that somebody gave on purpose: directly, not through a group, and no activation under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The schedule's id, or the role assignment's in a tenant without PIM. Another one after each change.
    pub id: ObjectId,
    /// Who holds it.
    pub member: ObjectId,
    /// Where a role is held.
    pub scope: HeldScope,
    /// When it begins, or began.
    pub start: Option<Timestamp>,
    /// When it was changed last: from then counts how long it shall last that was said then.
    pub modified: Option<Timestamp>,
    /// When it ends; `None` when it is permanent.
    pub end: Option<Timestamp>,
}

/// Where a live role is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeldScope {
    /// In the whole tenant, or, of a group, in the group.
    Whole,
    /// Over the members of an administrative unit.
    Unit(ObjectId),
    /// Over one object.
    Object(ObjectId),
}

impl HeldScope {
    /// From `directoryScopeId`; `None` for what is not a scope in the directory.
    ///
    /// Source: "unifiedRoleAssignment resource type",
    /// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignment>.
    pub fn parse(text: &str) -> Option<Self> {
        if text == TENANT {
            return Some(Self::Whole);
        }
        match text.strip_prefix(UNITS) {
            Some(unit) => ObjectId::parse(unit).map(Self::Unit),
            None => ObjectId::parse(text.strip_prefix('/')?).map(Self::Object),
        }
    }
}

/// `directoryScopeId` of a scope, given its object's id.
pub fn directory_scope(scope: Option<(bool, &ObjectId)>) -> String {
    match scope {
        None => TENANT.to_owned(),
        Some((true, unit)) => format!("{UNITS}{unit}"),
        Some((false, object)) => format!("/{object}"),
    }
}

impl Held {
    /// Whether it ends when a plan says.
    pub fn ends_as(&self, ends: &Ends) -> bool {
        match (&ends.at, &ends.after) {
            (Some(at), _) => is_same_end(Some(*at), self.end),
            (None, Some(duration)) => self.lasts(duration),
            (None, None) => self.end.is_none(),
        }
    }

    /// Whether it lasts so long, from when it began or was changed last.
    pub(crate) fn lasts(&self, duration: &str) -> bool {
        let mut ends = [self.start, self.modified].into_iter().flatten().map(|since| after(since, duration));
        ends.any(|end| end.is_some() && is_same_end(end, self.end))
    }

    /// Whether it is held over this.
    pub fn is_over(&self, scope: &Option<Scope>) -> bool {
        let same = |id: &ObjectId, scope: &Scope| scope.target.id.as_ref() == Some(id);
        match (&self.scope, scope) {
            (HeldScope::Whole, None) => true,
            (HeldScope::Unit(id), Some(scope)) => scope.over_members && same(id, scope),
            (HeldScope::Object(id), Some(scope)) => !scope.over_members && same(id, scope),
            _ => false,
        }
    }
}

/// How far two ends may be apart that say the same: the service rounds, and begins when it is ready.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5 * 60);

/// Whether two ends are the same to the service.
pub(crate) fn is_same_end(left: Option<Timestamp>, right: Option<Timestamp>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.duration_since(right).abs() <= TOLERANCE,
        (left, right) => left == right,
    }
}

/// The instant so long after another.
pub(crate) fn after(start: Timestamp, duration: &str) -> Option<Timestamp> {
    let span: Span = duration.parse().ok()?;
    let end = TimeZone::UTC.to_datetime(start).checked_add(span).ok()?;
    TimeZone::UTC.to_timestamp(end).ok()
}

/// The schedules in a list that Graph answered that were given on purpose: direct and not activated. Role assignments
/// of a tenant without PIM count as permanent.
pub fn held(list: &Value) -> Vec<Held> {
    let mut held: Vec<Held> = list.as_array().into_iter().flatten().filter_map(one).collect();
    held.sort_by(|left, right| {
        (&left.member, &left.scope, &left.id).cmp(&(&right.member, &right.scope, &right.id))
    });
    held
}

fn one(row: &Value) -> Option<Held> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let is = |name: &str, word: &str| text(name).is_none_or(|text| text.eq_ignore_ascii_case(word));
    if !is("memberType", "Direct") || !is("assignmentType", "Assigned") {
        return None;
    }
    let scope = match (text("directoryScopeId"), text("groupId")) {
        (Some(scope), _) => HeldScope::parse(scope)?,
        (None, Some(_)) => HeldScope::Whole,
        (None, None) => return None,
    };
    let instant = |pointer: &str| row.pointer(pointer).and_then(Value::as_str)?.parse::<Timestamp>().ok();
    Some(Held {
        id: ObjectId::of_service(text("id")?)?,
        member: ObjectId::parse(text("principalId")?)?,
        scope,
        start: instant("/scheduleInfo/startDateTime"),
        modified: instant("/modifiedDateTime"),
        end: instant("/scheduleInfo/expiration/endDateTime"),
    })
}

/// An ISO 8601 duration that is longer than nothing.
pub(crate) fn check_duration(text: &str) -> Result<(), String> {
    let positive = |span: &Span| span.is_positive() && text.starts_with('P');
    match text.parse::<Span>().ok().filter(positive) {
        Some(_) => Ok(()),
        None => Err("must be an ISO 8601 duration such as `P90D` or `PT8H`".to_owned()),
    }
}

/// Where schedules of roles, or of accesses to groups, are listed, relative to the version root.
pub fn path(of: ScheduleOf, eligible: bool) -> &'static str {
    match (of, eligible) {
        (ScheduleOf::Role, true) => "/roleManagement/directory/roleEligibilitySchedules",
        (ScheduleOf::Role, false) => "/roleManagement/directory/roleAssignmentSchedules",
        (ScheduleOf::Group(_), true) => "/identityGovernance/privilegedAccess/group/eligibilitySchedules",
        (ScheduleOf::Group(_), false) => "/identityGovernance/privilegedAccess/group/assignmentSchedules",
    }
}

impl Schedules {
    /// Where schedules are listed, relative to the version root.
    pub fn path(&self) -> &'static str {
        path(self.of, self.eligible)
    }

    /// Where requests are made and followed.
    pub fn requests(&self) -> &'static str {
        match (self.of, self.eligible) {
            (ScheduleOf::Role, true) => "/roleManagement/directory/roleEligibilityScheduleRequests",
            (ScheduleOf::Role, false) => "/roleManagement/directory/roleAssignmentScheduleRequests",
            (ScheduleOf::Group(_), true) => {
                "/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests"
            }
            (ScheduleOf::Group(_), false) => {
                "/identityGovernance/privilegedAccess/group/assignmentScheduleRequests"
            }
        }
    }

    /// Whether a row of a list belongs to an object's attribute.
    pub fn concerns(&self, row: &Value, object: &ObjectId) -> bool {
        let names = |name: &str, wanted: &str| {
            row.get(name).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
        };
        match self.of {
            ScheduleOf::Role => names("roleDefinitionId", object.as_str()),
            ScheduleOf::Group(access) => names("groupId", object.as_str()) && names("accessId", access),
        }
    }

    /// What a request says it is about.
    pub fn subject(&self, object: &ObjectId, scope: &str) -> Map<String, Value> {
        match self.of {
            ScheduleOf::Role => Map::from_iter([
                ("roleDefinitionId".to_owned(), json!(object)),
                ("directoryScopeId".to_owned(), json!(scope)),
            ]),
            ScheduleOf::Group(access) => Map::from_iter([
                ("groupId".to_owned(), json!(object)),
                ("accessId".to_owned(), json!(access)),
            ]),
        }
    }

    /// What a holder is, in words that lead to the object: `eligible member of`.
    pub fn describe(&self) -> &'static str {
        match (self.of, self.eligible) {
            (ScheduleOf::Role, true) => "eligible for",
            (ScheduleOf::Role, false) => "active in",
            (ScheduleOf::Group("owner"), true) => "eligible owner of",
            (ScheduleOf::Group("owner"), false) => "active owner of",
            (ScheduleOf::Group(_), true) => "eligible member of",
            (ScheduleOf::Group(_), false) => "active member of",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINCIPAL: &str = "6a6f2b5e-0000-4000-8000-000000000001";
    const UNIT: &str = "6a6f2b5e-0000-4000-8000-000000000002";

    fn row(more: Value) -> Value {
        let mut row =
            json!({ "id": "s", "principalId": PRINCIPAL, "directoryScopeId": "/", "memberType": "Direct" });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    }

    #[test]
    fn what_nobody_gave_on_purpose_is_not_held() {
        let list = json!([
            row(json!({ "assignmentType": "Activated" })),
            row(json!({ "memberType": "Group" })),
            row(json!({ "memberType": "Inherited", "assignmentType": "Assigned" })),
            row(json!({ "directoryScopeId": null, "appScopeId": "/" })),
        ]);
        assert_eq!(held(&list), []);
    }

    #[test]
    fn scopes_tell_a_unit_from_its_members() {
        let unit = ObjectId::parse(UNIT).unwrap();
        assert_eq!(HeldScope::parse("/"), Some(HeldScope::Whole));
        assert_eq!(
            HeldScope::parse(&format!("/administrativeUnits/{UNIT}")),
            Some(HeldScope::Unit(unit.clone()))
        );
        assert_eq!(HeldScope::parse(&format!("/{UNIT}")), Some(HeldScope::Object(unit.clone())));
        assert_eq!(directory_scope(Some((true, &unit))), format!("/administrativeUnits/{UNIT}"));
        assert_eq!(directory_scope(Some((false, &unit))), format!("/{UNIT}"));
    }

    #[test]
    fn the_end_is_read_whatever_the_pattern_is_called() {
        let ends = json!({ "scheduleInfo": { "startDateTime": "2026-01-01T00:00:00Z",
            "expiration": { "type": "afterDateTime", "endDateTime": "2026-02-01T00:00:00Z" } } });
        let never =
            json!({ "scheduleInfo": { "expiration": { "type": "noExpiration", "endDateTime": null } } });
        let list = held(&json!([row(ends), row(never)]));
        assert_eq!(list.iter().map(|held| held.end.is_some()).collect::<Vec<_>>(), [true, false]);
    }
}
