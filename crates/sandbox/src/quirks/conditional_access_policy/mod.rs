//! Conditional Access policies: completed, checked against the tenant and against themselves.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy>

mod controls;
mod references;
mod scope;

use serde_json::{Map, Value, json};

use super::conditional_access::{MALFORMED, now, refused};
use super::{Behavior, Create, Deletion, security_defaults, soft};
use crate::graph::{Directory, Draft, Failure, Selection, entity};
use crate::premium;
use crate::schema::{self, Complex, Kind, bad_request};
use crate::store::{Object, id_of};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    delete: Some(|_, policy| Ok::<Deletion, Failure>(soft(policy))),
    restore: |directory, policy, _| security_defaults::check_policy(directory, None, policy),
    seed: |policy, _| fill(policy),
    ..Behavior::PLAIN
};

/// Most policies of a tenant, whatever their state.
/// <https://learn.microsoft.com/entra/identity/conditional-access/plan-conditional-access>
const MOST: usize = 195;

/// The members of a policy that are complex.
const PARTS: [&str; 3] = ["conditions", "grantControls", "sessionControls"];

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if directory.primary.count(draft.object.entity) >= MOST {
        let message =
            format!("The tenant has {MOST} Conditional Access policies, which is the most there can be.");
        return Err(bad_request(message));
    }
    draft.object.set("createdDateTime", now());
    settle(directory, draft)
}

fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let conditions = draft.sent.get("conditions").and_then(Value::as_object);
    let echoed = conditions.and_then(|sent| sent.iter().find(|(_, member)| member.is_null()));
    if let Some((name, _)) = echoed {
        return Err(refused(MALFORMED, format!("The condition '{name}' is null.")));
    }
    draft.object.set("modifiedDateTime", now());
    settle(directory, draft)
}

/// Completes and checks what a write makes of a policy. What it carries replaces what was there as a whole.
fn settle(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    for name in PARTS {
        if let Some(sent) = draft.sent.get(name) {
            draft.object.set(name, sent.clone());
        }
    }
    fill(&mut draft.object);
    let part = |name: &str| draft.object.get(name).cloned().unwrap_or_default();
    let [conditions, grant, session] = PARTS.map(part);
    if draft.sends("conditions") {
        references::check(directory, &conditions)?;
    }
    if draft.sends("grantControls") {
        references::check_controls(directory, &grant)?;
    }
    premium::check_policy(directory, &draft.object)?;
    security_defaults::check_policy(directory, draft.before.as_deref(), &draft.object)?;
    scope::check(&conditions, &grant)?;
    controls::check(&conditions, &grant, &session)
}

/// Gives every list and every complex member that is left out the form in which it reads back.
fn fill(policy: &mut Object) {
    for name in PARTS {
        let (Some(property), Some(value)) = (policy.entity.property(name), policy.get(name)) else {
            continue;
        };
        if let Kind::Structure(complex) = property.kind {
            let filled = filled(complex, value);
            policy.set(name, filled);
        }
    }
    let mut conditions = policy.get("conditions").cloned().unwrap_or_default();
    if conditions["clientAppTypes"].is_null() {
        conditions["clientAppTypes"] = json!(["all"]);
    }
    policy.set("conditions", conditions);
    if let Some(mut grant) = policy.get("grantControls").cloned() {
        if grant["operator"].is_null() || controls::all(&grant).len() == 1 {
            grant["operator"] = "OR".into();
        }
        policy.set("grantControls", grant);
    }
}

fn filled(complex: &Complex, value: &Value) -> Value {
    let Some(members) = value.as_object().filter(|_| !complex.properties.is_empty()) else {
        return value.clone();
    };
    let member = |property: &schema::Property| match (property.kind, members.get(property.name)) {
        (Kind::Structure(complex), Some(value)) => filled(complex, value),
        (_, Some(value)) => value.clone(),
        // Which clients a policy is about is told apart from none at all.
        (_, None) if property.is_collection() && property.name != "clientAppTypes" => json!([]),
        (_, None) => Value::Null,
    };
    complex.properties.iter().map(|property| (property.name.to_owned(), member(property))).collect()
}

/// Shows the strength that a policy requires whole.
pub(crate) fn complete(directory: &Directory<'_>, members: &mut Map<String, Value>) {
    let controls = members.get_mut("grantControls").and_then(Value::as_object_mut);
    let Some(strength) = controls.and_then(|controls| controls.get_mut("authenticationStrength")) else {
        return;
    };
    let id = strength["id"].as_str().map(id_of);
    if let Some(found) = id.and_then(|id| directory.visible.live(id)) {
        *strength = Value::Object(entity(found, &Selection::Default, false));
    }
}

/// The texts of a list, by its path from the conditions or controls: `users/includeGroups`.
fn texts<'a>(part: &'a Value, path: &str) -> Vec<&'a str> {
    let found = part.pointer(&format!("/{path}")).and_then(Value::as_array);
    found.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether a policy names something in a list.
pub(crate) fn names(policy: &Object, path: &str, text: &str) -> bool {
    policy.get("conditions").is_some_and(|conditions| {
        texts(conditions, path).iter().any(|found| found.eq_ignore_ascii_case(text))
    })
}
