//! The cloud a tenant is in, from what its authority publishes.
//!
//! Source: "OpenID Connect on the Microsoft identity platform",
//! <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>.

use serde::Deserialize;
use url::Url;

use super::oauth::ErrorAnswer;
use super::service::{Ask, Service, failed, is_trouble, json};
use crate::transport::Transport;
use crate::{Cloud, Endpoint, Error, Settings};

/// Where a tenant says what it is.
const DOCUMENT: &str = "v2.0/.well-known/openid-configuration";

/// Microsoft's additions to the OpenID document that tell the cloud.
#[derive(Debug, Default, Deserialize)]
struct Document {
    msgraph_host: Option<String>,
    cloud_instance_name: Option<String>,
    tenant_region_sub_scope: Option<String>,
}

impl Endpoint {
    /// The endpoint of the tenant's cloud, as its authority publishes it.
    ///
    /// `authority` is that of the worldwide cloud unless given. The document may only choose among the published
    /// clouds, or, when the authority is this machine, name this machine: a token never goes where a document says.
    ///
    /// # Errors
    ///
    /// [`Error::SignIn`] when no such tenant is known there, [`Error::SignInFailed`] when the authority cannot be
    /// reached, [`Error::Endpoint`] when the document names a host that is not Graph's.
    pub async fn discover(
        tenant_id: &str,
        authority: Option<&str>,
        settings: Settings,
    ) -> Result<Self, Error> {
        let worldwide = Self::of_cloud(Cloud::Global);
        let authority = authority.unwrap_or(worldwide.authority().as_str());
        let asked = Self::new(authority, authority)?;
        let url = asked.of_tenant(tenant_id, DOCUMENT)?;
        let transport = Transport::new(&asked, &settings)?;
        let service = Service { endpoint: asked.clone(), settings, transport };
        let request = reqwest::Request::new(reqwest::Method::GET, url.clone());
        let ask = Ask { claims: "", challenged: false, patient: true };
        let reply = service.fetch(request, ask, is_trouble).await?;
        if let Some(refused) =
            serde_json::from_slice::<ErrorAnswer>(&reply.body).ok().filter(|_| reply.status == 400)
        {
            return Err(Error::SignIn(Box::new(refused.to_error())));
        }
        let document: Document = serde_json::from_value(json(&url, &reply)?)
            .map_err(|_| failed(&url, "the tenant's OpenID document cannot be read", None))?;
        document.endpoint(asked.authority())
    }
}

impl Document {
    fn endpoint(&self, authority: &Url) -> Result<Endpoint, Error> {
        let is_local = Endpoint::new(authority.as_str(), authority.as_str())?.is_local();
        match (&self.msgraph_host, self.cloud()) {
            (Some(host), _) if is_local => {
                let graph = format!("{}://{host}", authority.scheme());
                let endpoint = Endpoint::new(&graph, authority.as_str())?;
                let reason =
                    "is in the tenant's OpenID document, but is not this machine as the authority is";
                if endpoint.is_all_local() {
                    Ok(endpoint)
                } else {
                    Err(Error::Endpoint { address: graph, reason })
                }
            }
            (_, Some(cloud)) if cloud.has_authority(authority) => {
                Endpoint::new(Endpoint::of_cloud(cloud).graph().as_str(), authority.as_str())
            }
            (_, Some(cloud)) => Ok(Endpoint::of_cloud(cloud)),
            (host, None) => Err(Error::Endpoint {
                address: host.clone().unwrap_or_default(),
                reason: "is in the tenant's OpenID document, but is not the Graph of a known cloud: set `cloud` in \
                         [tenant], or TENANTRY_GRAPH_ENDPOINT and AZURE_AUTHORITY_HOST",
            }),
        }
    }

    fn cloud(&self) -> Option<Cloud> {
        let by_host = |host: &str| Cloud::ALL.into_iter().find(|cloud| cloud.graph_host() == host);
        let by_name = match self.cloud_instance_name.as_deref()? {
            "microsoftonline.com" => Cloud::Global,
            "microsoftonline.us" => Cloud::UsGov,
            "partner.microsoftonline.cn" | "chinacloudapi.cn" => Cloud::China,
            _ => return None,
        };
        let cloud = match &self.msgraph_host {
            Some(host) => by_host(host)?,
            None => by_name,
        };
        // Both government clouds share an authority, and documents of the stricter one name the other's Graph.
        let is_dod = self.tenant_region_sub_scope.as_deref() == Some("DOD");
        Some(if cloud == Cloud::UsGov && is_dod { Cloud::UsGovDod } else { cloud })
    }
}

#[cfg(test)]
mod tests {
    use super::Document;
    use crate::{Cloud, Error};

    fn endpoint(
        authority: &str,
        graph: &str,
        name: &str,
        sub_scope: Option<&str>,
    ) -> Result<crate::Endpoint, Error> {
        let document = Document {
            msgraph_host: Some(graph.to_owned()),
            cloud_instance_name: Some(name.to_owned()),
            tenant_region_sub_scope: sub_scope.map(str::to_owned),
        };
        document.endpoint(&authority.parse().unwrap())
    }

    #[test]
    fn a_document_chooses_among_the_clouds() {
        let worldwide = "https://login.microsoftonline.com";
        let cases = [
            ("graph.microsoft.com", "microsoftonline.com", None, Cloud::Global),
            ("graph.microsoft.com", "microsoftonline.com", Some("GCC"), Cloud::Global),
            ("graph.microsoft.us", "microsoftonline.us", Some("DODCON"), Cloud::UsGov),
            ("graph.microsoft.us", "microsoftonline.us", Some("DOD"), Cloud::UsGovDod),
            ("dod-graph.microsoft.us", "microsoftonline.us", Some("DOD"), Cloud::UsGovDod),
            ("microsoftgraph.chinacloudapi.cn", "partner.microsoftonline.cn", None, Cloud::China),
        ];
        for (graph, name, sub_scope, cloud) in cases {
            let found = endpoint(worldwide, graph, name, sub_scope).unwrap();
            assert_eq!(found, crate::Endpoint::of_cloud(cloud), "{graph}");
        }
    }

    #[test]
    fn the_authority_asked_is_kept_when_it_is_one_of_the_cloud() {
        for authority in ["https://login.chinacloudapi.cn/", "https://login.partner.microsoftonline.cn/"] {
            let found =
                endpoint(authority, "microsoftgraph.chinacloudapi.cn", "partner.microsoftonline.cn", None);
            assert_eq!(found.unwrap().authority().as_str(), authority);
        }
    }

    #[test]
    fn a_document_sends_no_token_elsewhere() {
        let worldwide = "https://login.microsoftonline.com";
        let local = "http://127.0.0.1:8080";
        for (authority, graph) in [
            (worldwide, "graph.evil.example"),
            (worldwide, "graph.microsoft.com.evil.example"),
            (worldwide, "127.0.0.1:8080"),
            (worldwide, "evil.example/graph.microsoft.com"),
            (local, "graph.evil.example"),
            (local, "127.0.0.1@evil.example"),
            (local, "graph.microsoft.com"),
        ] {
            let refused = endpoint(authority, graph, "microsoftonline.com", None).unwrap_err();
            assert!(matches!(refused, Error::Endpoint { .. }), "{authority} {graph}");
        }
        assert_eq!(
            endpoint(local, "127.0.0.1:9", "x", None).unwrap().graph().as_str(),
            "http://127.0.0.1:9/"
        );
    }
}
