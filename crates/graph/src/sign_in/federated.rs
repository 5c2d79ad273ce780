//! Tokens of other issuers, which the tenant's application trusts.
//!
//! Source: "Workload identity federation", <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::azure_pipelines::AzurePipelines;
use super::error::Assertion;
use super::github_actions::GithubActions;
use super::method::Method;
use super::service::{Ask, Service};
use crate::Error;

/// Where the other issuer's token comes from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AssertionSource {
    /// A file that is written anew from time to time, so it is read for each sign-in.
    TokenFile(PathBuf),
    /// A GitHub Actions job.
    GithubActions(GithubActions),
    /// An Azure Pipelines job.
    AzurePipelines(AzurePipelines),
}

impl AssertionSource {
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::TokenFile(_) => Method::WorkloadIdentity,
            Self::GithubActions(_) => Method::GithubActions,
            Self::AzurePipelines(_) => Method::AzurePipelines,
        }
    }

    pub(crate) async fn assertion(&self, service: &Service, ask: Ask<'_>) -> Result<SecretString, Error> {
        match self {
            Self::TokenFile(path) => read(path),
            Self::GithubActions(job) => job.token(service, ask).await,
            Self::AzurePipelines(job) => job.token(service, ask).await,
        }
    }
}

fn read(path: &Path) -> Result<SecretString, Error> {
    let refuse = |reason: String| Error::TokenFile { file: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    match text.trim() {
        "" => Err(refuse("is empty".to_owned())),
        token => Ok(token.into()),
    }
}

impl Error {
    /// The refusal with what the token said that was refused, which a federated credential must match.
    pub(super) fn showing_assertion(self, assertion: &SecretString) -> Self {
        match self {
            Self::SignIn(mut refused) => {
                refused.assertion = Some(Assertion::read(assertion));
                Self::SignIn(refused)
            }
            other => other,
        }
    }
}
