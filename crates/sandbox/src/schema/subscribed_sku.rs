//! `subscribedSku`: the products the tenant has bought.
//! <https://learn.microsoft.com/graph/api/resources/subscribedsku>

use super::property::{guid, integer, structure, structures, text, texts};
use super::{Complex, DIRECTORY_PAGE, EntityType, Property, no_extra_keys};
use crate::quirks::Behavior;

pub(super) static TYPE: EntityType = EntityType {
    name: "subscribedSku",
    collection: "subscribedSkus",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: Behavior::READ_ONLY,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("accountId").default_set().read_only(),
    text("accountName").default_set().read_only(),
    text("appliesTo").default_set().read_only(),
    text("capabilityStatus").default_set().read_only(),
    integer("consumedUnits").default_set().read_only(),
    structure("prepaidUnits", &LICENSE_UNITS).default_set().read_only(),
    structures("servicePlans", &SERVICE_PLAN_INFO).default_set().read_only(),
    guid("skuId").default_set().read_only(),
    text("skuPartNumber").default_set().read_only(),
    texts("subscriptionIds").default_set().read_only(),
];

static LICENSE_UNITS: Complex = Complex {
    name: "licenseUnitsDetail",
    properties: &[integer("enabled"), integer("lockedOut"), integer("suspended"), integer("warning")],
};

static SERVICE_PLAN_INFO: Complex = Complex {
    name: "servicePlanInfo",
    properties: &[
        text("appliesTo"),
        text("provisioningStatus"),
        guid("servicePlanId"),
        text("servicePlanName"),
    ],
};
