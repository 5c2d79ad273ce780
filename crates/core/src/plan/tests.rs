//! Plans and operations over small tenants made by hand: what only a table test can show quickly.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{FORMAT_VERSION, Operation, Options, Plan, Verb, between, from_json, operations, to_json};
use crate::address::{Address, ObjectId, Target};
use crate::config;
use crate::diagnostic::SourceFile;
use crate::snapshot::{Observed, Seen, Snapshot, TenantFacts};

fn id(number: usize) -> ObjectId {
    ObjectId::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
}

fn live(number: usize, properties: Value, members: &[usize]) -> Observed {
    let Value::Object(properties) = properties else { panic!("properties are an object") };
    let members = members.iter().map(|number| Target::existing(id(*number), format!("id:{}", id(*number))));
    let links =
        BTreeMap::from([("members".to_owned(), members.collect()), ("manager".to_owned(), Vec::new())]);
    Observed { id: id(number), properties, links, unreadable: Vec::new() }
}

fn user(number: usize, name: &str) -> Observed {
    live(number, json!({ "userPrincipalName": name, "displayName": name, "userType": "Member" }), &[])
}

fn group(number: usize, name: &str, members: &[usize]) -> Observed {
    live(number, json!({ "displayName": name, "groupTypes": [], "securityEnabled": true }), members)
}

fn tenant(users: Vec<Observed>, groups: Vec<Observed>) -> Snapshot {
    let seen = |objects| Seen { objects, deleted: Vec::new(), complete: true, total: None };
    Snapshot {
        tenant: TenantFacts {
            id: id(0).to_string(),
            name: "contoso.onmicrosoft.com".to_owned(),
            domains: vec!["contoso.com".to_owned()],
            ..TenantFacts::default()
        },
        kinds: BTreeMap::from([("user".to_owned(), seen(users)), ("group".to_owned(), seen(groups))]),
        ..Snapshot::default()
    }
}

fn plan(text: &str, snapshot: &Snapshot) -> Plan {
    resumed_plan(text, snapshot, BTreeSet::new())
}

fn resumed_plan(text: &str, snapshot: &Snapshot, resumed: BTreeSet<Address>) -> Plan {
    let source = SourceFile::new("tenantry.toml", text.as_bytes().to_vec());
    let configuration = config::parse(vec![source]).unwrap();
    let options = Options {
        today: jiff::civil::date(2026, 1, 1),
        targets: Vec::new(),
        list_unmanaged: false,
        directory: ".".to_owned(),
        resumed,
    };
    between(&configuration, snapshot, &options).unwrap()
}

fn described(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(Operation::describe).collect()
}

/// Whether one operation waits for the other, itself or through others.
fn waits(operations: &[Operation], waiting: &str, awaited: &str) -> bool {
    let find = |what: &str| operations.iter().position(|operation| operation.describe() == what).unwrap();
    let (mut open, awaited) = (vec![find(waiting)], find(awaited));
    while let Some(index) = open.pop() {
        if index == awaited {
            return true;
        }
        open.extend(&operations[index].after);
    }
    false
}

