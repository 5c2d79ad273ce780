//! The command's evaluator of membership rules and the sandbox's, which share nothing, on the same rules and objects.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};
use tenantry_core::rule::{Columns, Object, Rule, Semantics};
use tenantry_sandbox::rules;

crate::harness::tests! {
    both_evaluators_say_the_same_of_random_rules,
    both_evaluators_refuse_the_same_words,
    damaged_rules_mean_the_same_where_both_take_them,
}

/// `system.now` of every rule.
const NOW: &str = "2026-06-01T12:00:00Z";

/// What texts are made of: parts of each other, in both letter cases, and what looks like something else.
const TEXTS: &[&str] =
    &["Sales", "sales", "ALES", "s", "Sales East", "O'Neill", "a\"b", "null", "true", "7", "Größe"];

const PATTERNS: &[&str] = &["ales", "^sales$", "^S.*?t$", "[a-z]{6,}", "(east|west)$", "7|null", "größe"];

const TEXT_OPERATORS: &[&str] =
    &["eq", "ne", "startsWith", "notStartsWith", "endsWith", "notEndsWith", "contains", "notContains"];

const TEXT_PROPERTIES: &[&str] = &[
    "user.department",
    "user.city",
    "USER.State",
    "user.mobile",
    "user.mailNickName",
    "user.extensionAttribute3",
    "user.extension_0123456789abcdef0123456789abcdef_costCenter",
];

fn both_evaluators_say_the_same_of_random_rules() {
    check(rule().boxed(), |ours, theirs| ours.is_some() && ours == theirs);
}

fn both_evaluators_refuse_the_same_words() {
    check(words().boxed(), |ours, theirs| ours == theirs);
}

/// How much white space may be missing is not documented, so the two need not refuse the same texts.
fn damaged_rules_mean_the_same_where_both_take_them() {
    check(damaged().boxed(), |ours, theirs| ours.is_none() || theirs.is_none() || ours == theirs);
}

/// Asks both evaluators; neither has an answer for what is no rule.
fn check(rules: BoxedStrategy<String>, fits: fn(Option<bool>, Option<bool>) -> bool) {
    let cases = Config::default().cases * 16;
    let mut runner = TestRunner::new(Config { failure_persistence: None, cases, ..Config::default() });
    let agree = |(rule, object): (String, Map<String, Value>)| {
        let now: Timestamp = NOW.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        let ours = Rule::parse(&rule).ok().map(|rule| {
            let mut columns = Columns::default();
            let program = rule.compile(&mut columns, Semantics::default(), now);
            program.matches(&columns.read(Object::Named(&object)))
        });
        let theirs = rules::matches(&rule, &Value::Object(object), now);
        prop_assert!(fits(ours, theirs.clone().ok()), "{}: {:?} and {:?}", rule, ours, theirs);
        Ok(())
    };
    runner.run(&(rules, object()), agree).unwrap_or_else(|failure| panic!("{failure}"));
}

/// A rule as the grammar has it.
fn rule() -> impl Strategy<Value = String> {
    let special = prop_oneof![
        select(&["m1", "M2"][..]).prop_map(|id| format!("Direct Reports for \"{id}\"")),
        select(&["g1", "G2"][..])
            .prop_map(|id| format!("user.memberOf -any (group.objectId -in ['{id}', 'g9'])")),
    ];
    prop_oneof![9 => combined(), 1 => special]
}

/// A rule of one or more clauses.
fn combined() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => text_test(select(TEXT_PROPERTIES).prop_map(str::to_owned).boxed()),
        1 => (select(&["accountEnabled", "dirSyncEnabled"][..]), select(&["eq", "ne"][..]), any::<bool>())
            .prop_map(|(name, operator, flag)| format!("user.{name} -{operator} {flag}")),
        1 => date_test(),
        2 => collection_test(),
        1 => plan_test(),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.join(" -or ")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.join(" AND ")),
            inner.clone().prop_map(|inner| format!("-not {inner}")),
            inner.clone().prop_map(|inner| format!("not({inner})")),
            inner.prop_map(|inner| format!("( {inner} )")),
        ]
    })
}

/// A string in one of its forms.
fn quoted(text: &str, single: bool) -> String {
    if single {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("\"{}\"", text.replace('"', "`\"").replace('\'', "''"))
    }
}

fn text_test(left: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let text = || (select(TEXTS), any::<bool>()).prop_map(|(text, single)| quoted(text, single));
    let list = prop::collection::vec(text(), 0..4).prop_map(|items| format!("[{}]", items.join(", ")));
    let right = prop_oneof![
        6 => (select(TEXT_OPERATORS), text()).prop_map(|(operator, text)| format!("-{operator} {text}")),
        2 => (select(&["match", "notMatch"][..]), select(PATTERNS)).prop_map(|(operator, pattern)| format!("{operator} \"{pattern}\"")),
        2 => (select(&["in", "NotIn"][..]), list).prop_map(|(operator, list)| format!("-{operator} {list}")),
        1 => (select(&["eq", "ne"][..]), select(&["null", "$null"][..])).prop_map(|(operator, null)| format!("-{operator} {null}")),
    ];
    (left, right).prop_map(|(left, right)| format!("{left} {right}")).boxed()
}

fn date_test() -> impl Strategy<Value = String> {
    let date = prop_oneof![
        Just("2026-06-01T12:00:00Z".to_owned()),
        Just("2026-06-02T14:00:00+02:00".to_owned()),
        Just("system.now".to_owned()),
        select(&["p1d", "P2D", "pt12h"][..]).prop_map(|duration| format!("system.now -plus {duration}")),
    ];
    (select(&["eq", "le", "ge"][..]), date)
        .prop_map(|(operator, date)| format!("user.employeeHireDate -{operator} {date}"))
}

