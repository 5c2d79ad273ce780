//! Policies as the service accepts them, at random.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

const PEOPLE: [&str; 2] = ["a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"];
const GROUPS: [&str; 2] = ["b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"];
const ROLES: [&str; 2] = ["62e90394-69f5-4237-9190-012177145e10", "fe930be7-5e62-47db-91af-98c3a49a38b1"];
const APPLICATIONS: [&str; 2] =
    ["00000002-0000-0ff1-ce00-000000000000", "797f4846-ba00-4fd7-ba43-dac1f8f63013"];
const SERVICE_PRINCIPALS: [&str; 2] =
    ["c0000000-0000-4000-8000-000000000001", "c0000000-0000-4000-8000-000000000002"];
const LOCATIONS: [&str; 2] = ["d0000000-0000-4000-8000-000000000001", "d0000000-0000-4000-8000-000000000002"];
const STRENGTHS: [&str; 2] = ["00000000-0000-0000-0000-000000000004", "e0000000-0000-4000-8000-000000000001"];
const CONTEXTS: [&str; 2] = ["c1", "c25"];
const AGREEMENTS: [&str; 2] =
    ["f0000000-0000-4000-8000-000000000001", "f0000000-0000-4000-8000-000000000002"];
const TENANTS: [&str; 2] = ["11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"];

/// A tenant in which all of these are.
pub(super) const SEED: &str = r##"{
  "users": [
    { "id": "a0000000-0000-4000-8000-000000000001", "userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance" },
    { "id": "a0000000-0000-4000-8000-000000000002", "userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen" }],
  "groups": [
    { "id": "b0000000-0000-4000-8000-000000000001", "displayName": "Emergency access" },
    { "id": "b0000000-0000-4000-8000-000000000002", "displayName": "Retail: all \"stores\"" }],
  "servicePrincipals": [
    { "id": "c0000000-0000-4000-8000-000000000001", "appId": "00000002-0000-0ff1-ce00-000000000000", "displayName": "Office 365 Exchange Online" },
    { "id": "c0000000-0000-4000-8000-000000000002", "appId": "797f4846-ba00-4fd7-ba43-dac1f8f63013", "displayName": "Payroll" }],
  "namedLocations": [
    { "@odata.type": "#microsoft.graph.ipNamedLocation", "id": "d0000000-0000-4000-8000-000000000001", "displayName": "Head office",
      "isTrusted": true, "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24" }] },
    { "@odata.type": "#microsoft.graph.countryNamedLocation", "id": "d0000000-0000-4000-8000-000000000002",
      "displayName": "Where we sell", "countriesAndRegions": ["US"] }],
  "authenticationContextClassReferences": [
    { "id": "c1", "displayName": "Secret", "isAvailable": true }, { "id": "c25", "displayName": "Payments", "isAvailable": true }],
  "authenticationStrengthPolicies": [
    { "id": "e0000000-0000-4000-8000-000000000001", "displayName": "Passkeys", "allowedCombinations": ["fido2"] }]
}"##;

/// How a configuration refers to one of them.
pub(super) fn reference(targets: &[&str], id: &str) -> String {
    let kind = targets.first().copied().unwrap_or("id");
    let name = match (kind, id) {
        ("user", id) if id == PEOPLE[0] => "adele.vance@contoso.com",
        ("user", id) if id == PEOPLE[1] => "megan.bowen@contoso.com",
        ("group", id) if id == GROUPS[0] => "Emergency access",
        ("group", id) if id == GROUPS[1] => "Retail: all \"stores\"",
        ("role", id) if id == ROLES[0] => "Global Administrator",
        ("role", id) if id == ROLES[1] => "User Administrator",
        ("app", id) if [APPLICATIONS[1], SERVICE_PRINCIPALS[1]].contains(&id) => "Payroll",
        ("app", id) if id == SERVICE_PRINCIPALS[0] => "Office 365 Exchange Online",
        ("location", id) if id == LOCATIONS[0] => "Head office",
        ("location", id) if id == LOCATIONS[1] => "Where we sell",
        ("strength", _) => "Passkeys",
        (_, id) => id,
    };
    format!("{kind}:{name}")
}

