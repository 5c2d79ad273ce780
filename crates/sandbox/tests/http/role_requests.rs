//! Privileged identity management of roles: requests, the schedules they make, and what is in force.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use tenantry_sandbox::{Options, Pim, Seed};

use crate::support::{Sandbox, security_group};

pub(crate) const BASE: &str = "/roleManagement/directory";
pub(crate) const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// A request about User Administrator in the tenant, with a justification.
pub(crate) fn ask(action: &str, principal: &str, expiration: Value) -> Value {
    json!({
        "action": action, "principalId": principal, "roleDefinitionId": USER_ADMINISTRATOR,
        "directoryScopeId": "/", "justification": "Cover", "scheduleInfo": { "expiration": expiration },
    })
}

pub(crate) fn forever() -> Value {
    json!({ "type": "noExpiration" })
}

pub(crate) fn lasting(duration: &str) -> Value {
    json!({ "type": "afterDuration", "duration": duration })
}

pub(crate) async fn eligible(sandbox: &Sandbox, body: Value) -> (u16, Value) {
    sandbox.post(&format!("{BASE}/roleEligibilityScheduleRequests"), body).await
}

pub(crate) async fn active(sandbox: &Sandbox, body: Value) -> (u16, Value) {
    sandbox.post(&format!("{BASE}/roleAssignmentScheduleRequests"), body).await
}

pub(crate) async fn rows(sandbox: &Sandbox, set: &str) -> Vec<Value> {
    let (status, found) = sandbox.get(&format!("{BASE}/{set}")).await;
    assert_eq!(status, 200, "{found}");
    found["value"].as_array().unwrap().clone()
}

pub(crate) fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"]["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn an_eligible_assignment_is_made_changed_and_removed() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let adele = sandbox.user("adele.vance").await;
    let (status, made) = eligible(&sandbox, ask("adminAssign", &adele, lasting("P90D"))).await;
    assert_eq!((status, &made["status"]), (201, &json!("Provisioned")), "{made}");
    assert_eq!(made["targetScheduleId"], made["id"], "the first request names the schedule");
    let found = rows(&sandbox, "roleEligibilitySchedules").await;
    assert_eq!(found.len(), 1);
    let expiration = &found[0]["scheduleInfo"]["expiration"];
    assert_eq!((&expiration["type"], &expiration["duration"]), (&json!("afterDateTime"), &Value::Null));
    let end: Timestamp = expiration["endDateTime"].as_str().unwrap().parse().unwrap();
    let days = end.duration_since(Timestamp::now()).as_hours() / 24;
    assert!((89..=90).contains(&days), "{days}");

    let again = eligible(&sandbox, ask("adminAssign", &adele, forever())).await;
    assert_eq!(code(&again), (400, "RoleAssignmentExists"));
    let (status, update) = eligible(&sandbox, ask("ADMINUPDATE", &adele, forever())).await;
    assert_eq!((status, &update["action"]), (201, &json!("adminUpdate")), "{update}");
    assert_eq!(update["targetScheduleId"], made["id"]);
    let found = rows(&sandbox, "roleEligibilitySchedules").await;
    assert_eq!(found[0]["id"], made["id"]);
    assert_eq!(found[0]["createdUsing"], update["id"]);
    assert_eq!(found[0]["scheduleInfo"]["expiration"]["endDateTime"], Value::Null);
    assert!(rows(&sandbox, "roleAssignmentSchedules").await.is_empty());

    let (status, removal) = eligible(&sandbox, ask("adminRemove", &adele, forever())).await;
    assert_eq!((status, &removal["status"]), (201, &json!("Revoked")), "{removal}");
    assert_eq!((&removal["targetScheduleId"], &removal["scheduleInfo"]), (&Value::Null, &Value::Null));
    assert!(rows(&sandbox, "roleEligibilitySchedules").await.is_empty());
    let gone = eligible(&sandbox, ask("adminRemove", &adele, forever())).await;
    assert_eq!(code(&gone), (400, "RoleAssignmentDoesNotExist"));
    assert_eq!(rows(&sandbox, "roleEligibilityScheduleRequests").await.len(), 3, "the journal of all");
}

