//! Creating, converting and deleting groups; members and owners.

use serde_json::{Value, json};

use crate::support::{Sandbox, code, message, names, security_group};

/// A security group with some properties changed.
fn group(name: &str, changes: Value) -> Value {
    let mut body = security_group(name);
    for (property, value) in changes.as_object().unwrap() {
        body[property] = value.clone();
    }
    body
}

#[tokio::test]
async fn each_kind_of_group_gets_its_visibility() {
    let sandbox = Sandbox::contoso().await;
    let unified = json!({ "groupTypes": ["Unified"], "mailEnabled": true });
    let cases = [
        (json!({}), json!(null)),
        (unified, json!("Public")),
        (json!({ "isAssignableToRole": true }), json!("Private")),
    ];
    for (index, (changes, visibility)) in cases.into_iter().enumerate() {
        let (status, created) = sandbox.post("/groups", group(&format!("Kind {index}"), changes)).await;
        assert_eq!((status, &created["visibility"]), (201, &visibility), "{created}");
    }
}

#[tokio::test]
async fn impossible_groups_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let dynamic = ["DynamicMembership"];
    let cases = [
        json!({ "mailEnabled": true }),
        json!({ "securityEnabled": false }),
        json!({ "groupTypes": ["Unified"] }),
        json!({ "groupTypes": ["Distribution"] }),
        json!({ "groupTypes": dynamic }),
        json!({ "groupTypes": dynamic, "membershipRule": "user.city -eq \"X\"" }),
        json!({ "membershipRule": "user.city -eq \"X\"" }),
        json!({ "isAssignableToRole": true, "visibility": "Public" }),
        json!({ "visibility": "HiddenMembership" }),
        json!({ "mailNickname": "with space" }),
        json!({ "description": "x".repeat(1025) }),
        json!({ "mail": "x@contoso.com" }),
        json!({ "theme": "Brown" }),
        json!({ "uniqueName": "retail-managers" }),
    ];
    for changes in cases {
        let (status, refused) = sandbox.post("/groups", group("New", changes.clone())).await;
        assert_eq!((status, code(&refused)), (400, "Request_BadRequest"), "{changes}: {refused}");
    }
}

#[tokio::test]
async fn a_nickname_is_unique_among_microsoft_365_groups_only() {
    let sandbox = Sandbox::contoso().await;
    let unified = json!({ "groupTypes": ["Unified"], "mailEnabled": true, "mailNickname": "Marketing" });
    let (status, refused) = sandbox.post("/groups", group("Again", unified)).await;
    assert_eq!((status, &refused["error"]["details"][0]["code"]), (400, &json!("ObjectConflict")));
    assert_eq!(sandbox.post("/groups", group("Again", json!({ "mailNickname": "marketing" }))).await.0, 201);
}

#[tokio::test]
async fn upsert_creates_once_and_then_updates() {
    let sandbox = Sandbox::contoso().await;
    let path = "/groups(uniqueName='field-crew')";
    let body = json!({ "displayName": "Field crew", "mailEnabled": false, "mailNickname": "field-crew", "securityEnabled": true });
    assert_eq!(sandbox.patch(path, body.clone()).await.0, 404);
    let upsert = |body: Value| {
        crate::support::answer(
            sandbox.request(reqwest::Method::PATCH, path).header("Prefer", "create-if-missing").json(&body),
        )
    };
    let (status, created) = upsert(body).await;
    assert_eq!((status, created["uniqueName"].as_str()), (201, Some("field-crew")));
    assert_eq!(upsert(json!({ "description": "On the road" })).await.0, 204);
    let (_, found) = sandbox.get(path).await;
    assert_eq!((&found["id"], found["description"].as_str()), (&created["id"], Some("On the road")));
}

#[tokio::test]
async fn a_deleted_group_keeps_its_unique_name_until_it_is_purged() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("Retail Managers").await;
    assert_eq!(sandbox.delete(&format!("/groups/{id}")).await.0, 204);
    let body = group("New", json!({ "uniqueName": "retail-managers" }));
    let (status, refused) = sandbox.post("/groups", body.clone()).await;
    assert_eq!((status, refused["error"]["details"][0]["target"].as_str()), (400, Some("uniqueName")));
    let members = format!("/directory/deletedItems/{id}/microsoft.graph.group/members");
    assert_eq!(names(&sandbox.get(&members).await.1), ["Adele Vance", "Lynne Robbins"]);
    assert_eq!(sandbox.delete(&format!("/directory/deletedItems/{id}")).await.0, 204);
    assert_eq!(sandbox.post("/groups", body).await.0, 201);
}

