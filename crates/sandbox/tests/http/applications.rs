//! Applications registered through the control plane and seeds.

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::support::{Sandbox, answer, registered, token};

/// Asks for a token with a secret.
async fn ask(sandbox: &Sandbox, application: &Value, secret: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", application["appId"].as_str().unwrap()),
        ("client_secret", secret),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    token(&sandbox.client, &sandbox.running, "contoso.com", &form).await
}

async fn control(sandbox: &Sandbox, method: Method, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/sandbox{path}", sandbox.running.graph_endpoint());
    answer(sandbox.client.request(method, url).json(&body)).await
}

#[tokio::test]
async fn a_registered_application_signs_in_with_the_secret_shown_once() {
    let sandbox = Sandbox::contoso().await;
    let description = json!({ "displayName": "Reporter", "passwordCredentials": [{}] });
    let application = registered(&sandbox, description).await;
    let secret = application["passwordCredentials"][0]["secretText"].as_str().unwrap();
    assert_eq!(ask(&sandbox, &application, secret).await.0, 200);

    let path = format!("/applications/{}", application["appId"].as_str().unwrap());
    let (status, shown) = control(&sandbox, Method::GET, &path, Value::Null).await;
    assert_eq!((status, &shown["passwordCredentials"][0]["secretText"]), (200, &Value::Null));
    let filter = format!("/servicePrincipals(appId='{}')", application["appId"].as_str().unwrap());
    assert_eq!(sandbox.get(&filter).await.1["displayName"], "Reporter");
}

#[tokio::test]
async fn what_becomes_of_an_application_shows_at_the_token_endpoint() {
    let sandbox = Sandbox::contoso().await;
    let description = json!({ "displayName": "Reporter", "passwordCredentials": [{ "secretText": "one" }] });
    let application = registered(&sandbox, description).await;
    let path = format!("/applications/{}", application["appId"].as_str().unwrap());
    let expired =
        json!({ "passwordCredentials": [{ "secretText": "one", "endDateTime": "2024-01-01T00:00:00Z" }] });
    let steps = [
        (Method::PATCH, expired, 401, "invalid_client", 7_000_222),
        (Method::PATCH, json!({ "accountEnabled": false }), 400, "unauthorized_client", 7_000_112),
        (Method::DELETE, Value::Null, 400, "unauthorized_client", 700_016),
    ];
    for (method, change, status, error, number) in steps {
        let (changed, body) = control(&sandbox, method, &path, change).await;
        assert!(changed == 200 || changed == 204, "{body}");
        let (found, body) = ask(&sandbox, &application, "one").await;
        assert_eq!(
            (found, body["error"].as_str(), &body["error_codes"][0]),
            (status, Some(error), &json!(number))
        );
    }
}

#[tokio::test]
async fn a_secret_that_expired_does_not_hide_one_that_did_not() {
    let sandbox = Sandbox::contoso().await;
    let application = registered(
        &sandbox,
        json!({ "displayName": "Reporter", "passwordCredentials": [
            { "secretText": "old", "endDateTime": "2024-01-01T00:00:00Z" },
            { "secretText": "new", "endDateTime": "2999-01-01T00:00:00Z" } ] }),
    )
    .await;
    assert_eq!(ask(&sandbox, &application, "new").await.0, 200);
    assert_eq!(ask(&sandbox, &application, "old").await.1["error_codes"][0], 7_000_222);
    assert_eq!(ask(&sandbox, &application, "none").await.1["error_codes"][0], 7_000_215);
}

