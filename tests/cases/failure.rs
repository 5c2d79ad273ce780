//! An apply in which a step fails: what depends on it is not reached, its neighbours are applied.

use serde_json::json;

use crate::harness::{Folder, Sandbox, tests, tree};

tests![
    failed_step_stops_its_dependents_and_not_its_neighbours,
    apply_that_could_do_nothing_is_an_error,
    object_deleted_while_the_plan_waits_fails_alone,
    role_assignable_group_takes_more_than_permissions_for_groups,
];

/// The mail address belongs to Megan Bowen already, which no plan can see.
const TAKEN: &str = r#"
[tenant]
id = "contoso.onmicrosoft.com"

[users."megan.new@contoso.com"]
display_name = "Megan New"
mail = "megan.bowen@contoso.com"

[users."preston.morales@contoso.com"]
display_name = "Preston Morales"
manager = "user:megan.new@contoso.com"

[users."adele.vance@contoso.com"]
job_title = "Store Manager"

[groups."Retail"]
members = { at_least = ["user:megan.new@contoso.com", "user:lidia.holloway@contoso.com"] }

[groups."Finance"]
members = { at_least = ["user:megan.new@contoso.com"] }

[groups."Legal"]
description = "Contracts"
"#;

fn failed_step_stops_its_dependents_and_not_its_neighbours() {
    let (folder, sandbox) = (Folder::of(TAKEN), Sandbox::contoso());
    let applied = folder.apply(&sandbox, &[]).run().exits_with(4);
    let line = |what: &str, address: &str| {
        applied.stdout.lines().any(|line| line.starts_with(what) && line.contains(address))
    };
    assert!(line("failed", "user:megan.new@contoso.com"), "{}", applied.stdout);
    assert!(line("not reached", "group:Finance"), "{}", applied.stdout);
    assert!(line("failed", "user:preston.morales@contoso.com: written in part"), "{}", applied.stdout);
    assert!(line("failed", "group:Retail: written in part"), "{}", applied.stdout);
    assert!(!line("failed", "group:Legal") && !line("failed", "adele"), "{}", applied.stdout);
    assert!(applied.stdout.contains("request-id"), "support is given something to go by: {}", applied.stdout);
    let applied = applied.says("Applied  2 of 6 steps").says("again to go on");
    assert!(applied.stdout.contains("proxyAddresses"), "the cause is named: {}", applied.stdout);
    let state = sandbox.state();
    tree::assert_holds(
        &state,
        &json!({
            "users": [
                { "userPrincipalName": "adele.vance@contoso.com", "jobTitle": "Store Manager" },
                { "userPrincipalName": "preston.morales@contoso.com", "displayName": "Preston Morales" },
            ],
            "groups": [{ "displayName": "Legal", "description": "Contracts" }],
            "absent": { "users": ["megan.new@contoso.com"] },
        }),
    );
    let retail = tree::find(&state, "groups", "Retail").unwrap();
    assert_eq!(retail["members"].as_array().unwrap().len(), 5, "who could be added was: {retail}");

    let fixed = TAKEN.replace("mail = \"megan.bowen@contoso.com\"", "mail = \"megan.new@contoso.com\"");
    folder.write("tenantry.toml", &fixed);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}

fn apply_that_could_do_nothing_is_an_error() {
    let taken = r#"
[users."megan.new@contoso.com"]
display_name = "Megan New"
mail = "megan.bowen@contoso.com"
"#;
    let (folder, sandbox) = (Folder::of(taken), Sandbox::contoso());
    let before = sandbox.state_text();
    folder.apply(&sandbox, &[]).run().exits_with(1).says("failed       user:megan.new@contoso.com");
    assert_eq!(sandbox.state_text(), before);
}

fn object_deleted_while_the_plan_waits_fails_alone() {
    let text = r#"
[users."adele.vance@contoso.com"]
job_title = "Store Manager"

[users."christie.cline@contoso.com"]
job_title = "Senior Buyer"
"#;
    let (folder, sandbox) = (Folder::of(text), Sandbox::contoso());
    folder.plan(&sandbox, &["--out", "plan.json"]).run().exits_with(0);
    sandbox.graph("DELETE", "/users/christie.cline@contoso.com", None);
    sandbox.reset_stats();
    let apply = folder.run(&["apply", "plan.json", "--yes"]).signed_in_to(&sandbox);
    apply
        .run()
        .exits_with(1)
        .warns("the plan is stale")
        .warns("user:christie.cline@contoso.com (it is gone)");
    assert_eq!(sandbox.writes(), 0, "what was reviewed is what is applied, or nothing is");
}

fn role_assignable_group_takes_more_than_permissions_for_groups() {
    let group = "[groups.\"Store help desk\"]\nis_assignable_to_role = true\n";
    let (folder, sandbox) = (Folder::of(group), Sandbox::contoso());
    let description = json!({
        "displayName": "Pipelines",
        "roles": ["User.Read.All", "Group.ReadWrite.All", "Organization.Read.All", "RoleManagement.Read.Directory",
            "Application.Read.All"],
        "passwordCredentials": [{ "secretText": "not-a-secret-of-anything" }],
    });
    let application = sandbox.control("POST", "/sandbox/applications", Some(&description));
    let id = application["appId"].as_str().unwrap();
    let plan = folder.plan(&sandbox, &[]).variable("AZURE_CLIENT_ID", id).run().exits_with(0);
    plan.says("this identity has no RoleManagement.ReadWrite.Directory");
    let apply = folder.apply(&sandbox, &[]).variable("AZURE_CLIENT_ID", id).run();
    apply.exits_with(1).warns("403 Authorization_RequestDenied");
}
