//! Small random cases, in which conditions meet often.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    subsequence(of, 0..=of.len()).prop_map(|picked| json!(picked))
}

/// Mostly nothing, so that policies apply often.
fn seldom(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![3 => Just(json!([])), 1 => some(of)]
}

fn one(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    select(of).prop_map(|picked| if picked.is_empty() { Value::Null } else { json!(picked) })
}

const GUESTS: &[&str] = &["internalGuest", "b2bCollaborationGuest", "b2bDirectConnectUser"];
const RULES: &[&str] = &[
    "device.trustType -eq \"AzureAD\"",
    "device.trustType -ne \"AzureAD\"",
    "device.isCompliant -eq True",
    "device.isCompliant -ne True",
];

fn guests() -> impl Strategy<Value = Value> {
    (subsequence(GUESTS, 1..=2), prop::bool::ANY).prop_map(|(types, listed)| {
        let kind = if listed { "enumerated" } else { "all" };
        let tenants =
            json!({"membershipKind": kind, "members": if listed { json!(["t1"]) } else { json!([]) }});
        json!({"guestOrExternalUserTypes": types.join(","), "externalTenants": tenants})
    })
}

fn users() -> impl Strategy<Value = Value> {
    let include = some(&["All", "None", "GuestsOrExternalUsers", "u1"]);
    let exclude = seldom(&["GuestsOrExternalUsers", "u1", "u2"]);
    let guests = (prop::option::weighted(0.3, guests()), prop::option::weighted(0.3, guests()));
    (include, exclude, some(&["g1", "g2"]), seldom(&["g1", "g2"]), some(&["r1"]), seldom(&["r1"]), guests)
        .prop_map(|(include, exclude, groups, no_groups, roles, no_roles, (guests, no_guests))| {
            json!({
                "includeUsers": include, "excludeUsers": exclude,
                "includeGroups": groups, "excludeGroups": no_groups,
                "includeRoles": roles, "excludeRoles": no_roles,
                "includeGuestsOrExternalUsers": guests, "excludeGuestsOrExternalUsers": no_guests,
            })
        })
}

fn applications() -> impl Strategy<Value = Value> {
    let include = some(&["All", "Office365", "a1", "a2"]);
    let actions = seldom(&["urn:user:registersecurityinfo"]);
    (include, seldom(&["Office365", "a1"]), actions, seldom(&["c1"])).prop_map(
        |(include, exclude, actions, contexts)| {
            json!({
                "includeApplications": include, "excludeApplications": exclude, "includeUserActions": actions,
                "includeAuthenticationContextClassReferences": contexts,
            })
        },
    )
}

fn conditions() -> impl Strategy<Value = Value> {
    let platforms = (seldom(&["all", "windows", "iOS"]), seldom(&["windows", "iOS"]));
    let locations = (seldom(&["All", "AllTrusted", "office", "de"]), seldom(&["AllTrusted", "office", "de"]));
    let filter = prop::option::weighted(0.3, (select(&["include", "exclude"]), select(RULES)));
    let risks = (seldom(&["none", "low", "high"]), seldom(&["none", "high"]));
    let clients = seldom(&["all", "browser", "other"]);
    let flow = one(&["", "", "none", "deviceCodeFlow"]);
    (users(), applications(), platforms, locations, filter, risks, clients, flow).prop_map(
        |(users, applications, platforms, locations, filter, risks, clients, flow)| {
            let filter = filter.map(|(mode, rule)| json!({"mode": mode, "rule": rule}));
            json!({
                "users": users, "applications": applications,
                "platforms": {"includePlatforms": platforms.0, "excludePlatforms": platforms.1},
                "locations": {"includeLocations": locations.0, "excludeLocations": locations.1},
                "devices": {"deviceFilter": filter}, "clientAppTypes": clients,
                "userRiskLevels": risks.0, "signInRiskLevels": risks.1,
                "authenticationFlows": {"transferMethods": flow},
            })
        },
    )
}

