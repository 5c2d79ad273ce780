//! What must hold of every evaluation.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::result;
use super::strategies::{case, json_value};
use crate::conditional_access::{CaseResult, Cases, Outcome};

fn required(result: &CaseResult) -> BTreeSet<String> {
    result.controls.iter().map(|control| json!(control).to_string()).collect()
}

/// Whether a result asks for nothing that another does not ask for.
fn is_no_stricter(result: &CaseResult, than: &CaseResult) -> bool {
    let blocked = |result: &CaseResult| result.outcome == Outcome::Block;
    let is_blocked_by_policy = blocked(than) && than.block_reason.is_none();
    (!blocked(result) || blocked(than))
        && (is_blocked_by_policy || required(result).is_subset(&required(than)))
}

fn with_exclusion(case: &Value, place: usize, list: &str, id: Value) -> Value {
    let mut case = case.clone();
    let excluded = case["policies"][place]["conditions"]["users"][list].as_array_mut().unwrap();
    excluded.push(id);
    case
}

proptest! {
    #[test]
    fn an_exclusion_never_makes_it_stricter_for_the_excluded(case in case()) {
        let before = result(&case);
        for place in 0..case["policies"].as_array().unwrap().len() {
            let id = case["principal"]["id"].clone();
            let mut excluded = vec![with_exclusion(&case, place, "excludeUsers", id)];
            for (own, list) in [("groups", "excludeGroups"), ("roles", "excludeRoles")] {
                let ids = case["principal"][own].as_array().unwrap();
                excluded.extend(ids.iter().map(|id| with_exclusion(&case, place, list, id.clone())));
            }
            for after in excluded.iter().map(result) {
                let name = format!("P{}", place + 1);
                prop_assert!(!after.matched.contains(&name) && !after.report_only_matched.contains(&name));
                prop_assert!(is_no_stricter(&after, &before), "{before:?} became {after:?}");
            }
        }
    }

    #[test]
    fn a_disabled_policy_adds_nothing(case in case(), report_only in any::<bool>()) {
        let before = result(&case);
        let state = if report_only { "enabledForReportingButNotEnforced" } else { "disabled" };
        for place in 0..case["policies"].as_array().unwrap().len() {
            let mut case = case.clone();
            case["policies"][place]["state"] = state.into();
            let after = result(&case);
            let name = format!("P{}", place + 1);
            prop_assert!(!after.matched.contains(&name));
            prop_assert!(is_no_stricter(&after, &before), "{before:?} became {after:?}");
            prop_assert!(after.session_controls.iter().all(|name| before.session_controls.contains(name)));
        }
    }

    #[test]
    fn one_sentence_is_said_of_each_policy(case in case()) {
        let result = result(&case);
        let count = case["policies"].as_array().unwrap().len();
        prop_assert_eq!(result.why.len(), count);
        for (place, sentence) in result.why.iter().enumerate() {
            let name = format!("P{}", place + 1);
            prop_assert_eq!(sentence.starts_with(&format!("{name} applies")), result.matched.contains(&name));
            let reported = result.report_only_matched.contains(&name);
            prop_assert_eq!(sentence.starts_with(&format!("{name} would apply")), reported);
        }
    }

    #[test]
    fn any_json_is_a_case_or_refused(value in json_value()) {
        if let Ok(cases) = Cases::read(value.clone()) {
            let cases = match cases {
                Cases::One(case) => vec![*case],
                Cases::Many(cases) => cases,
            };
            for case in cases {
                case.evaluate();
            }
        }
    }

    #[test]
    fn any_member_of_a_case_may_be_anything(case in case(), place in 0..6usize, value in json_value()) {
        let mut case = case;
        let names = ["policies", "principal", "signIn", "namedLocations", "appGroups", "crossTenantTrust"];
        case[names[place]] = value;
        if let Ok(Cases::One(case)) = Cases::read(case) {
            case.evaluate();
        }
    }
}
