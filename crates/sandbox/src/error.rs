//! Why a sandbox could not start or a seed could not be used.

use std::io;
use std::path::{Path, PathBuf};

/// Why a sandbox could not start, stop or be seeded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing can listen on the port.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process uses the state directory.
    #[error("another sandbox uses the state directory {}", path.display())]
    Locked {
        /// The state directory.
        path: PathBuf,
    },
    /// A file of the state directory, or a seed file, cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was attempted, for example `read`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file of the state directory holds something else than expected.
    #[error("{}, line {line}: {problem}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A seed is not a tenant.
    #[error("seed: {entry}: {problem}")]
    Seed {
        /// The entry by section and index, for example `groups[3]`.
        entry: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The certificate authority could not be made.
    #[error("cannot make a certificate: {problem}")]
    Certificate {
        /// What is wrong.
        problem: String,
    },
}

impl Error {
    /// Wraps an operating system error about a path.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::File { action, path, source }
    }

    /// A mistake in a seed entry.
    pub(crate) fn seed(entry: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Seed { entry: entry.into(), problem: problem.into() }
    }
}
