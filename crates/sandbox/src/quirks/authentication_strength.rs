//! Authentication strengths: the built-in ones never change, custom ones by an action.
//! <https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy>

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::conditional_access::policies;
use super::{Action, Behavior, Create, Deletion, Written, now};
use crate::graph::{Directory, Draft, Failure, Request, Response, Selection, entity};
use crate::schema::{bad_request, check as check_value, unknown};
use crate::seeds::CREATED;
use crate::store::{Change, Object, Store, id_of};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    delete: Some(delete),
    seed: |strength, _| {
        strength.default("createdDateTime", CREATED);
        strength.default("modifiedDateTime", CREATED);
        fill(strength);
    },
    actions: &[Action { name: "updateAllowedCombinations", run: replace_combinations }],
    views: &[Action { name: "usage", run: usage }],
    ..Behavior::PLAIN
};

/// Most custom strengths of a tenant.
/// <https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-advanced-options>
const MOST: usize = 15;

/// The strength that holds every combination of two factors.
const MULTIFACTOR: &str = "00000000-0000-0000-0000-000000000002";

/// The methods of a combination, which may be written in any order and with spaces.
pub(super) fn modes(combination: &str) -> BTreeSet<String> {
    combination.split(',').map(|mode| mode.trim().to_lowercase()).collect()
}

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let store = directory.primary;
    let all = store.ids(draft.object.entity, false, None).filter_map(|id| store.live(id));
    if all.filter(|strength| check_custom(strength).is_ok()).count() >= MOST {
        return Err(bad_request(format!(
            "The tenant has {MOST} custom strengths, which is the most there can be."
        )));
    }
    draft.object.set("modifiedDateTime", now());
    fill(&mut draft.object);
    settle(store, &mut draft.object)
}

fn update(_: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    check_custom(&draft.object)?;
    draft.object.set("modifiedDateTime", now());
    Ok(())
}

fn delete(directory: &Directory<'_>, strength: &Object) -> Result<Deletion, Failure> {
    check_custom(strength)?;
    match users(directory.primary, strength).next() {
        Some(policy) => {
            let name = policy.text("displayName").unwrap_or_default();
            Err(bad_request(format!("The strength is used by the Conditional Access policy '{name}'.")))
        }
        None => Ok(Deletion::Hard),
    }
}

/// The Conditional Access policies that require a strength.
fn users<'a>(store: &'a Store, strength: &Object) -> impl Iterator<Item = &'a Arc<Object>> {
    let id = strength.id_text();
    policies(store).filter(move |policy| {
        let controls = policy.get("grantControls");
        controls.is_some_and(|controls| controls["authenticationStrength"]["id"] == id.as_str())
    })
}

/// Refuses writes to built-in strengths.
pub(super) fn check_custom(strength: &Object) -> Result<(), Failure> {
    match strength.text("policyType") {
        Some("builtIn") => Err(bad_request("Built-in authentication strengths cannot be changed.")),
        _ => Ok(()),
    }
}

/// What a custom strength of a seed has besides.
fn fill(strength: &mut Object) {
    strength.default("policyType", "custom");
    strength.default("requirementsSatisfied", "mfa");
}

/// Checks the combinations and says what they amount to.
fn settle(store: &Store, strength: &mut Object) -> Result<(), Failure> {
    let multifactor = store.live(id_of(MULTIFACTOR));
    let multifactor: Vec<_> =
        multifactor.into_iter().flat_map(|all| all.texts("allowedCombinations").map(modes)).collect();
    let combinations: Vec<_> = strength.texts("allowedCombinations").map(modes).collect();
    if combinations.is_empty() {
        return Err(bad_request("An authentication strength needs an allowed combination."));
    }
    let is_legal =
        |combination: &&BTreeSet<String>| combination.len() == 1 || multifactor.contains(combination);
    if let Some(combination) = combinations.iter().find(|combination| !is_legal(combination)) {
        let shown = Vec::from_iter(combination.iter().map(String::as_str)).join(",");
        return Err(bad_request(format!("'{shown}' is no combination of methods that there is.")));
    }
    let is_mfa = combinations.iter().all(|combination| multifactor.contains(combination));
    strength.set("requirementsSatisfied", if is_mfa { "mfa" } else { "none" });
    Ok(())
}

/// <https://learn.microsoft.com/graph/api/authenticationstrengthpolicy-updateallowedcombinations>
fn replace_combinations(
    directory: &Directory<'_>,
    strength: &Arc<Object>,
    request: &Request,
) -> Result<Written, Failure> {
    check_custom(strength)?;
    let name = "allowedCombinations";
    let body = request.object()?;
    if let Some(other) = body.keys().find(|other| *other != name && !other.contains('@')) {
        return Err(unknown(other, "updateAllowedCombinations"));
    }
    let property = strength.entity.property(name).ok_or_else(Failure::method_not_allowed)?;
    let sent = check_value(property, body.get(name).unwrap_or(&Value::Null))?;
    let mut after = Object::clone(strength);
    after.set(name, sent.clone());
    after.set("modifiedDateTime", now());
    settle(directory.primary, &mut after)?;
    let references: Vec<_> = users(directory.primary, strength).map(|policy| policy.id_text()).collect();
    let response = Response::json(json!({
        "@odata.context": format!("{}/$metadata#microsoft.graph.updateAllowedCombinationsResult", request.root),
        "additionalInformation": null,
        "conditionalAccessReferences": references,
        "currentCombinations": sent,
        "previousCombinations": strength.get(name),
    }));
    Ok(Written { changes: vec![Change::Put(Arc::new(after))], response })
}

/// The policies that require a strength, by whether it amounts to two factors.
/// <https://learn.microsoft.com/graph/api/authenticationstrengthpolicy-usage>
fn usage(directory: &Directory<'_>, strength: &Arc<Object>, request: &Request) -> Result<Written, Failure> {
    let shown: Vec<_> = users(directory.visible, strength)
        .map(|policy| {
            let mut members = entity(policy, &Selection::Default, false);
            directory.complete(&mut members, policy);
            Value::Object(members)
        })
        .collect();
    let is_mfa = strength.text("requirementsSatisfied") == Some("mfa");
    let (mfa, none) = if is_mfa { (shown, Vec::new()) } else { (Vec::new(), shown) };
    let context = format!("{}/$metadata#microsoft.graph.authenticationStrengthUsage", request.root);
    let response = Response::json(json!({ "@odata.context": context, "mfa": mfa, "none": none }));
    Ok(Written { changes: Vec::new(), response })
}
