//! `unifiedRoleAssignmentScheduleInstance` and `unifiedRoleEligibilityScheduleInstance`: what is in force now.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentscheduleinstance>

use super::property::{date, text};
use super::role_schedule::{APP_SCOPE, MEMBER, NAVIGATIONS, PRINCIPAL, ROLE, SCOPE, TYPE};
use super::{EntityType, FilterClass, PIM_PAGE, Property, no_extra_keys};
use crate::quirks;

pub(super) static ACTIVE: EntityType = EntityType {
    name: "unifiedRoleAssignmentScheduleInstance",
    collection: "roleManagement/directory/roleAssignmentScheduleInstances",
    properties: &[APP_SCOPE, TYPE, SCOPE, END, MEMBER, PRINCIPAL, ORIGIN, ACTIVE_SCHEDULE, ROLE, START],
    ..ELIGIBLE_TYPE
};

pub(super) static ELIGIBLE: EntityType = ELIGIBLE_TYPE;

const ELIGIBLE_TYPE: EntityType = EntityType {
    name: "unifiedRoleEligibilityScheduleInstance",
    collection: "roleManagement/directory/roleEligibilityScheduleInstances",
    single: false,
    directory_object: false,
    properties: &[APP_SCOPE, SCOPE, END, MEMBER, PRINCIPAL, ROLE, ELIGIBLE_SCHEDULE, START],
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::role_schedule::INSTANCES,
    extra_keys: no_extra_keys,
};

const END: Property = date("endDateTime").default_set();
const START: Property = date("startDateTime").default_set();
const ORIGIN: Property = text("roleAssignmentOriginId").default_set();
const ACTIVE_SCHEDULE: Property = text("roleAssignmentScheduleId").default_set().filter(FilterClass::Key);
const ELIGIBLE_SCHEDULE: Property = text("roleEligibilityScheduleId").default_set().filter(FilterClass::Key);
