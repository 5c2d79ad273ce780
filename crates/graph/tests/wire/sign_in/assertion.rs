//! Applications that prove who they are with a signed assertion: their own, or another issuer's.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use tenantry_graph::{
    AssertionSource, AzurePipelines, Client, ClientCertificate, Credential, Endpoint, Error, GithubActions,
    Settings,
};

use super::{field, ok, refusal};
use crate::server::{Answer, Server};

/// SHA-256 of the certificate in `tests/certificates`, base64url.
const THUMBPRINT: &str = "dI_TlMx8uYFdPwU_-Y3UrnuJXfIcZRRXEdDWqkqrohM";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/certificates").join(name)
}

fn read(name: &str, password: Option<&str>) -> Result<ClientCertificate, Error> {
    ClientCertificate::read(&file(name), password.map(Into::into).as_ref())
}

fn client(server: &Server, credential: Credential) -> Client {
    let endpoint = Endpoint::new(&server.root, &server.root).unwrap();
    Client::new(endpoint, credential, Settings { attempts: 2, ..Settings::default() }).unwrap()
}

fn of_certificate(certificate: ClientCertificate) -> Credential {
    Credential::ClientCertificate { tenant_id: "contoso.com".into(), client_id: "app".into(), certificate }
}

fn federated(source: AssertionSource) -> Credential {
    Credential::Federated { tenant_id: "contoso.com".into(), client_id: "app".into(), source }
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_that_its_public_key_verifies() {
    let public = std::fs::read(file("public-key.der")).unwrap();
    let cases = [
        ("application.pem", None),
        ("application-pkcs1.pem", None),
        ("application.pfx", Some("pass-of-the-file")),
        ("legacy.pfx", Some("pass-of-the-file")),
        ("open.pfx", None),
    ];
    for (name, password) in cases {
        let server = Server::start(|_, _| ok()).await;
        client(&server, of_certificate(read(name, password).unwrap())).get("/things").await.unwrap();
        let asked = &server.sign_ins()[0];
        assert_eq!(field(asked, "grant_type"), "client_credentials");
        assert_eq!(field(asked, "client_id"), "app");
        assert_eq!(field(asked, "client_secret"), "");
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        assert_eq!(field(asked, "client_assertion_type"), kind);

        let assertion = field(asked, "client_assertion");
        let (signed, signature) = assertion.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &public);
        key.verify(signed.as_bytes(), &signature)
            .unwrap_or_else(|_| panic!("{name}: the signature is not good"));
        let (header, claims) = signed.split_once('.').unwrap();
        assert_eq!(decode(header), json!({"alg": "PS256", "typ": "JWT", "x5t#S256": THUMBPRINT}), "{name}");
        let claims = decode(claims);
        assert_eq!(claims["aud"], format!("{}/contoso.com/oauth2/v2.0/token", server.root));
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app"), &json!("app")));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(), 600);
        assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
    }
}

