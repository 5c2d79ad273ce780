//! What clients read before they sign in: endpoints, keys and clouds.
//! <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>

use serde_json::{Value, json};
use url::Url;

use super::refusal::Refusal;
use super::{Authority, Realm};

impl Authority {
    /// GET of `/{tenant}/v2.0/.well-known/openid-configuration`, or the older form without `/v2.0`.
    pub(super) fn configuration(&self, realm: &Realm<'_>, version: u8) -> Value {
        let Self { base, .. } = self;
        let (tenant, issuing) = match realm {
            Realm::Tenant(_) => (self.credentials.tenant_id.as_str(), self.credentials.tenant_id.as_str()),
            Realm::Any(name) => (*name, "{tenantid}"),
        };
        let host = self.host();
        let (issuer, oauth2, keys) = match version {
            1 => (format!("{base}/{issuing}/"), "oauth2", "discovery/keys"),
            _ => (format!("{base}/{issuing}/v2.0"), "oauth2/v2.0", "discovery/v2.0/keys"),
        };
        json!({
            "token_endpoint": format!("{base}/{tenant}/{oauth2}/token"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/{tenant}/{keys}"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": false,
            "authorization_endpoint": format!("{base}/{tenant}/{oauth2}/authorize"),
            "device_authorization_endpoint": format!("{base}/{tenant}/{oauth2}/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/{tenant}/{oauth2}/logout"),
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "name", "oid", "preferred_username", "tid", "ver"],
            "tenant_region_scope": match realm { Realm::Tenant(_) => json!("NA"), Realm::Any(_) => Value::Null },
            "cloud_instance_name": host,
            "cloud_graph_host_name": host,
            "msgraph_host": host,
        })
    }

    /// GET of `/common/discovery/instance`: whether an authority host is one of this cloud.
    pub(super) fn instance(&self, asked: Option<&str>) -> Result<Value, Refusal> {
        let asked = asked.ok_or_else(|| Refusal::missing("authorization_endpoint"))?;
        let host = self.host();
        let unknown = || Refusal::new("invalid_instance", 50_049, "Unknown or invalid instance.");
        let url = Url::parse(asked).map_err(|_| unknown())?;
        if url.authority() != host && url.authority() != self.local_name() {
            return Err(unknown());
        }
        let tenant = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
        Ok(json!({
            "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", self.base),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": host, "preferred_cache": host, "aliases": [host, self.local_name()],
            }],
        }))
    }

    /// GET of `/metadata/endpoints`, which Azure's resource manager serves: Terraform's providers learn from it where a
    /// cloud of another name signs in and has its Graph.
    pub(super) fn endpoints(&self) -> Value {
        let base = &self.base;
        json!({
            "name": "TenantrySandbox",
            "portal": base,
            "authentication": {
                "loginEndpoint": base,
                "audiences": [base],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": base,
            "graph": base,
            "graphAudience": base,
            "microsoftGraphResourceId": base,
            "suffixes": {},
        })
    }

    /// Host and port, as documents name them.
    fn host(&self) -> &str {
        self.base.split_once("://").map_or(self.base.as_str(), |(_, host)| host)
    }

    /// The same host by its other name.
    fn local_name(&self) -> String {
        self.host().replacen("127.0.0.1", "localhost", 1)
    }
}
