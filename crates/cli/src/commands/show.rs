//! `tenantry show`: a saved plan again.

use std::path::Path;

use tenantry_core::plan::{self, Plan};
use tenantry_core::render;

use crate::args::{Format, Show};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(arguments: &Show, output: &Output) -> Result<ExitCode, CliError> {
    let plan = load(&arguments.plan_file)?;
    output.out(&match arguments.format {
        Format::Text => render::terminal(&plan, None, &[], output.look(arguments.full)),
        Format::Json => plan::to_json(&plan),
        Format::Markdown => render::markdown(&plan),
    });
    Ok(ExitCode::Done)
}

/// The plan in a file.
pub(crate) fn load(file: &Path) -> Result<Plan, CliError> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| CliError::File {
        doing: "read",
        file: shown.clone(),
        source,
    })?;
    plan::from_json(&text).map_err(|source| CliError::PlanFile { file: shown, source })
}
