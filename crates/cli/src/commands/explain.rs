//! `tenantry explain`: reference from the kind table.

use tenantry_core::explain;

use crate::args::Explain;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(arguments: &Explain, output: &Output) -> Result<ExitCode, CliError> {
    let text = match &arguments.topic {
        None => explain::overview(output.columns()),
        Some(topic) => explain::explain(topic, output.columns())
            .map_err(|error| CliError::hinted(error.to_string(), "`tenantry explain` lists the topics"))?,
    };
    output.out(&text);
    Ok(ExitCode::Done)
}
