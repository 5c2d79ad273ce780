//! Two evaluators of membership rules, written apart from each other: the one that plans ask and the sandbox's.

#[path = "../../core/src/rule/tests/strategies.rs"]
mod strategies;

use proptest::prelude::*;
use serde_json::Value;
use strategies::{NOW, rule, soup, spoiled, user};
use tenantry_core::rule::{Columns, Object, Rule, Semantics};

/// What the plans' evaluator says; why it refuses the rule.
fn ours(rule: &str, user: &Value) -> Result<bool, String> {
    let rule = Rule::parse(rule).map_err(|error| error.to_string())?;
    let mut columns = Columns::default();
    let program = rule.compile(&mut columns, Semantics::default(), NOW.parse().unwrap_or_default());
    Ok(program.matches(&columns.read(Object::Named(user.as_object().ok_or("no object")?))))
}

fn sandboxes(rule: &str, user: &Value) -> Result<bool, String> {
    tenantry_sandbox::rules::matches(rule, user, NOW.parse().unwrap_or_default())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_say_the_same_of_users(rule in rule(), users in prop::collection::vec(user(), 1..8)) {
        for user in users {
            let (ours, sandboxes) = (ours(&rule, &user), sandboxes(&rule, &user));
            prop_assert!(ours.is_ok(), "{}: {:?}", rule, ours);
            prop_assert_eq!(ours, sandboxes, "{} of {}", rule, user);
        }
    }

    #[test]
    fn both_refuse_the_same_texts(text in prop_oneof![1 => soup(), 3 => spoiled()], user in user()) {
        // What a directory extension that is no text takes is not documented, and read differently.
        prop_assume!(!text.contains("extension_"));
        let (ours, sandboxes) = (ours(&text, &user), sandboxes(&text, &user));
        match (&ours, &sandboxes) {
            (Err(_), Err(_)) => {}
            _ => prop_assert_eq!(ours, sandboxes, "{} of {}", text, user),
        }
    }
}
