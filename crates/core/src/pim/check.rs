//! Rules across the values of a policy: what the service would refuse, or what would not mean what it says.

use serde_json::{Value, json};

use super::attributes_of;
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::{self, Attribute, Side, Wanted, reference};
use crate::text::terminal;

/// What can be said without the tenant.
pub(crate) fn offline(declared: &Declared, diagnostics: &mut Diagnostics) {
    for (attribute, value) in declared_settings(declared) {
        let Some(activation) = activation_of(attribute, value) else { continue };
        let mut refuse = |message: &str, label: &str| {
            let place = declared.place_of(attribute.name);
            diagnostics.push(Diagnostic::error("contradiction", message, place, label));
        };
        if takes_mfa(activation) && has_context(activation) {
            refuse(
                "an activation takes `mfa` or an authentication context, not both",
                "remove `mfa` from `require`, or say `authentication_context = \"\"`",
            );
        }
        if activation.get("approvalRequired") == Some(&json!(false)) && names_approvers(activation) {
            refuse("there are approvers, and no approval is required", "remove one of the two");
        }
    }
}

/// Completes the values, and refuses what does not fit together with what the tenant has.
pub(crate) fn settle(side: &Side<'_>, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(declared) = side.declared else { return };
    for (attribute, _) in declared_settings(declared) {
        let Some(value) = wanted.values.get_mut(attribute.name) else { continue };
        let Some(activation) = activation_of_mut(attribute, value) else { continue };
        let mut refuse = |code: &'static str, message: String, label: &str, help: &str| {
            let diagnostic = Diagnostic::error(code, message, declared.place_of(attribute.name), label);
            diagnostics.push(diagnostic.help(help));
        };
        if names_approvers(activation) && activation.get("approvalRequired").is_none() {
            activation["approvalRequired"] = json!(true);
        }
        for approver in activation.get("approvers").and_then(Value::as_array).into_iter().flatten() {
            let Some(target) = reference::target(approver) else { continue };
            if !matches!(target.prefix(), "user" | "group" | "id") {
                let message =
                    format!("`{}` cannot approve: only users and groups can", terminal(&target.name));
                refuse("invalid-link", message, "not possible", "name a user or a group");
            }
        }
        let live = side.live.and_then(|live| activation_of(attribute, live.property(attribute.graph)));
        let Some(live) = live else { continue };
        let after = |name: &str| activation.get(name).or_else(|| live.get(name)).cloned().unwrap_or_default();
        let after =
            json!({ "require": after("require"), "authenticationContext": after("authenticationContext") });
        let said = takes_mfa(activation) && has_context(activation);
        if takes_mfa(&after) && has_context(&after) && !said {
            let message = format!(
                "activating {} would take both `mfa` and an authentication context",
                terminal(&declared.address.to_string())
            );
            refuse(
                "contradiction",
                message,
                "the tenant has the other one",
                "say both: `require` without `mfa`, or `authentication_context = \"\"`",
            );
        }
    }
}

fn declared_settings(declared: &Declared) -> Vec<(&'static Attribute, &Value)> {
    let Some(kind) = kinds::by_name(&declared.address.kind) else { return Vec::new() };
    attributes_of(kind)
        .filter_map(|(attribute, _)| Some((attribute, declared.value(attribute.name)?)))
        .collect()
}

/// The part of an attribute's value that is about activation.
pub(crate) fn activation_of<'a>(attribute: &Attribute, value: &'a Value) -> Option<&'a Value> {
    let sections = attribute.policy?.sections(value);
    sections
        .into_iter()
        .find(|(key, value)| *key == "activation" && value.is_object())
        .map(|(_, value)| value)
}

fn activation_of_mut<'a>(attribute: &Attribute, value: &'a mut Value) -> Option<&'a mut Value> {
    activation_of(attribute, value)?;
    match attribute.policy?.section {
        Some(_) => Some(value),
        None => value.get_mut("activation"),
    }
}

fn takes_mfa(activation: &Value) -> bool {
    let required = activation.get("require").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|word| word == "Mfa"))
}

fn has_context(activation: &Value) -> bool {
    activation.get("authenticationContext").is_some_and(Value::is_string)
}

fn names_approvers(activation: &Value) -> bool {
    activation.get("approvers").and_then(Value::as_array).is_some_and(|approvers| !approvers.is_empty())
}
