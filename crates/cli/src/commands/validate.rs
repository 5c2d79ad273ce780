//! `tenantry validate`: everything that can be said without a tenant.

use tenantry_core::text::counted;

use crate::args::Validate;
use crate::configuration;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(arguments: &Validate, output: &Output) -> Result<ExitCode, CliError> {
    let configuration = configuration::load(&arguments.directory, configuration::today())?;
    let objects = counted(configuration.objects.len(), "object", "objects");
    let files = counted(configuration.sources.len(), "file", "files");
    output.out(&format!("valid: {objects} declared in {files}\n"));
    Ok(ExitCode::Done)
}
