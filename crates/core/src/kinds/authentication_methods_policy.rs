//! The authentication methods policy: how far the tenant is from the older settings, and how people are asked to register.
//!
//! Surprises: the campaign is written whole, so a change repeats the rest of it; the methods that the policy shows inline are
//! objects of their own (`authentication_methods`).

use super::attribute::{Attribute, Type};
use super::{Clear, Kind, Shape};

pub(super) static KIND: Kind = Kind {
    name: "authentication_methods_policy",
    table: "authentication_methods_policy",
    entity: "authenticationMethodsPolicy",
    path: "/policies/authenticationMethodsPolicy",
    shape: Shape::Singleton,
    summary: "The authentication methods policy: migration from the older settings, and how people are asked to register.",
    documentation: "https://learn.microsoft.com/graph/api/resources/authenticationmethodspolicy",
    example: EXAMPLE,
    plan_permissions: &["Policy.Read.AuthenticationMethod"],
    apply_permissions: &["Policy.ReadWrite.AuthenticationMethod"],
    attributes: ATTRIBUTES,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[authentication_methods_policy]
policy_migration_state = "migration_complete"
reconfirmation_in_days = 180
registration_enforcement = { campaign = { state = "enabled", snooze_duration_in_days = 1, include_targets = [{ ref = "all_users", targeted_authentication_method = "microsoft_authenticator" }], exclude_targets = [] } }
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "policy_migration_state",
        "policyMigrationState",
        Type::Enumeration(&["preMigration", "migrationInProgress", "migrationComplete"]),
        "Whether the older settings of multifactor authentication and password reset still count.",
    )
    .not_clearable(),
    Attribute::new(
        "reconfirmation_in_days",
        "reconfirmationInDays",
        Type::Integer { min: 0, max: 730 },
        "After how many days people confirm what they registered; 0 for never.",
    )
    .not_clearable(),
    Attribute::new(
        "registration_enforcement",
        "registrationEnforcement",
        Type::Record(REGISTRATION),
        "How people are asked to register.",
    )
    .not_clearable(),
];

static REGISTRATION: &[Attribute] = &[Attribute::new(
    "campaign",
    "authenticationMethodsRegistrationCampaign",
    Type::Record(CAMPAIGN),
    "Whom a sign-in asks to register a better method.",
)
.not_clearable()];

static CAMPAIGN: &[Attribute] = &[
    Attribute::new(
        "state",
        "state",
        Type::Enumeration(&["default", "enabled", "disabled"]),
        "Whether people are asked; `default` leaves it to Microsoft.",
    )
    .not_clearable(),
    Attribute::new(
        "snooze_duration_in_days",
        "snoozeDurationInDays",
        Type::Integer { min: 0, max: 14 },
        "For how many days people can put it off; 0 asks at every sign-in.",
    )
    .not_clearable(),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "include_targets",
            "includeTargets",
            Type::Targets { kinds: &["group", "user"], members: METHOD },
            "Who is asked, all for the same method; the whole list.",
        )
    },
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "exclude_targets",
            "excludeTargets",
            Type::Targets { kinds: &["group", "user"], members: &[] },
            "Who is not; the whole list.",
        )
    },
];

static METHOD: &[Attribute] = &[Attribute::new(
    "targeted_authentication_method",
    "targetedAuthenticationMethod",
    Type::Enumeration(&["microsoftAuthenticator", "fido2"]),
    "What they are asked to register.",
)
.not_clearable()];
