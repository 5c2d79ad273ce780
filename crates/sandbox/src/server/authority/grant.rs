//! The token endpoint: who asks, what for, and the token.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{self, Proof};
use super::form::Form;
use super::refusal::Refusal;
use super::tokens::Claims;
use super::{Authority, Realm};
use crate::application::Application;
use crate::store::{Object, Store};

/// How long an access token is good for, in seconds.
const LIFETIME: i64 = 3599;

/// Resources that mean Graph besides the sandbox's own address: the roots of the four clouds, and
/// Graph's application id. <https://learn.microsoft.com/graph/deployments>
const GRAPH: &[&str] = &[
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// A client that has proved who it is.
struct Client {
    application: Application,
    principal: std::sync::Arc<Object>,
    proof: Proof,
}

impl Authority {
    /// POST to `/{tenant}/oauth2/v2.0/token`.
    pub(super) fn token(&self, store: &Store, realm: &Realm<'_>, form: &Form) -> Result<Value, Refusal> {
        match form.need("grant_type")? {
            "client_credentials" => self.client_credentials(store, realm, form),
            other => {
                let message = format!("The app requested an unsupported grant type '{other}'.");
                Err(Refusal::new("unsupported_grant_type", 70_003, message))
            }
        }
    }

    fn client_credentials(&self, store: &Store, realm: &Realm<'_>, form: &Form) -> Result<Value, Refusal> {
        if let Realm::Any(name) = realm {
            let message = format!(
                "The grant type is not supported over the /{name} endpoint. Please use a tenant-specific endpoint."
            );
            return Err(Refusal::new("invalid_request", 9_001_023, message));
        }
        let client = self.client(store, realm, form)?;
        if client.proof == Proof::Nothing {
            return Err(client::missing_credential());
        }
        self.check_default_scope(form.need("scope")?)?;
        Ok(json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": self.tokens.sign(&self.application_claims(&client)),
        }))
    }

    /// Finds the application that asks and checks its credential.
    fn client(&self, store: &Store, realm: &Realm<'_>, form: &Form) -> Result<Client, Refusal> {
        let id = form.client_id()?;
        let application = self.registry.find(id).ok_or_else(|| {
            let message = format!(
                "Application with identifier '{id}' was not found in the directory '{}'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user \
                 in the tenant. You may have sent your authentication request to the wrong tenant.",
                self.credentials.tenant_id
            );
            Refusal::new("unauthorized_client", 700_016, message)
        })?;
        let principal = store.holder("appId", id).filter(|principal| !principal.is_deleted()).cloned();
        let principal = principal.ok_or_else(|| {
            let message = format!(
                "The client application {id} is missing service principal in the tenant {}.",
                self.credentials.tenant_id
            );
            Refusal::new("unauthorized_client", 7_000_229, message)
        })?;
        if principal.get("accountEnabled") == Some(&Value::Bool(false)) {
            let name = &application.display_name;
            let message = format!("Application '{id}'({name}) is disabled.");
            return Err(Refusal::new("unauthorized_client", 7_000_112, message));
        }
        let proof = client::authenticate(&application, form, &self.audiences(realm))?;
        Ok(Client { application, principal, proof })
    }

    /// An application asks for everything it was granted on exactly one resource, and it is Graph.
    fn check_default_scope(&self, scope: &str) -> Result<(), Refusal> {
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
        let resource = resource.trim_end_matches('/');
        if resource == self.base || resource == self.local_base() || GRAPH.contains(&resource) {
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

    /// The claims of a token for an application itself.
    fn application_claims(&self, client: &Client) -> Claims {
        let Client { application, principal, proof } = client;
        let now = Timestamp::now().as_second();
        Claims {
            aud: self.base.clone(),
            iss: format!("{}/{}/", self.base, self.credentials.tenant_id),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            app_displayname: application.display_name.clone(),
            appid: application.app_id.to_string(),
            appidacr: proof.appidacr().to_owned(),
            idtyp: "app".to_owned(),
            oid: principal.id_text(),
            name: None,
            upn: None,
            roles: application.roles.clone(),
            scp: None,
            sub: principal.id_text(),
            tid: self.credentials.tenant_id.clone(),
            uti: Uuid::new_v4().simple().to_string(),
            ver: "1.0".to_owned(),
        }
    }

    /// What the `aud` of a client's own assertion may say: the token endpoint, or the issuer.
    fn audiences(&self, realm: &Realm<'_>) -> Vec<String> {
        let tenant = &self.credentials.tenant_id;
        let names = [tenant.as_str(), realm.name(), "common", "organizations"];
        let bases = [self.base.clone(), self.local_base()];
        let forms = ["/oauth2/v2.0/token", "/oauth2/token", "/v2.0", ""];
        let urls = bases.iter().flat_map(|base| names.iter().map(move |name| format!("{base}/{name}")));
        urls.flat_map(|url| forms.map(|form| format!("{url}{form}"))).collect()
    }
}
