//! `application`: app registrations, of which a service principal is the presence in a tenant.
//! <https://learn.microsoft.com/graph/api/resources/application>

use super::property::{boolean, date, structure, structures, text, texts};
use super::user::OPAQUE;
use super::{
    DIRECTORY_PAGE, EntityType, FilterClass, Navigation, OrderClass, PROPERTIES_ONLY, Property, links,
    no_extra_keys,
};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "application",
    collection: "applications",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &["appId"],
    segment_key: None,
    upsert_key: None,
    open: true,
    page: DIRECTORY_PAGE,
    delta: Some(PROPERTIES_ONLY),
    behavior: quirks::application::REGISTRATION,
    extra_keys: no_extra_keys,
};

const PLAIN: FilterClass = FilterClass::Plain;

static PROPERTIES: &[Property] = &[
    structures("addIns", &OPAQUE).default_set(),
    structure("api", &OPAQUE).default_set(),
    text("appId").default_set().read_only().filter(PLAIN),
    text("applicationTemplateId").default_set().read_only().filter(FilterClass::Flag),
    structures("appRoles", &OPAQUE).default_set(),
    date("createdDateTime").default_set().read_only(),
    text("description").default_set().longest(1024),
    text("displayName").default_set().required().longest(256).filter(PLAIN).order(OrderClass::Advanced),
    text("groupMembershipClaims").default_set(),
    texts("identifierUris").default_set().filter(FilterClass::Collection),
    boolean("isFallbackPublicClient").default_set(),
    structures("keyCredentials", &OPAQUE).default_set(),
    text("notes").default_set(),
    structures("passwordCredentials", &OPAQUE).default_set(),
    text("publisherDomain").default_set().read_only().filter(FilterClass::Advanced),
    structures("requiredResourceAccess", &OPAQUE).default_set(),
    text("signInAudience").default_set().filter(FilterClass::Flag).one_of(&[
        "AzureADMyOrg",
        "AzureADMultipleOrgs",
        "AzureADandPersonalMicrosoftAccount",
        "PersonalMicrosoftAccount",
    ]),
    texts("tags").default_set().filter(FilterClass::Collection),
    structure("web", &OPAQUE).default_set(),
];

static NAVIGATIONS: &[Navigation] = &[links("owners", &["user", "servicePrincipal"])];
