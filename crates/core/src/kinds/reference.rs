//! References inside values: `{"$ref": "group:Sales", "id": "…"}` in declarations and plans, a bare id on the wire. The
//! `id` is missing while the object does not exist.

use serde_json::{Value, json};

use crate::address::{ObjectId, Target};

/// The value for an object.
pub(crate) fn to(target: &Target) -> Value {
    match &target.id {
        Some(id) => json!({ "$ref": target.name.as_str(), "id": id }),
        None => json!({ "$ref": target.name.as_str() }),
    }
}

/// What a value refers to; `None` when it is no reference.
pub fn target(value: &Value) -> Option<Target> {
    let name = value.get("$ref")?.as_str()?;
    let id = value.get("id").and_then(Value::as_str).and_then(ObjectId::of_service);
    Some(Target { id, name: name.into() })
}

/// Everything that a value refers to, at any depth.
pub fn targets(value: &Value) -> Vec<Target> {
    if let Some(target) = target(value) {
        return vec![target];
    }
    match value {
        Value::Array(items) => items.iter().flat_map(targets).collect(),
        Value::Object(members) => members.values().flat_map(targets).collect(),
        _ => Vec::new(),
    }
}

/// Puts what `replace` gives in the place of every reference in `value`; `None` when it gives nothing for one.
pub fn replace(value: &mut Value, replace_one: &mut dyn FnMut(&Target) -> Option<Value>) -> Option<()> {
    if let Some(target) = target(value) {
        *value = replace_one(&target)?;
        return Some(());
    }
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| replace(item, replace_one)),
        Value::Object(members) => members.values_mut().try_for_each(|member| replace(member, replace_one)),
        _ => Some(()),
    }
}

/// Says inside `value` what a reference, written as `described`, turned out to be.
pub(crate) fn settle(value: &mut Value, described: &str, found: &Target) {
    replace(value, &mut |target| Some(if target.name == described { to(found) } else { to(target) }));
}

/// Fills in the ids that have become known.
pub fn with_ids(value: &mut Value, id: &dyn Fn(&Target) -> Option<ObjectId>) {
    replace(value, &mut |target| Some(to(&Target { id: id(target), name: target.name.clone() })));
}
