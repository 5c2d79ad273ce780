//! Named locations: networks and countries that Conditional Access policies tell apart.
//!
//! Surprises: a location is one of two types, for life, and every write names it; display names are not unique; ranges are
//! written whole; a trusted location cannot be deleted, so it is made untrusted first.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attribute::{Attribute, Type, text};
use super::{Creation, Default, Kind, Lookup, Shape, Side, Wanted};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::{Observed, TenantFacts};

pub(super) static KIND: Kind = Kind {
    name: "location",
    table: "named_locations",
    entity: "namedLocation",
    path: "/identity/conditionalAccess/namedLocations",
    shape: Shape::Collection,
    types: &[("ipNamedLocation", "ipRanges"), ("countryNamedLocation", "countriesAndRegions")],
    whole: true,
    summary: "Named locations: ranges of IP addresses, or countries, for Conditional Access policies.",
    documentation: "https://learn.microsoft.com/graph/api/resources/namedlocation",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1",
    plan_permissions: &["Policy.Read.All"],
    apply_permissions: &["Policy.ReadWrite.ConditionalAccess", "Policy.Read.All", "Application.Read.All"],
    keys: &[super::BY_DISPLAY_NAME],
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "isTrusted", "ipRanges", "countriesAndRegions"],
    check,
    settle,
    creation,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[named_locations."Head office"]
ip_ranges = ["203.0.113.0/24", "2001:db8:40::/48"]
is_trusted = true

[named_locations."Where we sell"]
countries_and_regions = ["CA", "US"]
country_lookup_method = "authenticator_app_gps"
"#;

const RANGES: &str = "ip_ranges";
const COUNTRIES: &str = "countries_and_regions";

/// What locations of the one type and of the other have; the first of each is what such a location is made of.
const OF_TYPES: [&[&str]; 2] =
    [&[RANGES, "is_trusted"], &[COUNTRIES, "include_unknown_countries_and_regions", "country_lookup_method"]];

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(256), "Name of the location; the table's key unless given.")
        .not_clearable(),
    Attribute::new(
        RANGES,
        "ipRanges",
        Type::Ranges { max_items: 2000, min_prefix: 9 },
        "Ranges of IP addresses in CIDR notation, IPv4 or IPv6; the whole list.",
    )
    .not_clearable(),
    Attribute::new(
        "is_trusted",
        "isTrusted",
        Type::Boolean,
        "Whether the ranges are trusted: such sign-ins carry less risk, and policies can name all trusted locations.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false))
    .off_before_deletion(),
    Attribute::new(
        COUNTRIES,
        "countriesAndRegions",
        Type::Texts { max_items: 300, max: 2, check: country, members: &[] },
        "Countries, as two letters each (ISO 3166-1 alpha-2); the whole list.",
    )
    .not_clearable(),
    Attribute::new(
        "include_unknown_countries_and_regions",
        "includeUnknownCountriesAndRegions",
        Type::Boolean,
        "Whether addresses that belong to no known country count too.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false)),
    Attribute::new(
        "country_lookup_method",
        "countryLookupMethod",
        Type::Enumeration(&["clientIpAddress", "authenticatorAppGps"]),
        "How the country is found: by the IP address, or by where Microsoft Authenticator says that the phone is.",
    )
    .not_clearable()
    .unless_set(Default::Text("clientIpAddress")),
];

/// The service compares codes letter by letter.
fn country(text: &str) -> Result<(), String> {
    if text.len() == 2 && text.chars().all(|letter| letter.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err("a country is two capital letters (ISO 3166-1 alpha-2), such as `US`".to_owned())
    }
}

/// The first declared attribute that only locations of one type have.
fn declared_of(location: &Declared, of_type: &[&'static str]) -> Option<&'static str> {
    of_type.iter().copied().find(|name| location.declares(name))
}

fn check(location: &Declared, diagnostics: &mut Diagnostics) {
    let [ranges, countries] = OF_TYPES.map(|of_type| declared_of(location, of_type));
    if let Some((ranges, countries)) = ranges.zip(countries) {
        let message = "a location is ranges of IP addresses or countries, not both";
        let place = location.place_of(countries);
        let diagnostic = Diagnostic::error("contradiction", message, place, "of countries");
        diagnostics.push(diagnostic.also(location.place_of(ranges), "of ranges"));
    }
    if location.value(COUNTRIES).and_then(Value::as_array).is_some_and(Vec::is_empty) {
        let message = format!("`{COUNTRIES}` cannot be cleared");
        let label = "a location has one country at least";
        diagnostics.push(Diagnostic::error("not-clearable", message, location.place_of(COUNTRIES), label));
    }
    if location.address.key.chars().count() > 256 && !location.declares("display_name") {
        let message = "a location's display name has at most 256 characters";
        diagnostics.push(Diagnostic::error("too-long", message, &location.place, "this key is longer"));
    }
}

fn settle(side: &Side<'_>, _: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(location) = side.declared else { return };
    let name = location.text("display_name").unwrap_or(&location.address.key);
    wanted.values.entry("display_name".to_owned()).or_insert_with(|| json!(name));
    match side.live {
        Some(live) => of_other_type(location, live, diagnostics),
        None if [RANGES, COUNTRIES].iter().any(|made_of| location.declares(made_of)) => {}
        None => {
            let message = format!(
                "{} does not exist, and a new location needs {RANGES} or {COUNTRIES}",
                location.address
            );
            let label = "add `ip_ranges = [\"203.0.113.0/24\"]` or `countries_and_regions = [\"US\"]`";
            diagnostics.push(Diagnostic::error("missing-attribute", message, &location.place, label));
        }
    }
}

/// The type is chosen at creation.
fn of_other_type(location: &Declared, live: &Observed, diagnostics: &mut Diagnostics) {
    for (of_type, (entity, made_of)) in OF_TYPES.into_iter().zip(KIND.types) {
        let declared = declared_of(location, of_type);
        if let Some(name) = declared.filter(|_| !live.properties.contains_key(*made_of)) {
            let message = format!("{} is no {entity} in the tenant, and cannot become one", location.address);
            let label = "locations of its type do not have this";
            let diagnostic = Diagnostic::error("create-only", message, location.place_of(name), label);
            diagnostics.push(diagnostic.help("declare a location of another name, and this one `absent`"));
        }
    }
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let mut body: Map<String, Value> =
        values.iter().map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone())).collect();
    let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let of_type = KIND.type_of(None, &body);
    body.extend(of_type.map(|of_type| ("@odata.type".to_owned(), json!(of_type))));
    Creation {
        path: KIND.path,
        body,
        identified_by: ("displayName", Lookup::Filter, name),
        ..(super::SINGLE.creation)(values)
    }
}
