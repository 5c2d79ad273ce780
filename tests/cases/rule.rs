//! `tenantry rule check`.

use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, tests};

tests![
    rules_are_checked_without_a_configuration,
    refused_rules_say_where,
    clauses_are_explained_one_by_one,
    negative_operators_of_null_can_be_switched,
    files_that_hold_no_objects_are_told,
    oddities_are_warnings_on_standard_error,
    plans_name_who_joins_and_who_leaves,
    direct_reports_follow_the_manager_of_the_plan,
    rules_that_match_nobody_or_everybody_are_warnings,
    oddities_of_declared_rules_are_told_by_validate_and_plan,
];

fn folder() -> Folder {
    let folder = Folder::of("");
    let objects = json!([
        {"id": "u1", "department": "Sales", "manager": "m1", "unknown": {"a": 1}},
        {"id": "u2", "department": "Retail", "employeeHireDate": "2026-11-24T00:00:00Z"},
        {"id": "u3", "otherMails": ["Adele@contoso.com"]},
    ]);
    folder.write("objects.json", &objects.to_string());
    folder
}

fn answer(folder: &Folder, rule: &str, more: &[&str], code: i32) -> Value {
    let objects = folder.config().join("objects.json");
    let fixed = ["rule", "check", rule, "--objects", objects.to_str().unwrap(), "--format", "json"];
    let arguments: Vec<&str> = fixed.iter().chain(more).copied().collect();
    let finished = folder.run(&arguments).run().exits_with(code);
    serde_json::from_str(&finished.stdout).unwrap()
}