#[tokio::test]
async fn a_description_with_a_mistake_registers_nothing() {
    let sandbox = Sandbox::contoso().await;
    let trust =
        json!({ "name": "main", "issuer": "i", "subject": "s", "audiences": ["a"], "jwks": { "keys": [] } });
    let mistakes = [
        json!({}),
        json!({ "displayName": "A", "appId": "no-guid" }),
        json!({ "displayName": "A", "secrets": [] }),
        json!({ "displayName": "A", "keyCredentials": [{ "key": "no certificate" }] }),
        json!({ "displayName": "A", "federatedIdentityCredentials": [trust, trust] }),
    ];
    for mistake in mistakes {
        let (status, body) = control(&sandbox, Method::POST, "/applications", mistake).await;
        assert_eq!(status, 400, "{body}");
    }
    let (_, list) = control(&sandbox, Method::GET, "/applications", Value::Null).await;
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    registered(&sandbox, json!({ "displayName": "A" })).await;
    let again = control(&sandbox, Method::POST, "/applications", json!({ "displayName": "A" })).await;
    assert_eq!(again.0, 409);
}

#[tokio::test]
async fn a_seed_registers_applications_and_a_restart_keeps_them() {
    let state = tempfile::tempdir().unwrap();
    let seed = state.path().join("seed.json");
    let section = json!([{ "displayName": "Reporter", "passwordCredentials": [{ "secretText": "one" }] }]);
    std::fs::write(&seed, json!({ "registeredApplications": section }).to_string()).unwrap();
    let options = || Options {
        seed: Seed::File(seed.clone()),
        state: Some(state.path().join("state")),
        ..Options::default()
    };
    std::fs::create_dir(state.path().join("state")).unwrap();
    let sandbox = Sandbox::with(options()).await;
    registered(&sandbox, json!({ "displayName": "Later", "passwordCredentials": [{ "secretText": "two" }] }))
        .await;
    sandbox.running.stop().await;

    let again = Sandbox::with(options()).await;
    let (_, list) = control(&again, Method::GET, "/applications", Value::Null).await;
    let found: Vec<_> =
        list["value"].as_array().unwrap().iter().map(|found| found["displayName"].clone()).collect();
    assert!(found.contains(&"Reporter".into()) && found.contains(&"Later".into()), "{list}");
}

#[tokio::test]
async fn an_application_without_consent_gets_a_token_without_roles() {
    let sandbox = Sandbox::contoso().await;
    let description = json!({ "displayName": "Nobody", "passwordCredentials": [{ "secretText": "one" }] });
    let application = registered(&sandbox, description).await;
    let (_, answer) = ask(&sandbox, &application, "one").await;
    assert!(crate::support::claims(answer["access_token"].as_str().unwrap()).get("roles").is_none());
}

#[tokio::test]
async fn a_request_without_a_credential_says_so() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.running.credentials().client_id.clone();
    let scope = "https://graph.microsoft.com/.default";
    let form = [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("scope", scope)];
    let (status, body) = token(&sandbox.client, &sandbox.running, "contoso.com", &form).await;
    assert_eq!((status, &body["error_codes"][0]), (401, &json!(7_000_218)));
    let description = body["error_description"].as_str().unwrap();
    let lines: Vec<_> = description.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{description}");
    assert!(lines[1].starts_with("Trace ID: ") && lines[2].starts_with("Correlation ID: "));
}

#[tokio::test]
async fn only_graph_is_a_resource_and_only_a_tenant_issues_application_tokens() {
    let sandbox = Sandbox::contoso().await;
    let credentials = sandbox.running.credentials();
    let ask = |tenant: &'static str, scope: &'static str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", credentials.client_id.as_str()),
            ("client_secret", credentials.client_secret.expose_secret()),
            ("scope", scope),
        ];
        let sandbox = &sandbox;
        async move { token(&sandbox.client, &sandbox.running, tenant, &form).await.1["error_codes"][0].clone() }
    };
    assert_eq!(ask("contoso.com", "https://management.azure.com/.default").await, 500_011);
    assert_eq!(ask("common", "https://graph.microsoft.com/.default").await, 9_001_023);
    assert_eq!(ask("organizations", "https://graph.microsoft.com/.default").await, 9_001_023);
}
