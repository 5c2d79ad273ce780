//! `--base`: what an earlier git revision declared and this one does not is planned for removal.

use std::process::Command;
use std::sync::LazyLock;

use libtest_mimic::Trial;
use serde_json::json;

use crate::harness::{Folder, Sandbox, tree};

/// Whether git can be run here.
static HAS_GIT: LazyLock<bool> = LazyLock::new(|| {
    Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success())
});

/// The tests of this module; without git on this machine they are listed as ignored.
pub(crate) fn tests() -> Vec<Trial> {
    let tests: [(&str, fn()); 4] = [
        ("object_that_only_the_base_declares_is_removed", removed),
        ("without_a_base_nothing_is_removed", left_alone),
        ("object_that_moved_or_was_renamed_is_not_removed", moved),
        ("removal_by_base_obeys_the_interlocks", refused),
    ];
    let trials = tests.map(|(name, run)| crate::harness::test(module_path!(), name, run));
    trials.into_iter().map(|trial| trial.with_ignored_flag(!*HAS_GIT)).collect()
}

const BEFORE: &str = r#"
[protect]
emergency_access = ["user:breakglass1@contoso.com"]

[users."breakglass1@contoso.com"]
account_enabled = true

[users."jordan.miller@contoso.com"]
department = "IT"

[groups."Legal"]
description = "Contracts and compliance"

[groups."Project Falcon"]
description = "Next product launch"
"#;

/// A configuration that was committed as [`BEFORE`] and now is `now`.
fn changed_to(now: &str) -> Folder {
    let folder = Folder::of(BEFORE);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "--message", "before"]);
    folder.write("tenantry.toml", now);
    folder
}

fn git(folder: &Folder, arguments: &[&str]) {
    let who = ["-c", "user.name=Nestor Wilke", "-c", "user.email=nestor.wilke@contoso.com"];
    let output = Command::new("git")
        .args(who)
        .args(arguments)
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn without(table: &str) -> String {
    let start = BEFORE.find(table).unwrap();
    let end = BEFORE[start + 1..].find("\n[").map_or(BEFORE.len(), |length| start + 1 + length);
    format!("{}{}", &BEFORE[..start], &BEFORE[end..])
}

fn removed() {
    let (folder, sandbox) = (changed_to(&without("[groups.\"Project Falcon\"]")), Sandbox::contoso());
    let plan = folder.plan(&sandbox, &["--base", "HEAD", "--detailed-exitcode"]).run().exits_with(2);
    plan.says("- Project Falcon (no longer declared)").says("0 to add, 0 to change, 1 to remove");
    folder.apply(&sandbox, &["--base", "HEAD"]).run().exits_with(0);
    folder.plan(&sandbox, &["--base", "HEAD", "--detailed-exitcode"]).run().exits_with(0);
    tree::assert_holds(&sandbox.state(), &json!({ "absent": { "groups": ["Project Falcon"] } }));
}

fn left_alone() {
    let (folder, sandbox) = (changed_to(&without("[groups.\"Project Falcon\"]")), Sandbox::contoso());
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}

fn moved() {
    let now = without("[groups.\"Project Falcon\"]")
        .replace("[groups.\"Legal\"]", "[groups.\"Legal and compliance\"]\npreviously = [\"Legal\"]");
    let (folder, sandbox) = (changed_to(&now), Sandbox::contoso());
    folder.write("more/falcon.toml", "[groups.\"Project Falcon\"]\ndescription = \"Next product launch\"\n");
    let plan = folder.plan(&sandbox, &["--base", "HEAD"]).run().exits_with(0);
    plan.says("~ Legal and compliance").says("0 to add, 1 to change, 0 to remove");
}

fn refused() {
    let (folder, sandbox) = (changed_to(&without("[users.\"breakglass1@contoso.com\"]")), Sandbox::contoso());
    let before = sandbox.state_text();
    folder.plan(&sandbox, &["--base", "HEAD"]).run().exits_with(3).says("would be deleted");
    folder.apply(&sandbox, &["--base", "HEAD"]).run().exits_with(3);
    assert_eq!(sandbox.state_text(), before);
}
