//! Why reading or applying could not go on at all. What happens to single steps is in the report.

use std::path::PathBuf;

/// Why a snapshot or an apply came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Graph refused or could not be reached.
    #[error("cannot read {what}")]
    Read {
        /// What was being read.
        what: String,
        /// Why it failed.
        source: Box<tenantry_graph::Error>,
    },
    /// The identity may not read something that the configuration declares.
    #[error("cannot read {what}: the application needs the permission {permission}")]
    Permission {
        /// What was being read.
        what: String,
        /// The application permission that reading takes.
        permission: String,
        /// Graph's refusal.
        source: Box<tenantry_graph::Error>,
    },
    /// The tenant has no licence for something that the configuration declares.
    #[error("cannot read {what}: the tenant needs {licence}")]
    Licence {
        /// What was being read.
        what: String,
        /// The licence that it takes.
        licence: &'static str,
        /// Graph's refusal.
        source: Box<tenantry_graph::Error>,
    },
    /// Signing in failed.
    #[error("cannot sign in")]
    SignIn(#[source] Box<tenantry_graph::Error>),
    /// A local file that safety rests on cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What plans remember cannot be marked as being out of date.
    #[error("cannot note in {} that this run writes; move away what is there and apply again", path.display())]
    Cache {
        /// The cache.
        path: PathBuf,
        /// Why.
        source: crate::cache::Unusable,
    },
    /// A recipient of initial passwords is not a usable age public key.
    #[error("`{recipient}` in `[handover] recipients` is not a usable age public key: {why}")]
    Recipient {
        /// The text in the configuration.
        recipient: String,
        /// What is wrong with it.
        why: String,
    },
    /// Passwords could not be encrypted.
    #[error("cannot encrypt the initial passwords: {0}")]
    Encrypt(String),
}
