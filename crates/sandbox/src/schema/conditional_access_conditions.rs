//! What a Conditional Access policy can be about.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccessconditionset>

use super::property::{structure, text, texts};
use super::{Complex, Property};

pub(crate) static CONDITIONS: Complex = Complex {
    name: "conditionalAccessConditionSet",
    properties: &[
        structure("applications", &APPLICATIONS),
        structure("authenticationFlows", &FLOWS),
        structure("clientApplications", &CLIENT_APPLICATIONS),
        texts("clientAppTypes").one_of(&[
            "all",
            "browser",
            "mobileAppsAndDesktopClients",
            "exchangeActiveSync",
            "easSupported",
            "other",
        ]),
        structure("devices", &DEVICES),
        text("insiderRiskLevels").flags_of(&["minor", "moderate", "elevated"]),
        structure("locations", &LOCATIONS),
        structure("platforms", &PLATFORMS),
        risk_levels("servicePrincipalRiskLevels"),
        risk_levels("signInRiskLevels"),
        risk_levels("userRiskLevels"),
        structure("users", &USERS),
    ],
};

const fn risk_levels(name: &'static str) -> Property {
    texts(name).one_of(&["low", "medium", "high", "hidden", "none"])
}

static APPLICATIONS: Complex = Complex {
    name: "conditionalAccessApplications",
    properties: &[
        structure("applicationFilter", &FILTER),
        texts("excludeApplications"),
        texts("includeApplications"),
        texts("includeAuthenticationContextClassReferences"),
        texts("includeUserActions"),
    ],
};

static FLOWS: Complex = Complex {
    name: "conditionalAccessAuthenticationFlows",
    properties: &[text("transferMethods").not_null().flags_of(&[
        "none",
        "deviceCodeFlow",
        "authenticationTransfer",
    ])],
};

static CLIENT_APPLICATIONS: Complex = Complex {
    name: "conditionalAccessClientApplications",
    properties: &[
        texts("excludeServicePrincipals"),
        texts("includeServicePrincipals"),
        structure("servicePrincipalFilter", &FILTER),
    ],
};

static DEVICES: Complex =
    Complex { name: "conditionalAccessDevices", properties: &[structure("deviceFilter", &FILTER)] };

/// Longest rule of a filter in characters.
/// <https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices>
const LONGEST_RULE: usize = 3_072;

static FILTER: Complex = Complex {
    name: "conditionalAccessFilter",
    properties: &[
        text("mode").not_null().one_of(&["include", "exclude"]),
        text("rule").not_null().longest(LONGEST_RULE),
    ],
};

static LOCATIONS: Complex = Complex {
    name: "conditionalAccessLocations",
    properties: &[texts("excludeLocations"), texts("includeLocations")],
};

static PLATFORMS: Complex = Complex {
    name: "conditionalAccessPlatforms",
    properties: &[platforms("excludePlatforms"), platforms("includePlatforms")],
};

const fn platforms(name: &'static str) -> Property {
    texts(name).one_of(&["android", "iOS", "windows", "windowsPhone", "macOS", "all", "linux"])
}

static USERS: Complex = Complex {
    name: "conditionalAccessUsers",
    properties: &[
        texts("excludeGroups"),
        structure("excludeGuestsOrExternalUsers", &GUESTS),
        texts("excludeRoles"),
        texts("excludeUsers"),
        texts("includeGroups"),
        structure("includeGuestsOrExternalUsers", &GUESTS),
        texts("includeRoles"),
        texts("includeUsers"),
    ],
};

static GUESTS: Complex = Complex {
    name: "conditionalAccessGuestsOrExternalUsers",
    properties: &[
        structure("externalTenants", &EXTERNAL_TENANTS),
        text("guestOrExternalUserTypes").not_null().flags_of(&[
            "none",
            "internalGuest",
            "b2bCollaborationGuest",
            "b2bCollaborationMember",
            "b2bDirectConnectUser",
            "otherExternalUser",
            "serviceProvider",
        ]),
    ],
};

/// All of them or enumerated ones, told apart by `@odata.type`.
static EXTERNAL_TENANTS: Complex = Complex { name: "conditionalAccessExternalTenants", properties: &[] };
