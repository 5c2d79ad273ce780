//! Settings of roles and of access to groups: who finds them, how they change, and what breaks them.

use serde_json::{Value, json};
use tenantry_sandbox::{Faults, Rate};

use crate::support::{Answer, Sandbox, answer, code, message, signed_in_with};

const ASSIGNMENTS: &str = "/policies/roleManagementPolicyAssignments";
const POLICIES: &str = "/policies/roleManagementPolicies";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const HELPDESK: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";

/// The assignment of a role, with its policy and rules.
async fn of_role(sandbox: &Sandbox, role: &str) -> Value {
    let path = format!(
        "{ASSIGNMENTS}?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{role}'\
         &$expand=policy($expand=rules)"
    );
    only(sandbox.get(&path).await)
}

/// The assignment of one kind of access to a group, with its policy and rules.
async fn of_group(sandbox: &Sandbox, group: &str, access: &str) -> Value {
    let path = format!(
        "{ASSIGNMENTS}?$filter=scopeId eq '{group}' and scopeType eq 'Group' and roleDefinitionId eq '{access}'\
         &$expand=policy($expand=rules)"
    );
    only(sandbox.get(&path).await)
}

fn only((status, list): Answer) -> Value {
    assert_eq!(status, 200, "{list}");
    let [only] = list["value"].as_array().unwrap().as_slice() else { panic!("{list}") };
    only.clone()
}

