//! `servicePrincipal`: applications present in the tenant.
//! <https://learn.microsoft.com/graph/api/resources/serviceprincipal>

use super::property::{boolean, guid, structure, structures, text, texts};
use super::user::OPAQUE;
use super::{
    DIRECTORY_PAGE, EntityType, FilterClass, KeyScope, Navigation, OrderClass, PROPERTIES_ONLY, Property,
    Source, derived, links, no_extra_keys, parts,
};
use crate::quirks;

pub(crate) static TYPE: EntityType = EntityType {
    name: "servicePrincipal",
    collection: "servicePrincipals",
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
    behavior: quirks::application::SERVICE_PRINCIPAL,
    extra_keys: no_extra_keys,
};

const PLAIN: FilterClass = FilterClass::Plain;

static PROPERTIES: &[Property] = &[
    boolean("accountEnabled").default_set(),
    structures("addIns", &OPAQUE).default_set(),
    texts("alternativeNames").default_set().filter(FilterClass::Collection),
    text("appDescription").default_set().read_only(),
    text("appDisplayName").default_set().read_only().filter(PLAIN),
    text("appId").default_set().required().create_only().filter(PLAIN).key(KeyScope::Always),
    text("applicationTemplateId").default_set().read_only().filter(FilterClass::Flag),
    guid("appOwnerOrganizationId").default_set().read_only().filter(FilterClass::Advanced),
    boolean("appRoleAssignmentRequired").default_set().not_null().filter(FilterClass::Advanced),
    structures("appRoles", &OPAQUE).default_set(),
    structure("customSecurityAttributes", &OPAQUE),
    text("description").default_set().filter(FilterClass::Advanced),
    text("disabledByMicrosoftStatus").default_set().read_only(),
    text("displayName").default_set().longest(256).filter(PLAIN).order(OrderClass::Advanced),
    text("homepage").default_set().filter(PLAIN),
    structure("info", &OPAQUE).default_set().read_only(),
    structures("keyCredentials", &OPAQUE).default_set(),
    text("loginUrl").default_set(),
    text("logoutUrl").default_set(),
    text("notes").default_set().longest(1024),
    texts("notificationEmailAddresses").default_set(),
    structures("oauth2PermissionScopes", &OPAQUE).default_set(),
    structures("passwordCredentials", &OPAQUE).default_set(),
    text("preferredSingleSignOnMode").default_set(),
    text("preferredTokenSigningKeyThumbprint").default_set(),
    texts("replyUrls").default_set(),
    structures("resourceSpecificApplicationPermissions", &OPAQUE).default_set().read_only(),
    structure("samlSingleSignOnSettings", &OPAQUE).default_set(),
    texts("servicePrincipalNames").default_set().filter(FilterClass::Collection),
    text("servicePrincipalType").default_set().read_only().filter(FilterClass::Flag),
    text("signInAudience").default_set().read_only().filter(FilterClass::Flag),
    texts("tags").default_set().filter(FilterClass::Collection),
    guid("tokenEncryptionKeyId").default_set(),
    structure("verifiedPublisher", &OPAQUE).default_set().read_only(),
];

static NAVIGATIONS: &[Navigation] = &[
    links("owners", &["user", "servicePrincipal"]),
    derived("memberOf", Source::Reverse("members")),
    derived("transitiveMemberOf", Source::TransitiveReverse("members")),
    derived("ownedObjects", Source::Reverse("owners")),
    parts("appRoleAssignedTo", &["appRoleAssignment"]),
    parts("appRoleAssignments", &["appRoleAssignment"]),
];
