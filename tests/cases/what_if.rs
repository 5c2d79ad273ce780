//! `tenantry what-if`.

use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, tests};

tests![
    a_case_gives_a_result_and_an_array_gives_an_array,
    standard_input_is_a_file_too,
    what_is_no_case_says_where,
    people_read_the_verdict_and_why,
    text_of_the_tenant_is_escaped,
    a_sign_in_to_the_tenant_is_told_before_and_after,
    who_or_what_is_not_there_is_named,
];

fn case() -> Value {
    json!({
        "id": "c1", "name": "an administrator at home",
        "policies": [
            {
                "displayName": "Require MFA for administrators", "state": "enabled",
                "conditions": {
                    "users": {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]},
                    "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"],
                },
                "grantControls": {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]},
                "sessionControls": {"signInFrequency": {"isEnabled": true, "value": 4, "type": "hours"}},
            },
            {
                "displayName": "Block legacy authentication", "state": "enabled",
                "conditions": {
                    "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
                    "clientAppTypes": ["exchangeActiveSync", "other"],
                },
                "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            },
        ],
        "principal": {"kind": "user", "id": "u1", "roles": ["62e90394-69f5-4237-9190-012177145e10"]},
        "signIn": {"appId": "a1", "clientAppType": "browser", "unknown": 1},
    })
}

fn file(folder: &Folder, content: &Value) -> String {
    folder.write("cases.json", &content.to_string());
    folder.config().join("cases.json").to_str().unwrap().to_owned()
}

fn answer(content: &Value, code: i32) -> Value {
    let folder = Folder::of("");
    let file = file(&folder, content);
    let finished = folder.run(&["what-if", &file, "--format", "json"]).run().exits_with(code);
    serde_json::from_str(&finished.stdout).unwrap()
}

fn a_case_gives_a_result_and_an_array_gives_an_array() {
    let mut result = answer(&case(), 0);
    let why = result.as_object_mut().unwrap().remove("why").unwrap();
    assert_eq!(why.as_array().unwrap().len(), 2);
    let expected = json!({
        "id": "c1", "name": "an administrator at home", "outcome": "grant",
        "controls": [{"anyOf": ["mfa", "compliantDevice"]}], "matched": ["Require MFA for administrators"],
        "sessionControls": ["signInFrequency"],
    });
    assert_eq!(result, expected);
    let mut legacy = case();
    legacy["signIn"]["clientAppType"] = "other".into();
    let results = answer(&json!([case(), legacy]), 0);
    assert_eq!(results[0]["outcome"], "grant");
    assert_eq!(results[1]["controls"], json!(["block"]));
    assert_eq!(results[1]["blockReason"], Value::Null);
    assert_eq!(answer(&json!([]), 0), json!([]));
}

fn standard_input_is_a_file_too() {
    let folder = Folder::of("");
    let file = file(&folder, &case());
    let asked = folder.run(&["what-if", "-", "--format", "json"]).reading(file.as_ref());
    let finished = asked.run().exits_with(0);
    let result: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(result["id"], "c1");
}

fn what_is_no_case_says_where() {
    let mut wrong = case();
    wrong["policies"][1]["conditions"]["users"]["includeUsers"] = "All".into();
    let reply = answer(&json!([case(), wrong]), 1);
    assert_eq!(reply["error"]["pointer"], "/1/policies/1/conditions/users/includeUsers");
    assert_eq!(answer(&json!("case"), 1)["error"]["pointer"], "");
    let folder = Folder::of("");
    let file = file(&folder, &wrong);
    let finished = folder.run(&["what-if", &file]).run().exits_with(1);
    finished.warns("cases.json").warns("/policies/1/conditions/users/includeUsers").warns("`signIn`");
    folder.write("cases.json", "{");
    folder.run(&["what-if", &file]).run().exits_with(1).warns("no JSON");
    folder.run(&["what-if", "missing.json"]).run().exits_with(1).warns("cannot read");
}

