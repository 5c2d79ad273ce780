//! `namedLocation`: ranges of addresses, or countries, that Conditional Access knows by name.
//! <https://learn.microsoft.com/graph/api/resources/namedlocation>

use super::property::{boolean, date, structures, text, texts};
use super::{Complex, EntityType, FilterClass, PIM_PAGE, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "namedLocation",
    collection: "identity/conditionalAccess/namedLocations",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::named_location::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    date("createdDateTime").default_set().read_only(),
    date("deletedDateTime").default_set().read_only(),
    text("displayName").default_set().required().longest(256).filter(FilterClass::Plain),
    date("modifiedDateTime").default_set().read_only(),
];

/// The two sorts of named locations.
pub(crate) static SORTS: &[&Complex] = &[&IP, &COUNTRY];

static IP: Complex = Complex {
    name: "ipNamedLocation",
    properties: &[
        structures("ipRanges", &RANGE).default_set().required().most(2_000),
        boolean("isTrusted").default_set().not_null(),
    ],
};

static COUNTRY: Complex = Complex {
    name: "countryNamedLocation",
    properties: &[
        texts("countriesAndRegions").default_set().required(),
        text("countryLookupMethod").default_set().one_of(&["clientIpAddress", "authenticatorAppGps"]),
        boolean("includeUnknownCountriesAndRegions").default_set().not_null(),
    ],
};

/// `iPv4CidrRange` or `iPv6CidrRange`, told apart by `@odata.type`.
static RANGE: Complex = Complex { name: "ipRange", properties: &[] };
