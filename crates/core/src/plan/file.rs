//! The plan as a file: JSON that carries its own digest.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::digest::sha256;
use super::{Change, FORMAT_VERSION, Plan, Step};
use crate::kinds::{self, Type};

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
    visible(&format!("{whole:#}\n"))
}

/// JSON with every invisible character escaped: a plan is looked at on terminals too.
fn visible(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && crate::text::is_hidden(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
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
    let plan: Plan = serde_json::from_value(whole).map_err(malformed)?;
    for step in &plan.steps {
        known(step).map_err(PlanFileError::Malformed)?;
    }
    Ok(plan)
}

/// A step whose kind and attributes this tool knows.
fn known(step: &Step) -> Result<(), String> {
    let address = crate::text::terminal(&step.address.to_string());
    let kind = kinds::by_name(&step.address.kind)
        .ok_or_else(|| format!("{address} is of a kind that this tool does not know"))?;
    for change in &step.changes {
        let name = change.attribute();
        let attribute = kind.attribute_or_extension(name).filter(|attribute| match change {
            Change::Value { .. } => {
                attribute.link().is_none()
                    && !matches!(
                        attribute.value,
                        Type::Licenses { .. } | Type::Assignments(_) | Type::Schedules(_)
                    )
            }
            Change::Licenses { .. } => matches!(attribute.value, Type::Licenses { .. }),
            Change::Assignments { .. } => attribute.assignments().is_some(),
            Change::Schedules { .. } => attribute.schedules().is_some(),
            Change::Links { .. } => attribute.link().is_some(),
        });
        if attribute.is_none() {
            let name = crate::text::terminal(name);
            return Err(format!("{address} changes `{name}`, which this tool does not know in this form"));
        }
    }
    Ok(())
}
