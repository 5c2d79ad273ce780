//! `tenantry explain`: reference from the kind table.

use tenantry_core::explain;

use crate::args::Explain;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(arguments: &Explain, output: &Output) -> Result<ExitCode, CliError> {
    let text = match &arguments.topic {
        None => explain::overview(output.columns()),
        Some(topic) => explain::explain(topic, output.columns()).map_err(|unknown| {
            let near =
                unknown.suggestion.as_ref().map(|near| format!("did you mean `tenantry explain {near}`?"));
            CliError::hinted(
                unknown.to_string(),
                near.unwrap_or_else(|| "`tenantry explain` lists the topics".to_owned()),
            )
        })?,
    };
    output.out(&text);
    Ok(ExitCode::Done)
}
