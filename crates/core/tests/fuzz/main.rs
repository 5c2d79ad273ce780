//! Random input against what reads it: configurations, plan files, names from a tenant.
//!
//! `PROPTEST_CASES=200000 cargo test --release -p tenantry-core --test fuzz` runs long; what it finds is shrunk, becomes
//! a test by name beside the code at fault, and its seed is kept in `proptest-regressions`.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its report; helpers are outside #[test]")]

mod configuration;
mod plan_file;
mod shown;
mod support;
