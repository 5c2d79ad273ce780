//! `unifiedRoleAssignmentScheduleRequest` and `unifiedRoleEligibilityScheduleRequest`: what somebody asked for.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest>

use super::property::{boolean, date, structure, text};
use super::role_schedule::{APP_SCOPE, HOLDERS, PRINCIPAL, ROLE, SCHEDULE, SCOPE, SCOPES};
use super::user::OPAQUE;
use super::{Complex, EntityType, FilterClass, KeyScope, Navigation, PIM_PAGE, Property, by_id};
use crate::quirks;

pub(super) static ACTIVE: EntityType = EntityType {
    name: "unifiedRoleAssignmentScheduleRequest",
    collection: "roleManagement/directory/roleAssignmentScheduleRequests",
    navigations: &[
        BY_PRINCIPAL,
        BY_ROLE,
        BY_SCOPE,
        by_id("targetSchedule", "targetScheduleId", &["unifiedRoleAssignmentSchedule"]),
    ],
    ..ELIGIBLE_TYPE
};

pub(super) static ELIGIBLE: EntityType = ELIGIBLE_TYPE;

const ELIGIBLE_TYPE: EntityType = EntityType {
    name: "unifiedRoleEligibilityScheduleRequest",
    collection: "roleManagement/directory/roleEligibilityScheduleRequests",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[
        BY_PRINCIPAL,
        BY_ROLE,
        BY_SCOPE,
        by_id("targetSchedule", "targetScheduleId", &["unifiedRoleEligibilitySchedule"]),
    ],
    alternate_keys: &[],
    segment_key: Some(REQUEST_ID),
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::role_schedule::REQUESTS,
    extra_keys: |request| vec![(REQUEST_ID, request.id_text(), KeyScope::Always)],
};

const BY_PRINCIPAL: Navigation = by_id("principal", "principalId", HOLDERS);
const BY_ROLE: Navigation = by_id("roleDefinition", "roleDefinitionId", &["unifiedRoleDefinition"]);
const BY_SCOPE: Navigation = by_id("directoryScope", "directoryScopeId", SCOPES);

/// The index of requests by their ids, which the schedules they make have too.
pub(crate) const REQUEST_ID: &str = "requestId";

/// The actions, as the service writes them.
pub(crate) const ACTIONS: &[&str] = &[
    "adminAssign",
    "adminUpdate",
    "adminRemove",
    "selfActivate",
    "selfDeactivate",
    "adminExtend",
    "adminRenew",
    "selfExtend",
    "selfRenew",
];

static PROPERTIES: &[Property] = &[
    text("action").default_set().one_of(ACTIONS).filter(FilterClass::Key),
    text("approvalId").default_set().read_only(),
    APP_SCOPE,
    date("completedDateTime").default_set().read_only(),
    structure("createdBy", &OPAQUE).default_set().read_only(),
    date("createdDateTime").default_set().read_only(),
    text("customData").default_set(),
    SCOPE,
    boolean("isValidationOnly").default_set(),
    text("justification").default_set().may_be_empty(),
    PRINCIPAL,
    ROLE,
    SCHEDULE,
    text("status").default_set().not_null().read_only().filter(FilterClass::Key),
    text("targetScheduleId").default_set().read_only().filter(FilterClass::Key),
    structure("ticketInfo", &TICKET_INFO).default_set(),
];

pub(super) static TICKET_INFO: Complex = Complex {
    name: "ticketInfo",
    properties: &[text("ticketNumber").may_be_empty(), text("ticketSystem").may_be_empty()],
};
