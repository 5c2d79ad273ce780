//! Privileged access to groups: who is a member or owner of one, or may become it, from when and until when.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>

use super::property::{date, text};
use super::role_schedule::{PRINCIPAL, SCHEDULE};
use super::{EntityType, FilterClass, Navigation, PIM_PAGE, Property, by_id, no_extra_keys};
use crate::pim::groups;

pub(super) static ACTIVE: EntityType = EntityType {
    name: "privilegedAccessGroupAssignmentSchedule",
    collection: "identityGovernance/privilegedAccess/group/assignmentSchedules",
    properties: &[ACCESS, TYPE, CREATED, USING, GROUP, MEMBER, MODIFIED, PRINCIPAL, SCHEDULE, STATUS],
    ..ELIGIBLE_TYPE
};

pub(super) static ELIGIBLE: EntityType = ELIGIBLE_TYPE;

const ELIGIBLE_TYPE: EntityType = EntityType {
    name: "privilegedAccessGroupEligibilitySchedule",
    collection: "identityGovernance/privilegedAccess/group/eligibilitySchedules",
    single: false,
    directory_object: false,
    properties: &[ACCESS, CREATED, USING, GROUP, MEMBER, MODIFIED, PRINCIPAL, SCHEDULE, STATUS],
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: groups::SCHEDULES,
    extra_keys: no_extra_keys,
};

pub(super) static ACTIVE_INSTANCE: EntityType = EntityType {
    name: "privilegedAccessGroupAssignmentScheduleInstance",
    collection: "identityGovernance/privilegedAccess/group/assignmentScheduleInstances",
    properties: &[
        ACCESS,
        text("assignmentScheduleId").default_set(),
        TYPE,
        END,
        GROUP,
        MEMBER,
        PRINCIPAL,
        START,
    ],
    behavior: groups::INSTANCES,
    ..ELIGIBLE_TYPE
};

pub(super) static ELIGIBLE_INSTANCE: EntityType = EntityType {
    name: "privilegedAccessGroupEligibilityScheduleInstance",
    collection: "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
    properties: &[ACCESS, text("eligibilityScheduleId").default_set(), END, GROUP, MEMBER, PRINCIPAL, START],
    behavior: groups::INSTANCES,
    ..ELIGIBLE_TYPE
};

pub(super) const ACCESS: Property =
    text("accessId").default_set().one_of(&["owner", "member"]).filter(FilterClass::Key);
const TYPE: Property =
    text("assignmentType").default_set().one_of(&["assigned", "activated"]).filter(FilterClass::Key);
const CREATED: Property = date("createdDateTime").default_set();
const USING: Property = text("createdUsing").default_set();
const END: Property = date("endDateTime").default_set();
pub(super) const GROUP: Property = text("groupId").default_set().filter(FilterClass::Key);
const MEMBER: Property =
    text("memberType").default_set().one_of(&["direct", "group"]).filter(FilterClass::Key);
const MODIFIED: Property = date("modifiedDateTime").default_set();
const START: Property = date("startDateTime").default_set();
const STATUS: Property = text("status").default_set().filter(FilterClass::Key);

pub(super) static NAVIGATIONS: &[Navigation] = &[
    by_id("group", "groupId", &["group"]),
    by_id("principal", "principalId", super::role_schedule::HOLDERS),
];
