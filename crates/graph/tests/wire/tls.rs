//! Certificates: unknown ones are refused at once, those of `SSL_CERT_FILE` are trusted.

use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use serde_json::json;
use tenantry_graph::{Client, Endpoint, Error, Request, Settings};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use crate::server::{Answer, Server, credential};

/// Names the server to the test that runs in a process of its own.
const ROOT: &str = "TENANTRY_TEST_TLS_ROOT";

async fn server() -> (Server, String) {
    let CertifiedKey { cert, signing_key }: CertifiedKey<KeyPair> =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], signing_key.into())
        .unwrap();
    let tls = TlsAcceptor::from(Arc::new(config));
    (Server::with_tls(tls, |_, _| Answer::json(&json!({}))).await, cert.pem())
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_at_once() {
    let (server, _) = server().await;
    let endpoint = Endpoint::new(&server.root, &server.root).unwrap();
    let client = Client::new(endpoint, credential(), Settings::default()).unwrap();
    let error = client.get("/things").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot sign in at 127.0.0.1: the certificate is not trusted");
    assert_eq!(server.connections(), 1);
}

/// Environment variables belong to a process, so the client runs in another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_named_in_the_environment_is_trusted() {
    let (server, pem) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::client_in_a_process_of_its_own", "--ignored"])
        .env("SSL_CERT_FILE", &file)
        .env(ROOT, &server.root)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    assert_eq!((server.sign_ins().len(), server.seen().len()), (1, 1));
}

#[tokio::test]
#[ignore = "started by a_certificate_named_in_the_environment_is_trusted"]
async fn client_in_a_process_of_its_own() {
    let Ok(root) = std::env::var(ROOT) else { return };
    let endpoint = Endpoint::new(&root, &root).unwrap();
    let client = Client::new(endpoint, credential(), Settings::default()).unwrap();
    client.get("/things").await.unwrap();
}

#[tokio::test]
async fn a_refused_certificate_of_graph_is_not_an_ambiguous_write() {
    let (server, _) = server().await;
    let authority = Server::start(|_, _| Answer::json(&json!({}))).await;
    let endpoint = Endpoint::new(&server.root, &authority.root).unwrap();
    let client = Client::new(endpoint, credential(), Settings::default()).unwrap();
    let error = client.send(&Request::delete("/things/1")).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && !error.is_ambiguous(), "{error:?}");
    assert_eq!(client.traffic().requests, 1);
}
