//! `groupSetting`: values of one template, for the tenant or for one group.
//! <https://learn.microsoft.com/graph/api/resources/groupsetting>

use super::property::{structures, text};
use super::{Complex, DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "groupSetting",
    collection: "groupSettings",
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
    behavior: quirks::group_setting::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("displayName").default_set().read_only(),
    text("templateId").default_set().required().create_only(),
    structures("values", &SETTING_VALUE).default_set().required(),
];

static SETTING_VALUE: Complex = Complex {
    name: "settingValue",
    properties: &[text("name").not_null(), text("value").not_null().may_be_empty()],
};
