//! How values of attributes are compared and put together: as the service does it.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::attribute::{Attribute, Named, Type, Word};
use crate::pim::rules::minutes;
use crate::rule::Rule;

/// Whether the declared value and the live one are the same to the service.
///
/// Text and enumerations by the type's case rule, sets without order, times as instants, records by the members that
/// are declared; `null`, a missing property, `""` and `[]` all mean "nothing".
pub fn same(value: &Type, wanted: &Value, live: &Value) -> bool {
    if matches!(value, Type::Flags(_)) {
        return flags(wanted) == flags(live);
    }
    if matches!(value, Type::Boolean) {
        // A flag that was never set reads as null and counts as off.
        return wanted.as_bool().unwrap_or(false) == live.as_bool().unwrap_or(false);
    }
    let live = match value {
        Type::Record(_) | Type::SecurityAttributes if live.is_null() && wanted.is_object() => &json!({}),
        _ => live,
    };
    if is_nothing(wanted) || is_nothing(live) {
        return is_nothing(wanted) && is_nothing(live);
    }
    match value {
        Type::Text { ignore_case: true, .. } | Type::Enumeration(_) => {
            folded_text(wanted) == folded_text(live)
        }
        Type::Words(words) => match (Word::of(words, wanted), Word::of(words, live)) {
            (None, None) => wanted == live,
            (wanted, live) => wanted == live,
        },
        Type::Rule => wanted == live || rule(wanted).is_some_and(|wanted| Some(wanted) == rule(live)),
        Type::DateTime => instant(wanted) == instant(live),
        Type::Duration { .. } => match (length(wanted), length(live)) {
            (None, None) => folded_text(wanted) == folded_text(live),
            (wanted, live) => wanted == live,
        },
        Type::Texts { members: [], .. } => folded_set(wanted) == folded_set(live),
        // A member may be several flags.
        Type::Texts { .. } => flag_sets(wanted) == flag_sets(live),
        Type::Record(members) => record_same(members, wanted, live),
        Type::Records(members) => records_same(members, wanted, live),
        Type::Item(member) => same(&member.value, &inside(member, wanted), &inside(member, live)),
        Type::Ranges { .. } => ranges(wanted) == ranges(live),
        Type::SecurityAttributes => security_same(wanted, live),
        Type::Reference(_) => {
            let ids = referred_id(wanted).zip(referred_id(live));
            wanted == live || ids.is_some_and(|(wanted, live)| wanted.eq_ignore_ascii_case(live))
        }
        Type::Named(Named { single: true, .. }) => {
            let set = |value: &Value| referred_set(&json!([value]));
            set(wanted) == set(live)
        }
        Type::References(_) | Type::Named(_) => referred_set(wanted) == referred_set(live),
        Type::Member(member) => {
            let of = |value: &Value| value.get(member.graph).cloned().unwrap_or_default();
            same(&member.value, &of(wanted), &of(live))
        }
        Type::Targets { members, .. } => targets_same(members, wanted, live),
        Type::Boolean
        | Type::Integer { .. }
        | Type::Flags(_)
        | Type::Text { .. }
        | Type::Extension
        | Type::Licenses { .. }
        | Type::Assignments(_)
        | Type::Schedules(_)
        | Type::Link(_) => wanted == live,
    }
}

/// Whether a value says that there is none: `null`, `""` or `[]`.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The id that a reference inside a value holds, in a plan's form or in Graph's.
pub(crate) fn referred_id(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id").and_then(Value::as_str))
}

fn folded_text(value: &Value) -> String {
    value.as_str().map(str::to_lowercase).unwrap_or_else(|| value.to_string())
}

fn flags(value: &Value) -> Vec<String> {
    let mut flags: Vec<String> = value
        .as_str()
        .unwrap_or_default()
        .to_lowercase()
        .split(',')
        .map(|flag| flag.trim().to_owned())
        .filter(|flag| !flag.is_empty() && flag != "none")
        .collect();
    flags.sort();
    flags
}

