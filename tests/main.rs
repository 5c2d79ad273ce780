//! The command as people and pipelines meet it: the real binary against a sandbox, over HTTP.
//!
//! Every folder in `scenarios` is a test of its own: a configuration, perhaps a tenant to start from, and the text
//! that the command is expected to print (`SNAPSHOTS=overwrite cargo test` writes it anew). What is no such story
//! stands in `cases`, one module a subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic in a helper is the report, as in a test"
)]

mod cases;
mod harness;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut tests = harness::scenario::tests();
    tests.extend(cases::tests());
    let conclusion = libtest_mimic::run(&arguments, tests);
    if arguments.list || conclusion.has_failed() {
        return conclusion.exit_code();
    }
    harness::contract::check(conclusion.num_filtered_out == 0)
}
