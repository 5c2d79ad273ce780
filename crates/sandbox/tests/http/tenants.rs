//! State that survives, seeds, dumps and counts.

use std::path::Path;

use serde_json::{Value, json};
use tenantry_sandbox::{Error, Options, Running, Seed, reset, start};

use crate::support::{Sandbox, answer, new_user};

fn options(state: &Path) -> Options {
    Options { seed: Seed::Contoso, state: Some(state.to_path_buf()), ..Options::default() }
}

async fn dump(sandbox: &Sandbox) -> Value {
    let url = format!("{}/sandbox/state", sandbox.running.graph_endpoint());
    answer(sandbox.client.get(url)).await.1
}

#[tokio::test]
async fn a_tenant_in_a_directory_survives_with_its_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::in_directory(directory.path()).await;
    let (finance, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    sandbox.post("/users", new_user("New Hire")).await;
    sandbox.post(&format!("/groups/{finance}/members/$ref"), sandbox.reference(&lee)).await;
    sandbox.delete("/users/joni.sherman@contoso.com").await;
    let (before, client_id) = (dump(&sandbox).await, sandbox.running.credentials().client_id.clone());
    sandbox.running.stop().await;

    let again = Sandbox::in_directory(directory.path()).await;
    assert_eq!(dump(&again).await, before);
    assert_eq!(again.running.credentials().client_id, client_id);
}

