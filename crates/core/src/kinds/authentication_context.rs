//! Authentication contexts: labels that applications, and activations of roles, ask for, and that Conditional Access
//! policies give a meaning.
//!
//! Surprises: the key is the id, one of 99; writing to an id that nobody uses makes it; one that is published cannot be
//! deleted, so it is taken back first.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::attribute::{Attribute, Type, text};
use super::{Creation, Default, KeyRule, Kind, Lookup, Shape, Side, Wanted};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::TenantFacts;

pub(super) static KIND: Kind = Kind {
    name: "authentication_context",
    table: "authentication_contexts",
    entity: "authenticationContextClassReference",
    path: "/identity/conditionalAccess/authenticationContextClassReferences",
    shape: Shape::Collection,
    whole: true,
    summary: "Authentication contexts: labels `c1` to `c99` that applications and activations of roles ask for.",
    documentation: "https://learn.microsoft.com/graph/api/resources/authenticationcontextclassreference",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1",
    plan_permissions: &["AuthenticationContext.Read.All"],
    apply_permissions: &["AuthenticationContext.ReadWrite.All"],
    keys: &[KeyRule {
        property: super::ID,
        lookup: Lookup::Filter,
        attribute: None,
        from_key: str::to_lowercase,
        unique: true,
        applies: |_| true,
    }],
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "isAvailable"],
    check,
    settle,
    creation,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[authentication_contexts.c1]
display_name = "Trusted devices"
description = "What only managed devices may open"
is_available = true
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(256), "Name of the context; a new one needs it.")
        .not_clearable(),
    Attribute::new("description", "description", text(1024), "What the context is for."),
    Attribute::new(
        "is_available",
        "isAvailable",
        Type::Boolean,
        "Whether it is published, so that applications can ask for it; `true` unless given.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false))
    .off_before_deletion(),
];

/// `c1` to `c99`.
///
/// Source: "authenticationContextClassReference resource type",
/// <https://learn.microsoft.com/graph/api/resources/authenticationcontextclassreference>.
fn is_context(key: &str) -> bool {
    let number = key.strip_prefix(['c', 'C']).filter(|digits| !digits.starts_with(['0', '+']));
    number.and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|number| (1..=99).contains(&number))
}

fn check(context: &Declared, diagnostics: &mut Diagnostics) {
    if !is_context(&context.address.key) {
        let message = "the key of an authentication context is its id, `c1` to `c99`";
        diagnostics.push(Diagnostic::error("invalid-key", message, &context.place, "not such an id"));
    }
}

fn settle(side: &Side<'_>, _: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(context) = side.declared.filter(|_| side.live.is_none()) else { return };
    wanted.values.entry("is_available".to_owned()).or_insert(Value::Bool(true));
    if !context.declares("display_name") {
        let message = format!("{} does not exist, and a new context needs `display_name`", context.address);
        let label = "add `display_name = \"…\"`";
        diagnostics.push(Diagnostic::error("missing-attribute", message, &context.place, label));
    }
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let body: Map<String, Value> =
        values.iter().map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone())).collect();
    Creation { path: KIND.path, body, ..(super::SINGLE.creation)(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_nine_ids_are_contexts() {
        assert_eq!((0..=120).filter(|number| is_context(&format!("c{number}"))).count(), 99);
        for wrong in ["", "c", "1", "c0", "c01", "c+1", "c100", "d1", "c1 "] {
            assert!(!is_context(wrong), "{wrong}");
        }
    }
}
