//! Security defaults, which exclude Conditional Access policies in force.

use serde_json::{Value, json};

use crate::support::{Sandbox, code, signed_in_with};

const PATH: &str = "/policies/identitySecurityDefaultsEnforcementPolicy";
const POLICIES: &str = "/identity/conditionalAccess/policies";

fn policy(state: &str) -> Value {
    json!({ "displayName": "Everybody proves who they are", "state": state,
        "conditions": { "clientAppTypes": ["all"], "applications": { "includeApplications": ["All"] },
            "users": { "includeUsers": ["All"] } },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] } })
}

async fn turn(sandbox: &Sandbox, on: bool) -> (u16, Value) {
    sandbox.patch(PATH, json!({ "isEnabled": on })).await
}

fn message(refused: &Value) -> &str {
    refused["error"]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn it_is_one_object_that_is_off_and_can_be_turned_on() {
    let sandbox = Sandbox::contoso().await;
    let (status, found) = sandbox.get(PATH).await;
    assert_eq!((status, &found["isEnabled"]), (200, &json!(false)), "{found}");
    assert_eq!(turn(&sandbox, true).await, (204, Value::Null));
    assert_eq!(sandbox.get(PATH).await.1["isEnabled"], true);
    assert_eq!(sandbox.patch(PATH, json!({ "isEnabled": null })).await.0, 400);
    assert_eq!(sandbox.delete(PATH).await.0, 405);
}

#[tokio::test]
async fn beta_has_the_object_itself_too() {
    let sandbox = Sandbox::contoso().await;
    let url = format!("{}/beta{PATH}", sandbox.running.graph_endpoint());
    assert_eq!(sandbox.get(&url).await.1["isEnabled"], false);
}

#[tokio::test]
async fn no_policy_comes_into_force_while_they_are_on() {
    let seed = json!({ "identitySecurityDefaultsEnforcementPolicy": { "isEnabled": true } });
    let sandbox = Sandbox::from_seed(seed).await;
    let (status, refused) = sandbox.post(POLICIES, policy("enabled")).await;
    assert_eq!((status, code(&refused)), (400, "BadRequest"), "{refused}");
    assert!(message(&refused).starts_with("Security Defaults is enabled in the tenant."), "{refused}");
    assert_eq!(refused["error"]["innerError"]["message"], Value::Null);

    let (status, made) = sandbox.post(POLICIES, policy("enabledForReportingButNotEnforced")).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("{POLICIES}/{}", made["id"].as_str().unwrap());
    let enable = json!({ "state": "enabled" });
    assert_eq!(sandbox.patch(&path, enable.clone()).await.0, 400);
    assert_eq!(sandbox.patch(&path, json!({ "state": "disabled" })).await.0, 204);
    assert_eq!(turn(&sandbox, false).await.0, 204);
    assert_eq!(sandbox.patch(&path, enable).await.0, 204);
}

#[tokio::test]
async fn they_are_not_turned_on_while_a_policy_is_in_force() {
    let sandbox = Sandbox::contoso().await;
    let made = sandbox.post(POLICIES, policy("enabled")).await.1;
    let path = format!("{POLICIES}/{}", made["id"].as_str().unwrap());
    let (status, refused) = turn(&sandbox, true).await;
    assert_eq!(status, 400, "{refused}");
    assert_eq!(sandbox.get(PATH).await.1["isEnabled"], false);
    assert_eq!(turn(&sandbox, false).await.0, 204);
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(turn(&sandbox, true).await.0, 204);
    let id = made["id"].as_str().unwrap();
    let restore = format!("/identity/conditionalAccess/deletedItems/policies/{id}/restore");
    assert_eq!(sandbox.post(&restore, json!({})).await.0, 400);
}

#[tokio::test]
async fn reading_and_writing_take_different_permissions() {
    let mut sandbox = Sandbox::contoso().await;
    sandbox.token = signed_in_with(&sandbox, "Policy.Read.All").await;
    assert_eq!((sandbox.get(PATH).await.0, turn(&sandbox, false).await.0), (200, 403));
    let mut sandbox = Sandbox::contoso().await;
    sandbox.token = signed_in_with(&sandbox, "Policy.ReadWrite.SecurityDefaults").await;
    assert_eq!(turn(&sandbox, false).await.0, 403);
}
