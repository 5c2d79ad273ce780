//! Who moves through rules, as a line of an item, or an item of its own where nothing else changes.

use super::view::{Body, Item, Line, Sign};
use crate::address::Target;
use crate::plan::Movement;
use crate::text::counted;

/// A group that stays as it is, and whose rule takes in or leaves out people who change.
pub(super) fn item(movement: &Movement) -> Item {
    Item {
        sign: Sign::Same,
        name: movement.address.key.to_string(),
        remark: Some("through its rule".to_owned()),
        lines: vec![line(movement)],
    }
}

/// `14 people join, 2 leave`, and who that is.
pub(super) fn line(movement: &Movement) -> Line {
    let named = |sign, targets: &[Target]| -> Vec<(Sign, String)> {
        targets.iter().map(|target| (sign, target.name.to_string())).collect()
    };
    let mut names = named(Sign::Add, &movement.joins);
    names.extend(named(Sign::Remove, &movement.leaves));
    Line { label: "members".to_owned(), body: Body::Moves(summary(movement), names) }
}

fn summary(movement: &Movement) -> String {
    let (one, many) = if movement.is_about_devices() { ("device", "devices") } else { ("person", "people") };
    let verb = |count: usize, verb: &str| if count == 1 { format!("{verb}s") } else { verb.to_owned() };
    let said = |count: usize, word: &str| format!("{} {}", counted(count, one, many), verb(count, word));
    match (movement.joins.len(), movement.leaves.len()) {
        (0, 0) => "nobody joins or leaves".to_owned(),
        (joins, 0) => said(joins, "join"),
        (0, leaves) => said(leaves, "leave"),
        (joins, leaves) => format!("{}, {leaves} {}", said(joins, "join"), verb(leaves, "leave")),
    }
}
