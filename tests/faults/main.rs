//! Applies under random faults: whatever the service does, and wherever the command is killed, the tenant ends as
//! declared or a report says what is missing, and nothing is made twice, forgotten, or written that was not planned.
//!
//! `TENANTRY_FAULT_SEED` repeats a suite, `TENANTRY_FAULT_RUNS` sets how many applies meet faults (300 by default), and
//! `TENANTRY_FAULT_STORY` runs one story of it alone, as a failure names it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic in a helper is the report, as in a test"
)]

#[allow(dead_code, unused_imports, unused_macros, reason = "the end-to-end tests stand on the rest of it")]
#[path = "../harness/mod.rs"]
mod harness;
mod judge;
mod model;
mod storm;
mod story;
mod tally;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::{Arguments, Failed, Trial};
use tally::Tally;

/// How many applies meet faults unless the environment says otherwise.
const RUNS: u64 = 300;

/// Stories told at the same time: most of each is waiting for the service to be ready again.
const AT_ONCE: usize = 6;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let suite = Trial::test("applies_under_random_faults", || suite().map_err(Failed::from));
    let judge = Trial::test("the_judge_sees_what_must_not_be", || {
        judge::the_judge_sees_what_must_not_be();
        Ok(())
    });
    libtest_mimic::run(&arguments, vec![judge, suite]).exit_code()
}

/// Tells stories until enough applies have met faults; the error lists everything that went wrong.
fn suite() -> Result<(), String> {
    let seed = number("TENANTRY_FAULT_SEED").unwrap_or(1);
    let runs = number("TENANTRY_FAULT_RUNS").unwrap_or(RUNS);
    let only = number("TENANTRY_FAULT_STORY");
    let (next, tally) = (AtomicU64::new(only.unwrap_or_default()), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..if only.is_some() { 1 } else { AT_ONCE } {
            scope.spawn(|| {
                while tally.lock().unwrap().runs < runs {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let told = story::tell(seed, number);
                    tally.lock().unwrap().add(told);
                    if only.is_some() {
                        break;
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    tally.print(seed);
    tally.verdict(seed)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not `{text}`")))
}
