//! Plans that remember: the second one asks only for what changed, and says the same as one that reads everything.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::harness::{Folder, Sandbox, tests, tree};

tests![
    second_plan_asks_only_for_what_changed,
    remembering_never_changes_a_plan,
    person_who_comes_back_brings_memberships_back,
    deleted_member_leaves_every_list,
    own_writes_are_seen_at_once_though_the_delta_lags,
    links_that_no_delta_tells_are_read_every_time,
    forgotten_place_is_a_full_reading,
    full_reading_comes_with_age_and_on_demand,
    narrower_plan_leaves_the_rest_remembered,
    member_who_comes_back_is_seen_though_no_user_is_listed,
    interrupted_apply_is_followed_by_a_full_reading,
    deltas_that_hide_links_are_not_believed,
    cache_is_private_and_may_be_lost_broken_or_of_another_version,
    two_plans_at_once_share_one_cache,
    verbose_names_the_way_and_its_cost,
];

const GROUPS: usize = 12;

/// Declares what a synthetic tenant holds: users with a manager, groups with members.
fn declared(state: &Value) -> String {
    let names: std::collections::BTreeMap<&str, &str> = tree::entries(state, "users")
        .map(|user| (user["id"].as_str().unwrap(), user["userPrincipalName"].as_str().unwrap()))
        .collect();
    let mut text = String::new();
    for user in tree::entries(state, "users") {
        let name = user["userPrincipalName"].as_str().unwrap();
        text.push_str(&format!("[users.\"{name}\"]\ndepartment = {}\n", user["department"]));
    }
    for group in tree::entries(state, "groups") {
        let members = group["members"].as_array().into_iter().flatten();
        let members: Vec<String> =
            members.map(|id| format!("\"user:{}\"", names[id.as_str().unwrap()])).collect();
        text.push_str(&format!(
            "[groups.{}]\nunique_name = {}\nmembers = [{}]\n",
            group["displayName"],
            group["uniqueName"],
            members.join(", ")
        ));
    }
    text
}

fn synthetic() -> (Folder, Sandbox) {
    let seed = Seed::Synthetic { users: 60, groups: GROUPS, members: 400, seed_number: 1 };
    let sandbox = Sandbox::with(Options { seed, ..Options::default() });
    let folder = Folder::of(&declared(&sandbox.state()));
    (folder, sandbox)
}

fn plan_json(folder: &Folder, sandbox: &Sandbox, more: &[&str]) -> Value {
    let plan = folder.plan(sandbox, &["--format", "json"]);
    let plan = more.iter().fold(plan, |plan, argument| plan.argument(argument));
    // Refused or not: what somebody else deleted may be more than a plan may bring back.
    serde_json::from_str(&plan.run().stdout).unwrap()
}

/// The ways by which the users and the groups were read.
fn ways(plan: &Value) -> Vec<&str> {
    let parts = plan["reading"].as_array().unwrap().iter();
    parts.map(|part| part["chosen"]["way"].as_str().unwrap()).collect()
}

fn because(plan: &Value) -> &str {
    plan["reading"][0]["because"].as_str().unwrap_or_default()
}

fn cache(folder: &Folder) -> PathBuf {
    folder.config().join(".tenantry").join("cache.sqlite")
}

fn second_plan_asks_only_for_what_changed() {
    let (folder, sandbox) = synthetic();
    let first = plan_json(&folder, &sandbox, &[]);
    assert_eq!(because(&first), "nothing was read before");
    sandbox.reset_stats();
    let second = plan_json(&folder, &sandbox, &[]);
    assert_eq!(ways(&second), ["changes", "changes"]);
    assert_eq!(sandbox.stats()["operations"], 5, "organisation, two counts, two deltas: {}", sandbox.stats());

    let patch = json!({ "department": "Somewhere else" });
    sandbox.graph("PATCH", "/users/user000007@contoso.com", Some(&patch));
    sandbox.reset_stats();
    let third = plan_json(&folder, &sandbox, &[]);
    assert_eq!(third["steps"].as_array().unwrap().len(), 1);
    assert_eq!(third["steps"][0]["changes"][0]["before"], "Somewhere else");
    assert_eq!(sandbox.stats()["operations"], 6, "and the one user: {}", sandbox.stats());
}

