//! Batches: chunks, order, and what happens to each item when something fails.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_graph::{Error, Request, Response, Settings};

use crate::server::{Answer, Seen, Server, batch};

fn reads(count: usize) -> Vec<Request> {
    (0..count).map(|number| Request::get(format!("/things/{number}"))).collect()
}

fn writes(count: usize) -> Vec<Request> {
    (0..count).map(|number| Request::patch(format!("/things/{number}"), json!({"n": number}))).collect()
}

/// Answers every item with its own address.
fn echo(seen: &Seen) -> Answer {
    batch(seen, |step| (200, json!({}), step["url"].clone()))
}

fn bodies(outcomes: &[Result<Response, Error>]) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome.as_ref().unwrap().body.as_str().unwrap()).collect()
}

fn urls(seen: &Seen) -> Vec<String> {
    let envelope = seen.json();
    let steps = envelope["requests"].as_array().unwrap().iter();
    steps.map(|step| step["url"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn results_come_in_the_order_asked_however_many() {
    let server = Server::start(|seen, _| echo(seen)).await;
    let client = server.client();
    let outcomes = client.batch(reads(45)).await;
    let expected: Vec<_> = (0..45).map(|number| format!("/things/{number}")).collect();
    assert_eq!(bodies(&outcomes), expected);
    let mut sizes: Vec<_> = server.seen().iter().map(|seen| urls(seen).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 20, 20]);
    assert!(server.seen().iter().all(|seen| seen.path == "/v1.0/$batch" && seen.method == "POST"));
    let traffic = client.traffic();
    assert_eq!((traffic.requests, traffic.operations, traffic.writes), (3, 45, 0));
    assert!(client.batch(Vec::new()).await.is_empty());
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn batches_of_reads_run_side_by_side_within_bounds() {
    let server = Server::start(|seen, _| echo(seen).after(Duration::from_millis(50))).await;
    let client = server.client_with(Settings { in_flight: 3, ..Settings::default() });
    let outcomes = tokio::spawn(async move { client.batch(reads(160)).await }).await.unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!((server.seen().len(), server.busiest()), (8, 3));
}

#[tokio::test]
async fn batches_with_writes_run_one_after_another() {
    let server = Server::start(|seen, _| echo(seen).after(Duration::from_millis(10))).await;
    let client = server.client();
    let outcomes = client.batch(writes(70)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let order: Vec<_> = server.seen().iter().flat_map(urls).collect();
    assert_eq!(order, (0..70).map(|number| format!("/things/{number}")).collect::<Vec<_>>());
    assert_eq!(server.busiest(), 1);
    assert_eq!(client.traffic().writes, 70);
}

#[tokio::test]
async fn an_item_carries_its_headers_and_body() {
    let server = Server::start(|seen, _| echo(seen)).await;
    let requests = vec![
        Request::get("/things?$count=true").header("ConsistencyLevel", "eventual"),
        Request::post("/things", json!({"name": "a"})),
        Request::delete("/things/1"),
    ];
    let outcomes = server.client().batch(requests).await;
    assert_eq!(outcomes[0].as_ref().unwrap().request_id.as_deref(), Some("envelope"));
    assert_eq!(
        server.seen()[0].json(),
        json!({"requests": [
            {"id": "0", "method": "GET", "url": "/things?$count=true", "headers": {"ConsistencyLevel": "eventual"}},
            {"id": "1", "method": "POST", "url": "/things", "headers": {"Content-Type": "application/json"}, "body": {"name": "a"}},
            {"id": "2", "method": "DELETE", "url": "/things/1"},
        ]})
    );
}

#[tokio::test]
async fn beta_items_go_in_a_batch_of_their_own() {
    let server = Server::start(|seen, _| echo(seen)).await;
    let requests = vec![Request::get("/a"), Request::get("/b").beta(), Request::get("/c")];
    let outcomes = server.client().batch(requests).await;
    assert_eq!(bodies(&outcomes), ["/a", "/b", "/c"]);
    let mut sent: Vec<_> = server.seen().iter().map(|seen| (seen.path.clone(), urls(seen))).collect();
    sent.sort();
    let urls = |list: &[&str]| list.iter().map(|url| (*url).to_owned()).collect::<Vec<_>>();
    assert_eq!(sent[0], ("/beta/$batch".to_owned(), urls(&["/b"])));
    assert_eq!(sent[1], ("/v1.0/$batch".to_owned(), urls(&["/a", "/c"])));
}

#[tokio::test]
async fn only_throttled_items_are_sent_again() {
    let server = Server::start(|seen, before| {
        batch(seen, |step| match step["url"].as_str() {
            Some("/things/1") if before < 4 => (429, json!({"retry-after": "0"}), Value::Null),
            Some("/things/3") if before < 1 => (429, json!({"Retry-After": "0.05"}), Value::Null),
            _ => (200, json!({"x-ms-resource-unit": "2"}), step["url"].clone()),
        })
    })
    .await;
    let client = server.client();
    let outcomes = client.batch(writes(5)).await;
    assert_eq!(bodies(&outcomes), ["/things/0", "/things/1", "/things/2", "/things/3", "/things/4"]);
    let seen = server.seen();
    assert_eq!(urls(&seen[1]), ["/things/1", "/things/3"]);
    assert_eq!(urls(&seen[2]), ["/things/1"]);
    let traffic = client.traffic();
    assert_eq!((traffic.requests, traffic.throttled, traffic.resource_units), (5, 5, 10));
    assert!(traffic.waited >= Duration::from_millis(50));
}

#[tokio::test]
async fn reads_are_repeated_after_trouble_and_writes_are_not() {
    let server = Server::start(|seen, before| {
        batch(seen, |step| match before {
            0 => {
                (503, json!({"Retry-After": "0"}), json!({"error": {"code": "UnknownError", "message": ""}}))
            }
            _ => (200, json!({}), step["url"].clone()),
        })
    })
    .await;
    let requests = vec![Request::delete("/things/1"), Request::get("/things/2")];
    let outcomes = server.client().batch(requests).await;
    let error = outcomes[0].as_ref().unwrap_err();
    assert!(error.is_ambiguous());
    assert_eq!(error.to_string(), "DELETE /things/1: 503 UnknownError (request-id envelope)");
    assert_eq!(outcomes[1].as_ref().unwrap().body, json!("/things/2"));
    assert_eq!(urls(&server.seen()[1]), ["/things/2"]);
}

#[tokio::test]
async fn attempts_of_an_item_are_limited_and_throttled_neighbours_go_on() {
    let server = Server::start(|seen, before| {
        batch(seen, |step| match step["url"].as_str() {
            Some("/things/0") => (503, json!({"Retry-After": "0"}), Value::Null),
            _ if before < 3 => (429, json!({"Retry-After": "0"}), Value::Null),
            _ => (200, json!({}), step["url"].clone()),
        })
    })
    .await;
    let outcomes = server.client().batch(reads(2)).await;
    assert_eq!(outcomes[0].as_ref().unwrap_err().to_string(), "GET /things/0: 503 (request-id envelope)");
    assert_eq!(outcomes[1].as_ref().unwrap().body, json!("/things/1"));
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_failed_item_keeps_the_words_of_the_service() {
    let server = Server::start(|seen, _| {
        batch(seen, |_| {
            let details = json!([{"code": "ObjectConflict", "target": "mail"}]);
            (
                400,
                json!({"request-id": "own"}),
                json!({"error": {"code": "Request_BadRequest", "message": "Taken.", "details": details}}),
            )
        })
    })
    .await;
    let outcomes = server.client().batch(writes(1)).await;
    let error = outcomes[0].as_ref().unwrap_err();
    assert_eq!(error.to_string(), "PATCH /things/0: 400 Request_BadRequest: Taken (request-id own)");
    assert_eq!((error.conflict_targets(), error.request_id()), (vec!["mail"], Some("own")));
}

#[tokio::test]
async fn an_item_that_failed_for_its_neighbour_is_sent_again() {
    let server = Server::start(|seen, before| {
        batch(seen, |step| match before {
            0 => (424, json!({"Retry-After": "0"}), Value::Null),
            _ => (200, json!({}), step["url"].clone()),
        })
    })
    .await;
    assert_eq!(bodies(&server.client().batch(writes(1)).await), ["/things/0"]);
}

#[tokio::test]
async fn a_lost_batch_leaves_every_write_in_doubt_and_repeats_the_reads() {
    for fate in [0, 503, 200] {
        let server = Server::start(move |seen, before| match (before, fate) {
            (0, 0) => Answer::dropped(),
            (0, 503) => Answer::trouble(503),
            (0, _) => Answer::text(200, "<html>"),
            _ => echo(seen),
        })
        .await;
        let requests = vec![Request::get("/a"), Request::delete("/b"), Request::post("/c", json!({}))];
        let outcomes = server.client().batch(requests).await;
        assert_eq!(outcomes[0].as_ref().unwrap().body, json!("/a"), "{fate}");
        for outcome in &outcomes[1..] {
            let error = outcome.as_ref().unwrap_err();
            assert!(matches!(error, Error::Lost { write: true, .. }) && error.is_ambiguous(), "{fate}");
        }
        assert_eq!(server.seen().len(), 2, "{fate}");
        assert_eq!(urls(&server.seen()[1]), ["/a"], "{fate}");
    }
}

#[tokio::test]
async fn a_refused_batch_of_writes_leaves_no_doubt() {
    let server = Server::start(|_, _| Answer::error(400, "BadRequest", "Invalid batch payload.")).await;
    let outcomes = server.client().batch(writes(2)).await;
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!(!error.is_ambiguous());
        assert_eq!(error.to_string(), "POST /$batch: 400 BadRequest: Invalid batch payload");
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_throttled_batch_is_sent_again_whole() {
    let server =
        Server::start(|seen, before| if before == 0 { Answer::trouble(429) } else { echo(seen) }).await;
    assert_eq!(bodies(&server.client().batch(writes(2)).await), ["/things/0", "/things/1"]);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_item_without_answer_is_in_doubt_when_it_writes_and_repeated_when_it_reads() {
    let server = Server::start(|seen, before| match before {
        0 => Answer::json(&json!({"responses": [{"id": "9", "status": 200}, {"id": "0"}]})),
        _ => echo(seen),
    })
    .await;
    let requests = vec![Request::get("/a"), Request::delete("/b")];
    let outcomes = server.client().batch(requests).await;
    assert_eq!(outcomes[0].as_ref().unwrap().body, json!("/a"));
    let error = outcomes[1].as_ref().unwrap_err();
    assert_eq!(error.to_string(), "DELETE /b: answer lost, the batch was answered without it");
    assert!(error.is_ambiguous());
}

#[tokio::test]
async fn a_malformed_item_does_not_spoil_the_batch() {
    let server = Server::start(|seen, _| echo(seen)).await;
    let outcomes = server.client().batch(vec![Request::get("/a"), Request::get("/../b")]).await;
    assert_eq!(outcomes[0].as_ref().unwrap().body, json!("/a"));
    assert!(matches!(outcomes[1], Err(Error::InvalidRequest { .. })));
    assert_eq!(urls(&server.seen()[0]), ["/a"]);
}

/// Writes of which each comes after the one before.
fn chain(count: usize) -> Vec<Request> {
    let requests = writes(count).into_iter().enumerate();
    requests.map(|(place, request)| if place > 0 { request.after(place - 1) } else { request }).collect()
}

/// Answers items as `status` says, and those that come after a failed one with 424.
fn in_order(seen: &Seen, status: impl Fn(&str) -> u16) -> Answer {
    let envelope = seen.json();
    let own = |step: &Value| status(step["url"].as_str().unwrap());
    let has_failed = |first: &Value| {
        let mut next = Some(first.clone());
        while let Some(id) = next.filter(|id| !id.is_null()) {
            let step = envelope["requests"].as_array().unwrap().iter().find(|step| step["id"] == id).unwrap();
            if own(step) >= 300 {
                return true;
            }
            next = step.get("dependsOn").map(|first| first[0].clone());
        }
        false
    };
    batch(seen, |step| {
        let status = if has_failed(&step["dependsOn"][0]) { 424 } else { own(step) };
        (status, json!({ "Retry-After": "0" }), step["url"].clone())
    })
}

#[tokio::test]
async fn a_chain_says_what_each_item_comes_after() {
    let server = Server::start(|seen, _| in_order(seen, |_| 200)).await;
    let outcomes = server.client().batch(chain(3)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let steps = server.seen()[0].json()["requests"].clone();
    assert_eq!(steps[0].get("dependsOn"), None);
    assert_eq!((&steps[1]["dependsOn"], &steps[2]["dependsOn"]), (&json!(["0"]), &json!(["1"])));
}

#[tokio::test]
async fn what_comes_after_a_failed_item_is_not_sent_again() {
    let server =
        Server::start(|seen, _| in_order(seen, |url| if url == "/things/1" { 400 } else { 200 })).await;
    let outcomes = server.client().batch(chain(4)).await;
    assert!(outcomes[0].is_ok());
    assert!(!outcomes[1].as_ref().unwrap_err().is_dependency_failed());
    for outcome in &outcomes[2..] {
        let error = outcome.as_ref().unwrap_err();
        assert!(error.is_dependency_failed() && !error.is_ambiguous(), "{error}");
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_throttled_item_is_sent_again_with_what_comes_after_it() {
    let server = Server::start(|seen, number| {
        in_order(seen, |url| if number == 0 && url == "/things/1" { 429 } else { 200 })
    })
    .await;
    let outcomes = server.client().batch(chain(3)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let again = server.seen()[1].json()["requests"].clone();
    assert_eq!(urls(&server.seen()[1]), ["/things/1", "/things/2"]);
    assert_eq!(again[0].get("dependsOn"), None, "what it came after has succeeded");
    assert_eq!(again[1]["dependsOn"], json!(["0"]));
}

#[tokio::test]
async fn what_comes_after_something_of_another_batch_is_refused() {
    let server = Server::start(|seen, _| in_order(seen, |_| 200)).await;
    let outcomes = server.client().batch(chain(21)).await;
    assert!(outcomes[..20].iter().all(Result::is_ok));
    let error = outcomes[20].as_ref().unwrap_err().to_string();
    assert!(error.contains("not sent before it in the same batch"), "{error}");
}
