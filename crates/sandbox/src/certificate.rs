//! Public certificates that applications sign their assertions with.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_parser::parse_x509_certificate;
use x509_parser::public_key::PublicKey;

/// A certificate whose key can verify assertions.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    der: Vec<u8>,
    key: DecodingKey,
    not_before: i64,
    not_after: i64,
}

impl Certificate {
    /// Reads PEM, or the base64 of the DER form.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let der = if text.contains("-----BEGIN") {
            let first = CertificateDer::pem_slice_iter(text.as_bytes()).next();
            let first = first.ok_or("the PEM text holds no certificate")?;
            first.map_err(|error| format!("the PEM text cannot be read: {error}"))?.to_vec()
        } else {
            BASE64_STANDARD.decode(text.trim()).map_err(|_| "neither PEM nor base64")?
        };
        let (_, parsed) =
            parse_x509_certificate(&der).map_err(|error| format!("not an X.509 certificate: {error}"))?;
        let public = parsed.public_key();
        let key = match public.parsed().map_err(|error| format!("its key cannot be read: {error}"))? {
            PublicKey::RSA(_) => DecodingKey::from_rsa_der(&public.subject_public_key.data),
            PublicKey::EC(_) => DecodingKey::from_ec_der(&public.subject_public_key.data),
            _ => return Err("its key is neither RSA nor of an elliptic curve".to_owned()),
        };
        let validity = parsed.validity();
        let (not_before, not_after) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        Ok(Self { key, not_before, not_after, der })
    }

    /// The public key.
    pub(crate) fn key(&self) -> &DecodingKey {
        &self.key
    }

    /// Whether the certificate is valid at a time.
    pub(crate) fn is_valid(&self, time: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&time.as_second())
    }

    /// Whether `thumbprint` is the SHA-256 or SHA-1 digest of the certificate: base64url with or
    /// without padding, or hexadecimal as portals show it.
    pub(crate) fn has_thumbprint(&self, thumbprint: &str) -> bool {
        let digests = [Sha256::digest(&self.der).to_vec(), Sha1::digest(&self.der).to_vec()];
        let bare = thumbprint.trim_end_matches('=');
        digests.iter().any(|digest| {
            BASE64_URL_SAFE_NO_PAD.encode(digest) == bare || hexadecimal(digest).eq_ignore_ascii_case(bare)
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

impl Serialize for Certificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.der))
    }
}

impl<'de> Deserialize<'de> for Certificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).map_err(serde::de::Error::custom)
    }
}
