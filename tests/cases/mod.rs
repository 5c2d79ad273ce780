//! What is no scenario: one module a subject.

mod folders;

use libtest_mimic::Trial;

/// Every test in here.
pub(crate) fn tests() -> Vec<Trial> {
    [folders::tests].iter().flat_map(|tests| tests()).collect()
}
