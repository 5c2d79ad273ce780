//! Plans over many objects: what they cost in requests, which is what the service counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::harness::scenario::assert_only_reads;
use crate::harness::{Folder, Sandbox, tests, tree};

tests![
    plan_over_5000_users_and_500_groups_takes_at_most_40_requests,
    group_of_1200_members_is_filled_and_thinned_out,
    plan_of_500_groups_in_pim_asks_each_once_for_each_of_three_things,
    plan_of_groups_in_pim_waits_for_its_quota,
    no_more_role_assignable_groups_are_made_than_a_tenant_can_have,
];

fn synthetic(users: usize, groups: usize, members: usize) -> Sandbox {
    let seed = Seed::Synthetic { users, groups, members, seed_number: 1 };
    Sandbox::with(Options { seed, ..Options::default() })
}

/// The whole tenant as a configuration.
fn declared(state: &Value) -> String {
    let mut text = String::new();
    let mut names = BTreeMap::new();
    for user in tree::entries(state, "users") {
        let name = user["userPrincipalName"].as_str().unwrap();
        names.insert(user["id"].as_str().unwrap(), name);
        let _ = writeln!(text, "[users.\"{name}\"]");
        for (attribute, property) in
            [("display_name", "displayName"), ("department", "department"), ("city", "city")]
        {
            let _ = writeln!(text, "{attribute} = {}", user[property]);
        }
    }
    for group in tree::entries(state, "groups") {
        let _ = write!(
            text,
            "[groups.{}]\nunique_name = {}\nmembers = [",
            group["displayName"], group["uniqueName"]
        );
        for member in group["members"].as_array().into_iter().flatten() {
            let _ = write!(text, "\"user:{}\", ", names[member.as_str().unwrap()]);
        }
        text.push_str("]\n");
    }
    text
}

fn plan_over_5000_users_and_500_groups_takes_at_most_40_requests() {
    let sandbox = synthetic(5000, 500, 10_000);
    let folder = Folder::of(&declared(&sandbox.state()));
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("5500 objects declared");
    let stats = sandbox.stats();
    assert_only_reads(&stats);
    assert!(stats["requests"].as_u64() <= Some(40), "{stats}");

    sandbox.graph("PATCH", "/users/user000007@contoso.com", Some(&serde_json::json!({ "city": "Lisbon" })));
    sandbox.reset_stats();
    folder
        .plan(&sandbox, &["--detailed-exitcode"])
        .run()
        .exits_with(2)
        .says("0 to add, 1 to change, 0 to remove");
    assert!(sandbox.stats()["requests"].as_u64() <= Some(40), "{}", sandbox.stats());
}

fn group_of_1200_members_is_filled_and_thinned_out() {
    let sandbox = synthetic(1200, 0, 0);
    let config = |skipped: usize| {
        let members: Vec<String> = (1..=1200)
            .filter(|number| *number > skipped)
            .map(|number| format!("\"user:user{number:06}@contoso.com\""))
            .collect();
        format!("[groups.\"Everybody\"]\nmembers = [{}]\n", members.join(", "))
    };
    let folder = Folder::of(&config(0));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
    let members = |sandbox: &Sandbox| {
        tree::find(&sandbox.state(), "groups", "Everybody").unwrap()["members"].as_array().unwrap().len()
    };
    assert_eq!(members(&sandbox), 1200);
    assert!(sandbox.stats()["writes"].as_u64() <= Some(61), "twenty members to a write: {}", sandbox.stats());

    folder.write("tenantry.toml", &config(150));
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
    assert_eq!(members(&sandbox), 1050);
}

/// Deleted ones count, and so does the one that fits.
fn no_more_role_assignable_groups_are_made_than_a_tenant_can_have() {
    let group = |name: String| json!({ "displayName": name, "isAssignableToRole": true });
    let groups: Vec<Value> = (0..498).map(|number| group(format!("Tier {number}"))).collect();
    let seed = json!({ "groups": groups, "deletedGroups": [group("Tier 498".to_owned())] });
    let sandbox = Sandbox::of(&seed.to_string());
    let one = "[groups.\"Tier 500\"]\nis_assignable_to_role = true\n";
    let folder = Folder::of(&format!("{one}\n[groups.\"Tier 501\"]\nis_assignable_to_role = true\n"));
    folder.plan(&sandbox, &[]).run().exits_with(3).says("it can have at most 500");

    let folder = Folder::of(one);
    folder.apply(&sandbox, &[]).run().exits_with(0);
}

/// Groups with eligible and active members and settings of both, each as the service has it.
fn in_pim(groups: usize) -> (Sandbox, Folder) {
    let name = |number: usize| format!("Tier {number}");
    let group = |number: usize| json!({ "displayName": name(number) });
    let schedule = |number: usize| {
        json!({ "group": name(number), "accessId": "member", "principal": "lee.gu@contoso.com",
            "scheduleInfo": { "startDateTime": "2026-01-01T00:00:00Z",
                "expiration": { "type": "afterDateTime", "endDateTime": "2099-02-01T00:00:00Z" } } })
    };
    let seed = json!({
        "users": [{ "userPrincipalName": "lee.gu@contoso.com", "displayName": "Lee Gu" }],
        "groups": (0..groups).map(group).collect::<Vec<Value>>(),
        "eligibilitySchedules": (0..groups).map(schedule).collect::<Vec<Value>>(),
    });
    let mut text = "[tenant]\nid = \"contoso.onmicrosoft.com\"\n".to_owned();
    for number in 0..groups {
        let _ = writeln!(text, "[groups.\"{}\"]", name(number));
        text.push_str("eligible_members = [{ ref = \"user:lee.gu@contoso.com\", until = 2099-01-31 }]\n");
        text.push_str("active_members = []\n");
        text.push_str("member_settings = { activation = { maximum_duration = \"PT8H\" } }\n");
        text.push_str("owner_settings = { activation = { maximum_duration = \"PT8H\" } }\n");
    }
    (Sandbox::of(&seed.to_string()), Folder::of(&text))
}

/// The service tells schedules and policies of one group at a time, and members and owners together.
fn plan_of_500_groups_in_pim_asks_each_once_for_each_of_three_things() {
    let (sandbox, folder) = in_pim(500);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    let stats = sandbox.stats();
    assert_only_reads(&stats);
    let asked = stats["operation_methods"]["GET"].as_u64().unwrap_or_default();
    assert!((1500..1515).contains(&asked), "{stats}");
    assert!(stats["requests"].as_u64() <= Some(85), "{stats}");
}

fn plan_of_groups_in_pim_waits_for_its_quota() {
    let (sandbox, folder) = in_pim(60);
    sandbox.faults(&json!({ "quota": true, "quota_scale": 20.0, "pim_quota": 40 }));
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    let refused = sandbox.stats()["throttled"].as_u64();
    assert!(refused > Some(0), "the quota was too wide to be met: {}", sandbox.stats());
}
