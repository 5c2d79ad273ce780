//! Conditional Access policies.

use reqwest::Method;
use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::support::{Sandbox, answer, code, names, signed_in_with};

const SET: &str = "/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";
const CONTEXTS: &str = "/identity/conditionalAccess/authenticationContextClassReferences";
const DELETED: &str = "/identity/conditionalAccess/deletedItems/policies";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const NOBODY: &str = "6c0f9f3e-0000-4000-8000-000000000000";
const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";
const ALL_TENANTS: &str = "#microsoft.graph.conditionalAccessAllExternalTenants";

fn policy() -> Value {
    json!({ "displayName": "Everybody proves who they are", "state": "enabledForReportingButNotEnforced",
        "conditions": { "clientAppTypes": ["all"], "applications": { "includeApplications": ["All"] },
            "users": { "includeUsers": ["All"] } },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] } })
}

/// The policy with other values at some places, written as JSON pointers.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut body = policy();
    for (pointer, value) in changes {
        let mut place = &mut body;
        for name in pointer.split('/').skip(1) {
            place = &mut place[name];
        }
        *place = value.clone();
    }
    body
}

/// Creates a policy and returns its path.
async fn created(sandbox: &Sandbox, body: Value) -> String {
    let (status, made) = sandbox.post(SET, body.clone()).await;
    assert_eq!(status, 201, "{body}: {made}");
    format!("{SET}/{}", made["id"].as_str().unwrap())
}

/// `innerError.message` of a refusal.
fn inner(refused: &Value) -> &str {
    refused["error"]["innerError"]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn what_is_left_out_reads_back_as_null_or_empty() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, policy()).await;
    let (_, found) = sandbox.get(&path).await;
    let conditions = &found["conditions"];
    assert_eq!(conditions["users"]["includeUsers"], json!(["All"]));
    assert_eq!(conditions["users"]["excludeGroups"], json!([]));
    assert_eq!(conditions["users"]["excludeGuestsOrExternalUsers"], Value::Null);
    assert_eq!((&conditions["locations"], &conditions["signInRiskLevels"]), (&Value::Null, &json!([])));
    assert_eq!(found["grantControls"]["authenticationStrength"], Value::Null);
    assert_eq!((&found["sessionControls"], &found["modifiedDateTime"]), (&Value::Null, &Value::Null));
    assert!(conditions.as_object().unwrap().contains_key("platforms"), "{found}");
    assert_eq!(names(&sandbox.get(SET).await.1), ["Everybody proves who they are"]);
}

