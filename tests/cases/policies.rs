//! Settings of Privileged Identity Management, from TOML to the rules of the service and back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, tests};

tests![
    default_settings_of_every_built_in_role_plan_to_nothing,
    each_rule_changes_from_toml,
    rules_before_one_that_fails_are_restored,
    rules_of_a_group_are_restored_where_its_policy_is_by_then,
    approvers_come_with_approval_and_with_their_group,
    settings_of_a_new_group_are_written_where_its_policies_are_by_then,
    many_groups_are_read_with_one_request_each,
    tenant_without_the_licence_is_told_so,
    planning_takes_the_permissions_that_are_explained,
    identity_without_the_permission_is_told_so,
    policy_is_loosened_for_what_the_plan_gives,
    settings_of_a_new_custom_role_are_written,
];

/// The roles of Microsoft's reference that every tenant has, by template id.
///
/// Source: "Microsoft Entra built-in roles",
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>.
const BUILT_IN: &[&str] = &[
    "62e90394-69f5-4237-9190-012177145e10",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
    "5d6b6bb7-de71-4623-b4af-96380a352509",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80",
    "25a516ed-2fa0-40ea-a2d0-12923a21473a",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "cf1c38e5-3621-4004-a7cb-879624dced7c",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "31392ffb-586c-42d1-9346-e59415a2cc4e",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "69091246-20e8-4a56-aa4d-066075b2a7a8",
    "3a2c62db-5318-420d-8d74-23affee5d9d5",
    "17315797-102d-40b4-93e0-432062caca18",
    "e6d1a23a-da11-4be4-9570-befc86d067a7",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
    "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e",
    "8329153b-31d0-4727-b945-745eb3bc5f31",
    "be2f45a1-457d-42af-a067-6ec1fa63bc45",
    "95e79109-95c0-4d8e-aee3-d01accf2d47b",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    "9360feb5-f418-4baa-8175-e2a00bac4301",
    "d29b2b05-8046-44ba-8758-1e26182fcf32",
    "a92aed5d-d78a-4d16-b381-09adb37eb3b0",
    "4a5d8f65-41da-4de4-8968-e035b65339cf",
    "75934031-6c7e-415a-99d7-48dbd49e875e",
    "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",
    "f023fd81-a637-4b56-95fd-791ac0226033",
    "7698a772-787b-4ac8-901f-60d6b08affd2",
    "9f06204d-73c1-4d4c-880a-6edb90606fd8",
    "11648597-926c-4cf3-9c36-bcebb0ba8dcc",
    "a9ea8996-122f-4c74-9520-8edcd192826c",
    "44367163-eba1-44c3-98af-f5787879f96a",
    "8424c6f0-a189-499e-bbd0-26c1753c96d4",
    "58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d",
    "92ed04bf-c94a-4b82-9729-b799a7a4c178",
    "ac434307-12b9-4fa1-a708-88bf58caabc1",
    "59d46f88-662b-457b-bceb-5c3809e5908f",
    "2b745bdf-0803-4d80-aa65-822c4493daac",
    "892c5842-a9a6-463a-8041-72aa08ca3cf6",
    "11451d60-acb2-45eb-a7d6-43d0f0125c13",
    "d2562ede-74db-457e-a7b6-544e236ebb61",
    "db506228-d27e-4b7d-95e5-295956d6615f",
];

/// What a role's settings are until somebody changes them.
const DEFAULTS: &str = r#"
activation = { maximum_duration = "PT8H", require = ["mfa", "justification"], authentication_context = "", approval_required = false, approvers = [], requestor_justification_required = true, approver_justification_required = true, approval_stage_time_out_in_days = 1, approval_required_for_extension = false }
eligibility = { maximum = "permanent", require = [] }
active_settings = { maximum = "permanent", require = ["justification"] }
[roles."ROLE".notifications]
eligible_assigned = { admins = { level = "all", default_recipients = true, recipients = [] }, assignee = { level = "all", default_recipients = true, recipients = [] }, approvers = { level = "all", default_recipients = true, recipients = [] } }
active_assigned = { admins = { level = "all", default_recipients = true, recipients = [] }, assignee = { level = "all", default_recipients = true, recipients = [] }, approvers = { level = "all", default_recipients = true, recipients = [] } }
activated = { admins = { level = "all", default_recipients = true, recipients = [] }, assignee = { level = "all", default_recipients = true, recipients = [] }, approvers = { level = "all", default_recipients = true } }
"#;