fn flag_sets(value: &Value) -> BTreeSet<Vec<String>> {
    value.as_array().into_iter().flatten().map(flags).collect()
}

fn rule(value: &Value) -> Option<Rule> {
    Rule::parse(value.as_str()?).ok()
}

fn instant(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str().and_then(|text| text.parse().ok())
}

fn length(value: &Value) -> Option<i64> {
    value.as_str().and_then(minutes)
}

/// What a set of references leads to: ids, and the names of what has none yet.
fn referred_set(value: &Value) -> Vec<String> {
    let named = |value: &Value| value.get("$ref").and_then(Value::as_str).map(str::to_owned);
    let items = value.as_array().into_iter().flatten();
    let mut items: Vec<String> = items
        .filter_map(|item| referred_id(item).map(str::to_owned).or_else(|| named(item)))
        .map(|item| item.to_lowercase())
        .collect();
    items.sort();
    items.dedup();
    items
}

fn folded_set(value: &Value) -> Vec<String> {
    let mut items: Vec<String> = value.as_array().into_iter().flatten().map(folded_text).collect();
    items.sort();
    items.dedup();
    items
}

/// The member that holds a range's text.
const CIDR: &str = "cidrAddress";

/// A range in Graph's form: an object of the type for its family of addresses.
///
/// Source: "ipRange resource type", <https://learn.microsoft.com/graph/api/resources/iprange>.
pub(crate) fn range(text: &str, min_prefix: u8) -> Result<Value, String> {
    let form = "a range is an address and a prefix, such as `203.0.113.0/24` or `2001:db8::/32`";
    let range: IpNet = text.parse().map_err(|_| form.to_owned())?;
    if range.prefix_len() < min_prefix {
        return Err(format!("the service takes prefixes from /{min_prefix} on"));
    }
    let family = if range.addr().is_ipv4() { "iPv4CidrRange" } else { "iPv6CidrRange" };
    Ok(json!({ "@odata.type": format!("#microsoft.graph.{family}"), CIDR: text }))
}

/// The text of a range in Graph's form.
pub(crate) fn range_text(range: &Value) -> &str {
    range.get(CIDR).and_then(Value::as_str).unwrap_or_default()
}

/// Ranges as a set, however their addresses are spelled.
fn ranges(value: &Value) -> BTreeSet<Result<IpNet, &str>> {
    let texts = value.as_array().into_iter().flatten().map(range_text);
    texts.map(|text| text.parse().map_err(|_| text)).collect()
}

/// What the items of a list hold in this member, taken together.
pub(crate) fn inside(member: &Attribute, items: &Value) -> Value {
    let held = items.as_array().into_iter().flatten().filter_map(|item| item.get(member.graph)?.as_array());
    held.flatten().cloned().collect()
}

/// The target in `targets` that is of the same people.
fn target_of<'a>(target: &Value, targets: &'a Value) -> Option<&'a Value> {
    let referred = |value: &Value| {
        let id = value.get("id").filter(|id| id.is_object() || id.is_string())?;
        referred_id(id).or_else(|| id.get("$ref")?.as_str()).map(str::to_lowercase)
    };
    let of = referred(target);
    targets.as_array()?.iter().find(|other| of.is_some() && referred(other) == of)
}

fn targets_same(members: &[Attribute], wanted: &Value, live: &Value) -> bool {
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let there =
        |target: &Value| target_of(target, live).is_some_and(|found| record_same(members, target, found));
    all(wanted).iter().all(there) && all(live).iter().all(|target| target_of(target, wanted).is_some())
}

fn record_same(members: &[Attribute], wanted: &Value, live: &Value) -> bool {
    members.iter().all(|member| match wanted.get(member.graph) {
        None => true,
        Some(wanted) => same(&member.value, wanted, live.get(member.graph).unwrap_or(&Value::Null)),
    })
}