fn people_read_the_verdict_and_why() {
    let folder = Folder::of("");
    let file = file(&folder, &case());
    let finished = folder.run(&["what-if", &file]).run().exits_with(0);
    let expected = "\
c1 an administrator at home
granted once everything required is given
  requires  mfa or compliantDevice
  session   signInFrequency
  - Require MFA for administrators applies (by role
    62e90394-69f5-4237-9190-012177145e10, by application all) and requires mfa
    or compliantDevice and sets signInFrequency.
  - Block legacy authentication does not apply: the client app is not included.
";
    assert_eq!(finished.stdout, expected);
}

fn text_of_the_tenant_is_escaped() {
    let mut hostile = case();
    hostile["policies"][0]["displayName"] = "\u{1b}[31mred".into();
    let folder = Folder::of("");
    let file = file(&folder, &hostile);
    let finished = folder.run(&["what-if", &file]).run().exits_with(0).says("\\u{1b}[31mred");
    assert!(!finished.stdout.contains('\u{1b}'));
}

/// A policy about a group that the configuration fills.
const TENANT: &str = r#"
[groups."Payroll clerks"]
members = ["user:adele.vance@contoso.com"]

[conditional_access."CA001 MFA at Payroll"]
state = "enabled"
users = { include_groups = ["group:Payroll clerks"] }
applications = { include = ["app:Payroll"] }
grant = { built_in_controls = ["mfa"] }
"#;

const SEED: &str = r#"{
    "users": [
        {"id": "11111111-1111-4111-8111-111111111111", "displayName": "Adele Vance", "accountEnabled": true,
         "userPrincipalName": "adele.vance@contoso.com", "userType": "Member", "mailNickname": "adele.vance"}
    ],
    "servicePrincipals": [
        {"id": "22222222-2222-4222-8222-222222222222", "appId": "33333333-3333-4333-8333-333333333333",
         "displayName": "Payroll"}
    ]
}"#;

fn a_sign_in_to_the_tenant_is_told_before_and_after() {
    let (sandbox, folder) = (Sandbox::of(SEED), Folder::of(TENANT));
    let asked = ["--user", "adele.vance@contoso.com", "--app", "Payroll", "--ip", "203.0.113.7"];
    let ask = |more: &[&str]| {
        let directory = folder.config();
        let arguments = [&["what-if", directory.to_str().unwrap()], &asked[..], more].concat();
        folder.run(&arguments).signed_in_to(&sandbox).run().exits_with(0).stdout
    };
    let answer: Value = serde_json::from_str(&ask(&["--format", "json"])).unwrap();
    assert_eq!(answer["today"]["controls"], json!([]));
    assert_eq!(answer["planned"]["controls"], json!(["mfa"]));
    assert_eq!(answer["planned"]["matched"], json!(["CA001 MFA at Payroll"]));
    let shown = ask(&[]);
    assert!(shown.contains("today:\ngranted: nothing is asked for"), "{shown}");
    assert!(shown.contains("granted once everything required is given"), "{shown}");
    folder.apply(&sandbox, &[]).run().exits_with(0);
    let shown = ask(&[]);
    assert!(shown.starts_with("today, and once the configuration is applied:\n"), "{shown}");
}

fn who_or_what_is_not_there_is_named() {
    let (sandbox, folder) = (Sandbox::of(SEED), Folder::of(TENANT));
    let directory = folder.config();
    for (user, app, message) in [
        ("megan.bowen@contoso.com", "Payroll", "nobody is called megan.bowen@contoso.com"),
        ("adele.vance@contoso.com", "Pay", "no application of the tenant is called Pay"),
    ] {
        let arguments = ["what-if", directory.to_str().unwrap(), "--user", user, "--app", app];
        let finished = folder.run(&arguments).signed_in_to(&sandbox).run().exits_with(1);
        assert!(finished.stderr.contains(message), "{}", finished.stderr);
    }
    let file = file(&folder, &case());
    folder.run(&["what-if", &file, "--sandbox"]).run().exits_with(1);
}