fn default_settings_of_every_built_in_role_plan_to_nothing() {
    let roles = BUILT_IN.iter().map(|role| format!("[roles.\"{role}\"]{}", DEFAULTS.replace("ROLE", role)));
    let (folder, sandbox) = (Folder::of(&roles.collect::<String>()), Sandbox::contoso());
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    assert_eq!(asked(&sandbox, "GET", ASSIGNMENTS), 1, "one list for all roles");
}

/// A change of each rule, and what the rule then says.
fn changes() -> Vec<(&'static str, &'static str, Value)> {
    let level = |level: &str| json!({ "notificationLevel": level });
    vec![
        (
            "Expiration_Admin_Eligibility",
            r#"eligibility = { maximum = "P90D" }"#,
            json!({ "isExpirationRequired": true, "maximumDuration": "P90D" }),
        ),
        (
            "Expiration_Admin_Assignment",
            r#"active_settings = { maximum = "P15D" }"#,
            json!({ "isExpirationRequired": true, "maximumDuration": "P15D" }),
        ),
        (
            "Expiration_EndUser_Assignment",
            r#"activation = { maximum_duration = "PT2H30M" }"#,
            json!({ "maximumDuration": "PT2H30M" }),
        ),
        (
            "Enablement_Admin_Eligibility",
            r#"eligibility = { require = ["justification"] }"#,
            json!({ "enabledRules": ["Justification"] }),
        ),
        ("Enablement_Admin_Assignment", "active_settings = { require = [] }", json!({ "enabledRules": [] })),
        (
            "Enablement_EndUser_Assignment",
            r#"activation = { require = ["ticketing"] }"#,
            json!({ "enabledRules": ["Ticketing"] }),
        ),
        (
            "Approval_EndUser_Assignment",
            "activation = { approval_stage_time_out_in_days = 3, approval_required_for_extension = true }",
            json!({ "setting": { "isApprovalRequiredForExtension": true, "isApprovalRequired": false } }),
        ),
        (
            "AuthenticationContext_EndUser_Assignment",
            r#"activation = { require = ["justification"], authentication_context = "c7" }"#,
            json!({ "isEnabled": true, "claimValue": "c7" }),
        ),
        (
            "Notification_Admin_Admin_Eligibility",
            r#"notifications = { eligible_assigned = { admins = { recipients = ["soc@contoso.com"] } } }"#,
            json!({ "notificationRecipients": ["soc@contoso.com"] }),
        ),
        (
            "Notification_Requestor_Admin_Eligibility",
            r#"notifications = { eligible_assigned = { assignee = { level = "critical" } } }"#,
            level("Critical"),
        ),
        (
            "Notification_Approver_Admin_Eligibility",
            "notifications = { eligible_assigned = { approvers = { default_recipients = false } } }",
            json!({ "isDefaultRecipientsEnabled": false }),
        ),
        (
            "Notification_Admin_Admin_Assignment",
            r#"notifications = { active_assigned = { admins = { level = "none" } } }"#,
            level("None"),
        ),
        (
            "Notification_Requestor_Admin_Assignment",
            r#"notifications = { active_assigned = { assignee = { level = "none" } } }"#,
            level("None"),
        ),
        (
            "Notification_Approver_Admin_Assignment",
            r#"notifications = { active_assigned = { approvers = { level = "none" } } }"#,
            level("None"),
        ),
        (
            "Notification_Admin_EndUser_Assignment",
            r#"notifications = { activated = { admins = { level = "none" } } }"#,
            level("None"),
        ),
        (
            "Notification_Requestor_EndUser_Assignment",
            r#"notifications = { activated = { assignee = { level = "none" } } }"#,
            level("None"),
        ),
        (
            "Notification_Approver_EndUser_Assignment",
            r#"notifications = { activated = { approvers = { level = "critical" } } }"#,
            level("Critical"),
        ),
    ]
}

/// User Administrator.
const ROLE: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

