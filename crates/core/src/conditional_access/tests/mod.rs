//! The evaluation against what Microsoft documents, against properties it must have, and against a second evaluation.

mod documented;
mod properties;
mod naive;
pub(crate) mod strategies;

use serde_json::{Value, json};

use super::{CaseResult, Cases};

/// What is said of a case.
fn result(case: &Value) -> CaseResult {
    match Cases::read(case.clone()) {
        Ok(Cases::One(case)) => case.evaluate(),
        other => panic!("no single case: {other:?}"),
    }
}

#[test]
fn filters_take_no_operators_of_membership_rules() {
    let rules = [
        "device.model -match \"Surface.*\"",
        "device.operatingSystemVersion -ge \"10\"",
        "device.systemLabels -any (_ -eq \"M365Managed\")",
        "Direct Reports for \"62e19b97-8b3d-4d4a-a106-4ce66896a863\"",
    ];
    for rule in rules {
        let filter = json!({"mode": "include", "rule": rule});
        let policy = json!({"conditions": {"devices": {"deviceFilter": filter}}});
        let error = Cases::read(json!({"policies": [policy], "principal": {}, "signIn": {}})).unwrap_err();
        assert_eq!(error.pointer, "/policies/0/conditions/devices/deviceFilter/rule", "{rule}");
    }
}