/// Somebody else's edits, one kind after the other; `number` picks the objects.
fn edit(sandbox: &Sandbox, number: usize) {
    let state = sandbox.state();
    let users: Vec<&Value> = tree::entries(&state, "users").collect();
    let groups: Vec<&Value> = tree::entries(&state, "groups").collect();
    let user = users[number * 7 % users.len()]["id"].as_str().unwrap();
    let group = groups[number * 5 % groups.len()];
    let id = group["id"].as_str().unwrap();
    let members: Vec<&str> =
        group["members"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match number % 8 {
        0 => drop(sandbox.graph(
            "PATCH",
            &format!("/users/{user}"),
            Some(&json!({ "department": number.to_string() })),
        )),
        1 => drop(sandbox.graph(
            "PATCH",
            &format!("/groups/{id}"),
            Some(&json!({ "description": number.to_string() })),
        )),
        2 if !members.contains(&user) => {
            let body = json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{user}", sandbox.base()) });
            sandbox.graph("POST", &format!("/groups/{id}/members/$ref"), Some(&body));
        }
        3 if !members.is_empty() => {
            let member = members[number % members.len()];
            sandbox.graph("DELETE", &format!("/groups/{id}/members/{member}/$ref"), None);
        }
        4 => drop(sandbox.graph("DELETE", &format!("/users/{user}"), None)),
        5 => drop(sandbox.graph("DELETE", &format!("/groups/{id}"), None)),
        6 => {
            let body = json!({
                "displayName": format!("New {number}"), "mailNickname": format!("new{number}"),
                "mailEnabled": false, "securityEnabled": true,
            });
            sandbox.graph("POST", "/groups", Some(&body));
        }
        _ => {
            let mut deleted =
                tree::entries(&state, "deletedUsers").chain(tree::entries(&state, "deletedGroups"));
            if let Some(back) = deleted.next() {
                let path = format!("/directory/deletedItems/{}/restore", back["id"].as_str().unwrap());
                sandbox.graph("POST", &path, Some(&json!({})));
            }
        }
    }
}

fn remembering_never_changes_a_plan() {
    let (folder, sandbox) = synthetic();
    let other = Folder::of(&declared(&sandbox.state()));
    let mut remembered = 0;
    for number in 0..32 {
        let with = plan_json(&folder, &sandbox, &["--unmanaged"]);
        let without = plan_json(&other, &sandbox, &["--unmanaged", "--refresh", "full"]);
        for part in ["steps", "notes", "unmanaged"] {
            assert_eq!(with[part], without[part], "after {number} edits");
        }
        remembered += ways(&with).iter().filter(|way| **way == "changes").count();
        edit(&sandbox, number);
    }
    assert!(remembered > 40, "most plans remember: {remembered} of 64 readings");
}

fn person_who_comes_back_brings_memberships_back() {
    let (folder, sandbox) = synthetic();
    plan_json(&folder, &sandbox, &[]);
    let state = sandbox.state();
    let member = tree::entries(&state, "groups").next().unwrap()["members"][0].as_str().unwrap();
    sandbox.graph("DELETE", &format!("/users/{member}"), None);
    plan_json(&folder, &sandbox, &[]);
    sandbox.graph("POST", &format!("/directory/deletedItems/{member}/restore"), Some(&json!({})));
    let plan = plan_json(&folder, &sandbox, &[]);
    assert_eq!(plan["steps"], json!([]), "as it was before");
    assert_eq!(because(&plan), format!("user {member} came back from the deleted items"));
}

fn deleted_member_leaves_every_list() {
    let seed = Seed::Contoso;
    let sandbox = Sandbox::with(Options { seed, ..Options::default() });
    let members = sandbox.graph(
        "GET",
        "/groups?$filter=displayName eq 'Engineering'&$select=id".replace(' ', "%20").as_str(),
        None,
    );
    let id = members["value"][0]["id"].as_str().unwrap();
    let members = sandbox.graph("GET", &format!("/groups/{id}/members?$select=id,userPrincipalName"), None);
    let members: Vec<&Value> = members["value"].as_array().unwrap().iter().collect();
    let name = |member: &Value| format!("\"user:{}\"", member["userPrincipalName"].as_str().unwrap());
    let all: Vec<String> = members.iter().map(|member| name(member)).collect();
    let folder = Folder::of(&format!("[groups.Engineering]\nmembers = [{}]\n", all.join(", ")));
    assert_eq!(plan_json(&folder, &sandbox, &["--unmanaged"])["steps"], json!([]));

    // The users are fetched by name, so nothing tells of the one who goes but that nobody finds her any more.
    let gone = members[0];
    folder.write("tenantry.toml", &format!("[groups.Engineering]\nmembers = [{}]\n", all[1..].join(", ")));
    sandbox.graph("DELETE", &format!("/users/{}", gone["id"].as_str().unwrap()), None);
    let plan = plan_json(&folder, &sandbox, &["--unmanaged"]);
    assert_eq!(plan["steps"], json!([]), "she is in no list any more");
}

fn own_writes_are_seen_at_once_though_the_delta_lags() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    folder.plan(&sandbox, &[]).run().exits_with(0);
    sandbox.faults(&json!({ "lag_ms": 3000 }));
    folder.apply(&sandbox, &[]).run().exits_with(0).says("read back and as planned");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    sandbox.well_behaved();
    let plan = plan_json(&folder, &sandbox, &[]);
    assert_eq!(plan["steps"], json!([]));
}

