//! Credentials one after the other, until one works.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::credential::{Credential, NoToken};
use super::method::Method;
use super::oauth::Answer;
use super::service::{Ask, Service};
use crate::Error;

/// Credentials that are tried in order until one gives a token; from then on, that one is used.
///
/// A credential that is not available here, such as a managed identity off Azure, gives way to the next. One that is
/// refused does not: whoever set it meant it.
#[derive(Clone, Debug)]
pub struct CredentialChain {
    credentials: Vec<Credential>,
    skipped: Vec<Attempt>,
    chosen: Arc<OnceLock<usize>>,
}

/// What came of a way to sign in that gave no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which way.
    pub method: Method,
    /// Why not, as a fragment such as `AZURE_CLIENT_SECRET is not set`.
    pub reason: String,
    /// False when it was skipped because nothing here configures it.
    pub tried: bool,
}

impl fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.tried { "failed" } else { "skipped" };
        write!(formatter, "{} {what}: {}", self.method, self.reason)
    }
}

impl From<Credential> for CredentialChain {
    fn from(credential: Credential) -> Self {
        Self::new(vec![credential], Vec::new())
    }
}

impl CredentialChain {
    pub(crate) fn new(credentials: Vec<Credential>, skipped: Vec<Attempt>) -> Self {
        Self { credentials, skipped, chosen: Arc::default() }
    }

    /// The methods that will be tried, in order.
    pub fn methods(&self) -> Vec<Method> {
        self.credentials.iter().map(Credential::method).collect()
    }

    /// The method that gave a token; none before the first sign-in.
    pub fn chosen(&self) -> Option<Method> {
        self.chosen.get().map(|place| self.credentials[*place].method())
    }

    pub(crate) fn tenant_ids(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().filter_map(Credential::tenant_id)
    }

    pub(crate) async fn request(&self, service: &Service, ask: Ask<'_>) -> Result<Answer, Error> {
        let mut attempts = self.skipped.clone();
        let first = self.chosen.get().copied();
        for (place, credential) in self.credentials.iter().enumerate().skip(first.unwrap_or(0)) {
            match credential.request(service, ask).await {
                Ok(answer) => {
                    self.chosen.set(place).ok();
                    return Ok(answer);
                }
                Err(NoToken::Failed(error)) => return Err(error),
                Err(NoToken::Unavailable(reason)) => {
                    attempts.push(Attempt { method: credential.method(), reason, tried: true });
                }
            }
            if first.is_some() {
                break;
            }
        }
        Err(Error::NoCredential { attempts })
    }
}