fn rules_are_checked_without_a_configuration() {
    let folder = folder();
    for (rule, more, expected) in [
        (r#"user.department -eq "sales""#, &[][..], json!(["u1"])),
        (r#"-not (user.department -eq "sales")"#, &[], json!(["u2", "u3"])),
        (r#"user.otherMails -any (_ -startsWith 'adele')"#, &[], json!(["u3"])),
        (r#"Direct Reports for "M1""#, &[], json!(["u1"])),
        ("user.employeeHireDate -ge system.now -plus p1d", &["--now", "2026-11-23T00:00:00Z"], json!(["u2"])),
        ("user.employeeHireDate -ge system.now -plus p1d", &["--now", "2026-11-23T00:00:01Z"], json!([])),
    ] {
        assert_eq!(answer(&folder, rule, more, 0), json!({"matches": expected}), "{rule}");
    }
}

fn refused_rules_say_where() {
    let folder = folder();
    let reply = answer(&folder, r#"user.city -eq "é" -and user.dept -eq 1"#, &[], 1);
    assert_eq!(reply["error"]["offset"], 23);
    assert!(reply["error"]["message"].as_str().unwrap().contains("user.dept"), "{reply}");
    let objects = folder.config().join("objects.json");
    let arguments = ["rule", "check", "user.mobilePhone -eq null", "--objects", objects.to_str().unwrap()];
    let finished = folder.run(&arguments).run().exits_with(1);
    assert!(finished.stdout.is_empty());
    finished.warns("^^^^^^^^^^^^^^^^").warns("in rules mobilePhone is called user.mobile");
}

fn clauses_are_explained_one_by_one() {
    let folder = folder();
    let rule = r#"user.department -eq "Sales" -and -not (user.otherMails -any (_ -eq "x"))"#;
    let reply = answer(&folder, rule, &["--explain", "u2"], 0);
    assert_eq!(reply["matches"], json!(["u1"]));
    let explanation = &reply["explanation"];
    assert_eq!(explanation["membershipRuleEvaluationResult"], false);
    let clause = &explanation["membershipRuleEvaluationDetails"]["expressionEvaluationDetails"][0];
    let evaluated = json!({"propertyName": "department", "propertyValue": "Retail"});
    assert_eq!(clause["propertyToEvaluate"], evaluated);
    assert_eq!(clause["expressionResult"], false);
    let objects = folder.config().join("objects.json");
    let base = ["rule", "check", rule, "--objects", objects.to_str().unwrap(), "--explain"];
    let with = |id| base.iter().copied().chain([id]).collect::<Vec<_>>();
    folder.run(&with("u2")).run().exits_with(0).says("u2 does not match").says(r#"department = "Retail""#);
    folder.run(&with("u9")).run().exits_with(1).warns("no object has the id u9");
}

fn negative_operators_of_null_can_be_switched() {
    let folder = folder();
    let rule = r#"user.department -ne "Sales""#;
    assert_eq!(answer(&folder, rule, &[], 0)["matches"], json!(["u2", "u3"]));
    assert_eq!(answer(&folder, rule, &["--null-negatives", "exclude"], 0)["matches"], json!(["u2"]));
}

fn files_that_hold_no_objects_are_told() {
    let folder = folder();
    let check = |file: &str| {
        let file = folder.config().join(file);
        let rule = "user.department -eq null";
        folder.run(&["rule", "check", rule, "--objects", file.to_str().unwrap()]).run().exits_with(1)
    };
    for (text, message) in [
        ("{}", "no JSON array of objects"),
        ("[1]", "item 1 is no object"),
        (r#"[{"id": "a"}, {"department": "x"}]"#, "item 2 has no id"),
        ("[", "no JSON array of objects"),
    ] {
        folder.write("wrong.json", text);
        check("wrong.json").warns(message);
    }
    check("missing.json").warns("cannot read");
}

fn oddities_are_warnings_on_standard_error() {
    let folder = folder();
    let objects = folder.config().join("objects.json");
    let arguments = ["rule", "check", "user.objectId -ne null", "--objects", objects.to_str().unwrap()];
    folder.run(&arguments).run().exits_with(0).says("3 of 3 match").warns("guests-included");
}

const TENANT: &str = "[tenant]\nid = \"contoso.onmicrosoft.com\"\n";

fn planned(text: &str) -> (Folder, Sandbox, Value) {
    let (folder, sandbox) = (Folder::of(&format!("{TENANT}{text}")), Sandbox::contoso());
    let plan = folder.plan(&sandbox, &["--format", "json"]).run().exits_with(0);
    let plan = serde_json::from_str(&plan.stdout).unwrap();
    (folder, sandbox, plan)
}

fn names(targets: &Value) -> Vec<&str> {
    targets.as_array().unwrap().iter().map(|target| target["name"].as_str().unwrap()).collect()
}

fn plans_name_who_joins_and_who_leaves() {
    let (folder, sandbox, plan) = planned(
        r#"
[groups."Sales"]
membership_rule = 'user.department -eq "Retail"'

[users."lynne.robbins@contoso.com"]
department = "Sales"

[users."isaiah.langer@contoso.com"]
department = "Retail"
"#,
    );
    let movement = &plan["movements"][0];
    assert_eq!(movement["address"], "group:Sales");
    assert_eq!(
        names(&movement["joins"]),
        ["user:adele.vance@contoso.com", "user:christie.cline@contoso.com"]
    );
    let leaves =
        ["user:ben.walters@contoso.com", "user:bianca.pisani@contoso.com", "user:cameron.white@contoso.com"];
    assert_eq!(names(&movement["leaves"]), leaves);
    assert_eq!((&movement["before"], &movement["after"]), (&json!(4), &json!(3)));
    let text = folder.plan(&sandbox, &[]).run().exits_with(0).says("2 people join, 3 leave");
    assert!(!text.stdout.contains("christie.cline"), "names come on request");
    folder.plan(&sandbox, &["--full"]).run().exits_with(0).says("+ user:christie.cline@contoso.com");
}

fn direct_reports_follow_the_manager_of_the_plan() {
    let sandbox = Sandbox::contoso();
    let lee = sandbox.graph("GET", "/users/lee.gu@contoso.com", None)["id"].as_str().unwrap().to_owned();
    let (_, _, plan) = planned(&format!(
        r#"
[groups."Lee's team"]
membership_rule = 'Direct Reports for "{lee}"'

[users."adele.vance@contoso.com"]
manager = "user:lee.gu@contoso.com"

[users."grady.archie@contoso.com"]
manager = "user:miriam.graham@contoso.com"
"#
    ));
    let joins = names(&plan["movements"][0]["joins"]);
    assert!(joins.contains(&"user:adele.vance@contoso.com"), "{joins:?}");
    assert!(joins.contains(&"user:henrietta.mueller@contoso.com"), "{joins:?}");
    assert!(!joins.contains(&"user:grady.archie@contoso.com"), "{joins:?}");
}

fn rules_that_match_nobody_or_everybody_are_warnings() {
    let (folder, sandbox, plan) = planned(
        r#"
[groups."Nobody"]
membership_rule = 'user.department -eq "Moon base"'

[groups."Everybody"]
membership_rule = 'user.userPrincipalName -ne null'

[groups."Later"]
membership_rule = 'user.department -eq "Sales"'
membership_rule_processing_state = "paused"
"#,
    );
    let codes: Vec<&Value> = plan["notes"].as_array().unwrap().iter().map(|note| &note["code"]).collect();
    assert_eq!(codes, ["matches-everybody", "matches-nobody"]);
    assert_eq!(plan["movements"].as_array().unwrap().len(), 2, "nobody moves while a rule is paused");
    folder.plan(&sandbox, &[]).run().exits_with(0).says("nobody joins or leaves");
}

fn oddities_of_declared_rules_are_told_by_validate_and_plan() {
    let text = format!("{TENANT}[groups.\"All\"]\nmembership_rule = 'user.objectId -ne null'\n");
    let (folder, sandbox) = (Folder::of(&text), Sandbox::contoso());
    folder
        .run(&["validate", "config"])
        .run()
        .exits_with(0)
        .warns("guests-included")
        .warns("tenantry.toml:4:20");
    folder.plan(&sandbox, &[]).run().exits_with(0).says("guests and agent users");
}
