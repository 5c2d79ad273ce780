//! The names of the ways to sign in.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A way to sign in, in the order in which they are tried.
///
/// Source: "Credential chains", <https://learn.microsoft.com/azure/developer/intro/azure-identity-credential-chains>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// An application's secret: `client_secret`.
    ClientSecret,
    /// An application's certificate: `client_certificate`.
    ClientCertificate,
    /// A token file of a workload, as Azure Kubernetes Service mounts it: `workload_identity`.
    WorkloadIdentity,
    /// The OpenID Connect token of a GitHub Actions job: `github_actions`.
    GithubActions,
    /// The OpenID Connect token of an Azure Pipelines job: `azure_pipelines`.
    AzurePipelines,
    /// The identity of an Azure machine, app or function: `managed_identity`.
    ManagedIdentity,
    /// Who is signed in to the Azure CLI: `azure_cli`.
    AzureCli,
    /// A person, by a code typed into a browser: `device_code`.
    DeviceCode,
}

impl Method {
    /// Every method, in the order in which they are tried.
    pub const ALL: [Self; 8] = [
        Self::ClientSecret,
        Self::ClientCertificate,
        Self::WorkloadIdentity,
        Self::GithubActions,
        Self::AzurePipelines,
        Self::ManagedIdentity,
        Self::AzureCli,
        Self::DeviceCode,
    ];

    /// The name, such as `client_secret`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::ClientCertificate => "client_certificate",
            Self::WorkloadIdentity => "workload_identity",
            Self::GithubActions => "github_actions",
            Self::AzurePipelines => "azure_pipelines",
            Self::ManagedIdentity => "managed_identity",
            Self::AzureCli => "azure_cli",
            Self::DeviceCode => "device_code",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let method = Self::ALL.into_iter().find(|method| method.name() == name);
        method.ok_or_else(|| Error::UnknownMethod { name: name.to_owned() })
    }
}
