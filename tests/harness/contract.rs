//! Everything the command asked of any sandbox in this run, against the schema that Microsoft publishes.

use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;

use tempfile::NamedTempFile;
use tenantry_contract::{Beta, Recording};

/// How the command introduces itself; the tests' own requests have other names.
const PRODUCT: &str = "tenantry/";

/// What the command asks of beta, and why v1.0 does not do.
const BETA: &[Beta] = &[];

static RECORD: LazyLock<NamedTempFile> =
    LazyLock::new(|| NamedTempFile::new().expect("a temporary file is made"));

/// The file to which every sandbox appends what it is asked.
pub(crate) fn record() -> &'static Path {
    RECORD.path()
}

/// Checks the record after the last test and prints what it found. A run of all tests that recorded nothing fails: it would prove nothing.
#[expect(clippy::print_stdout, reason = "what follows the last test is its report")]
pub(crate) fn check(complete: bool) -> ExitCode {
    let Some(schema) = tenantry_contract::schema_for("requests of the end-to-end tests") else {
        return ExitCode::SUCCESS;
    };
    let lines = std::fs::read_to_string(record()).expect("the record is read");
    let recording = Recording::check(&lines, PRODUCT, &schema, BETA).expect("the record is complete");
    let breaches = recording.breaches();
    for breach in &breaches {
        println!("breach: {breach}");
    }
    println!(
        "contract: {} requests of {} shapes checked against Graph's schema, {} breaches ({} requests by the tests themselves left out)",
        recording.checked,
        recording.shapes(),
        breaches.len(),
        recording.others
    );
    // Nothing drops a static.
    std::fs::remove_file(record()).expect("the record is removed");
    let vacuous = complete && recording.checked == 0;
    if vacuous || !breaches.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
