//! `authenticationContextClassReference`: what an application can ask for and policies can be about, `c1` to `c99`.
//! <https://learn.microsoft.com/graph/api/resources/authenticationcontextclassreference>

use super::property::{boolean, text};
use super::{EntityType, FilterClass, PIM_PAGE, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "authenticationContextClassReference",
    collection: "identity/conditionalAccess/authenticationContextClassReferences",
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
    behavior: quirks::authentication_context::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set().may_be_empty(),
    text("displayName").default_set().required().filter(FilterClass::Plain),
    text("id").default_set().required().create_only().filter(FilterClass::Flag),
    boolean("isAvailable").default_set(),
];
