//! Values of each part of a sign-in that cover every distinction which policies make in it.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::Side;
use crate::conditional_access::{Id, NamedLocation, Origin, SignIn};

/// Most devices, or applications by their attributes, that are tried.
const MOST: usize = 4096;

/// A place that no location names: an application, a country, a value of an attribute.
const OTHER: &str = "ZZ";

/// The target of a sign-in: every application that is named, suites, one that is not named, with and without each
/// authentication context, and the actions of users.
pub(super) fn targets(side: &Side) -> Vec<SignIn> {
    let listed = |name| texts(side, "applications", name);
    let named = listed("includeApplications").into_iter().chain(listed("excludeApplications"));
    let mut apps: BTreeSet<String> = named.map(|id| id.to_lowercase()).collect();
    apps.retain(|id| !["all", "none"].contains(&id.as_str()));
    apps.extend(side.tenant.app_groups.values().flatten().map(|id| id.as_str().to_owned()));
    let office = "67ad5377-2d78-4ac2-a867-6300cda00e85";
    apps = apps.into_iter().map(|id| if id == "office365" { office.to_owned() } else { id }).collect();
    apps.insert(OTHER.to_lowercase());
    let contexts = listed("includeAuthenticationContextClassReferences");
    let contexts: Vec<Option<Id>> =
        std::iter::once(None).chain(contexts.iter().map(|id| Some(Id::new(id)))).collect();
    let filters = rules(side, "applications", "applicationFilter");
    let attributes = combinations(&filters, &[], "CustomSecurityAttribute.");
    let mut found = Vec::new();
    for app in &apps {
        for context in &contexts {
            for attributes in &attributes {
                found.push(SignIn {
                    app_id: Some(Id::new(app)),
                    authentication_context: context.clone(),
                    app_custom_security_attributes: attributes.clone(),
                    ..SignIn::default()
                });
            }
        }
    }
    let action = |action: String| SignIn { user_action: Some(Id::new(&action)), ..SignIn::default() };
    found.extend(listed("includeUserActions").into_iter().map(action));
    found
}

/// Operating systems.
pub(super) fn platforms(_: &Side) -> Vec<SignIn> {
    let names = ["windows", "macOS", "iOS", "android", "linux", "windowsPhone", "unknown"];
    each(&names, |sign_in, name| sign_in.platform = Some(name))
}

/// Devices: not registered, and registered ones with every combination of what filters ask.
pub(super) fn devices(side: &Side) -> Vec<SignIn> {
    let always = [
        ("isCompliant", vec![Value::Bool(true), Value::Bool(false)]),
        ("trustType", vec!["ServerAD".into(), "AzureAD".into(), "Workplace".into()]),
    ];
    let filters = rules(side, "devices", "deviceFilter");
    let registered = combinations(&filters, &always, "device.").into_iter().map(|mut device| {
        device.insert("registered".to_owned(), true.into());
        SignIn { device, ..SignIn::default() }
    });
    std::iter::once(SignIn::default()).chain(registered).collect()
}

/// Clients.
pub(super) fn clients(_: &Side) -> Vec<SignIn> {
    let names = ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"];
    each(&names, |sign_in, name| sign_in.client_app_type = Some(name))
}

/// Places: an address of every set of networks that addresses are in together, with every country that is named, one
/// that is not, and none.
pub(super) fn places(side: &Side) -> Vec<SignIn> {
    let locations = &side.tenant.named_locations;
    let ranges = || locations.iter().flat_map(|location| &location.ip_ranges);
    let mut addresses: BTreeSet<IpAddr> = ranges().flat_map(|range| range.cidr_address.edges()).collect();
    addresses.extend([IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]);
    let within = |address: &IpAddr| -> Vec<bool> {
        let origin = Origin { ip: Some(*address), country: None };
        locations.iter().map(|location| location.covers_network(&origin)).collect()
    };
    let mut seen = BTreeSet::new();
    let addresses: Vec<IpAddr> = addresses.into_iter().filter(|one| seen.insert(within(one))).collect();
    let mut countries: BTreeSet<Option<String>> = [None, Some(OTHER.to_owned())].into();
    countries.extend(locations.iter().flat_map(|location| location.countries_and_regions.clone()).map(Some));
    let covered = |country: &Option<String>| -> Vec<bool> {
        let origin = Origin { ip: None, country: country.clone() };
        locations.iter().map(|location: &NamedLocation| location.covers_country(&origin)).collect()
    };
    let mut seen = BTreeSet::new();
    let countries: Vec<Option<String>> =
        countries.into_iter().filter(|one| seen.insert(covered(one))).collect();
    let place = |ip: &IpAddr, country: &Option<String>| SignIn {
        location: Origin { ip: Some(*ip), country: country.clone() },
        ..SignIn::default()
    };
    addresses.iter().flat_map(|ip| countries.iter().map(move |country| place(ip, country))).collect()
}

