//! `organization`: the tenant itself. <https://learn.microsoft.com/graph/api/resources/organization>

use super::property::{boolean, date, structure, structures, text, texts};
use super::user::OPAQUE;
use super::{Complex, DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks::Behavior;

pub(super) static TYPE: EntityType = EntityType {
    name: "organization",
    collection: "organization",
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
    behavior: Behavior::SINGLETON,
    extra_keys: no_extra_keys,
};

const PARTNER_TENANT_TYPES: &[&str] = &[
    "microsoftSupport",
    "syndicatePartner",
    "breadthPartner",
    "breadthPartnerDelegatedAdmin",
    "resellerPartnerDelegatedAdmin",
    "valueAddedResellerPartnerDelegatedAdmin",
];

static PROPERTIES: &[Property] = &[
    structures("assignedPlans", &OPAQUE).default_set().read_only(),
    texts("businessPhones").default_set().read_only(),
    text("city").default_set().read_only(),
    text("country").default_set().read_only(),
    text("countryLetterCode").default_set().read_only(),
    date("createdDateTime").default_set().read_only(),
    text("defaultUsageLocation").default_set(),
    text("displayName").default_set().read_only(),
    texts("marketingNotificationEmails").default_set(),
    text("mobileDeviceManagementAuthority").default_set().not_null().read_only().one_of(&[
        "unknown",
        "intune",
        "sccm",
        "office365",
    ]),
    date("onPremisesLastSyncDateTime").default_set().read_only(),
    boolean("onPremisesSyncEnabled").default_set().read_only(),
    text("partnerTenantType").default_set().read_only().one_of(PARTNER_TENANT_TYPES),
    text("postalCode").default_set().read_only(),
    text("preferredLanguage").default_set().read_only(),
    structure("privacyProfile", &PRIVACY_PROFILE).default_set(),
    structures("provisionedPlans", &OPAQUE).default_set().read_only(),
    texts("securityComplianceNotificationMails").default_set(),
    texts("securityComplianceNotificationPhones").default_set(),
    text("state").default_set().read_only(),
    text("street").default_set().read_only(),
    texts("technicalNotificationMails").default_set(),
    text("tenantType").default_set().read_only(),
    structures("verifiedDomains", &VERIFIED_DOMAIN).default_set().read_only(),
];

static PRIVACY_PROFILE: Complex = Complex {
    name: "privacyProfile",
    properties: &[text("contactEmail"), text("statementUrl").longest(255)],
};

static VERIFIED_DOMAIN: Complex = Complex {
    name: "verifiedDomain",
    properties: &[
        text("capabilities"),
        boolean("isDefault"),
        boolean("isInitial"),
        text("name"),
        text("type"),
    ],
};
