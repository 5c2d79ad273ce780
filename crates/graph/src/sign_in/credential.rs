//! What the client signs in with.

use secrecy::SecretString;

use super::azure_cli;
use super::certificate::ClientCertificate;
use super::device_code::DeviceCode;
use super::federated::AssertionSource;
use super::managed_identity::ManagedIdentity;
use super::method::Method;
use super::oauth::Answer;
use super::service::{Ask, Grant, Service, TokenRequest};
use crate::Error;

/// How the client proves who it is. Secrets inside are never printed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// An application with a client secret: the OAuth 2.0 client credentials grant.
    ///
    /// Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.
    ClientSecret {
        /// The tenant: its GUID or one of its verified domains.
        tenant_id: String,
        /// The application (client) id, a GUID.
        client_id: String,
        /// The secret's value, not its id.
        client_secret: SecretString,
    },
    /// An application with a certificate, whose key signs an assertion.
    ///
    /// Source: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.
    ClientCertificate {
        /// The tenant: its GUID or one of its verified domains.
        tenant_id: String,
        /// The application (client) id, a GUID.
        client_id: String,
        /// The certificate with its private key.
        certificate: ClientCertificate,
    },
    /// An application that trusts somebody else's tokens: workload identity federation.
    ///
    /// Source: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>.
    Federated {
        /// The tenant: its GUID or one of its verified domains.
        tenant_id: String,
        /// The application (client) id, a GUID; also that of a user-assigned managed identity.
        client_id: String,
        /// Where the other's token comes from.
        source: AssertionSource,
    },
    /// The identity of an Azure machine, app or function.
    ManagedIdentity(ManagedIdentity),
    /// Who is signed in to the Azure CLI.
    AzureCli {
        /// The tenant: its GUID or one of its verified domains; without it, that of the CLI.
        tenant_id: Option<String>,
    },
    /// A person who logged in with a code, or does so now.
    DeviceCode(DeviceCode),
}

/// Why a credential gave no token.
pub(crate) enum NoToken {
    /// There is nothing of this kind here, so the next credential may be tried.
    Unavailable(String),
    /// It was tried, and this came of it.
    Failed(Error),
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Credential {
    /// The method it belongs to.
    pub fn method(&self) -> Method {
        match self {
            Self::ClientSecret { .. } => Method::ClientSecret,
            Self::ClientCertificate { .. } => Method::ClientCertificate,
            Self::Federated { source, .. } => source.method(),
            Self::ManagedIdentity(_) => Method::ManagedIdentity,
            Self::AzureCli { .. } => Method::AzureCli,
            Self::DeviceCode(_) => Method::DeviceCode,
        }
    }

    /// The tenant it signs in to, when it says so itself.
    pub(crate) fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::ClientSecret { tenant_id, .. }
            | Self::ClientCertificate { tenant_id, .. }
            | Self::Federated { tenant_id, .. } => Some(tenant_id),
            Self::AzureCli { tenant_id } => tenant_id.as_deref(),
            Self::DeviceCode(login) => login.tenant_id.as_deref(),
            Self::ManagedIdentity(_) => None,
        }
    }

    /// Gets a token.
    pub(crate) async fn request(&self, service: &Service, ask: Ask<'_>) -> Result<Answer, NoToken> {
        match self {
            Self::ClientSecret { tenant_id, client_id, client_secret } => {
                let grant = Grant::Secret(client_secret);
                Ok(service.token(TokenRequest { tenant_id, client_id, grant }, ask).await?)
            }
            Self::ClientCertificate { tenant_id, client_id, certificate } => {
                let assertion = certificate.assertion(client_id, &service.token_url(tenant_id)?)?;
                let grant = Grant::Assertion(&assertion);
                Ok(service.token(TokenRequest { tenant_id, client_id, grant }, ask).await?)
            }
            Self::Federated { tenant_id, client_id, source } => {
                let assertion = source.assertion(service, ask).await?;
                let grant = Grant::Assertion(&assertion);
                let answer = service.token(TokenRequest { tenant_id, client_id, grant }, ask).await;
                Ok(answer.map_err(|error| error.showing_assertion(&assertion))?)
            }
            Self::ManagedIdentity(identity) => identity.token(service, ask).await,
            Self::AzureCli { tenant_id } => azure_cli::token(tenant_id.as_deref(), service, ask).await,
            Self::DeviceCode(login) => login.token(service, ask).await,
        }
    }
}
