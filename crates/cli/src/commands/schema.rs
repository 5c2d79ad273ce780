//! `tenantry schema`: JSON Schema for editors.

use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(output: &Output) -> ExitCode {
    output.out(&format!("{:#}\n", tenantry_core::schema::json_schema()));
    ExitCode::Done
}