fn links_that_no_delta_tells_are_read_every_time() {
    let sandbox = Sandbox::contoso();
    let folder =
        Folder::of("[users.\"adele.vance@contoso.com\"]\nsponsors = [\"user:megan.bowen@contoso.com\"]\n");
    folder.apply(&sandbox, &["--unmanaged"]).run().exits_with(0);
    assert_eq!(plan_json(&folder, &sandbox, &["--unmanaged"])["steps"], json!([]));
    let user = |name: &str| sandbox.graph("GET", &format!("/users/{name}@contoso.com?$select=id"), None);
    let (adele, megan) = (user("adele.vance"), user("megan.bowen"));
    let path =
        format!("/users/{}/sponsors/{}/$ref", adele["id"].as_str().unwrap(), megan["id"].as_str().unwrap());
    sandbox.graph("DELETE", &path, None);
    let plan = plan_json(&folder, &sandbox, &["--unmanaged"]);
    assert_eq!(plan["steps"][0]["changes"][0]["attribute"], "sponsors", "{plan}");
}

fn forgotten_place_is_a_full_reading() {
    for other_spelling in [false, true] {
        let (folder, sandbox) = synthetic();
        sandbox.faults(&json!({ "delta_sync_state_not_found": other_spelling }));
        plan_json(&folder, &sandbox, &[]);
        sandbox.expire_deltas();
        let plan = plan_json(&folder, &sandbox, &[]);
        assert_eq!(because(&plan), "the service no longer knows where the last reading stood");
        assert_eq!(plan["steps"], json!([]));
        assert_eq!(ways(&plan_json(&folder, &sandbox, &[])), ["changes", "changes"]);
    }
}

fn full_reading_comes_with_age_and_on_demand() {
    let (folder, sandbox) = synthetic();
    plan_json(&folder, &sandbox, &[]);
    let asked = plan_json(&folder, &sandbox, &["--refresh", "full"]);
    assert_eq!(because(&asked), "a full reading was asked for");
    let aged = plan_json(&folder, &sandbox, &["--full-refresh-every", "0s"]);
    assert!(because(&aged).starts_with("the last full reading is more than"), "{}", because(&aged));
    folder
        .plan(&sandbox, &["--full-refresh-every=-3h"])
        .run()
        .exits_with(1)
        .warns("not a duration such as 24h");

    let text = std::fs::read_to_string(folder.config().join("tenantry.toml")).unwrap();
    let more = text.replacen("department =", "city = \"Lisbon\"\ndepartment =", 1);
    folder.write("tenantry.toml", &more);
    let plan = plan_json(&folder, &sandbox, &[]);
    assert_eq!(because(&plan), "the configuration names properties that were not read before");
}

fn narrower_plan_leaves_the_rest_remembered() {
    let (folder, sandbox) = synthetic();
    let state = sandbox.state();
    let group = tree::entries(&state, "groups").next().unwrap();
    let path = format!("/groups/{}", group["id"].as_str().unwrap());
    sandbox.graph("PATCH", &path, Some(&json!({ "description": "Known" })));
    let table = format!("[groups.{}]\n", group["displayName"]);
    let plan = |attributes: &str| {
        folder.write("tenantry.toml", &format!("{table}{attributes}"));
        plan_json(&folder, &sandbox, &["--unmanaged"])
    };
    plan("description = \"Known\"\n");
    // Kinds of which no delta is kept are listed too.
    let listed = |plan: &Value| {
        let ways = ways(plan);
        assert!(ways.len() > 2 && ways[2..].iter().all(|way| *way == "list"), "{ways:?}");
        assert_eq!(ways[..2], ["changes", "changes"]);
    };
    listed(&plan("members = { at_least = [] }\n"));
    let both = plan("description = \"Known\"\nmembers = { at_least = [] }\n");
    listed(&both);
    assert_eq!(both["steps"], json!([]), "the description is still known");
}

