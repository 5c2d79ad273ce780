//! Errors as people see them: what happened, what stands behind it, what to do next.

use std::error::Error;

use annotate_snippets::Level;
use tenantry_core::plan::{Note, PlanFileError};
use tenantry_core::text::terminal;
use tenantry_graph::Attempt;

use crate::configuration::ConfigurationError;
use crate::diagnostics;
use crate::exit_code::ExitCode;
use crate::output::Output;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The tenant cannot be reached or read.
    #[error(transparent)]
    Live(#[from] tenantry_live::Error),
    /// The connection's settings cannot be used.
    #[error(transparent)]
    Graph(#[from] tenantry_graph::Error),
    /// The sandbox cannot be started.
    #[error(transparent)]
    Sandbox(#[from] tenantry_sandbox::Error),
    /// A plan file cannot be used.
    #[error("{file}: {source}")]
    PlanFile {
        /// The file as given.
        file: String,
        /// Why.
        source: PlanFileError,
    },
    /// A file cannot be read or written.
    #[error("cannot {doing} {file}")]
    File {
        /// `read` or `write`.
        doing: &'static str,
        /// The file as given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Interlocks or limits refuse the plan.
    #[error("refused: {} in the way", tenantry_core::text::counted(.0.len(), "refusal stands", "refusals stand"))]
    Refused(Vec<Note>),
    /// Anything else, with what to do next.
    #[error("{message}")]
    Other {
        /// What happened.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
}

impl CliError {
    /// An error with what to do next.
    pub(crate) fn hinted(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { message: message.into(), hint: Some(hint.into()) }
    }
}

/// Shows an error on standard error and says with what status to exit.
pub(crate) fn show(error: &CliError, output: &Output) -> ExitCode {
    if let CliError::Configuration(ConfigurationError::Mistakes { sources, diagnostics }) = error {
        diagnostics::show(sources, diagnostics, output);
        return ExitCode::Error;
    }
    let mut message = match attempts(error) {
        [] => terminal(&error.to_string()),
        _ => "no way to sign in is configured or available".to_owned(),
    };
    let mut source = Error::source(error);
    while let Some(cause) = source {
        let cause_text = terminal(&cause.to_string());
        if !message.contains(&cause_text) {
            message = format!("{message}: {cause_text}");
        }
        source = cause.source();
    }
    let mut group = annotate_snippets::Group::with_title(Level::ERROR.primary_title(message));
    for attempt in attempts(error) {
        group = group.element(Level::NOTE.message(terminal(&attempt.to_string())));
    }
    if let Some(hint) = hint(error) {
        group = group.element(Level::HELP.message(hint));
    }
    output.note(&diagnostics::renderer(output).render(&[group]).to_string());
    match error {
        CliError::Refused(_) => ExitCode::Refused,
        _ => ExitCode::Error,
    }
}

/// The ways to sign in that gave nothing, one by one.
fn attempts(error: &CliError) -> &[Attempt] {
    match graph_error(error) {
        Some(tenantry_graph::Error::NoCredential { attempts }) => attempts,
        _ => &[],
    }
}

/// The client's error behind an error.
fn graph_error(error: &CliError) -> Option<&tenantry_graph::Error> {
    match error {
        CliError::Graph(graph) => Some(graph),
        CliError::Live(
            tenantry_live::Error::SignIn(graph) | tenantry_live::Error::Read { source: graph, .. },
        ) => Some(graph),
        _ => None,
    }
}

fn hint(error: &CliError) -> Option<String> {
    match error {
        CliError::Other { hint, .. } => hint.clone(),
        CliError::Refused(_) => {
            Some("each refusal above says why, and whether `--allow` lets it through".to_owned())
        }
        CliError::Live(tenantry_live::Error::Permission { permission, .. }) => {
            Some(format!("grant {permission} to the application and consent to it, or remove the attribute"))
        }
        CliError::Live(tenantry_live::Error::Licence { licence, .. }) => Some(format!(
            "buy {licence} for those who are eligible, approve or review, or remove the attribute"
        )),
        error => graph_error(error).and_then(graph_hint),
    }
}

fn graph_hint(error: &tenantry_graph::Error) -> Option<String> {
    match error {
        tenantry_graph::Error::SignIn(refused) => refused.hint(),
        tenantry_graph::Error::MissingVariables { .. } => {
            Some("set them; to sign in another way, name it with `--auth` or unset what stands beside them".to_owned())
        }
        tenantry_graph::Error::NoCredential { .. } => Some(
            "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET of the application that reads the tenant, log \
             in with `tenantry login`, or try without a tenant: add `--sandbox`"
                .to_owned(),
        ),
        error if error.is_forbidden() => Some(
            "`tenantry explain KIND` lists the application permissions that reading and applying take"
                .to_owned(),
        ),
        _ => None,
    }
}