#[tokio::test]
async fn a_restored_group_has_its_members_and_memberships_again() {
    let sandbox = Sandbox::contoso().await;
    let (id, parent) = (sandbox.group("Retail Managers").await, sandbox.group("Retail").await);
    sandbox.delete(&format!("/groups/{id}")).await;
    let cast = format!("/groups/{parent}/members/microsoft.graph.group");
    assert_eq!(sandbox.get(&cast).await.1["value"], json!([]));
    sandbox.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    assert_eq!(names(&sandbox.get(&cast).await.1), ["Retail Managers"]);
    assert_eq!(names(&sandbox.get(&format!("/groups/{id}/members")).await.1).len(), 2);
}

#[tokio::test]
async fn becoming_dynamic_wipes_the_members_and_leaving_it_keeps_them() {
    let sandbox = Sandbox::contoso().await;
    let legal = sandbox.group("Legal").await;
    let dynamic = json!({
        "groupTypes": ["DynamicMembership"],
        "membershipRule": "user.department -eq \"Legal\"",
        "membershipRuleProcessingState": "On",
    });
    assert_eq!(sandbox.patch(&format!("/groups/{legal}"), dynamic).await.0, 204);
    assert_eq!(sandbox.get(&format!("/groups/{legal}/members")).await.1["value"], json!([]));

    let sales = sandbox.group("Sales").await;
    let fixed = json!({ "groupTypes": [], "membershipRuleProcessingState": "Paused" });
    assert_eq!(sandbox.patch(&format!("/groups/{sales}"), fixed).await.0, 204);
    assert_eq!(
        sandbox.get(&format!("/groups/{sales}/members")).await.1["value"].as_array().unwrap().len(),
        4
    );
}

#[tokio::test]
async fn what_is_decided_at_creation_cannot_change() {
    let sandbox = Sandbox::contoso().await;
    let (finance, marketing) = (sandbox.group("Finance").await, sandbox.group("Marketing").await);
    let cases = [
        (&finance, json!({ "isAssignableToRole": true })),
        (&finance, json!({ "groupTypes": ["Unified"] })),
        (&finance, json!({ "uniqueName": "finance" })),
        (&marketing, json!({ "groupTypes": [] })),
        (&marketing, json!({ "visibility": "HiddenMembership" })),
    ];
    for (id, body) in cases {
        assert_eq!(sandbox.patch(&format!("/groups/{id}"), body.clone()).await.0, 400, "{body}");
    }
}

#[tokio::test]
async fn members_of_dynamic_and_synchronised_groups_cannot_be_written() {
    let sandbox = Sandbox::contoso().await;
    let lee = sandbox.user("lee.gu").await;
    for (name, status) in [("Sales", 403), ("Warehouse", 400)] {
        let id = sandbox.group(name).await;
        let (found, refused) =
            sandbox.post(&format!("/groups/{id}/members/$ref"), sandbox.reference(&lee)).await;
        assert_eq!(found, status, "{name}: {refused}");
    }
    let warehouse = sandbox.group("Warehouse").await;
    assert_eq!(sandbox.patch(&format!("/groups/{warehouse}"), json!({ "description": "x" })).await.0, 400);
}

