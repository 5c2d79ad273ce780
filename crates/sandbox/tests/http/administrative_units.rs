//! Administrative units: members, restricted management, roles held in a unit.

use serde_json::{Value, json};

use tenantry_sandbox::Options;

use crate::support::{Sandbox, code, names, new_user, registered, security_group, token};

const SET: &str = "/directory/administrativeUnits";
const HELPDESK: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

/// Creates a unit and returns its path.
async fn unit(sandbox: &Sandbox, name: &str, more: Value) -> String {
    let mut body = json!({ "displayName": name });
    for (property, value) in more.as_object().unwrap() {
        body[property] = value.clone();
    }
    let (status, made) = sandbox.post(SET, body).await;
    assert_eq!(status, 201, "{made}");
    format!("{SET}/{}", made["id"].as_str().unwrap())
}

async fn add(sandbox: &Sandbox, unit: &str, member: &str) -> u16 {
    sandbox.post(&format!("{unit}/members/$ref"), sandbox.reference(member)).await.0
}

/// Activates a role and returns its id.
async fn activated(sandbox: &Sandbox, template: &str) -> String {
    let (status, role) = sandbox.post("/directoryRoles", json!({ "roleTemplateId": template })).await;
    assert_eq!(status, 201, "{role}");
    role["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_unit_is_created_changed_deleted_and_restored() {
    let sandbox = Sandbox::contoso().await;
    let path = unit(&sandbox, "Retail", json!({ "description": "Shops" })).await;
    let id = path.rsplit('/').next().unwrap();
    let (_, found) = sandbox.get(&path).await;
    assert_eq!(
        (&found["description"], &found["isMemberManagementRestricted"]),
        (&json!("Shops"), &json!(null))
    );
    assert_eq!(sandbox.patch(&path, json!({ "displayName": "Shops", "description": null })).await.0, 204);
    let (_, listed) =
        sandbox.get(&format!("{SET}?$filter=displayName eq 'Shops'&$select=id,displayName")).await;
    assert_eq!(names(&listed), ["Shops"]);
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(add(&sandbox, &path, &adele).await, 204);

    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get(&path).await.0, 404);
    let (_, deleted) = sandbox.get("/directory/deletedItems/microsoft.graph.administrativeUnit").await;
    assert_eq!(names(&deleted), ["Shops"]);
    assert_eq!(sandbox.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await.0, 200);
    assert_eq!(names(&sandbox.get(&format!("{path}/members")).await.1), ["Adele Vance"]);
}

#[tokio::test]
async fn what_is_decided_at_creation_cannot_change() {
    let sandbox = Sandbox::contoso().await;
    let path = unit(
        &sandbox,
        "Retail",
        json!({ "visibility": "HiddenMembership", "isMemberManagementRestricted": true }),
    )
    .await;
    for change in [json!({ "visibility": "Public" }), json!({ "isMemberManagementRestricted": false })] {
        assert_eq!(sandbox.patch(&path, change.clone()).await.0, 400, "{change}");
    }
    let rule = "user.department -eq \"Retail\"";
    for body in [
        json!({ "description": "No name" }),
        json!({ "displayName": "A", "visibility": "Private" }),
        json!({ "displayName": "A", "membershipType": "Dynamic" }),
        json!({ "displayName": "A", "membershipType": "Dynamic", "membershipRule": rule }),
        json!({ "displayName": "A", "membershipRule": rule }),
        json!({ "displayName": "A", "membershipType": "Automatic" }),
    ] {
        let (status, refused) = sandbox.post(SET, body.clone()).await;
        assert_eq!((status, code(&refused)), (400, "Request_BadRequest"), "{body}: {refused}");
    }
}