fn each_rule_changes_from_toml() {
    let sandbox = Sandbox::contoso();
    let untouched = rules_of_role(&sandbox);
    let mut expected = untouched.clone();
    assert_eq!(untouched.as_array().unwrap().len(), changes().len());
    for (rule, body, says) in changes() {
        let folder = Folder::of(&format!("[roles.\"User Administrator\"]\n{body}\n"));
        folder.apply(&sandbox, &[]).run().exits_with(0);
        folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
        let rules = rules_of_role(&sandbox);
        let found = rule_of(&rules, rule);
        for (name, value) in says.as_object().unwrap() {
            match value {
                Value::Object(members) => members
                    .iter()
                    .for_each(|(member, value)| assert_eq!(found[name][member], *value, "{found}")),
                value => assert_eq!(found[name], *value, "{found}"),
            }
        }
        for (was, now) in expected.as_array().unwrap().iter().zip(rules.as_array().unwrap()) {
            assert_eq!(was["target"], now["target"]);
            // An authentication context takes the place of multifactor authentication.
            let along =
                rule.starts_with("AuthenticationContext") && now["id"] == "Enablement_EndUser_Assignment";
            assert!(now["id"] == rule || along || was == now, "{rule}: {was} became {now}");
        }
        expected = rules;
    }
    // And all the way back.
    let folder = Folder::of(&format!("[roles.\"{ROLE}\"]{}", DEFAULTS.replace("ROLE", ROLE)));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    let rules = rules_of_role(&sandbox);
    for (was, now) in untouched.as_array().unwrap().iter().zip(rules.as_array().unwrap()) {
        assert_eq!(meaning(was), meaning(now));
    }
}

/// A rule without what says nothing: the duration of what need not end, the context of what asks for none, an order, the
/// spelling of `all`.
fn meaning(rule: &Value) -> Value {
    let mut rule = rule.clone();
    rule["target"]["operations"] = json!(rule["target"]["operations"].to_string().to_lowercase());
    if rule["isExpirationRequired"] == false {
        rule["maximumDuration"] = Value::Null;
    }
    if rule["isEnabled"] == false {
        rule["claimValue"] = Value::Null;
    }
    if let Some(tokens) = rule["enabledRules"].as_array_mut() {
        tokens.sort_by_key(Value::to_string);
    }
    rule
}

fn rule_of<'a>(rules: &'a Value, id: &str) -> &'a Value {
    rules.as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap()
}

fn rules_of_role(sandbox: &Sandbox) -> Value {
    rules(
        sandbox,
        &format!("scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{ROLE}'"),
    )
}

fn rules(sandbox: &Sandbox, filter: &str) -> Value {
    let path = format!(
        "/policies/roleManagementPolicyAssignments?$filter={}&$expand=policy($expand=rules)",
        filter.replace(' ', "%20").replace('\'', "%27").replace('/', "%2F")
    );
    let found = sandbox.graph("GET", &path, None);
    found["value"][0]["policy"]["rules"].clone()
}

/// Successful requests and items of batches since the sandbox started whose path begins with `path`, by method.
fn asked(sandbox: &Sandbox, method: &str, path: &str) -> usize {
    let log = sandbox.control("GET", "/sandbox/log?from=0", None);
    let entries = log["entries"].as_array().unwrap();
    let is_it =
        |entry: &&Value| entry["method"] == method && entry["path"].as_str().unwrap().starts_with(path);
    entries.iter().filter(is_it).count()
}

const ASSIGNMENTS: &str = "/policies/roleManagementPolicyAssignments";
const POLICIES: &str = "/policies/roleManagementPolicies/";

fn rules_before_one_that_fails_are_restored() {
    let (sandbox, text) = (
        Sandbox::contoso(),
        r#"
[roles."User Administrator"]
activation = { maximum_duration = "PT4H", require = ["justification"], authentication_context = "c1" }
eligibility = { maximum = "P90D" }
"#,
    );
    let (folder, untouched) = (Folder::of(text), rules_of_role(&sandbox));
    // The third of four.
    sandbox.faults(&json!({ "refuse_policy_every": 3 }));
    let failed = folder.apply(&sandbox, &[]).run().exits_with(4);
    let failed = failed
        .says("as it was again: AuthenticationContext_EndUser_Assignment, Enablement_EndUser_Assignment");
    assert!(failed.stdout.contains("InvalidPolicy"), "{}", failed.stdout);
    for (was, now) in untouched.as_array().unwrap().iter().zip(rules_of_role(&sandbox).as_array().unwrap()) {
        let same = was == now || was["id"] == "AuthenticationContext_EndUser_Assignment";
        assert!(same, "{was} became {now}");
        assert_ne!(now["isEnabled"], true);
    }
    sandbox.faults(&json!({ "refuse_policy_every": null }));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}

