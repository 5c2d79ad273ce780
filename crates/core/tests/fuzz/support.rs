//! Texts to begin with, ways to spoil them, and tenants to plan against.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tenantry_core::address::ObjectId;
use tenantry_core::desired::Configuration;
use tenantry_core::diagnostic::{Diagnostic, SourceFile};
use tenantry_core::plan::{self, Options, Plan};
use tenantry_core::render::{self, Look};
use tenantry_core::snapshot::{Observed, Seen, Snapshot, TenantFacts};
use tenantry_core::{kinds, text};

/// Configurations of this repository, good and malformed, one text a file.
pub(crate) static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["examples", "tests/malformed"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name());
    let files =
        files.map(Result::unwrap).filter(|file| file.path().extension().is_some_and(|end| end == "toml"));
    let texts = files.map(|file| String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned());
    let texts: Vec<String> = texts.filter(|text| text.len() < 4000).collect();
    let examples = kinds::KINDS.iter().map(|kind| kind.example.to_owned());
    texts.into_iter().chain(examples).collect()
});

/// What a hand might write, or a hostile one.
const FRAGMENTS: &[&str] = &[
    "\n",
    "\r\n",
    "\t",
    " ",
    "=",
    ".",
    ",",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "#",
    "\\",
    "\\u0000",
    "\\U0010FFFF",
    "\\ud800",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "\u{200b}",
    "é",
    "𐀀",
    "\u{301}",
    "true",
    "false",
    "inf",
    "-nan",
    "0x10",
    "1_000",
    "-0",
    "1e400",
    "99999999999999999999",
    "1979-05-27",
    "1979-05-27T07:32:00Z",
    "2027-02-30",
    "07:32:00",
    "[tenant]\n",
    "[defaults.users]\n",
    "[manage]\n",
    "[limits]\n",
    "[protect]\n",
    "[handover]\n",
    "[manual.x]\nowner = \"user:a@contoso.com\"\nexpected = \"y\"\n",
    "checked = 2026-01-31\n",
    "every = \"1 month\"\n",
    "[users.\"a@contoso.com\"]\n",
    "[groups.Sales]\n",
    "[users]\n",
    "[[groups]]\n",
    "id = \"00000000-0000-4000-8000-000000000001\"\n",
    "absent = true\n",
    "members = [\"user:a@contoso.com\"]\n",
    "members = { add = [], remove = [\"*\"] }\n",
    "display_name = \"\"\n",
    "manager = \"user:a@contoso.com\"\n",
    "account_enabled = \"yes\"\n",
    "was = [\"x\"]\n",
    "until = 2027-01-01\n",
    "user:",
    "group:",
    "id:",
    "@contoso.com",
    "security_enabled = false\n",
    "membership_rule = \"user.department -eq \\\"Sales\\\"\"\n",
];

/// One way to spoil a text. Places are fractions of whatever length it has by then.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    Delete(Index, usize),
    Insert(Index, String),
    RepeatLine(Index, Index),
    Borrow(Index, Index, Index),
    Cut(Index),
}

pub(crate) fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => any::<char>().prop_map(String::from),
        1 => ("[\\[{(\"]", 1..300_usize).prop_map(|(text, count)| text.repeat(count)),
    ]
}

pub(crate) fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        3 => (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        5 => (any::<Index>(), fragment()).prop_map(|(at, text)| Edit::Insert(at, text)),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(line, at)| Edit::RepeatLine(line, at)),
        2 => (any::<Index>(), any::<Index>(), any::<Index>())
            .prop_map(|(text, line, at)| Edit::Borrow(text, line, at)),
        1 => any::<Index>().prop_map(Edit::Cut),
    ];
    prop::collection::vec(edit, 0..most)
}

pub(crate) fn edited(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits {
        let place = |text: &str, at: &Index| text.floor_char_boundary(at.index(text.len() + 1));
        match edit {
            Edit::Delete(at, length) => {
                let start = place(&text, at);
                let end = text.floor_char_boundary((start + length).min(text.len()));
                text.replace_range(start..end, "");
            }
            Edit::Insert(at, what) => text.insert_str(place(&text, at), what),
            Edit::RepeatLine(line, at) => {
                let line = line_of(&text, line);
                text.insert_str(place(&text, at), &line);
            }
            Edit::Borrow(other, line, at) => {
                let line = line_of(&CORPUS[other.index(CORPUS.len())], line);
                text.insert_str(place(&text, at), &line);
            }
            Edit::Cut(at) => text.truncate(place(&text, at)),
        }
    }
    text
}

