//! The token endpoint: who asks, by which grant, and for what.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{self, Proof};
use super::form::Form;
use super::refusal::Refusal;
use super::{Authority, Realm};
use crate::application::Application;
use crate::store::{Object, Store};

/// A client that has proved who it is.
pub(super) struct Client {
    pub(super) application: Application,
    pub(super) principal: Arc<Object>,
    pub(super) proof: Proof,
}

impl Authority {
    /// POST to `/{tenant}/oauth2/v2.0/token`.
    pub(super) fn token(&self, store: &Store, realm: &Realm<'_>, form: &Form) -> Result<Value, Refusal> {
        match form.need("grant_type")? {
            "client_credentials" => self.client_credentials(store, realm, form),
            "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => {
                let client = self.client_for_a_person(store, realm, form)?;
                let code = form.need("device_code")?;
                let (person, scopes) = self.session.devices.poll(code, client.application.app_id)?;
                self.tokens_for_a_person(store, &client, person, &scopes, form)
            }
            "refresh_token" => {
                let client = self.client_for_a_person(store, realm, form)?;
                self.refresh(store, &client, form)
            }
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
        check_claims(form)?;
        let lifetime = self.session.lifetimes().access_token_s;
        Ok(json!({
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": self.tokens.sign(&self.application_claims(&client)),
        }))
    }

    /// POST to `/{tenant}/oauth2/v2.0/devicecode`.
    pub(super) fn device_code(&self, store: &Store, form: &Form) -> Result<Value, Refusal> {
        let (application, _) = self.application(store, form)?;
        let scopes = self.scopes(form.need("scope")?)?;
        let lifetimes = self.session.lifetimes();
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let (code, pending) = self.session.devices.issue(
            application.app_id,
            scopes,
            seconds(lifetimes.device_interval_s),
            seconds(lifetimes.device_code_s),
        );
        let (user_code, page) = (pending.user_code, format!("{}/device", self.base));
        Ok(json!({
            "user_code": user_code,
            "device_code": code,
            "verification_uri": page,
            "expires_in": lifetimes.device_code_s,
            "interval": lifetimes.device_interval_s,
            "message": format!(
                "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
            ),
        }))
    }

    /// The client of a grant that is about a person: a public one brings no credential, any other must.
    fn client_for_a_person(&self, store: &Store, realm: &Realm<'_>, form: &Form) -> Result<Client, Refusal> {
        let client = self.client(store, realm, form)?;
        match (client.application.is_fallback_public_client, client.proof) {
            (false, Proof::Nothing) => Err(client::missing_credential()),
            (true, Proof::Secret | Proof::Assertion) => {
                let message =
                    "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
                Err(Refusal::client(700_025, message))
            }
            _ => Ok(client),
        }
    }

    /// Finds the application that asks and checks its credential.
    fn client(&self, store: &Store, realm: &Realm<'_>, form: &Form) -> Result<Client, Refusal> {
        let (application, principal) = self.application(store, form)?;
        let proof = client::authenticate(&application, form, &self.audiences(realm))?;
        Ok(Client { application, principal, proof })
    }

    /// Finds the application that asks and its service principal.
    fn application(&self, store: &Store, form: &Form) -> Result<(Application, Arc<Object>), Refusal> {
        let id = form.client_id()?;
        let tenant = &self.credentials.tenant_id;
        let application = self.registry.find(id).ok_or_else(|| {
            let message = format!(
                "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user \
                 in the tenant. You may have sent your authentication request to the wrong tenant."
            );
            Refusal::new("unauthorized_client", 700_016, message)
        })?;
        let principal = store.holder("appId", id).filter(|principal| !principal.is_deleted()).cloned();
        let principal = principal.ok_or_else(|| {
            let message =
                format!("The client application {id} is missing service principal in the tenant {tenant}.");
            Refusal::new("unauthorized_client", 7_000_229, message)
        })?;
        if principal.get("accountEnabled") == Some(&Value::Bool(false)) {
            let message = format!("Application '{id}'({}) is disabled.", application.display_name);
            return Err(Refusal::new("unauthorized_client", 7_000_112, message));
        }
        Ok((application, principal))
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

/// A claims challenge that comes back has to be the JSON that the challenge held.
pub(super) fn check_claims(form: &Form) -> Result<(), Refusal> {
    let Some(claims) = form.field("claims") else {
        return Ok(());
    };
    match serde_json::from_str::<Value>(claims) {
        Ok(Value::Object(_)) => Ok(()),
        _ => Err(Refusal::new("invalid_request", 90_013, "The claims parameter is not a JSON object.")),
    }
}
