//! Signing in: from what a machine, a pipeline or a person has to a token for Graph.
//!
//! ```text
//! environment ─► chain of credentials ─► token (kept, renewed early)
//!                    │
//!                    ├─ client_secret, certificate, federated ─► service ─► oauth (the token endpoint)
//!                    ├─ device_code ─► login (kept) ─────────────► service ─► oauth
//!                    └─ managed_identity, azure_cli (somebody else holds the token)
//!
//! discovery: from a tenant to its cloud
//! ```

mod azure_cli;
mod azure_pipelines;
mod certificate;
mod chain;
mod challenge;
mod credential;
mod device_code;
mod discovery;
mod environment;
mod error;
mod federated;
mod github_actions;
mod identity;
mod login;
mod managed_identity;
mod method;
mod oauth;
mod service;
mod token;

pub use azure_pipelines::AzurePipelines;
pub use certificate::ClientCertificate;
pub use chain::{Attempt, CredentialChain};
pub(crate) use challenge::claims_challenge;
pub use credential::Credential;
pub use device_code::{DeviceCode, DevicePrompt, LoggedIn, Prompter, log_in};
pub use environment::Environment;
pub use error::{Assertion, SignInError};
pub use federated::AssertionSource;
pub use github_actions::GithubActions;
pub use identity::Identity;
pub use login::{Account, Login, LoginPlace, LoginStore};
pub use managed_identity::{ManagedIdentity, ManagedIdentitySource};
pub use method::Method;
pub(crate) use service::Service;
pub(crate) use token::{Token, Tokens};
