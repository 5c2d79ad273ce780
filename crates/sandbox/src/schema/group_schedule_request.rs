//! `privilegedAccessGroupAssignmentScheduleRequest` and `privilegedAccessGroupEligibilityScheduleRequest`: what somebody
//! asked for about a group.
//! <https://learn.microsoft.com/graph/api/resources/privilegedaccessgroupassignmentschedulerequest>

use super::group_schedule::{ACCESS, GROUP, NAVIGATIONS};
use super::property::{boolean, date, structure, text};
use super::role_schedule::{PRINCIPAL, SCHEDULE};
use super::role_schedule_request::{ACTIONS, REQUEST_ID, TICKET_INFO};
use super::user::OPAQUE;
use super::{EntityType, FilterClass, KeyScope, PIM_PAGE, Property};
use crate::pim::groups;

pub(super) static ACTIVE: EntityType = EntityType {
    name: "privilegedAccessGroupAssignmentScheduleRequest",
    collection: "identityGovernance/privilegedAccess/group/assignmentScheduleRequests",
    ..ELIGIBLE_TYPE
};

pub(super) static ELIGIBLE: EntityType = ELIGIBLE_TYPE;

const ELIGIBLE_TYPE: EntityType = EntityType {
    name: "privilegedAccessGroupEligibilityScheduleRequest",
    collection: "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: Some(REQUEST_ID),
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: groups::REQUESTS,
    extra_keys: |request| vec![(REQUEST_ID, request.id_text(), KeyScope::Always)],
};

static PROPERTIES: &[Property] = &[
    ACCESS,
    text("action").default_set().one_of(ACTIONS).filter(FilterClass::Key),
    text("approvalId").default_set().read_only(),
    date("completedDateTime").default_set().read_only(),
    structure("createdBy", &OPAQUE).default_set().read_only(),
    date("createdDateTime").default_set().read_only(),
    text("customData").default_set(),
    GROUP,
    boolean("isValidationOnly").default_set(),
    text("justification").default_set().may_be_empty(),
    PRINCIPAL,
    SCHEDULE,
    text("status").default_set().not_null().read_only().filter(FilterClass::Key),
    text("targetScheduleId").default_set().read_only().filter(FilterClass::Key),
    structure("ticketInfo", &TICKET_INFO).default_set(),
];