#[tokio::test]
async fn an_answered_write_is_on_disk_though_nothing_was_stopped() {
    let (directory, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sandbox = Sandbox::in_directory(directory.path()).await;
    let id = sandbox.new_group("Written").await;
    sandbox.delete("/users/lee.gu@contoso.com").await;
    for file in ["tenant.jsonl", "credentials.json"] {
        std::fs::copy(directory.path().join(file), copy.path().join(file)).unwrap();
    }
    let again = Sandbox::in_directory(copy.path()).await;
    assert_eq!(again.get(&format!("/groups/{id}")).await.1["displayName"], "Written");
    assert_eq!(again.get("/users/lee.gu@contoso.com").await.0, 404);
}

#[tokio::test]
async fn half_a_line_at_the_end_of_the_log_is_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    start(options(directory.path())).await.unwrap().stop().await;
    let log = directory.path().join("tenant.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("{text}{{\"remove\":\"0000")).unwrap();
    let sandbox = Sandbox::in_directory(directory.path()).await;
    assert_eq!(sandbox.get("/users/lee.gu@contoso.com").await.0, 200);
}

#[tokio::test]
async fn a_damaged_log_is_an_error_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    start(options(directory.path())).await.unwrap().stop().await;
    let log = directory.path().join("tenant.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replacen('\n', "\nnonsense\n", 1)).unwrap();
    let error = start(options(directory.path())).await.unwrap_err();
    assert!(matches!(error, Error::State { line: 2, .. }), "{error}");
}

#[tokio::test]
async fn two_sandboxes_do_not_share_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let first: Running = start(options(directory.path())).await.unwrap();
    assert!(matches!(start(options(directory.path())).await, Err(Error::Locked { .. })));
    assert!(matches!(reset(directory.path(), &Seed::Empty), Err(Error::Locked { .. })));
    first.stop().await;
    start(options(directory.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_reset_brings_the_seed_back_and_keeps_the_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::in_directory(directory.path()).await;
    let (before, tenant) = (dump(&sandbox).await, sandbox.running.credentials().tenant_id.clone());
    sandbox.delete("/users/lee.gu@contoso.com").await;
    sandbox.running.stop().await;
    reset(directory.path(), &Seed::Contoso).unwrap();
    let again = Sandbox::in_directory(directory.path()).await;
    assert_eq!(again.running.credentials().tenant_id, tenant);
    assert_eq!(dump(&again).await, before);
}

#[tokio::test]
async fn a_dump_is_a_seed_of_the_same_tenant() {
    let sandbox = Sandbox::contoso().await;
    sandbox.delete("/users/joni.sherman@contoso.com").await;
    sandbox.delete(&format!("/groups/{}", sandbox.group("Legal").await)).await;
    let first = dump(&sandbox).await;
    let again = Sandbox::from_seed(first.clone()).await;
    assert_eq!(dump(&again).await, first);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_tenant() {
    assert_eq!(dump(&Sandbox::contoso().await).await, dump(&Sandbox::contoso().await).await);
}

#[tokio::test]
async fn a_mistake_in_a_seed_names_its_entry() {
    let user = |name: &str| json!({ "userPrincipalName": name, "displayName": "Lee Gu" });
    let cases = [
        (json!({ "users": [user("a@contoso.com"), { "displayName": "x", "shoeSize": 1 }] }), "users[1]"),
        (json!({ "users": [user("a@contoso.com"), user("A@contoso.com")] }), "users[1]"),
        (json!({ "groups": [{ "displayName": "G", "members": ["nobody@contoso.com"] }] }), "groups[0]"),
        (json!({ "groups": [{ "displayName": "G", "securityEnabled": "yes" }] }), "groups[0]"),
        (json!({ "groups": [{}] }), "groups[0]"),
        (json!({ "crocodiles": [] }), "crocodiles"),
    ];
    for (seed, place) in cases {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), seed.to_string()).unwrap();
        let seed = Seed::File(file.path().to_path_buf());
        match start(Options { seed, ..Options::default() }).await {
            Err(Error::Seed { entry, .. }) => assert_eq!(entry, place),
            other => panic!("{place}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_synthetic_tenant_has_the_numbers_asked_for() {
    let seed = Seed::Synthetic { users: 300, groups: 7, members: 1000, seed_number: 42 };
    let sandbox = Sandbox::with(Options { seed, ..Options::default() }).await;
    assert_eq!(sandbox.get_advanced("/users/$count").await.1, json!(300));
    let (_, groups) = sandbox.get("/groups?$select=id").await;
    let mut members = 0;
    for group in groups["value"].as_array().unwrap() {
        let path = format!("/groups/{}/members/$count", group["id"].as_str().unwrap());
        members += sandbox.get_advanced(&path).await.1.as_u64().unwrap();
    }
    assert_eq!((groups["value"].as_array().unwrap().len(), members), (7, 1000));
}

#[tokio::test]
async fn an_empty_tenant_has_an_organization_and_the_application() {
    let sandbox = Sandbox::empty().await;
    assert_eq!(sandbox.get("/users").await.1["value"], json!([]));
    assert_eq!(sandbox.get("/organization").await.1["value"].as_array().unwrap().len(), 1);
    let client_id = &sandbox.running.credentials().client_id;
    assert_eq!(sandbox.get(&format!("/servicePrincipals(appId='{client_id}')")).await.0, 200);
}

#[tokio::test]
async fn counts_tell_requests_from_operations_and_can_be_reset() {
    let sandbox = Sandbox::contoso().await;
    sandbox.get("/users/nobody").await;
    sandbox.post("/users", new_user("New Hire")).await;
    let stats = sandbox.running.stats();
    assert_eq!(
        (stats.requests, stats.token_requests, stats.operations, stats.writes, stats.refused),
        (2, 1, 2, 1, 1)
    );
    assert_eq!((stats.methods["GET"], stats.operation_methods["POST"]), (1, 1));
    let base = sandbox.running.graph_endpoint();
    answer(sandbox.client.post(format!("{base}/sandbox/stats/reset"))).await;
    let (_, shown) = answer(sandbox.client.get(format!("{base}/sandbox/stats"))).await;
    assert_eq!((&shown["requests"], &shown["token_requests"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn https_is_vouched_for_by_the_written_authority() {
    let sandbox = Sandbox::empty().await;
    let running = start(Options { tls: true, ..Options::default() }).await.unwrap();
    let pem = std::fs::read(running.certificate_authority().unwrap()).unwrap();
    let url = format!("{}/contoso.com/v2.0/.well-known/openid-configuration", running.authority_host());
    assert!(url.starts_with("https://"));
    assert!(sandbox.client.get(&url).send().await.is_err(), "nobody else vouches for it");
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap();
    assert_eq!(answer(client.get(&url)).await.0, 200);
}

#[tokio::test]
async fn given_credentials_are_the_ones_that_sign_in() {
    let credentials = tenantry_sandbox::Credentials {
        tenant_id: "7d2ff5a0-61c6-4a8a-a28a-6f8cbb0ec3c9".to_owned(),
        client_id: "3c1e5b52-4c0f-4f0c-8f54-0c3d1f6e2d11".to_owned(),
        client_secret: "a secret of one's own".to_owned().into(),
    };
    let given = credentials.clone();
    let sandbox = Sandbox::with(Options { credentials: Some(given), ..Options::default() }).await;
    let (_, organization) = sandbox.get("/organization").await;
    assert_eq!(organization["value"][0]["id"], credentials.tenant_id);
    assert_eq!(sandbox.get(&format!("/servicePrincipals(appId='{}')", credentials.client_id)).await.0, 200);
}
