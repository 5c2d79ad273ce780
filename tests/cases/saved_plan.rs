//! A plan saved with `--out`: shown again, applied, or refused.

use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::harness::{Folder, Sandbox, Tenantry, tests};

tests![
    saved_plan_is_shown_and_applied,
    saved_plan_is_stale_when_a_property_it_changes_has_changed,
    saved_plan_is_stale_when_a_member_came_meanwhile,
    saved_plan_is_stale_when_what_it_creates_exists_by_now,
    saved_plan_is_stale_when_what_it_restores_is_back,
    saved_plan_survives_changes_that_it_does_not_rest_on,
    saved_plan_is_stale_once_it_was_applied,
    altered_plan_is_refused_whichever_letter_changed,
    plan_of_another_format_is_refused,
    plan_of_another_tenant_is_refused,
    refused_plan_is_refused_when_saved_too,
    file_that_is_no_plan_says_so,
];

/// The example with its plan in `plan.json`, and what the plan looked like.
fn planned() -> (Folder, Sandbox) {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    folder.plan(&sandbox, &["--out", "plan.json"]).run().exits_with(0);
    sandbox.reset_stats();
    (folder, sandbox)
}

fn apply(folder: &Folder, sandbox: &Sandbox) -> Tenantry {
    folder.run(&["apply", "plan.json", "--yes", "--color", "never"]).signed_in_to(sandbox)
}

fn rewrite(folder: &Folder, change: impl FnOnce(&str) -> String) {
    let path = folder.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed);
    std::fs::write(path, changed).unwrap();
}

#[track_caller]
fn assert_refused(folder: &Folder, sandbox: &Sandbox, why: &str) {
    sandbox.process();
    sandbox.reset_stats();
    let before = sandbox.state_text();
    apply(folder, sandbox).run().exits_with(1).warns(why);
    assert_eq!(sandbox.writes(), 0);
    assert_eq!(sandbox.state_text(), before);
}

fn saved_plan_is_shown_and_applied() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let plan = folder.plan(&sandbox, &["--out", "plan.json"]).run().exits_with(0).stdout;
    let shown = folder.run(&["show", "plan.json", "--color", "never"]).run().exits_with(0).stdout;
    let body = |text: &str| text.split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(body(&plan), body(&shown));
    let saved = std::fs::read_to_string(folder.path().join("plan.json")).unwrap();
    let json = folder.run(&["show", "plan.json", "--format", "json"]).run().exits_with(0).stdout;
    assert_eq!(saved, json, "the saved plan is the plan as JSON");
    let markdown = |command: Tenantry| command.run().exits_with(0).stdout;
    assert_eq!(
        markdown(folder.run(&["show", "plan.json", "--format", "markdown"])),
        markdown(folder.plan(&sandbox, &["--format", "markdown"])),
    );
    apply(&folder, &sandbox).run().exits_with(0).says("read back and as planned");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}

fn saved_plan_is_stale_when_a_property_it_changes_has_changed() {
    let (folder, sandbox) = planned();
    sandbox.graph(
        "PATCH",
        "/users/adele.vance@contoso.com",
        Some(&json!({ "jobTitle": "Regional Manager" })),
    );
    assert_refused(&folder, &sandbox, "user:adele.vance@contoso.com (it was changed)");
}

fn saved_plan_is_stale_when_a_member_came_meanwhile() {
    let (folder, sandbox) = planned();
    let group = "/groups/68bd6e22-e381-50f9-8ba5-e3c8c809ac58/members/$ref";
    let debra = format!("{}/v1.0/directoryObjects/0037970a-198d-51f7-b108-7092d6acee95", sandbox.base());
    sandbox.graph("POST", group, Some(&json!({ "@odata.id": debra })));
    assert_refused(&folder, &sandbox, "group:Retail (it was changed)");
}

fn saved_plan_is_stale_when_what_it_creates_exists_by_now() {
    let (folder, sandbox) = planned();
    let sonia = json!({
        "accountEnabled": true, "displayName": "Sonia Rees", "mailNickname": "sonia.rees",
        "userPrincipalName": "sonia.rees@contoso.com", "passwordProfile": { "password": "Correct-Horse-7" },
    });
    sandbox.graph("POST", "/users", Some(&sonia));
    assert_refused(&folder, &sandbox, "user:sonia.rees@contoso.com (it exists by now)");
}