#[tokio::test]
async fn an_active_assignment_shows_wherever_roles_are_shown() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(active(&sandbox, ask("adminAssign", &adele, lasting("P10D"))).await.0, 201);
    let instances = rows(&sandbox, "roleAssignmentScheduleInstances").await;
    assert_eq!(
        (&instances[0]["assignmentType"], &instances[0]["memberType"]),
        (&json!("Assigned"), &json!("Direct"))
    );
    assert!(instances[0]["endDateTime"].is_string());
    let assignments = rows(&sandbox, "roleAssignments").await;
    assert_eq!(instances[0]["roleAssignmentOriginId"], assignments[0]["id"]);
    let members = format!("/directoryRoles(roleTemplateId='{USER_ADMINISTRATOR}')/members");
    assert_eq!(sandbox.get(&members).await.1["value"][0]["id"], json!(adele));

    sandbox.turn(json!({ "pim_clock_ahead_ms": 11_u64 * 24 * 60 * 60 * 1000 })).await;
    for set in ["roleAssignmentScheduleInstances", "roleAssignmentSchedules", "roleAssignments"] {
        assert!(rows(&sandbox, set).await.is_empty(), "{set}");
    }
    assert_eq!(sandbox.get(&members).await.1["value"], json!([]));
}

#[tokio::test]
async fn an_assignment_with_a_later_start_waits_for_it() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let adele = sandbox.user("adele.vance").await;
    let start = (Timestamp::now() + 48.hours()).to_string();
    let mut body = ask("adminAssign", &adele, forever());
    body["scheduleInfo"]["startDateTime"] = start.clone().into();
    let (status, made) = active(&sandbox, body).await;
    assert_eq!((status, &made["status"]), (201, &json!("ScheduleCreated")), "{made}");
    assert_eq!(
        rows(&sandbox, "roleAssignmentSchedules").await[0]["scheduleInfo"]["startDateTime"],
        json!(start)
    );
    assert!(rows(&sandbox, "roleAssignmentScheduleInstances").await.is_empty());
    sandbox.turn(json!({ "pim_clock_ahead_ms": 49 * 60 * 60 * 1000 })).await;
    assert_eq!(rows(&sandbox, "roleAssignmentScheduleInstances").await.len(), 1);
    assert_eq!(rows(&sandbox, "roleAssignments").await.len(), 1);
    let (_, request) =
        sandbox.get(&format!("{BASE}/roleAssignmentScheduleRequests/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(request["status"], "Provisioned");
}

#[tokio::test]
async fn requests_are_refused_with_the_codes_of_the_service() {
    let sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    let nobody = "6c0f9f3e-0000-4000-8000-000000000000";
    let with = |name: &str, value: Value| {
        let mut body = ask("adminAssign", &adele, forever());
        body[name] = value;
        body
    };
    let expiring = |expiration: Value| with("scheduleInfo", json!({ "expiration": expiration }));
    for (body, expected) in [
        (with("action", Value::Null), (400, "InvalidRoleAssignmentRequest")),
        (with("scheduleInfo", Value::Null), (400, "InvalidRoleAssignmentRequest")),
        (with("directoryScopeId", json!(format!("/{adele}"))), (400, "InvalidRoleAssignmentRequest")),
        (
            with("directoryScopeId", json!("/administrativeUnits/6c0f9f3e-0000-4000-8000-000000000000")),
            (404, "ResourceNotFound"),
        ),
        (with("roleDefinitionId", json!(nobody)), (404, "RoleNotFound")),
        (with("principalId", json!(nobody)), (404, "SubjectNotFound")),
        (with("justification", Value::Null), (400, "RoleAssignmentRequestPolicyValidationFailed")),
        (expiring(lasting("PT0S")), (400, "InvalidRoleAssignmentRequestSchedule")),
        (
            expiring(json!({ "type": "afterDateTime", "endDateTime": "2020-01-01T00:00:00Z" })),
            (400, "InvalidRoleAssignmentRequestSchedule"),
        ),
        (
            with("scheduleInfo", json!({ "startDateTime": "2020-01-01T00:00:00Z", "expiration": forever() })),
            (400, "InvalidRoleAssignmentRequestSchedule"),
        ),
        (ask("adminUpdate", &adele, forever()), (400, "RoleAssignmentDoesNotExist")),
        (ask("adminExtend", &adele, forever()), (400, "RoleAssignmentDoesNotExist")),
        (ask("adminRenew", &adele, forever()), (400, "RoleAssignmentDoesNotExist")),
        (ask("selfActivate", &adele, lasting("PT1H")), (403, "Authorization_RequestDenied")),
    ] {
        let answer = active(&sandbox, body.clone()).await;
        assert_eq!(code(&answer), expected, "{body}: {}", answer.1);
    }
    let activation = eligible(&sandbox, ask("selfActivate", &adele, lasting("PT1H"))).await;
    assert_eq!(code(&activation), (400, "InvalidRoleAssignmentRequest"));
    let (_, app) = sandbox.get("/servicePrincipals?$top=1").await;
    let app = app["value"][0]["id"].as_str().unwrap();
    assert_eq!(
        code(&eligible(&sandbox, ask("adminAssign", app, forever())).await),
        (400, "InvalidRoleAssignmentRequest")
    );
    assert_eq!(active(&sandbox, ask("adminAssign", app, forever())).await.0, 201);
}

#[tokio::test]
async fn settings_of_the_role_judge_requests_and_name_what_failed() {
    let sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    let filter = format!(
        "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    );
    let (_, found) =
        sandbox.get(&format!("/policies/roleManagementPolicyAssignments?$filter={filter}")).await;
    let policy = found["value"][0]["policyId"].as_str().unwrap();
    let target = json!({ "caller": "Admin", "operations": ["All"], "level": "Eligibility",
        "inheritableSettings": [], "enforcedSettings": [] });
    let rule = json!({ "@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule",
        "id": "Expiration_Admin_Eligibility", "isExpirationRequired": true, "maximumDuration": "P90D", "target": target });
    let path = format!("/policies/roleManagementPolicies/{policy}/rules/Expiration_Admin_Eligibility");
    let (status, answer) = sandbox.patch(&path, rule).await;
    assert!(status < 300, "{answer}");
    for expiration in [forever(), lasting("P91D")] {
        let answer = eligible(&sandbox, ask("adminAssign", &adele, expiration)).await;
        assert_eq!(code(&answer), (400, "RoleAssignmentRequestPolicyValidationFailed"));
        let message = answer.1["error"]["message"].as_str().unwrap();
        assert!(message.ends_with(r#"["ExpirationRule"]"#), "{message}");
    }
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, lasting("P90D"))).await.0, 201);
}

#[tokio::test]
async fn a_validation_stores_nothing() {
    let sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    let mut body = ask("adminAssign", &adele, forever());
    body["isValidationOnly"] = true.into();
    let (status, answer) = eligible(&sandbox, body.clone()).await;
    assert_eq!((status, &answer["isValidationOnly"]), (201, &json!(true)), "{answer}");
    assert!(rows(&sandbox, "roleEligibilitySchedules").await.is_empty());
    assert!(rows(&sandbox, "roleEligibilityScheduleRequests").await.is_empty());
    body["principalId"] = json!("6c0f9f3e-0000-4000-8000-000000000000");
    assert_eq!(code(&eligible(&sandbox, body).await), (404, "SubjectNotFound"));
}

#[tokio::test]
async fn members_of_a_group_have_what_the_group_has() {
    let sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    let mut group = security_group("Tier 0");
    group["isAssignableToRole"] = true.into();
    group["members@odata.bind"] = json!([sandbox.bind(&adele)]);
    let (_, group) = sandbox.post("/groups", group).await;
    let group = group["id"].as_str().unwrap();
    assert_eq!(eligible(&sandbox, ask("adminAssign", group, forever())).await.0, 201);
    let mut found: Vec<(String, String)> = rows(&sandbox, "roleEligibilityScheduleInstances")
        .await
        .iter()
        .map(|row| {
            (row["memberType"].as_str().unwrap().to_owned(), row["principalId"].as_str().unwrap().to_owned())
        })
        .collect();
    found.sort();
    assert_eq!(found, [("Direct".to_owned(), group.to_owned()), ("Group".to_owned(), adele)]);
    assert_eq!(rows(&sandbox, "roleEligibilitySchedules").await.len(), 1);
}

#[tokio::test]
async fn eligibility_of_a_plain_group_is_accepted_and_never_comes_about() {
    let sandbox = Sandbox::contoso().await;
    let group = sandbox.group("Retail").await;
    let (status, made) = eligible(&sandbox, ask("adminAssign", &group, forever())).await;
    assert_eq!((status, &made["status"]), (201, &json!("Granted")), "{made}");
    assert!(rows(&sandbox, "roleEligibilitySchedules").await.is_empty());
    let again = eligible(&sandbox, ask("adminAssign", &group, forever())).await;
    assert_eq!(code(&again), (400, "PendingRoleAssignmentRequest"));
    let path = format!("{BASE}/roleEligibilityScheduleRequests/{}/cancel", made["id"].as_str().unwrap());
    assert_eq!(sandbox.post(&path, json!({})).await.0, 204);
    assert_eq!(sandbox.post(&path, json!({})).await.0, 400, "once");
    let refused = active(&sandbox, ask("adminAssign", &group, forever())).await;
    assert_eq!(code(&refused), (400, "InvalidRoleAssignmentRequest"));
}

#[tokio::test]
async fn the_last_global_administrator_is_not_removed_by_a_request_either() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let adele = sandbox.user("adele.vance").await;
    let body = |action: &str| {
        let mut body = ask(action, &adele, forever());
        body["roleDefinitionId"] = GLOBAL_ADMINISTRATOR.into();
        body
    };
    assert_eq!(active(&sandbox, body("adminAssign")).await.0, 201);
    assert_eq!(active(&sandbox, body("adminRemove")).await.0, 400);
    assert_eq!(rows(&sandbox, "roleAssignments").await.len(), 1);
}

