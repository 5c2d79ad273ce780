//! Every lint with a rule that it speaks of, and rules of which nothing is said.

use crate::rule::Rule;

#[test]
fn each_lint_says_where() {
    for (rule, code, part) in [
        (r#"user.department -ne "Sales""#, "null-meets-negative", r#"user.department -ne "Sales""#),
        (r#"user.otherMails -any (_ -notEndsWith "x")"#, "some-is-not-none", "user.otherMails"),
        (r#"user.otherMails -all (_ -endsWith "x")"#, "all-of-none", "user.otherMails"),
        (r#"user.city -eq "a" -and user.city -eq "b""#, "never-true", r#"user.city -eq "a" -and"#),
        ("user.city -eq null -and user.city -eq \"b\"", "never-true", "user.city"),
        (r#"user.city -eq "a" -and user.city -ne "A""#, "never-true", "user.city"),
        (r#"user.city -ne "a" -or user.city -ne "b""#, "always-true", "user.city"),
        ("user.city -eq null -or user.city -ne null", "always-true", "user.city"),
        (r#"user.userType -eq "Employee""#, "impossible-value", r#""Employee""#),
        (r#"device.deviceOwnership -eq "Corporate""#, "impossible-value", r#""Corporate""#),
        (r#"user.city -eq """#, "impossible-value", "\"\""),
        ("user.city -in []", "impossible-value", "[]"),
        (r#"user.mailNickname -eq "a""#, "name-not-canonical", "user.mailNickname"),
        (
            r#"user.city -eq "a" -or user.city -eq "b" -and user.state -eq "c""#,
            "mixed-operators",
            r#"user.city -eq "b""#,
        ),
        (r#"user.city -eq "null""#, "quoted-constant", r#""null""#),
        (r#"user.accountEnabled -eq "true" -and user.city -eq "a""#, "quoted-constant", r#""true""#),
        (r#"user.mail -match "@contoso\.com""#, "unanchored-match", r#""@"#),
        (r#"user.mail -match "@contoso.com$""#, "unanchored-match", r#""@"#),
        (r#"user.memberOf -any (group.objectId -in ["a"])"#, "member-of-retired", "user.memberOf"),
        (r#"device.organizationalUnit -eq "a""#, "never-filled", "device.organizationalUnit"),
        ("user.objectId -ne null", "guests-included", "user.objectId"),
        ("user.accountEnabled -eq true", "guests-included", "user.accountEnabled"),
        (r#"user.proxyAddresses -any (_ -startsWith "adele")"#, "address-prefix", r#""adele""#),
        (
            r#"user.assignedPlans -any (assignedPlan.service -eq "SCO")"#,
            "plan-status-missing",
            "user.assignedPlans",
        ),
        (r#"Direct Reports for "adele""#, "not-an-id", "Direct"),
    ] {
        let parsed = Rule::parse(rule).unwrap();
        let lints = parsed.lints();
        let lint = lints.iter().find(|lint| lint.code == code);
        let lint = lint.unwrap_or_else(|| panic!("{rule}: {code} is missing in {lints:?}"));
        assert!(rule[lint.span.clone()].starts_with(part), "{rule}: {lint:?}");
    }
}

#[test]
fn what_is_well_said_is_left_alone() {
    for rule in [
        r#"user.department -eq "Sales""#,
        r#"(user.objectId -ne null) -and (user.userType -eq "Member")"#,
        r#"user.department -ne "Sales" -and user.department -ne null"#,
        r#"(user.city -eq "a" -and user.state -eq "b") -or user.city -eq "c""#,
        r#"user.mail -match "@contoso\.com$""#,
        r#"user.city -match "^La""#,
        r#"user.proxyAddresses -any (_ -startsWith "smtp:adele")"#,
        r#"user.assignedPlans -any (assignedPlan.service -eq "SCO" -and assignedPlan.capabilityStatus -eq "Enabled")"#,
        "user.assignedPlans -all (assignedPlan.servicePlanId -eq null)",
        r#"Direct Reports for "62e19b97-8b3d-4d4a-a106-4ce66896a863""#,
        r#"user.otherMails -eq "a" -and user.otherMails -eq "b""#,
        "device.objectId -ne null",
    ] {
        assert_eq!(Rule::parse(rule).unwrap().lints(), [], "{rule}");
    }
}

#[test]
fn long_rules_are_told_before_they_are_too_long() {
    let rule =
        |length: usize| Rule::parse(&format!("user.city -eq \"{}\"", "x".repeat(length - 16))).unwrap();
    assert_eq!(rule(2_800).lints(), []);
    assert_eq!(rule(2_801).lints()[0].code, "nearly-too-long");
}
