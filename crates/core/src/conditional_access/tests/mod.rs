//! The evaluation against what Microsoft documents, against properties it must have, and against a second evaluation.

mod documented;
mod properties;
mod naive;
mod strategies;

use serde_json::Value;

use super::{CaseResult, Cases};

/// What is said of a case.
fn result(case: &Value) -> CaseResult {
    match Cases::read(case.clone()) {
        Ok(Cases::One(case)) => case.evaluate(),
        other => panic!("no single case: {other:?}"),
    }
}
