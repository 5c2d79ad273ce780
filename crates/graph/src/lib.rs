//! HTTP client for Microsoft Graph: sign-in, OData paging, `$batch`, throttling and errors.
//!
//! The crate knows how Graph speaks and nothing about what it speaks of: paths and bodies come from the
//! caller, and come back as JSON.
//!
//! ```no_run
//! use tenantry_graph::{Client, Cloud, CredentialChain, Endpoint, Environment, Prompter, Request, Settings};
//!
//! # async fn example() -> Result<(), tenantry_graph::Error> {
//! let environment = Environment::new(|name| std::env::var(name).ok(), None);
//! let credentials = CredentialChain::from_environment(&environment, None, &Prompter::new(|_| {}))?;
//! let client = Client::new(Endpoint::of_cloud(Cloud::Global), credentials, Settings::default())?;
//! let skus = client.list(Request::get("/subscribedSkus?$select=skuPartNumber")).await?;
//! println!("{} subscriptions, {} requests", skus.len(), client.traffic().requests);
//! # Ok(())
//! # }
//! ```
//!
//! One call runs through the modules in this order:
//!
//! ```text
//!   endpoint, sign_in ─► token ───┐
//!        request ─► page, batch ──┴─► client ─► governor ─► call ─► transport ─► error ─► retry
//! ```
//!
//! Two rules hold everywhere. A bearer token is attached only to requests whose scheme, host and port are
//! those of the configured Graph root. A write that may have taken effect is never repeated: it is returned
//! as an error for which [`Error::is_ambiguous`] is true, and the caller looks before trying again.

mod batch;
mod call;
mod client;
mod endpoint;
mod error;
mod governor;
mod link;
pub mod odata;
mod page;
mod request;
mod retry;
mod sign_in;
mod text;
mod traffic;
mod transport;

pub use client::{Client, Settings};
pub use endpoint::{Cloud, Endpoint};
pub use error::{ApiError, Detail, Error};
pub use governor::{Reason, Wait};
pub use page::{Page, Pages};
pub use request::{Method, Request, Response, Version};
pub use sign_in::{
    Account, Assertion, AssertionSource, Attempt, AzurePipelines, ClientCertificate, Credential,
    CredentialChain, DeviceCode, DevicePrompt, Environment, GithubActions, Identity, LoggedIn, Login,
    LoginPlace, LoginStore, ManagedIdentity, ManagedIdentitySource, Method as SignInMethod, Prompter,
    SignInError, log_in,
};
pub use tokio_util::sync::CancellationToken;
pub use traffic::Traffic;
