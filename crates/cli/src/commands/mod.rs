//! One file a command.

mod access;
mod apply;
mod completions;
mod explain;
mod login;
mod logout;
mod plan;
mod rule;
mod sandbox;
mod schema;
mod show;
mod validate;
mod what_if;
mod whoami;

use std::future::Future;
use std::io::Read as _;
use std::path::Path;

use crate::args::{Command, Rule};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

/// Runs a command.
pub(crate) fn run(command: Command, output: &Output) -> Result<ExitCode, CliError> {
    match command {
        Command::Validate(arguments) => validate::run(&arguments, output),
        Command::Plan(arguments) => block_on(plan::run(&arguments, output)),
        Command::Apply(arguments) => block_on(apply::run(&arguments, output)),
        Command::Show(arguments) => show::run(&arguments, output),
        Command::Access(arguments) => block_on(access::run(&arguments, output)),
        Command::Explain(arguments) => explain::run(&arguments, output),
        Command::Schema => Ok(schema::run(output)),
        Command::Completions(arguments) => Ok(completions::run(&arguments, output)),
        Command::Login(arguments) => block_on(login::run(&arguments, output)),
        Command::Logout => logout::run(output),
        Command::Whoami(arguments) => block_on(whoami::run(&arguments, output)),
        Command::WhatIf(arguments) if arguments.sign_in.user.is_some() => {
            block_on(what_if::in_tenant(&arguments, output))
        }
        Command::WhatIf(arguments) => what_if::run(&arguments, output),
        Command::Rule(Rule::Check(arguments)) => rule::check(&arguments, output),
        Command::Sandbox(arguments) => block_on(sandbox::run(arguments, output)),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let failed =
        |error| CliError::Other { message: format!("cannot start the runtime: {error}"), hint: None };
    runtime.map_err(failed)?.block_on(work)
}

/// The bytes of a file, or of standard input for `-`.
fn read(file: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().read_to_end(&mut bytes).map(|_| ()),
        false => std::fs::read(file).map(|read| bytes = read),
    };
    read.map_err(|source| CliError::File { doing: "read", file: file.display().to_string(), source })?;
    Ok(bytes)
}
