//! What becomes of requests of privileged identity management: later, never, or because of somebody else.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_sandbox::{Faults, Options, Pim, Seed};

use crate::role_requests::{BASE, USER_ADMINISTRATOR, active, ask, code, eligible, forever, lasting, rows};
use crate::support::{Sandbox, new_user, person, registered, token};

async fn status(sandbox: &Sandbox, set: &str, request: &Value) -> Value {
    let path = format!("{BASE}/{set}/{}", request["id"].as_str().unwrap());
    sandbox.get(&path).await.1["status"].clone()
}

/// Does what the service does later.
async fn process(sandbox: &Sandbox) {
    let url = format!("{}/sandbox/process", sandbox.running.graph_endpoint());
    assert_eq!(sandbox.client.post(url).send().await.unwrap().status(), 200);
}

/// A sandbox in which nothing is done later but by `process`.
async fn asynchronous(faults: Faults) -> Sandbox {
    let pim = Pim { asynchronous: true, ..Pim::default() };
    let processing_delay = Duration::from_secs(600);
    Sandbox::without_administrators(Options { pim, faults, processing_delay, ..Options::default() }).await
}

#[tokio::test]
async fn a_request_is_pending_until_it_is_carried_out() {
    let sandbox = asynchronous(Faults::default()).await;
    let (adele, set) = (sandbox.user("adele.vance").await, "roleEligibilityScheduleRequests");
    let (answer, made) = eligible(&sandbox, ask("adminAssign", &adele, forever())).await;
    assert_eq!((answer, &made["status"]), (201, &json!("PendingProvisioning")), "{made}");
    assert_eq!(made["targetScheduleId"], Value::Null);
    assert!(rows(&sandbox, "roleEligibilitySchedules").await.is_empty());
    let again = eligible(&sandbox, ask("adminAssign", &adele, forever())).await;
    assert_eq!(code(&again), (400, "PendingRoleAssignmentRequest"));
    process(&sandbox).await;
    assert_eq!(status(&sandbox, set, &made).await, "Provisioned");
    assert_eq!(rows(&sandbox, "roleEligibilitySchedules").await[0]["id"], made["id"]);
    let (_, removal) = eligible(&sandbox, ask("adminRemove", &adele, forever())).await;
    assert_eq!(removal["status"], "PendingProvisioning");
    assert_eq!(rows(&sandbox, "roleEligibilitySchedules").await.len(), 1, "not yet");
    process(&sandbox).await;
    assert_eq!(status(&sandbox, set, &removal).await, "Revoked");
    assert!(rows(&sandbox, "roleEligibilitySchedules").await.is_empty());
}

#[tokio::test]
async fn a_pending_request_can_be_taken_back() {
    let sandbox = asynchronous(Faults::default()).await;
    let (adele, set) = (sandbox.user("adele.vance").await, "roleAssignmentScheduleRequests");
    let (_, made) = active(&sandbox, ask("adminAssign", &adele, forever())).await;
    let path = format!("{BASE}/{set}/{}/cancel", made["id"].as_str().unwrap());
    assert_eq!(sandbox.post(&path, json!({})).await.0, 204);
    process(&sandbox).await;
    assert_eq!(status(&sandbox, set, &made).await, "Canceled");
    assert!(rows(&sandbox, "roleAssignments").await.is_empty());
    assert_eq!(active(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201, "nothing is pending");
}

#[tokio::test]
async fn what_was_overtaken_meanwhile_fails() {
    let sandbox = asynchronous(Faults::default()).await;
    let (adele, set) = (sandbox.user("adele.vance").await, "roleAssignmentScheduleRequests");
    let (_, made) = active(&sandbox, ask("adminAssign", &adele, forever())).await;
    let plain =
        json!({ "principalId": adele, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/" });
    assert_eq!(sandbox.post(&format!("{BASE}/roleAssignments"), plain).await.0, 201);
    process(&sandbox).await;
    assert_eq!(status(&sandbox, set, &made).await, "Failed");
    assert_eq!(rows(&sandbox, "roleAssignmentSchedules").await.len(), 1);
}

#[tokio::test]
async fn requests_can_fail_or_stall_after_they_were_accepted() {
    let every = Some("100%".parse().unwrap());
    let set = "roleEligibilityScheduleRequests";
    let faults = Faults { fail_request_every: every, ..Faults::default() };
    let failing = asynchronous(faults).await;
    let adele = failing.user("adele.vance").await;
    let (_, made) = eligible(&failing, ask("adminAssign", &adele, forever())).await;
    assert_eq!(made["status"], "PendingProvisioning");
    process(&failing).await;
    assert_eq!(status(&failing, set, &made).await, "Failed");
    assert_eq!(failing.inflicted("fail_request"), 1);

    let stalling = asynchronous(Faults { stall_request_every: every, ..Faults::default() }).await;
    let (_, made) = eligible(&stalling, ask("adminAssign", &adele, forever())).await;
    process(&stalling).await;
    assert_eq!((&made["status"], status(&stalling, set, &made).await), (&json!("Granted"), json!("Granted")));
    for sandbox in [&failing, &stalling] {
        assert!(rows(sandbox, "roleEligibilitySchedules").await.is_empty());
    }
}

#[tokio::test]
async fn what_was_pending_is_carried_out_after_a_restart() {
    let state = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::in_directory(state.path()).await;
    sandbox.turn(json!({ "pim_asynchronous": true, "processing_delay_ms": 600_000 })).await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, lasting("P9D"))).await.0, 201);
    sandbox.running.stop().await;
    let again = Sandbox::in_directory(state.path()).await;
    assert_eq!(rows(&again, "roleEligibilitySchedules").await.len(), 1);
}

