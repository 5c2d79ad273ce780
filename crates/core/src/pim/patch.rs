//! From changed values to changed rules, in the order in which they are written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::rules::{CONTEXT, ENABLEMENT, RULES, Rule, found};
use super::{Relation, attributes_of};
use crate::kinds::comparison::same;
use crate::kinds::{Attribute, Kind, Type};
use crate::plan::{Change, Step};
use crate::snapshot::Observed;

/// A rule that changes. Each is a write of its own, so that a refusal names its rule and what was written before it is
/// known.
#[derive(Debug, Clone)]
pub struct RulePatch {
    /// The policy's.
    pub relation: Relation,
    /// `Approval_EndUser_Assignment`.
    pub id: &'static str,
    /// The whole rule as it shall be, with its target.
    pub rule: Map<String, Value>,
    /// The whole rule as it is.
    pub before: Map<String, Value>,
    /// The rules of the same policy that are written before this one, as they are now, the last one first: they are
    /// written back when this one fails.
    pub earlier: Vec<(&'static str, Map<String, Value>)>,
}

/// The rules that changes of an object's attributes change, as they were read, by [`Relation::property`].
pub(crate) fn carried(kind: &Kind, changes: &[Change], live: &Observed) -> Map<String, Value> {
    let mut carried: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (attribute, part) in attributes_of(kind) {
        let Value::Array(rules) = live.property(part.relation.property()) else { continue };
        let Some(after) = after(attribute, changes) else { continue };
        let before = live.property(attribute.graph);
        let before: BTreeMap<&str, &Value> = part.sections(before).into_iter().collect();
        for (section, after) in part.sections(after) {
            let before = before.get(section).copied().unwrap_or(&Value::Null);
            let of_section = RULES.iter().filter(|rule| rule.section.key() == section);
            let changed = of_section.filter(|rule| differs(rule, members(attribute, section), before, after));
            let read = changed
                .map(|rule| found(rules, rule.id).cloned().unwrap_or_else(|| rule.default(part.relation)));
            carried.entry(part.relation.property()).or_default().extend(read);
        }
    }
    carried.into_iter().map(|(property, rules)| (property.to_owned(), Value::Array(rules))).collect()
}

pub(super) fn after<'a>(attribute: &Attribute, changes: &'a [Change]) -> Option<&'a Value> {
    changes.iter().find_map(|change| match change {
        Change::Value { attribute: name, after, .. } if name == attribute.name => Some(after),
        _ => None,
    })
}

/// The members of a section in an attribute's table.
pub(super) fn members(attribute: &Attribute, section: &str) -> &'static [Attribute] {
    let Type::Record(members) = attribute.value else { return &[] };
    match attribute.policy {
        Some(part) if part.section.is_some() => members,
        _ => record(members, section),
    }
}

fn record(members: &'static [Attribute], name: &str) -> &'static [Attribute] {
    match members.iter().find(|member| member.graph == name).map(|member| &member.value) {
        Some(Type::Record(members)) => members,
        _ => &[],
    }
}

fn differs(rule: &Rule, members: &'static [Attribute], before: &Value, after: &Value) -> bool {
    let members = rule.path.iter().fold(members, |members, name| record(members, name));
    let (Some(after), before) = (rule.within(after), rule.within(before).unwrap_or(&Value::Null)) else {
        return false;
    };
    let mut own = members.iter().filter(|member| rule.values.contains(&member.graph));
    own.any(|member| {
        let before = before.get(member.graph).unwrap_or(&Value::Null);
        after.get(member.graph).is_some_and(|after| !same(&member.value, after, before))
    })
}

/// The writes of a step's changes to policies: each with an attribute that stands in the policy.
pub(crate) fn patches(kind: &'static Kind, step: &Step) -> Vec<(&'static Attribute, RulePatch)> {
    let mut patches: Vec<(&'static Attribute, RulePatch)> = Vec::new();
    for relation in [Relation::Role, Relation::Member, Relation::Owner] {
        let mut wanted: BTreeMap<&str, (&'static Attribute, &Value)> = BTreeMap::new();
        for (attribute, part) in attributes_of(kind).filter(|(_, part)| part.relation == relation) {
            if let Some(after) = after(attribute, &step.changes) {
                wanted.extend(part.sections(after).into_iter().map(|(key, value)| (key, (attribute, value))));
            }
        }
        // Nothing was read of what the plan makes: whatever is declared is written over what the service begins with.
        let read = step.carried.get(relation.property()).and_then(Value::as_array);
        let mut earlier = Vec::new();
        for rule in in_order(&wanted) {
            let Some((attribute, section)) = wanted.get(rule.section.key()) else { continue };
            let Some(values) = rule.within(section) else { continue };
            let base = match read {
                Some(read) => found(read, rule.id).cloned(),
                None if rule.values.iter().any(|name| values.get(*name).is_some()) => {
                    Some(rule.default(relation))
                }
                None => None,
            };
            let Some(base) = base.map(|base| with_target(rule, base, relation)) else { continue };
            let before = rule.write(&base, &json!({}));
            let after = rule.write(&base, values);
            let patch = RulePatch {
                relation,
                id: rule.id,
                rule: after,
                before: before.clone(),
                earlier: earlier.clone(),
            };
            patches.push((attribute, patch));
            earlier.insert(0, (rule.id, before));
        }
    }
    patches
}

/// Multifactor authentication and an authentication context exclude each other: what is given up goes first.
fn in_order(wanted: &BTreeMap<&str, (&'static Attribute, &Value)>) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = RULES.iter().collect();
    let context = wanted.get("activation").and_then(|(_, value)| value.get("authenticationContext"));
    if context.is_some_and(Value::is_string) {
        rules.sort_by_key(|rule| match rule.id {
            ENABLEMENT => 0,
            CONTEXT => 1,
            _ => 2,
        });
    }
    rules
}

/// A rule that somebody wrote without its target has lost it. Groups show `All` where the schema says `all`.
fn with_target(rule: &Rule, mut base: Value, relation: Relation) -> Value {
    let sound = |name: &str| base.pointer(&format!("/target/{name}")).is_some_and(Value::is_string);
    if !(sound("caller") && sound("level"))
        && let (Some(base), Some(target)) = (base.as_object_mut(), rule.default(relation).get_mut("target"))
    {
        base.insert("target".to_owned(), target.take());
    }
    let operations = base.pointer_mut("/target/operations").and_then(Value::as_array_mut);
    for operation in operations.into_iter().flatten() {
        if let Value::String(name) = operation
            && let Some(first) = name.get_mut(..1)
        {
            first.make_ascii_lowercase();
        }
    }
    base
}