pub(crate) fn policy() -> impl Strategy<Value = Value> {
    let states = &["enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"];
    let controls = prop_oneof![
        1 => Just(json!(["block"])),
        4 => some(&["mfa", "compliantDevice", "passwordChange", "approvedApplication"]),
    ];
    let terms = seldom(&["t"]);
    let session = prop::bool::ANY;
    (select(states), conditions(), controls, one(&["AND", "OR"]), terms, session).prop_map(
        |(state, conditions, controls, operator, terms, session)| {
            json!({
                "state": state, "conditions": conditions,
                "grantControls": {"operator": operator, "builtInControls": controls, "termsOfUse": terms},
                "sessionControls": {"signInFrequency": {"isEnabled": session}},
            })
        },
    )
}

fn principal() -> impl Strategy<Value = Value> {
    let external = one(&["", "", "internalGuest", "b2bCollaborationGuest", "b2bDirectConnectUser"]);
    (one(&["u1", "u2"]), some(&["g1"]), some(&["g1", "g2"]), some(&["r1"]), external, one(&["", "t1", "t2"]))
        .prop_map(|(id, groups, transitive, roles, external, tenant)| {
            json!({
                "kind": "user", "id": id, "groups": groups, "transitiveGroups": transitive, "roles": roles,
                "guestOrExternalUserType": external, "externalTenantId": tenant,
            })
        })
}

fn device() -> impl Strategy<Value = Value> {
    let registered = (prop::bool::ANY, prop::bool::ANY, one(&["AzureAD", "Workplace"])).prop_map(
        |(registered, compliant, trust)| json!({"registered": registered, "isCompliant": compliant, "trustType": trust}),
    );
    prop_oneof![Just(Value::Null), registered]
}

pub(crate) fn sign_in() -> impl Strategy<Value = Value> {
    let ip = one(&["", "203.0.113.1", "198.51.100.1", "192.0.2.1"]);
    let action = one(&["", "", "", "urn:user:registersecurityinfo"]);
    let clients = one(&["browser", "mobileAppsAndDesktopClients", "other"]);
    let risks = (one(&["", "none", "low", "high"]), one(&["", "high"]));
    let flow = one(&["", "none", "deviceCodeFlow"]);
    let place = (ip, one(&["", "DE", "US"]));
    let target = (one(&["a1", "a2", "a3"]), action, one(&["", "c1"]));
    (target, clients, one(&["windows", "iOS", "unknown"]), place, risks, flow, device()).prop_map(
        |((app, action, context), client, platform, (ip, country), risks, flow, device)| {
            json!({
                "appId": app, "userAction": action, "authenticationContext": context, "clientAppType": client,
                "platform": platform, "location": {"ip": ip, "country": country}, "userRisk": risks.0,
                "signInRisk": risks.1, "authenticationFlow": flow, "device": device,
            })
        },
    )
}

/// A case with up to four policies, `P1` and so on.
pub(super) fn case() -> impl Strategy<Value = Value> {
    let policies = prop::collection::vec(policy(), 0..=4);
    let trust = (prop::bool::ANY, prop::bool::ANY);
    (policies, principal(), sign_in(), trust).prop_map(|(mut policies, principal, sign_in, trust)| {
        for (place, policy) in policies.iter_mut().enumerate() {
            policy["displayName"] = format!("P{}", place + 1).into();
        }
        json!({
            "policies": policies, "principal": principal, "signIn": sign_in,
            "namedLocations": [
                {"id": "office", "isTrusted": true, "ipRanges": [{"cidrAddress": "203.0.113.0/24"}]},
                {"id": "lab", "ipRanges": [{"cidrAddress": "198.51.100.0/24"}]},
                {"id": "de", "countriesAndRegions": ["DE"], "includeUnknownCountriesAndRegions": true},
            ],
            "mfaTrustedIps": ["192.0.2.0/24"],
            "appGroups": {"Office365": ["a1", "a2"]},
            "crossTenantTrust": {"isMfaAccepted": trust.0, "isCompliantDeviceAccepted": trust.1},
        })
    })
}

/// Any JSON in which members of a case occur.
pub(super) fn json_value() -> impl Strategy<Value = Value> {
    let names = select(&[
        "policies",
        "principal",
        "signIn",
        "conditions",
        "users",
        "includeUsers",
        "device",
        "deviceFilter",
        "rule",
        "mode",
        "location",
        "ip",
        "state",
        "grantControls",
        "sessionControls",
        "namedLocations",
        "kind",
        "appGroups",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        select(&["All", "enabled", "include", "user", "device.model -eq \"x\"", "1.2.3.4/8", ""])
            .prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}
