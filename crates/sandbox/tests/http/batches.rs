//! `$batch`.

use serde_json::{Value, json};

use crate::support::{Sandbox, code, message, security_group};

/// The response to one item.
fn item<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["responses"].as_array().unwrap().iter().find(|response| response["id"] == id).unwrap()
}

fn create(id: &str, name: &str) -> Value {
    let headers = json!({ "Content-Type": "application/json" });
    json!({ "id": id, "method": "POST", "url": "/groups", "headers": headers, "body": security_group(name) })
}

#[tokio::test]
async fn items_succeed_and_fail_on_their_own() {
    let sandbox = Sandbox::contoso().await;
    let requests = json!([
        { "id": "1", "method": "GET", "url": "users/lee.gu@contoso.com?$select=displayName" },
        { "id": "2", "method": "GET", "url": "/users/nobody" },
        create("3", "From a batch"),
        { "id": "4", "method": "GET", "url": "/users/$count", "headers": { "ConsistencyLevel": "eventual" } },
    ]);
    let (status, answer) = sandbox.post("/$batch", json!({ "requests": requests })).await;
    assert_eq!(status, 200);
    assert_eq!(item(&answer, "1")["body"]["displayName"], "Lee Gu");
    assert_eq!(
        (&item(&answer, "2")["status"], code(&item(&answer, "2")["body"])),
        (&json!(404), "Request_ResourceNotFound")
    );
    assert_eq!(item(&answer, "3")["status"], 201);
    assert!(item(&answer, "3")["headers"]["Location"].is_string());
    assert!(item(&answer, "1")["headers"]["x-ms-resource-unit"].is_string());
    assert_eq!(item(&answer, "4")["body"], "MzI=");
    let stats = sandbox.running.stats();
    assert_eq!((stats.requests, stats.operations, stats.largest_batch), (1, 4, 4));
}

#[tokio::test]
async fn dependents_wait_and_fail_with_what_they_depend_on() {
    let sandbox = Sandbox::contoso().await;
    let mut second = create("b", "Second");
    second["dependsOn"] = json!(["a"]);
    let mut orphan = create("d", "Orphan");
    orphan["dependsOn"] = json!(["c"]);
    let requests =
        json!([second, orphan, create("a", "First"), { "id": "c", "method": "GET", "url": "/users/nobody" }]);
    let (_, answer) = sandbox.post("/$batch", json!({ "requests": requests })).await;
    assert_eq!((&item(&answer, "b")["status"], &item(&answer, "d")["status"]), (&json!(201), &json!(424)));
}

#[tokio::test]
async fn a_malformed_envelope_refuses_everything() {
    let sandbox = Sandbox::contoso().await;
    let get = |id: &str| json!({ "id": id, "method": "GET", "url": "/users" });
    let dependent = json!({ "id": "1", "method": "GET", "url": "/users", "dependsOn": ["2"] });
    let cycle = json!({ "id": "2", "method": "GET", "url": "/users", "dependsOn": ["1"] });
    let cases = [
        json!({ "requests": (0..21).map(|id| get(&id.to_string())).collect::<Vec<_>>() }),
        json!({ "requests": [get("a"), get("A")] }),
        json!({ "requests": [dependent] }),
        json!({ "requests": [dependent, cycle] }),
        json!({ "requests": [{ "id": "1", "url": "/users" }] }),
        json!({}),
    ];
    for body in cases {
        let (status, answer) = sandbox.post("/$batch", body).await;
        assert_eq!((status, code(&answer)), (400, "BadRequest"), "{answer}");
    }
    let (_, answer) = sandbox
        .post("/$batch", json!({ "requests": (0..21).map(|id| get(&id.to_string())).collect::<Vec<_>>() }))
        .await;
    assert_eq!(message(&answer), "Number of batch request steps exceeds the maximum value of 20.");
}

#[tokio::test]
async fn a_cycle_is_refused_before_anything_is_done() {
    let sandbox = Sandbox::contoso().await;
    let (mut first, mut second) = (create("1", "One"), create("2", "Two"));
    first["dependsOn"] = json!(["2"]);
    second["dependsOn"] = json!(["1"]);
    let (status, _) =
        sandbox.post("/$batch", json!({ "requests": [create("0", "Zero"), first, second] })).await;
    assert_eq!(status, 400);
    assert_eq!(sandbox.get("/groups?$filter=displayName eq 'Zero'").await.1["value"], json!([]));
}

#[tokio::test]
async fn responses_come_in_an_order_of_their_own_that_is_always_the_same() {
    let sandbox = Sandbox::contoso().await;
    let asked: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    let item = |id: &String| json!({ "id": id, "method": "GET", "url": "/organization" });
    let body = json!({ "requests": asked.iter().map(item).collect::<Vec<_>>() });
    let mut orders = Vec::new();
    for _ in 0..2 {
        let (_, answer) = sandbox.post("/$batch", body.clone()).await;
        let ids = answer["responses"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
        orders.push(ids.map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0], asked);
    orders[0].sort_by_key(|id| id.parse::<u8>().unwrap());
    assert_eq!(orders[0], asked);
}

#[tokio::test]
async fn an_item_that_is_no_relative_request_fails_alone() {
    let sandbox = Sandbox::contoso().await;
    let absolute = format!("{}/v1.0/organization", sandbox.running.graph_endpoint());
    let restore = format!("/directory/deletedItems/{}/restore", uuid::Uuid::nil());
    let requests = json!([
        { "id": "absolute", "method": "GET", "url": absolute },
        { "id": "nested", "method": "POST", "url": "/$batch", "headers": { "Content-Type": "application/json" }, "body": {} },
        { "id": "untyped", "method": "POST", "url": "/groups", "body": security_group("Untyped") },
        { "id": "bodiless", "method": "POST", "url": restore },
        { "id": "good", "method": "GET", "url": "/organization" },
    ]);
    let (status, answer) = sandbox.post("/$batch", json!({ "requests": requests })).await;
    assert_eq!(status, 200);
    for id in ["absolute", "nested", "untyped", "bodiless"] {
        assert_eq!(
            (&item(&answer, id)["status"], code(&item(&answer, id)["body"])),
            (&json!(400), "BadRequest"),
            "{id}"
        );
    }
    assert_eq!(item(&answer, "good")["status"], 200);
}
