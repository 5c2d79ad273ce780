//! `device`: registered and joined devices. <https://learn.microsoft.com/graph/api/resources/device>

use super::property::{boolean, date, integer, structure, structures, text, texts};
use super::user::{EXTENSION_ATTRIBUTES, OPAQUE};
use super::{
    DIRECTORY_PAGE, EntityType, FilterClass, KeyScope, Navigation, OrderClass, PROPERTIES_ONLY, Property,
    Source, derived, links, no_extra_keys,
};
use crate::quirks::{Behavior, membership};

pub(super) static TYPE: EntityType = EntityType {
    name: "device",
    collection: "devices",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &["deviceId"],
    segment_key: None,
    upsert_key: None,
    open: true,
    page: DIRECTORY_PAGE,
    delta: Some(PROPERTIES_ONLY),
    behavior: Behavior { actions: membership::ACTIONS, ..Behavior::PLAIN },
    extra_keys: no_extra_keys,
};

const PLAIN: FilterClass = FilterClass::Plain;

static PROPERTIES: &[Property] = &[
    boolean("accountEnabled").default_set().required(),
    structures("alternativeSecurityIds", &OPAQUE).default_set(),
    date("approximateLastSignInDateTime").default_set().read_only().order(OrderClass::Advanced),
    date("complianceExpirationDateTime").default_set().read_only(),
    text("deviceCategory").default_set(),
    text("deviceId").default_set().create_only().filter(PLAIN).key(KeyScope::Live),
    text("deviceMetadata").default_set(),
    text("deviceOwnership").default_set(),
    integer("deviceVersion").default_set(),
    text("displayName").default_set().required().longest(256).filter(PLAIN).order(OrderClass::Advanced),
    text("enrollmentProfileName").default_set(),
    text("enrollmentType").default_set(),
    structure("extensionAttributes", &EXTENSION_ATTRIBUTES),
    boolean("isCompliant").default_set(),
    boolean("isManaged").default_set(),
    boolean("isManagementRestricted").read_only(),
    boolean("isRooted").default_set().read_only(),
    text("managementType").default_set().read_only(),
    text("manufacturer").default_set().read_only(),
    text("mdmAppId").default_set(),
    text("model").default_set().read_only(),
    date("onPremisesLastSyncDateTime").default_set().read_only(),
    text("onPremisesSecurityIdentifier").read_only(),
    boolean("onPremisesSyncEnabled").default_set().read_only(),
    text("operatingSystem").default_set().required().filter(PLAIN),
    text("operatingSystemVersion").default_set().required().filter(PLAIN),
    texts("physicalIds").default_set().filter(FilterClass::Collection),
    text("profileType").default_set().filter(FilterClass::Flag),
    date("registrationDateTime").default_set().read_only(),
    texts("systemLabels").default_set().read_only(),
    text("trustType").default_set().read_only().filter(FilterClass::Flag),
];

static NAVIGATIONS: &[Navigation] = &[
    links("registeredOwners", &["user", "servicePrincipal"]),
    links("registeredUsers", &["user", "servicePrincipal"]),
    derived("memberOf", Source::Reverse("members")),
    derived("transitiveMemberOf", Source::TransitiveReverse("members")),
];
