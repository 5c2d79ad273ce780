//! The sign-ins that a set of policies tells apart.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde_json::{Map, Value, json};

/// An application that no policy names.
const ANY_APPLICATION: &str = "an application that no policy names";

/// A country that no location names: the code is reserved for users, so no country has it.
const ANY_COUNTRY: &str = "ZZ";

/// Most classes that are asked one by one.
pub(super) const MOST: usize = 20_000;

/// What of a sign-in cannot be chosen: members of a case's `signIn`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Class {
    /// The members.
    pub(super) members: Map<String, Value>,
}

impl Class {
    /// In words: `to Office365, from 203.0.113.0, with user risk high`.
    pub(crate) fn describe(&self) -> String {
        let text = |name: &str| self.members.get(name).and_then(Value::as_str);
        let location = self.members.get("location");
        let place = |name: &str| location.and_then(|location| location.get(name)?.as_str());
        let parts = [
            text("appId").map(|app| format!("to {app}")),
            text("userAction").map(|action| format!("for {action}")),
            text("authenticationContext").map(|context| format!("for authentication context {context}")),
            place("ip").map(|ip| format!("from {ip}")),
            place("country").filter(|code| *code != ANY_COUNTRY).map(|code| format!("in {code}")),
            text("userRisk").map(|risk| format!("with user risk {risk}")),
            text("signInRisk").map(|risk| format!("with sign-in risk {risk}")),
            text("insiderRisk").map(|risk| format!("with insider risk {risk}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Every class that policies tell apart; `None` when there are too many to be asked one by one.
pub(super) fn classes(
    policies: &[&Map<String, Value>],
    locations: &[&Map<String, Value>],
) -> Option<Vec<Class>> {
    let dimensions = [
        targets(policies),
        places(policies, locations),
        levels(policies, "userRiskLevels", "userRisk"),
        levels(policies, "signInRiskLevels", "signInRisk"),
        levels(policies, "insiderRiskLevels", "insiderRisk"),
    ];
    let count = dimensions.iter().map(Vec::len).try_fold(1, usize::checked_mul);
    count.filter(|count| *count <= MOST)?;
    Some(product(&dimensions).into_iter().map(|members| Class { members }).collect())
}

/// Every way in which somebody can sign in: clients that can be asked something, operating systems, devices.
pub(super) fn ways(policies: &[&Map<String, Value>]) -> Vec<Map<String, Value>> {
    let member = |name: &str, values: &[&str]| -> Vec<Map<String, Value>> {
        values.iter().map(|value| Map::from_iter([(name.to_owned(), json!(value))])).collect()
    };
    let device = |value: Value| Map::from_iter([("device".to_owned(), value)]);
    let told_apart = |path: &str| policies.iter().any(|policy| !at(policy, path).is_null());
    let platforms: &[&str] = match told_apart("/conditions/platforms") {
        true => &["windows", "macOS", "iOS", "android", "linux", "windowsPhone", "unknown"],
        false => &["windows"],
    };
    let mut devices = vec![device(json!({ "registered": false }))];
    if told_apart("/conditions/devices") {
        for trust in ["AzureAD", "ServerAD", "Workplace"] {
            devices.push(device(json!({ "registered": true, "isCompliant": true, "trustType": trust })));
        }
    }
    product(&[
        member("clientAppType", &["browser", "mobileAppsAndDesktopClients"]),
        member("platform", platforms),
        devices,
    ])
}

fn product(dimensions: &[Vec<Map<String, Value>>]) -> Vec<Map<String, Value>> {
    let mut all = vec![Map::new()];
    for dimension in dimensions {
        let longer = |one: &Map<String, Value>| {
            let one = one.clone();
            dimension
                .iter()
                .map(move |members| one.clone().into_iter().chain(members.clone()).collect())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// What is signed in to.
fn targets(policies: &[&Map<String, Value>]) -> Vec<Map<String, Value>> {
    let named = |list: &str| -> BTreeSet<String> {
        policies
            .iter()
            .flat_map(|policy| texts(at(policy, &format!("/conditions/applications/{list}"))))
            .collect()
    };
    let one = |name: &str, value: String| Map::from_iter([(name.to_owned(), json!(value))]);
    let applications: BTreeSet<String> = named("includeApplications")
        .into_iter()
        .chain(named("excludeApplications"))
        .filter(|name| !matches!(name.as_str(), "All" | "None"))
        .chain([ANY_APPLICATION.to_owned()])
        .collect();
    let applications = applications.into_iter().map(|app| one("appId", app));
    let actions = named("includeUserActions").into_iter().map(|action| one("userAction", action));
    let contexts = named("includeAuthenticationContextClassReferences").into_iter().map(|context| {
        let mut members = one("authenticationContext", context);
        members.insert("appId".to_owned(), json!(ANY_APPLICATION));
        members
    });
    applications.chain(actions).chain(contexts).collect()
}

/// Where somebody is: an address of every part into which the ranges cut the internet, in every country that is named.
fn places(policies: &[&Map<String, Value>], locations: &[&Map<String, Value>]) -> Vec<Map<String, Value>> {
    if policies.iter().all(|policy| at(policy, "/conditions/locations").is_null()) {
        return vec![Map::new()];
    }
    let ranges = locations.iter().flat_map(|location| at_list(location, "ipRanges"));
    let ranges = ranges.filter_map(|range| range.get("cidrAddress")?.as_str()?.parse::<IpNet>().ok());
    let mut addresses =
        BTreeSet::from([IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]);
    for range in ranges {
        addresses.insert(range.network());
        addresses.extend(after(range.broadcast()));
    }
    let countries = locations.iter().flat_map(|location| at_list(location, "countriesAndRegions"));
    let countries: BTreeSet<&str> = countries.filter_map(Value::as_str).chain([ANY_COUNTRY]).collect();
    let mut places = Vec::new();
    for ip in &addresses {
        let place = |country: Value| {
            let location = json!({ "ip": ip.to_string(), "country": country });
            Map::from_iter([("location".to_owned(), location)])
        };
        places.extend(countries.iter().map(|country| place(json!(country))));
        places.push(Map::from_iter([("location".to_owned(), json!({ "ip": ip.to_string() }))]));
    }
    places
}

/// The address behind one, if it is not the last.
fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => Some(IpAddr::V4(u32::from(address).checked_add(1)?.into())),
        IpAddr::V6(address) => Some(IpAddr::V6(u128::from(address).checked_add(1)?.into())),
    }
}

/// No risk, and every level that a policy names.
fn levels(policies: &[&Map<String, Value>], condition: &str, member: &str) -> Vec<Map<String, Value>> {
    let named = policies.iter().flat_map(|policy| texts(at(policy, &format!("/conditions/{condition}"))));
    let named: BTreeSet<String> = named.filter(|level| level != "none" && level != "hidden").collect();
    let level = |level: String| Map::from_iter([(member.to_owned(), json!(level))]);
    [Map::new()].into_iter().chain(named.into_iter().map(level)).collect()
}

/// The value at a JSON pointer; null when there is none.
fn at<'a>(policy: &'a Map<String, Value>, pointer: &str) -> &'a Value {
    let mut names = pointer.split('/').skip(1);
    let first = names.next().and_then(|name| policy.get(name)).unwrap_or(&Value::Null);
    names.try_fold(first, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

fn at_list<'a>(object: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a list, or of flags joined by commas.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(flags) => {
            flags.split(',').map(|flag| flag.trim().to_owned()).filter(|flag| !flag.is_empty()).collect()
        }
        _ => Vec::new(),
    }
}
