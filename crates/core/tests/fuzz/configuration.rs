//! Whatever the files say, the answer is a configuration, or mistakes that each have a place.

use proptest::prelude::*;
use tenantry_core::config::{self, LoadError};
use tenantry_core::diagnostic::SourceFile;
use tenantry_core::kinds::{Attribute, KINDS, Type, snake_case};
use tenantry_core::plan;

use crate::support::{CORPUS, assert_placed, edited, edits, exercise, fragment, options, tenant};

/// Reads the files, and plans with what they say.
fn judge(files: &[Vec<u8>]) {
    let names = ["tenantry.toml", "users.toml", "groups.toml"];
    let source = |(name, bytes): (&str, &Vec<u8>)| SourceFile::new(name, bytes.clone());
    let sources: Vec<SourceFile> = names.into_iter().zip(files).map(source).collect();
    match config::parse(sources.clone()) {
        Ok(configuration) => {
            let snapshot = tenant(&configuration);
            match plan::between(&configuration, &snapshot, &options()) {
                Ok(plan) => exercise(&plan, &snapshot),
                Err(found) => assert_placed(&found, &sources),
            }
        }
        Err(LoadError::Invalid(invalid)) => assert_placed(&invalid.diagnostics, &sources),
        Err(error @ LoadError::Unreadable(_)) => panic!("the files were given: {error}"),
    }
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let text = (prop::sample::select(&CORPUS[..]), edits(8)).prop_map(|(text, edits)| edited(&text, &edits));
    (text, prop::option::weighted(0.05, (any::<prop::sample::Index>(), any::<u8>()))).prop_map(
        |(text, spoiled)| {
            let mut bytes = text.into_bytes();
            if let Some((at, byte)) = spoiled.filter(|_| !bytes.is_empty()) {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        },
    )
}

/// A value of roughly the attribute's type, or of any other.
fn value(of: &Type) -> BoxedStrategy<String> {
    let reference = "(user|group|id|device):[a-c]{1,2}(@contoso\\.com)?".prop_map(|text| format!("{text:?}"));
    let text = "[ -!#-\\[\\]-~]{0,12}".prop_map(|text| format!("\"{text}\""));
    let date = prop::sample::select(&["2027-01-01T00:00:00Z", "\"2027-01-01\"", "2027-01-01", "1e3"][..]);
    let fitting = match of {
        Type::Boolean => any::<bool>().prop_map(|flag| flag.to_string()).boxed(),
        Type::Integer { .. } => (-3_i64..100_000).prop_map(|number| number.to_string()).boxed(),
        Type::Reference(_) => reference.prop_map(|reference| reference.to_string()).boxed(),
        Type::Member(member) => value(&member.value).boxed(),
        Type::Named(named) if named.single => reference.prop_map(|reference| reference.to_string()).boxed(),
        Type::References(_) | Type::Named(_) => {
            prop::collection::vec(reference, 0..3).prop_map(|list| format!("[{}]", list.join(", "))).boxed()
        }
        Type::Targets { .. } => {
            let target =
                prop_oneof![reference, Just("\"all_users\"".to_owned()), Just("{ ref = 1 }".to_owned())];
            prop::collection::vec(target, 0..3).prop_map(|list| format!("[{}]", list.join(", "))).boxed()
        }
        Type::Duration { .. } => "[P0-9DTHM]{1,5}".prop_map(|text| format!("{text:?}")).boxed(),
        Type::Rule => Just("'user.department -eq \"a\"'".to_owned()).boxed(),
        Type::DateTime => date.prop_map(str::to_owned).boxed(),
        Type::Enumeration(members) | Type::Flags(members) => {
            prop::sample::select(*members).prop_map(|member| format!("{:?}", snake_case(member))).boxed()
        }
        Type::Words(words) => {
            prop::sample::select(*words).prop_map(|word| format!("{:?}", word.name)).boxed()
        }
        Type::Texts { .. } => prop::collection::vec(text.clone(), 0..3)
            .prop_map(|list| format!("[{}]", list.join(", ")))
            .boxed(),
        Type::Record(_) | Type::SecurityAttributes => Just("{ city = \"x\", number = 1 }".to_owned()).boxed(),
        Type::Records(_) => Just("[{ }, { sign_in_type = \"userName\" }]".to_owned()).boxed(),
        Type::Licenses { .. } => prop_oneof![
            prop::collection::vec(text.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            text.clone().prop_map(|sku| format!(
                "{{ at_least = [{{ sku = {sku}, enabled_plans = [{sku}] }}], never = [{sku}] }}"
            )),
            text.clone(),
        ]
        .boxed(),
        Type::Assignments(_) => prop_oneof![
            prop::collection::vec(assignment(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
            (assignment(), assignment())
                .prop_map(|(at_least, never)| format!("{{ at_least = [{at_least}], never = [{never}] }}")),
        ]
        .boxed(),
        Type::Item(member) => value(&member.value).boxed(),
        Type::Ranges { .. } => {
            prop::collection::vec("[0-9.:/]{1,12}", 0..3).prop_map(|ranges| format!("{ranges:?}")).boxed()
        }
        Type::Schedules(_) => prop_oneof![
            prop::collection::vec(schedule(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
            (schedule(), schedule())
                .prop_map(|(at_least, never)| format!("{{ at_least = [{at_least}], never = [{never}] }}")),
        ]
        .boxed(),
        Type::Link(_) => prop_oneof![
            reference.clone(),
            prop::collection::vec(reference.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
            prop::collection::vec(reference, 0..3)
                .prop_map(|list| format!("{{ add = [{}] }}", list.join(", "))),
        ]
        .boxed(),
        Type::Text { .. } | Type::Extension => text.clone().boxed(),
    };
    prop_oneof![9 => fitting, 1 => text, 1 => fragment()].boxed()
}

/// An entry of a list of schedules.
fn schedule() -> impl Strategy<Value = String> {
    let end = prop_oneof![
        Just(String::new()),
        Just(", until = 2027-03-31".to_owned()),
        Just(", until = 2027-03-31T08:00:00Z".to_owned()),
        "[P0-9DTH]{1,5}".prop_map(|duration| format!(", duration = {duration:?}")),
        Just(", scope = \"unit:a\"".to_owned()),
        Just(", ticket = { number = \"1\", system = \"x\" }".to_owned()),
    ];
    prop_oneof![
        "(user|group|device):[a-c]{1,2}".prop_map(|member| format!("{member:?}")),
        ("(user|group|device):[a-c]{1,2}", end)
            .prop_map(|(member, end)| format!("{{ ref = {member:?}{end} }}")),
    ]
}

/// An entry of a list of role assignments.
fn assignment() -> impl Strategy<Value = String> {
    ("[a-c]{1,2}", "(user|group|device):[a-c]{1,2}")
        .prop_map(|(role, member)| format!("{{ role = \"role:{role}\", member = {member:?} }}"))
}

/// A table of an object with some of its kind's attributes.
fn object() -> impl Strategy<Value = String> {
    let kinds = prop::sample::select(KINDS);
    kinds.prop_flat_map(|kind| {
        let attributes = {
            let all: Vec<&'static Attribute> = kind.attributes.iter().collect();
            let most = all.len().min(5);
            prop::sample::subsequence(all, 0..=most)
        };
        let key = "[a-c]{1,2}(@contoso\\.com)?";
        (key, attributes).prop_flat_map(move |(key, attributes)| {
            let values: Vec<_> = attributes
                .iter()
                .map(|attribute| {
                    let name = attribute.name;
                    value(&attribute.value).prop_map(move |value| format!("{name} = {value}\n"))
                })
                .collect();
            let header = match kind.shape.is_single() {
                true => kind.table.to_owned(),
                false => format!("{}.{key:?}", kind.table),
            };
            values.prop_map(move |values| format!("[{header}]\n{}\n", values.concat()))
        })
    })
}

proptest! {
    #[test]
    fn spoiled_files_give_a_configuration_or_placed_mistakes(files in prop::collection::vec(file(), 1..=3)) {
        judge(&files);
    }

    #[test]
    fn made_up_objects_give_a_configuration_or_placed_mistakes(
        objects in prop::collection::vec(object(), 0..5),
        edits in edits(3),
    ) {
        let text = format!("[tenant]\nid = \"contoso.onmicrosoft.com\"\n{}", objects.concat());
        judge(&[edited(&text, &edits).into_bytes()]);
        judge(&[text.into_bytes()]);
    }

    #[test]
    fn noise_gives_a_configuration_or_placed_mistakes(bytes in any::<Vec<u8>>(), words in prop::collection::vec(fragment(), 0..30)) {
        judge(&[bytes, words.concat().into_bytes()]);
    }
}