#[tokio::test]
async fn users_groups_and_devices_join_one_by_one() {
    let sandbox = Sandbox::contoso().await;
    let path = unit(&sandbox, "Retail", json!({})).await;
    let (adele, group) = (sandbox.user("adele.vance").await, sandbox.group("Retail Managers").await);
    for member in [&adele, &group] {
        assert_eq!(add(&sandbox, &path, member).await, 204);
    }
    assert_eq!(add(&sandbox, &path, &adele).await, 400);
    assert_eq!(add(&sandbox, &path, "99999999-9999-9999-9999-999999999999").await, 404);
    assert_eq!(add(&sandbox, &path, path.rsplit('/').next().unwrap()).await, 400);
    let bind = json!({ "members@odata.bind": [sandbox.bind(&group)] });
    assert_eq!(sandbox.patch(&path, bind).await.0, 400);

    let (_, memberships) = sandbox.get(&format!("/users/{adele}/memberOf")).await;
    assert!(names(&memberships).contains(&"Retail"), "{memberships}");
    let cast = "/memberOf/microsoft.graph.administrativeUnit";
    assert_eq!(names(&sandbox.get(&format!("/groups/{group}{cast}")).await.1), ["Retail"]);
    let everything = json!({ "securityEnabledOnly": false });
    let unit_id = json!(path.rsplit('/').next().unwrap());
    for (action, is_there) in [("getMemberObjects", true), ("getMemberGroups", false)] {
        let (_, found) = sandbox.post(&format!("/users/{adele}/{action}"), everything.clone()).await;
        assert_eq!(found["value"].as_array().unwrap().contains(&unit_id), is_there, "{action}");
    }
    let only = format!("{path}/members/microsoft.graph.user");
    assert_eq!(names(&sandbox.get(&only).await.1), ["Adele Vance"]);
    assert_eq!(sandbox.delete(&format!("{path}/members/{adele}/$ref")).await.0, 204);
    assert_eq!(sandbox.delete(&format!("{path}/members/{adele}/$ref")).await.0, 404);
    assert_eq!(sandbox.get(&format!("/users/{adele}")).await.0, 200);
}

#[tokio::test]
async fn members_of_a_group_are_not_in_the_unit_of_the_group() {
    let sandbox = Sandbox::contoso().await;
    let path = unit(&sandbox, "Retail unit", json!({})).await;
    let (adele, group) = (sandbox.user("adele.vance").await, sandbox.group("Retail Managers").await);
    assert_eq!(add(&sandbox, &path, &group).await, 204);
    let of = async |object: String| {
        let (_, found) = sandbox.get(&format!("/{object}/transitiveMemberOf")).await;
        names(&found).contains(&"Retail unit")
    };
    assert!(of(format!("groups/{group}")).await);
    assert!(!of(format!("users/{adele}")).await);
}

#[tokio::test]
async fn a_group_is_created_inside() {
    let sandbox = Sandbox::contoso().await;
    let path = unit(&sandbox, "Retail", json!({})).await;
    let members = format!("{path}/members");
    assert_eq!(sandbox.post(&members, security_group("Tills")).await.0, 400, "without its type");
    let mut body = security_group("Tills");
    body["@odata.type"] = "#microsoft.graph.group".into();
    let (status, made) = sandbox.post(&members, body).await;
    assert_eq!((status, made["displayName"].as_str()), (201, Some("Tills")), "{made}");
    assert_eq!(names(&sandbox.get(&members).await.1), ["Tills"]);
    assert_eq!(sandbox.get(&format!("/groups/{}", made["id"].as_str().unwrap())).await.0, 200);
    let mut user = new_user("Till One");
    user["@odata.type"] = "#microsoft.graph.user".into();
    assert_eq!(sandbox.post(&members, user).await.0, 400);
}

#[tokio::test]
async fn members_of_a_dynamic_unit_cannot_be_written() {
    let sandbox = Sandbox::contoso().await;
    let dynamic = json!({ "membershipType": "Dynamic", "membershipRule": "user.department -eq \"Retail\"",
        "membershipRuleProcessingState": "Paused" });
    let path = unit(&sandbox, "Retail", dynamic).await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(add(&sandbox, &path, &adele).await, 403);
    let mut body = security_group("Tills");
    body["@odata.type"] = "#microsoft.graph.group".into();
    assert_eq!(sandbox.post(&format!("{path}/members"), body).await.0, 403);
    assert_eq!(sandbox.patch(&path, json!({ "membershipType": "Assigned" })).await.0, 204);
    assert_eq!(add(&sandbox, &path, &adele).await, 204);
}

#[tokio::test]
async fn an_object_is_in_at_most_thirty_units() {
    let sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    for number in 0..31 {
        let path = unit(&sandbox, &format!("Unit {number}"), json!({})).await;
        assert_eq!(add(&sandbox, &path, &adele).await, if number < 30 { 204 } else { 400 }, "{number}");
    }
}

