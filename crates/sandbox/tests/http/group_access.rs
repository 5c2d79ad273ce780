//! Privileged access to groups: who asks for it, what becomes of it, and how it shows among members and owners.

use serde_json::{Value, json};

use crate::support::{Answer, Sandbox, answer, code, message, person, signed_in_with};

const ROOT: &str = "/identityGovernance/privilegedAccess/group";

/// A request for a group, by an administrator.
fn ask(action: &str, access: &str, group: &str, principal: &str) -> Value {
    json!({ "action": action, "accessId": access, "groupId": group, "principalId": principal,
        "justification": "Cover", "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "P30D" } } })
}

async fn send(sandbox: &Sandbox, family: &str, body: Value) -> Answer {
    sandbox.post(&format!("{ROOT}/{family}ScheduleRequests"), body).await
}

/// What a list of a group says.
async fn rows(sandbox: &Sandbox, list: &str, group: &str) -> Vec<Value> {
    let (status, found) = sandbox.get(&format!("{ROOT}/{list}?$filter=groupId eq '{group}'")).await;
    assert_eq!(status, 200, "{found}");
    found["value"].as_array().unwrap().clone()
}

/// Ids among the members or owners of a group.
async fn linked(sandbox: &Sandbox, group: &str, relation: &str) -> Vec<String> {
    let (_, found) = sandbox.get(&format!("/groups/{group}/{relation}?$select=id")).await;
    found["value"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_active_member_for_a_time_is_a_member_and_an_eligible_one_is_not() {
    let sandbox = Sandbox::contoso().await;
    let group = sandbox.new_group("Tier 0").await;
    let (adele, megan) = (sandbox.user("adele.vance").await, sandbox.user("megan.bowen").await);
    let (status, made) = send(&sandbox, "assignment", ask("AdminAssign", "member", &group, &adele)).await;
    assert_eq!(
        (status, &made["status"], &made["action"]),
        (201, &json!("Provisioned"), &json!("adminAssign"))
    );
    let (status, eligible) =
        send(&sandbox, "eligibility", ask("adminAssign", "member", &group, &megan)).await;
    assert_eq!(status, 201, "{eligible}");
    assert_eq!(linked(&sandbox, &group, "members").await, std::slice::from_ref(&adele));
    let id = format!("{group}_member_{}", made["id"].as_str().unwrap());
    assert_eq!(made["targetScheduleId"], id);
    let active = rows(&sandbox, "assignmentSchedules", &group).await;
    assert_eq!(active.len(), 1);
    assert_eq!((&active[0]["id"], &active[0]["assignmentType"]), (&json!(id), &json!("assigned")));
    assert_eq!((&active[0]["memberType"], &active[0]["accessId"]), (&json!("direct"), &json!("member")));
    assert_eq!(active[0]["scheduleInfo"]["expiration"]["type"], "afterDateTime");
    let instances = rows(&sandbox, "assignmentScheduleInstances", &group).await;
    assert_eq!(instances[0]["assignmentScheduleId"], id);
    let eligible = rows(&sandbox, "eligibilitySchedules", &group).await;
    assert_eq!((eligible.len(), &eligible[0]["principalId"]), (1, &json!(megan)));
    assert_eq!(rows(&sandbox, "eligibilityScheduleInstances", &group).await.len(), 1);
    let (status, one) = sandbox.get(&format!("{ROOT}/assignmentSchedules/{id}")).await;
    assert_eq!((status, &one["principalId"]), (200, &json!(adele)));
    let (status, request) =
        sandbox.get(&format!("{ROOT}/assignmentScheduleRequests/{}", made["id"].as_str().unwrap())).await;
    assert_eq!((status, &request["status"]), (200, &json!("Provisioned")));
}

#[tokio::test]
async fn lists_need_a_group_or_a_principal() {
    let sandbox = Sandbox::contoso().await;
    let lists = [
        "assignmentSchedules",
        "eligibilitySchedules",
        "assignmentScheduleInstances",
        "eligibilityScheduleInstances",
    ];
    for list in lists {
        assert_eq!(sandbox.get(&format!("{ROOT}/{list}")).await.0, 400, "{list}");
        let by_access = format!("{ROOT}/{list}?$filter=accessId eq 'member'");
        assert_eq!(sandbox.get(&by_access).await.0, 400, "{list}");
    }
    let adele = sandbox.user("adele.vance").await;
    let group = sandbox.new_group("Tier 0").await;
    send(&sandbox, "eligibility", ask("adminAssign", "owner", &group, &adele)).await;
    let path = format!(
        "{ROOT}/eligibilitySchedules?$filter=principalId eq '{adele}' and accessId eq 'owner'&$expand=group"
    );
    let (_, found) = sandbox.get(&path).await;
    assert_eq!(found["value"][0]["group"]["displayName"], "Tier 0", "{found}");
}

#[tokio::test]
async fn a_group_that_never_came_under_management_shows_nobody() {
    let sandbox = Sandbox::contoso().await;
    let group = sandbox.group("Finance").await;
    assert!(!linked(&sandbox, &group, "members").await.is_empty());
    assert!(rows(&sandbox, "assignmentSchedules", &group).await.is_empty());
    let adele = sandbox.user("adele.vance").await;
    send(&sandbox, "eligibility", ask("adminAssign", "owner", &group, &adele)).await;
    let members = linked(&sandbox, &group, "members").await;
    let plain = rows(&sandbox, "assignmentSchedules", &group).await;
    let plain_members = plain.iter().filter(|row| row["accessId"] == "member").count();
    assert_eq!(plain_members, members.len());
    assert_eq!(plain[0]["scheduleInfo"]["expiration"]["type"], "noExpiration");
    assert_eq!(plain[0]["assignmentType"], "assigned");
}

#[tokio::test]
async fn an_update_gives_the_schedule_another_id_and_keeps_the_member() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    let (_, made) = send(&sandbox, "assignment", ask("adminAssign", "owner", &group, &adele)).await;
    let mut longer = ask("adminUpdate", "owner", &group, &adele);
    longer["scheduleInfo"]["expiration"]["duration"] = "P60D".into();
    let (status, updated) = send(&sandbox, "assignment", longer).await;
    assert_eq!(status, 201, "{updated}");
    assert_ne!(updated["targetScheduleId"], made["targetScheduleId"]);
    let now = rows(&sandbox, "assignmentSchedules", &group).await;
    assert_eq!((now.len(), &now[0]["id"]), (1, &updated["targetScheduleId"]));
    assert_eq!(linked(&sandbox, &group, "owners").await, [adele]);
}

#[tokio::test]
async fn a_plain_removal_ends_what_was_assigned_and_a_request_ends_a_plain_membership() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    send(&sandbox, "assignment", ask("adminAssign", "member", &group, &adele)).await;
    assert_eq!(sandbox.delete(&format!("/groups/{group}/members/{adele}/$ref")).await.0, 204);
    assert!(rows(&sandbox, "assignmentSchedules", &group).await.is_empty());
    let add = sandbox.post(&format!("/groups/{group}/members/$ref"), sandbox.reference(&adele)).await;
    assert_eq!(add.0, 204);
    assert_eq!(rows(&sandbox, "assignmentSchedules", &group).await.len(), 1);
    let (status, refused) = send(&sandbox, "assignment", ask("adminAssign", "member", &group, &adele)).await;
    assert_eq!((status, code(&refused)), (400, "RoleAssignmentExists"), "{refused}");
    let (status, limited) = send(&sandbox, "assignment", ask("adminUpdate", "member", &group, &adele)).await;
    assert_eq!(status, 201, "{limited}");
    let row = &rows(&sandbox, "assignmentSchedules", &group).await[0];
    assert_eq!(row["scheduleInfo"]["expiration"]["type"], "afterDateTime");
    let (status, removed) = send(&sandbox, "assignment", ask("adminRemove", "member", &group, &adele)).await;
    assert_eq!((status, &removed["status"]), (201, &json!("Revoked")));
    assert!(linked(&sandbox, &group, "members").await.is_empty());
    let (_, again) = send(&sandbox, "assignment", ask("adminRemove", "member", &group, &adele)).await;
    assert_eq!(code(&again), "RoleAssignmentDoesNotExist");
}

#[tokio::test]
async fn a_plain_membership_ends_by_a_request() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    send(&sandbox, "eligibility", ask("adminAssign", "member", &group, &adele)).await;
    sandbox.post(&format!("/groups/{group}/members/$ref"), sandbox.reference(&adele)).await;
    assert_eq!(send(&sandbox, "assignment", ask("adminRemove", "member", &group, &adele)).await.0, 201);
    assert!(linked(&sandbox, &group, "members").await.is_empty());
    assert_eq!(rows(&sandbox, "eligibilitySchedules", &group).await.len(), 1);
}

#[tokio::test]
async fn nothing_is_permanent_until_the_settings_say_so() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    let mut permanent = ask("adminAssign", "member", &group, &adele);
    permanent["scheduleInfo"]["expiration"] = json!({ "type": "noExpiration" });
    let (status, refused) = send(&sandbox, "eligibility", permanent.clone()).await;
    assert_eq!((status, code(&refused)), (400, "RoleAssignmentRequestPolicyValidationFailed"));
    assert!(message(&refused).contains(r#"["ExpirationRule"]"#), "{refused}");
    let filter =
        format!("$filter=scopeId eq '{group}' and scopeType eq 'Group' and roleDefinitionId eq 'member'");
    let path = format!("/policies/roleManagementPolicyAssignments?{filter}&$expand=policy($expand=rules)");
    let (_, list) = sandbox.get(&path).await;
    let policy = &list["value"][0]["policy"];
    let rules = policy["rules"].as_array().unwrap();
    let mut rule = rules.iter().find(|rule| rule["id"] == "Expiration_Admin_Eligibility").unwrap().clone();
    rule["isExpirationRequired"] = false.into();
    let path = format!(
        "/policies/roleManagementPolicies/{}/rules/Expiration_Admin_Eligibility",
        policy["id"].as_str().unwrap()
    );
    assert_eq!(sandbox.patch(&path, rule).await.0, 204);
    assert_eq!(send(&sandbox, "eligibility", permanent).await.0, 201);
}

#[tokio::test]
async fn the_first_request_brings_a_group_under_management() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    let path = format!(
        "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '{group}' and scopeType eq 'Group'"
    );
    let before = sandbox.get(&path).await.1;
    let mut trial = ask("adminAssign", "member", &group, &adele);
    trial["isValidationOnly"] = true.into();
    assert_eq!(send(&sandbox, "eligibility", trial).await.0, 201);
    assert_eq!(sandbox.get(&path).await.1["value"], before["value"]);
    assert_eq!(send(&sandbox, "eligibility", ask("adminAssign", "member", &group, &adele)).await.0, 201);
    assert_ne!(sandbox.get(&path).await.1["value"], before["value"]);
}

#[tokio::test]
async fn groups_that_others_fill_are_refused() {
    let seed = json!({
        "users": [{ "userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance" }],
        "groups": [
            { "displayName": "Synchronized", "onPremisesSyncEnabled": true },
            { "displayName": "Dynamic", "groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq \"Retail\"" },
        ],
    });
    let sandbox = Sandbox::from_seed(seed).await;
    let adele = sandbox.user("adele.vance").await;
    for name in ["Synchronized", "Dynamic"] {
        let body = ask("adminAssign", "member", &sandbox.group(name).await, &adele);
        assert_eq!(send(&sandbox, "eligibility", body).await.0, 400, "{name}");
    }
    let unknown = ask("adminAssign", "member", &adele, &adele);
    let (status, refused) = send(&sandbox, "eligibility", unknown).await;
    assert_eq!((status, code(&refused)), (404, "ResourceNotFound"), "{refused}");
}

#[tokio::test]
async fn a_group_may_be_eligible_for_another_one() {
    let sandbox = Sandbox::contoso().await;
    let (group, other) = (sandbox.new_group("Tier 0").await, sandbox.new_group("Tier 1").await);
    let (status, made) = send(&sandbox, "eligibility", ask("adminAssign", "member", &group, &other)).await;
    assert_eq!((status, &made["status"]), (201, &json!("Provisioned")), "{made}");
    assert_eq!(rows(&sandbox, "eligibilitySchedules", &group).await.len(), 1);
}

#[tokio::test]
async fn a_seed_names_groups_and_people_and_its_dump_says_the_same() {
    let seed = json!({
        "users": [{ "userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance" },
            { "userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen" }],
        "groups": [{ "displayName": "Tier 0" }],
        "assignmentSchedules": [{ "group": "Tier 0", "accessId": "member", "principal": "adele.vance@contoso.com",
            "scheduleInfo": { "expiration": { "type": "afterDateTime", "endDateTime": "2099-01-01T00:00:00Z" } } }],
        "eligibilitySchedules": [{ "group": "Tier 0", "accessId": "owner", "principal": "megan.bowen@contoso.com" }],
    });
    let first = Sandbox::from_seed(seed).await;
    let again = Sandbox::from_seed(first.state().await).await;
    for sandbox in [&first, &again] {
        let group = sandbox.group("Tier 0").await;
        assert_eq!(linked(sandbox, &group, "members").await, [sandbox.user("adele.vance").await]);
        let active = rows(sandbox, "assignmentSchedules", &group).await;
        assert_eq!(active[0]["scheduleInfo"]["expiration"]["endDateTime"], "2099-01-01T00:00:00Z");
        let eligible = rows(sandbox, "eligibilitySchedules", &group).await;
        assert_eq!(eligible[0]["principalId"], sandbox.user("megan.bowen").await);
        assert!(eligible[0]["id"].as_str().unwrap().starts_with(&format!("{group}_owner_")));
    }
}

#[tokio::test]
async fn reading_takes_less_than_asking_and_removing_takes_a_permission_of_its_own() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    let cases: &[(&str, [u16; 5])] = &[
        ("PrivilegedEligibilitySchedule.Read.AzureADGroup", [200, 200, 403, 403, 403]),
        ("PrivilegedEligibilitySchedule.Remove.AzureADGroup", [403, 403, 403, 201, 403]),
        ("PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup", [200, 200, 201, 201, 403]),
        ("PrivilegedAssignmentSchedule.Read.AzureADGroup", [403, 403, 403, 403, 200]),
        ("RoleManagement.ReadWrite.Directory", [403, 403, 403, 403, 403]),
    ];
    for (role, expected) in cases {
        let token = signed_in_with(&sandbox, role).await;
        let (add, remove) =
            (ask("adminAssign", "member", &group, &adele), ask("adminRemove", "member", &group, &adele));
        let of_group = format!("?$filter=groupId eq '{group}'");
        if expected[3] == 201 && expected[2] != 201 {
            send(&sandbox, "eligibility", add.clone()).await;
        }
        let requests = [
            (format!("eligibilitySchedules{of_group}"), None),
            (format!("eligibilityScheduleRequests{of_group}"), None),
            ("eligibilityScheduleRequests".to_owned(), Some(add)),
            ("eligibilityScheduleRequests".to_owned(), Some(remove)),
            (format!("assignmentSchedules{of_group}"), None),
        ];
        for ((path, body), expected) in requests.into_iter().zip(expected) {
            let url = format!("{}/v1.0{ROOT}/{path}", sandbox.running.graph_endpoint());
            let request = match body {
                Some(body) => sandbox.client.post(url).json(&body),
                None => sandbox.client.get(url),
            };
            let (status, found) = answer(request.bearer_auth(&token)).await;
            assert_eq!(status, *expected, "{role} {path}: {found}");
        }
    }
}