fn collection_test() -> impl Strategy<Value = String> {
    let name = select(&["user.otherMails", "user.proxyAddresses"][..]);
    let element = text_test(Just("_".to_owned()).boxed());
    let body = element.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} -and {other}")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} -or {other}")),
            inner.prop_map(|inner| format!("-not ({inner})")),
        ]
    });
    let quantified = (name.clone(), select(&["any", "ALL"][..]), body)
        .prop_map(|(name, quantifier, body)| format!("{name} -{quantifier} ({body})"));
    let direct = (name, select(TEXT_OPERATORS), select(TEXTS))
        .prop_map(|(name, operator, text)| format!("{name} -{operator} {}", quoted(text, true)));
    prop_oneof![3 => quantified, 1 => direct]
}

fn plan_test() -> impl Strategy<Value = String> {
    let field = select(&["service", "capabilityStatus", "servicePlanId"][..]);
    let test =
        (field, select(&["eq", "ne"][..]), select(&["\"exchange\"", "\"Enabled\"", "\"p1\"", "null"][..]))
            .prop_map(|(field, operator, value)| format!("assignedPlan.{field} -{operator} {value}"));
    let body = prop::collection::vec(test, 1..3).prop_map(|tests| tests.join(" -and "));
    (select(&["any", "all"][..]), body)
        .prop_map(|(quantifier, body)| format!("user.assignedPlans -{quantifier} ({body})"))
}

/// A rule from which a piece was cut, or into which one was put.
fn damaged() -> impl Strategy<Value = String> {
    let piece = select(
        &[
            "", " ", "(", ")", "\"", "'", "`", "-", "-not ", " -and ", "null", "_", "user.", "device.", "[",
            ",", "\u{201c}", "5",
        ][..],
    );
    (rule(), any::<prop::sample::Index>(), 0..8_usize, piece).prop_map(|(rule, at, length, piece)| {
        let characters: Vec<char> = rule.chars().collect();
        let at = at.index(characters.len() + 1);
        let rest = characters.iter().skip(at + length);
        characters.iter().take(at).copied().chain(piece.chars()).chain(rest.copied()).collect()
    })
}

/// The words of the language in any order.
fn words() -> impl Strategy<Value = String> {
    let word = select(
        &[
            "user.department",
            "user.otherMails",
            "user.accountEnabled",
            "user.employeeHireDate",
            "user.memberOf",
            "user.manager",
            "device.deviceOSType",
            "user.assignedPlans",
            "department",
            "-eq",
            "-ne",
            "-contains",
            "-ge",
            "-in",
            "-match",
            "-any",
            "-all",
            "-and",
            "-or",
            "-not",
            "null",
            "true",
            "\"Sales\"",
            "'x'",
            "7",
            "(",
            ")",
            "[\"a\"]",
            "_",
            "assignedPlan.service",
            "group.objectId",
            "2026-06-01T12:00:00Z",
            "system.now",
            "-plus",
            "p1d",
            "Direct",
            "Reports",
            "for",
            "\"*a\"",
        ][..],
    );
    prop::collection::vec(word, 1..6).prop_map(|words| words.join(" "))
}

/// An object in which values may be there, empty, null or absent.
fn object() -> impl Strategy<Value = Map<String, Value>> {
    let text = || prop_oneof![4 => select(TEXTS).prop_map(Value::from), 1 => Just(json!("")), 1 => Just(Value::Null)];
    let texts = || prop::collection::vec(select(TEXTS), 0..3).prop_map(Value::from);
    let date = || select(&["2026-06-01T12:00:00Z", "2026-06-02T12:00:00Z", ""][..]).prop_map(Value::from);
    let plan = (select(&["exchange", "SCO"][..]), select(&["Enabled", "Deleted"][..]), select(&["p1", ""][..]))
        .prop_map(|(service, status, id)| json!({"service": service, "capabilityStatus": status, "servicePlanId": id}));
    let plans = prop::collection::vec(plan, 0..3).prop_map(Value::from);
    let links = prop::collection::vec(select(&["g1", "g2"][..]), 0..2).prop_map(Value::from);
    let members: Vec<(&'static str, BoxedStrategy<Value>)> = vec![
        ("department", text().boxed()),
        ("city", text().boxed()),
        ("state", text().boxed()),
        ("mobile", text().boxed()),
        ("mailNickName", text().boxed()),
        ("extensionAttribute3", text().boxed()),
        ("extension_0123456789abcdef0123456789abcdef_costCenter", text().boxed()),
        ("accountEnabled", any::<bool>().prop_map(Value::from).boxed()),
        ("dirSyncEnabled", any::<bool>().prop_map(Value::from).boxed()),
        ("employeeHireDate", date().boxed()),
        ("otherMails", texts().boxed()),
        ("proxyAddresses", texts().boxed()),
        ("assignedPlans", plans.boxed()),
        ("manager", select(&["m1", "m2"][..]).prop_map(Value::from).boxed()),
        ("memberOf", links.boxed()),
    ];
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| {
            prop::option::weighted(0.8, value).prop_map(move |value| Some((name.to_owned(), value?)))
        })
        .collect();
    members
        .prop_map(|members| members.into_iter().flatten().chain([("id".to_owned(), json!("u1"))]).collect())
}
