//! What people may create for themselves, as policy and settings say.

use serde_json::{Value, json};

use crate::support::{Sandbox, person, security_group};

const POLICY: &str = "/policies/authorizationPolicy";

/// A sandbox that Adele Vance has signed in to as well, with her token.
async fn signed_in() -> (Sandbox, String) {
    let sandbox = Sandbox::contoso().await;
    let token = person(&sandbox, "adele.vance@contoso.com").await;
    (sandbox, token)
}

/// What a POST by somebody else answers.
async fn post_as(sandbox: &mut Sandbox, token: &str, path: &str, body: Value) -> u16 {
    let own = std::mem::replace(&mut sandbox.token, token.to_owned());
    let (status, _) = sandbox.post(path, body).await;
    sandbox.token = own;
    status
}

#[tokio::test]
async fn the_policy_says_whether_people_create_security_groups() {
    let (mut sandbox, adele) = signed_in().await;
    assert_eq!(post_as(&mut sandbox, &adele, "/groups", security_group("First")).await, 201);
    let change = json!({ "defaultUserRolePermissions": { "allowedToCreateSecurityGroups": false } });
    assert_eq!(sandbox.patch(POLICY, change).await.0, 204);
    assert_eq!(post_as(&mut sandbox, &adele, "/groups", security_group("Second")).await, 403);
    assert_eq!(sandbox.post("/groups", security_group("Second")).await.0, 201, "an application is not bound");
}

#[tokio::test]
async fn one_group_may_create_microsoft_365_groups() {
    let (mut sandbox, adele) = signed_in().await;
    let creators = sandbox.new_group("Creators").await;
    let settings = json!({ "templateId": "62375ab9-6b52-47ed-826b-58e47e0e304b", "values": [
        { "name": "EnableGroupCreation", "value": "False" },
        { "name": "GroupCreationAllowedGroupId", "value": creators } ] });
    assert_eq!(sandbox.post("/groupSettings", settings).await.0, 201);
    let mut group = security_group("Crew");
    group["groupTypes"] = json!(["Unified"]);
    group["mailEnabled"] = true.into();
    assert_eq!(post_as(&mut sandbox, &adele, "/groups", group.clone()).await, 403);
    let member = sandbox.reference(&sandbox.user("adele.vance").await);
    assert_eq!(sandbox.post(&format!("/groups/{creators}/members/$ref"), member).await.0, 204);
    assert_eq!(post_as(&mut sandbox, &adele, "/groups", group).await, 201);
}

#[tokio::test]
async fn the_policy_says_who_invites_guests() {
    let (mut sandbox, adele) = signed_in().await;
    for (number, (inviters, status)) in [
        ("everyone", 201),
        ("adminsGuestInvitersAndAllMembers", 201),
        ("adminsAndGuestInviters", 403),
        ("none", 403),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(sandbox.patch(POLICY, json!({ "allowInvitesFrom": inviters })).await.0, 204);
        let guest = json!({ "invitedUserEmailAddress": format!("guest{number}@fabrikam.com"),
            "inviteRedirectUrl": "https://contoso.com" });
        assert_eq!(post_as(&mut sandbox, &adele, "/invitations", guest).await, status, "{inviters}");
    }
}
