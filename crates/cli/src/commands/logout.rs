//! `tenantry logout`: forgets the kept login.

use tenantry_graph::Environment;

use crate::connect::variable;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(output: &Output) -> Result<ExitCode, CliError> {
    let forgotten = Environment::new(variable, None).login_store()?.clear()?;
    output.out(if forgotten { "logged out\n" } else { "nobody was logged in\n" });
    Ok(ExitCode::Done)
}