#[tokio::test]
async fn what_was_just_given_cannot_be_removed_at_once() {
    let pim = Pim { minimum_active: Duration::from_secs(300), ..Pim::default() };
    let sandbox = Sandbox::with(Options { seed: Seed::Contoso, pim, ..Options::default() }).await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(active(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    let early = active(&sandbox, ask("adminRemove", &adele, forever())).await;
    assert_eq!(code(&early), (400, "ActiveDurationTooShort"));
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    assert_eq!(eligible(&sandbox, ask("adminRemove", &adele, forever())).await.0, 201, "it is not active");
    sandbox.turn(json!({ "pim_clock_ahead_ms": 301_000 })).await;
    assert_eq!(active(&sandbox, ask("adminRemove", &adele, forever())).await.0, 201);
}

#[tokio::test]
async fn requests_are_forgotten_and_schedules_stay() {
    let sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    sandbox.turn(json!({ "pim_clock_ahead_ms": 44_u64 * 24 * 60 * 60 * 1000 })).await;
    assert_eq!(rows(&sandbox, "roleEligibilityScheduleRequests").await.len(), 1);
    sandbox.turn(json!({ "pim_clock_ahead_ms": 46_u64 * 24 * 60 * 60 * 1000 })).await;
    assert!(rows(&sandbox, "roleEligibilityScheduleRequests").await.is_empty());
    assert_eq!(rows(&sandbox, "roleEligibilitySchedules").await.len(), 1);
}

#[tokio::test]
async fn a_person_activates_what_they_are_eligible_for() {
    let mut sandbox = Sandbox::without_administrators(Options::default()).await;
    let (adele, own) = (sandbox.user("adele.vance").await, sandbox.token.clone());
    let token = person(&sandbox, "adele.vance@contoso.com").await;
    sandbox.token.clone_from(&token);
    let early = active(&sandbox, ask("selfActivate", &adele, lasting("PT1H"))).await;
    assert_eq!(code(&early), (400, "RoleAssignmentRequestPolicyValidationFailed"));
    assert!(early.1["error"]["message"].as_str().unwrap().contains("EligibilityRule"));
    let decide = active(&sandbox, ask("adminAssign", &adele, forever())).await;
    assert_eq!(code(&decide), (403, "Authorization_RequestDenied"), "she decides about nobody");
    sandbox.token.clone_from(&own);
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    sandbox.token.clone_from(&token);
    let long = active(&sandbox, ask("selfActivate", &adele, lasting("PT9H"))).await;
    assert!(long.1["error"]["message"].as_str().unwrap().contains("ExpirationRule"), "{}", long.1);
    let (status, made) = active(&sandbox, ask("selfActivate", &adele, lasting("PT8H"))).await;
    assert_eq!((status, &made["status"]), (201, &json!("Provisioned")), "{made}");
    assert_eq!(made["createdBy"]["user"]["id"], json!(adele));
    sandbox.token = own;
    let row = &rows(&sandbox, "roleAssignmentScheduleInstances").await[0];
    assert_eq!(row["assignmentType"], "Activated");
    assert_eq!(rows(&sandbox, "roleAssignments").await.len(), 1, "it shows as an assignment while it lasts");
    assert_eq!(rows(&sandbox, "roleEligibilitySchedules").await.len(), 1);
    sandbox.token = token;
    assert_eq!(active(&sandbox, ask("selfDeactivate", &adele, forever())).await.0, 201);
    let again = active(&sandbox, ask("selfDeactivate", &adele, forever())).await;
    assert_eq!(code(&again), (400, "RoleAssignmentDoesNotExist"));
}

#[tokio::test]
async fn reading_permissions_reach_schedules_and_not_requests() {
    let mut sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    let with = async |sandbox: &mut Sandbox, role: &str| {
        let name = format!("Only {role}");
        let app = registered(
            sandbox,
            json!({ "displayName": name, "roles": [role],
            "passwordCredentials": [{ "secretText": "tell-nobody-but-the-sandbox" }] }),
        )
        .await;
        let scope = format!("{}/.default", sandbox.running.graph_endpoint());
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", app["appId"].as_str().unwrap()),
            ("client_secret", "tell-nobody-but-the-sandbox"),
            ("scope", scope.as_str()),
        ];
        let tenant = sandbox.running.credentials().tenant_id.clone();
        let (status, tokens) = token(&sandbox.client, &sandbox.running, &tenant, &form).await;
        assert_eq!(status, 200, "{tokens}");
        sandbox.token = tokens["access_token"].as_str().unwrap().to_owned();
    };
    with(&mut sandbox, "RoleEligibilitySchedule.Read.Directory").await;
    for (set, expected) in [
        ("roleEligibilitySchedules", 200),
        ("roleEligibilityScheduleInstances", 200),
        ("roleEligibilityScheduleRequests", 403),
        ("roleAssignmentSchedules", 403),
    ] {
        assert_eq!(sandbox.get(&format!("{BASE}/{set}")).await.0, expected, "{set}");
    }
    assert_eq!(eligible(&sandbox, ask("adminUpdate", &adele, forever())).await.0, 403);
    with(&mut sandbox, "RoleEligibilitySchedule.Remove.Directory").await;
    assert_eq!(eligible(&sandbox, ask("adminUpdate", &adele, forever())).await.0, 403);
    assert_eq!(eligible(&sandbox, ask("adminRemove", &adele, forever())).await.0, 201);
}

#[tokio::test]
async fn who_has_just_been_created_is_not_found_yet() {
    let sandbox = Sandbox::lagging(Duration::from_secs(600)).await;
    let (status, user) = sandbox.post("/users", new_user("Conference Room")).await;
    assert_eq!(status, 201, "{user}");
    let early = eligible(&sandbox, ask("adminAssign", user["id"].as_str().unwrap(), forever())).await;
    assert_eq!(code(&early), (404, "SubjectNotFound"));
    sandbox.turn(json!({ "lag_ms": 0 })).await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", user["id"].as_str().unwrap(), forever())).await.0, 201);
}

#[tokio::test]
async fn somebody_activates_or_assigns_a_role_between_two_requests() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    sandbox.turn(json!({ "edit_every": 1, "edits": ["activation"] })).await;
    assert_eq!(sandbox.get("/organization").await.0, 200);
    sandbox.turn(json!({ "edit_every": 1, "edits": ["assignment"] })).await;
    assert_eq!(sandbox.get("/organization").await.0, 200);
    sandbox.turn(json!({ "edit_every": null })).await;
    let instances = rows(&sandbox, "roleAssignmentScheduleInstances").await;
    let mut types: Vec<_> = instances.iter().map(|row| row["assignmentType"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(types, ["Activated", "Assigned"]);
    let activated = instances.iter().find(|row| row["assignmentType"] == "Activated").unwrap();
    assert_eq!(activated["principalId"], json!(adele));
}

#[tokio::test]
async fn schedules_and_settings_have_a_quota_of_their_own() {
    let pim = Pim { quota: 5, ..Pim::default() };
    let sandbox =
        Sandbox::with(Options { seed: Seed::Contoso, quota: true, pim, ..Options::default() }).await;
    let mut refused = 0;
    for _ in 0..8 {
        let (status, _) = sandbox.get(&format!("{BASE}/roleEligibilitySchedules")).await;
        refused += usize::from(status == 429);
    }
    assert!(refused >= 2, "{refused}");
    assert_eq!(sandbox.get(&format!("{BASE}/roleAssignments")).await.0, 200, "others go on");
}

#[tokio::test]
async fn an_assignment_is_extended_and_once_it_is_over_renewed() {
    let sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, lasting("P10D"))).await.0, 201);
    let first = rows(&sandbox, "roleEligibilitySchedules").await[0].clone();
    let renewal = eligible(&sandbox, ask("adminRenew", &adele, lasting("P10D"))).await;
    assert_eq!(code(&renewal), (400, "RoleAssignmentExists"), "it is not over");
    assert_eq!(eligible(&sandbox, ask("adminExtend", &adele, lasting("P20D"))).await.0, 201);
    let end = |row: &Value| row["scheduleInfo"]["expiration"]["endDateTime"].as_str().unwrap().to_owned();
    let extended = rows(&sandbox, "roleEligibilitySchedules").await[0].clone();
    assert_eq!(extended["id"], first["id"]);
    assert!(end(&extended) > end(&first));
    sandbox.turn(json!({ "pim_clock_ahead_ms": 21_u64 * 24 * 60 * 60 * 1000 })).await;
    assert!(rows(&sandbox, "roleEligibilitySchedules").await.is_empty());
    let extension = eligible(&sandbox, ask("adminExtend", &adele, lasting("P10D"))).await;
    assert_eq!(code(&extension), (400, "RoleAssignmentDoesNotExist"));
    assert_eq!(eligible(&sandbox, ask("adminRenew", &adele, lasting("P10D"))).await.0, 201);
    assert_eq!(rows(&sandbox, "roleEligibilitySchedules").await.len(), 1);
}

