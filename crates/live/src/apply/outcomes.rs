//! What became of the steps, from what became of their writes.

use tenantry_core::plan::{Operation, Plan};

use super::engine::State;
use crate::report::Outcome;

/// What became of each step, before anything is read back.
pub(super) fn of_steps(plan: &Plan, operations: &[Operation], states: &[State]) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = plan.steps.iter().map(|_| Outcome::Applied).collect();
    let mut writes = vec![(0, 0); plan.steps.len()];
    for (operation, state) in operations.iter().zip(states) {
        let (done, all) = &mut writes[operation.step];
        *all += 1;
        *done += usize::from(matches!(state, State::Done));
        let outcome = &mut outcomes[operation.step];
        match state {
            State::Done => {}
            State::Failed(cause, request_id) => {
                *outcome = Outcome::Failed { cause: cause.clone(), request_id: request_id.clone() };
            }
            State::Blocked(by) if *outcome == Outcome::Applied && operations[*by].step != operation.step => {
                *outcome = Outcome::NotReached { because: format!("{} failed", operations[*by].describe()) };
            }
            State::Open if *outcome == Outcome::Applied => {
                *outcome = Outcome::NotReached { because: "the run was interrupted".to_owned() };
            }
            State::Blocked(_) | State::Open => {}
        }
    }
    for (outcome, (done, all)) in outcomes.iter_mut().zip(writes) {
        if let Outcome::NotReached { because } = outcome
            && done > 0
        {
            let cause = format!("written in part, {done} of {all} writes: {because}");
            *outcome = Outcome::Failed { cause, request_id: None };
        }
    }
    outcomes
}