fn rule(assignment: &Value, id: &str) -> Value {
    let rules = assignment["policy"]["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["id"] == id).cloned().unwrap_or_default()
}

fn path_of(assignment: &Value, id: &str) -> String {
    format!("{POLICIES}/{}/rules/{id}", assignment["policyId"].as_str().unwrap())
}

/// Reads a rule, changes it, and writes it back whole.
async fn change(sandbox: &Sandbox, role: &str, id: &str, edit: impl FnOnce(&mut Value)) -> Answer {
    let assignment = of_role(sandbox, role).await;
    let mut whole = rule(&assignment, id);
    edit(&mut whole);
    sandbox.patch(&path_of(&assignment, id), whole).await
}

#[tokio::test]
async fn every_role_has_a_policy_of_17_rules_that_nobody_touched() {
    let sandbox = Sandbox::contoso().await;
    let path = format!(
        "{ASSIGNMENTS}?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$expand=policy($expand=rules)"
    );
    let (_, list) = sandbox.get(&path).await;
    let (_, roles) = sandbox.get("/roleManagement/directory/roleDefinitions?$top=999").await;
    let assignments = list["value"].as_array().unwrap();
    assert_eq!(assignments.len(), roles["value"].as_array().unwrap().len());
    for assignment in assignments {
        let policy = &assignment["policy"];
        assert_eq!(policy["rules"].as_array().unwrap().len(), 17);
        assert_eq!(
            (&policy["lastModifiedDateTime"], &policy["lastModifiedBy"]),
            (&json!(null), &json!(null))
        );
        assert_eq!(policy["id"], assignment["policyId"]);
        let id = format!(
            "{}_{}",
            policy["id"].as_str().unwrap(),
            assignment["roleDefinitionId"].as_str().unwrap()
        );
        assert_eq!(assignment["id"], id);
    }
    let policy = &assignments[0]["policy"];
    assert!(policy["id"].as_str().unwrap().starts_with("DirectoryRole_"), "{policy}");
}

#[tokio::test]
async fn defaults_of_groups_differ_from_those_of_roles() {
    let sandbox = Sandbox::contoso().await;
    let group = sandbox.new_group("Helpdesk leads").await;
    let (role, member) = (of_role(&sandbox, HELPDESK).await, of_group(&sandbox, &group, "member").await);
    let eligible = "Expiration_Admin_Eligibility";
    assert_eq!(rule(&role, eligible)["isExpirationRequired"], false);
    assert_eq!(rule(&member, eligible)["isExpirationRequired"], true);
    assert_eq!(rule(&role, eligible)["target"]["operations"], json!(["all"]));
    assert_eq!(rule(&member, eligible)["target"]["operations"], json!(["All"]));
    let activation = "Enablement_EndUser_Assignment";
    assert_eq!(
        rule(&role, activation)["enabledRules"],
        json!(["MultiFactorAuthentication", "Justification"])
    );
    assert_eq!(rule(&member, activation)["enabledRules"], json!(["Justification"]));
    assert_ne!(of_group(&sandbox, &group, "owner").await["policyId"], member["policyId"]);
}

#[tokio::test]
async fn a_list_needs_a_scope() {
    let sandbox = Sandbox::contoso().await;
    for path in [
        ASSIGNMENTS.to_owned(),
        format!("{ASSIGNMENTS}?$filter=scopeId eq '/'"),
        format!("{ASSIGNMENTS}?$filter=scopeId eq '/' or scopeType eq 'DirectoryRole'"),
        format!("{POLICIES}?$filter=scopeType eq 'DirectoryRole'"),
    ] {
        assert_eq!(sandbox.get(&path).await.0, 400, "{path}");
    }
    let unknown = format!("{ASSIGNMENTS}?$filter=scopeId eq '{HELPDESK}' and scopeType eq 'Group'");
    assert_eq!(sandbox.get(&unknown).await.0, 404);
    let directory =
        format!("{POLICIES}?$filter=scopeId eq '/' and scopeType eq 'Directory'&$expand=rules&$top=3");
    let (status, page) = sandbox.get(&directory).await;
    assert_eq!(status, 200, "{page}");
    let (_, next) = sandbox.get(page["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(next["value"][0]["rules"].as_array().unwrap().len(), 17);
}

#[tokio::test]
async fn a_rule_is_read_changed_and_read_again_from_everywhere() {
    let sandbox = Sandbox::contoso().await;
    let id = "Expiration_EndUser_Assignment";
    let answer = change(&sandbox, HELPDESK, id, |rule| rule["maximumDuration"] = "PT4H".into()).await;
    assert_eq!(answer, (204, json!(null)));
    let assignment = of_role(&sandbox, HELPDESK).await;
    assert_eq!(rule(&assignment, id)["maximumDuration"], "PT4H");
    assert_eq!(rule(&assignment, id)["isExpirationRequired"], true);
    assert!(assignment["policy"]["lastModifiedDateTime"].is_string(), "{assignment}");
    let policy = assignment["policyId"].as_str().unwrap();
    for place in ["rules", "effectiveRules"] {
        let (_, one) = sandbox.get(&format!("{POLICIES}/{policy}/{place}/{id}")).await;
        assert_eq!(one["maximumDuration"], "PT4H");
        let (_, all) = sandbox.get(&format!("{POLICIES}/{policy}/{place}")).await;
        assert_eq!(all["value"].as_array().unwrap().len(), 17);
    }
    let (_, whole) = sandbox.get(&format!("{POLICIES}/{policy}?$expand=rules,effectiveRules")).await;
    assert_eq!(whole["rules"], whole["effectiveRules"]);
    let (_, again) = sandbox.get(&format!("{ASSIGNMENTS}/{}", assignment["id"].as_str().unwrap())).await;
    assert_eq!(again["policyId"], policy);
    let other = of_role(&sandbox, GLOBAL_ADMINISTRATOR).await;
    assert_eq!(other["policy"]["lastModifiedDateTime"], json!(null));
}

#[tokio::test]
async fn a_policy_takes_several_rules_at_once_or_none() {
    let sandbox = Sandbox::contoso().await;
    let assignment = of_role(&sandbox, HELPDESK).await;
    let path = format!("{POLICIES}/{}", assignment["policyId"].as_str().unwrap());
    let mut mfa = rule(&assignment, "Enablement_EndUser_Assignment");
    mfa["enabledRules"] = json!(["Justification", "Ticketing"]);
    let mut context = rule(&assignment, "AuthenticationContext_EndUser_Assignment");
    (context["isEnabled"], context["claimValue"]) = (true.into(), "c1".into());
    let (status, refused) = sandbox.patch(&path, json!({ "rules": [context] })).await;
    assert_eq!((status, code(&refused)), (400, "InvalidPolicy"), "{refused}");
    let mut wrong = rule(&assignment, "Expiration_Admin_Assignment");
    wrong["maximumDuration"] = "a week".into();
    assert_eq!(sandbox.patch(&path, json!({ "rules": [mfa, wrong] })).await.0, 400);
    assert_eq!(of_role(&sandbox, HELPDESK).await, assignment);
    assert_eq!(sandbox.patch(&path, json!({ "rules": [context, mfa] })).await.0, 204);
    let after = of_role(&sandbox, HELPDESK).await;
    assert_eq!(rule(&after, "AuthenticationContext_EndUser_Assignment"), context);
    assert_eq!(rule(&after, "Enablement_EndUser_Assignment"), mfa);
    assert_eq!(rule(&after, "Expiration_Admin_Assignment"), rule(&assignment, "Expiration_Admin_Assignment"));
}

#[tokio::test]
async fn both_second_factor_and_context_are_accepted_where_the_service_is_said_to() {
    let sandbox = Sandbox::contoso().await;
    sandbox.turn(json!({ "policies_mfa_beside_context": true })).await;
    let context = "AuthenticationContext_EndUser_Assignment";
    let turn_on = |rule: &mut Value| (rule["isEnabled"], rule["claimValue"]) = (true.into(), "c25".into());
    assert_eq!(change(&sandbox, HELPDESK, context, turn_on).await.0, 204);
}

#[tokio::test]
async fn approvers_are_kept_as_sent_and_what_is_left_out_is_reset() {
    let sandbox = Sandbox::contoso().await;
    let (adele, group) = (sandbox.user("adele.vance").await, sandbox.new_group("Approvers").await);
    let id = "Approval_EndUser_Assignment";
    let approvers = json!([
        { "@odata.type": "#microsoft.graph.singleUser", "userId": adele },
        { "@odata.type": "#microsoft.graph.groupMembers", "groupId": group, "description": "Approvers" },
    ]);
    let answer = change(&sandbox, HELPDESK, id, |rule| {
        rule["setting"]["isApprovalRequired"] = true.into();
        rule["setting"]["approvalStages"][0]["primaryApprovers"] = approvers.clone();
        rule["setting"]["approvalStages"][0]["approvalStageTimeOutInDays"] = 2.into();
    });
    assert_eq!(answer.await.0, 204);
    let approved = rule(&of_role(&sandbox, HELPDESK).await, id);
    assert_eq!(approved["setting"]["approvalStages"][0]["primaryApprovers"], approvers);
    let without_stages = |rule: &mut Value| {
        rule["setting"].as_object_mut().unwrap().remove("approvalStages");
    };
    assert_eq!(change(&sandbox, HELPDESK, id, without_stages).await.0, 204);
    let reset = rule(&of_role(&sandbox, HELPDESK).await, id);
    assert_eq!(reset["setting"]["isApprovalRequired"], true);
    assert_eq!(reset["setting"]["approvalStages"][0]["primaryApprovers"], json!([]));
    assert_eq!(reset["setting"]["approvalStages"][0]["approvalStageTimeOutInDays"], 1);
}

#[tokio::test]
async fn approvers_who_do_not_exist_are_refused_only_where_the_service_is_said_to() {
    let sandbox = Sandbox::contoso().await;
    let unknown = json!([{ "@odata.type": "#microsoft.graph.singleUser", "userId": HELPDESK }]);
    let name = |rule: &mut Value| rule["setting"]["approvalStages"][0]["primaryApprovers"] = unknown.clone();
    assert_eq!(change(&sandbox, HELPDESK, "Approval_EndUser_Assignment", name).await.0, 204);
    sandbox.turn(json!({ "policies_known_approvers": true })).await;
    let (status, refused) = change(&sandbox, HELPDESK, "Approval_EndUser_Assignment", name).await;
    assert_eq!((status, code(&refused)), (400, "InvalidPolicyRule"), "{refused}");
}

#[tokio::test]
async fn a_write_without_the_target_is_accepted_and_breaks_the_rule() {
    let sandbox = Sandbox::contoso().await;
    let id = "Enablement_Admin_Assignment";
    let without_target = |rule: &mut Value| drop(rule.as_object_mut().unwrap().remove("target"));
    assert_eq!(change(&sandbox, HELPDESK, id, without_target).await, (204, json!(null)));
    let broken = of_role(&sandbox, HELPDESK).await;
    assert_eq!(rule(&broken, id)["target"], json!(null));
    assert_eq!(broken["policy"]["rules"].as_array().unwrap().len(), 17);
}

#[tokio::test]
async fn a_notification_without_its_target_takes_those_to_others_with_it() {
    let sandbox = Sandbox::contoso().await;
    let id = "Notification_Admin_Admin_Eligibility";
    let emptied = |rule: &mut Value| rule["target"] = json!({});
    assert_eq!(change(&sandbox, HELPDESK, id, emptied).await.0, 204);
    let broken = of_role(&sandbox, HELPDESK).await;
    assert_eq!(broken["policy"]["rules"].as_array().unwrap().len(), 11);
    let lost = "Notification_Requestor_Admin_Eligibility";
    let (status, refused) = sandbox.get(&path_of(&broken, lost)).await;
    assert_eq!((status, code(&refused)), (400, "InvalidPolicyRule"));
    assert_eq!(message(&refused), format!("The policy rule id {lost} is invalid."));
}

#[tokio::test]
async fn impossible_rules_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let refusals: &[(&str, Value)] = &[
        ("Expiration_EndUser_Assignment", json!({ "maximumDuration": "P2D" })),
        ("Expiration_EndUser_Assignment", json!({ "maximumDuration": "PT29M" })),
        ("Expiration_Admin_Assignment", json!({ "maximumDuration": "soon" })),
        ("Expiration_Admin_Assignment", json!({ "maximumDuration": "PT0S" })),
        ("Expiration_Admin_Assignment", json!({ "isExpirationRequired": true, "maximumDuration": null })),
        ("Enablement_EndUser_Assignment", json!({ "enabledRules": ["Fingerprint"] })),
        ("AuthenticationContext_EndUser_Assignment", json!({ "isEnabled": true, "claimValue": "" })),
        ("AuthenticationContext_EndUser_Assignment", json!({ "isEnabled": false, "claimValue": "c100" })),
        ("Approval_EndUser_Assignment", json!({ "setting": { "approvalStages": [] } })),
        ("Approval_EndUser_Assignment", json!({ "setting": { "approvalMode": "Any" } })),
        ("Notification_Admin_Admin_Eligibility", json!({ "recipientType": "Approver" })),
        ("Notification_Admin_Admin_Eligibility", json!({ "notificationLevel": "Some" })),
        ("Notification_Admin_Admin_Eligibility", json!({ "sound": true })),
        ("Notification_Admin_Admin_Eligibility", json!({ "@odata.type": null })),
        (
            "Expiration_Admin_Assignment",
            json!({ "@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyEnablementRule" }),
        ),
        ("Expiration_Admin_Assignment", json!({ "id": "Expiration_Admin_Eligibility" })),
        ("Expiration_Admin_Assignment", json!({ "id": null })),
    ];
    let before = of_role(&sandbox, HELPDESK).await;
    for (id, members) in refusals {
        let edit =
            |rule: &mut Value| rule.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let (status, refused) = change(&sandbox, HELPDESK, id, edit).await;
        assert_eq!((status, code(&refused)), (400, "InvalidPolicyRule"), "{members}: {refused}");
    }
    assert_eq!(of_role(&sandbox, HELPDESK).await, before);
    let (status, refused) = sandbox.patch(&path_of(&before, "Expiration_Nobody"), json!({})).await;
    assert_eq!((status, code(&refused)), (400, "InvalidPolicyRule"));
    let policy = format!("{POLICIES}/{}", before["policyId"].as_str().unwrap());
    assert_eq!(sandbox.delete(&policy).await.0, 405);
    assert_eq!(sandbox.post(POLICIES, json!({})).await.0, 405);
    assert_eq!(sandbox.post(ASSIGNMENTS, json!({})).await.0, 405);
}

#[tokio::test]
async fn the_ids_of_a_groups_policies_change_when_it_comes_under_management() {
    let sandbox = Sandbox::contoso().await;
    let group = sandbox.new_group("Helpdesk leads").await;
    let (member, owner) =
        (of_group(&sandbox, &group, "member").await, of_group(&sandbox, &group, "owner").await);
    let id = "Expiration_Admin_Eligibility";
    let mut permanent = rule(&member, id);
    permanent["isExpirationRequired"] = false.into();
    assert_eq!(sandbox.patch(&path_of(&member, id), permanent.clone()).await.0, 204);
    assert_eq!(sandbox.patch(&path_of(&member, id), permanent.clone()).await.0, 404);
    let after = of_group(&sandbox, &group, "member").await;
    assert_ne!(after["policyId"], member["policyId"]);
    assert_ne!(of_group(&sandbox, &group, "owner").await["policyId"], owner["policyId"]);
    assert_eq!(rule(&after, id)["isExpirationRequired"], false);
    assert_eq!(sandbox.patch(&path_of(&after, id), permanent).await.0, 204);
    assert_eq!(of_group(&sandbox, &group, "member").await["policyId"], after["policyId"]);
}

#[tokio::test]
async fn groups_that_others_fill_cannot_be_managed() {
    let seed = json!({ "groups": [
        { "displayName": "Synchronized", "onPremisesSyncEnabled": true },
        { "displayName": "Dynamic", "groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq \"Retail\"" },
    ] });
    let sandbox = Sandbox::from_seed(seed).await;
    for name in ["Synchronized", "Dynamic"] {
        let group = sandbox.group(name).await;
        let member = of_group(&sandbox, &group, "member").await;
        let id = "Expiration_EndUser_Assignment";
        let (status, refused) = sandbox.patch(&path_of(&member, id), rule(&member, id)).await;
        assert_eq!(status, 400, "{name}: {refused}");
    }
}

#[tokio::test]
async fn reading_and_writing_take_permissions_of_their_own() {
    let sandbox = Sandbox::contoso().await;
    let group = sandbox.new_group("Helpdesk leads").await;
    let cases: &[(&str, [u16; 4])] = &[
        ("RoleManagementPolicy.Read.Directory", [200, 403, 403, 403]),
        ("RoleManagement.Read.Directory", [200, 403, 403, 403]),
        ("RoleManagementPolicy.ReadWrite.Directory", [200, 204, 403, 403]),
        ("RoleManagement.ReadWrite.Directory", [200, 204, 403, 403]),
        ("RoleManagementPolicy.Read.AzureADGroup", [403, 403, 200, 403]),
        ("RoleManagementPolicy.ReadWrite.AzureADGroup", [403, 403, 200, 204]),
        ("Policy.Read.All", [403, 403, 403, 403]),
    ];
    for (role, expected) in cases {
        let bearer = &signed_in_with(&sandbox, role).await;
        let (of_role, of_group) =
            (of_role(&sandbox, HELPDESK).await, of_group(&sandbox, &group, "member").await);
        let rule_id = "Expiration_EndUser_Assignment";
        let list = |scope: &str| format!("{ASSIGNMENTS}?$filter={scope}");
        let requests = [
            (reqwest::Method::GET, list("scopeId eq '/' and scopeType eq 'DirectoryRole'"), None),
            (reqwest::Method::PATCH, path_of(&of_role, rule_id), Some(rule(&of_role, rule_id))),
            (reqwest::Method::GET, list(&format!("scopeId eq '{group}' and scopeType eq 'Group'")), None),
            (reqwest::Method::PATCH, path_of(&of_group, rule_id), Some(rule(&of_group, rule_id))),
        ];
        for ((method, path, body), expected) in requests.into_iter().zip(expected) {
            let url = format!("{}/v1.0{path}", sandbox.running.graph_endpoint());
            let request = sandbox.client.request(method, url).bearer_auth(bearer);
            let (status, found) = answer(body.iter().fold(request, |request, body| request.json(body))).await;
            assert_eq!(status, *expected, "{role} {path}: {found}");
        }
    }
}

#[tokio::test]
async fn every_nth_write_can_be_refused_and_changes_nothing() {
    let faults = Faults { refuse_policy_every: Some(Rate::every(2)), ..Faults::default() };
    let sandbox = Sandbox::faulty(faults).await;
    let id = "Expiration_EndUser_Assignment";
    let hours = |text: &'static str| move |rule: &mut Value| rule["maximumDuration"] = text.into();
    assert_eq!(change(&sandbox, HELPDESK, id, hours("PT1H")).await.0, 204);
    let (status, refused) = change(&sandbox, HELPDESK, id, hours("PT2H")).await;
    assert_eq!((status, code(&refused)), (400, "InvalidPolicy"), "{refused}");
    assert_eq!(rule(&of_role(&sandbox, HELPDESK).await, id)["maximumDuration"], "PT1H");
    assert_eq!(sandbox.inflicted("refuse_policy"), 1);
}

#[tokio::test]
async fn a_seed_says_which_rules_differ_and_its_dump_says_the_same() {
    let seed = json!({
        "groups": [{ "displayName": "Tier 0" }],
        "roleManagementPolicies": [
            { "roleDefinitionId": HELPDESK, "rules": [
                { "id": "Expiration_EndUser_Assignment", "maximumDuration": "PT2H" }] },
            { "scopeType": "Group", "scopeId": "Tier 0", "roleDefinitionId": "member", "rules": [
                { "id": "Expiration_Admin_Eligibility", "isExpirationRequired": false }] },
        ],
    });
    let first = Sandbox::from_seed(seed).await;
    let again = Sandbox::from_seed(first.state().await).await;
    for sandbox in [&first, &again] {
        let role = of_role(sandbox, HELPDESK).await;
        assert_eq!(rule(&role, "Expiration_EndUser_Assignment")["maximumDuration"], "PT2H");
        let member = of_group(sandbox, &sandbox.group("Tier 0").await, "member").await;
        assert_eq!(rule(&member, "Expiration_Admin_Eligibility")["isExpirationRequired"], false);
        assert_eq!(member["policy"]["rules"].as_array().unwrap().len(), 17);
    }
}
