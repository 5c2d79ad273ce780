//! Applications that may sign in: their credentials and what an administrator has granted them.
//!
//! The members have the names Graph gives them on `application`
//! (<https://learn.microsoft.com/graph/api/resources/application>), where it has one.

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::certificate::Certificate;
use crate::store::derived_id;

/// A registered application, as seed files and `POST /sandbox/applications` describe it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Application {
    /// Name of its service principal.
    pub(crate) display_name: String,
    /// Application (client) id; derived from the name when left out.
    #[serde(default)]
    pub(crate) app_id: Uuid,
    /// Application permissions consented to, for example `User.Read.All`: the `roles` of its tokens.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// Delegated permissions consented to: the most the `scp` of its tokens may hold.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// Client secrets.
    #[serde(default)]
    pub(crate) password_credentials: Vec<PasswordCredential>,
    /// Public certificates.
    #[serde(default)]
    pub(crate) key_credentials: Vec<KeyCredential>,
    /// Whose tokens may stand in for a credential.
    #[serde(default)]
    pub(crate) federated_identity_credentials: Vec<FederatedIdentityCredential>,
    /// Whether it may sign people in without a credential of its own, as command lines do.
    #[serde(default)]
    pub(crate) is_fallback_public_client: bool,
    /// Whether its service principal may sign in.
    #[serde(default = "enabled")]
    pub(crate) account_enabled: bool,
}

/// A client secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordCredential {
    /// The secret; generated when left out.
    #[serde(default = "random_secret", serialize_with = "expose")]
    pub(crate) secret_text: SecretString,
    /// When it stops working; never when left out.
    #[serde(default)]
    pub(crate) end_date_time: Option<Timestamp>,
}

/// A public certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeyCredential {
    /// The certificate: PEM, or the base64 of its DER form. Its own validity counts.
    pub(crate) key: Certificate,
}

/// A trust in tokens of another issuer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FederatedIdentityCredential {
    /// Unique within the application.
    pub(crate) name: String,
    /// `iss` of the tokens, to the letter.
    pub(crate) issuer: String,
    /// `sub` of the tokens, to the letter.
    pub(crate) subject: String,
    /// `aud` of the tokens: exactly one.
    pub(crate) audiences: [String; 1],
    /// The issuer's signing keys: no part of the Graph type, because the service fetches them.
    pub(crate) jwks: JwkSet,
}

impl Application {
    /// Reads and completes a description.
    pub(crate) fn read(description: Value) -> Result<Self, String> {
        let mut read: Self = serde_json::from_value(description).map_err(|error| error.to_string())?;
        if read.app_id.is_nil() {
            read.app_id = derived_id("application", &read.display_name);
        }
        let names: Vec<&str> =
            read.federated_identity_credentials.iter().map(|found| found.name.as_str()).collect();
        match names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            Some((_, name)) => Err(format!("two federated identity credentials are called '{name}'")),
            None => Ok(read),
        }
    }

    /// The application as the control plane shows it: secrets only when `with_secrets`.
    pub(crate) fn show(&self, with_secrets: bool) -> Value {
        let mut shown = json!(self);
        let secrets = shown["passwordCredentials"].as_array_mut().into_iter().flatten();
        for secret in secrets.filter(|_| !with_secrets) {
            let hint: String = secret["secretText"].as_str().unwrap_or_default().chars().take(3).collect();
            secret["secretText"] = Value::Null;
            secret["hint"] = hint.into();
        }
        shown
    }

    /// The application with some members replaced; its id stays.
    pub(crate) fn changed(&self, members: Value) -> Result<Self, String> {
        let Value::Object(members) = members else {
            return Err("a JSON object is expected".to_owned());
        };
        let mut description = json!(self);
        for (name, value) in members {
            description[name] = value;
        }
        let changed = Self::read(description)?;
        if changed.app_id == self.app_id { Ok(changed) } else { Err("appId cannot be changed".to_owned()) }
    }
}

fn enabled() -> bool {
    true
}

/// A secret nobody can guess.
fn random_secret() -> SecretString {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 30]>()).into()
}

/// Writes a secret where it has to be readable: the state directory and the answer to its creation.
fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}
