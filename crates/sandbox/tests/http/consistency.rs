//! Replicas: which of them answers, and what they have not heard of yet.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_sandbox::{Consistency, Faults, Options, Rate, Seed};

use crate::support::{Sandbox, message, new_user, security_group};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

async fn with(options: Options) -> Sandbox {
    Sandbox::with(Options { seed: Seed::Contoso, ..options }).await
}

fn total(list: &Value) -> usize {
    list["value"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_application_sees_its_own_writes_in_a_session_but_not_those_of_others() {
    let faults = Faults { edits: vec![tenantry_sandbox::Edit::Create], ..Faults::default() };
    let sandbox =
        with(Options { lag: LONG, consistency: Consistency::Session, faults, ..Options::default() }).await;
    let id = sandbox.new_group("Own").await;
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.0, 200);
    assert_eq!(sandbox.patch(&format!("/groups/{id}"), json!({ "description": "x" })).await.0, 204);

    sandbox.turn(json!({ "edit_every": 1 })).await;
    sandbox.get("/organization").await;
    sandbox.turn(json!({ "edit_every": null })).await;
    let log = sandbox.log(0).await;
    let made = log.iter().find(|entry| entry["application"] == "administrator").unwrap();
    let path = format!("/directoryObjects/{}", made["changes"][0]["id"].as_str().unwrap());
    assert_eq!(sandbox.get(&path).await.0, 404, "somebody else's write takes its time");
    sandbox.patch(&format!("/groups/{id}"), json!({ "description": "y" })).await;
    assert_eq!(sandbox.get(&path).await.0, 200, "it came before a write of our own");
}

#[tokio::test]
async fn any_replica_may_answer_a_request() {
    let sandbox = with(Options { lag: LONG, consistency: Consistency::Any, ..Options::default() }).await;
    let id = sandbox.new_group("Somewhere").await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(sandbox.get(&format!("/groups/{id}")).await.0);
    }
    let found = statuses.iter().filter(|status| **status == 200).count();
    assert!((4..=28).contains(&found), "about a third: {statuses:?}");
    assert_eq!(found + statuses.iter().filter(|status| **status == 404).count(), 40);
}

#[tokio::test]
async fn the_index_of_advanced_queries_lags_further() {
    let sandbox = with(Options { index_lag: LONG, ..Options::default() }).await;
    sandbox.new_group("Indexed").await;
    let plain = "/groups?$filter=displayName eq 'Indexed'";
    assert_eq!(total(&sandbox.get(plain).await.1), 1);
    assert_eq!(total(&sandbox.get_advanced(&format!("{plain}&$count=true")).await.1), 0);
    sandbox.turn(json!({ "index_lag_ms": 0 })).await;
    assert_eq!(total(&sandbox.get_advanced(&format!("{plain}&$count=true")).await.1), 1);
}

#[tokio::test]
async fn delta_queries_lag_further() {
    let sandbox = with(Options { delta_lag: LONG, ..Options::default() }).await;
    let (_, start) = sandbox.get("/groups/delta?$select=displayName&$deltatoken=latest").await;
    let link = start["@odata.deltaLink"].as_str().unwrap();
    sandbox.new_group("Delta").await;
    assert_eq!(total(&sandbox.get("/groups?$filter=displayName eq 'Delta'").await.1), 1);
    assert_eq!(total(&sandbox.get(link).await.1), 0);
    sandbox.turn(json!({ "delta_lag_ms": 0 })).await;
    assert_eq!(total(&sandbox.get(link).await.1), 1);
}

#[tokio::test]
async fn now_and_then_a_read_meets_a_replica_that_has_fallen_behind() {
    let faults = Faults { stale_every: Some(Rate::every(3)), stale: LONG, ..Faults::default() };
    let sandbox = with(Options { faults, ..Options::default() }).await;
    let id = sandbox.new_group("Fresh").await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(sandbox.get(&format!("/groups/{id}")).await.0);
    }
    assert_eq!(statuses, [200, 200, 404, 200, 200, 404]);
    assert_eq!(sandbox.inflicted("stale"), 2);
}

#[tokio::test]
async fn creating_something_with_links_to_what_is_new_is_refused_until_it_shows() {
    let sandbox = with(Options { lag: LONG, ..Options::default() }).await;
    let (_, user) = sandbox.post("/users", new_user("Lee New")).await;
    let id = user["id"].as_str().unwrap();
    let body = |link: &str| {
        let mut body = security_group("With links");
        body[format!("{link}@odata.bind")] = json!([sandbox.bind(id)]);
        body
    };
    let (status, refused) = sandbox.post("/groups", body("members")).await;
    assert_eq!((status, message(&refused)), (400, "One or more property values specified are invalid."));
    let (status, refused) = sandbox.post("/groups", body("owners")).await;
    assert_eq!(status, 400);
    let tail = "does not exist or one of its queried reference-property objects are not present.";
    assert!(message(&refused).ends_with(tail), "{refused}");
    sandbox.turn(json!({ "lag_ms": 0 })).await;
    assert_eq!(sandbox.post("/groups", body("members")).await.0, 201);
}

#[tokio::test]
async fn a_lag_that_is_shortened_shows_what_was_held_back() {
    let sandbox = with(Options { lag: LONG, ..Options::default() }).await;
    let id = sandbox.new_group("Held back").await;
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.0, 404);
    sandbox.turn(json!({ "lag_ms": 1 })).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.0, 200);
}
