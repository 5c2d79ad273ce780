//! What the exit status says.

use std::process::ExitCode as ProcessExitCode;

/// How a run ended. The numbers are part of the command's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// Done, or nothing to do.
    Done = 0,
    /// An error; nothing, or nothing more, was done.
    Error = 1,
    /// There are changes (`plan --detailed-exitcode`).
    Changes = 2,
    /// An interlock or limit refuses the plan.
    Refused = 3,
    /// Some steps were applied and some were not.
    Partial = 4,
    /// Interrupted, after finishing what was in flight.
    Interrupted = 130,
}

impl From<ExitCode> for ProcessExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
