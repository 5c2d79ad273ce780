//! `groupSettingTemplate`: which settings there are, of which type, with which defaults.
//! <https://learn.microsoft.com/graph/api/resources/groupsettingtemplate>

use super::property::{structures, text};
use super::{Complex, DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks::Behavior;

pub(super) static TYPE: EntityType = EntityType {
    name: "groupSettingTemplate",
    collection: "groupSettingTemplates",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: Behavior::BUILT_IN,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set().read_only(),
    text("displayName").default_set().read_only(),
    structures("values", &SETTING_TEMPLATE_VALUE).default_set().read_only(),
];

static SETTING_TEMPLATE_VALUE: Complex = Complex {
    name: "settingTemplateValue",
    properties: &[text("defaultValue").may_be_empty(), text("description"), text("name"), text("type")],
};
