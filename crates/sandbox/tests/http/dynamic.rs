//! Groups whose members a rule decides about.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::support::{Sandbox, answer, code, message, names, new_user, security_group};

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

#[tokio::test]
async fn people_follow_their_attributes_and_who_stays_is_not_touched() {
    let sandbox = contoso().await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    process(&sandbox).await;
    let (_, start) = sandbox.get("/groups/delta?$deltatoken=latest").await;

    sandbox.patch("/users/emily.braun@contoso.com", json!({ "department": "Legal" })).await;
    let mut debra = new_user("Debra Berger Finance");
    debra["department"] = "Finance".into();
    assert_eq!(sandbox.post("/users", debra).await.0, 201);
    assert_eq!(members(&sandbox, &group).await, ["Emily Braun", "Pradeep Gupta"]);
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Debra Berger Finance", "Pradeep Gupta"]);

    let (_, delta) = sandbox.get(start["@odata.deltaLink"].as_str().unwrap()).await;
    let changed = delta["value"].as_array().unwrap();
    let entry = changed.iter().find(|entry| entry["id"] == group.as_str()).unwrap();
    let emily = sandbox.user("emily.braun").await;
    let links = entry["members@delta"].as_array().unwrap();
    assert_eq!(links.len(), 2, "{links:?}");
    assert!(links.iter().any(|link| link["id"] == emily.as_str() && link["@removed"].is_object()));
}

#[tokio::test]
async fn deleted_people_leave_and_restored_ones_come_back() {
    let sandbox = contoso().await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    process(&sandbox).await;
    let emily = sandbox.user("emily.braun").await;
    sandbox.delete(&format!("/users/{emily}")).await;
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Pradeep Gupta"]);
    sandbox.post(&format!("/directory/deletedItems/{emily}/restore"), json!({})).await;
    assert_eq!(members(&sandbox, &group).await, ["Pradeep Gupta"]);
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Emily Braun", "Pradeep Gupta"]);
}

#[tokio::test]
async fn a_paused_rule_changes_nothing_until_it_goes_on() {
    let sandbox = contoso().await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    process(&sandbox).await;
    let path = format!("/groups/{group}");
    assert_eq!(sandbox.patch(&path, json!({ "membershipRuleProcessingState": "Paused" })).await.0, 204);
    sandbox.patch("/users/emily.braun@contoso.com", json!({ "department": "Legal" })).await;
    sandbox.patch(&path, json!({ "membershipRule": "user.department -eq \"Legal\"" })).await;
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Emily Braun", "Pradeep Gupta"]);
    assert_eq!(status(&sandbox, &group).await, Value::Null);
    sandbox.patch(&path, json!({ "membershipRuleProcessingState": "On" })).await;
    process(&sandbox).await;
    let legal = members(&sandbox, &group).await;
    assert!(legal.contains(&"Emily Braun".to_owned()), "{legal:?}");
    assert!(!legal.contains(&"Pradeep Gupta".to_owned()), "{legal:?}");
}

#[tokio::test]
async fn a_group_is_emptied_when_it_becomes_dynamic_and_keeps_its_members_when_it_leaves() {
    let sandbox = contoso().await;
    let group = sandbox.group("Finance").await;
    let path = format!("/groups/{group}");
    let rule = json!({
        "groupTypes": ["DynamicMembership"],
        "membershipRule": "user.userPrincipalName -startsWith \"lee.gu\"",
        "membershipRuleProcessingState": "On",
    });
    assert_eq!(sandbox.patch(&path, rule).await.0, 204);
    assert!(members(&sandbox, &group).await.is_empty());
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Lee Gu"]);
    let emily = sandbox.user("emily.braun").await;
    let (refused, _) = sandbox.post(&format!("{path}/members/$ref"), sandbox.reference(&emily)).await;
    assert_eq!(refused, 403);
    let assigned =
        json!({ "groupTypes": [], "membershipRule": null, "membershipRuleProcessingState": "Paused" });
    assert_eq!(sandbox.patch(&path, assigned).await.0, 204);
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Lee Gu"]);
    assert_eq!(sandbox.post(&format!("{path}/members/$ref"), sandbox.reference(&emily)).await.0, 204);
}

#[tokio::test]
async fn a_restored_group_is_filled_like_a_new_one() {
    let sandbox = contoso().await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    process(&sandbox).await;
    sandbox.delete(&format!("/groups/{group}")).await;
    process(&sandbox).await;
    sandbox.post(&format!("/directory/deletedItems/{group}/restore"), json!({})).await;
    assert!(members(&sandbox, &group).await.is_empty());
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Emily Braun", "Pradeep Gupta"]);
}

