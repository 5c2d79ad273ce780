//! What rules say of objects: one row a fact, in the order of the documentation.

use serde_json::{Value, json};

use crate::rule::{Columns, Object, Rule, Semantics};

fn says(rule: &str, object: &Value, semantics: Semantics) -> bool {
    let parsed = Rule::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error} at {}", error.offset));
    let mut columns = Columns::default();
    let program = parsed.compile(&mut columns, semantics, "2026-11-23T12:00:00Z".parse().unwrap());
    program.matches(&columns.read(Object::Named(object.as_object().unwrap())))
}

#[track_caller]
fn table(rows: &[(&str, Value, bool)]) {
    for (rule, object, expected) in rows {
        assert_eq!(says(rule, object, Semantics::default()), *expected, "{rule} of {object}");
    }
}

#[test]
fn operators_on_text() {
    let lagos = || json!({"city": "Lagos"});
    table(&[
        (r#"user.city -eq "lagos""#, lagos(), true),
        (r#"user.city -eq "lago""#, lagos(), false),
        (r#"user.city -ne "LAGOS""#, lagos(), false),
        (r#"user.city -ne "Paris""#, lagos(), true),
        (r#"user.city -startsWith "LA""#, lagos(), true),
        (r#"user.city -startsWith "ago""#, lagos(), false),
        (r#"user.city -notStartsWith "la""#, lagos(), false),
        (r#"user.city -endsWith "OS""#, lagos(), true),
        (r#"user.city -notEndsWith "os""#, lagos(), false),
        (r#"user.city -contains "AGO""#, lagos(), true),
        (r#"user.city -notContains "ago""#, lagos(), false),
        (r#"user.city -notContains "x""#, lagos(), true),
        (r#"user.city -match "ago""#, lagos(), true),
        (r#"user.city -match "^ago""#, lagos(), false),
        (r#"user.city -match "^L.*S$""#, lagos(), true),
        (r#"user.city -notMatch "ago""#, lagos(), false),
        (r#"user.city -in ["Paris", 'LAGOS']"#, lagos(), true),
        (r#"user.city -in ["Lag"]"#, lagos(), false),
        (r#"user.city -in []"#, lagos(), false),
        (r#"user.city -notIn ["Paris","Rome"]"#, lagos(), true),
        (r#"user.city -notIn ["lagos"]"#, lagos(), false),
    ]);
}

#[test]
fn precedence() {
    let rule = r#"user.city -eq "a" -or user.country -eq "b" -and user.state -eq "c""#;
    table(&[
        (rule, json!({"city": "a"}), true),
        (rule, json!({"country": "b"}), false),
        (rule, json!({"country": "b", "state": "c"}), true),
        (
            r#"(user.city -eq "a" -or user.country -eq "b") -and user.state -eq "c""#,
            json!({"city": "a"}),
            false,
        ),
        (
            r#"user.state -eq "c" -and user.city -eq "a" -or user.country -eq "b""#,
            json!({"country": "b"}),
            true,
        ),
        (r#"-not user.city -eq "a" -and user.country -eq "b""#, json!({"city": "x", "country": "b"}), true),
        (r#"-not user.city -eq "a" -and user.country -eq "b""#, json!({"city": "x"}), false),
        (r#"-not (user.city -eq "a" -and user.country -eq "b")"#, json!({"city": "a"}), true),
        (r#"-not -not user.city -eq "a""#, json!({"city": "a"}), true),
        (r#"-not-NOT-not(user.city -eq "a")"#, json!({"city": "a"}), false),
        (r#"-not user.city -eq "a" -or user.city -eq "a""#, json!({"city": "a"}), true),
    ]);
}

#[test]
fn null_is_neither_text_nor_empty() {
    for object in [json!({}), json!({"department": null}), json!({"department": ""})] {
        table(&[
            ("user.department -eq null", object.clone(), true),
            ("user.department -ne null", object.clone(), false),
            ("user.department -eq $null", object.clone(), true),
            (r#"user.department -eq "null""#, object.clone(), false),
            (r#"user.department -eq """#, object.clone(), false),
            (r#"user.department -eq "x""#, object.clone(), false),
            (r#"user.department -startsWith "x""#, object.clone(), false),
            (r#"user.department -endsWith "x""#, object.clone(), false),
            (r#"user.department -contains "x""#, object.clone(), false),
            (r#"user.department -contains """#, object.clone(), false),
            (r#"user.department -match ".*""#, object.clone(), false),
            (r#"user.department -in ["x"]"#, object.clone(), false),
            (r#"-not (user.department -eq "x")"#, object.clone(), true),
            ("-not (user.department -eq null)", object.clone(), false),
        ]);
    }
    table(&[
        ("user.department -ne null", json!({"department": "x"}), true),
        (r#"user.department -eq "null""#, json!({"department": "NULL"}), true),
    ]);
}

#[test]
fn negative_operators_of_null_follow_the_switch() {
    let negatives = ["-ne", "-notStartsWith", "-notEndsWith", "-notContains", "-notMatch"];
    let rules = negatives.map(|operator| format!("user.department {operator} \"x\""));
    let collections = negatives.map(|operator| format!("user.otherMails {operator} \"x\""));
    let list = "user.department -notIn [\"x\"]".to_owned();
    for rule in rules.iter().chain(&collections).chain([&list]) {
        for null_meets_negatives in [true, false] {
            assert_eq!(
                says(rule, &json!({}), Semantics { null_meets_negatives }),
                null_meets_negatives,
                "{rule}"
            );
        }
    }
    let strict = Semantics { null_meets_negatives: false };
    assert!(!says("user.department -ne null", &json!({}), strict));
    assert!(says("user.department -eq null", &json!({}), strict));
    assert!(says("-not (user.department -eq \"x\")", &json!({}), strict));
}

#[test]
fn how_text_is_written() {
    table(&[
        (r#"user.department -eq "a `"b`" c""#, json!({"department": "a \"b\" c"}), true),
        (r#"user.department -eq `"Sales`""#, json!({"department": "\"Sales\""}), true),
        (r#"user.department -eq `"Sales`""#, json!({"department": "Sales"}), false),
        (r#"user.surname -eq "O''Neil""#, json!({"surname": "O'Neil"}), true),
        (r#"user.surname -eq "O'Neil""#, json!({"surname": "o'neil"}), true),
        (r#"user.surname -eq 'O''Neil'"#, json!({"surname": "O'Neil"}), true),
        (r#"user.surname -eq 'a "b"'"#, json!({"surname": "A \"B\""}), true),
        (r#"user.city -match "\d+""#, json!({"city": "Room 12"}), true),
        (r#"user.mail -endsWith"@x""#, json!({"mail": "a@X"}), true),
        (r#"user.city -in["a","b"]"#, json!({"city": "b"}), true),
        ("user.city -eq \"ÉCOLE\"", json!({"city": "école"}), true),
        (" \t\r\n( user.city\n-eq\t\"a\" ) ", json!({"city": "a"}), true),
        (r#"user.city EQ "a" AND user.state ne "b""#, json!({"city": "a"}), true),
        (r#"user.city -StartsWith "a" -OR user.state -NOTIN ["b"]"#, json!({"state": "b"}), false),
        (r#"User.MAILNICKNAME -eq "a""#, json!({"mailNickname": "a"}), true),
        (r#"user.department -eq 5"#, json!({"department": "5"}), true),
        (r#"user.department -in [5, true]"#, json!({"department": "TRUE"}), true),
    ]);
}

#[test]
fn booleans() {
    table(&[
        ("user.accountEnabled -eq true", json!({"accountEnabled": true}), true),
        ("user.accountEnabled -eq True", json!({"accountEnabled": true}), true),
        ("user.accountEnabled -eq false", json!({"accountEnabled": false}), true),
        ("user.accountEnabled -ne true", json!({"accountEnabled": false}), true),
        ("user.accountEnabled -eq false", json!({}), true),
        ("user.accountEnabled -eq true", json!({}), false),
        ("user.accountEnabled -ne true", json!({}), true),
        ("user.dirSyncEnabled -eq null", json!({}), true),
        ("user.dirSyncEnabled -eq null", json!({"dirSyncEnabled": false}), false),
        (r#"user.accountEnabled -eq "true""#, json!({"accountEnabled": true}), false),
        ("device.isRooted -eq true", json!({"isRooted": true}), true),
    ]);
}

#[test]
fn dates() {
    let hired = |date: &str| json!({"employeeHireDate": date});
    table(&[
        ("user.employeeHireDate -ge system.now -plus p1d", hired("2026-11-24T12:00:00Z"), true),
        ("user.employeeHireDate -ge system.now -plus p1d", hired("2026-11-24T11:59:59Z"), false),
        ("user.employeehiredate -le system.now", hired("2026-11-23T12:00:00Z"), true),
        ("user.employeeHireDate -le system.now plus P1DT1H", hired("2026-11-24T13:00:00Z"), true),
        ("user.employeeHireDate -ge system.now -minus p30d", hired("2026-11-01"), true),
        ("user.employeeHireDate -eq 2020-06-10T18:13:20Z", hired("2020-06-10T20:13:20+02:00"), true),
        ("user.employeeHireDate -ge 2020-06-10", hired("2020-06-10T00:00:00Z"), true),
        (r#"user.employeeHireDate -eq "2020-06-10T18:13:20Z""#, hired("2020-06-10T18:13:20Z"), true),
        ("user.employeeHireDate -le system.now", json!({}), false),
        ("user.employeeHireDate -ge system.now", json!({}), false),
        ("user.employeeHireDate -eq null", json!({}), true),
    ]);
}

#[test]
fn elements_of_collections() {
    let mails = |mails: Value| json!({"otherMails": mails, "proxyAddresses": mails});
    table(&[
        (r#"user.otherMails -any (_ -startsWith "contoso")"#, mails(json!(["x", "Contoso1"])), true),
        (r#"user.otherMails -any (_ -startsWith "contoso")"#, mails(json!(["x"])), false),
        (r#"user.otherMails -any (_ -startsWith "contoso")"#, mails(json!([])), false),
        (r#"user.otherMails -all (_ -contains "@")"#, mails(json!([])), true),
        (r#"user.otherMails -all (_ -contains "@")"#, json!({}), true),
        (r#"user.otherMails -all (_ -contains "@")"#, mails(json!(["a@b", "c"])), false),
        (r#"user.otherMails -any (_ -notEndsWith "x")"#, mails(json!(["ax", "b"])), true),
        (r#"user.otherMails -any (_ -notEndsWith "x")"#, mails(json!([])), false),
        (r#"-not (user.otherMails -any (_ -endsWith "x"))"#, mails(json!(["ax", "b"])), false),
        (r#"-not user.otherMails -any (_ -endsWith "x")"#, mails(json!(["b"])), true),
        (r#"user.otherMails -any _ -startsWith "a""#, mails(json!(["ab"])), true),
        (r#"user.otherMails -any _ -startsWith "a" -and _ -endsWith "b""#, mails(json!(["ax", "xb"])), false),
        (r#"user.otherMails -any (_ -startsWith "a" -and _ -endsWith "b")"#, mails(json!(["a1b"])), true),
        (r#"user.otherMails -any (_ -startsWith "a") -and user.city -eq null"#, mails(json!(["a"])), true),
        (r#"user.otherMails -any _ -startsWith "a" -or user.city -eq null"#, mails(json!([])), true),
        (
            r#"user.city -eq "x" -and user.otherMails -any _ -eq "a" -or _ -eq "b""#,
            mails(json!(["b"])),
            false,
        ),
        (r#"user.otherMails -any (_ -eq "a") -or (_ -eq "b")"#, mails(json!(["b"])), true),
        (r#"user.otherMails -any (-not (_ -eq "a"))"#, mails(json!(["a"])), false),
        (r#"user.otherMails -any (_ -in ["a", "b"])"#, mails(json!(["B"])), true),
        (r#"user.otherMails -any (_ -match "^a.$")"#, mails(json!(["ab"])), true),
        (r#"user.proxyAddresses -any (_ -startsWith "smtp:a")"#, mails(json!(["SMTP:a@b"])), true),
        (
            r#"device.devicePhysicalIDs -any _ -startsWith "[ZTDId]""#,
            json!({"devicePhysicalIds": ["[ztdid]:1"]}),
            true,
        ),
    ]);
}

#[test]
fn collections_without_quantifier() {
    let mails = |mails: &[&str]| json!({"otherMails": mails});
    table(&[
        (r#"user.otherMails -contains "a@""#, mails(&["x", "Da@b"]), true),
        (r#"user.otherMails -eq "b""#, mails(&["a", "B"]), true),
        (r#"user.otherMails -ne "b""#, mails(&["a", "b"]), false),
        (r#"user.otherMails -ne "b""#, mails(&["a"]), true),
        (r#"user.otherMails -notEndsWith "x""#, mails(&["ax", "b"]), false),
        (r#"user.otherMails -notContains "x""#, mails(&[]), true),
        (r#"user.otherMails -contains "x""#, mails(&[]), false),
        ("user.otherMails -eq null", mails(&[]), true),
        ("user.otherMails -ne null", mails(&["a"]), true),
        (r#"device.systemLabels -startsWith "Win""#, json!({"systemLabels": ["x", "windows"]}), true),
    ]);
}

#[test]
fn plans() {
    let enabled = r#"user.assignedPlans -any (assignedPlan.servicePlanId -eq "A1" -and assignedPlan.capabilityStatus -eq "Enabled")"#;
    let none = "user.assignedPlans -all (assignedPlan.servicePlanId -eq null)";
    let plan =
        |id: &str, status: &str| json!({"servicePlanId": id, "service": "SCO", "capabilityStatus": status});
    let of = |plans: &[Value]| json!({"assignedPlans": plans});
    table(&[
        (enabled, of(&[plan("b", "Enabled"), plan("a1", "enabled")]), true),
        (enabled, of(&[plan("b", "Enabled"), plan("a1", "Deleted")]), false),
        (enabled, of(&[]), false),
        (none, of(&[]), true),
        (none, json!({}), true),
        (none, of(&[plan("a", "Deleted")]), false),
        (r#"user.assignedPlans -any assignedPlan.service -eq "sco""#, of(&[plan("a", "x")]), true),
        (r#"-not (user.assignedPlans -any (assignedPlan.service -eq "SCO"))"#, of(&[]), true),
        (r#"user.assignedPlans -any (assignedPlan.service -ne "SCO")"#, json!({"assignedPlans": [{}]}), true),
        (r#"user.assignedPlans -any (assignedPlan.service -eq null)"#, json!({"assignedPlans": [{}]}), true),
    ]);
}

#[test]
fn links() {
    let id = "62e19b97-8b3d-4d4a-a106-4ce66896a863";
    let reports = format!("Direct Reports for \"{id}\"");
    let member = r#"user.memberOf -any (group.objectId -in ['G1', "g2"])"#;
    table(&[
        (&*reports, json!({"manager": id.to_uppercase()}), true),
        (&*reports, json!({"id": id}), false),
        (&*reports, json!({}), false),
        ("  direct REPORTS FOR 'm' ", json!({"manager": "m"}), true),
        (member, json!({"memberOf": ["x", "g1"]}), true),
        (member, json!({"memberOf": ["x"]}), false),
        (member, json!({}), false),
        (r#"device.memberOf -any group.objectId -in ["g"]"#, json!({"memberOf": ["g"]}), true),
    ]);
}

#[test]
fn ids_and_extensions() {
    let extension = "extension_c272a57b722d4eb29bfe327874ae79cb_OfficeNumber";
    table(&[
        ("user.objectId -ne null", json!({"id": "u1"}), true),
        (r#"user.objectId -eq "U1""#, json!({"id": "u1"}), true),
        ("device.objectId -ne null", json!({"id": "d1"}), true),
        (r#"user.extensionAttribute15 -eq "x""#, json!({"extensionAttribute15": "X"}), true),
        (r#"user.ExtensionAttribute1 -eq "x""#, json!({"extensionattribute1": "x"}), true),
        (&*format!("user.{extension} -eq \"123\""), json!({extension: "123"}), true),
        (&*format!("user.{extension} -eq 123"), json!({extension: 123}), true),
        (&*format!("user.{extension} -eq true"), json!({extension: true}), true),
        (&*format!("user.{extension} -eq null"), json!({}), true),
    ]);
}

#[test]
fn graph_keeps_properties_elsewhere() {
    let user = json!({
        "mobilePhone": "1", "businessPhones": ["2", "3"], "faxNumber": "4", "officeLocation": "5",
        "mailNickname": "6", "onPremisesSyncEnabled": true, "imAddresses": ["7"],
        "onPremisesExtensionAttributes": {"extensionAttribute3": "8"},
        "extension_c272a57b722d4eb29bfe327874ae79cb_Number": "9",
    });
    let groups = ["g".to_owned()];
    let object = Object::Graph {
        id: "u1",
        properties: user.as_object().unwrap(),
        manager: Some("m"),
        groups: &groups,
    };
    for rule in [
        r#"user.objectId -eq "u1""#,
        r#"user.mobile -eq "1""#,
        r#"user.telephoneNumber -eq "2""#,
        r#"user.facsimileTelephoneNumber -eq "4""#,
        r#"user.physicalDeliveryOfficeName -eq "5""#,
        r#"user.mailNickName -eq "6""#,
        "user.dirSyncEnabled -eq true",
        r#"user.sipProxyAddress -eq "7""#,
        r#"user.extensionAttribute3 -eq "8""#,
        r#"user.extension_C272A57B722D4EB29BFE327874AE79CB_number -eq "9""#,
        r#"user.memberOf -any (group.objectId -in ["g"])"#,
        r#"Direct Reports for "m""#,
    ] {
        let mut columns = Columns::default();
        let program = Rule::parse(rule).unwrap().compile(
            &mut columns,
            Semantics::default(),
            jiff::Timestamp::UNIX_EPOCH,
        );
        assert!(program.matches(&columns.read(object)), "{rule}");
    }
}

#[test]
fn what_is_written_differently_is_the_same() {
    let rule = Rule::parse(r#"(user.city -eq "a" -or user.state -in ["b"]) -and -not (user.mail -eq null)"#)
        .unwrap();
    for other in [
        r#"((USER.City eq 'a') Or (user.state -IN['b'])) -AND (-not(user.mail -eq $null))"#,
        r#"( user.city -eq "a"   -or user.state -in [ "b" ]) and not user.mail -eq null "#,
    ] {
        assert_eq!(rule, Rule::parse(other).unwrap(), "{other}");
    }
    for other in [
        r#"user.city -eq "a" -or user.state -in ["b"] -and -not (user.mail -eq null)"#,
        r#"(user.city -eq "A" -or user.state -in ["b"]) -and -not (user.mail -eq null)"#,
    ] {
        assert_ne!(rule, Rule::parse(other).unwrap(), "{other}");
    }
}
