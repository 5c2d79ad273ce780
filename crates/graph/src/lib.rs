//! HTTP client for Microsoft Graph: sign-in, OData paging, `$batch`, throttling and errors.
//!
//! The crate knows how Graph speaks and nothing about what it speaks of: paths and bodies come from the
//! caller, and come back as JSON.
//!
//! ```no_run
//! use tenantry_graph::{Client, Cloud, Credential, Endpoint, Request, Settings};
//!
//! # async fn example() -> Result<(), tenantry_graph::Error> {
//! let credential = Credential::from_environment(|name| std::env::var(name).ok(), None)?;
//! let client = Client::new(Endpoint::of_cloud(Cloud::Global), credential, Settings::default())?;
//! let skus = client.list(Request::get("/subscribedSkus?$select=skuPartNumber")).await?;
//! println!("{} subscriptions, {} requests", skus.len(), client.traffic().requests);
//! # Ok(())
//! # }
//! ```
//!
//! One call runs through the modules in this order:
//!
//! ```text
//! endpoint, credential ─► oauth ─► token ─┐
//!                request ─► page, batch ──┴─► client ─► governor ─► call ─► transport ─► error ─► retry
//! ```
//!
//! Two rules hold everywhere. A bearer token is attached only to requests whose scheme, host and port are
//! those of the configured Graph root. A write that may have taken effect is never repeated: it is returned
//! as an error for which [`Error::is_ambiguous`] is true, and the caller looks before trying again.

mod batch;
mod call;
mod client;
mod credential;
mod endpoint;
mod error;
mod governor;
mod identity;
mod oauth;
pub mod odata;
mod page;
mod request;
mod retry;
mod sign_in_error;
mod text;
mod token;
mod traffic;
mod transport;

pub use client::{Client, Settings};
pub use credential::Credential;
pub use endpoint::{Cloud, Endpoint};
pub use error::{ApiError, Detail, Error};
pub use governor::{Reason, Wait};
pub use identity::Identity;
pub use page::{Page, Pages};
pub use request::{Method, Request, Response, Version};
pub use sign_in_error::SignInError;
pub use tokio_util::sync::CancellationToken;
pub use traffic::Traffic;
