//! Tokens: asked for once, renewed, refused.

mod assertion;
mod challenge;
mod device_code;
mod discovery;
mod managed_identity;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tenantry_graph::{Client, Credential, Endpoint, Error, Settings};

use crate::server::{Answer, Seen, Server, credential, token};

fn ok() -> Answer {
    Answer::json(&json!({}))
}

fn field(seen: &Seen, name: &str) -> String {
    let mut fields = url::form_urlencoded::parse(seen.body.as_bytes()).into_owned();
    fields.find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}

fn refusal(status: u16, error: &str, number: u32) -> Answer {
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{number}: It is so.\r\nTrace ID: 1\r\nTimestamp: 2026-03-29"),
        "error_codes": [number],
        "correlation_id": "c0",
    });
    Answer::text(status, body.to_string())
}

#[tokio::test]
async fn one_sign_in_serves_requests_that_run_side_by_side() {
    let server = Server::start(|_, _| ok()).await;
    let client = server.client();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get("/things").await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == "Bearer token-0"));
    let sign_ins = server.sign_ins();
    assert_eq!(sign_ins.len(), 1);
    assert_eq!(sign_ins[0].path, "/contoso.onmicrosoft.com/oauth2/v2.0/token");
    assert_eq!(sign_ins[0].header("authorization"), "");
    let mut form: Vec<_> = url::form_urlencoded::parse(sign_ins[0].body.as_bytes()).into_owned().collect();
    form.sort();
    let scope = format!("{}/.default", server.root);
    let expected = [
        ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#),
        ("client_id", "app"),
        ("client_secret", "s3cret&="),
        ("grant_type", "client_credentials"),
        ("scope", scope.as_str()),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn the_identity_is_read_from_the_token() {
    let claims = json!({"tid": "t", "oid": "o", "appid": "a", "roles": ["Group.ReadWrite.All"]});
    let jwt = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let server = Server::with_sign_in(|_, _| ok(), move |_, _| token(&jwt)).await;
    let identity = server.client().identity().await.unwrap();
    assert_eq!(identity.tenant_id.as_deref(), Some("t"));
    assert_eq!(identity.object_id.as_deref(), Some("o"));
    assert_eq!(identity.app_id.as_deref(), Some("a"));
    assert_eq!(identity.roles, ["Group.ReadWrite.All"]);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_token_at_its_end_is_renewed() {
    let server = Server::with_sign_in(
        |_, _| ok(),
        |_, before| {
            let lifetime = if before == 0 { "0" } else { "3599" };
            let body =
                json!({"token_type": "Bearer", "expires_in": lifetime, "access_token": format!("t{before}")});
            Answer::json(&body)
        },
    )
    .await;
    let client = server.client();
    for _ in 0..3 {
        client.get("/things").await.unwrap();
    }
    let tokens: Vec<_> = server.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
    assert_eq!(tokens, ["Bearer t0", "Bearer t1", "Bearer t1"]);
}

/// Moves the clock of the client. It is stopped only here: a stopped clock jumps ahead while sockets wait.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let server = Server::start(|_, _| ok()).await;
    let client = server.client();
    for seconds in [0, 3280, 30] {
        pass(Duration::from_secs(seconds)).await;
        client.get("/things").await.unwrap();
    }
    let tokens: Vec<_> = server.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
    assert_eq!(tokens, ["Bearer token-0", "Bearer token-0", "Bearer token-1"]);
}

#[tokio::test]
async fn a_token_is_renewed_when_the_service_would_like_it() {
    let server = Server::with_sign_in(
        |_, _| ok(),
        |_, before| {
            let (token, lifetime) = (format!("t{before}"), 86_400);
            let body = json!({"token_type": "Bearer", "expires_in": lifetime, "refresh_in": "43200", "access_token": token});
            Answer::json(&body)
        },
    )
    .await;
    let client = server.client();
    for seconds in [0, 43_100, 200] {
        pass(Duration::from_secs(seconds)).await;
        client.get("/things").await.unwrap();
    }
    let tokens: Vec<_> = server.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
    assert_eq!(tokens, ["Bearer t0", "Bearer t0", "Bearer t1"]);
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_early_is_used_to_its_end() {
    let server = Server::with_sign_in(
        |_, _| ok(),
        |_, before| match before {
            0 => token("first"),
            _ => refusal(400, "invalid_request", 90002),
        },
    )
    .await;
    let client = server.client();
    client.get("/things").await.unwrap();
    pass(Duration::from_secs(3400)).await;
    client.get("/things").await.unwrap();
    client.get("/things").await.unwrap();
    assert_eq!(server.sign_ins().len(), 2);
    pass(Duration::from_secs(190)).await;
    assert!(matches!(client.get("/things").await.unwrap_err(), Error::SignIn(_)));
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == "Bearer first"));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = Server::start(|seen, _| match seen.header("authorization") {
        "Bearer token-0" => Answer::error(401, "InvalidAuthenticationToken", "Lifetime validation failed."),
        _ => ok(),
    })
    .await;
    let client = server.client();
    client.get("/things").await.unwrap();
    assert_eq!((server.seen().len(), server.sign_ins().len()), (2, 2));
    client.get("/things").await.unwrap();
    assert_eq!((server.seen().len(), server.sign_ins().len()), (3, 2));
}

