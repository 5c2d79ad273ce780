//! Random rules: what was printed is what is read, and no text stops the parser, whatever it is.

use proptest::prelude::*;
use serde_json::Value;

use super::strategies::{NOW, rule, soup, spoiled, user};
use crate::rule::{Columns, Object, Program, Record, Rule, Semantics};

fn compiled(rule: &Rule, user: &Value) -> (Program, Record) {
    let mut columns = Columns::default();
    let program = rule.compile(&mut columns, Semantics::default(), NOW.parse().unwrap());
    let record = columns.read(Object::Named(user.as_object().unwrap()));
    (program, record)
}

proptest! {
    #[test]
    fn what_was_printed_is_read_back(text in rule()) {
        let first = Rule::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let printed = first.to_string();
        let second = Rule::parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(&first, &second, "{} as {}", &text, &printed);
        prop_assert_eq!(printed, second.to_string());
    }

    #[test]
    fn a_printed_rule_says_the_same_and_explains_itself(text in rule(), user in user()) {
        let first = Rule::parse(&text).unwrap();
        let second = Rule::parse(&first.to_string()).unwrap();
        let (program, record) = compiled(&first, &user);
        let (again, record_again) = compiled(&second, &user);
        let matches = program.matches(&record);
        prop_assert_eq!(matches, again.matches(&record_again));
        prop_assert_eq!(first.explain(&program, &record).expression_result, matches);
    }

    #[test]
    fn nothing_that_anybody_types_stops_the_parser(text in prop_oneof![soup(), spoiled(), any::<String>()]) {
        match Rule::parse(&text) {
            Ok(rule) => {
                for lint in rule.lints() {
                    prop_assert!(text.get(lint.span.clone()).is_some(), "{:?} in {}", lint, text);
                }
                let again = Rule::parse(&rule.to_string()).ok();
                prop_assert_eq!(again.as_ref(), Some(&rule), "{}", text);
            }
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {}", error, text);
                prop_assert_eq!(error.offset, text[..error.span.start].chars().count());
                prop_assert!(!error.message.chars().any(crate::text::is_hidden));
            }
        }
    }
}

/// Whatever grows, the parser looks at each token a bounded number of times: texts far beyond the limit are refused
/// before anything is read, and the longest that are read take no time to speak of.
#[test]
fn the_longest_texts_are_read_to_their_end() {
    let part = "user.otherMails -any (_ -eq \"a\") -or ";
    for piece in ["(", "[", "\"", "'", "`\"", "-not ", "\"a\"", part, "user.city -match \"(a*)*\" -and ", "é"]
    {
        let text = piece.repeat(3_072 / piece.len());
        assert!(Rule::parse(&text).is_err(), "{piece}");
        assert!(Rule::parse(&piece.repeat(100_000)).unwrap_err().message.contains("at most 3072"));
    }
}