fn saved_plan_is_stale_when_what_it_restores_is_back() {
    let (folder, sandbox) = planned();
    sandbox.graph(
        "POST",
        "/directory/deletedItems/f64c4da7-5c86-5bfc-b2ce-3400dc6bdd58/restore",
        Some(&json!({})),
    );
    assert_refused(&folder, &sandbox, "user:brian.johnson@contoso.com (it was restored)");
}

fn saved_plan_survives_changes_that_it_does_not_rest_on() {
    let (folder, sandbox) = planned();
    sandbox.graph("PATCH", "/users/adele.vance@contoso.com", Some(&json!({ "city": "Seattle" })));
    sandbox.graph("PATCH", "/users/ben.walters@contoso.com", Some(&json!({ "jobTitle": "President" })));
    apply(&folder, &sandbox).run().exits_with(0);
    assert_eq!(sandbox.graph("GET", "/users/adele.vance@contoso.com?$select=city", None)["city"], "Seattle");
}

fn saved_plan_is_stale_once_it_was_applied() {
    let (folder, sandbox) = planned();
    apply(&folder, &sandbox).run().exits_with(0);
    // The tenant fills rule-driven groups by itself, some time later.
    sandbox.control("POST", "/sandbox/process", None);
    assert_refused(&folder, &sandbox, "the plan is stale");
}

fn altered_plan_is_refused_whichever_letter_changed() {
    let (folder, sandbox) = planned();
    let path = folder.path().join("plan.json");
    let text = std::fs::read(&path).unwrap();
    let letters: Vec<usize> = (0..text.len()).filter(|index| text[*index].is_ascii_alphanumeric()).collect();
    let digest = text.windows(8).position(|window| window == b"\"digest\"").unwrap();
    let spread = letters.iter().step_by(letters.len() / 12).copied();
    for index in spread.chain([digest + 14]) {
        let mut altered = text.clone();
        altered[index] = if altered[index] == b'a' { b'e' } else { b'a' };
        std::fs::write(&path, altered).unwrap();
        let shown = folder.run(&["show", "plan.json"]).run().exits_with(1);
        assert_eq!(shown.stdout, "", "letter {index}");
    }
    std::fs::write(&path, String::from_utf8(text).unwrap().replace("Store Manager", "Store Janitor"))
        .unwrap();
    assert_refused(&folder, &sandbox, "altered after it was written");
    assert_eq!(sandbox.stats()["requests"], 0, "an altered plan is refused before anything is asked");
}

fn plan_of_another_format_is_refused() {
    let (folder, sandbox) = planned();
    rewrite(&folder, |text| text.replace("\"format_version\": 4", "\"format_version\": 5"));
    assert_refused(&folder, &sandbox, "format version 5");
}

fn plan_of_another_tenant_is_refused() {
    let (folder, _) = planned();
    let options = Options { seed: Seed::Contoso, ..Options::default() };
    let other = Sandbox::of_tenant("c0ffee00-0000-4000-8000-0000000000ff", options);
    assert_refused(&folder, &other, "this plan is for the tenant c0ffee00-0000-4000-8000-000000000002");
}

fn refused_plan_is_refused_when_saved_too() {
    let text = r#"
[protect]
never_delete = ["group:Tier 0*"]

[groups."Tier 0 admins"]
absent = true
"#;
    let (folder, sandbox) = (Folder::of(text), Sandbox::contoso());
    folder.plan(&sandbox, &["--out", "plan.json"]).run().exits_with(3);
    let saved: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("plan.json")).unwrap()).unwrap();
    assert_eq!(saved["notes"][0]["level"], "refusal");
    apply(&folder, &sandbox).run().exits_with(3);
    assert_eq!(sandbox.writes(), 0);
}

fn file_that_is_no_plan_says_so() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    std::fs::write(folder.path().join("plan.json"), "[tenant]\n").unwrap();
    folder.run(&["show", "plan.json"]).run().exits_with(1).warns("plan.json: this is not a plan file");
    assert_refused(&folder, &sandbox, "this is not a plan file");
    folder.run(&["show", "missing.json"]).run().exits_with(1).warns("cannot read missing.json");
}
