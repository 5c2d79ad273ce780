//! Role definitions and role assignments: custom roles, scopes, and one fact behind every view of it.

use serde_json::{Value, json};

use tenantry_sandbox::Options;

use crate::support::{Sandbox, names, security_group};

const DEFINITIONS: &str = "/roleManagement/directory/roleDefinitions";
const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";
const SCHEDULES: &str = "/roleManagement/directory/roleAssignmentSchedules";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const APPLICATION_ADMINISTRATOR: &str = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
const BILLING_ADMINISTRATOR: &str = "b0f54661-2d74-4c50-afa3-1ec803f12efe";

fn custom(name: &str, action: &str) -> Value {
    json!({ "displayName": name, "isEnabled": true, "rolePermissions": [{ "allowedResourceActions": [action] }] })
}

fn assignment(role: &str, principal: &str, scope: &str) -> Value {
    json!({ "roleDefinitionId": role, "principalId": principal, "directoryScopeId": scope })
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

async fn unit(sandbox: &Sandbox, name: &str) -> String {
    let (status, unit) = sandbox.post("/directory/administrativeUnits", json!({ "displayName": name })).await;
    assert_eq!(status, 201, "{unit}");
    id(&unit).to_owned()
}

#[tokio::test]
async fn a_custom_role_is_created_changed_and_deleted() {
    let sandbox = Sandbox::contoso().await;
    let role = custom("Retail helpdesk", "microsoft.directory/users/password/update");
    let (status, made) = sandbox.post(DEFINITIONS, role).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!((&made["templateId"], &made["isBuiltIn"]), (&made["id"], &json!(false)));
    assert_eq!((&made["resourceScopes"], &made["version"]), (&json!(["/"]), &Value::Null));
    let path = format!("{DEFINITIONS}/{}", id(&made));
    let change = json!({ "displayName": "Retail desk", "isEnabled": false,
        "rolePermissions": [{ "allowedResourceActions": ["microsoft.directory/users/manager/update"] }] });
    assert_eq!(sandbox.patch(&path, change).await.0, 204);
    let (_, found) = sandbox.get(&format!("{DEFINITIONS}?$filter=isBuiltIn eq false")).await;
    assert_eq!(names(&found), ["Retail desk"]);
    let permissions = &found["value"][0]["rolePermissions"];
    assert_eq!(permissions[0]["allowedResourceActions"], json!(["microsoft.directory/users/manager/update"]));
    assert_eq!(sandbox.patch(&path, json!({ "templateId": USER_ADMINISTRATOR })).await.0, 400);
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get(&path).await.0, 404);
}

#[tokio::test]
async fn the_template_id_of_a_custom_role_is_the_callers_choice_and_names_it() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let template = "7a1f9a5e-3a8e-4c6f-9d0a-0c3f4a1b2c3d";
    let mut role = custom("Retail helpdesk", "microsoft.directory/users/password/update");
    role["templateId"] = template.into();
    let (status, made) = sandbox.post(DEFINITIONS, role.clone()).await;
    assert_eq!((status, &made["templateId"]), (201, &json!(template)), "{made}");
    assert_eq!(sandbox.post(DEFINITIONS, role).await.0, 400, "twice");
    let (_, found) = sandbox.get(&format!("{DEFINITIONS}?$filter=templateId eq '{template}'")).await;
    assert_eq!(names(&found), ["Retail helpdesk"]);
    let adele = sandbox.user("adele.vance").await;
    let (status, given) = sandbox.post(ASSIGNMENTS, assignment(template, &adele, "/")).await;
    assert_eq!((status, &given["roleDefinitionId"]), (201, &made["id"]), "{given}");
    assert_eq!(sandbox.delete(&format!("{DEFINITIONS}/{}", id(&made))).await.0, 204);
    assert_eq!(sandbox.get(ASSIGNMENTS).await.1["value"], json!([]), "nobody holds a role that is gone");
}

#[tokio::test]
async fn definitions_that_cannot_be_are_refused() {
    let sandbox = Sandbox::contoso().await;
    for action in [
        "microsoft.directory/users",
        "microsoft.directory/unicorns/basic/update",
        "microsoft.exchange/users/password/update",
        "microsoft.directory/users/allProperties/allTasks",
        "users/password/update",
    ] {
        let (status, answer) = sandbox.post(DEFINITIONS, custom("Retail helpdesk", action)).await;
        assert_eq!(status, 400, "{action}: {answer}");
    }
    let none = json!({ "displayName": "None", "isEnabled": true, "rolePermissions": [] });
    assert_eq!(sandbox.post(DEFINITIONS, none).await.0, 400);
    for missing in ["displayName", "isEnabled", "rolePermissions"] {
        let mut role = custom("Partial", "microsoft.directory/users/password/update");
        role.as_object_mut().unwrap().remove(missing);
        assert_eq!(sandbox.post(DEFINITIONS, role).await.0, 400, "{missing}");
    }
    let built_in = format!("{DEFINITIONS}/{USER_ADMINISTRATOR}");
    assert_eq!(sandbox.patch(&built_in, json!({ "displayName": "Mine" })).await.0, 400);
    assert_eq!(sandbox.delete(&built_in).await.0, 400);
}

