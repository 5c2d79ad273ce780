//! Random rules, as text in every spelling, and random users. Knows nothing of how rules are read.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Few values, so that rules and users meet.
const VALUES: &[&str] =
    &["a", "A", "ab", "b", "Sales", "x@y.z", "O'Neil", "say \"so\"", "null", "true", "é", "12"];
const NAMES: &[&str] = &[
    "department",
    "city",
    "mail",
    "userType",
    "mobile",
    "telephoneNumber",
    "extensionAttribute3",
    "objectId",
];
const DIRECTORY_EXTENSION: &str = "extension_c272a57b722d4eb29bfe327874ae79cb_Level";
const DATES: &[&str] = &["2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"];
/// The time of the evaluations.
pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

fn quoted(text: &str) -> impl Strategy<Value = String> + use<> {
    let double = format!("\"{}\"", text.replace('`', "``").replace('"', "`\"").replace('\'', "''"));
    let single = format!("'{}'", text.replace('\'', "''"));
    select(vec![double, single])
}

fn text() -> impl Strategy<Value = String> {
    select(VALUES).prop_flat_map(quoted)
}

/// A word in some case, with its hyphen or without.
fn operator(name: &'static str) -> impl Strategy<Value = String> {
    (any::<bool>(), 0..3).prop_map(move |(hyphen, case)| {
        let word = match case {
            0 => name.to_owned(),
            1 => name.to_lowercase(),
            _ => name.to_uppercase(),
        };
        format!("{}{word}", if hyphen { "-" } else { "" })
    })
}

/// An operator on text and what it takes.
fn condition() -> impl Strategy<Value = String> {
    let names =
        ["eq", "ne", "startsWith", "notStartsWith", "endsWith", "notEndsWith", "contains", "notContains"];
    let plain = (select(names.to_vec()).prop_flat_map(operator), text());
    let list = (select(vec!["in", "notIn"]).prop_flat_map(operator), prop::collection::vec(text(), 1..4));
    let patterns =
        select(vec!["\"a\"", "\"^a\"", "\"A.*b$\"", "\"[ab]\"", "\"^$\"", "\"y\\.z$\"", "'(a|b)+'"]);
    let pattern = (select(vec!["match", "notMatch"]).prop_flat_map(operator), patterns);
    prop_oneof![
        5 => plain.prop_map(|(operator, text)| format!("{operator} {text}")),
        2 => list.prop_map(|(operator, items)| format!("{operator} [{}]", items.join(" , "))),
        1 => pattern.prop_map(|(operator, pattern)| format!("{operator} {pattern}")),
    ]
}

fn null_condition() -> impl Strategy<Value = String> {
    let parts = (select(vec!["eq", "ne"]).prop_flat_map(operator), select(vec!["null", "$null", "NULL"]));
    parts.prop_map(|(operator, null)| format!("{operator} {null}"))
}

fn comparison() -> impl Strategy<Value = String> {
    let names: Vec<&str> = NAMES.iter().copied().chain([DIRECTORY_EXTENSION]).collect();
    let texts = (select(names), prop_oneof![4 => condition(), 1 => null_condition()]);
    let flag = (select(vec!["-eq", "-ne"]), any::<bool>());
    let shift = select(vec!["", " -plus p1d", " -plus PT1H"]);
    let date = (select(vec!["-le", "-ge", "-eq"]), select(vec!["system.now", DATES[0], DATES[1]]), shift);
    prop_oneof![
        6 => texts.prop_map(|(name, condition)| format!("user.{name} {condition}")),
        1 => flag.prop_map(|(operator, flag)| format!("user.accountEnabled {operator} {flag}")),
        1 => date.prop_map(|(operator, date, shift)| format!("user.employeeHireDate {operator} {date}{shift}")),
        1 => condition().prop_map(|condition| format!("user.otherMails {condition}")),
    ]
}

/// A tree of leaves in every way of joining; each part is in parentheses, or binds as it stands.
fn joined(leaf: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    leaf.prop_recursive(4, 16, 3, |inner| {
        let words = prop_oneof![operator("and"), operator("or")];
        let chain = (inner.clone(), prop::collection::vec((words, inner.clone()), 1..3));
        prop_oneof![
            2 => chain.prop_map(|(first, rest)| {
                rest.into_iter().fold(first, |text, (word, next)| format!("{text} {word} {next}"))
            }),
            1 => (operator("not"), inner.clone()).prop_map(|(not, inner)| format!("{not} {inner}")),
            2 => inner.prop_map(|inner| format!("({inner} )")),
        ]
    })
}

