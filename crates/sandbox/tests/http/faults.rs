//! What is inflicted on purpose: how it looks to a client, how it is counted, and that it can be repeated.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tenantry_sandbox::{Edit, Faults, Options, Rate, Seed};

use crate::support::{Sandbox, answer, code, message, security_group};

fn always() -> Option<Rate> {
    Some(Rate::every(1))
}

async fn seeded(seed_number: u64, faults: Faults) -> Sandbox {
    Sandbox::with(Options { seed: Seed::Contoso, seed_number, faults, ..Options::default() }).await
}

#[tokio::test]
async fn failures_take_any_of_the_statuses_they_are_given() {
    let faults = Faults { fail_every: always(), fail_with: vec![500, 502, 503, 504], ..Faults::default() };
    let sandbox = Sandbox::faulty(faults).await;
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..40 {
        let (status, body) = sandbox.get("/organization").await;
        seen.insert(status, code(&body).to_owned());
    }
    let expected = [
        (500, "Service_InternalServerError"),
        (502, "UnknownError"),
        (503, "serviceNotAvailable"),
        (504, "UnknownError"),
    ];
    assert_eq!(seen, expected.map(|(status, code)| (status, code.to_owned())).into());
    assert_eq!(sandbox.inflicted("fail"), 40);
}

#[tokio::test]
async fn a_late_failure_belongs_to_a_write_that_happened() {
    let sandbox = Sandbox::faulty(Faults { fail_late_every: always(), ..Faults::default() }).await;
    assert_eq!(sandbox.post("/groups", security_group("Late")).await.0, 504);
    sandbox.group("Late").await;
    assert_eq!(sandbox.post("/groups", json!({})).await.0, 400, "what is refused does not fail late");
    assert_eq!(sandbox.inflicted("fail_late"), 1);
}

#[tokio::test]
async fn a_reset_comes_before_the_request_is_executed() {
    let sandbox = Sandbox::faulty(Faults { reset_every: always(), ..Faults::default() }).await;
    let request = sandbox.request(Method::POST, "/groups").json(&security_group("Never"));
    let error = request.send().await.unwrap_err();
    assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
    sandbox.turn(json!({ "reset_every": null })).await;
    assert_eq!(sandbox.get("/groups?$filter=displayName eq 'Never'").await.1["value"], json!([]));
    assert_eq!(sandbox.inflicted("reset"), 1);
    assert_eq!(sandbox.log(0).await.len(), 1, "only the look-up was executed");
}

#[tokio::test]
async fn a_connection_breaks_in_the_middle_of_an_answer() {
    let sandbox = Sandbox::faulty(Faults { cut_every: always(), ..Faults::default() }).await;
    let request = sandbox.request(Method::POST, "/groups").json(&security_group("Half"));
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 201, "the head arrives");
    let promised = response.content_length().unwrap();
    let mut received = 0;
    let error = loop {
        match response.chunk().await {
            Ok(Some(bytes)) => received += bytes.len() as u64,
            Ok(None) => panic!("the body is complete: {received} of {promised}"),
            Err(error) => break error,
        }
    };
    assert!(received > 0 && received < promised, "{received} of {promised}: {error}");
    sandbox.turn(json!({ "cut_every": null })).await;
    sandbox.group("Half").await;
    assert_eq!(sandbox.log(0).await[0]["faults"], json!(["cut"]));
}

#[tokio::test]
async fn the_same_requests_meet_the_same_faults_under_the_same_seed() {
    async fn statuses(seed: u64) -> Vec<u16> {
        let faults = Faults {
            throttle_every: Some("20%".parse().unwrap()),
            fail_every: Some("20%".parse().unwrap()),
            ..Faults::default()
        };
        let sandbox = seeded(seed, faults).await;
        let mut statuses = Vec::new();
        for _ in 0..60 {
            statuses.push(sandbox.get("/organization").await.0);
        }
        statuses
    }
    let first = statuses(5).await;
    assert_eq!(first, statuses(5).await);
    assert_ne!(first, statuses(6).await);
    for status in [200, 429, 503] {
        assert!(first.contains(&status), "{first:?}");
    }
}

#[tokio::test]
async fn turning_a_knob_begins_the_sequences_anew() {
    let sandbox = Sandbox::contoso().await;
    let mut rounds = Vec::new();
    for _ in 0..2 {
        sandbox.turn(json!({ "seed_number": 9, "fail_every": "30%" })).await;
        let mut statuses = Vec::new();
        for _ in 0..30 {
            statuses.push(sandbox.get("/organization").await.0);
        }
        rounds.push(statuses);
    }
    assert_eq!(rounds[0], rounds[1]);
}

#[tokio::test]
async fn an_empty_page_leads_on() {
    let sandbox = Sandbox::contoso().await;
    let whole: usize = sandbox.pages("/users?$select=id").await.iter().map(Vec::len).sum();
    sandbox.turn(json!({ "empty_every": 2, "short_pages": 5 })).await;
    let pages = sandbox.pages("/users?$select=id").await;
    assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), whole);
    assert!(pages.iter().filter(|page| page.is_empty()).count() >= 2, "{pages:?}");
    assert!(sandbox.inflicted("empty_page") >= 2 && sandbox.inflicted("short_page") >= 2);
    sandbox.turn(json!({ "empty_every": 1 })).await;
    assert!(!sandbox.pages("/groups").await.is_empty(), "a list ends even if every page is empty at first");
}