#[tokio::test]
async fn direct_reports_follow_the_manager() {
    let sandbox = contoso().await;
    let (patti, pradeep) = (sandbox.user("patti.fernandez").await, sandbox.user("pradeep.gupta").await);
    let group = new_dynamic(&sandbox, "Reports", &format!("Direct Reports for \"{patti}\"")).await;
    process(&sandbox).await;
    let before = members(&sandbox, &group).await;
    assert!(
        before.contains(&"Emily Braun".to_owned()) && !before.contains(&"Pradeep Gupta".to_owned()),
        "{before:?}"
    );
    sandbox.put(&format!("/users/{pradeep}/manager/$ref"), sandbox.reference(&patti)).await;
    process(&sandbox).await;
    assert!(members(&sandbox, &group).await.contains(&"Pradeep Gupta".to_owned()));
    sandbox.delete(&format!("/users/{patti}")).await;
    process(&sandbox).await;
    assert!(members(&sandbox, &group).await.is_empty());
}

#[tokio::test]
async fn rules_about_groups_add_until_they_are_retired() {
    let sandbox = contoso().await;
    sandbox.turn(json!({ "member_of_ends": "2100-01-01T00:00:00Z" })).await;
    let (finance, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    let rule = format!("user.memberOf -any (group.objectId -in ['{finance}'])");
    let group = new_dynamic(&sandbox, "Of finance", &rule).await;
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Emily Braun", "Pradeep Gupta"]);
    sandbox.post(&format!("/groups/{finance}/members/$ref"), sandbox.reference(&lee)).await;
    process(&sandbox).await;
    assert_eq!(members(&sandbox, &group).await, ["Emily Braun", "Lee Gu", "Pradeep Gupta"]);
    sandbox.delete(&format!("/groups/{finance}/members/{lee}/$ref")).await;
    process(&sandbox).await;
    assert!(members(&sandbox, &group).await.contains(&"Lee Gu".to_owned()));

    sandbox.turn(json!({ "member_of_ends": "2020-01-01T00:00:00Z" })).await;
    let joni = sandbox.user("joni.sherman").await;
    sandbox.post(&format!("/groups/{finance}/members/$ref"), sandbox.reference(&joni)).await;
    process(&sandbox).await;
    assert!(!members(&sandbox, &group).await.contains(&"Joni Sherman".to_owned()));
}

#[tokio::test]
async fn a_seed_file_is_filled_by_its_rules() {
    let sandbox = Sandbox::from_seed(json!({
        "users": [
            { "userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen", "mobilePhone": "+1 206" },
            { "userPrincipalName": "alex.wilber@contoso.com", "displayName": "Alex Wilber" }],
        "devices": [{ "deviceId": "6a7f", "displayName": "Laptop", "operatingSystem": "Windows",
            "extensionAttributes": { "extensionAttribute1": "kiosk" } }],
        "groups": [
            { "displayName": "Mobile", "groupTypes": ["DynamicMembership"], "membershipRuleProcessingState": "On",
              "membershipRule": "user.mobile -ne null", "members": ["alex.wilber@contoso.com"] },
            { "displayName": "Kiosks", "groupTypes": ["DynamicMembership"], "membershipRuleProcessingState": "On",
              "membershipRule": "device.extensionAttribute1 -eq \"kiosk\"" }],
    }))
    .await;
    let (mobile, kiosks) = (sandbox.group("Mobile").await, sandbox.group("Kiosks").await);
    assert_eq!(members(&sandbox, &mobile).await, ["Megan Bowen"]);
    assert_eq!(members(&sandbox, &kiosks).await, ["Laptop"]);
}

#[tokio::test]
async fn invalid_rules_are_refused_with_the_words_of_the_service() {
    let sandbox = contoso().await;
    let cases = [
        ("user.mobilePhone -eq \"1\"", "Request_BadRequest", "Attribute not supported"),
        (
            "user.accountEnabled -contains true",
            "Request_BadRequest",
            "Operator is not supported on attribute",
        ),
        ("user.mail -match \"*@contoso.com\"", "Request_BadRequest", "Query compilation error"),
        ("department -eq \"Sales\"", "InvalidObjectTypeException", "No object type"),
    ];
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    for (rule, expected, text) in cases {
        let created = sandbox.post("/groups", dynamic("Invalid", rule)).await;
        let changed = sandbox.patch(&format!("/groups/{group}"), json!({ "membershipRule": rule })).await;
        for (status, refusal) in [created, changed] {
            assert_eq!((status, code(&refusal)), (400, expected), "{rule}");
            assert!(message(&refusal).contains(text), "{rule}: {refusal}");
        }
    }
    let mut team = dynamic("Team of devices", "device.deviceModel -eq \"x\"");
    team["groupTypes"] = json!(["DynamicMembership", "Unified"]);
    team["mailEnabled"] = true.into();
    assert_eq!(sandbox.post("/groups", team).await.0, 400);
    let long = format!("user.city -eq \"{}\"", "x".repeat(3072));
    assert_eq!(sandbox.post("/groups", dynamic("Long", &long)).await.0, 400);
}

async fn status(sandbox: &Sandbox, group: &str) -> Value {
    let root = sandbox.running.graph_endpoint();
    let url = format!("{root}/beta/groups/{group}?$select=displayName,membershipRuleProcessingStatus");
    let (status, found) = sandbox.get(&url).await;
    assert_eq!(status, 200, "{found}");
    assert!(found["displayName"].is_string());
    found["membershipRuleProcessingStatus"].clone()
}

#[tokio::test]
async fn beta_says_how_far_the_processing_is() {
    let sandbox = contoso().await;
    let group = new_dynamic(&sandbox, "Finance by rule", "user.department -eq \"Finance\"").await;
    assert_eq!(status(&sandbox, &group).await["status"], "NotStarted");
    process(&sandbox).await;
    let done = status(&sandbox, &group).await;
    assert_eq!(done["status"], "Succeeded");
    assert!(done["lastMembershipUpdated"].is_string());
    sandbox
        .patch(&format!("/groups/{group}"), json!({ "membershipRule": "user.department -eq \"Legal\"" }))
        .await;
    assert_eq!(status(&sandbox, &group).await["status"], "Running");
    let (refused, _) = sandbox.get(&format!("/groups/{group}?$select=membershipRuleProcessingStatus")).await;
    assert_eq!(refused, 400);
}

#[tokio::test]
async fn an_application_alone_cannot_try_a_rule() {
    let sandbox = contoso().await;
    let url = format!("{}/beta/groups/evaluateDynamicMembership", sandbox.running.graph_endpoint());
    let body = json!({ "memberId": sandbox.user("lee.gu").await, "membershipRule": "user.city -ne null" });
    assert_eq!(sandbox.post(&url, body).await.0, 403);
}

#[tokio::test]
async fn units_are_filled_by_rules_too() {
    let sandbox = contoso().await;
    let unit = json!({
        "displayName": "Finance people", "membershipType": "Dynamic",
        "membershipRule": "user.department -eq \"Finance\"", "membershipRuleProcessingState": "On",
    });
    let (status, created) = sandbox.post("/directory/administrativeUnits", unit).await;
    assert_eq!(status, 201, "{created}");
    let path = format!("/directory/administrativeUnits/{}", created["id"].as_str().unwrap());
    let listed = format!("{path}/members?$select=displayName");
    assert!(names(&sandbox.get(&listed).await.1).is_empty());
    process(&sandbox).await;
    assert_eq!(names(&sandbox.get(&listed).await.1), ["Emily Braun", "Pradeep Gupta"]);

    let invalid = json!({ "membershipRule": "user.mobilePhone -ne null" });
    assert_eq!(sandbox.patch(&path, invalid).await.0, 400);
    sandbox.patch("/users/emily.braun@contoso.com", json!({ "department": "Legal" })).await;
    process(&sandbox).await;
    assert_eq!(names(&sandbox.get(&listed).await.1), ["Pradeep Gupta"]);
    let assigned = json!({ "membershipType": "Assigned", "membershipRule": null, "membershipRuleProcessingState": null });
    assert_eq!(sandbox.patch(&path, assigned).await.0, 204);
    process(&sandbox).await;
    assert_eq!(names(&sandbox.get(&listed).await.1), ["Pradeep Gupta"]);
}

#[tokio::test]
async fn a_guest_who_may_not_be_added_stops_all_groups() {
    let sandbox = contoso().await;
    let mut guest = new_user("Grady Guest");
    guest["userType"] = "Guest".into();
    guest["department"] = "Finance".into();
    assert_eq!(sandbox.post("/users", guest).await.0, 201);
    let settings = json!({
        "templateId": "62375ab9-6b52-47ed-826b-58e47e0e304b",
        "values": [{ "name": "AllowToAddGuests", "value": "false" }],
    });
    let (created, settings) = sandbox.post("/groupSettings", settings).await;
    assert_eq!(created, 201, "{settings}");
    let mut team = dynamic("Finance team", "user.department -eq \"Finance\"");
    team["groupTypes"] = json!(["DynamicMembership", "Unified"]);
    team["mailEnabled"] = true.into();
    let (created, team) = sandbox.post("/groups", team).await;
    assert_eq!(created, 201, "{team}");
    let team = team["id"].as_str().unwrap();
    process(&sandbox).await;
    let other = new_dynamic(&sandbox, "Other", "user.department -eq \"Finance\"").await;
    process(&sandbox).await;
    assert!(members(&sandbox, team).await.is_empty());
    assert!(members(&sandbox, &other).await.is_empty());
    assert_eq!(status(&sandbox, team).await["status"], "Failed");

    let rule = "user.department -eq \"Finance\" -and user.userType -eq \"Member\"";
    sandbox.patch(&format!("/groups/{team}"), json!({ "membershipRule": rule })).await;
    process(&sandbox).await;
    assert_eq!(members(&sandbox, team).await, ["Emily Braun", "Pradeep Gupta"]);
    assert_eq!(members(&sandbox, &other).await, ["Emily Braun", "Grady Guest", "Pradeep Gupta"]);
}
