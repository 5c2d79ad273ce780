//! `authenticationCombinationConfiguration`: which keys or certificates a strength takes.
//! <https://learn.microsoft.com/graph/api/resources/authenticationcombinationconfiguration>

use super::authentication_strength::MODES;
use super::property::texts;
use super::{Complex, EntityType, PIM_PAGE, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "authenticationCombinationConfiguration",
    collection: "policies/authenticationStrengthPolicies/combinationConfigurations",
    single: false,
    directory_object: false,
    properties: &[APPLIES_TO],
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::combination_configuration::BEHAVIOR,
    extra_keys: no_extra_keys,
};

const APPLIES_TO: Property = texts("appliesToCombinations").default_set().required().flags_of(MODES);

/// Configurations of security keys and of certificates.
pub(crate) static SORTS: &[&Complex] = &[&FIDO2, &CERTIFICATE];

static FIDO2: Complex = Complex {
    name: "fido2CombinationConfiguration",
    properties: &[texts("allowedAAGUIDs").default_set().required()],
};

static CERTIFICATE: Complex = Complex {
    name: "x509CertificateCombinationConfiguration",
    properties: &[
        texts("allowedIssuerSkis").default_set().most(5),
        texts("allowedPolicyOIDs").default_set().most(5),
    ],
};
