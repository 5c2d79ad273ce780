//! Settings by template, of the tenant and of single groups.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Sandbox, code, message, names};

const UNIFIED: &str = "62375ab9-6b52-47ed-826b-58e47e0e304b";
const GUEST: &str = "08d542b9-071f-4e16-94b0-74abb372e3d9";
const PASSWORDS: &str = "5cf42378-d67d-4f36-ba46-e8b86229381d";

/// A list of values as requests carry it.
fn values(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn settings(template: &str, pairs: &[(&str, &str)]) -> Value {
    json!({ "templateId": template, "values": values(pairs) })
}

/// The values of a settings object by name.
fn read(settings: &Value) -> BTreeMap<&str, &str> {
    let list = settings["values"].as_array().unwrap();
    list.iter().map(|entry| (entry["name"].as_str().unwrap(), entry["value"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn templates_are_there_and_settings_are_not() {
    let sandbox = Sandbox::contoso().await;
    let (_, templates) = sandbox.get("/groupSettingTemplates").await;
    assert_eq!(templates["value"].as_array().unwrap().len(), 8, "{templates}");
    assert!(names(&templates).contains(&"Group.Unified"));
    let (_, template) = sandbox.get(&format!("/groupSettingTemplates/{PASSWORDS}")).await;
    let threshold =
        template["values"].as_array().unwrap().iter().find(|value| value["name"] == "LockoutThreshold");
    assert_eq!(threshold.unwrap()["type"], "System.Int32");
    assert_eq!(sandbox.get("/groupSettings").await.1["value"], json!([]));
    assert_eq!(sandbox.post("/groupSettingTemplates", json!({})).await.0, 405);
}

#[tokio::test]
async fn what_a_request_leaves_out_is_at_its_default() {
    let sandbox = Sandbox::contoso().await;
    let body = settings(
        UNIFIED,
        &[("EnableGroupCreation", "False"), ("UsageGuidelinesUrl", "https://contoso.com/groups")],
    );
    let (status, created) = sandbox.post("/groupSettings", body).await;
    assert_eq!((status, created["displayName"].as_str()), (201, Some("Group.Unified")), "{created}");
    let found = read(&created);
    assert_eq!((found["EnableGroupCreation"], found["AllowToAddGuests"], found.len()), ("False", "true", 15));

    let path = format!("/groupSettings/{}", created["id"].as_str().unwrap());
    let change = json!({ "values": values(&[("AllowToAddGuests", "false")]) });
    assert_eq!(sandbox.patch(&path, change).await, (204, json!(null)));
    let (_, changed) = sandbox.get(&path).await;
    let found = read(&changed);
    assert_eq!(
        (found["AllowToAddGuests"], found["EnableGroupCreation"], found["UsageGuidelinesUrl"]),
        ("false", "true", "")
    );

    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get("/groupSettings").await.1["value"], json!([]));
}

#[tokio::test]
async fn each_template_has_one_object() {
    let sandbox = Sandbox::contoso().await;
    let body = settings(PASSWORDS, &[("LockoutThreshold", "5")]);
    assert_eq!(sandbox.post("/groupSettings", body.clone()).await.0, 201);
    let (status, refused) = sandbox.post("/groupSettings", body).await;
    let expected =
        "A conflicting object with one or more of the specified property values is present in the directory.";
    assert_eq!((status, message(&refused)), (400, expected));
    assert_eq!(sandbox.post("/groupSettings", settings(UNIFIED, &[])).await.0, 201);
}

#[tokio::test]
async fn impossible_settings_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let long = "x".repeat(301);
    let words = vec!["word"; 5001].join(",");
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("11111111-1111-1111-1111-111111111111", &[]),
        (GUEST, &[]),
        (UNIFIED, &[("EnableGroupCreations", "true")]),
        (UNIFIED, &[("EnableGroupCreation", "yes")]),
        (UNIFIED, &[("EnableGroupCreation", "")]),
        (UNIFIED, &[("EnableGroupCreation", "true"), ("EnableGroupCreation", "false")]),
        (UNIFIED, &[("GroupCreationAllowedGroupId", "Retail Managers")]),
        (UNIFIED, &[("DefaultClassification", "Low")]),
        (UNIFIED, &[("DefaultClassification", "High"), ("ClassificationList", "Low,Medium")]),
        (UNIFIED, &[("ClassificationDescriptions", &long), ("ClassificationList", "Low")]),
        (UNIFIED, &[("ClassificationDescriptions", "Low"), ("ClassificationList", "Low")]),
        (UNIFIED, &[("PrefixSuffixNamingRequirement", "GRP_")]),
        (UNIFIED, &[("PrefixSuffixNamingRequirement", "[GroupName]_[GroupName]")]),
        (UNIFIED, &[("CustomBlockedWordsList", &words)]),
        (PASSWORDS, &[("LockoutThreshold", "ten")]),
        (PASSWORDS, &[("BannedPasswordCheckOnPremisesMode", "Warn")]),
    ];
    for (template, pairs) in cases {
        let (status, refused) = sandbox.post("/groupSettings", settings(template, pairs)).await;
        let shown = pairs.first().map(|(name, _)| *name);
        assert_eq!((status, code(&refused)), (400, "Request_BadRequest"), "{template} {shown:?}: {refused}");
    }
    let bodies = [
        json!({ "templateId": UNIFIED }),
        json!({ "values": [] }),
        json!({ "templateId": UNIFIED, "values": [{ "name": "EnableGroupCreation", "value": false }] }),
        json!({ "templateId": UNIFIED, "values": [], "displayName": "Mine" }),
    ];
    for body in bodies {
        assert_eq!(sandbox.post("/groupSettings", body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(sandbox.get("/groupSettings").await.1["value"], json!([]));
}

#[tokio::test]
async fn a_group_has_settings_of_its_own() {
    let sandbox = Sandbox::contoso().await;
    let (marketing, finance) = (sandbox.group("Marketing").await, sandbox.group("Finance").await);
    let path = format!("/groups/{marketing}/settings");
    assert_eq!(sandbox.post(&path, settings(UNIFIED, &[])).await.0, 400);
    let body = settings(GUEST, &[("AllowToAddGuests", "false")]);
    let (status, created) = sandbox.post(&path, body.clone()).await;
    assert_eq!((status, created["displayName"].as_str()), (201, Some("Group.Unified.Guest")), "{created}");
    assert_eq!(sandbox.post(&path, body).await.0, 400);

    let id = created["id"].as_str().unwrap();
    let one = format!("{path}/{id}");
    assert_eq!(sandbox.get(&path).await.1["value"][0]["id"], id);
    assert_eq!(sandbox.get(&one).await.1["values"], created["values"]);
    assert_eq!(sandbox.get("/groupSettings").await.1["value"], json!([]));
    assert_eq!(sandbox.get(&format!("/groupSettings/{id}")).await.0, 404);
    assert_eq!(sandbox.get(&format!("/groups/{finance}/settings/{id}")).await.0, 404);

    let change = json!({ "values": values(&[("AllowToAddGuests", "True")]) });
    assert_eq!(sandbox.patch(&one, change).await.0, 204);
    assert_eq!(read(&sandbox.get(&one).await.1)["AllowToAddGuests"], "True");
    assert_eq!(sandbox.delete(&one).await.0, 204);
    assert_eq!(sandbox.get(&path).await.1["value"], json!([]));
    assert_eq!(sandbox.running.stats().ref_traps, 0);
}

#[tokio::test]
async fn settings_go_with_their_group() {
    let sandbox = Sandbox::contoso().await;
    let group = sandbox.group("Marketing").await;
    assert_eq!(sandbox.post(&format!("/groups/{group}/settings"), settings(GUEST, &[])).await.0, 201);
    assert_eq!(sandbox.delete(&format!("/groups/{group}")).await.0, 204);
    assert_eq!(sandbox.state().await["groupSettings"].as_array().unwrap().len(), 1);
    assert_eq!(sandbox.delete(&format!("/directory/deletedItems/{group}")).await.0, 204);
    assert_eq!(sandbox.state().await["groupSettings"], json!([]));
    assert_eq!(sandbox.get("/groupSettings").await.1["value"], json!([]));
}

#[tokio::test]
async fn a_seed_states_settings_and_the_state_gives_them_back() {
    let seed = json!({
        "groupSettings": [
            settings(UNIFIED, &[("AllowToAddGuests", "False")]),
            { "id": "31111111-1111-1111-1111-111111111111", "templateId": GUEST, "values": [] },
        ],
        "groups": [{ "displayName": "Crew", "groupTypes": ["Unified"], "settings": ["31111111-1111-1111-1111-111111111111"] }],
    });
    let sandbox = Sandbox::from_seed(seed).await;
    let (_, found) = sandbox.get("/groupSettings").await;
    assert_eq!(found["value"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(read(&found["value"][0])["AllowToAddGuests"], "False");
    assert_eq!(read(&found["value"][0])["AllowGuestsToAccessGroups"], "true");
    let group = sandbox.group("Crew").await;
    let (_, of_group) = sandbox.get(&format!("/groups/{group}/settings")).await;
    assert_eq!(read(&of_group["value"][0])["AllowToAddGuests"], "true");
    let state = sandbox.state().await;
    let again = Sandbox::from_seed(state.clone()).await;
    for section in ["groupSettings", "groups", "authorizationPolicy"] {
        assert_eq!(again.state().await[section], state[section], "{section}");
    }
}
