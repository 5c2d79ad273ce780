//! What the tenant's settings do to the names and classifications of Microsoft 365 groups.

use serde_json::{Value, json};

use crate::support::{Sandbox, names, person, security_group};

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
async fn some_administrators_are_exempt() {
    let mut sandbox = with_settings(&[("PrefixSuffixNamingRequirement", "GRP_[GroupName]")]).await;
    let role = json!({ "roleTemplateId": "fe930be7-5e62-47db-91af-98c3a49a38b1" });
    let (_, role) = sandbox.post("/directoryRoles", role).await;
    let holders = format!("/directoryRoles/{}/members/$ref", role["id"].as_str().unwrap());
    let adele = sandbox.reference(&sandbox.user("adele.vance").await);
    assert_eq!(sandbox.post(&holders, adele).await.0, 204);
    sandbox.token = person(&sandbox, "adele.vance@contoso.com").await;
    assert_eq!(sandbox.post("/groups", unified("Stockroom")).await.1["displayName"], "Stockroom");
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
