//! Signs tokens, publishes the key and reads tokens back.
//! <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use rcgen::KeyPair;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// Tokens whose signature is known to be good; more are forgotten and checked again.
const REMEMBERED: usize = 1024;

/// The claims of an access token, version 1.0 as Graph gets them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::server) struct Claims {
    pub(super) aud: String,
    pub(super) iss: String,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    pub(super) app_displayname: String,
    pub(in crate::server) appid: String,
    pub(super) appidacr: String,
    /// `app` or `user`.
    pub(super) idtyp: String,
    /// Object id of the service principal, or of the person signed in.
    pub(in crate::server) oid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) upn: Option<String>,
    /// Application permissions; absent when none was granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<String>,
    /// Delegated permissions, separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scp: Option<String>,
    pub(super) sub: String,
    pub(super) tid: String,
    pub(super) uti: String,
    pub(super) ver: String,
}

impl Claims {
    /// Whether somebody has signed in, and not just an application.
    pub(in crate::server) fn is_delegated(&self) -> bool {
        self.scp.is_some()
    }

    /// Whether the token carries a permission, application or delegated.
    pub(in crate::server) fn has(&self, permission: &str) -> bool {
        let delegated = self.scp.iter().flat_map(|scopes| scopes.split(' '));
        self.roles.iter().map(String::as_str).chain(delegated).any(|held| held == permission)
    }
}

/// Signs and verifies with one key, ES256.
///
/// Microsoft signs with RS256. Clients do not check the signature of a token for someone else, and
/// an RSA key takes seconds to make where this one takes none.
pub(in crate::server) struct Tokens {
    id: String,
    private: EncodingKey,
    public: DecodingKey,
    point: (String, String),
    good: Mutex<HashMap<String, Arc<Claims>>>,
}

impl Tokens {
    /// A new private key, PKCS #8 in base64.
    pub(in crate::server) fn new_key() -> Result<String, Error> {
        let key = KeyPair::generate().map_err(|error| Error::Certificate { problem: error.to_string() })?;
        Ok(BASE64_STANDARD.encode(key.serialize_der()))
    }

    /// Takes a key made by [`Self::new_key`].
    pub(in crate::server) fn with_key(key: &str) -> Result<Self, Error> {
        let problem = |problem: String| Error::Certificate { problem };
        let der = BASE64_STANDARD.decode(key).map_err(|error| problem(error.to_string()))?;
        let pair = PrivatePkcs8KeyDer::from(der.as_slice());
        let pair = KeyPair::try_from(&pair).map_err(|error| problem(error.to_string()))?;
        let point = pair.public_key_raw();
        let coordinates = point.get(1..33).zip(point.get(33..65));
        let (x, y) = coordinates.ok_or_else(|| problem("the signing key is not on P-256".to_owned()))?;
        Ok(Self {
            id: BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(point)[..20]),
            private: EncodingKey::from_ec_der(&der),
            public: DecodingKey::from_ec_der(point),
            point: (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y)),
            good: Mutex::default(),
        })
    }

    /// Signs claims.
    pub(super) fn sign(&self, claims: &impl Serialize) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &self.private).unwrap_or_default()
    }

    /// The claims of an access token with a good signature.
    pub(super) fn claims(&self, token: &str) -> Option<Arc<Claims>> {
        let known = || self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = known().get(token) {
            return Some(Arc::clone(claims));
        }
        let claims: Arc<Claims> = Arc::new(self.read(token)?);
        let mut known = known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token.to_owned(), Arc::clone(&claims));
        Some(claims)
    }

    /// What was signed, if the signature is good. Times and audiences are for the caller to judge.
    pub(super) fn read<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let mut signature_only = Validation::new(Algorithm::ES256);
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_aud = false;
        decode(token, &self.public, &signature_only).ok().map(|read| read.claims)
    }

    /// The key set for `jwks_uri`.
    pub(super) fn key_set(&self, issuer: &str) -> Value {
        let (x, y) = &self.point;
        let key = json!({
            "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": self.id, "x": x, "y": y,
            "issuer": issuer,
        });
        json!({ "keys": [key] })
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tokens").field("id", &self.id).finish_non_exhaustive()
    }
}
