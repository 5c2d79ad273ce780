//! Conditional Access policies of any shape, written down as TOML by the kind's table, are what they were: the tenant they
//! come from has nothing to do, an empty one gets the same, and so does one whose policies are others.

mod generated;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use tenantry_core::kinds::{self, Attribute, Clear, Mode, Named, Type, snake_case};

use crate::harness::{Folder, Sandbox};

crate::harness::tests! {
    every_attribute_of_a_policy_survives,
}

/// Policies of one tenant; the client sends one write a second.
const POLICIES: usize = 12;

const PATH: &str = "/identity/conditionalAccess/policies";

fn every_attribute_of_a_policy_survives() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let mut some = || -> Vec<Value> {
        let policies = (0..POLICIES).map(|_| generated::policy().new_tree(&mut runner).unwrap().current());
        policies.enumerate().map(|(index, policy)| named(policy, index)).collect()
    };
    let (tenant, other, empty) = (tenant(&some()), tenant(&some()), tenant(&[]));
    let written = tenant.state_text();
    let folder = Folder::of(&exported(&tenant));
    folder.plan(&tenant, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    for sandbox in [&other, &empty] {
        folder.apply(sandbox, &[]).run().exits_with(0);
        folder.plan(sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
        let (found, expected) = (policies(sandbox), policies(&tenant));
        assert_eq!(found.len(), POLICIES);
        for (name, policy) in &expected {
            assert_eq!(found.get(name), Some(policy), "{name}");
        }
    }
    assert_eq!(tenant.state_text(), written);
}

fn named(mut policy: Value, index: usize) -> Value {
    policy["displayName"] = json!(format!("CA{index:03} Generated"));
    policy
}

/// A tenant with what policies name, and these policies.
fn tenant(policies: &[Value]) -> Sandbox {
    let sandbox = Sandbox::of(generated::SEED);
    for policy in policies {
        sandbox.graph("POST", PATH, Some(policy));
    }
    sandbox
}

/// The policies by name, without what the service makes up.
fn policies(sandbox: &Sandbox) -> BTreeMap<String, Value> {
    let found = sandbox.graph("GET", PATH, None);
    let found = found["value"].as_array().unwrap().iter().map(|policy| {
        let kept = ["state", "conditions", "grantControls", "sessionControls"];
        let kept = kept.map(|name| (name.to_owned(), in_order(&policy[name])));
        (policy["displayName"].as_str().unwrap().to_owned(), Value::Object(kept.into_iter().collect()))
    });
    found.collect()
}

/// Lists and flags are sets, and a switch that was never set is off.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(in_order).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            // When a strength was changed last says nothing of the policy.
            let members = members.iter().filter(|(name, _)| !name.ends_with("DateTime"));
            let members = members.map(|(name, value)| (name.clone(), in_order(value)));
            members.filter(|(_, value)| *value != json!(false) && !value.is_null()).collect()
        }
        Value::String(text) if text.contains(',') => {
            let mut flags: Vec<&str> = text.split(',').map(str::trim).collect();
            flags.sort_unstable();
            json!(flags.join(","))
        }
        value => value.clone(),
    }
}

/// The tenant's policies as a configuration: every attribute of each, those that are not set too.
fn exported(sandbox: &Sandbox) -> String {
    let kind = kinds::by_table("conditional_access").unwrap();
    let mut text = "[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n[limits]\nupdate = \"100%\"\n".to_owned();
    for policy in sandbox.graph("GET", PATH, None)["value"].as_array().unwrap() {
        let _ = writeln!(text, "\n[{}.{}]", kind.table, policy["displayName"]);
        for attribute in kind.attributes.iter().filter(|attribute| attribute.mode == Mode::Update) {
            let value = policy.pointer(&format!("/{}", attribute.graph.replace('.', "/")));
            if let Some(value) = written(attribute, value.unwrap_or(&Value::Null)) {
                let _ = writeln!(text, "{} = {value}", attribute.name);
            }
        }
    }
    text
}

/// A value as TOML; nothing where there is none and no way to say so.
fn written(attribute: &Attribute, value: &Value) -> Option<String> {
    let list = |items: Vec<String>| Some(format!("[{}]", items.join(", ")));
    let items = || value.as_array().into_iter().flatten();
    let word = |value: &Value| json!(snake_case(value.as_str().unwrap())).to_string();
    match &attribute.value {
        Type::Flags(_) => {
            let flags = value.as_str().unwrap_or_default().split(',').map(|flag| json!(flag.trim()));
            list(flags.filter(|flag| flag != "").map(|flag| word(&flag)).collect())
        }
        Type::Texts { members: [], .. } => list(items().map(Value::to_string).collect()),
        Type::Texts { .. } => list(items().map(word).collect()),
        Type::Named(named) if !named.single => list(items().map(|item| meant(named, item)).collect()),
        Type::Boolean => Some(value.as_bool().unwrap_or(false).to_string()),
        _ if value.is_null() => (attribute.clear == Clear::Null).then(|| "\"\"".to_owned()),
        Type::Named(named) => Some(meant(named, value)),
        Type::Member(member) => written(member, &value[member.graph]),
        Type::Enumeration(_) => Some(word(value)),
        Type::Record(members) => Some(record(members, value.as_object().unwrap())),
        Type::Integer { .. } | Type::Text { .. } => Some(value.to_string()),
        other => panic!("a policy has no {other:?}"),
    }
}

fn record(members: &[Attribute], values: &Map<String, Value>) -> String {
    let written = members.iter().filter_map(|member| {
        let value = written(member, values.get(member.graph).unwrap_or(&Value::Null))?;
        Some(format!("{} = {value}", member.name))
    });
    format!("{{ {} }}", written.collect::<Vec<_>>().join(", "))
}

/// A word, or a reference by what the seed calls the object.
fn meant(named: &Named, value: &Value) -> String {
    let id = value.as_str().unwrap();
    let word = named.words.iter().find(|word| word.graph.contains(&id)).map(|word| word.name.to_owned());
    json!(word.unwrap_or_else(|| generated::reference(named.targets, id))).to_string()
}
