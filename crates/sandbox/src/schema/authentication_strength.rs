//! `authenticationStrengthPolicy`: the combinations of methods that are strong enough, built-in or custom.
//! <https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy>

use super::property::{date, text, texts};
use super::{EntityType, FilterClass, Navigation, PIM_PAGE, Property, no_extra_keys, parts};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "authenticationStrengthPolicy",
    collection: "policies/authenticationStrengthPolicies",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::authentication_strength::BEHAVIOR,
    extra_keys: no_extra_keys,
};

/// What a person can sign in with.
pub(crate) const MODES: &[&str] = &[
    "password",
    "voice",
    "hardwareOath",
    "softwareOath",
    "sms",
    "fido2",
    "windowsHelloForBusiness",
    "microsoftAuthenticatorPush",
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "email",
    "x509CertificateSingleFactor",
    "x509CertificateMultiFactor",
    "federatedSingleFactor",
    "federatedMultiFactor",
    "qrCodePin",
];

static PROPERTIES: &[Property] = &[
    texts("allowedCombinations").default_set().required().create_only().flags_of(MODES),
    date("createdDateTime").default_set().not_null().read_only(),
    text("description").default_set().longest(1_500).may_be_empty(),
    text("displayName").default_set().required().longest(30).filter(FilterClass::Plain),
    date("modifiedDateTime").default_set().not_null().read_only(),
    text("policyType")
        .default_set()
        .not_null()
        .read_only()
        .one_of(&["builtIn", "custom"])
        .filter(FilterClass::Flag),
    text("requirementsSatisfied").default_set().not_null().read_only().flags_of(&["none", "mfa"]),
];

static NAVIGATIONS: &[Navigation] =
    &[parts("combinationConfigurations", &["authenticationCombinationConfiguration"])];
