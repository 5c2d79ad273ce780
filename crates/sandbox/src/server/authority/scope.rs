//! The `scope` of a request, taken apart.
//! <https://learn.microsoft.com/entra/identity-platform/scopes-oidc>

use serde::{Deserialize, Serialize};
use url::Url;

use super::Authority;
use super::refusal::Refusal;
use crate::application::Application;

/// Scopes that are about the sign-in itself.
const OPENID: &[&str] = &["openid", "profile", "email", "offline_access"];

/// Resources that mean Graph besides addresses on loopback: the roots of the four clouds, and
/// Graph's application id. <https://learn.microsoft.com/graph/deployments>
const GRAPH: &[&str] = &[
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// What a person is asked to allow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Scopes {
    /// As the client wrote them.
    asked: Vec<String>,
    /// Delegated permissions for Graph without the resource, or `.default`.
    permissions: Vec<String>,
}

impl Scopes {
    /// Whether a scope such as `offline_access` was asked for.
    pub(super) fn has(&self, scope: &str) -> bool {
        self.asked.iter().any(|asked| asked == scope)
    }

    /// The delegated permissions a token gets: what was asked for, if it was consented to.
    pub(super) fn granted(&self, application: &Application) -> Result<Vec<String>, Refusal> {
        if self.permissions.iter().any(|permission| permission == ".default") {
            return Ok(application.scopes.clone());
        }
        let missing =
            self.permissions.iter().find(|permission| !application.scopes.contains(permission)).cloned();
        match missing {
            None => Ok(self.permissions.clone()),
            Some(missing) => {
                let message = format!(
                    "The user or administrator has not consented to use the application with ID '{}' named '{}' \
                     (scope {missing}). Send an interactive authorization request for this user and resource.",
                    application.app_id, application.display_name
                );
                Err(Refusal::new("invalid_grant", 65_001, message))
            }
        }
    }

    /// The `scope` of the answer.
    pub(super) fn answer(&self) -> String {
        let shown: Vec<&str> =
            self.asked.iter().map(String::as_str).filter(|scope| *scope != "offline_access").collect();
        shown.join(" ")
    }
}

impl Authority {
    /// Reads the scopes a person is to be asked for.
    pub(super) fn scopes(&self, scope: &str) -> Result<Scopes, Refusal> {
        let asked: Vec<String> = scope.split_whitespace().map(str::to_owned).collect();
        let mut permissions = Vec::new();
        for scope in asked.iter().filter(|scope| !OPENID.contains(&scope.as_str())) {
            match scope.rsplit_once('/') {
                None => permissions.push(scope.clone()),
                Some((resource, permission)) => {
                    self.check_resource(resource)?;
                    permissions.push(permission.to_owned());
                }
            }
        }
        if permissions.len() > 1 && permissions.iter().any(|permission| permission == ".default") {
            let message = format!(
                "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid: \
                 .default scope can't be combined with resource-specific scopes."
            );
            return Err(Refusal::new("invalid_scope", 70_011, message));
        }
        Ok(Scopes { asked, permissions })
    }

    /// An application asks for everything it was granted on exactly one resource, and it is Graph.
    pub(super) fn check_default_scope(&self, scope: &str) -> Result<(), Refusal> {
        let resource = scope
            .strip_suffix("/.default")
            .filter(|resource| !resource.is_empty() && !resource.contains(char::is_whitespace));
        let resource = resource.ok_or_else(|| {
            let message = format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
                 with /.default suffixed to the resource identifier (application ID URI)."
            );
            Refusal::new("invalid_scope", 1_002_012, message)
        })?;
        self.check_resource(resource)
    }

    fn check_resource(&self, resource: &str) -> Result<(), Refusal> {
        let resource = resource.trim_end_matches('/');
        if GRAPH.contains(&resource) || is_on_loopback(resource) {
            return Ok(());
        }
        let message = format!(
            "The resource principal named {resource} was not found in the tenant named {}. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant.",
            self.credentials.tenant_id
        );
        Err(Refusal::new("invalid_resource", 500_011, message))
    }
}

/// The sandbox itself, and any other address a client on this machine may reach it by.
fn is_on_loopback(resource: &str) -> bool {
    let url = Url::parse(resource).ok();
    url.as_ref().and_then(Url::host_str).is_some_and(|host| ["127.0.0.1", "localhost"].contains(&host))
}
