//! Lag, lost answers, throttling and other faults.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tenantry_sandbox::{Faults, Rate};

use crate::support::{Sandbox, answer, code, message, security_group};

const LAG: Duration = Duration::from_millis(700);

#[tokio::test]
async fn a_new_object_stays_out_of_sight_for_the_lag() {
    let sandbox = Sandbox::lagging(LAG).await;
    let (lee, finance) = (sandbox.user("lee.gu").await, sandbox.group("Finance").await);
    let id = sandbox.new_group("Fresh").await;
    let path = format!("/groups/{id}");
    assert_eq!(sandbox.get(&path).await.0, 404);
    assert_eq!(sandbox.get("/groups?$filter=displayName eq 'Fresh'").await.1["value"], json!([]));
    assert_eq!(sandbox.patch(&path, json!({ "description": "x" })).await.0, 404);
    for (group, member) in [(&id, &lee), (&finance, &id)] {
        let (status, refused) =
            sandbox.post(&format!("/groups/{group}/members/$ref"), sandbox.reference(member)).await;
        assert_eq!(status, 400);
        assert_eq!(
            message(&refused),
            "The source resource object or one of the objects being referenced don't exist."
        );
    }
    tokio::time::sleep(LAG).await;
    assert_eq!(sandbox.get(&path).await.0, 200);
    assert_eq!(sandbox.patch(&path, json!({ "description": "x" })).await.0, 204);
}

#[tokio::test]
async fn reads_show_the_state_before_a_write_while_conflicts_are_judged_after_it() {
    let sandbox = Sandbox::lagging(LAG).await;
    let (id, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    sandbox.patch(&format!("/groups/{id}"), json!({ "description": "New" })).await;
    let add = format!("/groups/{id}/members/$ref");
    assert_eq!(sandbox.post(&add, sandbox.reference(&lee)).await.0, 204);
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.1["description"], "Accounting and budgets");
    assert_eq!(sandbox.get(&format!("/groups/{id}/members")).await.1["value"].as_array().unwrap().len(), 2);
    assert_eq!(sandbox.post(&add, sandbox.reference(&lee)).await.0, 400, "the link is there already");
    assert_eq!(sandbox.delete(&format!("/users/{lee}")).await.0, 204);
    assert_eq!(sandbox.get(&format!("/users/{lee}")).await.0, 200, "the replica has not heard of it");
    assert_eq!(sandbox.get(&format!("/directory/deletedItems/{lee}")).await.0, 404);
    tokio::time::sleep(LAG).await;
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.1["description"], "New");
    assert_eq!(sandbox.get(&format!("/users/{lee}")).await.0, 404);
    assert_eq!(sandbox.get(&format!("/directory/deletedItems/{lee}")).await.0, 200);
}

#[tokio::test]
async fn a_lost_answer_belongs_to_a_write_that_happened() {
    let sandbox = Sandbox::faulty(Faults { lose_every: Some(Rate::every(2)), ..Faults::default() }).await;
    assert_eq!(sandbox.post("/groups", security_group("Kept")).await.0, 201);
    let lost = sandbox.request(Method::POST, "/groups").json(&security_group("Lost")).send().await;
    assert!(lost.is_err());
    for name in ["Kept", "Lost"] {
        sandbox.group(name).await;
    }
    assert_eq!(sandbox.running.stats().lost, 1);
}

#[tokio::test]
async fn a_batch_is_lost_only_if_it_holds_a_write() {
    let sandbox = Sandbox::faulty(Faults { lose_every: Some(Rate::every(1)), ..Faults::default() }).await;
    let read = json!({ "requests": [{ "id": "1", "method": "GET", "url": "/users" }] });
    assert_eq!(sandbox.post("/$batch", read).await.0, 200);
    let write =
        json!({ "requests": [{ "id": "1", "method": "DELETE", "url": "/users/lee.gu@contoso.com" }] });
    assert!(sandbox.request(Method::POST, "/$batch").json(&write).send().await.is_err());
    assert_eq!(sandbox.get("/users/lee.gu@contoso.com").await.0, 404);
}

