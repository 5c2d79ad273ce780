//! Roles while others are at work: requests that are pending, fail or come to nothing, answers that get lost, people who
//! activate what they are eligible for, permissions that are missing.

use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, Tenantry, tests};

tests![
    activation_between_plan_and_apply_changes_nothing,
    assignment_between_plan_and_apply_refuses_the_saved_plan,
    request_that_fails_is_reported_with_its_state,
    request_that_is_never_carried_out_is_no_success,
    lost_answers_make_no_second_assignment,
    what_was_given_moments_ago_is_taken_away_later,
    plan_reads_with_the_permissions_that_explain_lists,
    mistakes_in_entries_are_all_shown,
];

const ELIGIBLE: &str = r#"
[tenant]
id = "contoso.onmicrosoft.com"

[roles."User Administrator"]
active = []
eligible = ["user:adele.vance@contoso.com", "user:megan.bowen@contoso.com"]
"#;

const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

fn id(sandbox: &Sandbox, user: &str) -> String {
    let user = sandbox.graph("GET", &format!("/users/{user}?$select=id"), None);
    user["id"].as_str().expect("a user has an id").to_owned()
}

/// Gives a role as an administrator does in the admin centre.
fn request(sandbox: &Sandbox, family: &str, action: &str, user: &str, expiration: &Value) {
    let body = json!({
        "action": action, "principalId": id(sandbox, user), "roleDefinitionId": USER_ADMINISTRATOR,
        "directoryScopeId": "/", "justification": "by hand", "scheduleInfo": { "expiration": expiration },
    });
    sandbox.graph("POST", &format!("/roleManagement/directory/role{family}ScheduleRequests"), Some(&body));
}

fn held(sandbox: &Sandbox, list: &str) -> Vec<Value> {
    let filter = format!("$filter=roleDefinitionId%20eq%20'{USER_ADMINISTRATOR}'");
    let rows = sandbox.graph("GET", &format!("/roleManagement/directory/{list}?{filter}"), None);
    rows["value"].as_array().expect("a list").clone()
}

fn activation_between_plan_and_apply_changes_nothing() {
    let (folder, sandbox) = (Folder::of(ELIGIBLE), Sandbox::contoso());
    request(
        &sandbox,
        "Eligibility",
        "adminAssign",
        "adele.vance@contoso.com",
        &json!({ "type": "noExpiration" }),
    );
    folder.plan(&sandbox, &["--out", "plan.json"]).run().exits_with(0);
    sandbox.faults(&json!({ "edit_every": 1, "edits": ["activation"] }));
    let apply = ["apply", "plan.json", "--yes", "--color", "never"];
    Tenantry::new(folder.path(), apply).signed_in_to(&sandbox).run().exits_with(0);
    sandbox.faults(&json!({ "edit_every": null }));
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
    let active = held(&sandbox, "roleAssignmentSchedules");
    assert!(active.iter().any(|row| row["assignmentType"] == "Activated"), "it goes on: {active:?}");
}

fn assignment_between_plan_and_apply_refuses_the_saved_plan() {
    let (folder, sandbox) = (Folder::of(ELIGIBLE), Sandbox::contoso());
    folder.plan(&sandbox, &["--out", "plan.json"]).run().exits_with(0);
    request(&sandbox, "Eligibility", "adminAssign", "lee.gu@contoso.com", &json!({ "type": "noExpiration" }));
    let apply = ["apply", "plan.json", "--yes", "--color", "never"];
    let stale = Tenantry::new(folder.path(), apply).signed_in_to(&sandbox).run().exits_with(1);
    assert!(stale.stderr.contains("role:User Administrator"), "{}", stale.stderr);
}

fn request_that_fails_is_reported_with_its_state() {
    let (folder, sandbox) = (Folder::of(ELIGIBLE), Sandbox::contoso());
    sandbox.faults(&json!({ "fail_request_every": 2, "processing_delay_ms": 100, "pim_asynchronous": true }));
    let applied = folder.apply(&sandbox, &[]).run().exits_with(4);
    assert!(applied.stdout.contains("Failed"), "{}", applied.stdout);
    sandbox.faults(&json!({ "fail_request_every": null }));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}

