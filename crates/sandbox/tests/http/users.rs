//! Creating, changing, deleting and restoring users, and inviting guests.

use serde_json::json;

use crate::support::{Sandbox, code, message, new_user};

#[tokio::test]
async fn a_new_user_has_what_the_service_fills_in() {
    let sandbox = Sandbox::contoso().await;
    let mut body = new_user("New Hire");
    body["mail"] = json!("new.hire@contoso.com");
    body["manager@odata.bind"] = json!(sandbox.bind(&sandbox.user("lee.gu").await));
    body["sponsors@odata.bind"] = json!([sandbox.bind(&sandbox.user("ben.walters").await)]);
    let (status, created) = sandbox.post("/users", body).await;
    assert_eq!(status, 201, "{created}");
    let id = created["id"].as_str().unwrap();
    let (_, user) = sandbox
        .get(&format!("/users/{id}?$select=userType,proxyAddresses,createdDateTime,creationType"))
        .await;
    assert_eq!((user["userType"].as_str(), &user["creationType"]), (Some("Member"), &json!(null)));
    assert_eq!(user["proxyAddresses"], json!(["SMTP:new.hire@contoso.com"]));
    assert!(user["createdDateTime"].as_str().unwrap().ends_with('Z'));
    assert_eq!(sandbox.get(&format!("/users/{id}/manager")).await.1["displayName"], "Lee Gu");
    assert_eq!(
        sandbox.get(&format!("/users/{id}/sponsors")).await.1["value"][0]["displayName"],
        "Ben Walters"
    );
}

#[tokio::test]
async fn a_bad_user_is_refused_and_the_property_named() {
    let sandbox = Sandbox::contoso().await;
    let cases = [
        ("shoeSize", json!(42), "shoeSize"),
        ("createdDateTime", json!("2026-01-01T00:00:00Z"), "createdDateTime"),
        ("displayName", json!(7), "displayName"),
        ("displayName", json!(null), "displayName"),
        ("displayName", json!("x".repeat(257)), "displayName"),
        ("department", json!(""), "department"),
        ("businessPhones", json!(["1", "2"]), "businessPhones"),
        ("userPrincipalName", json!("new.hire@fabrikam.com"), "userPrincipalName"),
        ("userPrincipalName", json!("new hire@contoso.com"), "userPrincipalName"),
        ("userPrincipalName", json!("new.@contoso.com"), "userPrincipalName"),
        ("usageLocation", json!("usa"), "usageLocation"),
        ("userType", json!("Robot"), "userType"),
        ("employeeHireDate", json!("yesterday"), "employeeHireDate"),
        ("employeeOrgData", json!({ "floor": "3" }), "floor"),
        ("passwordProfile", json!({ "password": "short1A" }), "password"),
        ("passwordProfile", json!({ "password": "onlylowercase1" }), "password"),
    ];
    for (name, value, named) in cases {
        let mut body = new_user("New Hire");
        body[name] = value.clone();
        let (status, refused) = sandbox.post("/users", body).await;
        assert_eq!((status, code(&refused)), (400, "Request_BadRequest"), "{name}: {value}: {refused}");
        assert!(message(&refused).contains(named), "{name}: {}", message(&refused));
    }
    for name in ["displayName", "accountEnabled", "mailNickname", "userPrincipalName", "passwordProfile"] {
        let mut body = new_user("New Hire");
        body.as_object_mut().unwrap().remove(name);
        assert_eq!(sandbox.post("/users", body).await.0, 400, "without {name}");
    }
    assert_eq!(sandbox.post("/users", new_user("New Hire")).await.0, 201);
}

#[tokio::test]
async fn names_and_addresses_are_unique_without_regard_to_case() {
    let sandbox = Sandbox::contoso().await;
    let mut same_name = new_user("New Hire");
    same_name["userPrincipalName"] = json!("LEE.GU@contoso.com");
    let mut same_mail = new_user("New Hire");
    same_mail["mail"] = json!("Marketing@contoso.com");
    for (body, target) in [(same_name, "userPrincipalName"), (same_mail, "proxyAddresses")] {
        let (status, refused) = sandbox.post("/users", body).await;
        assert_eq!((status, code(&refused)), (400, "Request_BadRequest"));
        let detail = &refused["error"]["details"][0];
        assert_eq!(
            (detail["code"].as_str(), detail["target"].as_str()),
            (Some("ObjectConflict"), Some(target))
        );
    }
}

