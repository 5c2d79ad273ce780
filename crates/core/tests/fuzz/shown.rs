//! Names from a tenant, wherever they are shown.

use proptest::prelude::*;
use proptest::string::string_regex;
use tenantry_core::text::{markdown, terminal};

/// What Unicode calls control, format, surrogate-free separator: by the tables of another crate than ours.
fn invisible() -> impl Strategy<Value = String> {
    string_regex("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]{1,6}").unwrap()
}

fn name() -> impl Strategy<Value = (String, String)> {
    (any::<String>(), invisible(), any::<String>())
        .prop_map(|(before, hidden, after)| (format!("{before}{hidden}{after}"), hidden))
}

/// The text as a viewer shows it: character references decoded, nothing else taken for markup.
fn decoded(markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = markdown;
    while let Some((before, after)) = rest.split_once("&#") {
        let (number, after) = after.split_once(';').unwrap();
        text.push_str(before);
        text.push(char::from_u32(number.parse().unwrap()).unwrap());
        rest = after;
    }
    text + rest
}

proptest! {
    #[test]
    fn a_terminal_never_gets_what_steers_it((name, hidden) in name()) {
        let shown = terminal(&name);
        for character in hidden.chars() {
            prop_assert!(!shown.contains(character), "{:?} in {:?}", character, shown);
        }
        prop_assert!(!shown.contains(char::is_control));
    }

    #[test]
    fn markdown_shows_the_name_and_starts_no_markup((name, hidden) in name()) {
        let shown = markdown(&name);
        for character in hidden.chars().chain("\\`*_{}[]()!|<>~$:\"'@".chars()) {
            prop_assert!(!shown.contains(character), "{:?} in {:?}", character, shown);
        }
        prop_assert!(shown.split("&#").skip(1).all(|rest| rest.split(';').next().is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))));
        prop_assert!(shown.matches('&').count() == shown.matches("&#").count());
        prop_assert_eq!(decoded(&shown).replace('\u{200b}', ""), terminal(&name));
    }
}
