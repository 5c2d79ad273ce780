//! What is no scenario: one module a subject.

mod base;
mod bulk;
mod contract;
mod crash;
mod failure;
mod faults;
mod folders;
mod handover;
mod hostile_service;
mod interrupt;
mod licenses;
mod order;
mod plan;
mod policies;
mod privilege;
mod reference;
mod remembered;
mod roles;
mod round_trip;
mod rule;
mod rule_witness;
mod sandbox_command;
mod saved_plan;
mod screen;
mod sign_in;
mod sign_in_flows;
mod size;
mod what_if;
mod witness;

use libtest_mimic::Trial;

/// Every test in here.
pub(crate) fn tests() -> Vec<Trial> {
    let modules = [
        base::tests,
        contract::tests,
        crash::tests,
        failure::tests,
        faults::tests,
        folders::tests,
        handover::tests,
        hostile_service::tests,
        interrupt::tests,
        licenses::tests,
        order::tests,
        plan::tests,
        policies::tests,
        privilege::tests,
        reference::tests,
        remembered::tests,
        roles::tests,
        round_trip::tests,
        rule::tests,
        rule_witness::tests,
        sandbox_command::tests,
        saved_plan::tests,
        screen::tests,
        sign_in::tests,
        sign_in_flows::tests,
        size::tests,
        what_if::tests,
        witness::tests,
    ];
    modules.iter().flat_map(|tests| tests()).collect()
}
