//! `group`: security and Microsoft 365 groups. <https://learn.microsoft.com/graph/api/resources/group>

use super::property::{boolean, date, integer, structure, structures, text, texts};
use super::user::{ASSIGNED_LICENSE, EXTENSION_ATTRIBUTES, OPAQUE};
use super::{
    Complex, DIRECTORY_PAGE, EntityType, FilterClass, KeyScope, Navigation, OrderClass, Property, Source,
    Tracked, derived, links, made_by_actions, parts,
};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "group",
    collection: "groups",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &["uniqueName"],
    segment_key: None,
    upsert_key: Some("uniqueName"),
    open: true,
    page: DIRECTORY_PAGE,
    delta: Some(Tracked { by_default: &["members"], selectable: &["members", "owners"] }),
    behavior: quirks::group::BEHAVIOR,
    extra_keys: quirks::group::keys,
};

const PLAIN: FilterClass = FilterClass::Plain;
const ADVANCED: FilterClass = FilterClass::Advanced;
const THEMES: &[&str] = &["Teal", "Purple", "Green", "Blue", "Pink", "Orange", "Red"];

static PROPERTIES: &[Property] = &[
    boolean("allowExternalSenders").filter(FilterClass::None),
    structures("assignedLabels", &OPAQUE).read_only(),
    structures("assignedLicenses", &ASSIGNED_LICENSE).read_only().filter(FilterClass::Collection),
    boolean("autoSubscribeNewMembers").filter(FilterClass::None),
    text("classification").default_set().filter(ADVANCED),
    date("createdDateTime").default_set().read_only(),
    text("description").default_set().longest(1024).filter(ADVANCED),
    text("displayName").default_set().required().longest(256).filter(PLAIN).order(OrderClass::Default),
    date("expirationDateTime").default_set().read_only().filter(ADVANCED),
    texts("groupTypes")
        .default_set()
        .one_of(&["Unified", "DynamicMembership"])
        .filter(FilterClass::Collection),
    boolean("hasMembersWithLicenseErrors").read_only().filter_only(),
    boolean("hideFromAddressLists").filter(FilterClass::None),
    boolean("hideFromOutlookClients").filter(FilterClass::None),
    boolean("isArchived").read_only().filter(FilterClass::None),
    boolean("isAssignableToRole").default_set().create_only(),
    boolean("isManagementRestricted").read_only(),
    boolean("isSubscribedByMail").filter(FilterClass::None),
    structure("licenseProcessingState", &LICENSE_PROCESSING_STATE).read_only(),
    text("mail").default_set().read_only().filter(FilterClass::Mail),
    boolean("mailEnabled").default_set().required().create_only(),
    text("mailNickname").default_set().required().longest(64).filter(PLAIN),
    text("membershipRule").default_set().longest(3072).filter(ADVANCED),
    text("membershipRuleProcessingState").default_set().one_of(&["On", "Paused"]).filter(ADVANCED),
    text("onPremisesDomainName").default_set().read_only(),
    structure("onPremisesExtensionAttributes", &EXTENSION_ATTRIBUTES).read_only(),
    date("onPremisesLastSyncDateTime").default_set().read_only(),
    text("onPremisesNetBiosName").default_set().read_only(),
    structures("onPremisesProvisioningErrors", &OPAQUE).default_set().read_only(),
    text("onPremisesSamAccountName").default_set().read_only().filter(ADVANCED),
    text("onPremisesSecurityIdentifier").default_set().read_only(),
    boolean("onPremisesSyncEnabled").default_set().read_only(),
    text("preferredDataLocation").default_set(),
    text("preferredLanguage").default_set().filter(ADVANCED),
    texts("proxyAddresses").default_set().read_only().filter(FilterClass::MailCollection),
    date("renewedDateTime").default_set().read_only(),
    texts("resourceBehaviorOptions").default_set().create_only(),
    texts("resourceProvisioningOptions").default_set().create_only().filter(FilterClass::Collection),
    boolean("securityEnabled").default_set().required(),
    text("securityIdentifier").default_set().read_only().filter(FilterClass::Flag),
    structures("serviceProvisioningErrors", &OPAQUE).default_set().read_only(),
    text("theme").default_set().one_of(THEMES),
    text("uniqueName").default_set().create_only().filter(FilterClass::Flag).key(KeyScope::Always),
    integer("unseenCount"),
    text("visibility").default_set().one_of(&["Private", "Public", "HiddenMembership"]),
];

static NAVIGATIONS: &[Navigation] = &[
    links("members", &["user", "group", "device", "servicePrincipal"]),
    links("owners", &["user", "servicePrincipal"]),
    derived("membersWithLicenseErrors", Source::LicenseErrors),
    parts("settings", &["groupSetting"]),
    made_by_actions("groupLifecyclePolicies", &["groupLifecyclePolicy"]),
    derived("memberOf", Source::Reverse("members")),
    derived("transitiveMembers", Source::Transitive("members")),
    derived("transitiveMemberOf", Source::TransitiveReverse("members")),
];

static LICENSE_PROCESSING_STATE: Complex =
    Complex { name: "licenseProcessingState", properties: &[text("state")] };