#[tokio::test]
async fn every_condition_and_control_survives() {
    let sandbox = Sandbox::contoso().await;
    let (user, group) = (sandbox.user("adele.vance").await, sandbox.group("Retail").await);
    let countries = json!({ "@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Here",
        "countriesAndRegions": ["DE"] });
    let location = sandbox.post(LOCATIONS, countries).await.1["id"].clone();
    let guests = json!({ "guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest",
        "externalTenants": { "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
            "membershipKind": "enumerated", "members": [NOBODY] } });
    let body = json!({ "displayName": "All of it", "state": "enabled",
        "conditions": {
            "applications": { "includeApplications": ["All"], "excludeApplications": ["Office365", NOBODY],
                "includeUserActions": [], "includeAuthenticationContextClassReferences": [],
                "applicationFilter": { "mode": "exclude", "rule": "CustomSecurityAttribute.A_B -eq \"x\"" } },
            "authenticationFlows": { "transferMethods": "deviceCodeFlow,authenticationTransfer" },
            "clientApplications": null,
            "clientAppTypes": ["browser", "mobileAppsAndDesktopClients"],
            "devices": { "deviceFilter": { "mode": "include", "rule": "device.isCompliant -ne True" } },
            "insiderRiskLevels": "minor,elevated",
            "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted", location] },
            "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["iOS", "linux"] },
            "servicePrincipalRiskLevels": [], "signInRiskLevels": ["high", "medium"], "userRiskLevels": ["low"],
            "users": { "includeUsers": [], "excludeUsers": [user], "includeGroups": [group], "excludeGroups": [],
                "includeRoles": [GLOBAL_ADMINISTRATOR], "excludeRoles": [],
                "includeGuestsOrExternalUsers": guests, "excludeGuestsOrExternalUsers": null } },
        "grantControls": { "operator": "AND", "builtInControls": ["mfa", "compliantDevice", "domainJoinedDevice"],
            "customAuthenticationFactors": [], "termsOfUse": [NOBODY], "authenticationStrength": null },
        "sessionControls": { "applicationEnforcedRestrictions": null,
            "cloudAppSecurity": { "isEnabled": true, "cloudAppSecurityType": "blockDownloads" },
            "disableResilienceDefaults": true, "persistentBrowser": { "isEnabled": true, "mode": "never" },
            "secureSignInSession": { "isEnabled": true },
            "signInFrequency": { "isEnabled": true, "value": 4, "type": "hours", "frequencyInterval": "timeBased",
                "authenticationType": "primaryAndSecondaryAuthentication" } } });
    let path = created(&sandbox, body.clone()).await;
    let (_, found) = sandbox.get(&path).await;
    for part in ["displayName", "state", "conditions", "grantControls", "sessionControls"] {
        assert_eq!(found[part], body[part], "{part}");
    }
}

#[tokio::test]
async fn an_update_replaces_each_part_as_a_whole() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, with(&[("/conditions/userRiskLevels", json!(["high"]))])).await;
    assert_eq!(sandbox.patch(&path, json!({ "state": "enabled" })).await.0, 204);
    let (_, found) = sandbox.get(&path).await;
    assert_eq!(
        (&found["state"], &found["conditions"]["userRiskLevels"]),
        (&json!("enabled"), &json!(["high"]))
    );
    assert!(found["modifiedDateTime"].is_string(), "{found}");
    assert_eq!(sandbox.patch(&path, json!({ "conditions": policy()["conditions"] })).await.0, 204);
    let (_, found) = sandbox.get(&path).await;
    assert_eq!(found["conditions"]["userRiskLevels"], json!([]), "what is left out is gone");
    let (status, refused) = sandbox.patch(&path, json!({ "conditions": found["conditions"] })).await;
    assert_eq!((status, code(&refused)), (400, "BadRequest"), "a GET cannot be echoed");
    assert!(inner(&refused).starts_with("1007: "), "{refused}");
    let session = json!({ "signInFrequency": { "isEnabled": true, "frequencyInterval": "everyTime" } });
    assert_eq!(sandbox.patch(&path, json!({ "sessionControls": session })).await.0, 204);
    assert_eq!(sandbox.patch(&path, json!({ "sessionControls": null })).await.0, 204);
    assert_eq!(sandbox.get(&path).await.1["sessionControls"], Value::Null);
}

#[tokio::test]
async fn a_strength_is_written_by_its_id_and_shown_whole() {
    let sandbox = Sandbox::contoso().await;
    let grant = json!({ "operator": "AND", "authenticationStrength": { "id": PHISHING_RESISTANT } });
    let (_, made) = sandbox.post(SET, with(&[("/grantControls", grant)])).await;
    let strength = &made["grantControls"]["authenticationStrength"];
    assert_eq!(strength["displayName"], "Phishing-resistant MFA", "{made}");
    assert_eq!(made["grantControls"]["operator"], "OR", "one control alone is no matter of and");
    let strengths = "/policies/authenticationStrengthPolicies";
    let (_, usage) = sandbox.get(&format!("{strengths}/{PHISHING_RESISTANT}/usage")).await;
    assert_eq!(usage["mfa"][0]["id"], made["id"], "{usage}");
    let own = json!({ "displayName": "Keys", "allowedCombinations": ["fido2"] });
    let (_, own) = sandbox.post(strengths, own).await;
    let path = format!("{SET}/{}", made["id"].as_str().unwrap());
    let grant = json!({ "operator": "OR", "authenticationStrength": { "id": own["id"] } });
    assert_eq!(sandbox.patch(&path, json!({ "grantControls": grant })).await.0, 204);
    let own = format!("{strengths}/{}", own["id"].as_str().unwrap());
    assert_eq!(sandbox.delete(&own).await.0, 400);
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.delete(&own).await.0, 204);
}