fn quantified() -> impl Strategy<Value = String> {
    let item =
        prop_oneof![4 => condition(), 1 => null_condition()].prop_map(|condition| format!("_ {condition}"));
    let fields = select(vec!["servicePlanId", "service", "capabilityStatus"]);
    let plan = (fields, prop_oneof![4 => condition(), 1 => null_condition()]);
    let plan = plan.prop_map(|(field, condition)| format!("assignedPlan.{field} {condition}"));
    let words = || prop_oneof![operator("any"), operator("all")];
    let texts = (select(vec!["otherMails", "proxyAddresses"]), words(), joined(item));
    let plans = (Just("assignedPlans"), words(), joined(plan));
    let parts = prop_oneof![texts, plans];
    parts.prop_map(|(name, word, body)| format!("user.{name} {word} ({body})"))
}

/// A rule about users that the service would accept.
pub(crate) fn rule() -> impl Strategy<Value = String> {
    let ids = || select(vec!["m1", "m2", "g1", "g2"]);
    let groups = prop::collection::vec(ids(), 1..3);
    prop_oneof![
        12 => joined(prop_oneof![3 => comparison(), 1 => quantified()]),
        1 => ids().prop_map(|id| format!("Direct Reports for \"{id}\"")),
        1 => groups.prop_map(|ids| format!("user.memberOf -any (group.objectId -in ['{}'])", ids.join("','"))),
    ]
}

fn maybe<T: std::fmt::Debug + Clone + 'static>(values: &'static [T]) -> impl Strategy<Value = Option<T>> {
    prop::option::of(select(values))
}

/// A user as `rule check` takes it.
pub(crate) fn user() -> impl Strategy<Value = Value> {
    let texts = prop::collection::vec(maybe(VALUES), NAMES.len());
    let collections = prop::collection::vec(prop::collection::vec(select(VALUES), 0..3), 2);
    let plans = prop::collection::vec(prop::collection::vec(maybe(VALUES), 3), 0..3);
    let links = (maybe(&["m1", "m2"]), prop::collection::vec(select(vec!["g1", "g2"]), 0..2));
    (texts, collections, plans, links, maybe(DATES), any::<Option<bool>>(), maybe(VALUES)).prop_map(
        |(texts, collections, plans, (manager, groups), hired, enabled, extension)| {
            let mut user = Map::from_iter([("id".to_owned(), json!("u1"))]);
            let mut put = |name: &str, value: Value| {
                if !value.is_null() {
                    user.insert(name.to_owned(), value);
                }
            };
            NAMES.iter().zip(texts).for_each(|(name, text)| put(name, json!(text)));
            put("otherMails", json!(collections[0]));
            put("proxyAddresses", json!(collections[1]));
            let plan = |fields: Vec<Option<&str>>| {
                json!({"servicePlanId": fields[0], "service": fields[1], "capabilityStatus": fields[2]})
            };
            put("assignedPlans", plans.into_iter().map(plan).collect());
            put("manager", json!(manager));
            put("memberOf", json!(groups));
            put("employeeHireDate", json!(hired));
            put("accountEnabled", json!(enabled));
            put(DIRECTORY_EXTENSION, json!(extension));
            Value::Object(user)
        },
    )
}

/// What rules are made of, and some of what they are not.
const TOKENS: &[&str] = &[
    "user.city",
    "device.deviceModel",
    "user.otherMails",
    "user.assignedPlans",
    "user.memberOf",
    "user.accountEnabled",
    "user.employeeHireDate",
    "-eq",
    "ne",
    "-match",
    "-in",
    "-notIn",
    "-contains",
    "-ge",
    "-and",
    "or",
    "-not",
    "-any",
    "-all",
    "(",
    ")",
    "[",
    "]",
    ",",
    "\"a\"",
    "'b'",
    "`\"c`\"",
    "\"(\"",
    "\"[\"",
    "null",
    "$null",
    "true",
    "5",
    "-5.5",
    "2026-01-01",
    "system.now",
    "-plus",
    "p1d",
    "P9999Y",
    "_",
    "assignedPlan.service",
    "group.objectId",
    "Direct",
    "Reports",
    "for",
    "\"",
    "'",
    "`",
    "é",
    "–",
    "“",
    "\u{0}",
    "$",
    ".",
    "-",
    "@",
    " ",
    "\n",
];

/// Tokens in any order, with white space or without.
pub(crate) fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec((select(TOKENS), select(vec![" ", "", "\t"])), 0..24)
        .prop_map(|parts| parts.into_iter().flat_map(|(token, space)| [token, space]).collect())
}

/// A rule in which one word became another token, vanished or stands twice.
pub(crate) fn spoiled() -> impl Strategy<Value = String> {
    (rule(), any::<prop::sample::Index>(), select(TOKENS), 0..3).prop_map(|(rule, index, token, how)| {
        let mut words: Vec<&str> = rule.split(' ').collect();
        let at = index.index(words.len());
        match how {
            0 => words[at] = token,
            1 => drop(words.remove(at)),
            _ => words.insert(at, words[at]),
        }
        words.join(" ")
    })
}
