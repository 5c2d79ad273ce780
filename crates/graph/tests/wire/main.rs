//! The client against a scripted Graph on a loopback port: one behaviour per test, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its report; helpers are outside #[test]")]

mod batch;
mod fuzz;
mod governor;
mod page;
mod retry;
mod retry_table;
mod server;
mod sign_in;
mod tls;