#[tokio::test]
async fn contradictions_are_refused_under_their_number() {
    let sandbox = Sandbox::contoso().await;
    let session = |name: &str, control: Value| ("/sessionControls", json!({ name: control }));
    let frequency = |control: Value| session("signInFrequency", control);
    let grant = |controls: &[&str]| ("/grantControls/builtInControls", json!(controls));
    let register = ("/conditions/applications", json!({ "includeUserActions": ["urn:user:registerdevice"] }));
    let workload = json!({ "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] });
    for (changes, number) in [
        (vec![("/state", json!("off"))], "1007"),
        (vec![("/conditions/users/includeUsers", Value::Null)], "1007"),
        (vec![("/conditions/nobody", json!([]))], "1007"),
        (
            vec![("/conditions/applications/includeUserActions", json!(["urn:user:registersecurityinfo"]))],
            "1012",
        ),
        (vec![("/conditions/applications", json!({}))], "1012"),
        (vec![("/conditions/clientAppTypes", json!([]))], "1064"),
        (vec![("/conditions/users", json!({ "excludeUsers": ["GuestsOrExternalUsers"] }))], "1007"),
        (vec![("/grantControls", Value::Null)], "1032"),
        (vec![grant(&[])], "1032"),
        (vec![grant(&["block", "mfa"])], "1032"),
        (vec![("/grantControls/authenticationStrength", json!({ "id": PHISHING_RESISTANT }))], "1032"),
        (vec![grant(&["mfa", "passwordChange"]), ("/grantControls/operator", json!("AND"))], "1032"),
        (vec![register, grant(&["compliantDevice"])], "1032"),
        (vec![("/conditions/clientApplications", workload)], "1007"),
        (vec![session("persistentBrowser", json!({ "isEnabled": false, "mode": "never" }))], "1032"),
        (vec![session("applicationEnforcedRestrictions", json!({ "isEnabled": true }))], "1032"),
        (vec![frequency(json!({ "isEnabled": true, "value": 24, "type": "hours" }))], "1007"),
        (vec![frequency(json!({ "isEnabled": true, "frequencyInterval": "everyTime", "value": 1 }))], "1007"),
        (
            vec![(
                "/conditions/devices/deviceFilter",
                json!({ "mode": "include", "rule": "x".repeat(3_073) }),
            )],
            "1007",
        ),
    ] {
        let body = with(&changes);
        let (status, refused) = sandbox.post(SET, body.clone()).await;
        assert_eq!((status, code(&refused)), (400, "BadRequest"), "{body}: {refused}");
        assert!(inner(&refused).starts_with(&format!("{number}: ")), "{body}: {refused}");
    }
    for changes in [
        vec![
            grant(&["mfa", "passwordChange"]),
            ("/grantControls/operator", json!("AND")),
            ("/conditions/userRiskLevels", json!(["high"])),
        ],
        vec![
            (
                "/conditions/clientApplications",
                json!({ "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] }),
            ),
            ("/conditions/users/includeUsers", json!(["None"])),
            grant(&["block"]),
        ],
        vec![("/conditions/applications", json!({ "includeUserActions": ["urn:user:registerdevice"] }))],
    ] {
        created(&sandbox, with(&changes)).await;
    }
}

#[tokio::test]
async fn unknown_ids_are_refused_and_lost_ones_stay() {
    let sandbox = Sandbox::contoso().await;
    let tenants = |kind: &str| json!({ "guestOrExternalUserTypes": "internalGuest", "externalTenants": { "@odata.type": kind } });
    for (pointer, value) in [
        ("/conditions/users/includeUsers", json!([NOBODY])),
        ("/conditions/users/excludeUsers", json!(["All"])),
        ("/conditions/users/includeGroups", json!([NOBODY])),
        ("/conditions/users/excludeGroups", json!(["All"])),
        ("/conditions/users/includeRoles", json!([NOBODY])),
        ("/conditions/applications/includeApplications", json!(["Mail"])),
        ("/conditions/applications/excludeApplications", json!(["All"])),
        ("/conditions/applications", json!({ "includeUserActions": ["urn:user:dance"] })),
        ("/conditions/applications", json!({ "includeAuthenticationContextClassReferences": ["c1"] })),
        ("/conditions/locations", json!({ "includeLocations": [NOBODY] })),
        ("/conditions/users/includeGuestsOrExternalUsers", tenants("#microsoft.graph.everybody")),
        ("/grantControls", json!({ "operator": "OR", "authenticationStrength": { "id": NOBODY } })),
    ] {
        let body = with(&[(pointer, value)]);
        assert_eq!(sandbox.post(SET, body.clone()).await.0, 400, "{body}");
    }
    created(&sandbox, with(&[("/conditions/users/includeGuestsOrExternalUsers", tenants(ALL_TENANTS))]))
        .await;
    let group = sandbox.new_group("Exceptions").await;
    let body = with(&[("/conditions/users/excludeGroups", json!([group]))]);
    let path = created(&sandbox, body.clone()).await;
    assert_eq!(sandbox.delete(&format!("/groups/{group}")).await.0, 204);
    assert_eq!(sandbox.get(&path).await.1["conditions"]["users"]["excludeGroups"], json!([group]));
    assert_eq!(sandbox.patch(&path, json!({ "state": "disabled" })).await.0, 204);
    assert_eq!(sandbox.post(SET, body).await.0, 400);
}

#[tokio::test]
async fn what_a_policy_names_cannot_go_before_it() {
    let sandbox = Sandbox::contoso().await;
    let countries = json!({ "@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Here",
        "countriesAndRegions": ["DE"] });
    let (_, location) = sandbox.post(LOCATIONS, countries).await;
    assert_eq!(sandbox.post(CONTEXTS, json!({ "id": "c1", "displayName": "Secret" })).await.0, 201);
    let locations = json!({ "includeLocations": ["All"], "excludeLocations": [location["id"]] });
    let contexts = json!({ "includeAuthenticationContextClassReferences": ["c1"] });
    let body = with(&[("/conditions/locations", locations), ("/conditions/applications", contexts)]);
    let path = created(&sandbox, body).await;
    let used = [format!("{LOCATIONS}/{}", location["id"].as_str().unwrap()), format!("{CONTEXTS}/c1")];
    for used in &used {
        assert_eq!(sandbox.delete(used).await.0, 400, "{used}");
    }
    assert_eq!(sandbox.delete(&path).await.0, 204);
    for used in &used {
        assert_eq!(sandbox.delete(used).await.0, 204, "{used}");
    }
}

#[tokio::test]
async fn deleted_policies_come_back_under_their_old_id() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, policy()).await;
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get(&path).await.0, 404);
    assert_eq!(sandbox.get(SET).await.1["value"], json!([]));
    assert_eq!(names(&sandbox.get(DELETED).await.1), ["Everybody proves who they are"]);
    assert!(sandbox.get(&format!("{DELETED}/{id}")).await.1["deletedDateTime"].is_string());
    let (status, restored) = sandbox.post(&format!("{DELETED}/{id}/restore"), json!({})).await;
    assert_eq!((status, &restored["id"]), (200, &json!(id)), "{restored}");
    let (_, found) = sandbox.get(&path).await;
    assert_eq!((&found["deletedDateTime"], &found["state"]), (&Value::Null, &policy()["state"]));
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.delete(&format!("{DELETED}/{id}")).await.0, 204);
    assert_eq!(sandbox.get(&format!("{DELETED}/{id}")).await.0, 404);
}

