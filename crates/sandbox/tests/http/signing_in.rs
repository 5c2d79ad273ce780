//! The token endpoint and the tokens.

use crate::support::{Sandbox, answer, claims, code, token};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::ExposeSecret;
use serde_json::Value;

/// Asks for a token with one field changed.
async fn refused(sandbox: &Sandbox, tenant: Option<&str>, field: &str, value: &str) -> (u16, Value) {
    let credentials = sandbox.running.credentials();
    let scope = format!("{}/.default", sandbox.running.graph_endpoint());
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", credentials.client_id.as_str()),
        ("client_secret", credentials.client_secret.expose_secret()),
        ("scope", scope.as_str()),
    ];
    for entry in &mut form {
        if entry.0 == field {
            entry.1 = value;
        }
    }
    token(&sandbox.client, &sandbox.running, tenant.unwrap_or(&credentials.tenant_id), &form).await
}

#[tokio::test]
async fn each_mistake_has_its_documented_number() {
    let sandbox = Sandbox::contoso().await;
    let cases = [
        (None, "client_secret", "wrong", 401, "invalid_client", 7_000_215),
        (None, "client_id", "11111111-1111-1111-1111-111111111111", 400, "unauthorized_client", 700_016),
        (Some("fabrikam.com"), "", "", 400, "invalid_request", 90_002),
        (None, "scope", "https://graph.microsoft.com/User.Read", 400, "invalid_scope", 1_002_012),
        (None, "grant_type", "password", 400, "unsupported_grant_type", 70_003),
    ];
    for (tenant, field, value, status, error, number) in cases {
        let (found, body) = refused(&sandbox, tenant, field, value).await;
        assert_eq!((found, body["error"].as_str()), (status, Some(error)), "{field}: {body}");
        assert_eq!(body["error_codes"][0], number);
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")));
    }
}

#[tokio::test]
async fn a_verified_domain_and_http_basic_work_as_well() {
    let sandbox = Sandbox::contoso().await;
    let credentials = sandbox.running.credentials();
    let basic = format!("{}:{}", credentials.client_id, credentials.client_secret.expose_secret());
    let url = format!("{}/contoso.com/oauth2/v2.0/token", sandbox.running.authority_host());
    let form = [("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")];
    let request = sandbox.client.post(url).form(&form);
    let (status, body) =
        answer(request.header("Authorization", format!("Basic {}", BASE64_STANDARD.encode(basic)))).await;
    assert_eq!(
        (status, body["token_type"].as_str(), body["expires_in"].as_i64()),
        (200, Some("Bearer"), Some(3599))
    );
}

#[tokio::test]
async fn the_token_names_the_service_principal_and_its_roles() {
    let sandbox = Sandbox::contoso().await;
    let claims = claims(&sandbox.token);
    let (status, principal) =
        sandbox.get(&format!("/servicePrincipals/{}", claims["oid"].as_str().unwrap())).await;
    assert_eq!(status, 200);
    assert_eq!(principal["appId"], claims["appid"]);
    assert_eq!(claims["aud"], sandbox.running.graph_endpoint());
    assert!(claims["roles"].as_array().unwrap().contains(&"User.ReadWrite.All".into()));
}

#[tokio::test]
async fn graph_refuses_a_missing_and_a_tampered_token() {
    let sandbox = Sandbox::contoso().await;
    let url = format!("{}/v1.0/users", sandbox.running.graph_endpoint());
    let mut tampered = sandbox.token.clone();
    tampered.insert(tampered.len() - 5, 'A');
    for request in [sandbox.client.get(&url), sandbox.client.get(&url).bearer_auth(tampered)] {
        let (status, body) = answer(request).await;
        assert_eq!((status, code(&body)), (401, "InvalidAuthenticationToken"));
    }
}

