//! `tenantry completions`: completions for shells.

use clap::CommandFactory as _;

use crate::args::{Arguments, Completions};
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(arguments: &Completions, output: &Output) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "tenantry", &mut script);
    output.out(&String::from_utf8_lossy(&script));
    ExitCode::Done
}