#[tokio::test]
async fn each_sign_in_has_an_assertion_of_its_own() {
    let server = Server::with_sign_in(
        |_, _| ok(),
        |_, _| Answer::json(&json!({"access_token": "t", "token_type": "Bearer", "expires_in": 0})),
    )
    .await;
    let client = client(&server, of_certificate(read("application.pem", None).unwrap()));
    client.get("/things").await.unwrap();
    client.get("/things").await.unwrap();
    let asked = server.sign_ins();
    assert_ne!(field(&asked[0], "client_assertion"), field(&asked[1], "client_assertion"));
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_with_its_file() {
    let cases = [
        ("elliptic.pem", None, "not an RSA key"),
        ("mismatched.pem", None, "no certificate that belongs to its private key"),
        ("certificate.pem", None, "holds no private key"),
        ("encrypted.pem", None, "is encrypted"),
        ("application.pfx", None, "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        ("application.pfx", Some("hunter2"), "AZURE_CLIENT_CERTIFICATE_PASSWORD opens"),
        ("nowhere.pem", None, "cannot be read"),
    ];
    for (name, password, reason) in cases {
        let error = read(name, password).unwrap_err();
        assert!(matches!(error, Error::Certificate { .. }), "{name}");
        let text = error.to_string();
        assert!(text.contains(name) && text.contains(reason) && !text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_certificate_that_the_application_does_not_know_is_refused() {
    let server = Server::with_sign_in(|_, _| ok(), |_, _| refusal(401, "invalid_client", 700_027)).await;
    let credential = of_certificate(read("application.pem", None).unwrap());
    assert!(!format!("{credential:?}").contains("PRIVATE"));
    let error = client(&server, credential).get("/things").await.unwrap_err();
    let Error::SignIn(refused) = &error else { panic!("{error:?}") };
    assert!(refused.hint().unwrap().contains("certificate is not known"));
    assert_eq!(server.sign_ins().len(), 1);
}

#[tokio::test]
async fn a_token_file_is_read_again_for_each_sign_in() {
    let server = Server::with_sign_in(
        |_, _| ok(),
        |_, _| Answer::json(&json!({"access_token": "t", "token_type": "Bearer", "expires_in": "0"})),
    )
    .await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "first\n").unwrap();
    let client = client(&server, federated(AssertionSource::TokenFile(path.clone())));
    client.get("/things").await.unwrap();
    std::fs::write(&path, "second").unwrap();
    client.get("/things").await.unwrap();
    let presented: Vec<_> = server.sign_ins().iter().map(|seen| field(seen, "client_assertion")).collect();
    assert_eq!(presented, ["first", "second"]);
    for (text, reason) in [(Some(" \n"), "is empty"), (None, "cannot be read")] {
        match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let error = client.get("/things").await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

/// A token of another issuer, of which nobody here checks the signature.
fn foreign() -> String {
    let claims = json!({
        "iss": "https://token.actions.githubusercontent.com",
        "sub": "repo:contoso/tenant:ref:refs/heads/main",
        "aud": ["api://AzureADTokenExchange"],
    });
    format!("e30.{}.c2VjcmV0", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[tokio::test]
async fn a_refused_federated_token_is_shown_by_what_a_credential_must_match() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, foreign()).unwrap();
    for number in [70_021, 700_211, 700_212, 700_213] {
        let server =
            Server::with_sign_in(|_, _| ok(), move |_, _| refusal(400, "invalid_request", number)).await;
        let client = client(&server, federated(AssertionSource::TokenFile(path.clone())));
        let error = client.get("/things").await.unwrap_err();
        let Error::SignIn(refused) = &error else { panic!("{error:?}") };
        let hint = refused.hint().unwrap();
        assert!(
            hint.contains(
                "issuer \"https://token.actions.githubusercontent.com\", subject \
                 \"repo:contoso/tenant:ref:refs/heads/main\", audience \"api://AzureADTokenExchange\""
            ),
            "{hint}"
        );
        assert!(!format!("{error:?} {hint}").contains("c2VjcmV0"));
    }
}

fn github(server: &Server) -> AssertionSource {
    let request_url = format!("{}/oidc?api-version=2.0", server.root).parse().unwrap();
    AssertionSource::GithubActions(GithubActions { request_url, request_token: "job-token".into() })
}

fn pipelines(server: &Server) -> AssertionSource {
    let request_url = format!("{}/oidctoken", server.root).parse().unwrap();
    let (access_token, service_connection_id) = ("job-token".into(), "0-1".to_owned());
    AssertionSource::AzurePipelines(AzurePipelines { request_url, access_token, service_connection_id })
}

#[tokio::test]
async fn a_github_actions_job_asks_for_its_token_and_presents_it() {
    let server = Server::start(|seen, before| match (seen.path.starts_with("/oidc"), before) {
        (true, 0) => Answer::text(503, "").header("Retry-After", "0"),
        (true, _) => Answer::json(&json!({"count": 1, "value": foreign()})),
        _ => ok(),
    })
    .await;
    client(&server, federated(github(&server))).get("/things").await.unwrap();
    let asked = &server.seen()[1];
    assert_eq!(asked.method, "GET");
    assert_eq!(asked.path, "/oidc?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange");
    assert_eq!(asked.header("authorization"), "Bearer job-token");
    assert_eq!(asked.header("accept"), "application/json");
    assert_eq!(field(&server.sign_ins()[0], "client_assertion"), foreign());
    assert!(!server.sign_ins()[0].body.contains("job-token"));
}

#[tokio::test]
async fn an_azure_pipelines_job_asks_for_its_token_and_presents_it() {
    let server = Server::start(|seen, _| match seen.path.starts_with("/oidc") {
        true => Answer::json(&json!({"oidcToken": foreign()})),
        false => ok(),
    })
    .await;
    client(&server, federated(pipelines(&server))).get("/things").await.unwrap();
    let asked = &server.seen()[0];
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.path, "/oidctoken?api-version=7.1&serviceConnectionId=0-1");
    assert_eq!(asked.header("authorization"), "Bearer job-token");
    assert_eq!(asked.header("x-tfs-fedauthredirect"), "Suppress");
    assert_eq!(asked.header("content-length"), "0");
    assert_eq!(asked.body, "");
    assert_eq!(field(&server.sign_ins()[0], "client_assertion"), foreign());
}

#[tokio::test]
async fn a_job_whose_token_is_refused_says_so() {
    for (status, body, reason) in
        [(403, "secret-page", "status 403"), (200, "[]", "holds no token"), (200, "<html>", "is not JSON")]
    {
        let server = Server::start(move |_, _| Answer::text(status, body)).await;
        for source in [github(&server), pipelines(&server)] {
            let error = client(&server, federated(source)).get("/things").await.unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(reason), "{text}");
            assert!(!text.contains("job-token") && !text.contains("secret-page"), "{text}");
        }
        assert!(server.sign_ins().is_empty());
    }
}