#[tokio::test]
async fn a_token_of_another_sandbox_is_refused() {
    let (here, there) = (Sandbox::contoso().await, Sandbox::contoso().await);
    let url = format!("{}/v1.0/users", here.running.graph_endpoint());
    let (status, body) = answer(here.client.get(&url).bearer_auth(&there.token)).await;
    assert_eq!((status, code(&body)), (401, "InvalidAuthenticationToken"));
}

#[tokio::test]
async fn discovery_leads_from_a_domain_to_the_tenant_and_graph() {
    let sandbox = Sandbox::contoso().await;
    let host = sandbox.running.authority_host();
    let url = format!("{host}/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration");
    let (status, found) = answer(sandbox.client.get(url)).await;
    assert_eq!(status, 200);
    let tenant = &sandbox.running.credentials().tenant_id;
    assert_eq!(found["issuer"], format!("{host}/{tenant}/v2.0"));
    assert_eq!(found["token_endpoint"], format!("{host}/{tenant}/oauth2/v2.0/token"));
    assert_eq!(found["msgraph_host"], sandbox.running.address().to_string());
}

#[tokio::test]
async fn tokens_are_signed_with_the_published_key() {
    let sandbox = Sandbox::contoso().await;
    let host = sandbox.running.authority_host();
    let url = format!("{host}/contoso.com/v2.0/.well-known/openid-configuration");
    let (_, document) = answer(sandbox.client.get(url)).await;
    let (_, keys) = answer(sandbox.client.get(document["jwks_uri"].as_str().unwrap())).await;
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys).unwrap();
    let header = jsonwebtoken::decode_header(&sandbox.token).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    let mut validation = jsonwebtoken::Validation::new(header.alg);
    validation.set_audience(&[sandbox.running.graph_endpoint()]);
    jsonwebtoken::decode::<Value>(&sandbox.token, &key, &validation).unwrap();
}

#[tokio::test]
async fn any_tenant_has_documents_without_a_tenant_of_their_own() {
    let sandbox = Sandbox::contoso().await;
    let host = sandbox.running.authority_host();
    for (path, issuer) in [
        ("common/v2.0", format!("{host}/{{tenantid}}/v2.0")),
        ("organizations/v2.0", format!("{host}/{{tenantid}}/v2.0")),
        ("common", format!("{host}/{{tenantid}}/")),
        ("contoso.com", format!("{host}/{}/", sandbox.running.credentials().tenant_id)),
    ] {
        let url = format!("{host}/{path}/.well-known/openid-configuration");
        let (status, document) = answer(sandbox.client.get(url)).await;
        assert_eq!((status, document["issuer"].as_str()), (200, Some(issuer.as_str())));
    }
    let url = format!("{host}/fabrikam.com/v2.0/.well-known/openid-configuration");
    let (status, refused) = answer(sandbox.client.get(url)).await;
    assert_eq!((status, &refused["error_codes"][0]), (400, &90_002.into()));
}

#[tokio::test]
async fn instance_discovery_knows_its_own_host_only() {
    let sandbox = Sandbox::contoso().await;
    let host = sandbox.running.authority_host();
    let ask = |endpoint: String| {
        let url =
            format!("{host}/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}");
        answer(sandbox.client.get(url))
    };
    let (status, found) = ask(format!("{host}/contoso.com/oauth2/v2.0/authorize")).await;
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["metadata"][0]["preferred_network"], sandbox.running.address().to_string());
    let (status, refused) =
        ask("https://login.example.com/contoso.com/oauth2/v2.0/authorize".to_owned()).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_instance")));
}

#[tokio::test]
async fn terraform_learns_where_to_sign_in_and_where_graph_is() {
    let sandbox = Sandbox::contoso().await;
    let host = sandbox.running.authority_host();
    let url = format!("{host}/metadata/endpoints?api-version=2022-09-01");
    let (status, found) = answer(sandbox.client.get(url)).await;
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["authentication"]["loginEndpoint"].as_str(), Some(host.as_str()));
    assert_eq!(found["microsoftGraphResourceId"], sandbox.running.graph_endpoint());
}
