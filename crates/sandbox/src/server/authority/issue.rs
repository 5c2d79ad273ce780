//! What goes into the tokens.
//! <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>
//! <https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Authority;
use super::form::Form;
use super::grant::{Client, check_claims};
use super::refusal::Refusal;
use super::scope::Scopes;
use super::tokens::Claims;
use crate::store::{Object, Store};

/// What a refresh token says; nobody but the authority reads it.
#[derive(Debug, Serialize, Deserialize)]
struct Refresh {
    refresh_of: String,
    person: Uuid,
    scopes: Scopes,
    iat: i64,
    exp: i64,
}

impl Authority {
    /// The claims of a token for an application itself.
    pub(super) fn application_claims(&self, client: &Client) -> Claims {
        let principal = client.principal.id_text();
        Claims {
            idtyp: "app".to_owned(),
            oid: principal.clone(),
            sub: principal,
            roles: client.application.roles.clone(),
            ..self.common_claims(client)
        }
    }

    /// What tokens for applications and for people have in common.
    fn common_claims(&self, client: &Client) -> Claims {
        let Client { application, proof, .. } = client;
        let issued = self.session.issued_at(&application.app_id.to_string());
        Claims {
            aud: self.base.clone(),
            iss: format!("{}/{}/", self.base, self.credentials.tenant_id),
            iat: issued,
            nbf: issued,
            exp: issued + i64::from(self.session.lifetimes().access_token_s),
            app_displayname: application.display_name.clone(),
            appid: application.app_id.to_string(),
            appidacr: proof.appidacr().to_owned(),
            tid: self.credentials.tenant_id.clone(),
            uti: BASE64_URL_SAFE_NO_PAD.encode(Uuid::new_v4()),
            ver: "1.0".to_owned(),
            ..Claims::default()
        }
    }

    /// The answer for a person who signed in: an access token, and more as the scopes ask for.
    pub(super) fn tokens_for_a_person(
        &self,
        store: &Store,
        client: &Client,
        person: Uuid,
        scopes: &Scopes,
        form: &Form,
    ) -> Result<Value, Refusal> {
        check_claims(form)?;
        let person = find_person(store, person)?;
        let text = |name: &str| person.text(name).map(str::to_owned);
        let claims = Claims {
            idtyp: "user".to_owned(),
            oid: person.id_text(),
            sub: person.id_text(),
            name: text("displayName"),
            upn: text("userPrincipalName"),
            scp: Some(scopes.granted(&client.application)?.join(" ")),
            ..self.common_claims(client)
        };
        let mut answer = json!({
            "token_type": "Bearer",
            "scope": scopes.answer(),
            "expires_in": self.session.lifetimes().access_token_s,
            "ext_expires_in": self.session.lifetimes().access_token_s,
            "access_token": self.tokens.sign(&claims),
        });
        if scopes.has("offline_access") {
            answer["refresh_token"] = self.refresh_token(&claims, person.id, scopes).into();
        }
        if scopes.has("openid") {
            answer["id_token"] = self.id_token(&claims).into();
        }
        if form.field("client_info") == Some("1") {
            let info = json!({ "uid": claims.oid, "utid": claims.tid });
            answer["client_info"] = BASE64_URL_SAFE_NO_PAD.encode(info.to_string()).into();
        }
        Ok(answer)
    }

    fn refresh_token(&self, claims: &Claims, person: Uuid, scopes: &Scopes) -> String {
        let exp = claims.iat + i64::from(self.session.lifetimes().refresh_token_s);
        let refresh = Refresh {
            refresh_of: claims.appid.clone(),
            person,
            scopes: scopes.clone(),
            iat: claims.iat,
            exp,
        };
        self.tokens.sign(&refresh)
    }

    fn id_token(&self, claims: &Claims) -> String {
        let Claims { oid, name, upn, iat, exp, tid, appid, .. } = claims;
        self.tokens.sign(&json!({
            "ver": "2.0", "iss": self.issuer(), "aud": appid, "sub": oid, "oid": oid, "tid": tid, "name": name,
            "preferred_username": upn, "iat": iat, "nbf": iat, "exp": exp,
        }))
    }

    /// Redeems a refresh token, which stays good.
    pub(super) fn refresh(&self, store: &Store, client: &Client, form: &Form) -> Result<Value, Refusal> {
        let id = client.application.app_id.to_string();
        let refresh: Option<Refresh> = self.tokens.read(form.need("refresh_token")?);
        let refresh = refresh.filter(|refresh| refresh.refresh_of == id).ok_or_else(|| {
            let message = "The provided value for the input parameter 'refresh_token' is not valid.";
            Refusal::new("invalid_grant", 70_000, message)
        })?;
        if refresh.exp <= Timestamp::now().as_second() {
            let message = "The refresh token has expired due to inactivity.";
            return Err(Refusal::new("invalid_grant", 700_082, message));
        }
        if self.session.valid_from(&id).is_some_and(|from| refresh.iat < from) {
            let message =
                "The provided grant has expired due to it being revoked, a fresh auth token is needed.";
            return Err(Refusal::new("invalid_grant", 50_173, message));
        }
        let scopes = match form.field("scope") {
            Some(scope) => self.scopes(scope)?,
            None => refresh.scopes,
        };
        self.tokens_for_a_person(store, client, refresh.person, &scopes, form)
    }
}

/// The person may have been deleted or disabled since.
fn find_person(store: &Store, id: Uuid) -> Result<&Object, Refusal> {
    let person = store.live(id).ok_or_else(|| {
        Refusal::new("invalid_grant", 50_034, "The user account does not exist in the directory.")
    })?;
    match person.get("accountEnabled") {
        Some(Value::Bool(false)) => {
            Err(Refusal::new("invalid_grant", 50_057, "The user account is disabled."))
        }
        _ => Ok(person),
    }
}
