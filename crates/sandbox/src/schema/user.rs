//! `user`: people and guests. <https://learn.microsoft.com/graph/api/resources/user>

use super::property::{boolean, date, guid, structure, structures, text, texts};
use super::{
    Complex, DIRECTORY_PAGE, EntityType, FilterClass, KeyScope, Navigation, OrderClass, Property, Source,
    Tracked, derived, link, links,
};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "user",
    collection: "users",
    single: false,
    directory_object: true,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &["userPrincipalName"],
    segment_key: Some("userPrincipalName"),
    upsert_key: None,
    open: true,
    page: DIRECTORY_PAGE,
    delta: Some(Tracked { by_default: &[], selectable: &["manager"] }),
    behavior: quirks::user::BEHAVIOR,
    extra_keys: quirks::mail::addresses,
};

const PLAIN: FilterClass = FilterClass::Plain;
const ADVANCED: FilterClass = FilterClass::Advanced;

static PROPERTIES: &[Property] = &[
    text("aboutMe").elsewhere(),
    boolean("accountEnabled").required(),
    text("ageGroup").one_of(&["Minor", "NotAdult", "Adult"]).filter(FilterClass::Flag),
    structures("assignedLicenses", &ASSIGNED_LICENSE).read_only().filter(FilterClass::Collection),
    structures("assignedPlans", &ASSIGNED_PLAN).read_only().filter(ADVANCED),
    structure("authorizationInfo", &AUTHORIZATION_INFO),
    date("birthday").not_null().elsewhere().filter(FilterClass::None),
    texts("businessPhones").default_set().most(1).filter(FilterClass::Collection),
    text("city").longest(128).filter(PLAIN),
    text("companyName").longest(64).filter(ADVANCED),
    text("consentProvidedForMinor").one_of(&["Granted", "Denied", "NotRequired"]).filter(FilterClass::Flag),
    text("country").longest(128).filter(PLAIN),
    date("createdDateTime").read_only().order(OrderClass::Advanced),
    text("creationType").read_only().filter(FilterClass::Flag),
    structure("customSecurityAttributes", &OPAQUE),
    text("department").longest(64).filter(PLAIN),
    text("displayName").default_set().required().longest(256).filter(PLAIN).order(OrderClass::Default),
    date("employeeHireDate").filter(ADVANCED),
    text("employeeId").longest(16).filter(PLAIN),
    date("employeeLeaveDateTime").filter(ADVANCED),
    structure("employeeOrgData", &EMPLOYEE_ORG_DATA).filter(ADVANCED),
    text("employeeType").filter(ADVANCED),
    text("externalUserState").read_only().filter(FilterClass::Flag),
    date("externalUserStateChangeDateTime").read_only().filter(ADVANCED),
    text("faxNumber").filter(ADVANCED),
    text("givenName").default_set().longest(64).filter(PLAIN),
    date("hireDate").not_null().elsewhere().filter(FilterClass::None),
    structures("identities", &OBJECT_IDENTITY).filter(FilterClass::Collection),
    texts("imAddresses").read_only().filter(FilterClass::Collection),
    texts("interests").elsewhere(),
    boolean("isManagementRestricted").read_only(),
    boolean("isResourceAccount").read_only(),
    text("jobTitle").default_set().longest(128).filter(PLAIN),
    date("lastPasswordChangeDateTime").read_only().filter(FilterClass::None),
    text("legalAgeGroupClassification").read_only(),
    structures("licenseAssignmentStates", &LICENSE_ASSIGNMENT_STATE).read_only(),
    text("mail").default_set().filter(FilterClass::Mail),
    structure("mailboxSettings", &OPAQUE).elsewhere(),
    text("mailNickname").required().longest(64).filter(PLAIN),
    text("mobilePhone").default_set().longest(64).filter(ADVANCED),
    text("mySite").elsewhere(),
    text("officeLocation").default_set().longest(128).filter(ADVANCED),
    text("onPremisesDistinguishedName").read_only(),
    text("onPremisesDomainName").read_only(),
    structure("onPremisesExtensionAttributes", &EXTENSION_ATTRIBUTES).filter(ADVANCED),
    text("onPremisesImmutableId").filter(PLAIN),
    date("onPremisesLastSyncDateTime").read_only(),
    structures("onPremisesProvisioningErrors", &OPAQUE).read_only(),
    text("onPremisesSamAccountName").read_only().filter(ADVANCED),
    text("onPremisesSecurityIdentifier").read_only(),
    boolean("onPremisesSyncEnabled").read_only(),
    text("onPremisesUserPrincipalName").read_only(),
    texts("otherMails").most(250).longest(250).filter(FilterClass::MailCollection),
    text("passwordPolicies").filter(ADVANCED),
    structure("passwordProfile", &PASSWORD_PROFILE).write_only(),
    texts("pastProjects").elsewhere(),
    text("postalCode").longest(40).filter(ADVANCED),
    text("preferredDataLocation"),
    text("preferredLanguage").default_set().filter(ADVANCED),
    text("preferredName").elsewhere(),
    structures("provisionedPlans", &PROVISIONED_PLAN).read_only(),
    texts("proxyAddresses").read_only().filter(FilterClass::MailCollection),
    texts("responsibilities").elsewhere(),
    texts("schools").elsewhere(),
    text("securityIdentifier").read_only(),
    structures("serviceProvisioningErrors", &OPAQUE).read_only(),
    boolean("showInAddressList").filter(ADVANCED),
    structure("signInActivity", &SIGN_IN_ACTIVITY).read_only().filter(FilterClass::Date),
    date("signInSessionsValidFromDateTime").read_only().filter(FilterClass::None),
    texts("skills").elsewhere(),
    text("state").longest(128).filter(PLAIN),
    text("streetAddress").longest(1024).filter(ADVANCED),
    text("surname").default_set().longest(64).filter(PLAIN),
    text("usageLocation").not_null().longest(2).filter(PLAIN),
    text("userPrincipalName")
        .default_set()
        .required()
        .longest(113)
        .filter(FilterClass::Mail)
        .order(OrderClass::Default)
        .key(KeyScope::Always),
    text("userType").one_of(&["Member", "Guest"]).filter(FilterClass::Flag),
];