#[tokio::test]
async fn a_seed_has_schedules_by_name_and_comes_back_from_a_dump() {
    let seed = json!({
        "users": [{ "userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance" },
            { "userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen" }],
        "administrativeUnits": [{ "displayName": "Retail" }],
        "roleDefinitions": [{ "displayName": "Retail helpdesk",
            "rolePermissions": [{ "allowedResourceActions": ["microsoft.directory/users/password/update"] }] }],
        "roleAssignmentSchedules": [
            { "principal": "megan.bowen@contoso.com", "roleDefinition": "User Administrator",
              "directoryScope": "Retail" },
            { "principal": "adele.vance@contoso.com", "roleDefinition": "User Administrator",
              "assignmentType": "Activated",
              "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "PT8H" } } }],
        "roleEligibilitySchedules": [
            { "principal": "adele.vance@contoso.com", "roleDefinition": "Retail helpdesk",
              "scheduleInfo": { "expiration": { "type": "afterDateTime", "endDateTime": "2030-01-01T00:00:00Z" } } }],
    });
    let sandbox = Sandbox::from_seed(seed).await;
    let state = sandbox.state().await;
    let again = Sandbox::from_seed(state.clone()).await;
    for sandbox in [&sandbox, &again] {
        let instances = rows(sandbox, "roleAssignmentScheduleInstances").await;
        let mut types: Vec<_> = instances.iter().map(|row| row["assignmentType"].as_str().unwrap()).collect();
        types.sort_unstable();
        assert_eq!(types, ["Activated", "Assigned"]);
        assert_eq!(rows(sandbox, "roleEligibilitySchedules").await.len(), 1);
        let (_, units) = sandbox.get("/directory/administrativeUnits").await;
        let unit = units["value"][0]["id"].as_str().unwrap();
        let (_, held) =
            sandbox.get(&format!("/directory/administrativeUnits/{unit}/scopedRoleMembers")).await;
        assert_eq!(held["value"][0]["roleMemberInfo"]["displayName"], "Megan Bowen");
    }
    assert_eq!(again.state().await, state);
}

#[tokio::test]
async fn without_a_license_nothing_of_it_is_there() {
    let pim = Pim { license: tenantry_sandbox::License::Products, ..Pim::default() };
    let sandbox = Sandbox::with(Options { pim: pim.clone(), ..Options::default() }).await;
    for set in
        ["roleAssignmentSchedules", "roleEligibilityScheduleInstances", "roleAssignmentScheduleRequests"]
    {
        let answer = sandbox.get(&format!("{BASE}/{set}")).await;
        assert_eq!(code(&answer), (400, "AadPremiumLicenseRequired"), "{set}");
    }
    assert_eq!(sandbox.get(&format!("{BASE}/roleAssignments")).await.0, 200);
    let sandbox = Sandbox::with(Options { pim, seed: Seed::Contoso, ..Options::default() }).await;
    assert_eq!(sandbox.get(&format!("{BASE}/roleAssignmentSchedules")).await.0, 200, "SPE_E5 includes it");
}
