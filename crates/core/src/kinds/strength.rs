//! Authentication strengths: which combinations of methods are enough.
//!
//! Surprises: the built-in ones stand in the same collection and never change; what is allowed is chosen at creation and
//! replaced by an action later; the service writes combinations with or without a space, in any order.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attribute::{Attribute, Type, anything, text};
use super::{Creation, Kind, Lookup, Shape, Side, Wanted};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::TenantFacts;

pub(super) static KIND: Kind = Kind {
    name: "strength",
    table: "authentication_strengths",
    entity: "authenticationStrengthPolicy",
    path: "/policies/authenticationStrengthPolicies",
    shape: Shape::Collection,
    whole: true,
    among: Some("policyType eq 'custom'"),
    summary: "Custom authentication strengths: which combinations of methods are enough to sign in.",
    documentation: "https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1",
    plan_permissions: &["Policy.Read.All"],
    apply_permissions: &["Policy.ReadWrite.ConditionalAccess"],
    keys: &[super::BY_DISPLAY_NAME],
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "allowedCombinations", "policyType"],
    check,
    settle,
    creation,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[authentication_strengths."Passkeys and first days"]
description = "Passkeys, and a pass to register one"
allowed_combinations = ["fido2", "temporary_access_pass_one_time"]
"#;

/// Every tenant has these.
///
/// Source: "Authentication strengths", <https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths>.
const BUILT_IN: &[&str] = &["Multifactor authentication", "Passwordless MFA", "Phishing-resistant MFA"];

/// Longest name, in characters.
const NAME: usize = 30;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(NAME), "Name of the strength; the table's key unless given.")
        .not_clearable(),
    Attribute::new("description", "description", text(1500), "What the strength is for."),
    Attribute::new(
        "allowed_combinations",
        "allowedCombinations",
        Type::Texts { max_items: 100, max: 256, check: anything, members: COMBINATIONS },
        "Combinations of methods, each enough by itself, such as `password,microsoft_authenticator_push`; the whole list.",
    )
    .not_clearable()
    .replaced_by("updateAllowedCombinations"),
];

/// What can be allowed: single methods, and pairs of which each is a factor.
///
/// Source: "authenticationStrengthPolicy: combinations",
/// <https://learn.microsoft.com/graph/api/authenticationstrengthroot-list-combinations>.
const COMBINATIONS: &[&str] = &[
    "windowsHelloForBusiness",
    "fido2",
    "x509CertificateMultiFactor",
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "password,microsoftAuthenticatorPush",
    "password,softwareOath",
    "password,hardwareOath",
    "password,x509CertificateSingleFactor",
    "password,x509CertificateMultiFactor",
    "password,sms",
    "password,voice",
    "federatedMultiFactor",
    "microsoftAuthenticatorPush,federatedSingleFactor",
    "softwareOath,federatedSingleFactor",
    "hardwareOath,federatedSingleFactor",
    "sms,federatedSingleFactor",
    "voice,federatedSingleFactor",
    "password",
    "sms",
    "x509CertificateSingleFactor",
    "federatedSingleFactor",
    "qrCodePin",
];

fn check(strength: &Declared, diagnostics: &mut Diagnostics) {
    let name = strength.text("display_name").unwrap_or(&strength.address.key);
    if BUILT_IN.iter().any(|built_in| built_in.eq_ignore_ascii_case(name)) {
        let message = format!("`{name}` is built in and never changes");
        diagnostics.push(Diagnostic::error(
            "invalid-key",
            message,
            &strength.place,
            "declare one of another name",
        ));
    }
    if strength.address.key.chars().count() > NAME && !strength.declares("display_name") {
        let message = format!("a strength's display name has at most {NAME} characters");
        diagnostics.push(Diagnostic::error("too-long", message, &strength.place, "this key is longer"));
    }
    let combinations = strength.value("allowed_combinations").and_then(Value::as_array);
    if combinations.is_some_and(Vec::is_empty) {
        let place = strength.place_of("allowed_combinations");
        let message = "`allowed_combinations` cannot be cleared";
        diagnostics.push(Diagnostic::error(
            "not-clearable",
            message,
            place,
            "a strength allows one at least",
        ));
    }
}

fn settle(side: &Side<'_>, _: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(strength) = side.declared else { return };
    let name = strength.text("display_name").unwrap_or(&strength.address.key);
    wanted.values.entry("display_name".to_owned()).or_insert_with(|| json!(name));
    if side.live.is_none() && !strength.declares("allowed_combinations") {
        let message =
            format!("{} does not exist, and a new strength needs `allowed_combinations`", strength.address);
        let label = "add `allowed_combinations = [\"fido2\"]`";
        diagnostics.push(Diagnostic::error("missing-attribute", message, &strength.place, label));
    }
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let body: Map<String, Value> =
        values.iter().map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone())).collect();
    let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    Creation {
        path: KIND.path,
        body,
        identified_by: ("displayName", Lookup::Filter, name),
        ..(super::SINGLE.creation)(values)
    }
}
