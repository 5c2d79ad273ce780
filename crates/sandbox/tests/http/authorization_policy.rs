//! The authorization policy: always there, one object in v1.0, a collection of one in beta.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sandbox, answer, code};

const PATH: &str = "/policies/authorizationPolicy";

/// A request to beta.
async fn beta(sandbox: &Sandbox, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = format!("{}/beta{path}", sandbox.running.graph_endpoint());
    let request = sandbox.client.request(method, url).bearer_auth(&sandbox.token);
    answer(body.iter().fold(request, |request, body| request.json(body))).await
}

#[tokio::test]
async fn it_begins_with_the_defaults() {
    let sandbox = Sandbox::contoso().await;
    let (status, policy) = sandbox.get(PATH).await;
    assert_eq!((status, &policy["id"]), (200, &json!("authorizationPolicy")), "{policy}");
    assert_eq!(policy["allowInvitesFrom"], "everyone");
    assert_eq!(policy["guestUserRoleId"], "10dae51f-b6af-4016-8d66-8c2a99b929b3");
    assert_eq!(policy["blockMsolPowerShell"], json!(null));
    assert_eq!(policy["defaultUserRolePermissions"]["allowedToCreateSecurityGroups"], true);
}

#[tokio::test]
async fn an_update_keeps_what_it_leaves_out_also_in_nested_permissions() {
    let sandbox = Sandbox::contoso().await;
    let before = sandbox.get(PATH).await.1;
    let change = json!({ "allowInvitesFrom": "adminsAndGuestInviters",
        "defaultUserRolePermissions": { "allowedToCreateSecurityGroups": false } });
    assert_eq!(sandbox.patch(PATH, change).await, (204, json!(null)));
    let mut expected = before;
    expected["allowInvitesFrom"] = "adminsAndGuestInviters".into();
    expected["defaultUserRolePermissions"]["allowedToCreateSecurityGroups"] = false.into();
    assert_eq!(sandbox.get(PATH).await.1, expected);
}

#[tokio::test]
async fn beta_has_it_in_a_collection() {
    let sandbox = Sandbox::contoso().await;
    let (status, list) = beta(&sandbox, Method::GET, PATH, None).await;
    assert_eq!((status, &list["value"][0]["id"]), (200, &json!("authorizationPolicy")), "{list}");
    let one = format!("{PATH}/authorizationPolicy");
    let change = json!({ "allowedToUseSSPR": false });
    assert_eq!(beta(&sandbox, Method::PATCH, &one, Some(change.clone())).await.0, 204);
    assert_eq!(beta(&sandbox, Method::GET, &one, None).await.1["allowedToUseSSPR"], false);
    assert_eq!(sandbox.get(PATH).await.1["allowedToUseSSPR"], false);
    assert_eq!(beta(&sandbox, Method::PATCH, PATH, Some(change)).await.0, 405);
    assert_eq!(sandbox.get(&one).await.0, 400);
}

#[tokio::test]
async fn impossible_values_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let cases = [
        json!({ "allowInvitesFrom": "nobody" }),
        json!({ "guestUserRoleId": "62e90394-69f5-4237-9190-012177145e10" }),
        json!({ "guestUserRoleId": null }),
        json!({ "allowedToUseSSPR": "yes" }),
        json!({ "defaultUserRolePermissions": { "allowedToCreateApps": null } }),
        json!({ "defaultUserRolePermissions": { "permissionGrantPoliciesAssigned": ["low"] } }),
        json!({ "defaultUserRolePermissions": { "allowedToFly": true } }),
    ];
    for change in cases {
        let (status, refused) = sandbox.patch(PATH, change.clone()).await;
        assert_eq!((status, code(&refused)), (400, "Request_BadRequest"), "{change}: {refused}");
    }
    assert_eq!(sandbox.delete(PATH).await.0, 405);
    assert_eq!(sandbox.post(PATH, json!({})).await.0, 405);
}

#[tokio::test]
async fn a_seed_says_what_differs() {
    let seed = json!({ "authorizationPolicy": { "allowedToUseSSPR": false,
        "defaultUserRolePermissions": { "allowedToCreateTenants": false } } });
    let sandbox = Sandbox::from_seed(seed).await;
    let (_, policy) = sandbox.get(PATH).await;
    let permissions = &policy["defaultUserRolePermissions"];
    assert_eq!(
        (&policy["allowedToUseSSPR"], &policy["allowInvitesFrom"]),
        (&json!(false), &json!("everyone"))
    );
    assert_eq!(
        (&permissions["allowedToCreateTenants"], &permissions["allowedToCreateApps"]),
        (&json!(false), &json!(true))
    );
}
