//! What the tenant's settings do to the names and classifications of Microsoft 365 groups.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sandbox, answer, names, registered, security_group, token};

const UNIFIED: &str = "62375ab9-6b52-47ed-826b-58e47e0e304b";

/// A sandbox with these settings for Microsoft 365 groups.
async fn with_settings(pairs: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::contoso().await;
    let values: Value = pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let (status, made) =
        sandbox.post("/groupSettings", json!({ "templateId": UNIFIED, "values": values })).await;
    assert_eq!(status, 201, "{made}");
    sandbox
}

/// The body that creates a Microsoft 365 group.
fn unified(name: &str) -> Value {
    let mut body = security_group(name);
    body["groupTypes"] = json!(["Unified"]);
    body["mailEnabled"] = true.into();
    body
}

/// A token of somebody who signed in with a device code.
async fn person(sandbox: &Sandbox, user: &str) -> String {
    let control = async |method: Method, path: String, body: Value| {
        let url = format!("{}/sandbox{path}", sandbox.running.graph_endpoint());
        answer(sandbox.client.request(method, url).json(&body)).await
    };
    let application =
        json!({ "displayName": "Groups", "isFallbackPublicClient": true, "scopes": ["Group.ReadWrite.All"] });
    let client_id = registered(sandbox, application).await["appId"].as_str().unwrap().to_owned();
    control(Method::PATCH, "/sign-in".to_owned(), json!({ "device_interval_s": 0 })).await;
    let url = format!("{}/common/oauth2/v2.0/devicecode", sandbox.running.authority_host());
    let form = [("client_id", client_id.as_str()), ("scope", "Group.ReadWrite.All")];
    let (_, code) = answer(sandbox.client.post(url).form(&form)).await;
    let decision = json!({ "decision": "approve", "user": user });
    control(Method::POST, format!("/device/{}", code["user_code"].as_str().unwrap()), decision).await;
    let form = [
        ("client_id", client_id.as_str()),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", code["device_code"].as_str().unwrap()),
    ];
    let (status, tokens) = token(&sandbox.client, &sandbox.running, "organizations", &form).await;
    assert_eq!(status, 200, "{tokens}");
    tokens["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_policy_names_what_people_create_and_rename() {
    let mut sandbox =
        with_settings(&[("PrefixSuffixNamingRequirement", "GRP_[Department]_[GroupName] [Crew]")]).await;
    sandbox.token = person(&sandbox, "adele.vance@contoso.com").await;
    let (status, created) = sandbox.post("/groups", unified("Stockroom")).await;
    assert_eq!(
        (status, created["displayName"].as_str()),
        (201, Some("GRP_Retail_Stockroom [Crew]")),
        "{created}"
    );
    let path = format!("/groups/{}", created["id"].as_str().unwrap());
    for name in ["Warehouse", "GRP_Retail_Warehouse [Crew]"] {
        assert_eq!(sandbox.patch(&path, json!({ "displayName": name })).await.0, 204);
        assert_eq!(sandbox.get(&path).await.1["displayName"], "GRP_Retail_Warehouse [Crew]", "{name}");
    }
    assert_eq!(sandbox.patch(&path, json!({ "description": "Shelves" })).await.0, 204);
    assert_eq!(sandbox.get(&path).await.1["displayName"], "GRP_Retail_Warehouse [Crew]");
    assert_eq!(sandbox.post("/groups", security_group("Doors")).await.1["displayName"], "Doors");
    assert_eq!(sandbox.post("/groups", unified(&"x".repeat(50))).await.0, 400);
}

#[tokio::test]
async fn a_knob_says_whether_applications_are_subject_to_it() {
    let sandbox = with_settings(&[
        ("PrefixSuffixNamingRequirement", "[Department][GroupName]_team"),
        ("CustomBlockedWordsList", "Payroll, chief executive"),
    ])
    .await;
    for name in ["Payroll", "Sales floor"] {
        let (status, created) = sandbox.post("/groups", unified(name)).await;
        assert_eq!((status, created["displayName"].as_str()), (201, Some(name)));
    }
    sandbox.turn(json!({ "naming_policy_for_apps": true })).await;
    let (_, created) = sandbox.post("/groups", unified("Shop floor")).await;
    assert_eq!(created["displayName"], "Shop floor_team");
    for name in ["PAYROLL", "payroll_team", "Chief Executive"] {
        let mut body = unified(name);
        body["mailNickname"] = "blocked".into();
        let (status, refused) = sandbox.post("/groups", body).await;
        assert_eq!(
            (status, &refused["error"]["details"][0]["code"]),
            (400, &json!("ContainsBlockedWord")),
            "{name}"
        );
    }
    let mut body = unified("Wages");
    body["mailNickname"] = "payroll".into();
    assert_eq!(sandbox.post("/groups", body).await.0, 400);
    assert_eq!(sandbox.post("/groups", unified("Payroll questions")).await.0, 201);
}

#[tokio::test]
async fn a_classification_is_one_of_the_list() {
    let sandbox =
        with_settings(&[("ClassificationList", "Low, High"), ("DefaultClassification", "Low")]).await;
    let id = sandbox.group("Marketing").await;
    let path = format!("/groups/{id}");
    assert_eq!(sandbox.patch(&path, json!({ "classification": "High" })).await.0, 204);
    assert_eq!(sandbox.patch(&path, json!({ "classification": "Secret" })).await.0, 400);
    assert_eq!(sandbox.patch(&path, json!({ "classification": null })).await.0, 204);
    let mut body = unified("Press");
    body["classification"] = "Secret".into();
    assert_eq!(sandbox.post("/groups", body).await.0, 400);
    let (_, found) = sandbox.get("/groups?$filter=displayName eq 'Press'").await;
    assert!(names(&found).is_empty());
}
