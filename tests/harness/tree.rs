//! Looks into a tenant in the seed format.

use std::collections::BTreeMap;

use serde_json::Value;

/// Links, whose targets the state names by id and an expectation by name.
const LINKS: &[&str] = &["manager", "sponsors", "members", "owners"];

/// Asserts that the tenant holds every object of `expected`, found by its name, with the properties given there.
/// A link is compared as a whole set; of what there is one of the section is the object; an object under `"absent"` must not be there.
#[track_caller]
pub(crate) fn assert_holds(state: &Value, expected: &Value) {
    let names = names(state);
    for (section, entries) in expected.as_object().expect("an expectation is an object") {
        if section == "absent" {
            for (section, gone) in entries.as_object().expect("`absent` has sections") {
                for name in gone.as_array().expect("a section is a list") {
                    let name = name.as_str().expect("a name is text");
                    assert!(find(state, section, name).is_none(), "{section} still holds {name}");
                }
            }
            continue;
        }
        if entries.is_object() {
            let actual = &state[section];
            assert!(contains(actual, entries), "{section} is {actual}, not {entries}");
            continue;
        }
        for entry in entries.as_array().expect("a section is a list") {
            let name = name_of(entry).expect("an entry has a name");
            let found =
                find(state, section, name).unwrap_or_else(|| panic!("{section} lack {name}: {state:#}"));
            for (property, wanted) in entry.as_object().expect("an entry is an object") {
                let actual = &found[property];
                let agrees = if LINKS.contains(&property.as_str()) {
                    targets(actual, &names) == targets(wanted, &names)
                } else {
                    contains(actual, wanted)
                };
                assert!(agrees, "{property} of {name} is {actual}, not {wanted}");
            }
        }
    }
}

/// Asserts that no two live users, and no two live groups, go by one name, whatever names the seed repeats.
#[track_caller]
pub(crate) fn assert_no_duplicates(state: &Value) {
    for (section, property) in [("users", "userPrincipalName"), ("users", "mail"), ("groups", "uniqueName")] {
        let mut seen = BTreeMap::new();
        for entry in entries(state, section) {
            let Some(name) = entry[property].as_str() else { continue };
            if let Some(other) = seen.insert(name.to_lowercase(), &entry["id"]) {
                panic!("{section} {} and {other} are both {name}", entry["id"]);
            }
        }
    }
}

/// How many live objects of a section have this display name.
pub(crate) fn count(state: &Value, section: &str, display_name: &str) -> usize {
    entries(state, section).filter(|entry| entry["displayName"] == display_name).count()
}

/// The entry of a section with this name.
pub(crate) fn find<'a>(state: &'a Value, section: &str, name: &str) -> Option<&'a Value> {
    entries(state, section).find(|entry| {
        let guest = if entry["userType"] == "Guest" { "mail" } else { "id" };
        ["userPrincipalName", "displayName", "id", guest]
            .iter()
            .any(|property| entry[*property].as_str().is_some_and(|given| given.eq_ignore_ascii_case(name)))
    })
}

/// The entries of a section.
pub(crate) fn entries<'a>(state: &'a Value, section: &str) -> impl Iterator<Item = &'a Value> {
    state[section].as_array().into_iter().flatten()
}

fn name_of(entry: &Value) -> Option<&str> {
    ["userPrincipalName", "displayName", "mail", "id"].iter().find_map(|property| entry[*property].as_str())
}

fn names(state: &Value) -> BTreeMap<String, String> {
    let sections = ["users", "groups", "servicePrincipals", "devices"];
    let entries = sections.iter().flat_map(|section| entries(state, section));
    entries
        .filter_map(|entry| Some((entry["id"].as_str()?.to_owned(), name_of(entry)?.to_lowercase())))
        .collect()
}

fn targets(links: &Value, names: &BTreeMap<String, String>) -> Vec<String> {
    let mut targets: Vec<String> = match links {
        Value::Array(links) => links.iter().filter_map(Value::as_str).map(str::to_lowercase).collect(),
        Value::String(link) => vec![link.to_lowercase()],
        _ => Vec::new(),
    };
    for target in &mut targets {
        if let Some(name) = names.get(target) {
            target.clone_from(name);
        }
    }
    targets.sort();
    targets
}

fn contains(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Object(actual), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| contains(actual.get(name).unwrap_or(&Value::Null), wanted))
        }
        _ => actual == wanted,
    }
}
