//! The lifecycle policy of Microsoft 365 groups and the groups selected for it.

use serde_json::{Value, json};

use crate::support::{Sandbox, code};

const SET: &str = "/groupLifecyclePolicies";

fn policy(managed: &str) -> Value {
    json!({ "groupLifetimeInDays": 180, "managedGroupTypes": managed, "alternateNotificationEmails": "admin@contoso.com" })
}

/// Creates a policy and returns its path.
async fn created(sandbox: &Sandbox, managed: &str) -> String {
    let (status, made) = sandbox.post(SET, policy(managed)).await;
    assert_eq!(status, 201, "{made}");
    format!("{SET}/{}", made["id"].as_str().unwrap())
}

#[tokio::test]
async fn there_is_at_most_one() {
    let sandbox = Sandbox::contoso().await;
    assert_eq!(sandbox.get(SET).await.1["value"], json!([]));
    let path = created(&sandbox, "All").await;
    assert_eq!(sandbox.post(SET, policy("None")).await.0, 400);
    assert_eq!(sandbox.patch(&path, json!({ "groupLifetimeInDays": 365 })).await.0, 204);
    let (_, found) = sandbox.get(&path).await;
    assert_eq!((&found["groupLifetimeInDays"], &found["managedGroupTypes"]), (&json!(365), &json!("All")));
    assert_eq!(sandbox.delete(&path).await.0, 204);
    created(&sandbox, "None").await;
}

#[tokio::test]
async fn impossible_policies_are_refused() {
    let sandbox = Sandbox::contoso().await;
    for (name, value) in [
        ("groupLifetimeInDays", json!(29)),
        ("groupLifetimeInDays", json!("180")),
        ("managedGroupTypes", json!("Some")),
        ("managedGroupTypes", json!(null)),
        ("alternateNotificationEmails", json!("admin@contoso.com;nobody")),
        ("alternateNotificationEmails", json!(["admin@contoso.com"])),
    ] {
        let mut body = policy("All");
        body[name] = value;
        let (status, refused) = sandbox.post(SET, body.clone()).await;
        assert_eq!((status, code(&refused)), (400, "Request_BadRequest"), "{body}: {refused}");
    }
    assert_eq!(sandbox.post(SET, json!({ "managedGroupTypes": "All" })).await.0, 400);
}

#[tokio::test]
async fn groups_are_selected_one_by_one() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, "Selected").await;
    let (marketing, finance) = (sandbox.group("Marketing").await, sandbox.group("Finance").await);
    let (add, remove) = (format!("{path}/addGroup"), format!("{path}/removeGroup"));
    let body = json!({ "groupId": marketing });
    let of_group = format!("/groups/{marketing}/groupLifecyclePolicies");
    for (action, changed, policies) in
        [(&remove, false, 0), (&add, true, 1), (&add, false, 1), (&remove, true, 0)]
    {
        let (status, answer) = sandbox.post(action, body.clone()).await;
        assert_eq!((status, &answer["value"]), (200, &json!(changed)), "{action}: {answer}");
        assert_eq!(sandbox.get(&of_group).await.1["value"].as_array().unwrap().len(), policies, "{action}");
    }
    assert_eq!(sandbox.post(&add, json!({ "groupId": finance })).await.0, 400);
    let missing = json!({ "groupId": "99999999-9999-9999-9999-999999999999" });
    assert_eq!(sandbox.post(&add, missing).await.0, 404);
    assert_eq!(sandbox.post(&add, json!({})).await.0, 400);
    assert_eq!(sandbox.get(&add).await.0, 405);
}

#[tokio::test]
async fn nothing_is_selected_for_a_policy_about_all_groups() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, "All").await;
    let body = json!({ "groupId": sandbox.group("Marketing").await });
    let (status, answer) = sandbox.post(&format!("{path}/addGroup"), body).await;
    assert_eq!((status, &answer["value"]), (200, &json!(false)), "{answer}");
}

#[tokio::test]
async fn a_selection_is_written_by_the_actions_only_and_goes_with_the_policy() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, "Selected").await;
    let group = sandbox.group("Marketing").await;
    sandbox.post(&format!("{path}/addGroup"), json!({ "groupId": group })).await;
    let of_group = format!("/groups/{group}/groupLifecyclePolicies");
    let id = path.rsplit('/').next().unwrap();
    let (_, listed) = sandbox.get(&of_group).await;
    assert_eq!(
        (&listed["value"][0]["id"], &listed["value"][0]["groupLifetimeInDays"]),
        (&json!(id), &json!(180))
    );
    assert_eq!(sandbox.delete(&format!("{of_group}/{id}")).await.0, 405);
    assert_eq!(sandbox.delete(&format!("{of_group}/{id}/$ref")).await.0, 405);
    assert_eq!(sandbox.post(&of_group, policy("All")).await.0, 405);
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get(&of_group).await.1["value"], json!([]));
}
