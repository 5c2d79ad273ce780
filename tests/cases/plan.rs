//! `tenantry plan`.

use serde_json::{Value, json};

use crate::harness::scenario::assert_only_reads;
use crate::harness::{Folder, Sandbox, tests};

tests![
    plan_never_writes,
    plan_leaves_nothing_behind_but_what_it_was_asked_for,
    same_inputs_give_the_same_bytes,
    detailed_exit_code_tells_changes_from_none,
    markdown_and_json_are_views_of_the_same_plan,
    targets_take_what_they_need_and_leave_the_rest,
    target_that_matches_nothing_is_no_silent_success,
    undeclared_objects_are_counted_and_listed_on_demand,
    malformed_configuration_sends_no_request,
    naming_policy_is_done_without_where_it_may_not_be_read,
    long_lists_are_folded_unless_asked_for_whole,
];

fn plan_never_writes() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let before = sandbox.state_text();
    for arguments in [&[][..], &["--unmanaged"], &["--format", "json"], &["--target", "group:*"]] {
        folder.plan(&sandbox, arguments).run().exits_with(0);
    }
    let stats = sandbox.stats();
    assert_only_reads(&stats);
    assert!(stats["requests"].as_u64() > Some(0), "{stats}");
    assert_eq!(sandbox.state_text(), before);
}

fn plan_leaves_nothing_behind_but_what_it_was_asked_for() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let names = || {
        let entries = walk(&folder.config());
        entries.into_iter().collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    folder.plan(&sandbox, &[]).run().exits_with(0);
    let new: Vec<_> = names().difference(&before).cloned().collect();
    let local = folder.config().join(".tenantry");
    assert_eq!(new, [local.join(".gitignore"), local.join("cache.sqlite")]);
    assert_eq!(std::fs::read_to_string(local.join(".gitignore")).unwrap(), "*\n");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn same_inputs_give_the_same_bytes() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    folder.plan(&sandbox, &[]).run().exits_with(0);
    for format in ["json", "markdown"] {
        let plan = || {
            folder
                .plan(&sandbox, &["--format", format, "--as-of", "2026-10-15", "--refresh", "full"])
                .run()
                .exits_with(0)
        };
        assert_eq!(plan().stdout, plan().stdout);
    }
    let (other_folder, other) = (Folder::example(), Sandbox::contoso());
    let json = |folder: &Folder, sandbox: &Sandbox| {
        let anew = ["--format", "json", "--as-of", "2026-10-15", "--refresh", "full"];
        folder.plan(sandbox, &anew).run().exits_with(0).stdout
    };
    other_folder.plan(&other, &[]).run().exits_with(0);
    assert_eq!(json(&folder, &sandbox), json(&other_folder, &other), "another sandbox with the same content");
}

fn detailed_exit_code_tells_changes_from_none() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    folder.plan(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(2);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}

fn markdown_and_json_are_views_of_the_same_plan() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let json = folder.plan(&sandbox, &["--format", "json"]).run().exits_with(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format_version"], 4);
    let steps = json["steps"].as_array().unwrap();
    let count = |action: &str| steps.iter().filter(|step| step["action"] == action).count();
    let (add, change, remove) = (count("create") + count("restore"), count("update"), count("delete"));
    let said = format!("{add} to add, {change} to change, {remove} to remove");
    folder.plan(&sandbox, &[]).run().exits_with(0).says(&said);
    folder.plan(&sandbox, &["--format", "markdown"]).run().exits_with(0).says(&said);
    assert!(
        add > 0 && change > 0 && remove > 0,
        "the example shows an addition, a change and a removal: {said}"
    );
}

fn targets_take_what_they_need_and_leave_the_rest() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let plan = folder.plan(&sandbox, &["--target", "group:Store openings"]).run().exits_with(0);
    let plan = plan.says("+ Store openings").says("+ sonia.rees@contoso.com");
    assert!(!plan.stdout.contains("~ adele.vance"), "{}", plan.stdout);
    folder.apply(&sandbox, &["--target", "group:Store openings"]).run().exits_with(0);
    let rest = folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(2);
    assert!(!rest.stdout.contains("Store openings"), "{}", rest.stdout);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}

fn target_that_matches_nothing_is_no_silent_success() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let planned = folder.plan(&sandbox, &["--target", "group:No such group"]).run();
    let said = format!("{}{}", planned.stdout, planned.stderr);
    assert!(said.contains("No such group"), "nothing says that the target matches nothing declared:\n{said}");
}

fn undeclared_objects_are_counted_and_listed_on_demand() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let counted = folder.plan(&sandbox, &[]).run().exits_with(0).says("undeclared objects left alone");
    assert!(!counted.stdout.contains("group:Warehouse"), "{}", counted.stdout);
    folder
        .plan(&sandbox, &["--unmanaged"])
        .run()
        .exits_with(0)
        .says("  group:Warehouse")
        .says("  user:ben.walters@");
}

fn malformed_configuration_sends_no_request() {
    let text =
        "[users.\"adele.vance@contoso.com\"]\njob_titel = \"Store Manager\"\ndepartment = 7\n\n[groop]\n";
    let (folder, sandbox) = (Folder::of(text), Sandbox::contoso());
    let refused = folder.plan(&sandbox, &[]).run().exits_with(1);
    let refused =
        refused.warns("job_title").warns("tenantry.toml:2:1").warns("tenantry.toml:3").warns("groop");
    assert_eq!(refused.stdout, "");
    let stats = sandbox.stats();
    assert_eq!((&stats["requests"], &stats["token_requests"]), (&0.into(), &0.into()), "{stats}");
}

fn long_lists_are_folded_unless_asked_for_whole() {
    let members: Vec<String> =
        super::bulk::people().iter().map(|(key, _)| format!("\"user:{key}\"")).collect();
    let mut text = String::new();
    for (key, name) in super::bulk::people() {
        text.push_str(&format!("[users.\"{key}\"]\ndisplay_name = \"{name}\"\n"));
    }
    text.push_str(&format!("[groups.\"Stores\"]\nmembers = [{}]\n", members.join(", ")));
    let (folder, sandbox) = (Folder::of(&text), Sandbox::contoso());
    let shown = |arguments: &[&str]| {
        let plan = folder.plan(&sandbox, arguments).run().exits_with(0).stdout;
        plan.lines().filter(|line| line.contains("+ user:")).count()
    };
    assert!(shown(&[]) < 15, "{}", shown(&[]));
    assert_eq!(shown(&["--full"]), 60);
    folder.plan(&sandbox, &[]).run().exits_with(0).says("more added (--full shows all)");
}

fn naming_policy_is_done_without_where_it_may_not_be_read() {
    let groups = "[groups.\"Store openings\"]\ngroup_types = [\"unified\"]\n";
    let (folder, sandbox) = (Folder::of(groups), Sandbox::contoso());
    let description = json!({
        "displayName": "Planner",
        "roles": ["User.Read.All", "Group.Read.All", "Organization.Read.All"],
        "passwordCredentials": [{ "secretText": "not-a-secret-of-anything" }],
    });
    let application = sandbox.control("POST", "/sandbox/applications", Some(&description));
    let plan = |folder: &Folder| {
        folder.plan(&sandbox, &[]).variable("AZURE_CLIENT_ID", application["appId"].as_str().unwrap())
    };
    plan(&folder).run().exits_with(0).says("+ Store openings");
    folder.write("more.toml", "[group_settings]\nenable_group_creation = false\n");
    plan(&folder).run().exits_with(1).warns("group_settings");
}
