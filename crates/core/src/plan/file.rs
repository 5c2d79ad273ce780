//! The plan as a file: JSON that carries its own digest.

use serde_json::{Value, json};

use super::digest::sha256;
use super::{FORMAT_VERSION, Plan};

/// Why a plan file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It is not a plan file.
    #[error("this is not a plan file: {0}")]
    Malformed(String),
    /// Another version of the tool made it.
    #[error(
        "this plan has format version {found}, and this tool reads version {FORMAT_VERSION}; plan again with this tool"
    )]
    Version {
        /// The version that the file says.
        found: u64,
    },
    /// It is not as it was written.
    #[error("this plan was altered after it was written (its digest does not match); plan again")]
    Altered,
}

/// The plan as JSON with its digest, ending in a line break. The same plan gives the same bytes.
pub fn to_json(plan: &Plan) -> String {
    let mut whole = serde_json::to_value(plan).unwrap_or(Value::Null);
    let digest = sha256(whole.to_string().as_bytes());
    if let Some(object) = whole.as_object_mut() {
        object.insert("digest".to_owned(), json!(digest));
    }
    format!("{whole:#}\n")
}

/// The plan in a file that [`to_json`] made.
pub fn from_json(text: &str) -> Result<Plan, PlanFileError> {
    let malformed =
        |error: serde_json::Error| PlanFileError::Malformed(crate::text::terminal(&error.to_string()));
    let mut whole: Value = serde_json::from_str(text).map_err(malformed)?;
    let version = whole.get("format_version").and_then(Value::as_u64);
    match version {
        None => return Err(PlanFileError::Malformed("it has no format_version".to_owned())),
        Some(found) if found != u64::from(FORMAT_VERSION) => return Err(PlanFileError::Version { found }),
        Some(_) => {}
    }
    let digest = whole.as_object_mut().and_then(|object| object.remove("digest"));
    if digest != Some(json!(sha256(whole.to_string().as_bytes()))) {
        return Err(PlanFileError::Altered);
    }
    serde_json::from_value(whole).map_err(malformed)
}
