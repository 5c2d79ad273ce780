//! An apply that is killed in the middle, and what the next one makes of it.

use serde_json::json;

use super::bulk;
use crate::harness::{Folder, Sandbox, tests};

tests![
    apply_killed_before_its_first_answer_is_completed_by_the_next,
    apply_killed_among_creations_is_completed_by_the_next,
    apply_killed_between_creations_and_links_is_completed_by_the_next,
    apply_killed_among_links_is_completed_by_the_next,
    apply_killed_again_and_again_converges,
    example_killed_after_its_first_write_is_completed_by_the_next,
    limits_do_not_stand_in_the_way_of_completing_an_interrupted_run,
    half_a_line_in_the_journal_is_no_obstacle,
];

fn apply_killed_before_its_first_answer_is_completed_by_the_next() {
    kill_after(&[1]);
}

fn apply_killed_among_creations_is_completed_by_the_next() {
    kill_after(&[21]);
}

fn apply_killed_between_creations_and_links_is_completed_by_the_next() {
    kill_after(&[70]);
}

fn apply_killed_among_links_is_completed_by_the_next() {
    kill_after(&[110]);
}

fn apply_killed_again_and_again_converges() {
    kill_after(&[5, 30, 60, 90, 120]);
}

/// Kills one apply after another, each once the sandbox has taken so many writes; the last one may finish.
fn kill_after(points: &[u64]) {
    let (folder, sandbox) = (bulk::folder(), Sandbox::contoso());
    sandbox.faults(&json!({ "latency_ms": 60 }));
    for point in points {
        let mut running = folder.apply(&sandbox, &[]).start();
        assert!(bulk::wait_for_writes(&sandbox, *point, &mut running), "it ended before {point} writes");
        running.kill();
    }
    sandbox.well_behaved();
    folder.apply(&sandbox, &[]).run().exits_with(0).warns("an earlier run");
    bulk::assert_converged(&folder, &sandbox);
    let quiet = folder.apply(&sandbox, &[]).run().exits_with(0).says("nothing to do");
    assert!(
        !quiet.stderr.contains("an earlier run"),
        "a finished run covers the earlier ones: {}",
        quiet.stderr
    );
}

fn example_killed_after_its_first_write_is_completed_by_the_next() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    sandbox.faults(&json!({ "latency_ms": 200 }));
    let mut running = folder.apply(&sandbox, &[]).start();
    assert!(bulk::wait_for_writes(&sandbox, 1, &mut running));
    running.kill();
    sandbox.well_behaved();
    folder.apply(&sandbox, &[]).run().exits_with(0).warns("an earlier run");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
    crate::harness::tree::assert_no_duplicates(&sandbox.state());
}

fn limits_do_not_stand_in_the_way_of_completing_an_interrupted_run() {
    let (folder, sandbox) = (Folder::of(&bulk::configuration()), Sandbox::contoso());
    sandbox.faults(&json!({ "latency_ms": 60 }));
    let mut running = folder.apply(&sandbox, &[]).start();
    assert!(bulk::wait_for_writes(&sandbox, 70, &mut running));
    running.kill();
    sandbox.well_behaved();
    folder.apply(&sandbox, &[]).run().exits_with(0);
    bulk::assert_converged(&folder, &sandbox);
}

fn half_a_line_in_the_journal_is_no_obstacle() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let journals = folder.config().join(".tenantry/journal");
    std::fs::create_dir_all(&journals).unwrap();
    let tenant = sandbox.tenant();
    let run = json!({ "event": "run", "began": "2026-10-01T08:00:00Z", "run": { "tenant": tenant } });
    let cut = format!("{run}\n{{\"event\":\"begin\",\"oper");
    std::fs::write(journals.join("20261001T080000Z-00000000.jsonl"), cut).unwrap();
    folder.apply(&sandbox, &[]).run().exits_with(0).warns("an earlier run (2026-10-01T08:00:00Z)");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
}