const LEVELS: [&str; 4] = ["none", "low", "medium", "high"];

/// Levels of the sign-in's risk.
pub(super) fn sign_in_risks(_: &Side) -> Vec<SignIn> {
    each(&LEVELS, |sign_in, level| sign_in.sign_in_risk = Some(level))
}

/// Levels of the person's risk.
pub(super) fn user_risks(_: &Side) -> Vec<SignIn> {
    each(&LEVELS, |sign_in, level| sign_in.user_risk = Some(level))
}

/// Levels of a workload's risk: people have none.
pub(super) fn service_principal_risks(_: &Side) -> Vec<SignIn> {
    vec![SignIn::default()]
}

/// Levels of insider risk.
pub(super) fn insider_risks(_: &Side) -> Vec<SignIn> {
    let levels = ["none", "minor", "moderate", "elevated"];
    each(&levels, |sign_in, level| sign_in.insider_risk = Some(level))
}

/// Flows.
pub(super) fn flows(_: &Side) -> Vec<SignIn> {
    let flows = ["none", "deviceCodeFlow", "authenticationTransfer"];
    each(&flows, |sign_in, flow| sign_in.authentication_flow = Some(flow))
}

fn each(names: &[&str], set: impl Fn(&mut SignIn, String)) -> Vec<SignIn> {
    let one = |name: &&str| {
        let mut sign_in = SignIn::default();
        set(&mut sign_in, (*name).to_owned());
        sign_in
    };
    names.iter().map(one).collect()
}

/// Everything that stands in one list of a condition, over all policies.
fn texts(side: &Side, condition: &str, list: &str) -> BTreeSet<String> {
    let lists =
        side.raw.iter().filter_map(|policy| policy.get("conditions")?.get(condition)?.get(list)?.as_array());
    lists.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The rules of the filters of a condition.
fn rules(side: &Side, condition: &str, filter: &str) -> Vec<String> {
    let rule = |policy: &Map<String, Value>| {
        let rule = policy.get("conditions")?.get(condition)?.get(filter)?.get("rule")?;
        rule.as_str().map(str::to_owned)
    };
    side.raw.iter().filter_map(rule).collect()
}

/// An attribute, and what it is compared with: a text, a list of them, or a word.
static COMPARISON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)((?:device|CustomSecurityAttribute)\.[A-Za-z0-9_.]+)\s+-\w+\s+(\[[^\]]*\]|"(?:[^"]|"")*"|\w+)"#).ok()
});

static TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""((?:[^"]|"")*)""#).ok());

/// Every combination of values that rules tell apart: each that is named, all of those together (for what begins or ends
/// with one), another one, and none.
fn combinations(rules: &[String], always: &[(&str, Vec<Value>)], prefix: &str) -> Vec<Map<String, Value>> {
    let mut attributes: Vec<(String, Vec<Value>)> =
        always.iter().map(|(name, values)| ((*name).to_owned(), values.clone())).collect();
    for (name, value) in rules.iter().flat_map(|rule| comparisons(rule)) {
        let name = name.get(prefix.len()..).unwrap_or_default().to_owned();
        let place = attributes.iter().position(|(known, _)| known.eq_ignore_ascii_case(&name));
        let place = place.unwrap_or_else(|| {
            attributes.push((name, vec![Value::Null, OTHER.into()]));
            attributes.len() - 1
        });
        if !attributes[place].1.contains(&value) {
            attributes[place].1.push(value);
        }
    }
    let mut found = vec![Map::new()];
    for (name, values) in attributes {
        let with = |device: &Map<String, Value>, value: &Value| {
            let mut device = device.clone();
            if !value.is_null() {
                device.insert(name.clone(), value.clone());
            }
            device
        };
        found = found
            .iter()
            .flat_map(|device| values.iter().map(|value| with(device, value)).collect::<Vec<_>>())
            .collect();
        found.truncate(MOST);
    }
    found
}

fn comparisons(rule: &str) -> Vec<(String, Value)> {
    let (Some(comparison), Some(text)) = (COMPARISON.as_ref(), TEXT.as_ref()) else { return Vec::new() };
    let mut found = Vec::new();
    for part in comparison.captures_iter(rule) {
        let (name, value) = (part[1].to_owned(), &part[2]);
        let texts = text.captures_iter(value).map(|text| Value::from(text[1].replace("\"\"", "\"")));
        found.extend(texts.map(|value| (name.clone(), value)));
        match value.to_ascii_lowercase().as_str() {
            "true" => found.push((name, true.into())),
            "false" => found.push((name, false.into())),
            _ => {}
        }
    }
    found
}