#[tokio::test]
async fn an_update_changes_what_it_carries_and_null_clears() {
    let sandbox = Sandbox::contoso().await;
    let body = json!({ "city": "Paris", "jobTitle": null, "businessPhones": ["+33 1"], "employeeOrgData": { "division": "West" } });
    assert_eq!(sandbox.patch("/users/lee.gu@contoso.com", body).await.0, 204);
    sandbox.patch("/users/lee.gu@contoso.com", json!({ "employeeOrgData": { "costCenter": "7" } })).await;
    let select = "city,jobTitle,businessPhones,department,employeeOrgData";
    let (_, user) = sandbox.get(&format!("/users/lee.gu@contoso.com?$select={select}")).await;
    assert_eq!((user["city"].as_str(), &user["jobTitle"]), (Some("Paris"), &json!(null)));
    assert_eq!(
        (&user["businessPhones"], user["department"].as_str()),
        (&json!(["+33 1"]), Some("Engineering"))
    );
    assert_eq!(user["employeeOrgData"], json!({ "division": "West", "costCenter": "7" }));
    for name in ["displayName", "accountEnabled", "usageLocation", "userPrincipalName"] {
        assert_eq!(sandbox.patch("/users/lee.gu@contoso.com", json!({ name: null })).await.0, 400, "{name}");
    }
}

#[tokio::test]
async fn a_new_mail_address_keeps_the_former_one_as_secondary() {
    let sandbox = Sandbox::contoso().await;
    sandbox.patch("/users/lee.gu@contoso.com", json!({ "mail": "lee@contoso.com" })).await;
    let (_, user) = sandbox.get("/users/lee.gu@contoso.com?$select=proxyAddresses").await;
    assert_eq!(user["proxyAddresses"], json!(["SMTP:lee@contoso.com", "smtp:lee.gu@contoso.com"]));
}

#[tokio::test]
async fn a_renamed_user_answers_under_the_new_name_only() {
    let sandbox = Sandbox::contoso().await;
    let body = json!({ "userPrincipalName": "lee.g@contoso.com" });
    assert_eq!(sandbox.patch("/users/lee.gu@contoso.com", body).await.0, 204);
    assert_eq!(sandbox.get("/users/lee.gu@contoso.com").await.0, 404);
    assert_eq!(sandbox.get("/users/lee.g@contoso.com").await.1["displayName"], "Lee Gu");
}

#[tokio::test]
async fn synchronised_users_only_take_cloud_properties() {
    let sandbox = Sandbox::contoso().await;
    let (status, refused) =
        sandbox.patch("/users/raul.razo@contoso.com", json!({ "jobTitle": "Driver" })).await;
    assert_eq!((status, code(&refused)), (400, "Request_BadRequest"));
    assert!(message(&refused).contains("on-premises mastered Directory Sync objects"));
    assert_eq!(sandbox.patch("/users/raul.razo@contoso.com", json!({ "usageLocation": "AT" })).await.0, 204);
}

#[tokio::test]
async fn the_manager_can_be_set_replaced_and_removed() {
    let sandbox = Sandbox::contoso().await;
    let (megan, lee) = (sandbox.user("megan.bowen").await, sandbox.user("lee.gu").await);
    let path = "/users/joni.sherman@contoso.com/manager";
    for manager in [&megan, &lee] {
        assert_eq!(sandbox.put(&format!("{path}/$ref"), sandbox.reference(manager)).await.0, 204);
        assert_eq!(sandbox.get(path).await.1["id"].as_str(), Some(manager.as_str()));
    }
    let reports = sandbox.get(&format!("/users/{megan}/directReports")).await.1;
    assert!(!crate::support::names(&reports).contains(&"Joni Sherman"));
    assert_eq!(sandbox.delete(&format!("{path}/$ref")).await.0, 204);
    assert_eq!(sandbox.get(path).await.0, 404);
    assert_eq!(sandbox.delete(&format!("{path}/$ref")).await.0, 404);
    assert_eq!(sandbox.get("/users/joni.sherman@contoso.com").await.0, 200);
}

