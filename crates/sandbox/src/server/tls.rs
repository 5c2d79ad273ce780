//! A certificate authority of the sandbox's own, for HTTPS on loopback.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::error::Error;

/// File name of the certificate authority, in PEM.
pub(super) const FILE: &str = "certificate-authority.pem";

/// Makes an authority, writes it to `directory` and returns an acceptor it vouches for.
pub(super) fn acceptor(directory: &Path) -> Result<TlsAcceptor, Error> {
    let problem = |error: &dyn std::fmt::Display| Error::Certificate { problem: error.to_string() };
    let authority_key = KeyPair::generate().map_err(|error| problem(&error))?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "Tenantry sandbox");
    let certificate = authority.self_signed(&authority_key).map_err(|error| problem(&error))?;
    let path = directory.join(FILE);
    fs::write(&path, certificate.pem()).map_err(Error::file("write", &path))?;

    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().map_err(|error| problem(&error))?;
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let server = CertificateParams::new(names).map_err(|error| problem(&error))?;
    let server = server.signed_by(&key, &issuer).map_err(|error| problem(&error))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| problem(&error))?
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], key)
        .map_err(|error| problem(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
