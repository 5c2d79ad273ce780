//! Checks requests and objects against the schema that Microsoft Graph publishes.
//!
//! For tests only. The schema, CSDL from `https://graph.microsoft.com/v1.0/$metadata`, is too large to keep here: a
//! file with it is named by the environment variable [`VARIABLE`], and a check without one says that it was skipped.
//!
//! ```text
//!  csdl ─► schema ─► path ─► query, filter ─┐
//!                      └───► value ─────────┴─► request ─► recording
//! ```
//!
//! A [`Schema`] holds the types; [`Schema::check_request`] resolves one request against it, and
//! [`Recording`] does that for everything a sandbox was asked.

mod csdl;
mod schema;
mod path;
mod filter;
mod query;
mod value;
mod request;
mod recording;
#[cfg(test)]
mod tests;

pub use recording::Recording;
pub use request::{Beta, Request};
pub use schema::{Enumeration, Error, Member, Operation, Schema, TypeRef};
pub use value::Direction;

use std::fmt;
use std::io::Write as _;

/// Names a file with Graph's schema.
pub const VARIABLE: &str = "TENANTRY_GRAPH_CSDL";

/// Where and how something departs from the schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// The place in the request or object: `$select`, `body/passwordProfile/password`.
    pub place: String,
    /// What is wrong there, as a sentence without full stop.
    pub what: String,
}

impl Breach {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

/// The schema that [`VARIABLE`] names. Without the variable, `check` is said to be skipped, past the capture of test
/// output, and there is no schema.
///
/// # Panics
///
/// When the file that the variable names is no schema: a check must not pass for want of one.
pub fn schema_for(check: &str) -> Option<Schema> {
    let Some(file) = std::env::var_os(VARIABLE) else {
        let notice = format!("SKIPPED: {check}: {VARIABLE} does not name a file with Graph's schema\n");
        // Where nobody listens there is nobody to tell.
        std::io::stderr().write_all(notice.as_bytes()).unwrap_or_default();
        return None;
    };
    let read = std::fs::read_to_string(&file).map_err(|error| error.to_string());
    let schema = read.and_then(|xml| Schema::parse(&xml).map_err(|error| error.to_string()));
    Some(schema.unwrap_or_else(|error| panic!("{VARIABLE} names {}: {error}", file.display())))
}