/// A policy without a name.
pub(super) fn policy() -> impl Strategy<Value = Value> {
    prop_oneof![12 => of_people(), 2 => of_workloads(), 1 => of_registration(), 1 => of_risk()]
}

type Made = BoxedStrategy<Value>;

/// Some of these, perhaps none.
fn some(of: &[&'static str]) -> Made {
    let all = of.to_vec();
    subsequence(all, 0..=of.len()).prop_map(|chosen| json!(chosen)).boxed()
}

/// Some of these, at least one.
fn several(of: &[&'static str]) -> Made {
    let all = of.to_vec();
    subsequence(all, 1..=of.len()).prop_map(|chosen| json!(chosen)).boxed()
}

/// Some of these as flags.
fn flags(of: &[&'static str]) -> Made {
    let all = of.to_vec();
    subsequence(all, 1..=of.len()).prop_map(|chosen| json!(chosen.join(","))).boxed()
}

fn one(of: &[&'static str]) -> Made {
    select(of.to_vec()).prop_map(Value::from).boxed()
}

/// An object whose members are each made, or left out when null.
fn object(members: Vec<(&'static str, Made)>) -> Made {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let with_names = move |values: Vec<Value>| {
        let members = names.iter().map(|name| (*name).to_owned()).zip(values);
        Value::Object(members.filter(|(_, value)| !value.is_null()).collect())
    };
    values.prop_map(with_names).boxed()
}

fn perhaps(value: Made) -> Made {
    prop_oneof![Just(Value::Null), value].boxed()
}

fn filter(rules: &[&'static str]) -> Made {
    object(vec![("mode", one(&["include", "exclude"])), ("rule", one(rules))])
}

fn with(base: Made, name: &'static str, value: Made) -> Made {
    let put = move |(mut base, value): (Value, Value)| {
        base[name] = value;
        base
    };
    (base, value).prop_map(put).boxed()
}

fn states() -> Made {
    one(&["enabled", "disabled", "enabledForReportingButNotEnforced"])
}

fn of_people() -> Made {
    let conditions = object(vec![
        ("users", users()),
        ("applications", applications()),
        (
            "clientAppTypes",
            prop_oneof![
                Just(json!(["all"])),
                several(&["browser", "mobileAppsAndDesktopClients", "other", "easSupported"])
            ]
            .boxed(),
        ),
        ("platforms", perhaps(platforms())),
        ("locations", perhaps(locations())),
        (
            "devices",
            perhaps(object(vec![(
                "deviceFilter",
                filter(&["device.isCompliant -eq True", "device.model -eq \"Surface 'Pro'\""]),
            )])),
        ),
        ("userRiskLevels", some(&["low", "medium", "high"])),
        ("signInRiskLevels", some(&["none", "low", "medium", "high"])),
        ("insiderRiskLevels", perhaps(flags(&["minor", "moderate", "elevated"]))),
        (
            "authenticationFlows",
            perhaps(object(vec![("transferMethods", flags(&["deviceCodeFlow", "authenticationTransfer"]))])),
        ),
    ]);
    (states(), conditions, grant(), session())
        .prop_map(|(state, conditions, grant, session)| {
            let session = allowed(session, &conditions);
            let grant = if session.is_null() && grant.is_null() {
                json!({ "operator": "OR", "builtInControls": ["mfa"] })
            } else {
                grant
            };
            json!({ "state": state, "conditions": conditions, "grantControls": grant, "sessionControls": session })
        })
        .boxed()
}

fn users() -> Made {
    let included = prop_oneof![
        Just(json!({ "includeUsers": ["All"] })),
        several(&PEOPLE).prop_map(|users| json!({ "includeUsers": users })),
        Just(json!({ "includeUsers": ["GuestsOrExternalUsers"] })),
        several(&GROUPS).prop_map(|groups| json!({ "includeGroups": groups })),
        (several(&ROLES), several(&GROUPS))
            .prop_map(|(roles, groups)| json!({ "includeRoles": roles, "includeGroups": groups })),
        guests().prop_map(|guests| json!({ "includeGuestsOrExternalUsers": guests })),
    ];
    let excluded = object(vec![
        ("excludeUsers", some(&PEOPLE)),
        ("excludeGroups", some(&GROUPS)),
        ("excludeRoles", some(&ROLES)),
        ("excludeGuestsOrExternalUsers", perhaps(guests())),
    ]);
    (included, excluded).prop_map(|(included, excluded)| joined(included, &excluded)).boxed()
}

fn joined(mut left: Value, right: &Value) -> Value {
    if let (Value::Object(left), Value::Object(right)) = (&mut left, right) {
        left.extend(right.clone());
    }
    left
}

fn guests() -> Made {
    let kinds = [
        "internalGuest",
        "b2bCollaborationGuest",
        "b2bCollaborationMember",
        "b2bDirectConnectUser",
        "otherExternalUser",
        "serviceProvider",
    ];
    let all = json!({ "@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all" });
    let listed = several(&TENANTS).prop_map(|members| {
        json!({ "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
            "membershipKind": "enumerated", "members": members })
    });
    object(vec![
        ("guestOrExternalUserTypes", flags(&kinds)),
        ("externalTenants", prop_oneof![Just(Value::Null), Just(all), listed].boxed()),
    ])
}

fn applications() -> Made {
    let suites = ["Office365", "MicrosoftAdminPortals"];
    let named = [suites, APPLICATIONS].concat();
    let rules = ["CustomSecurityAttribute.Apps_Tier -eq \"0\""];
    let included = prop_oneof![Just(json!(["All"])), Just(json!(["None"])), several(&named)].boxed();
    prop_oneof![
        4 => object(vec![
            ("includeApplications", included),
            ("excludeApplications", some(&named)),
            ("applicationFilter", perhaps(filter(&rules))),
        ]),
        1 => Just(json!({ "includeApplications": ["Office365"] })),
        1 => object(vec![("includeUserActions", one(&["urn:user:registersecurityinfo", "urn:user:accountrecovery"]).prop_map(|action| json!([action])).boxed())]),
        1 => object(vec![("includeAuthenticationContextClassReferences", several(&CONTEXTS))]),
    ]
    .boxed()
}

fn platforms() -> Made {
    let all = ["android", "iOS", "windows", "windowsPhone", "macOS", "linux"];
    let included = prop_oneof![Just(json!(["all"])), several(&all)].boxed();
    object(vec![("includePlatforms", included), ("excludePlatforms", some(&all))])
}

fn locations() -> Made {
    let named = [["AllTrusted", "00000000-0000-0000-0000-000000000000"], LOCATIONS].concat();
    let included = prop_oneof![Just(json!(["All"])), several(&named)].boxed();
    object(vec![("includeLocations", included), ("excludeLocations", some(&named))])
}

fn grant() -> Made {
    let built_in = [
        "compliantDevice",
        "domainJoinedDevice",
        "approvedApplication",
        "compliantApplication",
        "riskRemediation",
    ];
    let strength = one(&STRENGTHS).prop_map(|id| json!({ "id": id })).boxed();
    let controls = |built_in: Made, strength: Made| {
        object(vec![
            ("operator", one(&["AND", "OR"])),
            ("builtInControls", built_in),
            ("authenticationStrength", strength),
            ("termsOfUse", some(&AGREEMENTS)),
            ("customAuthenticationFactors", some(&["Duo", "Other"])),
        ])
    };
    let with_mfa = several(&[&["mfa"], &built_in[..]].concat());
    prop_oneof![
        Just(Value::Null),
        Just(json!({ "operator": "OR", "builtInControls": ["block"] })),
        controls(with_mfa, Just(Value::Null).boxed()),
        controls(some(&built_in), strength),
    ]
    .boxed()
}

fn session() -> Made {
    let enabled = || any::<bool>().prop_map(Value::from).boxed();
    let authentication = || one(&["primaryAndSecondaryAuthentication", "secondaryAuthentication"]);
    let after_a_while = prop_oneof![(1..=23, Just("hours")), (1..=365, Just("days"))].prop_map(|(value, unit)| {
        json!({ "value": value, "type": unit, "frequencyInterval": "timeBased", "isEnabled": true })
    });
    let every_time = Just(json!({ "frequencyInterval": "everyTime", "isEnabled": true }));
    let frequency = prop_oneof![after_a_while, every_time].boxed();
    let mode = one(&["always", "never"]);
    let apps = one(&["mcasConfigured", "monitorOnly", "blockDownloads"]);
    perhaps(object(vec![
        ("signInFrequency", perhaps(with(frequency, "authenticationType", authentication()))),
        ("persistentBrowser", perhaps(object(vec![("isEnabled", enabled()), ("mode", mode)]))),
        ("cloudAppSecurity", perhaps(object(vec![("isEnabled", enabled()), ("cloudAppSecurityType", apps)]))),
        ("applicationEnforcedRestrictions", perhaps(object(vec![("isEnabled", enabled())]))),
        ("disableResilienceDefaults", perhaps(enabled())),
        ("secureSignInSession", perhaps(object(vec![("isEnabled", enabled())]))),
    ]))
}

/// What the service takes of session controls, given the applications.
fn allowed(session: Value, conditions: &Value) -> Value {
    let Value::Object(mut session) = session else { return session };
    let applications = &conditions["applications"]["includeApplications"];
    if *applications != json!(["All"]) {
        session.remove("persistentBrowser");
    }
    if *applications != json!(["Office365"]) {
        session.remove("applicationEnforcedRestrictions");
    }
    if session.get("signInFrequency").is_some_and(|frequency| frequency["frequencyInterval"] == "everyTime") {
        session.remove("applicationEnforcedRestrictions");
        session.remove("disableResilienceDefaults");
    }
    let any = session.values().any(|control| *control == true || control["isEnabled"] == true);
    if any { Value::Object(session) } else { Value::Null }
}

fn of_workloads() -> Made {
    let clients = object(vec![
        (
            "includeServicePrincipals",
            prop_oneof![Just(json!(["ServicePrincipalsInMyTenant"])), several(&SERVICE_PRINCIPALS)].boxed(),
        ),
        ("excludeServicePrincipals", some(&SERVICE_PRINCIPALS)),
        ("servicePrincipalFilter", perhaps(filter(&["CustomSecurityAttribute.Apps_Tier -ne \"0\""]))),
    ]);
    let conditions = object(vec![
        ("users", Just(json!({ "includeUsers": ["None"] })).boxed()),
        ("clientApplications", clients),
        ("applications", Just(json!({ "includeApplications": ["All"] })).boxed()),
        ("locations", perhaps(locations())),
        ("servicePrincipalRiskLevels", some(&["low", "medium", "high"])),
    ]);
    let grant = Just(json!({ "operator": "OR", "builtInControls": ["block"] })).boxed();
    // In force, it may block the identity that applies, which is refused.
    let states = one(&["disabled", "enabledForReportingButNotEnforced"]);
    object(vec![("state", states), ("conditions", conditions), ("grantControls", grant)])
}

fn of_registration() -> Made {
    let conditions = object(vec![
        ("users", users()),
        ("applications", Just(json!({ "includeUserActions": ["urn:user:registerdevice"] })).boxed()),
        ("locations", perhaps(locations())),
    ]);
    let grant = Just(json!({ "operator": "OR", "builtInControls": ["mfa"] })).boxed();
    object(vec![("state", states()), ("conditions", conditions), ("grantControls", grant)])
}

/// The only shape in which a change of the password can be asked for.
fn of_risk() -> Made {
    let conditions = object(vec![
        ("users", users()),
        ("applications", Just(json!({ "includeApplications": ["All"] })).boxed()),
        ("userRiskLevels", several(&["low", "medium", "high"])),
    ]);
    let grant = Just(json!({ "operator": "AND", "builtInControls": ["mfa", "passwordChange"] })).boxed();
    object(vec![("state", states()), ("conditions", conditions), ("grantControls", grant)])
}