#[tokio::test]
async fn a_member_can_be_added_once_and_removed_once() {
    let sandbox = Sandbox::contoso().await;
    let (id, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    let add = format!("/groups/{id}/members/$ref");
    assert_eq!(sandbox.post(&add, sandbox.reference(&lee)).await.0, 204);
    let (status, again) = sandbox.post(&add, sandbox.reference(&lee)).await;
    let expected =
        "One or more added object references already exist for the following modified properties: 'members'.";
    assert_eq!((status, message(&again)), (400, expected));
    let remove = format!("/groups/{id}/members/{lee}/$ref");
    assert_eq!(sandbox.delete(&remove).await.0, 204);
    assert_eq!(sandbox.delete(&remove).await.0, 404);
    let missing = "99999999-9999-9999-9999-999999999999";
    let (status, body) = sandbox.post(&add, sandbox.reference(missing)).await;
    assert_eq!((status, code(&body)), (404, "Request_ResourceNotFound"));
}

#[tokio::test]
async fn forgetting_ref_deletes_the_member_itself() {
    let sandbox = Sandbox::contoso().await;
    let (id, user) = (sandbox.group("Finance").await, sandbox.user("pradeep.gupta").await);
    assert_eq!(sandbox.delete(&format!("/groups/{id}/members/{user}")).await.0, 204);
    assert_eq!(sandbox.get(&format!("/users/{user}")).await.0, 404);
    assert_eq!(sandbox.running.stats().ref_traps, 1);
}

#[tokio::test]
async fn binds_are_all_or_nothing_and_at_most_twenty() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.new_group("Bulk").await;
    let (_, users) = sandbox.get("/users?$select=id&$filter=userType eq 'Member'").await;
    let urls: Vec<_> = users["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| sandbox.bind(user["id"].as_str().unwrap()))
        .collect();
    let path = format!("/groups/{id}");
    let (status, refused) = sandbox.patch(&path, json!({ "members@odata.bind": urls[..21] })).await;
    assert_eq!((status, message(&refused)), (400, "A resource cannot contain more than 20 link changes."));
    let both = json!({ "members@odata.bind": urls[..19], "owners@odata.bind": urls[..2] });
    assert_eq!(sandbox.patch(&path, both).await.0, 400);
    assert_eq!(sandbox.patch(&path, json!({ "members@odata.bind": urls[..20] })).await.0, 204);
    let overlap = json!({ "members@odata.bind": urls[19..25] });
    assert_eq!(sandbox.patch(&path, overlap).await.0, 400);
    let (_, members) = sandbox.get(&format!("{path}/members")).await;
    assert_eq!(members["value"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn only_suitable_objects_become_members_or_owners() {
    let sandbox = Sandbox::contoso().await;
    let finance = sandbox.group("Finance").await;
    let cases = [
        ("Marketing", "members", "Finance", 400),
        ("Legal", "members", "Marketing", 400),
        ("Tier 0 admins", "members", "Finance", 400),
        ("Legal", "owners", "Finance", 400),
        ("Legal", "members", "Finance", 204),
    ];
    for (source, relation, target, status) in cases {
        let (source, target) = (sandbox.group(source).await, sandbox.group(target).await);
        let path = format!("/groups/{source}/{relation}/$ref");
        assert_eq!(sandbox.post(&path, sandbox.reference(&target)).await.0, status, "{path} {target}");
    }
    let (_, memberships) = sandbox.get(&format!("/groups/{finance}/memberOf")).await;
    assert_eq!(names(&memberships), ["Legal"]);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let sandbox = Sandbox::contoso().await;
    let (id, emily, lee) =
        (sandbox.group("Finance").await, sandbox.user("emily.braun").await, sandbox.user("lee.gu").await);
    let remove = format!("/groups/{id}/owners/{emily}/$ref");
    assert_eq!(sandbox.delete(&remove).await.0, 400);
    assert_eq!(sandbox.post(&format!("/groups/{id}/owners/$ref"), sandbox.reference(&lee)).await.0, 204);
    assert_eq!(sandbox.delete(&remove).await.0, 204);
}

#[tokio::test]
async fn a_licensed_group_cannot_be_deleted() {
    let license = json!([{ "skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "disabledPlans": [] }]);
    let seed = json!({ "groups": [{ "displayName": "Licensed", "assignedLicenses": license }] });
    let sandbox = Sandbox::from_seed(seed).await;
    let id = sandbox.group("Licensed").await;
    assert_eq!(sandbox.delete(&format!("/groups/{id}")).await.0, 400);
    assert_eq!(sandbox.get(&format!("/groups/{id}")).await.0, 200);
}

#[tokio::test]
async fn only_a_unique_name_can_be_upserted() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users(userPrincipalName='new.hire@contoso.com')";
    let request = sandbox.request(reqwest::Method::PATCH, path).header("Prefer", "create-if-missing");
    let (status, _) = crate::support::answer(request.json(&crate::support::new_user("New Hire"))).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn ownerless_groups_are_found_by_counting() {
    let sandbox = Sandbox::contoso().await;
    let (status, found) = sandbox.get_advanced("/groups?$count=true&$filter=owners/$count eq 0").await;
    assert_eq!((status, names(&found)), (200, vec!["Warehouse"]));
}

#[tokio::test]
async fn a_tenant_has_at_most_500_role_assignable_groups_deleted_ones_included() {
    let group =
        |number: usize| json!({ "displayName": format!("Tier {number}"), "isAssignableToRole": true });
    let groups: Vec<Value> = (0..498).map(group).collect();
    let sandbox = Sandbox::from_seed(json!({ "groups": groups, "deletedGroups": [group(498)] })).await;
    let new = |name: &str| {
        let mut group = security_group(name);
        group["isAssignableToRole"] = true.into();
        group["visibility"] = "Private".into();
        group
    };
    assert_eq!(sandbox.post("/groups", new("Tier 499")).await.0, 201);
    let (status, refused) = sandbox.post("/groups", new("Tier 500")).await;
    assert_eq!((status, code(&refused)), (400, "Directory_QuotaExceeded"));
    assert_eq!(sandbox.post("/groups", security_group("Stores")).await.0, 201);
}