#[tokio::test]
async fn schedules_go_with_whom_they_are_for() {
    let sandbox = Sandbox::without_administrators(Options::default()).await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    assert_eq!(active(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    assert_eq!(sandbox.delete(&format!("/users/{adele}")).await.0, 204);
    assert!(rows(&sandbox, "roleAssignmentScheduleInstances").await.is_empty());
    assert_eq!(sandbox.delete(&format!("/directory/deletedItems/{adele}")).await.0, 204);
    for set in ["roleAssignmentSchedules", "roleEligibilitySchedules", "roleAssignments"] {
        assert!(rows(&sandbox, set).await.is_empty(), "{set}");
    }
}

#[tokio::test]
async fn an_activation_that_needs_approval_waits_and_gives_nothing_yet() {
    let mut sandbox = Sandbox::contoso().await;
    let adele = sandbox.user("adele.vance").await;
    assert_eq!(eligible(&sandbox, ask("adminAssign", &adele, forever())).await.0, 201);
    let filter = format!(
        "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    );
    let (_, found) = sandbox
        .get(&format!(
            "/policies/roleManagementPolicyAssignments?$filter={filter}&$expand=policy($expand=rules)"
        ))
        .await;
    let policy = found["value"][0]["policyId"].as_str().unwrap();
    let rules = found["value"][0]["policy"]["rules"].as_array().unwrap();
    let mut rule = rules.iter().find(|rule| rule["id"] == "Approval_EndUser_Assignment").unwrap().clone();
    rule["setting"]["isApprovalRequired"] = true.into();
    let path = format!("/policies/roleManagementPolicies/{policy}/rules/Approval_EndUser_Assignment");
    let (status, answer) = sandbox.patch(&path, rule).await;
    assert!(status < 300, "{answer}");
    sandbox.token = person(&sandbox, "adele.vance@contoso.com").await;
    let (status, made) = active(&sandbox, ask("selfActivate", &adele, lasting("PT1H"))).await;
    assert_eq!((status, &made["status"]), (201, &json!("PendingApproval")), "{made}");
    assert!(made["approvalId"].is_string());
    let again = active(&sandbox, ask("selfActivate", &adele, lasting("PT1H"))).await;
    assert_eq!(code(&again), (400, "PendingRoleAssignmentRequest"));
    let set = "roleAssignmentScheduleRequests";
    let cancel = format!("{BASE}/{set}/{}/cancel", made["id"].as_str().unwrap());
    assert_eq!(sandbox.post(&cancel, json!({})).await.0, 204);
}
