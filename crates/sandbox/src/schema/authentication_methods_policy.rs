//! `authenticationMethodsPolicy`: which methods the tenant's people may register, and how they are asked to.
//! <https://learn.microsoft.com/graph/api/resources/authenticationmethodspolicy>

use super::authentication_method::EXCLUDED;
use super::property::{date, integer, structure, structures, text};
use super::{Complex, DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "authenticationMethodsPolicy",
    collection: "policies/authenticationMethodsPolicy",
    single: true,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::authentication_methods_policy::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set().read_only(),
    text("displayName").default_set().read_only(),
    date("lastModifiedDateTime").default_set().read_only(),
    text("policyMigrationState").default_set().one_of(&[
        "preMigration",
        "migrationInProgress",
        "migrationComplete",
    ]),
    text("policyVersion").default_set().read_only(),
    integer("reconfirmationInDays").default_set(),
    structure("registrationEnforcement", &REGISTRATION).default_set(),
];

static REGISTRATION: Complex = Complex {
    name: "registrationEnforcement",
    properties: &[structure("authenticationMethodsRegistrationCampaign", &CAMPAIGN)],
};

static CAMPAIGN: Complex = Complex {
    name: "authenticationMethodsRegistrationCampaign",
    properties: &[
        structures("excludeTargets", &EXCLUDED),
        structures("includeTargets", &CAMPAIGN_TARGET),
        integer("snoozeDurationInDays").not_null(),
        text("state").not_null().one_of(&["default", "enabled", "disabled"]),
    ],
};

static CAMPAIGN_TARGET: Complex = Complex {
    name: "authenticationMethodsRegistrationCampaignIncludeTarget",
    properties: &[
        text("id").not_null(),
        text("targetedAuthenticationMethod"),
        text("targetType").not_null().one_of(&["user", "group"]),
    ],
};