#[tokio::test]
async fn a_token_refused_again_is_an_error() {
    let server = Server::start(|_, _| Answer::error(401, "InvalidAuthenticationToken", "no")).await;
    let error = server.client().get("/things").await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!((server.seen().len(), server.sign_ins().len()), (2, 2));
}

#[tokio::test]
async fn refusals_are_explained_and_not_repeated() {
    let cases = [
        (401, "invalid_client", 7_000_215, "secret is wrong"),
        (401, "invalid_client", 7_000_222, "has expired"),
        (400, "unauthorized_client", 700_016, "not in this tenant"),
        (400, "invalid_request", 90002, "does not exist in this cloud"),
        (400, "invalid_request", 90038, "another cloud"),
        (400, "invalid_request", 900_432, "another cloud"),
        (400, "unauthorized_client", 7_000_112, "disabled"),
        (400, "invalid_grant", 65001, "consent"),
        (401, "invalid_client", 700_024, "clock"),
        (400, "interaction_required", 50076, "multifactor"),
        (400, "invalid_grant", 53003, "Conditional Access"),
        (400, "invalid_scope", 1_002_012, "scope"),
        (400, "invalid_resource", 500_011, "not known to the tenant"),
    ];
    for (status, name, number, hint) in cases {
        let server = Server::with_sign_in(|_, _| ok(), move |_, _| refusal(status, name, number)).await;
        let error = server.client().get("/things").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("sign-in refused: {name} AADSTS{number}: It is so (correlation id c0)")
        );
        let Error::SignIn(refused) = &error else { panic!("{error:?}") };
        assert!(refused.hint().unwrap().contains(hint), "{number}");
        assert!(!format!("{error:?}").contains("s3cret"));
        assert_eq!((server.sign_ins().len(), server.seen().len()), (1, 0));
    }
}

#[tokio::test]
async fn passing_trouble_at_sign_in_is_waited_out() {
    let server = Server::with_sign_in(
        |_, _| ok(),
        |_, before| match before {
            0 => Answer::text(429, "").header("Retry-After", "0"),
            2 => refusal(400, "invalid_request", 90024),
            1 => Answer::text(503, "<html>").header("Retry-After", "0"),
            _ => token("late"),
        },
    )
    .await;
    let settings = Settings { attempts: 4, ..Settings::default() };
    server.client_with(settings).get("/things").await.unwrap();
    assert_eq!(server.sign_ins().len(), 4);
}

#[tokio::test]
async fn an_answer_that_is_no_token_answer_is_not_shown() {
    for body in [r#"{"access_token":["eyJsecret"]}"#, r#"{"access_token":"eyJsecret\n"}"#, "eyJsecret", ""] {
        let server = Server::with_sign_in(|_, _| ok(), move |_, _| Answer::text(200, body)).await;
        let error = server.client().get("/things").await.unwrap_err();
        assert!(matches!(error, Error::SignInFailed { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("eyJ"), "{error:?}");
    }
}

#[tokio::test]
async fn an_authority_that_is_not_there_is_reported_with_its_host() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let settings = Settings { attempts: 1, deadline: Duration::from_secs(5), ..Settings::default() };
    let client = Client::new(Endpoint::new(&root, &root).unwrap(), credential(), settings).unwrap();
    let error = client.get("/things").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot sign in at 127.0.0.1: no connection");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_tenant_cannot_change_the_address() {
    for tenant_id in ["", "..", "a/b", "a?b", "a#b", "a b", "..%2f"] {
        let credential = Credential::ClientSecret {
            tenant_id: tenant_id.into(),
            client_id: "app".into(),
            client_secret: "s3cret".into(),
        };
        let endpoint = Endpoint::new("http://127.0.0.1:9", "http://127.0.0.1:9").unwrap();
        let error = Client::new(endpoint, credential, Settings::default()).unwrap_err();
        assert!(matches!(error, Error::InvalidTenant { .. }), "{tenant_id:?}");
    }
}
