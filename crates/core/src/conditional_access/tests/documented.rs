//! A table of what Microsoft documents.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::result;
use crate::conditional_access::{CaseError, Cases};

fn table() -> Vec<Map<String, Value>> {
    let table: Value = toml::from_str(include_str!("documented.toml")).unwrap();
    table["case"].as_array().unwrap().iter().map(|case| case.as_object().unwrap().clone()).collect()
}

/// A policy of the table in Graph's shape.
fn policy(place: usize, written: &Value) -> Value {
    let mut written = written.as_object().unwrap().clone();
    let mut policy = json!({
        "id": format!("id{}", place + 1),
        "displayName": format!("P{}", place + 1),
        "state": written.remove("state").unwrap_or_else(|| "enabled".into()),
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": written.remove("grantControls").unwrap_or_else(|| json!({"builtInControls": ["mfa"]})),
        "sessionControls": written.remove("sessionControls"),
    });
    if let Some(filter) = written.remove("deviceFilter") {
        policy["conditions"]["devices"] = json!({"deviceFilter": filter});
    }
    for (name, condition) in written {
        policy["conditions"][name] = condition;
    }
    policy
}

/// `false` in the table is what TOML cannot say: null.
fn overlaid(base: Value, with: Option<Value>) -> Value {
    let mut base = base;
    for (name, value) in with.iter().flat_map(|with| with.as_object().unwrap()) {
        base[name] = if value == &Value::Bool(false) { Value::Null } else { value.clone() };
    }
    base
}

fn case(mut row: Map<String, Value>) -> (Value, Map<String, Value>) {
    let expect = row.remove("expect").unwrap().as_object().unwrap().clone();
    let policies: Vec<Value> = row["policies"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(place, written)| policy(place, written))
        .collect();
    let sign_in = json!({"appId": "app", "clientAppType": "browser", "platform": "windows"});
    row.insert("policies".to_owned(), policies.into());
    row.insert("principal".to_owned(), row.get("principal").cloned().unwrap_or_else(|| json!({"id": "u"})));
    row.insert("signIn".to_owned(), overlaid(sign_in, row.get("signIn").cloned()));
    (Value::Object(row), expect)
}

#[test]
fn what_is_documented_holds() {
    let mut failed = Vec::new();
    for row in table() {
        let (case, expect) = case(row);
        let result = serde_json::to_value(result(&case)).unwrap();
        for (name, expected) in expect {
            let found = result.get(&name).cloned().unwrap_or(Value::Bool(false));
            if found != expected {
                failed
                    .push(format!("{}: {name} is {found}, not {expected}; {}", case["name"], result["why"]));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn each_case_of_the_table_is_named_once_and_has_a_source() {
    let mut names = BTreeSet::new();
    for row in table() {
        assert!(row["page"].is_string(), "{row:?}");
        assert!(names.insert(row["name"].as_str().unwrap().to_owned()), "{row:?}");
    }
}

#[test]
fn ids_and_names_come_back() {
    let case = json!({"id": 7, "name": "x", "principal": {}, "signIn": {}});
    let result = result(&case);
    assert_eq!((result.id, result.name), (Some(json!(7)), Some(json!("x"))));
}

#[test]
fn null_and_absent_members_are_the_same() {
    let nulls = json!({
        "policies": [{"displayName": "P", "state": "enabled", "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": null, "includeGuestsOrExternalUsers": null},
            "applications": {"includeApplications": ["All"], "applicationFilter": null},
            "clientApplications": null, "clientAppTypes": null, "platforms": null, "locations": null,
            "devices": null, "insiderRiskLevels": null, "authenticationFlows": null, "times": null,
        }, "grantControls": null, "sessionControls": null}],
        "namedLocations": null, "mfaTrustedIps": null, "appGroups": null, "crossTenantTrust": null,
        "principal": {"id": null, "roles": null, "guestOrExternalUserType": null},
        "signIn": {"appId": "a", "device": null, "location": {"ip": null, "country": null}},
    });
    assert_eq!(result(&nulls).matched, ["P"]);
}

fn refusal(value: Value) -> CaseError {
    Cases::read(value).unwrap_err()
}

#[test]
fn what_is_no_case_is_told_with_its_place() {
    for (value, pointer) in [
        (json!(1), ""),
        (json!({"principal": {}}), ""),
        (json!([{"principal": {}, "signIn": {}}, "x"]), "/1"),
        (json!({"principal": {"kind": "robot"}, "signIn": {}}), "/principal/kind"),
        (json!({"principal": {}, "signIn": {"location": {"ip": "x"}}}), "/signIn/location/ip"),
        (json!({"principal": {}, "signIn": {}, "policies": [{"state": "on"}]}), "/policies/0/state"),
        (
            json!({"principal": {}, "signIn": {}, "policies": [{}, {"conditions": {"users": {"includeUsers": "All"}}}]}),
            "/policies/1/conditions/users/includeUsers",
        ),
        (
            json!([{"principal": {}, "signIn": {}, "namedLocations": [{"ipRanges": [{"cidrAddress": "1.2.3/8"}]}]}]),
            "/0/namedLocations/0/ipRanges/0/cidrAddress",
        ),
        (
            json!({"principal": {}, "signIn": {}, "policies": [{"conditions": {"devices": {"deviceFilter":
                {"mode": "include", "rule": "device.colour -eq \"red\""}}}}]}),
            "/policies/0/conditions/devices/deviceFilter/rule",
        ),
    ] {
        assert_eq!(refusal(value.clone()).pointer, pointer, "{value}");
    }
    let filter = json!({"mode": "include", "rule": "device.deviceModel -eq \"x\""});
    let policy = json!({"conditions": {"devices": {"deviceFilter": filter}}});
    let error = refusal(json!({"principal": {}, "signIn": {}, "policies": [policy]}));
    assert!(error.message.contains("device.deviceModel"), "{error}");
}
