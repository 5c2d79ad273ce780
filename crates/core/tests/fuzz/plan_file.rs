//! Saved plans that somebody changed: refused, or as good as new, and never a crash.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tenantry_core::config;
use tenantry_core::diagnostic::SourceFile;
use tenantry_core::plan;
use tenantry_core::snapshot::Snapshot;

use crate::support::{edited, edits, exercise, fragment, options, tenant};

const CONFIGURATION: &str = r#"
[tenant]
id = "contoso.onmicrosoft.com"
[users."adele.vance@contoso.com"]
display_name = "Adele Vance"
department = "Retail"
business_phones = ["+1 425 555 0109"]
manager = "user:megan.bowen@contoso.com"
[users."alex.wilber@contoso.com"]
absent = true
[users."megan.bowen@contoso.com"]
display_name = "Megan Bowen"
[groups."Retail"]
description = "Everybody in Retail"
members = ["user:adele.vance@contoso.com", { user = "megan.bowen@contoso.com", until = 2027-03-31 }]
[manual."SSPR scope"]
owner = "user:adele.vance@contoso.com"
expected = "All"
checked = 2026-01-31
[groups."Sales"]
members = ["user:megan.bowen@contoso.com"]
"#;

/// A plan as it was saved, and the tenant it was made for.
static SAVED: LazyLock<(String, Snapshot)> = LazyLock::new(|| {
    let text = CONFIGURATION.replace(
        r#"{ user = "megan.bowen@contoso.com", until = 2027-03-31 }"#,
        "\"user:megan.bowen@contoso.com\"",
    );
    let source = SourceFile::new("tenantry.toml", text.into_bytes());
    let configuration = config::parse(vec![source]).unwrap();
    let snapshot = tenant(&configuration);
    let plan = plan::between(&configuration, &snapshot, &options()).unwrap();
    (plan::to_json(&plan), snapshot)
});

/// The saved plan with another value at one place, deep or shallow, and the digest that fits it.
fn forged(places: &[(Index, Value)]) -> String {
    let mut whole: Value = serde_json::from_str(&SAVED.0).unwrap();
    whole.as_object_mut().unwrap().remove("digest");
    for (at, value) in places {
        let pointers = pointers(&whole, "");
        let pointer = at.get(&pointers);
        *whole.pointer_mut(pointer).unwrap() = value.clone();
    }
    let digest: String = Sha256::digest(whole.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(object) = whole.as_object_mut() {
        object.insert("digest".to_owned(), json!(digest));
    }
    whole.to_string()
}

/// Every place in a value, as JSON pointers.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    let inner = inner.into_iter().flat_map(|(name, value)| pointers(value, &format!("{at}/{name}")));
    inner.chain((!at.is_empty()).then(|| at.to_owned())).collect()
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "user",
        "group",
        "create",
        "update",
        "delete",
        "restore",
        "value",
        "links",
        "members",
        "manager",
        "missing",
        "user:a@contoso.com",
        "00000000-0000-4000-8000-000000000001",
        "refusal",
        "2027-01-01",
        "\u{1b}[31m\u{202e}",
        "delete:users=1",
        "displayName",
        "display_name",
        "",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        fragment().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn a_forged_digest_is_made_as_the_real_one() {
    assert!(plan::from_json(&forged(&[])).is_ok());
}

proptest! {
    #[test]
    fn a_file_whose_content_changed_is_refused(edits in edits(4)) {
        let text = edited(&SAVED.0, &edits);
        let saved: Value = serde_json::from_str(&SAVED.0).unwrap();
        let same = serde_json::from_str::<Value>(&text).is_ok_and(|found| found == saved);
        prop_assert_eq!(plan::from_json(&text).is_ok(), same);
    }

    #[test]
    fn a_file_with_a_forged_digest_is_refused_or_can_be_shown(
        places in prop::collection::vec((any::<Index>(), any_json()), 1..4),
    ) {
        if let Ok(plan) = plan::from_json(&forged(&places)) {
            exercise(&plan, &SAVED.1);
        }
    }

    #[test]
    fn noise_is_no_plan(text in any::<String>(), value in any_json()) {
        prop_assert!(plan::from_json(&text).is_err());
        prop_assert!(plan::from_json(&value.to_string()).is_err());
    }
}
