//! `unifiedRoleAssignmentSchedule` and `unifiedRoleEligibilitySchedule`: who holds a role, or may activate it, from
//! when and until when.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedule>

use super::property::{date, duration, structure, text};
use super::user::OPAQUE;
use super::{Complex, EntityType, FilterClass, Navigation, PIM_PAGE, Property, by_id, no_extra_keys};
use crate::quirks;

pub(super) static ACTIVE: EntityType = EntityType {
    name: "unifiedRoleAssignmentSchedule",
    collection: "roleManagement/directory/roleAssignmentSchedules",
    properties: &[
        APP_SCOPE, TYPE, CREATED, USING, SCOPE, MEMBER, MODIFIED, PRINCIPAL, ROLE, SCHEDULE, STATUS,
    ],
    ..ELIGIBLE_TYPE
};

pub(super) static ELIGIBLE: EntityType = ELIGIBLE_TYPE;

const ELIGIBLE_TYPE: EntityType = EntityType {
    name: "unifiedRoleEligibilitySchedule",
    collection: "roleManagement/directory/roleEligibilitySchedules",
    single: false,
    directory_object: false,
    properties: &[APP_SCOPE, CREATED, USING, SCOPE, MEMBER, MODIFIED, PRINCIPAL, ROLE, SCHEDULE, STATUS],
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::role_schedule::SCHEDULES,
    extra_keys: no_extra_keys,
};

pub(super) const APP_SCOPE: Property = text("appScopeId").default_set();
pub(super) const TYPE: Property = text("assignmentType").default_set().filter(FilterClass::Key);
const CREATED: Property = date("createdDateTime").default_set();
const USING: Property = text("createdUsing").default_set();
pub(super) const SCOPE: Property = text("directoryScopeId").default_set().filter(FilterClass::Key);
pub(super) const MEMBER: Property = text("memberType").default_set().filter(FilterClass::Key);
const MODIFIED: Property = date("modifiedDateTime").default_set();
pub(super) const PRINCIPAL: Property = text("principalId").default_set().filter(FilterClass::Key);
pub(super) const ROLE: Property = text("roleDefinitionId").default_set().filter(FilterClass::Key);
pub(super) const SCHEDULE: Property = structure("scheduleInfo", &REQUEST_SCHEDULE).default_set();
const STATUS: Property = text("status").default_set().filter(FilterClass::Key);

/// What can hold a role.
pub(super) const HOLDERS: &[&str] = &["user", "group", "servicePrincipal"];

/// What a role can be held over.
pub(super) const SCOPES: &[&str] =
    &["administrativeUnit", "application", "user", "group", "servicePrincipal", "device"];

pub(super) static NAVIGATIONS: &[Navigation] = &[
    by_id("principal", "principalId", HOLDERS),
    by_id("roleDefinition", "roleDefinitionId", &["unifiedRoleDefinition"]),
    by_id("directoryScope", "directoryScopeId", SCOPES),
];

/// From when and until when; durations are texts such as `P90D`.
static REQUEST_SCHEDULE: Complex = Complex {
    name: "requestSchedule",
    properties: &[
        structure("expiration", &EXPIRATION),
        structure("recurrence", &OPAQUE),
        date("startDateTime"),
    ],
};

static EXPIRATION: Complex = Complex {
    name: "expirationPattern",
    properties: &[
        duration("duration"),
        date("endDateTime"),
        text("type").one_of(&["notSpecified", "noExpiration", "afterDateTime", "afterDuration"]),
    ],
};
