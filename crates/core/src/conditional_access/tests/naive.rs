//! A second evaluation, written straight over the JSON of a case, of what [`super::strategies`] makes up.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::result;
use super::strategies::case;

fn has(list: &Value, text: &str) -> bool {
    list.as_array().is_some_and(|items| items.iter().any(|item| item == text))
}

fn is_empty(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

fn external(principal: &Value) -> Option<&str> {
    principal["guestOrExternalUserType"].as_str()
}

fn guests_match(guests: &Value, principal: &Value) -> bool {
    let Some(own) = external(principal) else { return false };
    let types = guests["guestOrExternalUserTypes"].as_str().unwrap_or("");
    let tenants = &guests["externalTenants"];
    let all = own == "internalGuest" || tenants["membershipKind"] == "all";
    let tenant = principal["externalTenantId"].as_str().unwrap_or("");
    types.split(',').any(|kind| kind == own) && (all || has(&tenants["members"], tenant))
}

fn user_list(users: &Value, word: &str, principal: &Value) -> bool {
    let list = |name: &str| users[format!("{word}{name}")].as_array().cloned().unwrap_or_default();
    let held =
        |names: &[&str], id: &Value| names.iter().any(|name| has(&principal[*name], id.as_str().unwrap()));
    list("Users").iter().any(|user| match user.as_str().unwrap() {
        "All" => true,
        "GuestsOrExternalUsers" => external(principal).is_some(),
        other => principal["id"] == other,
    }) || list("Groups").iter().any(|id| held(&["groups", "transitiveGroups"], id))
        || list("Roles").iter().any(|id| held(&["roles"], id))
        || guests_match(&users[format!("{word}GuestsOrExternalUsers")], principal)
}

fn app_list(list: &Value, app: &str) -> bool {
    has(list, "All") || has(list, app) || (has(list, "Office365") && (app == "a1" || app == "a2"))
}

fn target_matches(applications: &Value, sign_in: &Value) -> bool {
    if let Some(action) = sign_in["userAction"].as_str() {
        return has(&applications["includeUserActions"], action);
    }
    let asked = sign_in["authenticationContext"].as_str();
    let context =
        asked.is_some_and(|asked| has(&applications["includeAuthenticationContextClassReferences"], asked));
    let app = sign_in["appId"].as_str().unwrap();
    context
        || (app_list(&applications["includeApplications"], app)
            && !app_list(&applications["excludeApplications"], app))
}

fn platform_matches(platforms: &Value, sign_in: &Value) -> bool {
    let own = sign_in["platform"].as_str().unwrap();
    let (include, exclude) = (&platforms["includePlatforms"], &platforms["excludePlatforms"]);
    (is_empty(include) || has(include, "all") || has(include, own)) && !has(exclude, own)
}

fn at(list: &Value, location: &Value) -> bool {
    let ip = location["ip"].as_str().unwrap_or("");
    let office = ip.starts_with("203.0.113.");
    let trusted = office || ip.starts_with("192.0.2.");
    let de = location["country"].is_null() || location["country"] == "DE";
    has(list, "All")
        || (has(list, "AllTrusted") && trusted)
        || (has(list, "office") && office)
        || (has(list, "de") && de)
}

fn location_matches(locations: &Value, sign_in: &Value) -> bool {
    let (include, exclude) = (&locations["includeLocations"], &locations["excludeLocations"]);
    (is_empty(include) || at(include, &sign_in["location"])) && !at(exclude, &sign_in["location"])
}

fn device_matches(filter: &Value, device: &Value) -> bool {
    let Some(rule) = filter["rule"].as_str() else { return true };
    let registered = device["registered"] == true;
    let joined = registered && device["trustType"] == "AzureAD";
    let compliant = registered && device["isCompliant"] == true;
    let positive = if rule.contains("trustType") { joined } else { compliant };
    let holds = positive != rule.contains("-ne");
    holds == (filter["mode"] == "include")
}

fn risk_matches(levels: &Value, own: &Value) -> bool {
    is_empty(levels) || has(levels, own.as_str().unwrap_or("none"))
}

fn applies(policy: &Value, case: &Value) -> bool {
    let (conditions, sign_in) = (&policy["conditions"], &case["signIn"]);
    let users = &conditions["users"];
    let clients = &conditions["clientAppTypes"];
    let client =
        is_empty(clients) || has(clients, "all") || has(clients, sign_in["clientAppType"].as_str().unwrap());
    let flows = conditions["authenticationFlows"]["transferMethods"].as_str().unwrap_or("none");
    user_list(users, "include", &case["principal"])
        && !user_list(users, "exclude", &case["principal"])
        && target_matches(&conditions["applications"], sign_in)
        && client
        && platform_matches(&conditions["platforms"], sign_in)
        && location_matches(&conditions["locations"], sign_in)
        && device_matches(&conditions["devices"]["deviceFilter"], &sign_in["device"])
        && risk_matches(&conditions["userRiskLevels"], &sign_in["userRisk"])
        && risk_matches(&conditions["signInRiskLevels"], &sign_in["signInRisk"])
        && (flows == "none" || sign_in["authenticationFlow"] == flows)
}

fn can_meet(control: &str, case: &Value) -> bool {
    let sign_in = &case["signIn"];
    if sign_in["clientAppType"] == "other" {
        return false;
    }
    let trust = &case["crossTenantTrust"];
    let device_code = sign_in["authenticationFlow"] == "deviceCodeFlow";
    match (control, external(&case["principal"])) {
        ("compliantDevice", _) if device_code => false,
        (_, None | Some("internalGuest")) => true,
        ("compliantDevice", _) => trust["isCompliantDeviceAccepted"] == true,
        ("passwordChange" | "approvedApplication", _) => false,
        ("mfa", Some("b2bDirectConnectUser")) => trust["isMfaAccepted"] == true,
        ("termsOfUse:t", Some("b2bDirectConnectUser")) => false,
        _ => true,
    }
}

/// Outcome, controls and the names of policies.
fn evaluated(case: &Value) -> Value {
    let policies = case["policies"].as_array().unwrap();
    let in_state = |state: &str| -> Vec<&Value> {
        policies.iter().filter(|policy| policy["state"] == state && applies(policy, case)).collect()
    };
    let matched = in_state("enabled");
    let names =
        |policies: &[&Value]| policies.iter().map(|policy| policy["displayName"].clone()).collect::<Vec<_>>();
    let mut reported = names(&in_state("enabledForReportingButNotEnforced"));
    if case["signIn"]["userAction"].is_string() {
        reported.clear();
    }
    let (mut controls, mut unsatisfiable) = (Vec::new(), false);
    for policy in &matched {
        let grant = &policy["grantControls"];
        let mut own: Vec<Value> = grant["builtInControls"].as_array().unwrap().clone();
        own.extend(grant["termsOfUse"].as_array().unwrap().iter().map(|_| json!("termsOfUse:t")));
        let meets = |control: &Value| can_meet(control.as_str().unwrap(), case);
        let all = grant["operator"] == "AND";
        unsatisfiable |= !own.is_empty() && if all { !own.iter().all(meets) } else { !own.iter().any(meets) };
        let entries = if all || own.len() < 2 { own } else { vec![json!({"anyOf": own})] };
        for entry in entries {
            if !controls.contains(&entry) {
                controls.push(entry);
            }
        }
    }
    let blocked = matched.iter().any(|policy| has(&policy["grantControls"]["builtInControls"], "block"));
    let outcome = if blocked || unsatisfiable { "block" } else { "grant" };
    let controls = if blocked { vec![json!("block")] } else { controls };
    json!([outcome, controls, names(&matched), reported, !blocked && unsatisfiable])
}

proptest! {
    #[test]
    fn both_evaluations_agree(case in case()) {
        let result = result(&case);
        let own = json!([
            result.outcome, result.controls, result.matched, result.report_only_matched, result.block_reason.is_some()
        ]);
        prop_assert_eq!(own, evaluated(&case), "{}", result.why.join(" "));
    }
}
