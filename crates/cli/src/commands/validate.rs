//! `tenantry validate`: everything that can be said without a tenant.

use annotate_snippets::Level;
use tenantry_core::declared_rules;
use tenantry_core::text::counted;

use crate::args::Validate;
use crate::configuration;
use crate::diagnostics;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(arguments: &Validate, output: &Output) -> Result<ExitCode, CliError> {
    let configuration = configuration::load(&arguments.directory, configuration::today())?;
    let warnings = declared_rules::warnings(&configuration);
    diagnostics::draw(Level::WARNING, &configuration.sources, &warnings, output);
    let objects = counted(configuration.objects.len(), "object", "objects");
    let files = counted(configuration.sources.len(), "file", "files");
    output.out(&format!("valid: {objects} declared in {files}\n"));
    Ok(ExitCode::Done)
}
