//! Claims challenges: a token refused before its end, and what the next one must hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tenantry_graph::Request;

use super::{field, ok};
use crate::server::{Answer, Server, batch};

fn challenge() -> Answer {
    let claims = STANDARD.encode(r#"{"access_token":{"nbf":{"essential":true,"value":"7"}}}"#);
    let header = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{claims}\"");
    Answer::error(401, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge")
        .header("WWW-Authenticate", header)
}

fn claims(server: &Server, place: usize) -> Value {
    serde_json::from_str(&field(&server.sign_ins()[place], "claims")).unwrap()
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_then_over() {
    let server = Server::start(|seen, before| match seen.header("authorization") {
        "Bearer token-0" => challenge(),
        // A second refusal, for another reason, so that a third token is asked for.
        "Bearer token-1" if before > 1 => Answer::error(401, "InvalidAuthenticationToken", "expired"),
        _ => ok(),
    })
    .await;
    let client = server.client();
    client.get("/things").await.unwrap();
    client.get("/things").await.unwrap();
    let capable = json!({"xms_cc": {"values": ["cp1"]}});
    assert_eq!(claims(&server, 0), json!({"access_token": capable}));
    let nbf = json!({"essential": true, "value": "7"});
    assert_eq!(claims(&server, 1), json!({"access_token": {"nbf": nbf, "xms_cc": {"values": ["cp1"]}}}));
    assert_eq!(claims(&server, 2), json!({"access_token": capable}));
}

#[tokio::test]
async fn a_challenge_that_no_token_satisfies_is_an_error() {
    let server = Server::start(|_, _| challenge()).await;
    assert!(server.client().send(&Request::post("/things", json!({}))).await.unwrap_err().is_unauthorized());
    assert_eq!((server.seen().len(), server.sign_ins().len()), (2, 2));
}

#[tokio::test]
async fn a_batch_that_is_challenged_is_sent_again_with_another_token() {
    let server = Server::start(|seen, _| match seen.header("authorization") {
        "Bearer token-0" => challenge(),
        _ => batch(seen, |_| (204, json!({}), Value::Null)),
    })
    .await;
    let outcomes =
        server.client().batch(vec![Request::post("/things", json!({})), Request::get("/things")]).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!((server.seen().len(), server.sign_ins().len()), (2, 2));
}
