//! Loads a configuration folder.

use std::path::Path;

use jiff::civil::Date;
use tenantry_core::config::{self, LoadError};
use tenantry_core::desired::Configuration;
use tenantry_core::diagnostic::{Diagnostic, SourceFile};
use tenantry_core::manual;

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    /// The folder cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// Something in it is wrong, or does not meet the tenant.
    #[error("the configuration has mistakes")]
    Mistakes {
        /// The files.
        sources: Vec<SourceFile>,
        /// What is wrong.
        diagnostics: Vec<Diagnostic>,
    },
}

impl From<LoadError> for ConfigurationError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Unreadable(message) => Self::Unreadable(message),
            LoadError::Invalid(invalid) => {
                Self::Mistakes { sources: invalid.sources, diagnostics: invalid.diagnostics }
            }
        }
    }
}

/// The configuration in `directory`, as of `today`.
pub(crate) fn load(directory: &Path, today: Date) -> Result<Configuration, ConfigurationError> {
    let configuration = config::load(directory)?;
    let diagnostics = manual::dated_ahead(&configuration, today);
    if diagnostics.is_empty() {
        Ok(configuration)
    } else {
        Err(ConfigurationError::Mistakes { sources: configuration.sources, diagnostics })
    }
}

/// Today in UTC, so that a laptop and a pipeline judge dates alike.
pub(crate) fn today() -> Date {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()
}

/// Where runs of a configuration keep their journals.
pub(crate) fn journals(directory: &Path) -> std::path::PathBuf {
    directory.join(".tenantry").join("journal")
}

/// The local folder beside a configuration: journal, handover files, sandbox state. It ignores itself in git.
pub(crate) fn local_folder(directory: &Path) -> std::io::Result<std::path::PathBuf> {
    let folder = directory.join(".tenantry");
    std::fs::create_dir_all(&folder)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(ignore, "*\n")?;
    }
    Ok(folder)
}
