//! The log: every operation with what it changed.

use serde_json::{Value, json};

use crate::support::{Sandbox, security_group};

/// Method, path, status and the kinds of changes of an entry.
fn told(entry: &Value) -> (String, String, u64, Vec<String>) {
    let text = |name: &str| entry[name].as_str().unwrap().to_owned();
    let changes = entry["changes"].as_array().unwrap();
    let changes = changes.iter().map(|made| made["change"].as_str().unwrap().to_owned()).collect();
    (text("method"), text("path"), entry["status"].as_u64().unwrap(), changes)
}

#[tokio::test]
async fn every_operation_stands_in_the_log_with_what_it_changed() {
    let sandbox = Sandbox::contoso().await;
    let lee = sandbox.user("lee.gu").await;
    let id = sandbox.new_group("Logged").await;
    sandbox.post(&format!("/groups/{id}/members/$ref"), sandbox.reference(&lee)).await;
    sandbox.post(&format!("/groups/{id}/members/$ref"), sandbox.reference(&lee)).await;
    sandbox.delete(&format!("/groups/{id}")).await;
    sandbox.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    let log = sandbox.log(1).await;
    let links = format!("/groups/{id}/members/$ref");
    let expected = [
        ("POST", "/groups".to_owned(), 201, vec!["created"]),
        ("POST", links.clone(), 204, vec!["linked"]),
        ("POST", links, 400, vec![]),
        ("DELETE", format!("/groups/{id}"), 204, vec!["deleted"]),
        ("POST", format!("/directory/deletedItems/{id}/restore"), 200, vec!["restored"]),
    ];
    let expected = expected.map(|(method, path, status, changes)| {
        (method.to_owned(), path, status, changes.into_iter().map(str::to_owned).collect())
    });
    assert_eq!(log.iter().map(told).collect::<Vec<_>>(), expected);
    let linked = &log[1]["changes"][0];
    assert_eq!(
        (&linked["id"], &linked["kind"], &linked["relation"], &linked["targets"]),
        (&json!(id), &json!("group"), &json!("members"), &json!([lee]))
    );
    assert_eq!(log[0]["application"], sandbox.running.credentials().client_id.as_str());
}

#[tokio::test]
async fn items_of_a_batch_stand_in_the_log_one_by_one_with_the_id_of_their_request() {
    let sandbox = Sandbox::contoso().await;
    let item = |id: &str, name: &str| {
        let headers = json!({ "Content-Type": "application/json" });
        json!({ "id": id, "method": "POST", "url": "/groups", "headers": headers, "body": security_group(name) })
    };
    sandbox.post("/$batch", json!({ "requests": [item("1", "One"), item("2", "Two")] })).await;
    let log = sandbox.log(0).await;
    assert_eq!(log.len(), 2);
    assert_eq!(log[0]["request_id"], log[1]["request_id"]);
    assert_eq!((&log[0]["number"], &log[1]["number"]), (&json!(0), &json!(1)));
    assert_eq!(sandbox.log(1).await.len(), 1);
}

#[tokio::test]
async fn a_path_stands_in_the_log_with_its_query_decoded() {
    let sandbox = Sandbox::contoso().await;
    sandbox.get("/users?$filter=startswith(displayName,'A')&$select=id").await;
    let (_, path, ..) = told(&sandbox.log(0).await[0]);
    assert_eq!(path, "/users?$filter=startswith(displayName,'A')&$select=id");
}
