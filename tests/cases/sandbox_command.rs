//! `--sandbox` and `tenantry sandbox`.

use std::io::{BufRead as _, BufReader};

use serde_json::json;

use crate::harness::{Folder, Tenantry, http, tests};

tests![
    sandbox_in_the_process_needs_no_credentials_and_keeps_its_state,
    sandbox_that_is_reset_starts_over,
    sandbox_of_another_organisation_has_its_domains,
    served_sandbox_prints_exports_that_work,
    served_sandbox_comes_with_the_inconveniences_asked_for,
    served_sandbox_refuses_inconveniences_that_mean_nothing,
    seeding_does_not_overwrite_a_tenant,
    saved_plan_applies_to_the_sandbox_it_was_made_for,
];

fn sandbox_in_the_process_needs_no_credentials_and_keeps_its_state() {
    let folder = Folder::example();
    let plan = || folder.run(&["plan", "config", "--sandbox", "--detailed-exitcode"]).run();
    plan().exits_with(2).says("to add");
    folder
        .run(&["apply", "config", "--sandbox", "--yes"])
        .run()
        .exits_with(0)
        .says("read back and as planned");
    plan().exits_with(0).says("nothing to do");
    let ignore = std::fs::read_to_string(folder.config().join(".tenantry/.gitignore")).unwrap();
    assert_eq!(ignore.trim(), "*", "the local folder stays out of git");
}

fn sandbox_that_is_reset_starts_over() {
    let folder = Folder::example();
    let plan = || folder.run(&["plan", "config", "--sandbox", "--detailed-exitcode"]).run();
    folder.run(&["apply", "config", "--sandbox", "--yes"]).run().exits_with(0);
    plan().exits_with(0);
    folder.run(&["sandbox", "reset", "--state", "config/.tenantry/sandbox"]).run().exits_with(0);
    plan().exits_with(2);
}

fn sandbox_of_another_organisation_has_its_domains() {
    let text = r#"
[tenant]
id = "fabrikam.onmicrosoft.com"

[users."sara.davis@fabrikam.com"]
display_name = "Sara Davis"

[groups."Partners"]
members = ["user:sara.davis@fabrikam.com"]
"#;
    let folder = Folder::of(text);
    folder
        .run(&["apply", "config", "--sandbox", "--yes"])
        .run()
        .exits_with(0)
        .says("fabrikam.onmicrosoft.com");
    folder.run(&["plan", "config", "--sandbox", "--detailed-exitcode"]).run().exits_with(0);
}

/// `export NAME='VALUE'` lines as pairs.
fn exports(stdout: std::process::ChildStdout) -> Vec<(String, String)> {
    let mut exports = Vec::new();
    for line in BufReader::new(stdout).lines().take(5) {
        let line = line.unwrap();
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        exports.push((name.to_owned(), value.trim_matches('\'').to_owned()));
    }
    exports
}

fn with(command: Tenantry, exports: &[(String, String)]) -> Tenantry {
    exports.iter().fold(command, |command, (name, value)| command.variable(name, value))
}

fn served_sandbox_prints_exports_that_work() {
    let folder = Folder::example();
    let (served, stdout) = folder.run(&["sandbox", "serve"]).serve();
    let exports = exports(stdout);
    let names: Vec<&str> = exports.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "TENANTRY_GRAPH_ENDPOINT",
            "AZURE_AUTHORITY_HOST",
            "AZURE_TENANT_ID",
            "AZURE_CLIENT_ID",
            "AZURE_CLIENT_SECRET"
        ]
    );
    assert!(exports[0].1.starts_with("http://127.0.0.1:"), "it listens on loopback only: {}", exports[0].1);
    with(folder.run(&["apply", "config", "--yes"]), &exports).run().exits_with(0);
    with(folder.run(&["plan", "config", "--detailed-exitcode"]), &exports).run().exits_with(0);
    served.interrupt();
    served.wait().exits_with(0);
}

fn served_sandbox_comes_with_the_inconveniences_asked_for() {
    let folder = Folder::example();
    let arguments =
        ["sandbox", "serve", "--users", "30", "--groups", "2", "--members", "12", "--short-pages", "7"];
    let inconveniences = [
        ("--lag", "0.5", "lag_ms", json!(500)),
        ("--lose-every", "9", "lose_every", json!(9)),
        ("--reset-every", "2.5%", "reset_every", json!("2.5%")),
        ("--fail-with", "500,504", "fail_with", json!([500, 504])),
        ("--edits", "membership", "edits", json!(["membership"])),
        ("--consistency", "any", "consistency", json!("any")),
        ("--jitter", "3", "jitter_ms", json!(3)),
        ("--quota-scale", "50", "quota_scale", json!(50.0)),
        ("--quota-share", "5%", "quota_share", json!("5%")),
        ("--seed-number", "7", "seed_number", json!(7)),
    ];
    let flags: Vec<&str> = inconveniences.iter().flat_map(|(flag, value, ..)| [*flag, *value]).collect();
    let (served, stdout) = folder.run(&arguments).and(&flags).and(&["--quota"]).serve();
    let exports = exports(stdout);
    let ask = |path: &str| http::send(&exports[0].1, "GET", path, None, None).1;
    let faults = ask("/sandbox/faults");
    for (flag, _, knob, value) in &inconveniences {
        assert_eq!(&faults[*knob], value, "{flag}");
    }
    assert_eq!((&faults["short_pages"], &faults["quota"]), (&json!(7), &json!(true)));
    let state = ask("/sandbox/state");
    assert_eq!(state["users"].as_array().unwrap().len(), 30);
    assert_eq!(state["groups"].as_array().unwrap().len(), 2);
    served.interrupt();
    served.wait().exits_with(0);
}

fn served_sandbox_refuses_inconveniences_that_mean_nothing() {
    let folder = Folder::example();
    let nonsense =
        [["--lose-every", "0"], ["--fail-every", "often"], ["--fail-with", "404"], ["--edits", "magic"]];
    for flags in nonsense {
        folder.run(&["sandbox", "serve"]).and(&flags).run().exits_with(1).warns(flags[0]);
    }
}

fn seeding_does_not_overwrite_a_tenant() {
    let folder = Folder::example();
    let seed = || folder.run(&["sandbox", "seed", "--state", "tenant"]).run();
    seed().exits_with(0);
    seed().exits_with(1).warns("already holds a tenant");
}

fn saved_plan_applies_to_the_sandbox_it_was_made_for() {
    let folder = Folder::example();
    folder.run(&["plan", "config", "--sandbox", "--out", "plan.json"]).run().exits_with(0);
    folder.run(&["apply", "plan.json", "--sandbox", "--yes"]).run().exits_with(0);
    folder.run(&["plan", "config", "--sandbox", "--detailed-exitcode"]).run().exits_with(0);
}
