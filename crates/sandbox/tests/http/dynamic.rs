//! Groups whose members a rule decides about.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::support::{Sandbox, answer, names, security_group};

/// A Contoso in which nothing happens by itself until [`process`].
async fn contoso() -> Sandbox {
    let processing_delay = Duration::from_secs(3600);
    Sandbox::with(Options { seed: Seed::Contoso, processing_delay, ..Options::default() }).await
}

/// Does what the service would do later; says how many jobs that were.
async fn process(sandbox: &Sandbox) -> u64 {
    let url = format!("{}/sandbox/process", sandbox.running.graph_endpoint());
    let (status, done) = answer(sandbox.client.post(url)).await;
    assert_eq!(status, 200, "{done}");
    done["jobs"].as_u64().unwrap()
}

fn dynamic(name: &str, rule: &str) -> Value {
    let mut group = security_group(name);
    group["groupTypes"] = json!(["DynamicMembership"]);
    group["membershipRule"] = rule.into();
    group["membershipRuleProcessingState"] = "On".into();
    group
}

async fn new_dynamic(sandbox: &Sandbox, name: &str, rule: &str) -> String {
    let (status, group) = sandbox.post("/groups", dynamic(name, rule)).await;
    assert_eq!(status, 201, "{group}");
    group["id"].as_str().unwrap().to_owned()
}

async fn members(sandbox: &Sandbox, group: &str) -> Vec<String> {
    let (status, list) = sandbox.get(&format!("/groups/{group}/members?$select=displayName")).await;
    assert_eq!(status, 200, "{list}");
    names(&list).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_new_group_fills_some_time_after_it_was_created() {
    let sandbox = contoso().await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    assert!(members(&sandbox, &group).await.is_empty());
    assert!(process(&sandbox).await > 0);
    assert_eq!(members(&sandbox, &group).await, ["Emily Braun", "Pradeep Gupta"]);
    assert_eq!(process(&sandbox).await, 0);
}

#[tokio::test]
async fn without_a_delay_the_next_request_sees_the_members() {
    let sandbox = contoso().await;
    sandbox.turn(json!({ "processing_delay_ms": 0 })).await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    assert!(!members(&sandbox, &group).await.is_empty());
}

#[tokio::test]
async fn what_is_not_done_yet_is_done_before_the_sandbox_stops() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options {
        seed: Seed::Contoso,
        state: Some(directory.path().to_path_buf()),
        processing_delay: Duration::from_secs(3600),
        ..Options::default()
    };
    let sandbox = Sandbox::with(options()).await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    sandbox.running.stop().await;
    let again = Sandbox::with(options()).await;
    assert!(!members(&again, &group).await.is_empty());
}

#[tokio::test]
async fn what_a_killed_sandbox_left_undone_is_done_at_the_next_start() {
    let (directory, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = |state: &tempfile::TempDir| Options {
        seed: Seed::Contoso,
        state: Some(state.path().to_path_buf()),
        processing_delay: Duration::from_secs(3600),
        ..Options::default()
    };
    let sandbox = Sandbox::with(options(&directory)).await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    for file in ["tenant.jsonl", "credentials.json"] {
        std::fs::copy(directory.path().join(file), copy.path().join(file)).unwrap();
    }
    let again = Sandbox::with(options(&copy)).await;
    assert!(!members(&again, &group).await.is_empty());
}