#[tokio::test]
async fn built_in_roles_inherit_from_directory_readers() {
    let sandbox = Sandbox::contoso().await;
    let (_, role) =
        sandbox.get(&format!("{DEFINITIONS}/{USER_ADMINISTRATOR}?$expand=inheritsPermissionsFrom")).await;
    assert_eq!(role["inheritsPermissionsFrom"][0]["displayName"], "Directory Readers", "{role}");
    let (_, all) = sandbox.get(&format!("{DEFINITIONS}?$filter=isBuiltIn eq true&$top=999")).await;
    let (_, templates) = sandbox.get("/directoryRoleTemplates?$top=999").await;
    assert_eq!(all["value"].as_array().unwrap().len(), templates["value"].as_array().unwrap().len());
}

#[tokio::test]
async fn scopes_are_told_apart_and_suit_the_role() {
    let sandbox = Sandbox::contoso().await;
    let (adele, unit) = (sandbox.user("adele.vance").await, unit(&sandbox, "Retail").await);
    let (_, app) = sandbox.get("/servicePrincipals?$top=1").await;
    let app = id(&app["value"][0]).to_owned();
    let group = sandbox.group("Retail").await;
    let role = custom("Groups", "microsoft.directory/groups.security/members/update");
    let (_, groups) = sandbox.post(DEFINITIONS, role).await;
    let (members, itself) = (format!("/administrativeUnits/{unit}"), format!("/{unit}"));
    for (role, scope, expected) in [
        (USER_ADMINISTRATOR, members.clone(), 201),
        (USER_ADMINISTRATOR, itself.clone(), 400),
        (BILLING_ADMINISTRATOR, members.clone(), 400),
        (APPLICATION_ADMINISTRATOR, format!("/{app}"), 201),
        (APPLICATION_ADMINISTRATOR, format!("/{group}"), 400),
        (USER_ADMINISTRATOR, format!("/{app}"), 400),
        (id(&groups), members.clone(), 201),
        (id(&groups), format!("/{group}"), 201),
        (id(&groups), format!("/{app}"), 400),
        (USER_ADMINISTRATOR, "/administrativeUnits/6c0f9f3e-0000-4000-8000-000000000000".to_owned(), 404),
        (APPLICATION_ADMINISTRATOR, "/6c0f9f3e-0000-4000-8000-000000000000".to_owned(), 404),
        (USER_ADMINISTRATOR, "administrativeUnits".to_owned(), 400),
        ("6c0f9f3e-0000-4000-8000-000000000000", "/".to_owned(), 404),
    ] {
        let (status, answer) = sandbox.post(ASSIGNMENTS, assignment(role, &adele, &scope)).await;
        assert_eq!(status, expected, "{role} {scope}: {answer}");
    }
    let filter = format!("$filter=directoryScopeId eq '/{app}' and principalId eq '{adele}'");
    let (_, found) = sandbox.get(&format!("{ASSIGNMENTS}?{filter}&$expand=directoryScope")).await;
    assert_eq!(found["value"][0]["directoryScope"]["id"], json!(app), "{found}");
    let (_, found) = sandbox.get(&format!("{ASSIGNMENTS}?$filter=directoryScopeId ne '/'")).await;
    assert_eq!(found["value"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn what_a_role_cannot_be_given_to_is_refused() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let plain = sandbox.group("Retail").await;
    assert_eq!(sandbox.post(ASSIGNMENTS, assignment(USER_ADMINISTRATOR, &plain, "/")).await.0, 400);
    let mut group = security_group("Tier 0");
    group["isAssignableToRole"] = true.into();
    let (_, group) = sandbox.post("/groups", group).await;
    let (status, made) = sandbox.post(ASSIGNMENTS, assignment(USER_ADMINISTRATOR, id(&group), "/")).await;
    assert_eq!(status, 201, "{made}");
    let (_, found) = sandbox.get(&format!("{ASSIGNMENTS}?$expand=principal($select=id,displayName)")).await;
    assert_eq!(found["value"][0]["principal"]["displayName"], "Tier 0", "{found}");
    let body = assignment(USER_ADMINISTRATOR, "6c0f9f3e-0000-4000-8000-000000000000", "/");
    assert_eq!(sandbox.post(ASSIGNMENTS, body).await.0, 404);
    let both = json!({ "roleDefinitionId": USER_ADMINISTRATOR, "principalId": id(&group),
        "directoryScopeId": "/", "appScopeId": "/" });
    assert_eq!(sandbox.post(ASSIGNMENTS, both).await.0, 400);
    let neither = json!({ "roleDefinitionId": USER_ADMINISTRATOR, "principalId": id(&group) });
    assert_eq!(sandbox.post(ASSIGNMENTS, neither).await.0, 400);
}

#[tokio::test]
async fn every_assignment_is_a_permanent_schedule_however_it_was_made() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let (adele, megan) = (sandbox.user("adele.vance").await, sandbox.user("megan.bowen").await);
    assert_eq!(sandbox.post(ASSIGNMENTS, assignment(USER_ADMINISTRATOR, &adele, "/")).await.0, 201);
    let (_, role) = sandbox.get(&format!("/directoryRoles(roleTemplateId='{USER_ADMINISTRATOR}')")).await;
    let members = format!("/directoryRoles/{}/members", id(&role));
    assert_eq!(sandbox.post(&format!("{members}/$ref"), sandbox.reference(&megan)).await.0, 204);
    let (_, schedules) = sandbox.get(&format!("{SCHEDULES}?$expand=principal")).await;
    let rows = schedules["value"].as_array().unwrap();
    let mut holders: Vec<_> =
        rows.iter().map(|row| row["principal"]["displayName"].as_str().unwrap()).collect();
    holders.sort_unstable();
    assert_eq!(holders, ["Adele Vance", "Megan Bowen"]);
    for row in rows {
        assert_eq!(row["assignmentType"], "Assigned");
        assert_eq!(row["memberType"], "Direct");
        assert_eq!(row["scheduleInfo"]["expiration"]["type"], "noExpiration");
    }
    assert_eq!(sandbox.delete(&format!("{members}/{adele}/$ref")).await.0, 204);
    let (_, left) = sandbox.get(ASSIGNMENTS).await;
    assert_eq!(left["value"][0]["principalId"], json!(megan));
    let one = format!("{ASSIGNMENTS}/{}", id(&left["value"][0]));
    assert_eq!(sandbox.delete(&one).await.0, 204);
    assert_eq!(sandbox.get(SCHEDULES).await.1["value"], json!([]));
    assert_eq!(sandbox.get(&members).await.1["value"], json!([]));
}

#[tokio::test]
async fn somebody_stays_global_administrator() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let (adele, megan) = (sandbox.user("adele.vance").await, sandbox.user("megan.bowen").await);
    let mut made = Vec::new();
    for user in [&adele, &megan] {
        let (status, one) = sandbox.post(ASSIGNMENTS, assignment(GLOBAL_ADMINISTRATOR, user, "/")).await;
        assert_eq!(status, 201, "{one}");
        made.push(format!("{ASSIGNMENTS}/{}", id(&one)));
    }
    assert_eq!(sandbox.delete(&made[0]).await.0, 204);
    let (status, refusal) = sandbox.delete(&made[1]).await;
    assert_eq!(status, 400, "{refusal}");
    let members = format!("/directoryRoles(roleTemplateId='{GLOBAL_ADMINISTRATOR}')/members");
    assert_eq!(sandbox.delete(&format!("{members}/{megan}/$ref")).await.0, 400);
    assert_eq!(names(&sandbox.get(&members).await.1), ["Megan Bowen"]);
}