fn approvers_come_with_approval_and_with_their_group() {
    let (sandbox, text) = (
        Sandbox::contoso(),
        r#"
[groups."Role approvers"]
members = ["user:adele.vance@contoso.com", "user:alex.wilber@contoso.com"]

[roles."User Administrator"]
activation = { approvers = ["group:Role approvers", "user:megan.bowen@contoso.com"] }
"#,
    );
    let folder = Folder::of(text);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    let rules = rules_of_role(&sandbox);
    let setting = &rule_of(&rules, "Approval_EndUser_Assignment")["setting"];
    assert_eq!(setting["isApprovalRequired"], true);
    let approvers = setting["approvalStages"][0]["primaryApprovers"].as_array().unwrap();
    let types: Vec<&Value> = approvers.iter().map(|approver| &approver["@odata.type"]).collect();
    assert_eq!(types, ["#microsoft.graph.groupMembers", "#microsoft.graph.singleUser"]);
    // Somebody who approves by hand as well is drift, and is called by name.
    folder.write("tenantry.toml", &text.replace("\"group:Role approvers\", ", ""));
    folder.plan(&sandbox, &[]).run().exits_with(0).says("group:Role approvers");
    folder.write(
        "tenantry.toml",
        &text.replace(
            "approvers = [\"group:Role approvers\", \"user:megan.bowen@contoso.com\"]",
            "approvers = []",
        ),
    );
    // Global Administrators approve then, of whom there are some.
    folder.plan(&sandbox, &[]).run().exits_with(0).says("names nobody who approves");
}

fn settings_of_a_new_group_are_written_where_its_policies_are_by_then() {
    let (sandbox, text) = (
        Sandbox::contoso(),
        r#"
[groups."Tier 0 admins"]
is_assignable_to_role = true
[groups."Tier 0 admins".member_settings]
activation = { maximum_duration = "PT2H", require = ["mfa", "justification"], approvers = ["user:megan.bowen@contoso.com"] }
eligibility = { maximum = "permanent" }
active = { maximum = "P15D", require = ["mfa"] }
notifications = { activated = { admins = { recipients = ["soc@contoso.com"] } } }
[groups."Tier 0 admins".owner_settings]
activation = { maximum_duration = "PT1H" }
eligibility = { maximum = "P30D" }
"#,
    );
    let folder = Folder::of(text);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    // A second group is there already, and PIM has not taken it on.
    folder.write(
        "tenantry.toml",
        &text.replace("Tier 0 admins", "Retail Managers").replace("is_assignable_to_role = true", ""),
    );
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}

fn many_groups_are_read_with_one_request_each() {
    let groups: String = (0..45).map(|number| format!("[groups.\"PIM {number:02}\"]\n")).collect();
    let (folder, sandbox) = (Folder::of(&groups), Sandbox::contoso());
    folder.apply(&sandbox, &[]).run().exits_with(0);
    let settings = "member_settings = { eligibility = { maximum = \"P365D\" } }\nowner_settings = { eligibility = { maximum = \"P365D\" } }\n";
    folder.write("tenantry.toml", &groups.replace("\"]\n", &format!("\"]\n{settings}")));
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    assert_eq!(asked(&sandbox, "GET", ASSIGNMENTS), 45, "one for both policies of a group");
    let log = sandbox.control("GET", "/sandbox/log?from=0", None);
    let of_policies = log["entries"].as_array().unwrap().iter();
    let of_policies = of_policies.filter(|entry| entry["path"].as_str().unwrap().starts_with(ASSIGNMENTS));
    let requests: BTreeSet<&str> = of_policies.map(|entry| entry["request_id"].as_str().unwrap()).collect();
    assert_eq!(requests.len(), 3, "20 in a batch");
    assert_eq!(asked(&sandbox, "PATCH", POLICIES), 0);
}

fn policy_is_loosened_for_what_the_plan_gives() {
    let (sandbox, strict) = (
        Sandbox::contoso(),
        r#"
[roles."User Administrator"]
eligibility = { maximum = "P30D" }
"#,
    );
    let folder = Folder::of(strict);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    let given = r#"
[roles."User Administrator"]
eligible = { at_least = ["user:adele.vance@contoso.com"] }
"#;
    folder.write("tenantry.toml", given);
    let refused = folder.plan(&sandbox, &[]).run().exits_with(1);
    refused.warns("it has to end, at the latest after P30D").warns("tenantry.toml:3:26");
    folder.write("tenantry.toml", &format!("{given}eligibility = {{ maximum = \"permanent\" }}\n"));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    // What somebody holds already is no matter of a policy that is tightened afterwards.
    folder.write("tenantry.toml", &format!("{given}eligibility = {{ maximum = \"P30D\" }}\n"));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}

