//! Ctrl-C during an apply.

use serde_json::json;

use super::bulk;
use crate::harness::{Sandbox, tests};

tests![
    interrupted_apply_finishes_what_is_in_flight_and_the_next_one_the_rest,
    apply_interrupted_while_it_reads_writes_nothing,
];

fn interrupted_apply_finishes_what_is_in_flight_and_the_next_one_the_rest() {
    let (folder, sandbox) = (bulk::folder(), Sandbox::contoso());
    sandbox.faults(&json!({ "latency_ms": 250 }));
    let mut running = folder.apply(&sandbox, &[]).start();
    assert!(bulk::wait_for_writes(&sandbox, 20, &mut running));
    running.interrupt();
    let interrupted =
        running.wait().exits_with(130).warns("finishing what is in flight").says("the run was interrupted");
    assert!(interrupted.stdout.contains("again to go on"), "{}", interrupted.stdout);

    let journals = bulk::journals(&folder);
    let count = |event: &str| journals[0].iter().filter(|entry| entry["event"] == event).count();
    assert_eq!(count("begin"), count("end"), "every write that was sent has its fate in the journal");
    assert_eq!(count("finished"), 0, "the run did not come to its end");
    assert!(count("end") < 150, "it stopped in the middle");

    sandbox.well_behaved();
    folder.apply(&sandbox, &[]).run().exits_with(0).warns("an earlier run");
    bulk::assert_converged(&folder, &sandbox);
}

fn apply_interrupted_while_it_reads_writes_nothing() {
    let (folder, sandbox) = (bulk::folder(), Sandbox::contoso());
    sandbox.faults(&json!({ "latency_ms": 400 }));
    let mut running = folder.apply(&sandbox, &[]).start();
    for _ in 0..2000 {
        if sandbox.stats()["requests"].as_u64() > Some(0) || !running.is_running() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    running.interrupt();
    let ended = running.wait();
    assert!(ended.code != Some(0), "{:?}\n{}", ended.code, ended.stdout);
    assert_eq!(sandbox.writes(), 0);
    assert!(bulk::journals(&folder).is_empty());
}