#[tokio::test]
async fn a_restricted_unit_protects_its_members_from_who_has_no_role_in_it() {
    let mut sandbox = Sandbox::contoso().await;
    let path = unit(&sandbox, "Executives", json!({ "isMemberManagementRestricted": true })).await;
    let (patti, lee, group) =
        (sandbox.user("patti.fernandez").await, sandbox.user("lee.gu").await, sandbox.group("Finance").await);
    assert_eq!(add(&sandbox, &path, &sandbox.group("Marketing").await).await, 400);
    for member in [&patti, &group] {
        assert_eq!(add(&sandbox, &path, member).await, 204);
    }
    let shown = async |sandbox: &Sandbox, id: &str| {
        sandbox.get(&format!("/users/{id}?$select=isManagementRestricted")).await.1["isManagementRestricted"]
            .clone()
    };
    assert_eq!((shown(&sandbox, &patti).await, shown(&sandbox, &lee).await), (json!(true), json!(null)));

    let (user, members) = (format!("/users/{patti}"), format!("/groups/{group}/members/$ref"));
    let title = json!({ "jobTitle": "Chair" });
    let before = sandbox.state().await;
    let (status, refused) = sandbox.patch(&user, title.clone()).await;
    assert_eq!((status, code(&refused)), (403, "Authorization_RequestDenied"));
    assert_eq!(sandbox.delete(&user).await.0, 403);
    assert_eq!(sandbox.post(&members, sandbox.reference(&lee)).await.0, 403);
    assert_eq!(sandbox.get(&user).await.0, 200);
    assert_eq!(sandbox.state().await, before);
    let legal = sandbox.group("Legal").await;
    assert_eq!(
        sandbox.post(&format!("/groups/{legal}/members/$ref"), sandbox.reference(&patti)).await.0,
        204
    );

    let role = activated(&sandbox, HELPDESK).await;
    let description = json!({ "displayName": "Executive help", "roles": ["User.ReadWrite.All", "Group.ReadWrite.All"],
        "passwordCredentials": [{ "secretText": "one" }] });
    let application = registered(&sandbox, description).await;
    let app_id = application["appId"].as_str().unwrap();
    let (_, principal) = sandbox.get(&format!("/servicePrincipals(appId='{app_id}')")).await;
    let membership = json!({ "roleId": role, "roleMemberInfo": { "id": principal["id"] } });
    assert_eq!(sandbox.post(&format!("{path}/scopedRoleMembers"), membership).await.0, 201);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", app_id),
        ("client_secret", "one"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let (_, tokens) = token(&sandbox.client, &sandbox.running, "contoso.com", &form).await;
    let own = std::mem::replace(&mut sandbox.token, tokens["access_token"].as_str().unwrap().to_owned());
    assert_eq!(sandbox.patch(&user, title.clone()).await.0, 204);
    assert_eq!(sandbox.post(&members, sandbox.reference(&lee)).await.0, 204);

    sandbox.token = own;
    assert_eq!(sandbox.patch(&user, title.clone()).await.0, 403);
    assert_eq!(sandbox.delete(&format!("{path}/members/{patti}/$ref")).await.0, 204);
    assert_eq!(sandbox.patch(&user, title).await.0, 204);
    assert_eq!(shown(&sandbox, &patti).await, json!(null));
}

#[tokio::test]
async fn roles_are_activated_and_held_in_a_unit() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let path = unit(&sandbox, "Retail", json!({})).await;
    let (_, templates) = sandbox.get("/directoryRoleTemplates").await;
    assert!(names(&templates).contains(&"Helpdesk Administrator"));
    assert_eq!(sandbox.get("/directoryRoles").await.1["value"], json!([]));
    let (helpdesk, reader) = (activated(&sandbox, HELPDESK).await, activated(&sandbox, GLOBAL_READER).await);
    let again = json!({ "roleTemplateId": HELPDESK });
    assert_eq!(sandbox.post("/directoryRoles", again).await.0, 400);
    let unknown = json!({ "roleTemplateId": "11111111-1111-1111-1111-111111111111" });
    assert_eq!(sandbox.post("/directoryRoles", unknown).await.0, 404);
    let (_, role) = sandbox.get(&format!("/directoryRoles(roleTemplateId='{HELPDESK}')")).await;
    assert_eq!(
        (role["id"].as_str(), role["displayName"].as_str()),
        (Some(helpdesk.as_str()), Some("Helpdesk Administrator"))
    );

    let (adele, finance) = (sandbox.user("adele.vance").await, sandbox.group("Finance").await);
    let held = format!("{path}/scopedRoleMembers");
    let body = |role: &str, member: &str| json!({ "roleId": role, "roleMemberInfo": { "id": member } });
    let (status, made) = sandbox.post(&held, body(&helpdesk, &adele)).await;
    assert_eq!((status, &made["roleMemberInfo"]["displayName"]), (201, &json!("Adele Vance")), "{made}");
    assert_eq!(made["administrativeUnitId"], path.rsplit('/').next().unwrap());
    for (role, member, status) in [
        (helpdesk.as_str(), adele.as_str(), 400),
        (&reader, &adele, 400),
        (HELPDESK, &adele, 404),
        (&helpdesk, "11111111-1111-1111-1111-111111111111", 404),
        (&helpdesk, &finance, 400),
    ] {
        let (found, refused) = sandbox.post(&held, body(role, member)).await;
        assert_eq!(found, status, "{role} {member}: {refused}");
    }
    let one = format!("{held}/{}", made["id"].as_str().unwrap());
    assert_eq!(sandbox.get(&held).await.1["value"].as_array().unwrap().len(), 1);
    assert_eq!(sandbox.get(&one).await.1["roleId"], helpdesk.as_str());
    assert_eq!(sandbox.patch(&one, json!({ "roleId": reader })).await.0, 405);
    assert_eq!(sandbox.post("/scopedRoleMemberships", body(&helpdesk, &adele)).await.0, 405);
    assert_eq!(sandbox.delete(&one).await.0, 204);
    assert_eq!(sandbox.get(&held).await.1["value"], json!([]));

    let members = format!("/directoryRoles/{reader}/members/$ref");
    assert_eq!(sandbox.post(&members, sandbox.reference(&finance)).await.0, 400);
    assert_eq!(sandbox.post(&members, sandbox.reference(&adele)).await.0, 204);
    assert_eq!(sandbox.delete(&format!("/directoryRoles/{reader}")).await.0, 405);
}

