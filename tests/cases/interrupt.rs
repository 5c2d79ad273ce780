//! Ctrl-C during an apply.

use serde_json::json;

use super::bulk;
use crate::harness::{Sandbox, tests};

tests![
    interrupted_apply_finishes_what_is_in_flight_and_the_next_one_the_rest,
    apply_interrupted_while_it_reads_writes_nothing,
    apply_interrupted_while_it_waits_for_a_quota_sends_nothing_more,
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

fn apply_interrupted_while_it_waits_for_a_quota_sends_nothing_more() {
    let (folder, sandbox) = (bulk::folder(), Sandbox::contoso());
    // Thirty writes, and one more every five seconds: what is refused is to be sent again later than any test waits.
    sandbox.faults(&json!({ "quota": true, "quota_share": "1%" }));
    let mut running = folder.apply(&sandbox, &[]).start();
    for _ in 0..6000 {
        if sandbox.stats()["throttled"].as_u64() > Some(0) && sandbox.writes() > 0 {
            break;
        }
        assert!(running.is_running());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    running.interrupt();
    running.wait().exits_with(130).warns("finishing what is in flight").says("the run was interrupted");

    let journal = bulk::journals(&folder).remove(0);
    let count = |event: &str| journal.iter().filter(|entry| entry["event"] == event).count();
    assert_eq!(count("begin"), count("end"), "no write is left open");
    let done = journal.iter().filter(|entry| entry["outcome"] == "done").count();
    let unsent = journal.iter().filter(|entry| entry["outcome"] == "unsent").count();
    assert!(done > 0 && unsent > 0 && done + unsent == count("end"), "{done} done, {unsent} unsent");

    sandbox.well_behaved();
    folder.apply(&sandbox, &[]).run().exits_with(0).warns("0 writes were without an answer");
    bulk::assert_converged(&folder, &sandbox);
}
