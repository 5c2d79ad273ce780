//! Resource units, quotas and what a refusal says.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::support::{Sandbox, answer, code, registered, security_group, token};

async fn metered() -> Sandbox {
    Sandbox::with(Options { seed: Seed::Contoso, quota: true, ..Options::default() }).await
}

async fn send(sandbox: &Sandbox, method: Method, path: &str) -> Response {
    sandbox.request(method, path).send().await.unwrap()
}

#[tokio::test]
async fn reads_are_charged_as_published() {
    let sandbox = Sandbox::contoso().await;
    let (group, user) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    let cases = [
        ("/users", "2"),
        ("/users?$select=id", "1"),
        ("/users?$select=id&$top=5", "1"),
        ("/users?$expand=manager", "3"),
        ("/users/{user}", "1"),
        ("/users/{user}/memberOf", "2"),
        ("/users('{user}')/transitiveMemberOf", "2"),
        ("/groups", "1"),
        ("/groups/{group}/members", "3"),
        ("/groups/{group}/members?$top=10", "2"),
        ("/groups/{group}/members?$top=20", "3"),
        ("/groups/{group}/members?$top=10&$select=id", "1"),
        ("/groups/{group}/members/microsoft.graph.user", "3"),
        ("/groups/{group}/transitiveMembers", "5"),
        ("/subscribedSkus", "3"),
        ("/organization", "1"),
    ];
    for (path, units) in cases {
        let path = path.replace("{group}", &group).replace("{user}", &user);
        let response = send(&sandbox, Method::GET, &path).await;
        assert_eq!(response.headers()["x-ms-resource-unit"], units, "{path}");
    }
    let stats = sandbox.running.stats();
    assert_eq!(stats.writes, 0);
}

#[tokio::test]
async fn get_by_ids_is_a_read_and_cheaper_with_a_selection() {
    let sandbox = Sandbox::contoso().await;
    for (path, units) in [("/directoryObjects/getByIds", "5"), ("/directoryObjects/getByIds?$select=id", "2")]
    {
        let request = sandbox.request(Method::POST, path).json(&json!({ "ids": [] }));
        assert_eq!(request.send().await.unwrap().headers()["x-ms-resource-unit"], units);
    }
    assert_eq!(sandbox.running.stats().writes, 0);
}

#[tokio::test]
async fn every_write_is_one_unit_and_one_write() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.new_group("New").await;
    assert_eq!(sandbox.patch(&format!("/groups/{id}"), json!({ "description": "x" })).await.0, 204);
    let response = send(&sandbox, Method::DELETE, &format!("/groups/{id}")).await;
    assert_eq!(response.headers()["x-ms-resource-unit"], "1");
    assert_eq!(sandbox.running.stats().writes, 3);
}

#[tokio::test]
async fn users_cost_more_in_a_tenant_for_customers() {
    let sandbox =
        Sandbox::from_seed(json!({ "organization": { "displayName": "Contoso", "tenantType": "AAD B2C" } }))
            .await;
    let refused = sandbox.request(Method::POST, "/users").json(&json!({})).send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), refused.headers()["x-ms-resource-unit"].to_str().unwrap()),
        (400, "5")
    );
}

#[tokio::test]
async fn an_item_of_a_batch_is_refused_by_itself_with_the_scope_and_a_time_to_wait() {
    let sandbox = metered().await;
    let item =
        |id: usize| json!({ "id": id.to_string(), "method": "GET", "url": "/groups/x/transitiveMembers" });
    let body = json!({ "requests": (0..20).map(item).collect::<Vec<_>>() });
    let (mut first, mut refused) = (None, None);
    for _ in 0..60 {
        let (status, answer) = sandbox.post("/$batch", body.clone()).await;
        assert_eq!(status, 200);
        let items = answer["responses"].as_array().unwrap();
        first = first.or_else(|| items.first().cloned());
        refused = items.iter().find(|item| item["status"] == 429).cloned();
        if refused.is_some() {
            break;
        }
    }
    let first = first.unwrap();
    assert_eq!(first["headers"]["x-ms-resource-unit"], "5");
    assert_eq!(first["headers"]["x-ms-throttle-limit-percentage"], Value::Null, "absent at low volume");
    let refused = refused.expect("3,500 resource units do not last for 60 batches of 100");
    assert_eq!(code(&refused["body"]), "TooManyRequests");
    assert_eq!(refused["body"]["error"]["innerError"]["code"], "429");
    let headers = &refused["headers"];
    let scope = headers["x-ms-throttle-scope"].as_str().unwrap();
    let credentials = sandbox.running.credentials();
    let (application, tenant) = (&credentials.client_id, &credentials.tenant_id);
    assert_eq!(scope, format!("Tenant_Application/ReadWrite/{application}/{tenant}"));
    assert_eq!(headers["x-ms-throttle-information"], "ResourceUnitLimitExceeded");
    let share: f64 = headers["x-ms-throttle-limit-percentage"].as_str().unwrap().parse().unwrap();
    assert!((1.0..=1.8).contains(&share), "{share}");
    let wait = headers["Retry-After"].as_str().unwrap();
    assert!(wait.contains('.') && wait.parse::<f64>().unwrap() > 0.0, "{wait}");
}

