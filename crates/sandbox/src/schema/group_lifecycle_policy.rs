//! `groupLifecyclePolicy`: when Microsoft 365 groups expire.
//! <https://learn.microsoft.com/graph/api/resources/grouplifecyclepolicy>

use super::property::{integer, text};
use super::{DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "groupLifecyclePolicy",
    collection: "groupLifecyclePolicies",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::group_lifecycle_policy::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("alternateNotificationEmails").default_set(),
    integer("groupLifetimeInDays").default_set().required(),
    text("managedGroupTypes").default_set().required().one_of(&["All", "Selected", "None"]),
];