static NAVIGATIONS: &[Navigation] = &[
    link("manager", &["user"]),
    links("sponsors", &["user", "group"]),
    derived("directReports", Source::Reverse("manager")),
    derived("sponsorOf", Source::Reverse("sponsors")),
    derived("memberOf", Source::Reverse("members")),
    derived("transitiveMemberOf", Source::TransitiveReverse("members")),
    derived("ownedObjects", Source::Reverse("owners")),
    derived("ownedDevices", Source::Reverse("registeredOwners")),
    derived("registeredDevices", Source::Reverse("registeredUsers")),
];

/// Values kept as they come.
pub(super) static OPAQUE: Complex = Complex { name: "complexType", properties: &[] };

pub(super) static ASSIGNED_LICENSE: Complex = Complex {
    name: "assignedLicense",
    properties: &[texts("disabledPlans"), guid("skuId").filter(FilterClass::Flag)],
};

static SIGN_IN_ACTIVITY: Complex = Complex {
    name: "signInActivity",
    properties: &[
        date("lastNonInteractiveSignInDateTime"),
        text("lastNonInteractiveSignInRequestId"),
        date("lastSignInDateTime"),
        text("lastSignInRequestId"),
        date("lastSuccessfulSignInDateTime"),
        text("lastSuccessfulSignInRequestId"),
    ],
};

static ASSIGNED_PLAN: Complex = Complex {
    name: "assignedPlan",
    properties: &[
        date("assignedDateTime"),
        text("capabilityStatus").filter(FilterClass::Flag),
        text("service").filter(PLAIN),
        guid("servicePlanId").filter(FilterClass::Flag),
    ],
};

static LICENSE_ASSIGNMENT_STATE: Complex = Complex {
    name: "licenseAssignmentState",
    properties: &[
        text("assignedByGroup"),
        texts("disabledPlans"),
        text("error"),
        date("lastUpdatedDateTime"),
        guid("skuId"),
        text("state"),
    ],
};

static PROVISIONED_PLAN: Complex = Complex {
    name: "provisionedPlan",
    properties: &[text("capabilityStatus"), text("provisioningStatus"), text("service")],
};

static AUTHORIZATION_INFO: Complex =
    Complex { name: "authorizationInfo", properties: &[texts("certificateUserIds").most(5)] };

static EMPLOYEE_ORG_DATA: Complex = Complex {
    name: "employeeOrgData",
    properties: &[text("costCenter").filter(ADVANCED), text("division").filter(ADVANCED)],
};

static OBJECT_IDENTITY: Complex = Complex {
    name: "objectIdentity",
    properties: &[
        text("issuer").longest(512).filter(PLAIN),
        text("issuerAssignedId").longest(64).filter(PLAIN),
        text("signInType").filter(PLAIN),
    ],
};

static PASSWORD_PROFILE: Complex = Complex {
    name: "passwordProfile",
    properties: &[
        boolean("forceChangePasswordNextSignIn"),
        boolean("forceChangePasswordNextSignInWithMfa"),
        text("password").longest(256),
    ],
};

const fn extension_attribute(name: &'static str) -> Property {
    text(name).longest(1024).filter(ADVANCED)
}

pub(super) static EXTENSION_ATTRIBUTES: Complex = Complex {
    name: "onPremisesExtensionAttributes",
    properties: &[
        extension_attribute("extensionAttribute1"),
        extension_attribute("extensionAttribute2"),
        extension_attribute("extensionAttribute3"),
        extension_attribute("extensionAttribute4"),
        extension_attribute("extensionAttribute5"),
        extension_attribute("extensionAttribute6"),
        extension_attribute("extensionAttribute7"),
        extension_attribute("extensionAttribute8"),
        extension_attribute("extensionAttribute9"),
        extension_attribute("extensionAttribute10"),
        extension_attribute("extensionAttribute11"),
        extension_attribute("extensionAttribute12"),
        extension_attribute("extensionAttribute13"),
        extension_attribute("extensionAttribute14"),
        extension_attribute("extensionAttribute15"),
    ],
};
