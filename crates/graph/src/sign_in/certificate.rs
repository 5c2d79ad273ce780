//! An application's certificate, and the assertions its key signs.
//!
//! Source: "Microsoft identity platform application authentication certificate credentials",
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

use crate::Error;

/// How long an assertion is good for, in seconds: the longest that is advised.
const LIFETIME: i64 = 600;

/// A certificate with its RSA private key. Neither is printed.
#[derive(Clone)]
pub struct ClientCertificate {
    key: Arc<dyn SigningKey>,
    /// SHA-256 of the certificate, base64url.
    thumbprint: String,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientCertificate")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// Reads a PEM file with certificate and private key, or a PKCS#12 (PFX) file, which `password` opens.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`] with the file and what is wrong with it.
    pub fn read(path: &Path, password: Option<&SecretString>) -> Result<Self, Error> {
        let refuse = |reason: String| Error::Certificate { file: path.display().to_string(), reason };
        let bytes = std::fs::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
        Self::from_bytes(&bytes, password).map_err(refuse)
    }

    fn from_bytes(bytes: &[u8], password: Option<&SecretString>) -> Result<Self, String> {
        let is_pem = bytes.windows(11).any(|window| window == b"-----BEGIN ");
        let (key, certificates) = if is_pem { from_pem(bytes)? } else { from_pkcs12(bytes, password)? };
        let key =
            any_supported_type(&key).map_err(|_| "its private key is of no supported kind".to_owned())?;
        if key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256]).is_none() {
            return Err("its private key is not an RSA key, which Microsoft Entra takes only".to_owned());
        }
        let matching = certificates.iter().find(|certificate| belongs(&key, certificate));
        let certificate = matching.ok_or("it holds no certificate that belongs to its private key")?;
        Ok(Self { key, thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(certificate)) })
    }

    /// A signed statement that whoever holds the key is the application, good for one token endpoint.
    pub(crate) fn assertion(&self, client_id: &str, audience: &Url) -> Result<SecretString, Error> {
        let now = Timestamp::now().as_second();
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": audience.as_str(),
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now,
            "iat": now,
            "exp": now + LIFETIME,
        });
        let part = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.sign(signed.as_bytes()).ok_or_else(|| Error::Certificate {
            file: format!("with thumbprint {}", self.thumbprint),
            reason: "its key cannot sign".to_owned(),
        })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }

    /// RSA-PSS with SHA-256, which JSON Web Algorithms call PS256.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])?.sign(message).ok()
    }
}

type KeyAndCertificates = (PrivateKeyDer<'static>, Vec<CertificateDer<'static>>);

fn from_pem(bytes: &[u8]) -> Result<KeyAndCertificates, String> {
    let malformed = |error| format!("it is not good PEM: {error}");
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|error| match error {
        _ if holds(bytes, b"ENCRYPTED") => {
            "its private key is encrypted: decrypt it, or use a PKCS#12 (PFX) file, which may have a password"
                .to_owned()
        }
        rustls::pki_types::pem::Error::NoItemsFound => "it holds no private key".to_owned(),
        error => malformed(error),
    })?;
    Ok((key, certificates.map_err(malformed)?))
}

fn from_pkcs12(bytes: &[u8], password: Option<&SecretString>) -> Result<KeyAndCertificates, String> {
    let spelled = password.map(|password| password.expose_secret()).unwrap_or_default();
    let store = KeyStore::from_pkcs12(bytes, spelled, Pkcs12ImportPolicy::Strict).map_err(|_| {
        match password {
            Some(_) => {
                "it is neither PEM nor a PKCS#12 (PFX) file that AZURE_CLIENT_CERTIFICATE_PASSWORD opens"
            }
            None => {
                "it is neither PEM nor a PKCS#12 (PFX) file without a password: one may belong into \
                 AZURE_CLIENT_CERTIFICATE_PASSWORD"
            }
        }
        .to_owned()
    })?;
    let (_, chain) = store.private_key_chain().ok_or("it holds no private key with its certificate")?;
    let key = PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec());
    let certificates = chain.certs().iter().map(|certificate| certificate.as_der().to_vec().into());
    Ok((key.into(), certificates.collect()))
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn belongs(key: &Arc<dyn SigningKey>, certificate: &CertificateDer<'static>) -> bool {
    CertifiedKey::new(vec![certificate.clone()], Arc::clone(key)).keys_match().is_ok()
}
