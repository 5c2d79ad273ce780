//! Quotas over the wire: what leaves, what is held back, and what an interruption leaves alone.

use std::time::Duration;

use serde_json::json;
use tenantry_graph::{CancellationToken, Reason, Request, Settings};

use crate::server::{Answer, Server, batch};

/// A Graph whose quotas refill so fast that tests need not wait.
fn fast() -> Settings {
    Settings { quota_scale: 1_000.0, ..Settings::default() }
}

#[tokio::test]
async fn policies_go_one_to_a_batch_because_one_a_second_is_allowed() {
    let server = Server::start(|seen, _| batch(seen, |_| (200, json!({}), json!({})))).await;
    let client = server.client_with(fast());
    let mut requests: Vec<Request> =
        (0..3).map(|number| Request::get(format!("/identity/conditionalAccess/policies/{number}"))).collect();
    requests.extend((0..7).map(|number| Request::get(format!("/users/{number}/authentication/methods"))));
    requests.extend((0..30).map(|number| Request::get(format!("/groups/{number}"))));
    let outcomes = client.batch(requests).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let mut sizes: Vec<_> =
        server.seen().iter().map(|seen| seen.json()["requests"].as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 1, 2, 5, 10, 20]);
}

#[tokio::test]
async fn an_interruption_ends_a_wait_and_leaves_what_was_sent() {
    let server = Server::start(|seen, _| match seen.path.as_str() {
        "/v1.0/groups/slow" => Answer::json(&json!({"id": "slow"})).after(Duration::from_millis(300)),
        _ => Answer::error(429, "TooManyRequests", "").header("Retry-After", "200"),
    })
    .await;
    let stop = CancellationToken::new();
    let client = server.client_with(fast()).with_cancellation(stop.clone());
    let mut waits = client.waits();
    let (slow, write, waiting) = (
        Request::get("/groups/slow"),
        Request::patch("/groups/1", json!({})),
        Request::patch("/groups/2", json!({})),
    );
    let later = async {
        waits.wait_for(Option::is_some).await.unwrap();
        assert_eq!(waits.borrow().unwrap().reason, Reason::Throttled("write quota"));
        let (outcome, ()) = tokio::join!(client.send(&waiting), async { stop.cancel() });
        outcome
    };
    let (slow, throttled, unsent) = tokio::join!(client.send(&slow), client.send(&write), later);
    assert_eq!(slow.unwrap().body["id"], "slow");
    assert!(throttled.unwrap_err().is_throttled());
    let unsent = unsent.unwrap_err();
    assert!(unsent.is_cancelled() && !unsent.is_ambiguous());
    assert_eq!(unsent.to_string(), "PATCH /groups/2: not sent, interrupted while waiting");
    assert!(server.seen().iter().all(|seen| seen.path != "/v1.0/groups/2"));
    // What need not wait is still sent: reading is another quota.
    assert!(client.send(&Request::get("/groups/slow")).await.is_ok());
}

#[tokio::test]
async fn an_interrupted_batch_names_no_write_as_doubtful() {
    let server = Server::start(|seen, _| {
        batch(seen, |step| match step["url"].as_str() {
            Some("/groups/0") => (204, json!({}), json!(null)),
            _ => (429, json!({"Retry-After": "200"}), json!(null)),
        })
    })
    .await;
    let stop = CancellationToken::new();
    let client = server.client_with(fast()).with_cancellation(stop.clone());
    let mut waits = client.waits();
    let writes = (0..2).map(|number| Request::patch(format!("/groups/{number}"), json!({}))).collect();
    let (outcomes, ()) = tokio::join!(client.batch(writes), async {
        waits.wait_for(Option::is_some).await.unwrap();
        stop.cancel();
    });
    assert!(outcomes[0].is_ok());
    let error = outcomes[1].as_ref().unwrap_err();
    assert!(error.is_throttled() && !error.is_ambiguous());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_throttled_item_holds_back_other_requests_of_its_quota() {
    let server = Server::start(|seen, before| match seen.path.as_str() {
        "/v1.0/$batch" if before == 0 => batch(seen, |_| (429, json!({"Retry-After": "0.6"}), json!(null))),
        "/v1.0/$batch" => batch(seen, |_| (204, json!({}), json!(null))),
        _ => Answer::json(&json!({})),
    })
    .await;
    let client = server.client_with(fast());
    let mut waits = client.waits();
    let meanwhile = async {
        waits.wait_for(Option::is_some).await.unwrap();
        // One that cannot wait shows that it would have to.
        let stopped = CancellationToken::new();
        stopped.cancel();
        let hasty = client.with_cancellation(stopped);
        let write = hasty.send(&Request::delete("/groups/2")).await;
        (write, hasty.get("/groups/3").await)
    };
    let (outcomes, (write, read)) = tokio::join!(client.batch(vec![Request::delete("/groups/1")]), meanwhile);
    assert!(write.unwrap_err().is_cancelled() && read.is_ok());
    assert!(outcomes[0].is_ok());
    assert_eq!(server.seen().len(), 3);
}