#[tokio::test]
async fn every_nth_request_is_throttled_and_does_nothing() {
    let sandbox = Sandbox::faulty(Faults { throttle_every: Some(Rate::every(3)), ..Faults::default() }).await;
    let mut statuses = Vec::new();
    for number in 1..=6 {
        let request =
            sandbox.request(Method::POST, "/groups").json(&security_group(&format!("Group {number}")));
        let response = request.send().await.unwrap();
        if response.status() == 429 {
            assert_eq!(response.headers()["retry-after"], "1");
        }
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [201, 201, 429, 201, 201, 429]);
    assert_eq!(sandbox.get("/groups?$filter=displayName eq 'Group 3'").await.1["value"], json!([]));
    assert_eq!(sandbox.running.stats().throttled, 2);
}

#[tokio::test]
async fn batch_items_are_throttled_one_by_one() {
    let sandbox = Sandbox::faulty(Faults { throttle_every: Some(Rate::every(2)), ..Faults::default() }).await;
    let requests: Vec<_> =
        (1..=4).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/organization" })).collect();
    let (status, answer) = sandbox.post("/$batch", json!({ "requests": requests })).await;
    let find =
        |id: &str| answer["responses"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap();
    let statuses: Vec<_> = ["1", "2", "3", "4"].map(|id| find(id)["status"].clone()).to_vec();
    assert_eq!((status, json!(statuses)), (200, json!([200, 429, 200, 429])));
    assert_eq!(find("2")["headers"]["Retry-After"], "1");
}

#[tokio::test]
async fn failing_requests_answer_503_and_do_nothing() {
    let sandbox = Sandbox::faulty(Faults { fail_every: Some(Rate::every(1)), ..Faults::default() }).await;
    let (status, body) = sandbox.delete("/users/lee.gu@contoso.com").await;
    assert_eq!((status, code(&body)), (503, "serviceNotAvailable"));
    sandbox.turn(json!({ "fail_every": null })).await;
    assert_eq!(sandbox.get("/users/lee.gu@contoso.com").await.0, 200);
}

#[tokio::test]
async fn faults_change_while_the_sandbox_runs() {
    let sandbox = Sandbox::contoso().await;
    let shown = sandbox.turn(json!({ "short_pages": 3, "lag_ms": 60_000 })).await;
    assert_eq!(
        (&shown["short_pages"], &shown["lag_ms"], &shown["lose_every"]),
        (&json!(3), &json!(60_000), &json!(null))
    );
    assert_eq!(sandbox.get("/users").await.1["value"].as_array().unwrap().len(), 3);
    let id = sandbox.new_group("Fresh").await;
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.0, 404);
    sandbox.turn(json!({ "lag_ms": 0 })).await;
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.0, 200);
}

#[tokio::test]
async fn an_unknown_fault_is_refused() {
    let sandbox = Sandbox::contoso().await;
    let url = format!("{}/sandbox/faults", sandbox.running.graph_endpoint());
    assert_eq!(answer(sandbox.client.patch(url).json(&json!({ "gremlins": 1 }))).await.0, 400);
}

#[tokio::test]
async fn latency_delays_every_answer() {
    let latency = Duration::from_millis(200);
    let sandbox = Sandbox::faulty(Faults { latency, ..Faults::default() }).await;
    let before = std::time::Instant::now();
    sandbox.get("/organization").await;
    assert!(before.elapsed() >= latency);
}

#[tokio::test]
async fn of_many_simultaneous_creates_with_one_key_exactly_one_wins() {
    let sandbox = std::sync::Arc::new(Sandbox::contoso().await);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let sandbox = std::sync::Arc::clone(&sandbox);
        running.spawn(async move {
            let mut body = security_group("Race");
            body["uniqueName"] = json!("race");
            sandbox.post("/groups", body).await.0
        });
    }
    let statuses = running.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 19);
}
