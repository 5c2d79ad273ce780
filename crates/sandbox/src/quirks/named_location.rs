//! Named locations: what they can hold, and when they can go.
//! <https://learn.microsoft.com/graph/api/resources/namedlocation>

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::conditional_access::{check_unused, now};
use super::{Behavior, Create, Deletion, soft};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::{bad_request, named_location};
use crate::store::Object;

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    delete: Some(delete),
    seed: |location, _| fill(location),
    sorts: named_location::SORTS,
    kept: &["@odata.type"],
    ..Behavior::PLAIN
};

/// Most named locations of a tenant.
/// <https://learn.microsoft.com/entra/identity/conditional-access/concept-assignment-network>
const MOST: usize = 195;

/// Ranges have to be narrower than this.
const WIDEST: u8 = 8;

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if directory.primary.count(draft.object.entity) >= MOST {
        return Err(bad_request(format!(
            "The tenant has {MOST} named locations, which is the most there can be."
        )));
    }
    draft.object.set("createdDateTime", now());
    fill(&mut draft.object);
    check(&draft.object)
}

fn update(_: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    draft.object.set("modifiedDateTime", now());
    check(&draft.object)
}

fn delete(directory: &Directory<'_>, location: &Object) -> Result<Deletion, Failure> {
    if location.flag("isTrusted") {
        return Err(bad_request("A trusted named location cannot be deleted; it has to be untrusted first."));
    }
    let paths = ["locations/includeLocations", "locations/excludeLocations"];
    check_unused(directory.primary, location, &paths)?;
    Ok(soft(location))
}

/// What a location that does not say otherwise has.
fn fill(location: &mut Object) {
    if location.get("ipRanges").is_some() {
        location.default("isTrusted", false);
    } else {
        location.default("countryLookupMethod", "clientIpAddress");
        location.default("includeUnknownCountriesAndRegions", false);
    }
}

fn check(location: &Object) -> Result<(), Failure> {
    let ranges = location.get("ipRanges").and_then(Value::as_array);
    match ranges {
        Some(ranges) if ranges.is_empty() => Err(invalid("ipRanges", "a range is needed")),
        Some(ranges) => ranges.iter().try_for_each(check_range),
        None => check_countries(location),
    }
}

fn check_countries(location: &Object) -> Result<(), Failure> {
    let name = "countriesAndRegions";
    let is_code = |text: &str| text.len() == 2 && text.chars().all(|letter| letter.is_ascii_uppercase());
    if location.texts(name).next().is_none() {
        return Err(invalid(name, "a country is needed"));
    }
    match location.texts(name).find(|text| !is_code(text)) {
        Some(text) => Err(invalid(name, &format!("'{text}' is no code of two letters"))),
        None => Ok(()),
    }
}

fn check_range(range: &Value) -> Result<(), Failure> {
    let wrong = |why: &str| invalid("ipRanges", &format!("{range} {why}"));
    let address = range["cidrAddress"].as_str().and_then(|text| text.split_once('/'));
    let (address, bits) = address.ok_or_else(|| wrong("has no cidrAddress"))?;
    let bits: u8 = bits.parse().map_err(|_| wrong("has no length of its prefix"))?;
    let (fits, longest) = match range["@odata.type"].as_str() {
        Some("#microsoft.graph.iPv4CidrRange") => (address.parse::<Ipv4Addr>().is_ok(), 32),
        Some("#microsoft.graph.iPv6CidrRange") => (address.parse::<Ipv6Addr>().is_ok(), 128),
        _ => return Err(wrong("has no known @odata.type")),
    };
    if !fits || bits > longest {
        return Err(wrong("is no range of that type"));
    }
    if bits <= WIDEST {
        return Err(wrong(&format!("is wider than a range can be: prefixes are longer than /{WIDEST}")));
    }
    Ok(())
}

fn invalid(name: &'static str, why: &str) -> Failure {
    bad_request(format!("Invalid value specified for property '{name}': {why}."))
}