fn records_same(members: &[Attribute], wanted: &Value, live: &Value) -> bool {
    let (Some(wanted), Some(live)) = (wanted.as_array(), live.as_array()) else { return false };
    let covers = |left: &[Value], right: &[Value]| {
        left.iter().all(|item| right.iter().any(|other| record_same(members, item, other)))
    };
    wanted.len() == live.len() && covers(wanted, live)
}

/// Compares attribute by attribute; Graph's type annotations say nothing about the value.
fn security_same(wanted: &Value, live: &Value) -> bool {
    let sets = wanted.as_object().into_iter().flatten();
    sets.into_iter().all(|(set, attributes)| {
        attributes.as_object().into_iter().flatten().filter(|(name, _)| !name.contains('@')).all(
            |(name, wanted)| {
                let live = live.get(set).and_then(|live| live.get(name)).unwrap_or(&Value::Null);
                match (wanted, live) {
                    (Value::Array(wanted), Value::Array(live)) => {
                        wanted.len() == live.len() && wanted.iter().all(|item| live.contains(item))
                    }
                    _ if is_nothing(wanted) => is_nothing(live),
                    _ => wanted == live,
                }
            },
        )
    })
}

/// What of a list shall be there, and what shall not, where a declaration names a part of it.
pub(crate) const AT_LEAST: &str = "at_least";
pub(crate) const NEVER: &str = "never";

/// A declared value with the lists whole of which it names a part: what is there, with what shall be and without what
/// shall not be there.
pub(crate) fn whole(value: &Type, wanted: Value, live: &Value) -> Value {
    match (value, wanted) {
        (Type::Texts { .. }, Value::Object(part)) => {
            let named = |word: &str| part.get(word).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let held = live.as_array().map_or(&[][..], Vec::as_slice);
            let among = |items: &[Value], item: &Value| {
                items.iter().any(|other| folded_text(other) == folded_text(item))
            };
            let kept = held.iter().filter(|item| !among(named(NEVER), item));
            let new = named(AT_LEAST).iter().filter(|item| !among(held, item));
            kept.chain(new).cloned().collect()
        }
        (Type::Record(members), Value::Object(mut values)) => {
            for member in members.iter() {
                if let Some(wanted) = values.get_mut(member.graph) {
                    let live = live.get(member.graph).unwrap_or(&Value::Null);
                    *wanted = whole(&member.value, wanted.take(), live);
                }
            }
            Value::Object(values)
        }
        (_, wanted) => wanted,
    }
}

/// What a PATCH must carry so that `wanted` holds: complex values are replaced whole by the service, so members that
/// TOML does not mention are carried over from the live value, at any depth.
pub fn merged(value: &Type, wanted: &Value, live: &Value) -> Value {
    match (value, wanted, live) {
        (Type::Record(members), Value::Object(wanted), Value::Object(live)) => {
            let known = |name: &String| members.iter().any(|member| member.graph == name);
            let mut whole: serde_json::Map<String, Value> = live
                .iter()
                .filter(|(name, _)| known(name))
                .map(|(name, value)| {
                    let member = members.iter().find(|member| member.graph == name);
                    (
                        name.clone(),
                        member.map_or_else(|| value.clone(), |member| writable(&member.value, value)),
                    )
                })
                .collect();
            for (name, wanted) in wanted {
                let member = members.iter().find(|member| member.graph == name);
                let live = live.get(name).unwrap_or(&Value::Null);
                let merged =
                    member.map_or_else(|| wanted.clone(), |member| merged(&member.value, wanted, live));
                whole.insert(name.clone(), merged);
            }
            Value::Object(whole)
        }
        (Type::Targets { members, .. }, Value::Array(targets), live) => {
            let with_the_rest = |target: &Value| {
                let mut whole = target.clone();
                for member in *members {
                    let kept = target_of(target, live).and_then(|found| found.get(member.graph));
                    if let Some(kept) = kept.filter(|_| target.get(member.graph).is_none()) {
                        whole[member.graph] = kept.clone();
                    }
                }
                whole
            };
            targets.iter().map(with_the_rest).collect()
        }
        _ => wanted.clone(),
    }
}