/// Where assignments are.
const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";

fn assignment(role: &str, principal: &str, scope: &str) -> Value {
    json!({ "roleDefinitionId": role, "principalId": principal, "directoryScopeId": scope })
}

#[tokio::test]
async fn role_definitions_are_those_that_every_tenant_has() {
    let sandbox = Sandbox::contoso().await;
    let set = "/roleManagement/directory/roleDefinitions";
    let (status, found) =
        sandbox.get(&format!("{set}?$filter=displayName eq 'helpdesk administrator'")).await;
    assert_eq!((status, names(&found)), (200, vec!["Helpdesk Administrator"]), "{found}");
    let one = &found["value"][0];
    assert_eq!(
        (&one["id"], &one["templateId"], &one["isBuiltIn"]),
        (&json!(HELPDESK), &json!(HELPDESK), &json!(true))
    );
    let (_, one) = sandbox.get(&format!("{set}/{HELPDESK}?$select=id,displayName")).await;
    assert_eq!(one["displayName"], "Helpdesk Administrator");
    assert_eq!(sandbox.get(&format!("{set}?$filter=isBuiltIn eq false")).await.1["value"], json!([]));
    assert_eq!(sandbox.get(&format!("{set}/{}", &SET[1..5])).await.0, 404);
    assert_eq!(sandbox.delete(&format!("{set}/{HELPDESK}")).await.0, 400);
}

#[tokio::test]
async fn an_assignment_is_a_scoped_role_member_and_the_other_way_round() {
    let sandbox = Sandbox::contoso().await;
    let path = unit(&sandbox, "Retail", json!({})).await;
    let (adele, id) = (sandbox.user("adele.vance").await, path.rsplit('/').next().unwrap());
    let scope = format!("/administrativeUnits/{id}");
    let (status, made) = sandbox.post(ASSIGNMENTS, assignment(HELPDESK, &adele, &scope)).await;
    assert_eq!((status, &made["directoryScopeId"]), (201, &json!(scope)), "{made}");
    let (_, held) = sandbox.get(&format!("{path}/scopedRoleMembers")).await;
    assert_eq!(held["value"][0]["roleMemberInfo"]["displayName"], "Adele Vance", "{held}");
    assert_eq!(sandbox.post(ASSIGNMENTS, assignment(HELPDESK, &adele, &scope)).await.0, 400, "twice");

    let filter = format!(
        "principalId eq '{adele}' and roleDefinitionId eq '{HELPDESK}' and directoryScopeId eq '{scope}'"
    );
    let (_, found) = sandbox.get(&format!("{ASSIGNMENTS}?$filter={filter}")).await;
    assert_eq!(
        found["value"],
        json!([{ "id": made["id"], "roleDefinitionId": HELPDESK, "principalId": adele, "directoryScopeId": scope }])
    );
    let part = format!("{path}/scopedRoleMembers/{}", held["value"][0]["id"].as_str().unwrap());
    assert_eq!(sandbox.delete(&part).await.0, 204);
    let one = format!("{ASSIGNMENTS}/{}", made["id"].as_str().unwrap());
    assert_eq!(sandbox.get(&one).await.0, 404);

    assert_eq!(sandbox.post(ASSIGNMENTS, assignment(HELPDESK, &adele, &scope)).await.0, 201, "again");
    assert_eq!(sandbox.delete(&one).await.0, 204, "the id of the same three is the same");
    assert_eq!(sandbox.get(&format!("{path}/scopedRoleMembers")).await.1["value"], json!([]));
    assert_eq!(sandbox.delete(&one).await.0, 404);
}

