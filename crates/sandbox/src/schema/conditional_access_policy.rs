//! `conditionalAccessPolicy`: who has to do what to sign in to what.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy>

use super::conditional_access_conditions::CONDITIONS;
use super::conditional_access_controls::{GRANT, SESSION};
use super::property::{date, structure, text};
use super::{EntityType, FilterClass, PIM_PAGE, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "conditionalAccessPolicy",
    collection: "identity/conditionalAccess/policies",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::conditional_access_policy::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    structure("conditions", &CONDITIONS).default_set().required(),
    date("createdDateTime").default_set().read_only(),
    date("deletedDateTime").default_set().read_only(),
    text("description").default_set(),
    text("displayName").default_set().required().longest(256).filter(FilterClass::Plain),
    structure("grantControls", &GRANT).default_set(),
    date("modifiedDateTime").default_set().read_only(),
    structure("sessionControls", &SESSION).default_set(),
    text("state")
        .default_set()
        .required()
        .one_of(&["enabled", "disabled", "enabledForReportingButNotEnforced"])
        .filter(FilterClass::Flag),
    text("templateId").default_set().create_only(),
];
