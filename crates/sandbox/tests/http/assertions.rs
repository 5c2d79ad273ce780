//! Certificates and federated credentials at the token endpoint.

use base64::Engine;
use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::{Sandbox, registered, token};

const KEY: &str = include_str!("fixtures/rsa-key.pem");
const OTHER_KEY: &str = include_str!("fixtures/other-rsa-key.pem");
const ISSUER: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str = "repo:contoso/tenant:ref:refs/heads/main";
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A self-signed certificate for `key`: PEM, and DER for its thumbprint.
fn certificate(key: &str, until: i32) -> (String, Vec<u8>) {
    let key = KeyPair::from_pem(key).unwrap();
    let mut parameters = CertificateParams::new(vec!["tenantry.contoso.com".to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(2020, 1, 1);
    parameters.not_after = date_time_ymd(until, 1, 1);
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.pem(), certificate.der().to_vec())
}

/// A sandbox with an application that has a certificate; its client id and the certificate.
async fn with_certificate() -> (Sandbox, String, Vec<u8>) {
    let sandbox = Sandbox::contoso().await;
    let (pem, der) = certificate(KEY, 4000);
    let description = json!({ "displayName": "Deployer", "roles": ["User.Read.All"],
        "keyCredentials": [{ "key": pem }] });
    let application = registered(&sandbox, description).await;
    (sandbox, application["appId"].as_str().unwrap().to_owned(), der)
}

/// Asks for a token with an assertion; the status and the number of the refusal.
async fn ask(sandbox: &Sandbox, client_id: &str, assertion: &str) -> (u16, i64) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let tenant = &sandbox.running.credentials().tenant_id;
    let (status, answer) = token(&sandbox.client, &sandbox.running, tenant, &form).await;
    (status, answer["error_codes"][0].as_i64().unwrap_or_default())
}

fn seconds_from_now(seconds: i64) -> i64 {
    (Timestamp::now() + SignedDuration::from_secs(seconds)).as_second()
}

fn token_endpoint(sandbox: &Sandbox) -> String {
    let (host, tenant) = (sandbox.running.authority_host(), &sandbox.running.credentials().tenant_id);
    format!("{host}/{tenant}/oauth2/v2.0/token")
}

fn own_claims(sandbox: &Sandbox, client_id: &str) -> Value {
    json!({
        "aud": token_endpoint(sandbox),
        "iss": client_id, "sub": client_id, "jti": "b7f5f1a6-5d70-44a3-9f34-b5f5a7a2a6c5",
        "nbf": seconds_from_now(0), "iat": seconds_from_now(0), "exp": seconds_from_now(600),
    })
}

fn header(algorithm: Algorithm, thumbprint: String) -> Header {
    Header { x5t_s256: Some(thumbprint), ..Header::new(algorithm) }
}

fn sha256(der: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(der))
}