#[test]
fn links_go_twenty_to_a_request_and_those_to_new_objects_last() {
    let users: Vec<Observed> =
        (1..=45).map(|number| user(number, &format!("u{number}@contoso.com"))).collect();
    let members: Vec<String> = (1..=45).map(|number| format!("\"user:u{number}@contoso.com\"")).collect();
    let text = format!(
        "[users.\"new@contoso.com\"]\ndisplay_name = \"New\"\n[groups.Sales]\nmembers = [\"user:new@contoso.com\", {}]\n",
        members.join(", ")
    );
    let plan = plan(&text, &tenant(users, vec![group(100, "Sales", &[])]));
    let operations = operations(&plan);
    let sizes: Vec<usize> = operations
        .iter()
        .filter_map(|operation| match &operation.verb {
            Verb::Link { targets, .. } => Some(targets.len()),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [20, 20, 5, 1]);
    assert!(waits(
        &operations,
        "add user:new@contoso.com to members of group:Sales",
        "create user:new@contoso.com"
    ));
}

#[test]
fn a_member_is_taken_out_before_it_is_deleted() {
    let snapshot =
        tenant(vec![user(1, "old@contoso.com"), user(2, "new@contoso.com")], vec![group(100, "Sales", &[1])]);
    let text =
        "[users.\"old@contoso.com\"]\nabsent = true\n[groups.Sales]\nmembers = [\"user:new@contoso.com\"]\n";
    let operations = operations(&plan(text, &snapshot));
    let unlink = "remove user:old@contoso.com from members of group:Sales";
    assert!(waits(&operations, "delete user:old@contoso.com", unlink));
    assert!(waits(&operations, unlink, "add user:new@contoso.com to members of group:Sales"));
}

#[test]
fn a_name_is_given_up_before_it_is_taken() {
    let snapshot = tenant(vec![user(1, "lee@contoso.com"), user(2, "lee.gu@contoso.com")], Vec::new());
    let text = "[users.\"lee@contoso.com\"]\nabsent = true\n\
        [users.first]\nid = \"00000000-0000-4000-8000-000000000002\"\nuser_principal_name = \"lee@contoso.com\"\n";
    let operations = operations(&plan(text, &snapshot));
    assert!(
        waits(&operations, "update user:first (userPrincipalName)", "delete user:lee@contoso.com"),
        "{:?}",
        described(&operations)
    );
}

#[test]
fn names_that_two_objects_swap_are_refused_and_do_not_wait_for_each_other_forever() {
    let snapshot = tenant(vec![user(1, "a@contoso.com"), user(2, "b@contoso.com")], Vec::new());
    let swap = |key: &str, number: usize, name: &str| {
        format!("[users.{key}]\nid = \"{}\"\nuser_principal_name = \"{name}\"\n", id(number))
    };
    let text = swap("first", 1, "b@contoso.com") + &swap("second", 2, "a@contoso.com");
    let plan = plan(&text, &snapshot);
    let operations = operations(&plan);
    assert_eq!(operations.len(), 2);
    assert!(operations.iter().any(|operation| operation.after.is_empty()));
    assert_eq!(plan.refusals().filter(|note| note.code == "name-swap").count(), 2);
}

#[test]
fn managers_of_new_people_may_be_new_themselves() {
    let text = "[users.\"a@contoso.com\"]\ndisplay_name = \"A\"\nmanager = \"user:b@contoso.com\"\n\
        [users.\"b@contoso.com\"]\ndisplay_name = \"B\"\nsponsors = [\"user:a@contoso.com\"]\n";
    let operations = operations(&plan(text, &tenant(Vec::new(), Vec::new())));
    assert!(waits(
        &operations,
        "set manager of user:a@contoso.com to user:b@contoso.com",
        "create user:b@contoso.com"
    ));
    assert!(waits(
        &operations,
        "add user:a@contoso.com to sponsors of user:b@contoso.com",
        "create user:a@contoso.com"
    ));
    assert!(operations.iter().take(2).all(|operation| operation.after.is_empty()));
}

#[test]
fn a_plan_comes_back_from_its_file_and_altered_ones_do_not() {
    let snapshot = tenant(Vec::new(), vec![group(100, "Sales", &[])]);
    let json = to_json(&plan("[groups.Sales]\ndescription = \"a\\u202Eb\"\n", &snapshot));
    assert!(!json.contains('\u{202e}'), "invisible characters are escaped");
    assert_eq!(to_json(&from_json(&json).unwrap()), json);
    assert!(from_json(&json.replace("description", "displayName")).is_err());
    let version = |number: u32| format!("\"format_version\": {number}");
    let newer = json.replace(&version(FORMAT_VERSION), &version(FORMAT_VERSION + 1));
    assert!(newer != json && from_json(&newer).is_err());
    for length in (0..json.len()).step_by(97) {
        assert!(from_json(json.get(..length).unwrap_or_default()).is_err());
    }
}

#[test]
fn what_an_interrupted_run_began_may_be_completed_and_not_deleted_beyond_the_limit() {
    let names: Vec<String> = (1..=14).map(|number| format!("u{number}@contoso.com")).collect();
    let users: Vec<Observed> = names.iter().zip(1..).map(|(name, number)| user(number, name)).collect();
    let snapshot = tenant(users, Vec::new());
    let resumed: BTreeSet<Address> = names.iter().map(|name| Address::new("user", name.clone())).collect();
    let all =
        |line: &str| names.iter().map(|name| format!("[users.\"{name}\"]\n{line}\n")).collect::<String>();
    let refusals = |plan: &Plan| {
        plan.refusals()
            .filter_map(|note| note.allowed_by.clone())
            .map(|by| by.to_string())
            .collect::<Vec<_>>()
    };
    let (updates, deletions) = (all("department = \"Sales\""), all("absent = true"));
    assert_eq!(refusals(&plan(&updates, &snapshot)), ["update:users=14"]);
    assert!(refusals(&resumed_plan(&updates, &snapshot, resumed.clone())).is_empty());
    assert_eq!(refusals(&resumed_plan(&deletions, &snapshot, resumed)), ["delete:users=14"]);
}
