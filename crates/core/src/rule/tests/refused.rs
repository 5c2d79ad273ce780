//! What is no rule, and where that is seen.

use crate::rule::Rule;

/// Rule, what the message contains, offset in characters.
type Row = (&'static str, &'static str, usize);

#[track_caller]
fn table(rows: &[Row]) {
    for (rule, message, offset) in rows {
        let Err(error) = Rule::parse(rule) else { panic!("{rule} is accepted") };
        let said = format!("{} {}", error.message, error.help.clone().unwrap_or_default());
        assert!(said.contains(message), "{rule}: {said}");
        assert_eq!(error.offset, *offset, "{rule}: {said}");
        assert!(rule.get(error.span.clone()).is_some(), "{rule}: the span is text");
    }
}

#[test]
fn what_cannot_be_read() {
    table(&[
        ("", "expected a property", 0),
        ("  ", "expected a property", 0),
        ("user.city", "expected an operator", 9),
        ("user.city -eq", "expected a value", 13),
        (r#"user.city -eq "a" -and"#, "expected a property", 22),
        (r#"user.city -eq "a" user.city -eq "b""#, "join the two with", 18),
        (r#"(user.city -eq "a") (user.city -eq "b")"#, "join the two with", 20),
        (r#"(user.city -eq "a""#, "never closed", 0),
        (r#"user.city -eq "a")"#, "closes nothing", 17),
        ("()", "expected a property", 1),
        (r#"user.city -eq "a"#, "never closed", 14),
        (r#"user.city -eq 'a"#, "never closed", 14),
        (r#"user.city -equals "a""#, "expected an operator", 10),
        (r#"user.city = "a""#, "`=` means nothing", 10),
        (r#"user.city –eq "a""#, "typographic dash", 10),
        ("user.city -eq “a”", "typographic quote", 14),
        ("user.cïty -eq “a”", "no property", 0),
        (r#"user.city -eq "é" -eq"#, "expected -and", 18),
        ("user.city -eq Sales", "text stands in quotes", 14),
        (r#"user.department-eq"Sales""#, "expected a space", 15),
        (r#"user.city -eq "a"-and user.city -eq "b""#, "expected a space", 17),
        (r#"(user.city -eq "a")-and (user.city -eq "b")"#, "expected a space", 19),
        (r#"(user.city -eq "a") -or(user.city -eq "b")"#, "expected a space", 20),
        (r#""Sales" -eq user.department"#, "expected a property", 0),
        ("user.accountEnabled", "expected an operator", 19),
        (r#"user.city -in ["a" "b"]"#, "expected `,` or `]`", 19),
        (r#"user.city -in ["a","b""#, "expected `,` or `]`", 22),
        (r#"user.city -in ["a",]"#, "expected a text", 19),
        (r#"user.city -in ("a")"#, "brackets", 14),
    ]);
}

#[test]
fn names() {
    table(&[
        (r#"department -eq "a""#, "user.department", 0),
        (r#"deviceOSType -eq 'Windows'"#, "device.deviceOSType", 0),
        (r#"group.displayName -eq "a""#, "only behind -any or -all", 0),
        (r#"user.mobilePhone -eq "1""#, "is called user.mobile", 0),
        (r#"user.officeLocation -eq "1""#, "physicalDeliveryOfficeName", 0),
        (r#"user.businessPhones -eq "1""#, "telephoneNumber", 0),
        (r#"user.id -eq "1""#, "user.objectId", 0),
        ("user.onPremisesSyncEnabled -eq true", "user.dirSyncEnabled", 0),
        (r#"user.manager -eq "1""#, "Direct Reports", 0),
        (r#"user.employeeType -eq "x""#, "no property", 0),
        (r#"user.departmnt -eq "x""#, "did you mean user.department?", 0),
        (r#"user.deviceModel -eq "x""#, "only a device", 0),
        (r#"device.department -eq "x""#, "only a user", 0),
        (r#"user.extensionAttribute16 -eq "x""#, "extensionAttribute15", 0),
        (r#"user.extensionAttribute0 -eq "x""#, "extensionAttribute15", 0),
        (r#"user.extension_abc_x -eq "x""#, "32 digits", 0),
        (r#"user.extension_c272a57b722d4eb29bfe327874ae79cb -eq "x""#, "32 digits", 0),
        (r#"user.city -eq "a" -and device.deviceModel -eq "b""#, "users or about devices", 23),
    ]);
}

#[test]
fn null() {
    table(&[
        (r#"user.city -contains null"#, "only with -eq and -ne", 20),
        ("user.city -match $null", "only with -eq and -ne", 17),
        ("-not null", "invalid operand", 5),
        ("user.city -not null", "invalid operands for -not", 10),
        ("user.city -eq -not null", "invalid operands for -not", 14),
        ("null", "invalid operand", 0),
        (r#"user.city -in ["a", null]"#, "null cannot stand in a list", 20),
        ("user.city -in null", "takes a list", 14),
        ("user.employeeHireDate -ge null", "only with -eq and -ne", 26),
    ]);
}

#[test]
fn operators_and_values() {
    table(&[
        ("user.accountEnabled -contains true", "not supported on user.accountEnabled", 20),
        ("user.accountEnabled -in [true]", "not supported", 20),
        ("user.accountEnabled -eq 1", "takes true or false", 24),
        (r#"user.accountEnabled -eq "yes""#, "takes true or false", 24),
        (r#"user.city -ge "a""#, "not supported", 10),
        (r#"user.employeeHireDate -startsWith "2""#, "not supported", 22),
        (r#"user.employeeHireDate -ge "soon""#, "a date such as", 26),
        ("user.employeeHireDate -ge system.now -plus 1d", "a duration", 43),
        ("user.city -eq true", "a text in quotes", 14),
        ("user.city -eq system.now", "a text in quotes", 14),
        (r#"user.city -eq ["a"]"#, "only with -in", 14),
        (r#"user.city -in "a""#, "takes a list", 14),
        (r#"user.userPrincipalName -match "*@domain.ext""#, "broken", 30),
        (r#"user.city -match "(?=a)""#, "not supported here", 17),
    ]);
}

#[test]
fn collections() {
    table(&[
        (r#"user.city -any (_ -eq "a")"#, "behind collections", 10),
        (r#"user.city -all (_ -eq "a")"#, "behind collections", 10),
        (r#"_ -eq "a""#, "only behind -any or -all", 0),
        (r#"user.otherMails -any (user.city -eq "a")"#, "expected `_`", 22),
        (r#"user.otherMails -any (_ -eq "a" -and user.city -eq "b")"#, "expected `_`", 37),
        (r#"user.otherMails -any (assignedPlan.service -eq "a")"#, "expected `_`", 22),
        (r#"user.otherMails -any"#, "expected `_`", 20),
        (r#"user.assignedPlans -any (_ -eq "a")"#, "expected assignedPlan", 25),
        (r#"user.assignedPlans -any (assignedPlan.name -eq "a")"#, "expected assignedPlan", 25),
        (r#"user.assignedPlans -eq "a""#, "only with -any or -all", 0),
        ("user.assignedPlans -eq null", "only with -any or -all", 0),
        (r#"user.otherMails -any (_ -any (_ -eq "a"))"#, "expected an operator", 24),
    ]);
}

#[test]
fn what_stands_alone() {
    let member = r#"user.memberOf -any (group.objectId -in ["a"])"#;
    let combined: [(String, usize); 3] = [
        (format!("{member} -and user.city -eq \"a\""), 0),
        (format!("user.city -eq \"a\" -or {member}"), 22),
        (format!("-not ({member})"), 6),
    ];
    for (rule, offset) in combined {
        let error = Rule::parse(&rule).unwrap_err();
        assert!(error.message.contains("stands alone"), "{rule}: {error}");
        assert_eq!(error.offset, offset);
    }
    table(&[
        (r#"user.memberOf -all (group.objectId -in ["a"])"#, "only with -any", 14),
        (r#"user.memberOf -any (group.objectId -eq "a")"#, "only with -any", 35),
        (r#"user.memberOf -any (group.objectid -in ["a"])"#, "expected group.objectId", 20),
        (r#"user.memberOf -eq "a""#, "only with -any", 0),
        (r#"user.memberOf -any (-not (group.objectId -in ["a"]))"#, "stands alone", 0),
        (r#"Direct Reports for "a" -and user.city -eq "b""#, "stands alone", 23),
        (r#"user.city -eq "b" -or Direct Reports for "a""#, "stands alone", 22),
        (r#"(Direct Reports for "a")"#, "stands alone", 1),
        (r#"-not Direct Reports for "a""#, "stands alone", 5),
        ("Direct Reports for a", "in quotes", 19),
        (r#"Direct Reports "a""#, "`for`", 15),
        (r#"Direct Reports for """#, "empty", 19),
    ]);
    let many: Vec<String> = (0..51).map(|number| format!("\"{number}\"")).collect();
    let error =
        Rule::parse(&format!("user.memberOf -any (group.objectId -in [{}])", many.join(","))).unwrap_err();
    assert!(error.message.contains("at most 50 groups"));
}

#[test]
fn a_rule_is_no_longer_than_the_service_takes() {
    let rule = |length: usize| format!("user.city -eq \"{}\"", "é".repeat(length - 16));
    assert!(Rule::parse(&rule(3072)).is_ok());
    let error = Rule::parse(&rule(3073)).unwrap_err();
    assert!(error.message.contains("3072 characters"), "{error}");
    assert_eq!(error.offset, 3072);
}

#[test]
fn no_nesting_is_too_deep() {
    for (open, close) in [("(", ")"), ("-not(", ")"), ("not ", ""), ("-not ", "")] {
        let times = 3_000 / (open.len() + close.len());
        let rule = format!("{}user.city -eq \"a\"{}", open.repeat(times), close.repeat(times));
        let parsed = Rule::parse(&rule).unwrap();
        assert!(parsed.to_string().contains("user.city"));
        let error = Rule::parse(&open.repeat(3_000 / open.len())).unwrap_err();
        assert!(error.message.contains("expected a property"), "{error}");
    }
}