fn line_of(text: &str, line: &Index) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() { String::new() } else { (*line.get(&lines)).to_owned() }
}

/// Every place is a stretch of whole characters of a file that was read.
pub(crate) fn assert_placed(found: &[Diagnostic], sources: &[SourceFile]) {
    assert!(!found.is_empty(), "refused without a reason");
    for diagnostic in found {
        assert!(!diagnostic.labels.is_empty(), "{diagnostic:?}");
        for (place, _) in &diagnostic.labels {
            let text = &sources[place.file()].text;
            assert!(text.get(place.start()..place.end()).is_some(), "{diagnostic:?} in {} bytes", text.len());
        }
    }
}

/// A tenant with something of everything, some of it under the names that configurations use.
pub(crate) fn tenant(configuration: &Configuration) -> Snapshot {
    let mut kinds = BTreeMap::new();
    for (number, kind) in kinds::KINDS.iter().enumerate() {
        let declared = configuration.objects.keys().filter(|address| address.kind == kind.name);
        let names = declared.map(|address| address.key.clone()).step_by(2).chain(["Left alone".into()]);
        let objects = names.enumerate().map(|(index, name)| live(number * 1000 + index, &name));
        let objects = objects.take(if kind.shape.is_single() { 1 } else { usize::MAX }).collect();
        let seen = Seen { objects, deleted: Vec::new(), complete: true, total: None };
        kinds.insert(kind.name.to_owned(), seen);
    }
    let tenant = TenantFacts {
        id: "00000000-0000-4000-8000-00000000ffff".to_owned(),
        name: "contoso.onmicrosoft.com".to_owned(),
        domains: vec!["contoso.com".to_owned(), "contoso.onmicrosoft.com".to_owned()],
        ..TenantFacts::default()
    };
    Snapshot { tenant, kinds, ..Snapshot::default() }
}

fn live(number: usize, name: &str) -> Observed {
    let properties = json!({
        "userPrincipalName": name, "displayName": name, "mail": name, "userType": "Member", "groupTypes": [],
        "securityEnabled": true, "uniqueName": null, "department": "\u{1b}[2J", "businessPhones": ["1"],
    });
    let Value::Object(properties) = properties else { unreachable!("it is written as an object") };
    let id = ObjectId::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap();
    let links = ["members", "owners", "manager", "sponsors"].map(|name| (name.to_owned(), Vec::new()));
    Observed { id, properties, links: links.into(), unreadable: Vec::new() }
}

pub(crate) fn options() -> Options {
    Options {
        today: jiff::civil::date(2027, 1, 1),
        targets: Vec::new(),
        list_unmanaged: true,
        directory: ".".to_owned(),
        resumed: BTreeSet::new(),
    }
}

/// Does with a plan whatever commands do, short of sending anything.
pub(crate) fn exercise(plan: &Plan, snapshot: &Snapshot) {
    for width in [0, 80, 1000] {
        for full in [false, true] {
            let shown = render::terminal(plan, None, &[], Look { width, colour: false, full });
            assert_visible(&shown);
        }
    }
    assert_visible(&render::markdown(plan));
    let file = plan::to_json(plan);
    assert_visible(&file);
    assert_eq!(plan::to_json(&plan::from_json(&file).unwrap()), file);
    let operations = plan::operations(plan);
    for (index, operation) in operations.iter().enumerate() {
        assert!(operation.after.iter().all(|other| *other < operations.len() && *other != index));
    }
    // Whether it may be approved is for the plan's own tests; that it can be asked is enough here.
    plan.approve(&[]).ok();
    plan::stale(plan, snapshot);
    plan::unfulfilled(plan, snapshot);
}

/// Nothing in a text can steer a terminal or hide; our own marks bring a variation selector.
#[track_caller]
pub(crate) fn assert_visible(shown: &str) {
    let hidden = shown
        .chars()
        .find(|character| text::is_hidden(*character) && !matches!(character, '\n' | '\u{fe0f}'));
    assert_eq!(hidden, None, "{shown:?}");
}
