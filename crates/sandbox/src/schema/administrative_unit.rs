//! `administrativeUnit`: users, groups and devices that are administered together.
//! <https://learn.microsoft.com/graph/api/resources/administrativeunit>

use super::property::{boolean, text};
use super::{
    DIRECTORY_PAGE, Editing, EntityType, FilterClass, Navigation, OrderClass, Property, Tracked, links,
    no_extra_keys, parts,
};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "administrativeUnit",
    collection: "directory/administrativeUnits",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: true,
    page: DIRECTORY_PAGE,
    delta: Some(Tracked { by_default: &["members"], selectable: &["members"] }),
    behavior: quirks::administrative_unit::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set().longest(1024),
    text("displayName")
        .default_set()
        .required()
        .longest(256)
        .filter(FilterClass::Plain)
        .order(OrderClass::Advanced),
    boolean("isMemberManagementRestricted").default_set().create_only(),
    text("membershipRule").default_set().longest(3072),
    text("membershipRuleProcessingState").default_set().one_of(&["On", "Paused"]),
    text("membershipType").default_set().one_of(&["Assigned", "Dynamic"]),
    text("visibility").default_set().create_only().one_of(&["Public", "HiddenMembership"]),
];

static NAVIGATIONS: &[Navigation] = &[
    Navigation {
        editing: Editing::ReferencesOrNew("group"),
        ..links("members", &["user", "group", "device"])
    },
    parts("scopedRoleMembers", &["scopedRoleMembership"]),
];
