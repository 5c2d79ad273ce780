//! `tenantry`: plans and applies a Microsoft 365 tenant described in TOML.
//!
//! This crate is one file a command, plus what commands share: arguments, connecting, output, errors, exit codes.

mod args;
mod base;
mod commands;
mod configuration;
mod connect;
mod diagnostics;
mod error;
mod exit_code;
mod output;
mod progress;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are no errors; 2 would mean that there are changes.
        Err(asked) => {
            let code =
                if asked.use_stderr() { exit_code::ExitCode::Error } else { exit_code::ExitCode::Done };
            return if asked.print().is_ok() { code.into() } else { exit_code::ExitCode::Error.into() };
        }
    };
    let output = output::Output::new(arguments.color);
    match commands::run(arguments.command, &output) {
        Ok(code) => code.into(),
        Err(error) => error::show(&error, &output).into(),
    }
}