#[tokio::test]
async fn an_assignment_in_the_tenant_is_a_member_of_the_role() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let adele = sandbox.user("adele.vance").await;
    let (status, made) = sandbox.post(ASSIGNMENTS, assignment(GLOBAL_READER, &adele, "/")).await;
    assert_eq!(status, 201, "{made}");
    let members = format!("/directoryRoles(roleTemplateId='{GLOBAL_READER}')/members");
    assert_eq!(names(&sandbox.get(&members).await.1), ["Adele Vance"]);
    assert_eq!(sandbox.delete(&format!("{members}/{adele}/$ref")).await.0, 204);
    assert_eq!(sandbox.get(ASSIGNMENTS).await.1["value"], json!([]));
}

#[tokio::test]
async fn assignments_that_cannot_be_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let path = unit(&sandbox, "Retail", json!({})).await;
    let (adele, finance) = (sandbox.user("adele.vance").await, sandbox.group("Finance").await);
    let scope = path.replace("/directory", "");
    let nobody = "11111111-1111-1111-1111-111111111111";
    let mut both = assignment(HELPDESK, &adele, "/");
    both["appScopeId"] = "/".into();
    for (body, status) in [
        (assignment(nobody, &adele, "/"), 404),
        (assignment(HELPDESK, nobody, "/"), 404),
        (assignment(HELPDESK, &adele, &format!("/administrativeUnits/{nobody}")), 404),
        (assignment(GLOBAL_READER, &adele, &scope), 400),
        (assignment(HELPDESK, &finance, &scope), 400),
        (json!({ "roleDefinitionId": HELPDESK, "principalId": adele }), 400),
        (both, 400),
    ] {
        let (found, refused) = sandbox.post(ASSIGNMENTS, body.clone()).await;
        assert_eq!(found, status, "{body}: {refused}");
    }
}

#[tokio::test]
async fn delta_tells_of_units_and_their_members() {
    let sandbox = Sandbox::contoso().await;
    let (_, first) = sandbox.get(&format!("{SET}/delta")).await;
    assert_eq!(first["value"], json!([]));
    let path = unit(&sandbox, "Retail", json!({})).await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(add(&sandbox, &path, &adele).await, 204);
    let link = first["@odata.deltaLink"].as_str().unwrap();
    let (status, changed) = sandbox.get(link).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(names(&changed), ["Retail"]);
    assert_eq!(changed["value"][0]["members@delta"][0]["id"], adele.as_str());
}

#[tokio::test]
async fn a_seed_states_units_and_who_holds_roles_in_them() {
    let membership = "41111111-1111-1111-1111-111111111111";
    let seed = json!({
        "users": [{ "userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen" },
            { "id": "61111111-1111-1111-1111-111111111111", "userPrincipalName": "lee.gu@contoso.com", "displayName": "Lee Gu" }],
        "directoryRoles": [{ "id": "71111111-1111-1111-1111-111111111111", "displayName": "Helpdesk Administrator",
            "roleTemplateId": HELPDESK }],
        "administrativeUnits": [{ "id": "81111111-1111-1111-1111-111111111111", "displayName": "Executives",
            "isMemberManagementRestricted": true, "members": ["megan.bowen@contoso.com"], "scopedRoleMembers": [membership] }],
        "scopedRoleMemberships": [{ "id": membership, "roleId": "71111111-1111-1111-1111-111111111111",
            "administrativeUnitId": "81111111-1111-1111-1111-111111111111",
            "roleMemberInfo": { "id": "61111111-1111-1111-1111-111111111111", "displayName": "Lee Gu" } }],
    });
    let sandbox = Sandbox::from_seed(seed).await;
    let path = format!("{SET}/81111111-1111-1111-1111-111111111111");
    assert_eq!(names(&sandbox.get(&format!("{path}/members")).await.1), ["Megan Bowen"]);
    assert_eq!(sandbox.get(&format!("{path}/scopedRoleMembers")).await.1["value"][0]["id"], membership);
    let state = sandbox.state().await;
    let again = Sandbox::from_seed(state.clone()).await;
    for section in
        ["administrativeUnits", "directoryRoles", "scopedRoleMemberships", "deletedAdministrativeUnits"]
    {
        assert_eq!(again.state().await[section], state[section], "{section}");
    }
    assert!(
        state.get("directoryRoleTemplates").is_none() && state.get("deletedAuthorizationPolicy").is_none()
    );
}
