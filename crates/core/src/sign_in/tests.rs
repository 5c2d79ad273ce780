//! The proof against an enumeration that knows nothing of classes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Administrator, Policies, State};
use crate::address::{ObjectId, Target};
use crate::conditional_access::{Outcome, SignIn, Tenant};

const APPS: [&str; 3] = ["All", "Office365", "a0000000-0000-4000-8000-000000000001"];
const RANGES: [&str; 4] = ["203.0.113.0/24", "203.0.113.64/26", "198.51.100.0/25", "0.0.0.0/1"];
const PEOPLE: usize = 3;

fn id(kind: u32, number: usize) -> ObjectId {
    ObjectId::parse(&format!("{kind:08x}-0000-4000-8000-{number:012x}")).unwrap()
}

fn person(number: usize) -> Administrator {
    let person = Target::existing(id(1, number), format!("user:{number}@contoso.com"));
    Administrator { person, roles: BTreeSet::from(["role".to_owned()]) }
}

/// A policy about some people, applications, places and risks.
fn policy() -> impl Strategy<Value = Value> {
    let some = |of: usize| proptest::sample::subsequence((0..of).collect::<Vec<_>>(), 0..=of);
    let grant = prop_oneof![Just("block"), Just("mfa")];
    let risk = prop_oneof![Just(json!([])), Just(json!(["high"])), Just(json!(["low", "high"]))];
    let client = prop_oneof![Just("all"), Just("browser"), Just("mobileAppsAndDesktopClients")];
    let place = proptest::option::of((some(RANGES.len()), some(RANGES.len())));
    (some(PEOPLE), some(PEOPLE), any::<bool>(), 0..APPS.len(), place, risk, client, grant).prop_map(
        |(included, excluded, all, app, place, risk, client, grant)| {
            let ids = |numbers: Vec<usize>| numbers.into_iter().map(|number| id(1, number).to_string());
            let included: Vec<String> = if all { vec!["All".to_owned()] } else { ids(included).collect() };
            let locations = place.map(|(included, excluded)| {
                let all = |numbers: &[usize]| numbers.len() == RANGES.len();
                let names = |numbers: Vec<usize>| match all(&numbers) {
                    true => vec!["All".to_owned()],
                    false => numbers.into_iter().map(|number| id(2, number).to_string()).collect(),
                };
                json!({ "includeLocations": names(included), "excludeLocations": names(excluded) })
            });
            json!({
                "state": "enabled",
                "conditions": {
                    "users": { "includeUsers": included, "excludeUsers": ids(excluded).collect::<Vec<_>>() },
                    "applications": { "includeApplications": [APPS[app]] },
                    "clientAppTypes": [client],
                    "locations": locations,
                    "userRiskLevels": risk,
                },
                "grantControls": { "operator": "OR", "builtInControls": [grant] },
            })
        },
    )
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn state(policies: &[Value]) -> State {
    let policies = policies.iter().enumerate().map(|(number, policy)| {
        (Target::existing(id(3, number), format!("policy:P{number}")), object(policy.clone()))
    });
    let locations = RANGES.iter().enumerate().map(|(number, range)| {
        let location = json!({ "id": id(2, number).to_string(), "ipRanges": [{ "cidrAddress": range }] });
        (Target::existing(id(2, number), format!("location:L{number}")), object(location))
    });
    State { policies: policies.collect(), locations: locations.collect(), ..State::default() }
}

/// Whether somebody gets in, whatever is signed in to, from wherever and at whatever risk: every value that could
/// matter, one by one.
fn somebody_always_gets_in(state: &State) -> bool {
    let policies: Vec<&Map<String, Value>> = state.policies.values().collect();
    let locations: Vec<&Map<String, Value>> = state.locations.values().collect();
    let tenant = Tenant::read(json!({ "policies": policies, "namedLocations": locations })).unwrap();
    let addresses =
        ["203.0.113.1", "203.0.113.70", "203.0.113.200", "198.51.100.1", "198.51.100.200", "8.8.8.8"];
    let apps = ["Office365", APPS[2], "something else"];
    let gets_in = |app: &str, ip: &str, risk: &str| {
        (0..PEOPLE).any(|number| {
            ["browser", "mobileAppsAndDesktopClients"].iter().any(|client| {
                let principal = json!({ "id": id(1, number).to_string(), "roles": ["role"] });
                let sign_in = json!({
                    "appId": app, "clientAppType": client, "platform": "windows", "userRisk": risk,
                    "location": { "ip": ip },
                });
                let sign_in: SignIn = serde_json::from_value(sign_in).unwrap();
                let assigned = tenant.assigned(&serde_json::from_value(principal).unwrap());
                tenant.evaluate(&assigned, &tenant.observe(&sign_in)).outcome == Outcome::Grant
            })
        })
    };
    let risks = ["none", "low", "medium", "high"];
    apps.iter().all(|app| addresses.iter().all(|ip| risks.iter().all(|risk| gets_in(app, ip, risk))))
}

proptest! {
    #[test]
    fn the_proof_agrees_with_every_sign_in_tried(policies in proptest::collection::vec(policy(), 0..5)) {
        let state = state(&policies);
        let people: Vec<Administrator> = (0..PEOPLE).map(person).collect();
        let proved = Policies::read(&state).unwrap().lockouts(&people).unwrap();
        prop_assert_eq!(proved.is_empty(), somebody_always_gets_in(&state), "{:?}", proved);
    }

    #[test]
    fn an_excluded_administrator_always_gets_in(policies in proptest::collection::vec(policy(), 0..5)) {
        let mut policies = policies;
        for policy in &mut policies {
            let excluded = policy["conditions"]["users"]["excludeUsers"].as_array_mut().unwrap();
            excluded.push(json!(id(1, 0).to_string()));
        }
        let state = state(&policies);
        let read = Policies::read(&state).unwrap();
        prop_assert!(read.lockouts(&[person(0)]).unwrap().is_empty());
        prop_assert!(read.about(&person(0)).is_empty());
    }
}

#[test]
fn a_group_that_the_plan_makes_is_known_by_its_address() {
    let mut policy = json!({
        "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"], "excludeGroups": ["group:Kept out"] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "builtInControls": ["block"] },
    });
    let read = |policy: &Value, groups: &[&str]| {
        let mut state = state(std::slice::from_ref(policy));
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        state.memberships = BTreeMap::from([(id(1, 0), groups)]);
        Policies::read(&state).unwrap().lockouts(&[person(0)]).unwrap().len()
    };
    assert_eq!(read(&policy, &["group:Kept out"]), 0);
    assert_eq!(read(&policy, &[]), 1);
    policy["state"] = json!("enabledForReportingButNotEnforced");
    assert_eq!(read(&policy, &[]), 0);
}