#[tokio::test]
async fn a_request_that_waits_shows_nobody_until_it_is_carried_out() {
    let sandbox = Sandbox::contoso().await;
    sandbox.turn(json!({ "pim_asynchronous": true, "processing_delay_ms": 3_600_000 })).await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    let (status, made) = send(&sandbox, "assignment", ask("adminAssign", "member", &group, &adele)).await;
    assert_eq!((status, &made["status"]), (201, &json!("PendingProvisioning")));
    assert!(linked(&sandbox, &group, "members").await.is_empty());
    let url = format!("{}/sandbox/process", sandbox.running.graph_endpoint());
    answer(sandbox.client.post(url)).await;
    assert_eq!(linked(&sandbox, &group, "members").await, [adele]);
    let request = format!("{ROOT}/assignmentScheduleRequests/{}", made["id"].as_str().unwrap());
    assert_eq!(sandbox.get(&request).await.1["status"], "Provisioned");
}

#[tokio::test]
async fn somebody_is_a_member_no_more_when_the_time_is_over() {
    let sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    send(&sandbox, "assignment", ask("adminAssign", "member", &group, &adele)).await;
    assert_eq!(linked(&sandbox, &group, "members").await.len(), 1);
    sandbox.turn(json!({ "pim_clock_ahead_ms": 31_u64 * 24 * 60 * 60 * 1000 })).await;
    let url = format!("{}/sandbox/process", sandbox.running.graph_endpoint());
    answer(sandbox.client.post(url)).await;
    assert!(linked(&sandbox, &group, "members").await.is_empty());
    assert!(rows(&sandbox, "assignmentSchedules", &group).await.is_empty());
}

