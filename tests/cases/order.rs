//! Which writes are under way at one time, by the journal of an apply.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::bulk;
use crate::harness::{Sandbox, tests};

tests![
    writes_to_one_object_follow_one_another_while_others_go_side_by_side,
    writes_to_one_object_follow_one_another_when_answers_are_lost,
];

fn writes_to_one_object_follow_one_another_while_others_go_side_by_side() {
    let most = most_under_way(&json!({ "latency_ms": 100 }));
    assert!((21..=80).contains(&most), "{most} writes were under way, of four batches at most");
}

fn writes_to_one_object_follow_one_another_when_answers_are_lost() {
    most_under_way(&json!({ "latency_ms": 20, "lose_every": 3 }));
}

/// Applies, asserts that no two writes to one object were under way, and counts how many were altogether.
#[track_caller]
fn most_under_way(faults: &Value) -> usize {
    let (folder, sandbox) = (bulk::folder(), Sandbox::contoso());
    sandbox.faults(faults);
    folder.apply(&sandbox, &[]).run().exits_with(0);
    let mut under_way: BTreeMap<u64, String> = BTreeMap::new();
    let mut most = 0;
    for event in bulk::journals(&folder).remove(0) {
        let Some(operation) = event["operation"].as_u64() else { continue };
        if event["event"] == "end" {
            under_way.remove(&operation);
            continue;
        }
        let address = event["address"].as_str().unwrap().to_owned();
        let other = under_way.iter().find(|(other, held)| **other != operation && **held == address);
        assert_eq!(other, None, "{} while another write to it was under way", event["what"]);
        under_way.insert(operation, address);
        most = most.max(under_way.len());
    }
    assert!(under_way.is_empty(), "{under_way:?} came to no end");
    bulk::assert_converged(&folder, &sandbox);
    most
}
