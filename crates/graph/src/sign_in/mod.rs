//! Signing in: from what a machine, a pipeline or a person has to a token for Graph.
//!
//! ```text
//! environment ─► chain of credentials ─► token (kept, renewed early)
//!                    │
//!                    ├─ client_secret, certificate, federated ─► service ─► oauth (the token endpoint)
//!                    └─ managed_identity, azure_cli (they hold a token already)
//! ```

mod azure_pipelines;
mod certificate;
mod chain;
mod credential;
mod environment;
mod error;
mod federated;
mod github_actions;
mod identity;
mod method;
mod oauth;
mod service;
mod token;

pub use azure_pipelines::AzurePipelines;
pub use certificate::ClientCertificate;
pub use chain::{Attempt, CredentialChain};
pub use credential::Credential;
pub use environment::Environment;
pub use error::{Assertion, SignInError};
pub use federated::AssertionSource;
pub use github_actions::GithubActions;
pub use identity::Identity;
pub use method::Method;
pub(crate) use service::Service;
pub(crate) use token::{Token, Tokens};