#[tokio::test]
async fn scoped_role_members_of_a_seed_are_assignments() {
    let sandbox = Sandbox::from_seed(json!({
        "users": [{ "id": "61111111-1111-4111-8111-111111111111", "userPrincipalName": "lee.gu@contoso.com", "displayName": "Lee Gu" }],
        "directoryRoles": [{ "id": "71111111-1111-4111-8111-111111111111", "displayName": "User Administrator", "roleTemplateId": USER_ADMINISTRATOR }],
        "administrativeUnits": [{ "displayName": "Stores", "scopedRoleMembers": ["stores-lee"] }],
        "scopedRoleMemberships": [{ "id": "stores-lee", "roleId": "71111111-1111-4111-8111-111111111111",
            "roleMemberInfo": { "id": "61111111-1111-4111-8111-111111111111" } }],
    }))
    .await;
    let (_, found) = sandbox.get(ASSIGNMENTS).await;
    let (_, units) = sandbox.get("/directory/administrativeUnits").await;
    let stores = id(&units["value"][0]);
    assert_eq!(
        found["value"][0]["directoryScopeId"],
        json!(format!("/administrativeUnits/{stores}")),
        "{found}"
    );
    let one = format!("{ASSIGNMENTS}/{}", id(&found["value"][0]));
    assert_eq!(sandbox.delete(&one).await.0, 204);
    let held = format!("/directory/administrativeUnits/{stores}/scopedRoleMembers");
    assert_eq!(sandbox.get(&held).await.1["value"], json!([]));
}