#[tokio::test]
async fn what_a_refusal_says_about_the_time_to_wait_is_enough() {
    let sandbox = metered().await;
    sandbox.turn(json!({ "quota_share": "1%", "quota_scale": 100 })).await;
    let mut wait = None;
    for number in 0..100 {
        let group = security_group(&format!("Group {number}"));
        let response = sandbox.request(Method::POST, "/groups").json(&group).send().await.unwrap();
        if response.status() == 429 {
            assert_eq!(response.headers()["x-ms-throttle-information"], "WriteLimitExceeded");
            wait = response.headers()["retry-after"].to_str().unwrap().parse::<f64>().ok();
            break;
        }
    }
    tokio::time::sleep(std::time::Duration::from_secs_f64(wait.expect("30 writes are all there are"))).await;
    assert_eq!(sandbox.post("/groups", security_group("After the wait")).await.0, 201);
}

#[tokio::test]
async fn each_application_has_quotas_of_its_own_and_the_tenant_one_for_all() {
    let sandbox = metered().await;
    let description = json!({
        "displayName": "Reporter", "roles": ["User.Read.All"], "passwordCredentials": [{ "secretText": "one" }],
    });
    let application = registered(&sandbox, description).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", application["appId"].as_str().unwrap()),
        ("client_secret", "one"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let (_, signed_in) = token(&sandbox.client, &sandbox.running, "contoso.com", &form).await;
    let other = signed_in["access_token"].as_str().unwrap().to_owned();
    let list = |token: &str| {
        let url = format!("{}/v1.0/users", sandbox.running.graph_endpoint());
        sandbox.client.get(url).bearer_auth(token).send()
    };
    // 35 resource units for 35,000 seconds are 17 lists of users at 2 each.
    sandbox.turn(json!({ "quota_share": "1%", "quota_scale": 0.0001 })).await;
    let mut taken = 0;
    while list(&sandbox.token).await.unwrap().status() == 200 {
        taken += 1;
    }
    assert_eq!(taken, 17);
    assert_eq!(list(&other).await.unwrap().status(), 200, "the other has its own");

    let risky = |token: &str| {
        let url = format!("{}/v1.0/identityProtection/riskyUsers", sandbox.running.graph_endpoint());
        sandbox.client.get(url).bearer_auth(token).send()
    };
    assert_ne!(risky(&sandbox.token).await.unwrap().status(), 429);
    assert_eq!(risky(&other).await.unwrap().status(), 429, "all applications together");
}

#[tokio::test]
async fn conditional_access_takes_one_request_a_second_and_does_not_say_when() {
    let sandbox = metered().await;
    let paths = ["/identity/conditionalAccess/policies", "/identityProtection/riskyUsers"];
    send(&sandbox, Method::GET, paths[0]).await;
    let refused = send(&sandbox, Method::GET, paths[1]).await;
    assert_eq!(refused.status(), 429);
    assert!(!refused.headers().contains_key("retry-after"));
    assert!(refused.headers()["x-ms-throttle-scope"].to_str().unwrap().starts_with("Tenant/ReadWrite/"));
    assert_eq!(sandbox.get("/users").await.0, 200, "other services have quotas of their own");
}

#[tokio::test]
async fn reports_sign_ins_and_invitations_have_quotas_of_their_own() {
    let sandbox = metered().await;
    let (user, many) = (sandbox.user("lee.gu").await, 400);
    let cases = [
        (Method::GET, format!("/users/{user}/authentication/methods"), 5),
        (Method::GET, "/users?$select=id,signInActivity".to_owned(), 10),
        (Method::POST, "/invitations".to_owned(), 150),
        (Method::GET, "/identity/identityProviders".to_owned(), 200),
        (Method::GET, "/reports/getOffice365ActiveUserDetail(period='D7')".to_owned(), 14),
        (Method::GET, "/subscriptions".to_owned(), 25),
    ];
    for (method, path, quota) in cases {
        let mut taken = 0;
        while taken < many && send(&sandbox, method.clone(), &path).await.status() != 429 {
            taken += 1;
        }
        // Time passes meanwhile, so a few more may fit.
        assert!(taken >= quota && taken < many, "{path}: {taken}");
    }
}

#[tokio::test]
async fn a_scale_that_is_not_above_zero_is_refused() {
    let sandbox = Sandbox::contoso().await;
    let url = format!("{}/sandbox/faults", sandbox.running.graph_endpoint());
    for change in [json!({ "quota_scale": 0 }), json!({ "quota_share": "0%" }), json!({ "quota_share": "5" })]
    {
        assert_eq!(answer(sandbox.client.patch(&url).json(&change)).await.0, 400, "{change}");
    }
}