fn signed(header: &Header, claims: &Value, key: &str) -> String {
    encode(header, claims, &EncodingKey::from_rsa_pem(key.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_certificate_is_found_by_every_thumbprint_clients_send() {
    let (sandbox, id, der) = with_certificate().await;
    let claims = own_claims(&sandbox, &id);
    let sha1 = Sha1::digest(&der);
    let headers = [
        header(Algorithm::PS256, sha256(&der)),
        header(Algorithm::RS256, BASE64_URL_SAFE.encode(Sha256::digest(&der))),
        Header { x5t: Some(BASE64_URL_SAFE.encode(sha1)), ..Header::new(Algorithm::RS256) },
        Header { x5t: Some(BASE64_URL_SAFE_NO_PAD.encode(sha1)), ..Header::new(Algorithm::RS256) },
        Header { kid: Some(BASE64_URL_SAFE_NO_PAD.encode(sha1)), ..Header::new(Algorithm::PS256) },
    ];
    for header in headers {
        assert_eq!(ask(&sandbox, &id, &signed(&header, &claims, KEY)).await, (200, 0), "{header:?}");
    }
}

#[tokio::test]
async fn times_may_have_fractions() {
    let (sandbox, id, der) = with_certificate().await;
    let mut claims = own_claims(&sandbox, &id);
    claims["nbf"] = json!(claims["nbf"].as_f64().unwrap() + 0.338);
    claims["exp"] = json!(claims["exp"].as_f64().unwrap() + 0.338);
    let assertion = signed(&header(Algorithm::PS256, sha256(&der)), &claims, KEY);
    assert_eq!(ask(&sandbox, &id, &assertion).await, (200, 0));
}

#[tokio::test]
async fn a_certificate_on_an_elliptic_curve_works_as_well() {
    let sandbox = Sandbox::contoso().await;
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let description = json!({ "displayName": "Deployer", "keyCredentials": [{ "key": certificate.pem() }] });
    let id = registered(&sandbox, description).await["appId"].as_str().unwrap().to_owned();
    let header = header(Algorithm::ES256, sha256(certificate.der()));
    let private = EncodingKey::from_ec_der(&key.serialize_der());
    let assertion = encode(&header, &own_claims(&sandbox, &id), &private).unwrap();
    assert_eq!(ask(&sandbox, &id, &assertion).await, (200, 0));
}

#[tokio::test]
async fn each_flaw_of_an_assertion_is_refused_with_its_number() {
    let (sandbox, id, der) = with_certificate().await;
    let good = own_claims(&sandbox, &id);
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let right = header(Algorithm::PS256, sha256(&der));
    let other = "11111111-1111-1111-1111-111111111111";
    let elsewhere = "https://login.microsoftonline.com/common/oauth2/v2.0/token";
    let cases = [
        ("signed with another key", signed(&right, &good, OTHER_KEY), 700_027),
        ("unknown thumbprint", signed(&header(Algorithm::PS256, sha256(b"x")), &good, KEY), 700_027),
        ("no thumbprint", signed(&Header::new(Algorithm::PS256), &good, KEY), 700_027),
        ("other audience", signed(&right, &changed("aud", elsewhere.into()), KEY), 700_023),
        ("expired", signed(&right, &changed("exp", seconds_from_now(-1).into()), KEY), 700_024),
        ("without end", signed(&right, &changed("exp", Value::Null), KEY), 700_024),
        ("not yet valid", signed(&right, &changed("nbf", seconds_from_now(3600).into()), KEY), 700_024),
        ("other subject", signed(&right, &changed("sub", other.into()), KEY), 700_021),
        ("other issuer", signed(&right, &changed("iss", other.into()), KEY), 70_021),
        ("no token", "not.a.token".to_owned(), 50_027),
    ];
    for (flaw, assertion, number) in cases {
        assert_eq!(ask(&sandbox, &id, &assertion).await, (401, number), "{flaw}");
    }
}

#[tokio::test]
async fn a_tampered_assertion_is_refused() {
    let (sandbox, id, der) = with_certificate().await;
    let good = signed(&header(Algorithm::PS256, sha256(&der)), &own_claims(&sandbox, &id), KEY);
    let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
    let mut claims = own_claims(&sandbox, &id);
    claims["exp"] = seconds_from_now(86_400).into();
    parts[1] = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    assert_eq!(ask(&sandbox, &id, &parts.join(".")).await, (401, 700_027));
}

#[tokio::test]
async fn an_expired_certificate_is_refused_though_it_is_registered() {
    let sandbox = Sandbox::contoso().await;
    let (pem, der) = certificate(KEY, 2021);
    let description = json!({ "displayName": "Deployer", "keyCredentials": [{ "key": pem }] });
    let id = registered(&sandbox, description).await["appId"].as_str().unwrap().to_owned();
    let assertion = signed(&header(Algorithm::PS256, sha256(&der)), &own_claims(&sandbox, &id), KEY);
    assert_eq!(ask(&sandbox, &id, &assertion).await, (401, 700_027));
}

/// A sandbox whose application trusts tokens of a workflow; its client id.
async fn with_trust() -> (Sandbox, String) {
    let sandbox = Sandbox::contoso().await;
    let public = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    let mut key = Jwk::from_encoding_key(&public, Algorithm::RS256).unwrap();
    key.common.key_id = Some("one".to_owned());
    DecodingKey::from_jwk(&key).unwrap();
    let description = json!({
        "displayName": "Workflow",
        "federatedIdentityCredentials": [{ "name": "main", "issuer": ISSUER, "subject": SUBJECT,
            "audiences": [AUDIENCE], "jwks": { "keys": [key] } }],
    });
    let id = registered(&sandbox, description).await["appId"].as_str().unwrap().to_owned();
    (sandbox, id)
}

fn workflow_token(algorithm: Algorithm, changes: &Value, key: &str) -> String {
    let mut claims = json!({ "iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE,
        "nbf": seconds_from_now(-10), "exp": seconds_from_now(300) });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    signed(&Header { kid: Some("one".to_owned()), ..Header::new(algorithm) }, &claims, key)
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_stands_in_for_a_credential() {
    let (sandbox, id) = with_trust().await;
    assert_eq!(ask(&sandbox, &id, &workflow_token(Algorithm::RS256, &json!({}), KEY)).await, (200, 0));
    let several = json!({ "aud": ["https://elsewhere", AUDIENCE] });
    assert_eq!(ask(&sandbox, &id, &workflow_token(Algorithm::RS256, &several, KEY)).await, (200, 0));
}

#[tokio::test]
async fn a_foreign_token_that_differs_is_refused_by_what_differs() {
    let (sandbox, id) = with_trust().await;
    let workflow = |changes| workflow_token(Algorithm::RS256, &changes, KEY);
    let cases = [
        (workflow(json!({ "iss": "https://gitlab.com" })), 700_211),
        (workflow(json!({ "sub": SUBJECT.to_uppercase() })), 700_213),
        (workflow(json!({ "aud": "api://elsewhere" })), 700_212),
        (workflow(json!({ "exp": seconds_from_now(-1) })), 700_024),
        (workflow_token(Algorithm::RS256, &json!({}), OTHER_KEY), 50_013),
        (workflow_token(Algorithm::PS256, &json!({}), KEY), 5_002_738),
    ];
    for (assertion, number) in cases {
        assert_eq!(ask(&sandbox, &id, &assertion).await, (401, number));
    }
}
