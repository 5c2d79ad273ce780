//! What a token without the permission for an operation gets.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sandbox, answer, code, message, new_user, registered, security_group, token};

/// Signs in as an application with these application permissions and no other.
async fn token_with(sandbox: &Sandbox, roles: &[&str]) -> String {
    let description = json!({ "displayName": roles.join(" and "), "roles": roles,
        "passwordCredentials": [{ "secretText": "one" }] });
    let application = registered(sandbox, description).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", application["appId"].as_str().unwrap()),
        ("client_secret", "one"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let (_, answer) = token(&sandbox.client, &sandbox.running, "contoso.com", &form).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

/// A sandbox whose token has these permissions and no other.
async fn limited(roles: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::contoso().await;
    sandbox.token = token_with(&sandbox, roles).await;
    sandbox
}

fn is_denied((status, body): &(u16, Value)) -> bool {
    let denied = (*status, code(body)) == (403, "Authorization_RequestDenied");
    assert!(!denied || message(body) == "Insufficient privileges to complete the operation.");
    denied
}

#[tokio::test]
async fn a_token_without_permissions_may_do_nothing() {
    let sandbox = limited(&[]).await;
    let id = "11111111-1111-1111-1111-111111111111";
    let paths = [
        (Method::GET, "/users".to_owned()),
        (Method::GET, "/users/$count".to_owned()),
        (Method::GET, "/users/adele.vance@contoso.com/manager".to_owned()),
        (Method::GET, "/users/adele.vance@contoso.com/memberOf".to_owned()),
        (Method::POST, "/users".to_owned()),
        (Method::GET, "/groups".to_owned()),
        (Method::GET, format!("/groups/{id}/members/microsoft.graph.user")),
        (Method::PATCH, format!("/groups/{id}")),
        (Method::POST, format!("/groups/{id}/members/$ref")),
        (Method::DELETE, format!("/groups/{id}/owners/{id}/$ref")),
        (Method::POST, "/invitations".to_owned()),
        (Method::GET, "/organization".to_owned()),
        (Method::GET, "/subscribedSkus".to_owned()),
        (Method::GET, "/devices".to_owned()),
        (Method::GET, "/servicePrincipals".to_owned()),
        (Method::POST, "/directoryObjects/getByIds".to_owned()),
        (Method::GET, format!("/directoryObjects/{id}")),
        (Method::GET, "/directory/deletedItems/microsoft.graph.user".to_owned()),
        (Method::GET, "/policies/authorizationPolicy".to_owned()),
        (Method::PATCH, "/policies/authorizationPolicy".to_owned()),
        (Method::GET, "/groupLifecyclePolicies".to_owned()),
        (Method::POST, "/groupLifecyclePolicies".to_owned()),
        (Method::POST, format!("/groupLifecyclePolicies/{id}/addGroup")),
        (Method::GET, format!("/groups/{id}/groupLifecyclePolicies")),
        (Method::GET, "/directory/administrativeUnits".to_owned()),
        (Method::POST, "/directory/administrativeUnits".to_owned()),
        (Method::GET, format!("/directory/administrativeUnits/{id}/members")),
        (Method::POST, format!("/directory/administrativeUnits/{id}/members")),
        (Method::POST, format!("/directory/administrativeUnits/{id}/members/$ref")),
        (Method::POST, format!("/directory/administrativeUnits/{id}/scopedRoleMembers")),
        (Method::GET, "/directory/deletedItems/microsoft.graph.administrativeUnit".to_owned()),
        (Method::GET, "/directoryRoles".to_owned()),
        (Method::POST, "/directoryRoles".to_owned()),
        (Method::GET, "/directoryRoleTemplates".to_owned()),
        (Method::GET, "/groupSettings".to_owned()),
        (Method::GET, "/groupSettingTemplates".to_owned()),
        (Method::POST, "/groupSettings".to_owned()),
        (Method::GET, format!("/groups/{id}/settings")),
        (Method::POST, format!("/groups/{id}/settings")),
        (Method::PATCH, format!("/groups/{id}/settings/{id}")),
    ];
    for (method, path) in paths {
        let found = answer(sandbox.request(method.clone(), &path).json(&json!({}))).await;
        assert!(is_denied(&found), "{method} {path}: {found:?}");
    }
}

#[tokio::test]
async fn reading_does_not_allow_writing() {
    let sandbox = limited(&["Directory.Read.All"]).await;
    let group = sandbox.group("Retail").await;
    for path in ["/users", "/organization", "/subscribedSkus", "/devices", "/servicePrincipals"] {
        assert_eq!(sandbox.get(path).await.0, 200, "{path}");
    }
    assert!(is_denied(&sandbox.post("/users", new_user("Miriam Graham")).await));
    assert!(is_denied(&sandbox.post("/groups", security_group("New")).await));
    assert!(is_denied(&sandbox.patch(&format!("/groups/{group}"), json!({ "description": "x" })).await));
    assert!(is_denied(&sandbox.delete(&format!("/groups/{group}")).await));
}

#[tokio::test]
async fn each_kind_of_write_has_its_own_permission() {
    let sandbox = limited(&["User.ReadWrite.All"]).await;
    assert_eq!(sandbox.post("/users", new_user("Conference Room")).await.0, 201);
    assert!(is_denied(&sandbox.post("/groups", security_group("New")).await));
    assert!(is_denied(&sandbox.get("/groups").await));

    let sandbox = limited(&["Group.ReadWrite.All"]).await;
    assert_eq!(sandbox.post("/groups", security_group("New")).await.0, 201);
    assert!(is_denied(&sandbox.get("/users").await));
}

#[tokio::test]
async fn membership_is_writable_without_the_rest_of_a_group() {
    let mut sandbox = Sandbox::contoso().await;
    let (group, user) = (sandbox.group("Retail").await, sandbox.user("diego.siciliani").await);
    sandbox.token = token_with(&sandbox, &["GroupMember.ReadWrite.All"]).await;
    let bind = json!({ "members@odata.bind": [sandbox.bind(&user)] });
    assert_eq!(sandbox.patch(&format!("/groups/{group}"), bind).await.0, 204);
    assert_eq!(sandbox.delete(&format!("/groups/{group}/members/{user}/$ref")).await.0, 204);
    assert!(is_denied(&sandbox.patch(&format!("/groups/{group}"), json!({ "description": "x" })).await));
    assert!(is_denied(
        &sandbox.post(&format!("/groups/{group}/owners/$ref"), sandbox.reference(&user)).await
    ));
}

#[tokio::test]
async fn role_assignable_groups_take_a_permission_more() {
    let mut sandbox = Sandbox::contoso().await;
    let mut assignable = security_group("Operators");
    assignable["isAssignableToRole"] = true.into();
    let (status, made) = sandbox.post("/groups", assignable.clone()).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/groups/{}", made["id"].as_str().unwrap());
    let user = sandbox.user("lee.gu").await;

    sandbox.token = token_with(&sandbox, &["Group.ReadWrite.All", "User.Read.All"]).await;
    assignable["displayName"] = "More operators".into();
    assignable["mailNickname"] = "more-operators".into();
    assert!(is_denied(&sandbox.post("/groups", assignable).await));
    assert!(is_denied(&sandbox.patch(&path, json!({ "description": "x" })).await));
    assert!(is_denied(&sandbox.post(&format!("{path}/members/$ref"), sandbox.reference(&user)).await));
    assert!(is_denied(&sandbox.delete(&path).await));
    assert_eq!(sandbox.get(&path).await.0, 200);
}

#[tokio::test]
async fn custom_security_attributes_take_a_permission_of_their_own() {
    let mut sandbox = Sandbox::contoso().await;
    let user = format!("/users/{}", sandbox.user("lee.gu").await);
    sandbox.token = token_with(&sandbox, &["User.ReadWrite.All"]).await;
    assert!(is_denied(&sandbox.get(&format!("{user}?$select=id,customSecurityAttributes")).await));
    let change = json!({ "customSecurityAttributes": { "Engineering": {
        "@odata.type": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue", "Level": "1" } } });
    assert!(is_denied(&sandbox.patch(&user, change.clone()).await));
    assert_eq!(sandbox.get(&user).await.0, 200);
    sandbox.token =
        token_with(&sandbox, &["User.Read.All", "CustomSecAttributeAssignment.ReadWrite.All"]).await;
    assert_eq!(sandbox.patch(&user, change).await.0, 204);
    assert!(is_denied(&sandbox.patch(&user, json!({ "displayName": "x" })).await));
}

#[tokio::test]
async fn governance_is_read_and_written_with_permissions_of_its_own() {
    let sandbox = limited(&["Policy.Read.All", "GroupSettings.Read.All"]).await;
    let policy = "/policies/authorizationPolicy";
    let settings = json!({ "templateId": "62375ab9-6b52-47ed-826b-58e47e0e304b", "values": [] });
    for path in [policy, "/groupSettings", "/groupSettingTemplates"] {
        assert_eq!(sandbox.get(path).await.0, 200, "{path}");
    }
    assert!(is_denied(&sandbox.patch(policy, json!({ "allowedToUseSSPR": false })).await));
    assert!(is_denied(&sandbox.post("/groupSettings", settings.clone()).await));

    let sandbox = limited(&["Policy.ReadWrite.Authorization", "GroupSettings.ReadWrite.All"]).await;
    assert_eq!(sandbox.patch(policy, json!({ "allowedToUseSSPR": false })).await.0, 204);
    assert_eq!(sandbox.post("/groupSettings", settings).await.0, 201);
    assert!(is_denied(&sandbox.get(policy).await));
}

#[tokio::test]
async fn units_their_groups_and_their_roles_take_different_permissions() {
    let mut sandbox = Sandbox::contoso().await;
    let own = sandbox.token.clone();
    let set = "/directory/administrativeUnits";
    let (_, made) = sandbox.post(set, json!({ "displayName": "Retail" })).await;
    let members = format!("{set}/{}/members", made["id"].as_str().unwrap());
    let reference = sandbox.reference(&sandbox.user("lee.gu").await);
    let mut inside = security_group("Inside");
    inside["@odata.type"] = "#microsoft.graph.group".into();

    sandbox.token = token_with(&sandbox, &["Group.Create"]).await;
    assert!(is_denied(&sandbox.post(&format!("{members}/$ref"), reference.clone()).await));
    assert!(is_denied(&sandbox.get(&members).await));
    assert_eq!(sandbox.post(&members, inside.clone()).await.0, 201);

    sandbox.token = token_with(&sandbox, &["AdministrativeUnit.ReadWrite.All"]).await;
    assert_eq!(sandbox.post(&format!("{members}/$ref"), reference).await.0, 204);
    assert!(is_denied(&sandbox.post(&members, inside).await));
    let held = members.replace("members", "scopedRoleMembers");
    assert!(is_denied(&sandbox.get(&held).await));
    sandbox.token = own;
    assert_eq!(sandbox.get(&held).await.0, 200);
}

#[tokio::test]
async fn deleted_objects_take_what_their_type_takes() {
    let mut sandbox = Sandbox::contoso().await;
    let id = sandbox.user("lee.gu").await;
    assert_eq!(sandbox.delete(&format!("/users/{id}")).await.0, 204);
    let (deleted, restore) =
        (format!("/directory/deletedItems/{id}"), format!("/directory/deletedItems/{id}/restore"));
    sandbox.token = token_with(&sandbox, &["Group.ReadWrite.All", "User.Read.All"]).await;
    assert_eq!(sandbox.get(&deleted).await.0, 200);
    assert!(is_denied(&sandbox.post(&restore, json!({})).await));
    assert!(is_denied(&sandbox.delete(&deleted).await));
    sandbox.token = token_with(&sandbox, &["User.DeleteRestore.All"]).await;
    assert_eq!(sandbox.post(&restore, json!({})).await.0, 200);
}

#[tokio::test]
async fn asking_for_memberships_is_reading() {
    let mut sandbox = Sandbox::contoso().await;
    let path = format!("/users/{}/getMemberGroups", sandbox.user("lee.gu").await);
    let question = json!({ "securityEnabledOnly": false });
    sandbox.token = token_with(&sandbox, &["User.Read.All"]).await;
    assert_eq!(sandbox.post(&path, question.clone()).await.0, 200);
    sandbox.token = token_with(&sandbox, &["Device.Read.All"]).await;
    assert!(is_denied(&sandbox.post(&path, question).await));
}

#[tokio::test]
async fn delta_takes_what_the_list_takes() {
    let sandbox = limited(&["User.Read.All"]).await;
    for path in ["/users/delta", "/users/delta()", "/users/microsoft.graph.delta()"] {
        assert_eq!(sandbox.get(path).await.0, 200, "{path}");
    }
    for path in ["/groups/delta", "/groups/delta()", "/groups/microsoft.graph.delta()"] {
        assert!(is_denied(&sandbox.get(path).await), "{path}");
    }
}

#[tokio::test]
async fn in_a_batch_each_item_is_judged_by_itself() {
    let sandbox = limited(&["User.Read.All"]).await;
    let (status, answer) = sandbox
        .post(
            "/$batch",
            json!({ "requests": [
                { "id": "1", "method": "GET", "url": "/users?$top=1" },
                { "id": "2", "method": "GET", "url": "/groups?$top=1" },
            ] }),
        )
        .await;
    assert_eq!(status, 200, "{answer}");
    let status_of = |id: &str| {
        let items = answer["responses"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).unwrap()["status"].clone()
    };
    assert_eq!((status_of("1"), status_of("2")), (json!(200), json!(403)));
}

#[tokio::test]
async fn licenses_take_a_permission_of_their_own_and_reprocessing_another() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.group("Retail").await, sandbox.user("adele.vance").await);
    let body = json!({ "addLicenses": [], "removeLicenses": [] });
    let calls = [
        (Method::GET, "/subscribedSkus".to_owned(), ["LicenseAssignment.Read.All", "User.Read.All"]),
        (
            Method::GET,
            format!("/users/{adele}/licenseDetails"),
            ["LicenseAssignment.Read.All", "User.Read.All"],
        ),
        (
            Method::POST,
            format!("/users/{adele}/assignLicense"),
            ["LicenseAssignment.ReadWrite.All", "LicenseAssignment.Read.All"],
        ),
        (
            Method::POST,
            format!("/groups/{group}/assignLicense"),
            ["LicenseAssignment.ReadWrite.All", "GroupMember.ReadWrite.All"],
        ),
        (
            Method::POST,
            format!("/users/{adele}/reprocessLicenseAssignment"),
            ["User.ReadWrite.All", "LicenseAssignment.ReadWrite.All"],
        ),
        (
            Method::GET,
            format!("/groups/{group}/membersWithLicenseErrors"),
            ["GroupMember.Read.All", "LicenseAssignment.Read.All"],
        ),
    ];
    for (method, path, [enough, too_little]) in calls {
        let sandbox = limited(&[enough]).await;
        let found = answer(sandbox.request(method.clone(), &path).json(&body)).await;
        assert!(found.0 < 300, "{method} {path}: {found:?}");
        let sandbox = limited(&[too_little]).await;
        let found = answer(sandbox.request(method.clone(), &path).json(&body)).await;
        assert!(is_denied(&found), "{method} {path}: {found:?}");
    }
}