#[tokio::test]
async fn a_tenant_without_the_licence_is_refused() {
    let sandbox = Sandbox::empty().await;
    sandbox.turn(json!({ "pim_license": "products" })).await;
    let group = sandbox.new_group("Tier 0").await;
    let scope = format!("$filter=scopeId eq '{group}' and scopeType eq 'Group'");
    for path in [
        format!("{ROOT}/eligibilitySchedules?$filter=groupId eq '{group}'"),
        format!("/policies/roleManagementPolicyAssignments?{scope}"),
    ] {
        let (status, refused) = sandbox.get(&path).await;
        assert_eq!((status, code(&refused)), (400, "AadPremiumLicenseRequired"), "{path}: {refused}");
    }
}

#[tokio::test]
async fn a_person_activates_a_membership_and_gives_it_back() {
    let mut sandbox = Sandbox::contoso().await;
    let (group, adele) = (sandbox.new_group("Tier 0").await, sandbox.user("adele.vance").await);
    let (person, own) = (person(&sandbox, "adele.vance@contoso.com").await, sandbox.token.clone());
    let mut hour = ask("selfActivate", "member", &group, &adele);
    hour["scheduleInfo"]["expiration"]["duration"] = "PT1H".into();
    sandbox.token.clone_from(&person);
    let (status, early) = send(&sandbox, "assignment", hour.clone()).await;
    assert_eq!((status, code(&early)), (400, "RoleAssignmentRequestPolicyValidationFailed"));
    assert!(message(&early).contains("EligibilityRule"), "{early}");
    sandbox.token.clone_from(&own);
    send(&sandbox, "eligibility", ask("adminAssign", "member", &group, &adele)).await;
    sandbox.token.clone_from(&person);
    let (status, made) = send(&sandbox, "assignment", hour).await;
    assert_eq!((status, &made["status"]), (201, &json!("Provisioned")), "{made}");
    sandbox.token.clone_from(&own);
    assert_eq!(linked(&sandbox, &group, "members").await, std::slice::from_ref(&adele));
    assert_eq!(rows(&sandbox, "assignmentSchedules", &group).await[0]["assignmentType"], "activated");
    assert_eq!(rows(&sandbox, "eligibilitySchedules", &group).await.len(), 1);
    sandbox.token.clone_from(&person);
    assert_eq!(send(&sandbox, "assignment", ask("selfDeactivate", "member", &group, &adele)).await.0, 201);
    sandbox.token = own;
    assert!(linked(&sandbox, &group, "members").await.is_empty());
}
