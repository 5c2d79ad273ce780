//! What an apply came to, step by step.

use tenantry_core::address::Address;
use tenantry_core::plan::Action;

/// What an apply came to.
#[derive(Debug)]
#[must_use = "a report nobody reads hides failures"]
pub struct Report {
    /// One entry a step, in the order of the plan.
    pub steps: Vec<StepReport>,
    /// Writes that took effect.
    pub written: usize,
    /// Whether it was asked to stop before everything was sent.
    pub interrupted: bool,
    /// Why it stopped before everything was sent, when nobody asked it to: the journal cannot be written, and nothing
    /// is sent that is not written down.
    pub stopped: Option<crate::Error>,
    /// The file with initial passwords, if one was written.
    pub handover: Option<std::path::PathBuf>,
    /// The journal of this run.
    pub journal: std::path::PathBuf,
}

/// What became of one step.
#[derive(Debug)]
pub struct StepReport {
    /// The object.
    pub address: Address,
    /// What was to be done.
    pub action: Action,
    /// What happened.
    pub outcome: Outcome,
}

/// What happened to a step.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and read back.
    Applied,
    /// Accepted by the service; the run was interrupted before it was read back.
    Unverified,
    /// Something went wrong.
    Failed {
        /// What to know first: the missing permission, the conflict, what did not take effect.
        cause: String,
        /// Graph's id of the request, to give to Microsoft's support.
        request_id: Option<String>,
    },
    /// Nothing of it was written, because something it needs failed or the run was interrupted.
    NotReached {
        /// Why.
        because: String,
    },
}

impl Report {
    /// Steps that failed.
    pub fn failed(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.outcome, Outcome::Failed { .. })).count()
    }

    /// Steps that were not tried.
    pub fn not_reached(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.outcome, Outcome::NotReached { .. })).count()
    }

    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        self.failed() == 0 && self.not_reached() == 0 && !self.interrupted && self.stopped.is_none()
    }
}
