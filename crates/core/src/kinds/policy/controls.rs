//! What a policy asks for, and how it limits what follows.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols>,
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccesssessioncontrols>

use super::super::Default;
use super::super::attribute::{Attribute, Named, Type, anything};
use super::conditions::{ids, word};

pub(super) const GRANTS: &[Attribute] = &[
    Attribute::new(
        OPERATOR,
        OPERATOR,
        Type::Enumeration(&["AND", "OR"]),
        "Whether all controls are needed (`and`) or one of them (`or`); of no importance where there is one.",
    )
    .not_clearable(),
    controls(
        "built_in_controls",
        BUILT_IN,
        &[
            "block",
            "mfa",
            "compliantDevice",
            "domainJoinedDevice",
            "approvedApplication",
            "compliantApplication",
            "passwordChange",
            "riskRemediation",
        ],
        "Controls of the service.",
    ),
    Attribute::new(
        "authentication_strength",
        STRENGTH,
        Type::Member(&Attribute::new(
            "authentication_strength",
            "id",
            Type::Named(Named {
                words: &[
                    word("Multifactor authentication", &["00000000-0000-0000-0000-000000000002"]),
                    word("Passwordless MFA", &["00000000-0000-0000-0000-000000000003"]),
                    word("Phishing-resistant MFA", &["00000000-0000-0000-0000-000000000004"]),
                ],
                targets: &["strength"],
                by: None,
                single: true,
            }),
            "A strength.",
        )),
        "Methods that are enough: a built-in strength by its name, or a custom one as `strength:…`.",
    ),
    ids("terms_of_use", "termsOfUse", "Ids of terms of use that have to be accepted."),
    controls("custom_authentication_factors", "customAuthenticationFactors", &[], "Ids of custom controls."),
];

pub(super) const OPERATOR: &str = "operator";
pub(super) const BUILT_IN: &str = "builtInControls";
pub(super) const STRENGTH: &str = "authenticationStrength";

const fn controls(
    name: &'static str,
    graph: &'static str,
    members: &'static [&'static str],
    summary: &'static str,
) -> Attribute {
    let mut attribute = Attribute::new(
        name,
        graph,
        Type::Texts { max_items: 20, max: 128, check: anything, members },
        summary,
    );
    attribute.clear = super::super::Clear::Empty;
    attribute
}

const ENABLED: Attribute = Attribute::new(
    "is_enabled",
    IS_ENABLED,
    Type::Boolean,
    "Whether the control is in force; `true` unless given.",
)
.not_clearable();
pub(super) const IS_ENABLED: &str = "isEnabled";

pub(super) const SESSIONS: &[Attribute] = &[
    Attribute::new(
        "sign_in_frequency",
        FREQUENCY,
        Type::Record(&[
            ENABLED,
            Attribute::new(
                "value",
                "value",
                Type::Integer { min: 1, max: 365 },
                "How many hours (1 to 23) or days.",
            ),
            Attribute::new("type", "type", Type::Enumeration(&["hours", "days"]), "Hours or days."),
            Attribute::new(
                "frequency_interval",
                INTERVAL,
                Type::Enumeration(&["timeBased", EVERY_TIME]),
                "After that time, or every time.",
            )
            .unless_set(Default::Text("timeBased"))
            .not_clearable(),
            Attribute::new(
                "authentication_type",
                "authenticationType",
                Type::Enumeration(&["primaryAndSecondaryAuthentication", "secondaryAuthentication"]),
                "What has to be repeated.",
            )
            .not_clearable(),
        ]),
        "How often people sign in again.",
    ),
    Attribute::new(
        "persistent_browser",
        "persistentBrowser",
        Type::Record(&[
            ENABLED,
            Attribute::new(
                "mode",
                "mode",
                Type::Enumeration(&["always", "never"]),
                "Whether a browser stays signed in.",
            )
            .not_clearable(),
        ]),
        "Whether people stay signed in when they close the browser.",
    ),
    Attribute::new(
        "cloud_app_security",
        "cloudAppSecurity",
        Type::Record(&[
            ENABLED,
            Attribute::new(
                "cloud_app_security_type",
                "cloudAppSecurityType",
                Type::Enumeration(&["mcasConfigured", "monitorOnly", "blockDownloads"]),
                "What Defender for Cloud Apps does.",
            )
            .not_clearable(),
        ]),
        "Control by Microsoft Defender for Cloud Apps.",
    ),
    Attribute::new(
        "application_enforced_restrictions",
        "applicationEnforcedRestrictions",
        Type::Record(&[ENABLED]),
        "Restrictions that Exchange and SharePoint enforce themselves.",
    ),
    Attribute::new(
        "disable_resilience_defaults",
        "disableResilienceDefaults",
        Type::Boolean,
        "Whether sessions end in an outage too, when conditions cannot be judged again.",
    )
    .not_clearable(),
    Attribute::new(
        "secure_sign_in_session",
        "secureSignInSession",
        Type::Record(&[ENABLED]),
        "Token protection.",
    ),
];

pub(super) const FREQUENCY: &str = "signInFrequency";
pub(super) const INTERVAL: &str = "frequencyInterval";
pub(super) const EVERY_TIME: &str = "everyTime";
/// What does not go with a sign-in every time.
pub(super) const NOT_EVERY_TIME: [&str; 2] = ["applicationEnforcedRestrictions", "disableResilienceDefaults"];