fn request_that_is_never_carried_out_is_no_success() {
    let (folder, sandbox) = (Folder::of(ELIGIBLE), Sandbox::contoso());
    sandbox.faults(&json!({ "stall_request_every": 1 }));
    let applied = folder.apply(&sandbox, &["--patience", "1"]).run().exits_with(1);
    assert!(applied.stdout.contains("still Granted"), "{}", applied.stdout);
}

fn lost_answers_make_no_second_assignment() {
    let (folder, sandbox) = (Folder::of(ELIGIBLE), Sandbox::contoso());
    sandbox.faults(&json!({ "lose_every": 2 }));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    sandbox.faults(&json!({ "lose_every": null }));
    assert_eq!(held(&sandbox, "roleEligibilitySchedules").len(), 2);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}

fn what_was_given_moments_ago_is_taken_away_later() {
    let (folder, sandbox) = (Folder::of(ELIGIBLE), Sandbox::contoso());
    request(&sandbox, "Assignment", "adminAssign", "lee.gu@contoso.com", &json!({ "type": "noExpiration" }));
    sandbox.faults(&json!({ "pim_minimum_active_ms": 3000 }));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}

/// The permissions that `tenantry explain` lists for planning.
fn to_plan(folder: &Folder) -> Vec<String> {
    let page = folder.run(&["explain"]).run().exits_with(0).stdout;
    let (_, list) = page.split_once("to plan").expect("permissions to plan are listed");
    let (list, _) = list.split_once("to apply too").expect("permissions to apply follow");
    list.split([',', ' ', '\n']).filter(|word| word.contains('.')).map(str::to_owned).collect()
}

fn plan_reads_with_the_permissions_that_explain_lists() {
    let text = r#"
[tenant]
id = "contoso.onmicrosoft.com"

[roles."User Administrator"]
active = []
eligible = ["user:adele.vance@contoso.com"]
activation = { maximum_duration = "PT2H" }

[custom_roles."Store help desk"]
permissions = ["microsoft.directory/users/password/update"]

[groups."Retail"]
eligible_members = [{ ref = "user:adele.vance@contoso.com", duration = "P90D" }]
active_members = []
member_settings = { activation = { maximum_duration = "PT2H" } }
members = { never = ["user:lidia.holloway@contoso.com"] }
"#;
    let (folder, sandbox) = (Folder::of(text), Sandbox::contoso());
    let description = json!({
        "displayName": "Planner",
        "roles": to_plan(&folder),
        "passwordCredentials": [{ "secretText": "not-a-secret-of-anything" }],
    });
    let application = sandbox.control("POST", "/sandbox/applications", Some(&description));
    let application = application["appId"].as_str().expect("it has an id");
    folder
        .plan(&sandbox, &[])
        .variable("AZURE_CLIENT_ID", application)
        .run()
        .exits_with(0)
        .says("1 to add, 2 to change");
    assert_eq!(sandbox.writes(), 0);
}

fn mistakes_in_entries_are_all_shown() {
    let text = r#"
[tenant]
id = "contoso.onmicrosoft.com"

[roles."User Administrator"]
active = [
  { ref = "user:adele.vance@contoso.com", until = 2099-01-01, duration = "P90D" },
  { ref = "user:lee.gu@contoso.com", duration = "90 days" },
  { ref = "user:lee.gu@contoso.com", scoep = "unit:Stores" },
  { until = 2099-01-01 },
  "unit:Stores",
]
eligible = [{ ref = "app:Payroll", ticket = { id = "1" } }]

[groups."Retail"]
active_members = ["user:lee.gu@contoso.com"]
eligible_owners = [{ ref = "user:lee.gu@contoso.com", scope = "unit:Stores" }]
"#;
    let folder = Folder::of(text);
    let refused = folder.run(&["validate", "config"]).run().exits_with(1);
    for said in [
        "either `until` or `duration`",
        "`duration` must be an ISO 8601 duration such as `P90D`",
        "did you mean `scope`?",
        "this entry has no `ref`",
        "`active` cannot refer to a unit",
        "`eligible` cannot refer to a app",
        "`active_members` takes entries with an end",
        "unknown key `scope`",
        "8 problems",
    ] {
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
}