#[tokio::test]
async fn one_request_a_second_is_answered() {
    let options = Options { seed: Seed::Contoso, quota: true, ..Options::default() };
    let sandbox = Sandbox::with(options).await;
    assert_eq!(sandbox.get(SET).await.0, 200);
    let response = sandbox.request(Method::GET, LOCATIONS).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 429);
    assert!(response.headers().get("Retry-After").is_none());
    assert_eq!(sandbox.get("/policies/authenticationStrengthPolicies").await.0, 200);
}

#[tokio::test]
async fn writing_takes_three_permissions() {
    let sandbox = Sandbox::contoso().await;
    let reader = signed_in_with(&sandbox, "Policy.Read.All").await;
    let writer = signed_in_with(&sandbox, "Policy.ReadWrite.ConditionalAccess").await;
    for (token, method, path, expected) in [
        (&reader, Method::GET, SET, 200),
        (&reader, Method::GET, DELETED, 200),
        (&writer, Method::GET, SET, 403),
        (&writer, Method::POST, SET, 403),
        (&reader, Method::POST, SET, 403),
    ] {
        let url = format!("{}/v1.0{path}", sandbox.running.graph_endpoint());
        let request = sandbox.client.request(method.clone(), url).bearer_auth(token).json(&policy());
        assert_eq!(answer(request).await.0, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn policies_of_a_seed_name_what_they_are_about() {
    let mut body = with(&[
        (
            "/conditions/users",
            json!({ "includeRoles": ["Global Administrator"],
            "excludeUsers": ["adele.vance@contoso.com"], "excludeGroups": ["Emergency"] }),
        ),
        ("/conditions/locations", json!({ "includeLocations": ["All"], "excludeLocations": ["Office"] })),
        (
            "/grantControls",
            json!({ "operator": "OR", "authenticationStrength": { "id": "Phishing-resistant MFA" } }),
        ),
    ]);
    let office = json!({ "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": true,
        "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24" }] });
    let seed = json!({ "users": [{ "userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance" }],
        "groups": [{ "displayName": "Emergency" }], "namedLocations": [office],
        "conditionalAccessPolicies": [body.clone()] });
    let sandbox = Sandbox::from_seed(seed).await;
    let (_, all) = sandbox.get(SET).await;
    let found = &all["value"][0];
    let users = &found["conditions"]["users"];
    assert_eq!(users["includeRoles"], json!([GLOBAL_ADMINISTRATOR]));
    assert_eq!(users["excludeUsers"], json!([sandbox.user("adele.vance").await]));
    assert_eq!(users["excludeGroups"], json!([sandbox.group("Emergency").await]));
    let (_, locations) = sandbox.get(LOCATIONS).await;
    assert_eq!(found["conditions"]["locations"]["excludeLocations"], json!([locations["value"][0]["id"]]));
    assert_eq!(found["grantControls"]["authenticationStrength"]["displayName"], "Phishing-resistant MFA");
    let state = sandbox.state().await;
    let again = Sandbox::from_seed(state.clone()).await;
    assert_eq!(again.state().await["conditionalAccessPolicies"], state["conditionalAccessPolicies"]);
    body["conditions"]["users"]["excludeGroups"] = json!(["Nobody"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!({ "conditionalAccessPolicies": [body] }).to_string()).unwrap();
    let options = Options { seed: Seed::File(file.path().to_path_buf()), ..Options::default() };
    let refused = tenantry_sandbox::start(options).await.err().unwrap().to_string();
    assert!(
        refused.contains("conditionalAccessPolicies[0]") && refused.contains("is not in the seed"),
        "{refused}"
    );
}
