//! The proof against the evaluator, sign-in by sign-in.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::conditional_access::SignIn;
use crate::conditional_access::tests::strategies;

fn id(text: &str) -> ObjectId {
    ObjectId::of_service(text).unwrap()
}

fn user(name: &str) -> Target {
    Target::existing(id(name), format!("user:{name}"))
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A tenant with the places of the random sign-ins and two administrators, of whom the second is in a group.
fn state(policies: Vec<Value>) -> State {
    let location =
        |name: &str, value| (Target::existing(id(name), format!("location:{name}")), object(value));
    let person = |name: &str| Person { name: name.to_owned(), enabled: true, ..Person::default() };
    let policies = policies.into_iter().enumerate().map(|(place, policy)| {
        let name = format!("p{place}");
        (Target::existing(id(&name), format!("policy:{name}")), object(policy))
    });
    State {
        policies: policies.collect(),
        locations: BTreeMap::from([
            location("office", json!({"isTrusted": true, "ipRanges": [{"cidrAddress": "203.0.113.0/24"}]})),
            location("lab", json!({"ipRanges": [{"cidrAddress": "198.51.100.0/24"}]})),
            location("de", json!({"countriesAndRegions": ["DE"], "includeUnknownCountriesAndRegions": true})),
        ]),
        people: BTreeMap::from([(id("u1"), person("u1")), (id("u2"), person("u2"))]),
        memberships: BTreeMap::from([(id("u2"), BTreeSet::from([id("g1")]))]),
        ..State::default()
    }
}

fn side(state: &State) -> Side {
    let role = |name: &str| BTreeSet::from([name.to_owned()]);
    let roles = BTreeMap::from([
        (user("u1"), Roles { active: role("r1"), ..Roles::default() }),
        (user("u2"), Roles { eligible: role("r1"), ..Roles::default() }),
    ]);
    Side::new(state, &roles, &BTreeSet::new())
}

fn nobody_gets_in(side: &Side, sign_in: &SignIn) -> bool {
    !side.administrators.iter().any(|who| side.gets_in(who, sign_in))
}

/// Policies that mostly are in force, about everybody.
fn policies() -> impl Strategy<Value = Vec<Value>> {
    let widened =
        (strategies::policy(), any::<bool>(), any::<bool>()).prop_map(|(mut policy, wide, anywhere)| {
            policy["conditions"].as_object_mut().unwrap().retain(|_, value| !value.is_null());
            if wide {
                policy["conditions"]["users"] = json!({"includeUsers": ["All"]});
            }
            if anywhere {
                policy["conditions"]["applications"] = json!({"includeApplications": ["All"]});
            }
            policy
        });
    vec(widened, 1..=4)
}

fn registered() -> impl Strategy<Value = Option<BTreeMap<ObjectId, BTreeSet<String>>>> {
    let methods = prop::sample::subsequence(vec!["mobilePhone", "fido2SecurityKey", "email"], 0..=2);
    let methods = methods.prop_map(|names| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
    prop::option::of(
        (methods.clone(), methods)
            .prop_map(|(one, other)| BTreeMap::from([(id("u1"), one), (id("u2"), other)])),
    )
}

proptest! {
    #[test]
    fn the_proof_agrees_with_trying_sign_ins(
        policies in policies(),
        registered in registered(),
        tried in vec(strategies::sign_in(), 100),
    ) {
        let state = State { registered, ..state(policies) };
        let side = side(&state);
        let proof = prove(&side);
        prop_assert!(proof.complete && side.unread.is_empty());
        for lockout in &proof.lockouts {
            prop_assert!(nobody_gets_in(&side, &lockout.sign_in), "somebody gets in: {lockout:?}");
            let alone = State {
                policies: state.policies.clone().into_iter().filter(|(at, _)| lockout.policies.contains(at)).collect(),
                ..state.clone()
            };
            prop_assert!(nobody_gets_in(&self::side(&alone), &lockout.sign_in), "others are needed: {lockout:?}");
        }
        for tried in tried {
            let value = crate::conditional_access::without_nulls(tried);
            let sign_in: SignIn = serde_json::from_value(value).unwrap();
            if nobody_gets_in(&side, &sign_in) {
                prop_assert!(!proof.lockouts.is_empty(), "not found: {sign_in:?}");
            }
        }
    }
}

fn everybody(controls: Value) -> Value {
    json!({
        "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": controls},
    })
}

#[test]
fn a_policy_that_blocks_everybody_is_an_ordinary_lockout() {
    let proof = prove(&side(&state(vec![everybody(json!(["block"]))])));
    assert_eq!(proof.lockouts.len(), 1);
    assert!(proof.lockouts[0].ordinary);
    assert_eq!(proof.lockouts[0].policies.len(), 1);
}

#[test]
fn an_excluded_administrator_gets_in() {
    let mut policy = everybody(json!(["block"]));
    policy["conditions"]["users"]["excludeUsers"] = json!(["u1"]);
    assert!(prove(&side(&state(vec![policy.clone()]))).lockouts.is_empty());
    let mut other = everybody(json!(["compliantDevice"]));
    other["conditions"]["users"]["excludeGroups"] = json!(["g1"]);
    let lockouts = prove(&side(&state(vec![policy, other]))).lockouts;
    assert_eq!(lockouts.len(), 1, "{lockouts:?}");
    assert_eq!(lockouts[0].policies.len(), 2);
    assert!(!lockouts[0].sign_in.device.contains_key("isCompliant"));
}

#[test]
fn legacy_clients_are_not_ordinary() {
    let mut policy = everybody(json!(["block"]));
    policy["conditions"]["clientAppTypes"] = json!(["exchangeActiveSync", "other"]);
    let lockouts = prove(&side(&state(vec![policy]))).lockouts;
    assert!(lockouts.iter().all(|lockout| !lockout.ordinary));
    assert_eq!(lockouts.len(), 1);
}

#[test]
fn mfa_takes_a_method() {
    let mut state = state(vec![everybody(json!(["mfa"]))]);
    state.registered = Some(BTreeMap::from([(id("u1"), BTreeSet::from(["email".to_owned()]))]));
    assert!(prove(&side(&state)).lockouts.iter().any(|lockout| lockout.ordinary));
    state.registered = Some(BTreeMap::from([(id("u1"), BTreeSet::from(["fido2SecurityKey".to_owned()]))]));
    assert!(!prove(&side(&state)).lockouts.iter().any(|lockout| lockout.ordinary));
}

#[test]
fn a_policy_that_asks_is_in_the_way_of_an_ordinary_sign_in_only_without_a_method() {
    let mut state = state(vec![everybody(json!(["mfa"]))]);
    let in_the_way = |state: &State| {
        let side = side(state);
        side.in_the_way_of(&side.administrators[0])
    };
    assert_eq!(in_the_way(&state), BTreeMap::from([(0, false)]), "legacy clients cannot be asked");
    state.registered = Some(BTreeMap::new());
    assert_eq!(in_the_way(&state), BTreeMap::from([(0, true)]));
}