/// What of a live value can be written back: what the service shows beside it for information is left out.
pub(crate) fn writable(value: &Type, live: &Value) -> Value {
    match (value, live) {
        (Type::Member(member), Value::Object(shown)) => {
            let kept = shown.iter().filter(|(name, _)| *name == member.graph);
            Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        (Type::Record(members), Value::Object(shown)) => {
            let member = |name: &str| members.iter().find(|member| member.graph == name);
            let kept = shown.iter().filter_map(|(name, value)| match member(name) {
                Some(member) => Some((name.clone(), writable(&member.value, value))),
                None => (name == "@odata.type").then(|| (name.clone(), value.clone())),
            });
            Value::Object(kept.collect())
        }
        _ => live.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::attribute::{anything, text};
    use super::*;

    #[test]
    fn nothing_is_nothing_however_it_is_spelled() {
        for (wanted, live) in [(json!(null), json!("")), (json!([]), json!(null)), (json!(""), json!(null))] {
            assert!(same(&text(8), &wanted, &live));
        }
        assert!(!same(&text(8), &json!("x"), &json!(null)));
    }

    #[test]
    fn flags_compare_without_order_space_or_case() {
        let type_ = Type::Flags(&["DisablePasswordExpiration", "DisableStrongPassword"]);
        let live = json!("disableStrongPassword,DisablePasswordExpiration");
        assert!(same(&type_, &json!("DisablePasswordExpiration, DisableStrongPassword"), &live));
        assert!(same(&type_, &json!("None"), &json!("None")));
    }

    #[test]
    fn a_part_of_a_list_leaves_the_rest_alone() {
        static MEMBERS: &[Attribute] = &[Attribute::new("list", "list", LIST, "A list.").in_part()];
        const LIST: Type = Type::Texts { max_items: 9, max: 9, check: anything, members: &[] };
        let part = json!({ "list": { "at_least": ["A", "c"], "never": ["b"] } });
        let live = json!({ "list": ["a", "B", "d"] });
        assert_eq!(whole(&Type::Record(MEMBERS), part.clone(), &live), json!({ "list": ["a", "d", "c"] }));
        assert_eq!(whole(&Type::Record(MEMBERS), part, &Value::Null), json!({ "list": ["A", "c"] }));
        assert_eq!(whole(&LIST, json!(["x"]), &json!(["y"])), json!(["x"]));
    }

    #[test]
    fn words_compare_by_what_they_stand_for() {
        let modes = Type::Words(&[
            Word { name: "audit", graph: &["Audit"] },
            Word { name: "enforce", graph: &["Enforce", "Enforced"] },
        ]);
        assert!(same(&modes, &json!("Enforce"), &json!("enforced")));
        assert!(!same(&modes, &json!("Enforce"), &json!("Audit")));
        assert!(!same(&modes, &json!("Enforce"), &json!("Other")));
    }

    #[test]
    fn rules_compare_by_what_they_say() {
        let live = json!("(user.department EQ 'Retail')");
        assert!(same(&Type::Rule, &json!("user.department -eq \"Retail\""), &live));
        assert!(!same(&Type::Rule, &json!("user.department -eq \"Sales\""), &live));
        let unreadable = json!("user.department -eq");
        assert!(same(&Type::Rule, &unreadable, &unreadable) && !same(&Type::Rule, &unreadable, &live));
    }

    #[test]
    fn times_compare_as_instants() {
        assert!(same(&Type::DateTime, &json!("2026-01-01T01:00:00+01:00"), &json!("2026-01-01T00:00:00Z")));
    }

    #[test]
    fn security_attributes_compare_what_is_declared_and_skip_annotations() {
        let wanted =
            json!({"Engineering": {"Projects": ["a", "b"], "Projects@odata.type": "#Collection(String)"}});
        let live =
            json!({"Engineering": {"@odata.type": "x", "Projects": ["b", "a"], "Level": 3}, "Other": {}});
        assert!(same(&Type::SecurityAttributes, &wanted, &live));
    }
}