#[tokio::test]
async fn a_deleted_user_frees_its_name_and_comes_back_with_its_links() {
    let sandbox = Sandbox::contoso().await;
    let (id, group) = (sandbox.user("pradeep.gupta").await, sandbox.group("Finance").await);
    assert_eq!(sandbox.delete(&format!("/users/{id}")).await.0, 204);
    assert_eq!(sandbox.get(&format!("/users/{id}")).await.0, 404);
    let members = format!("/groups/{group}/members");
    assert_eq!(sandbox.get(&members).await.1["value"].as_array().unwrap().len(), 1);

    let (_, deleted) =
        sandbox.get(&format!("/directory/deletedItems/{id}?$select=userPrincipalName,deletedDateTime")).await;
    let prefixed = format!("{}pradeep.gupta@contoso.com", id.replace('-', ""));
    assert_eq!(deleted["userPrincipalName"], prefixed);
    assert!(deleted["deletedDateTime"].is_string());
    let manager = format!("/directory/deletedItems/{id}/microsoft.graph.user/manager");
    assert_eq!(sandbox.get(&manager).await.1["displayName"], "Emily Braun");

    assert_eq!(sandbox.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await.0, 200);
    assert_eq!(sandbox.get("/users/pradeep.gupta@contoso.com").await.1["id"], id);
    assert_eq!(sandbox.get(&members).await.1["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_restore_meets_the_new_holder_of_the_name() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.user("pradeep.gupta").await;
    sandbox.delete(&format!("/users/{id}")).await;
    let mut namesake = new_user("Pradeep Gupta");
    namesake["mail"] = json!("pradeep.gupta@contoso.com");
    assert_eq!(sandbox.post("/users", namesake).await.0, 201);
    let restore = format!("/directory/deletedItems/{id}/restore");
    let (status, refused) = sandbox.post(&restore, json!({})).await;
    assert_eq!((status, refused["error"]["details"][0]["code"].as_str()), (400, Some("ObjectConflict")));
    let renamed = json!({ "newUserPrincipalName": "pradeep.g2@contoso.com" });
    assert_eq!(sandbox.post(&restore, renamed.clone()).await.0, 400, "the address is still taken");
    let mut reconciled = renamed;
    reconciled["autoReconcileProxyConflict"] = json!(true);
    let (status, user) = sandbox.post(&restore, reconciled).await;
    assert_eq!((status, user["userPrincipalName"].as_str()), (200, Some("pradeep.g2@contoso.com")));
}

#[tokio::test]
async fn deleted_items_are_listed_by_type_and_can_be_purged() {
    let sandbox = Sandbox::contoso().await;
    assert_eq!(sandbox.get("/directory/deletedItems").await.0, 400);
    let list =
        "/directory/deletedItems/microsoft.graph.user?$filter=displayName eq 'Brian Johnson'&$select=id";
    let (status, found) = sandbox.get(list).await;
    assert_eq!(status, 200, "{found}");
    let id = found["value"][0]["id"].as_str().unwrap();
    assert_eq!(sandbox.delete(&format!("/directory/deletedItems/{id}")).await.0, 204);
    assert_eq!(sandbox.get(list).await.1["value"], json!([]));
    assert_eq!(sandbox.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await.0, 404);
}

#[tokio::test]
async fn an_invitation_makes_a_guest_once() {
    let sandbox = Sandbox::contoso().await;
    let body = json!({
        "invitedUserEmailAddress": "christie@fabrikam.com",
        "inviteRedirectUrl": "https://myapps.microsoft.com",
        "invitedUserDisplayName": "Christie from Fabrikam",
    });
    let (status, invitation) = sandbox.post("/invitations", body.clone()).await;
    assert_eq!((status, invitation["status"].as_str()), (201, Some("PendingAcceptance")));
    assert!(invitation["inviteRedeemUrl"].is_string());
    let id = invitation["invitedUser"]["id"].as_str().unwrap();
    let select = "userPrincipalName,userType,creationType,externalUserState,mail";
    let (_, guest) = sandbox.get(&format!("/users/{id}?$select={select}")).await;
    assert_eq!(guest["userPrincipalName"], "christie_fabrikam.com#EXT#@contoso.onmicrosoft.com");
    assert_eq!(
        (guest["userType"].as_str(), guest["creationType"].as_str()),
        (Some("Guest"), Some("Invitation"))
    );
    assert_eq!(guest["externalUserState"], "PendingAcceptance");
    let (_, again) = sandbox.post("/invitations", body).await;
    assert_eq!(again["invitedUser"]["id"], id);
}

#[tokio::test]
async fn an_invitation_needs_a_usable_address() {
    let sandbox = Sandbox::contoso().await;
    for address in ["nobody", "a b@fabrikam.com", ".a@fabrikam.com", "a@fabrikam", "lee.gu@contoso.com"] {
        let body = json!({ "invitedUserEmailAddress": address, "inviteRedirectUrl": "https://myapps.microsoft.com" });
        assert_eq!(sandbox.post("/invitations", body).await.0, 400, "{address}");
    }
}

#[tokio::test]
async fn revoking_sessions_moves_their_beginning() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users/lee.gu@contoso.com";
    let select = format!("{path}?$select=signInSessionsValidFromDateTime");
    assert!(sandbox.get(&select).await.1["signInSessionsValidFromDateTime"].is_null());
    let (status, answer) = sandbox.post(&format!("{path}/revokeSignInSessions"), json!({})).await;
    assert_eq!((status, &answer["value"]), (200, &json!(true)));
    assert!(sandbox.get(&select).await.1["signInSessionsValidFromDateTime"].is_string());
}

#[tokio::test]
async fn custom_security_attributes_merge_set_by_set_and_null_removes() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users/lee.gu@contoso.com";
    let kind = "#Microsoft.DirectoryServices.CustomSecurityAttributeValue";
    let write = |set: serde_json::Value| {
        sandbox.patch(path, json!({ "customSecurityAttributes": { "Project": set } }))
    };
    assert_eq!(write(json!({ "@odata.type": kind, "Name": "Falcon", "Level": "High" })).await.0, 204);
    assert_eq!(write(json!({ "@odata.type": kind, "Level": null })).await.0, 204);
    let (_, user) = sandbox.get(&format!("{path}?$select=customSecurityAttributes")).await;
    assert_eq!(user["customSecurityAttributes"]["Project"], json!({ "@odata.type": kind, "Name": "Falcon" }));
}