fn member_who_comes_back_is_seen_though_no_user_is_listed() {
    let seed = Seed::Synthetic { users: 3000, groups: 2, members: 12, seed_number: 1 };
    let sandbox = Sandbox::with(Options { seed, ..Options::default() });
    let state = sandbox.state();
    let name = |id: &Value| {
        let mut users = tree::entries(&state, "users");
        format!(
            "\"user:{}\"",
            users.find(|user| user["id"] == *id).unwrap()["userPrincipalName"].as_str().unwrap()
        )
    };
    let group = tree::entries(&state, "groups").next().unwrap();
    let members = group["members"].as_array().unwrap();
    let all_but_one: Vec<String> = members[1..].iter().map(name).collect();
    let text = format!("[groups.{}]\nmembers = [{}]\n", group["displayName"], all_but_one.join(", "));
    let folder = Folder::of(&text);
    let first = plan_json(&folder, &sandbox, &[]);
    assert_eq!(first["steps"].as_array().unwrap().len(), 1, "one member too many");
    let gone = members[0].as_str().unwrap();
    sandbox.graph("DELETE", &format!("/users/{gone}"), None);
    assert_eq!(plan_json(&folder, &sandbox, &[])["steps"], json!([]));
    sandbox.graph("POST", &format!("/directory/deletedItems/{gone}/restore"), Some(&json!({})));
    let back = plan_json(&folder, &sandbox, &[]);
    assert_eq!(back["steps"][0]["changes"], first["steps"][0]["changes"], "{back}");
}

fn interrupted_apply_is_followed_by_a_full_reading() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    folder.plan(&sandbox, &[]).run().exits_with(0);
    sandbox.faults(&json!({ "latency_ms": 100 }));
    let apply = folder.apply(&sandbox, &[]).start();
    let written = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        sandbox.writes() > 0
    });
    assert!(written, "the apply has begun to write");
    apply.kill();
    sandbox.well_behaved();
    assert_eq!(because(&plan_json(&folder, &sandbox, &[])), "an apply did not come to its end");
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}

fn deltas_that_hide_links_are_not_believed() {
    let (folder, sandbox) = synthetic();
    sandbox.faults(&json!({ "delta_refuses_links_by_id": true }));
    let plan = plan_json(&folder, &sandbox, &[]);
    assert_eq!(plan["steps"], json!([]), "the links are read one by one");
}

fn cache_is_private_and_may_be_lost_broken_or_of_another_version() {
    let (folder, sandbox) = synthetic();
    plan_json(&folder, &sandbox, &[]);
    let mode = std::fs::metadata(cache(&folder)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let secret = sandbox.token();
    let bytes = std::fs::read(cache(&folder)).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));

    std::fs::remove_file(cache(&folder)).unwrap();
    assert_eq!(because(&plan_json(&folder, &sandbox, &[])), "nothing was read before");
    // A link is not followed, and what it leads to keeps its permissions.
    let elsewhere = folder.path().join("elsewhere");
    std::fs::write(&elsewhere, "mine").unwrap();
    std::fs::set_permissions(&elsewhere, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::remove_file(cache(&folder)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, cache(&folder)).unwrap();
    assert!(because(&plan_json(&folder, &sandbox, &[])).ends_with("cannot be used: it is no plain file"));
    assert_eq!(std::fs::metadata(&elsewhere).unwrap().permissions().mode() & 0o777, 0o644);
    std::fs::remove_file(cache(&folder)).unwrap();
    plan_json(&folder, &sandbox, &[]);
    std::fs::write(
        cache(&folder),
        "this is no database, and longer than a header of one hundred bytes".repeat(9),
    )
    .unwrap();
    assert_eq!(because(&plan_json(&folder, &sandbox, &[])), "nothing was read before");
    let mut bytes = std::fs::read(cache(&folder)).unwrap();
    // The user version stands at offset 60 of a SQLite file.
    bytes[63] = 99;
    std::fs::write(cache(&folder), bytes).unwrap();
    assert_eq!(because(&plan_json(&folder, &sandbox, &[])), "nothing was read before");
    assert_eq!(ways(&plan_json(&folder, &sandbox, &[])), ["changes", "changes"]);
}

fn two_plans_at_once_share_one_cache() {
    let (folder, sandbox) = synthetic();
    for round in 0..4 {
        let runs: Vec<_> = (0..3).map(|_| folder.plan(&sandbox, &["--detailed-exitcode"]).start()).collect();
        for run in runs {
            run.wait().exits_with(0);
        }
        let state = sandbox.state();
        let group = tree::entries(&state, "groups").nth(round).unwrap();
        let body = json!({ "description": format!("round {round}") });
        sandbox.graph("PATCH", &format!("/groups/{}", group["id"].as_str().unwrap()), Some(&body));
    }
}

fn verbose_names_the_way_and_its_cost() {
    let (folder, sandbox) = synthetic();
    let first = folder.plan(&sandbox, &["--verbose"]).run().exits_with(0);
    let first = first.warns("nothing was read before").warns("list+delta").warns("RU");
    assert!(!first.stdout.contains("RU"), "the plan itself stays as it is");
    folder.plan(&sandbox, &["-v"]).run().exits_with(0).warns("changes");
}
