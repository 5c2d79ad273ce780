//! `tenantry rule check`.

use serde_json::{Value, json};

use crate::harness::{Folder, tests};

tests![
    rules_are_checked_without_a_configuration,
    refused_rules_say_where,
    clauses_are_explained_one_by_one,
    negative_operators_of_null_can_be_switched,
    files_that_hold_no_objects_are_told,
    oddities_are_warnings_on_standard_error,
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
