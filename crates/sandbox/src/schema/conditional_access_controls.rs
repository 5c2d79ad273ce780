//! What a Conditional Access policy can require, and how it can limit what follows.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols>

use super::property::{boolean, integer, structure, text, texts};
use super::{Complex, Property};

pub(crate) static GRANT: Complex = Complex {
    name: "conditionalAccessGrantControls",
    properties: &[
        structure("authenticationStrength", &STRENGTH),
        texts("builtInControls").one_of(&[
            "block",
            "mfa",
            "compliantDevice",
            "domainJoinedDevice",
            "approvedApplication",
            "compliantApplication",
            "passwordChange",
            "riskRemediation",
        ]),
        texts("customAuthenticationFactors"),
        text("operator").one_of(&["AND", "OR"]),
        texts("termsOfUse"),
    ],
};

/// Written as its id, shown whole.
static STRENGTH: Complex = Complex { name: "authenticationStrengthPolicy", properties: &[] };

pub(crate) static SESSION: Complex = Complex {
    name: "conditionalAccessSessionControls",
    properties: &[
        structure("applicationEnforcedRestrictions", &APPLICATION_ENFORCED),
        structure("cloudAppSecurity", &CLOUD_APP_SECURITY),
        boolean("disableResilienceDefaults"),
        structure("persistentBrowser", &PERSISTENT_BROWSER),
        structure("secureSignInSession", &SECURE_SIGN_IN),
        structure("signInFrequency", &SIGN_IN_FREQUENCY),
    ],
};

const ENABLED: Property = boolean("isEnabled");

static APPLICATION_ENFORCED: Complex =
    Complex { name: "applicationEnforcedRestrictionsSessionControl", properties: &[ENABLED] };

static SECURE_SIGN_IN: Complex = Complex { name: "secureSignInSessionControl", properties: &[ENABLED] };

static CLOUD_APP_SECURITY: Complex = Complex {
    name: "cloudAppSecuritySessionControl",
    properties: &[
        text("cloudAppSecurityType").one_of(&["mcasConfigured", "monitorOnly", "blockDownloads"]),
        ENABLED,
    ],
};

static PERSISTENT_BROWSER: Complex = Complex {
    name: "persistentBrowserSessionControl",
    properties: &[ENABLED, text("mode").one_of(&["always", "never"])],
};

static SIGN_IN_FREQUENCY: Complex = Complex {
    name: "signInFrequencySessionControl",
    properties: &[
        text("authenticationType").one_of(&["primaryAndSecondaryAuthentication", "secondaryAuthentication"]),
        text("frequencyInterval").one_of(&["timeBased", "everyTime"]),
        ENABLED,
        text("type").one_of(&["days", "hours"]),
        integer("value"),
    ],
};
