//! `directoryRoleTemplate`: a role that every tenant has.
//! <https://learn.microsoft.com/graph/api/resources/directoryroletemplate>

use super::property::text;
use super::{DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "directoryRoleTemplate",
    collection: "directoryRoleTemplates",
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
    behavior: quirks::role_definition::TEMPLATES,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] =
    &[text("description").default_set().read_only(), text("displayName").default_set().read_only()];