fn settings_of_a_new_custom_role_are_written() {
    let (sandbox, text) = (
        Sandbox::contoso(),
        r#"
[custom_roles."Password helpers"]
template_id = "3f6e4b1a-2c5d-4e7f-8a90-b1c2d3e4f506"
permissions = ["microsoft.directory/users/password/update"]
activation = { maximum_duration = "PT1H", require = ["justification"], authentication_context = "c2" }
active = { at_least = ["user:adele.vance@contoso.com"], require = [] }
"#,
    );
    let folder = Folder::of(text);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}

fn tenant_without_the_licence_is_told_so() {
    let text = "[roles.\"User Administrator\"]\neligibility = { maximum = \"P30D\" }\n";
    let folder = Folder::of(text);
    let seed = folder.path().join("seed.json");
    std::fs::write(
        &seed,
        r#"{"subscribedSkus": [{"skuPartNumber": "AAD_PREMIUM", "prepaidUnits": {"enabled": 5}}]}"#,
    )
    .unwrap();
    let sandbox = Sandbox::seeded(&seed);
    sandbox.faults(&json!({ "pim_license": "products" }));
    let refused = folder.plan(&sandbox, &[]).run().exits_with(1);
    refused.warns("PIM settings of roles").warns("Microsoft Entra ID P2 or Microsoft Entra ID Governance");
}

const BOTH: &str = r#"
[roles."User Administrator"]
eligibility = { maximum = "P30D" }

[groups."Retail Managers"]
member_settings = { eligibility = { maximum = "P30D" } }
"#;

/// A plan of this configuration by an application that has been granted no more than this.
fn plan_with(roles: &BTreeSet<String>) -> crate::harness::command::Finished {
    let (folder, sandbox) = (Folder::of(BOTH), Sandbox::contoso());
    let password = json!({ "secretText": "of-nothing", "endDateTime": "2099-01-01T00:00:00Z" });
    let application = json!({ "displayName": "Planner", "roles": roles, "passwordCredentials": [password] });
    let application = sandbox.control("POST", "/sandbox/applications", Some(&application));
    let plan = folder.plan(&sandbox, &[]).variable("AZURE_CLIENT_ID", application["appId"].as_str().unwrap());
    plan.variable("AZURE_CLIENT_SECRET", "of-nothing").run()
}

/// The permissions to read that `explain` names.
fn explained() -> BTreeSet<String> {
    let page = Folder::of("").run(&["explain"]).run().exits_with(0).stdout;
    let words = page.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
    words.filter(|word| word.contains(".Read.") || word.contains(".ReadBasic.")).map(str::to_owned).collect()
}

fn planning_takes_the_permissions_that_are_explained() {
    let roles = explained();
    assert!(roles.contains("RoleManagementPolicy.Read.AzureADGroup"), "{roles:?}");
    plan_with(&roles).exits_with(0).says("member_settings.eligibility.maximum").says("eligibility.maximum");
}

fn identity_without_the_permission_is_told_so() {
    let mut roles = explained();
    roles.remove("RoleManagementPolicy.Read.AzureADGroup");
    plan_with(&roles).exits_with(1).warns("RoleManagementPolicy.Read.AzureADGroup");
}

fn rules_of_a_group_are_restored_where_its_policy_is_by_then() {
    let text = r#"
[groups."Retail Managers".member_settings]
activation = { maximum_duration = "PT4H", require = ["ticketing"] }
eligibility = { maximum = "permanent" }
"#;
    let (folder, sandbox) = (Folder::of(text), Sandbox::contoso());
    let group = sandbox.graph("GET", "/groups?$filter=displayName%20eq%20%27Retail%20Managers%27", None);
    let filter = format!(
        "scopeId eq '{}' and scopeType eq 'Group' and roleDefinitionId eq 'member'",
        group["value"][0]["id"].as_str().unwrap()
    );
    let untouched = rules(&sandbox, &filter);
    // The first write takes the group on and moves its policies, so that the second one is sent twice.
    sandbox.faults(&json!({ "refuse_policy_every": 4 }));
    folder
        .apply(&sandbox, &[])
        .run()
        .exits_with(4)
        .says("as it was again: Expiration_EndUser_Assignment, Enablement");
    let meant = |rules: &Value| rules.as_array().unwrap().iter().map(meaning).collect::<Vec<_>>();
    assert!(meant(&rules(&sandbox, &filter)) == meant(&untouched), "{:#}", rules(&sandbox, &filter));
}
