//! The sandbox as a client meets it: over HTTP, one behaviour a test.

mod reading;
mod signing_in;
mod support;