#[tokio::test]
async fn writes_that_overlap_conflict_if_they_are_to() {
    let faults = Faults { conflicts: true, latency: Duration::from_millis(300), ..Faults::default() };
    let sandbox = Arc::new(Sandbox::faulty(faults).await);
    let (finance, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    let mut writes = tokio::task::JoinSet::new();
    for path in [format!("/groups/{finance}"), format!("/groups('{finance}')"), format!("/users/{lee}")] {
        let sandbox = Arc::clone(&sandbox);
        let name = if path.starts_with("/users") { "city" } else { "description" };
        writes.spawn(async move { sandbox.patch(&path, json!({ name: "x" })).await });
    }
    let answers = writes.join_all().await;
    let refused: Vec<&Value> =
        answers.iter().filter(|(status, _)| *status == 409).map(|(_, body)| body).collect();
    assert_eq!(refused.len(), 1, "{answers:?}");
    assert_eq!(code(refused[0]), "Directory_ConcurrencyViolation");
    assert!(message(refused[0]).starts_with("Error due to concurrent requests"));
    assert_eq!(answers.iter().filter(|(status, _)| *status == 204).count(), 2, "{answers:?}");
    assert_eq!(sandbox.patch(&format!("/groups/{finance}"), json!({ "description": "y" })).await.0, 204);
}

#[tokio::test]
async fn items_of_a_batch_that_write_to_one_object_conflict_unless_one_waits_for_the_other() {
    let sandbox = Sandbox::faulty(Faults { conflicts: true, ..Faults::default() }).await;
    let finance = sandbox.group("Finance").await;
    let write = |id: &str, after: &[&str]| {
        json!({
            "id": id, "method": "PATCH", "url": format!("/groups/{finance}"), "dependsOn": after,
            "headers": { "Content-Type": "application/json" }, "body": { "description": id },
        })
    };
    for (after, expected) in [(vec![], 409), (vec!["1"], 204)] {
        let requests = json!({ "requests": [write("1", &[]), write("2", &after)] });
        let (_, answer) = sandbox.post("/$batch", requests).await;
        let mut statuses = std::collections::BTreeMap::new();
        for item in answer["responses"].as_array().unwrap() {
            statuses.insert(item["id"].as_str().unwrap(), item["status"].as_u64().unwrap());
        }
        assert_eq!(statuses, [("1", 204), ("2", expected)].into(), "{answer}");
    }
}

#[tokio::test]
async fn conflicts_can_be_inflicted_on_writes_alone() {
    let sandbox = Sandbox::faulty(Faults { conflict_every: always(), ..Faults::default() }).await;
    assert_eq!(sandbox.get("/users").await.0, 200);
    assert_eq!(sandbox.post("/groups", security_group("Never")).await.0, 409);
    assert_eq!(sandbox.get("/groups?$filter=displayName eq 'Never'").await.1["value"], json!([]));
    assert_eq!(sandbox.inflicted("conflict"), 1);
}

#[tokio::test]
async fn an_administrator_edits_between_requests_and_stands_in_the_log() {
    async fn edits(seed: u64) -> Vec<Value> {
        let sandbox = seeded(seed, Faults { edit_every: always(), ..Faults::default() }).await;
        for _ in 0..60 {
            sandbox.get("/organization").await;
        }
        let log = sandbox.log(0).await;
        let edits: Vec<Value> =
            log.into_iter().filter(|entry| entry["application"] == "administrator").collect();
        assert_eq!(edits.len() as u64, sandbox.inflicted("edit"));
        edits
    }
    let done = edits(3).await;
    assert!(done.len() > 40, "most edits are possible: {}", done.len());
    for change in ["created", "updated", "deleted", "linked", "unlinked"] {
        let changes = |entry: &Value| entry["changes"].as_array().unwrap().clone();
        assert!(
            done.iter().any(|entry| changes(entry).iter().any(|made| made["change"] == change)),
            "{change}"
        );
    }
    let paths = |edits: &[Value]| edits.iter().map(|edit| edit["method"].to_string()).collect::<Vec<_>>();
    assert_eq!(paths(&done), paths(&edits(3).await));
}

#[tokio::test]
async fn an_administrator_does_only_what_the_knob_names() {
    let faults = Faults { edit_every: always(), edits: vec![Edit::Property], ..Faults::default() };
    let sandbox = Sandbox::faulty(faults).await;
    let finance = sandbox.group("Finance").await;
    for _ in 0..20 {
        sandbox.patch(&format!("/groups/{finance}"), json!({ "description": "ours" })).await;
    }
    let log = sandbox.log(0).await;
    let edits: Vec<&Value> = log.iter().filter(|entry| entry["application"] == "administrator").collect();
    assert!(edits.iter().all(|edit| edit["method"] == "PATCH"), "{edits:?}");
    let same = format!("/groups/{finance}");
    assert!(edits.iter().filter(|edit| edit["path"] == same).count() >= 4, "often the object just written");
}

#[tokio::test]
async fn latency_varies_as_far_as_it_may() {
    let faults = Faults { jitter: Duration::from_millis(5), ..Faults::default() };
    let sandbox = Sandbox::faulty(faults).await;
    sandbox.get("/organization").await;
    assert!(sandbox.inflicted("latency") >= 1);
}

#[tokio::test]
async fn knobs_that_mean_nothing_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let url = format!("{}/sandbox/faults", sandbox.running.graph_endpoint());
    let nonsense = [
        json!({ "lose_every": 0 }),
        json!({ "lose_every": "often" }),
        json!({ "fail_with": [404] }),
        json!({ "fail_with": [] }),
        json!({ "edits": ["gremlins"] }),
        json!({ "consistency": "strong" }),
        json!({ "lag_ms": null }),
        json!([]),
    ];
    for change in nonsense {
        assert_eq!(answer(sandbox.client.patch(&url).json(&change)).await.0, 400, "{change}");
    }
}
