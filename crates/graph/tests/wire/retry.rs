//! Single requests: what is repeated, what is not, what arrives.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_graph::{Client, Endpoint, Error, Request, Settings};

use crate::server::{Answer, Server, credential};

fn create() -> Request {
    Request::post("/things", json!({"name": "a"}))
}

#[tokio::test]
async fn a_request_carries_what_graph_asks_for() {
    let server = Server::start(|_, _| Answer::json(&json!({"id": "1"})).header("request-id", "r1")).await;
    let client = server.client_with(Settings { user_agent: "tenantry-test/1".into(), ..Settings::default() });
    let response = client.send(&create().header("Prefer", "x").beta()).await.unwrap();
    assert_eq!((response.status, response.request_id.as_deref()), (200, Some("r1")));
    client.get("/things?$top=5").await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/beta/things"));
    assert_eq!(seen[0].json(), json!({"name": "a"}));
    assert_eq!(seen[0].header("content-type"), "application/json");
    assert_eq!(seen[0].header("prefer"), "x");
    assert_eq!(seen[0].header("user-agent"), "tenantry-test/1");
    assert_eq!(seen[0].header("accept"), "application/json");
    assert_eq!((seen[1].method.as_str(), seen[1].path.as_str()), ("GET", "/v1.0/things?$top=5"));
    assert_eq!(seen[1].header("content-type"), "");
    let ids: Vec<_> = seen.iter().map(|seen| seen.header("client-request-id").to_owned()).collect();
    assert!(ids.iter().all(|id| id.len() == 36) && ids[0] != ids[1], "{ids:?}");
}

#[tokio::test]
async fn an_answer_without_body_is_null_and_a_marked_number_is_a_number() {
    let server = Server::start(|_, before| match before {
        0 => Answer::text(204, ""),
        _ => Answer::text(200, "\u{feff}42"),
    })
    .await;
    let client = server.client();
    assert_eq!(client.send(&Request::delete("/things/1")).await.unwrap().body, Value::Null);
    assert_eq!(client.get("/things/$count").await.unwrap().body, json!(42));
}

#[tokio::test]
async fn attempts_are_limited() {
    let server = Server::start(|_, _| Answer::trouble(503)).await;
    let error = server.client().get("/things").await.unwrap_err();
    assert_eq!(error.to_string(), "GET /things: 503 UnknownError");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn every_form_of_retry_after_is_obeyed() {
    for (form, wait) in [("0", 0), ("0.12", 120), ("0,0.1", 100), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)] {
        let server = Server::start(move |_, before| match before {
            0 => Answer::error(429, "TooManyRequests", "").header("Retry-After", form),
            _ => Answer::text(204, ""),
        })
        .await;
        let client = server.client();
        client.send(&create()).await.unwrap();
        let traffic = client.traffic();
        assert_eq!(traffic.waited, Duration::from_millis(wait), "{form}");
        assert_eq!((traffic.requests, traffic.writes, traffic.throttled), (2, 2, 1), "{form}");
    }
}

#[tokio::test]
async fn throttling_does_not_use_up_the_attempts() {
    let server = Server::start(|_, before| match before {
        0..3 => Answer::trouble(429),
        _ => Answer::json(&json!({})),
    })
    .await;
    server.client().get("/things").await.unwrap();
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let server = Server::start(|_, _| Answer::trouble(429).header("Retry-After", "9999")).await;
    let far = Server::start(|_, _| Answer::error(429, "x", "").header("Retry-After", "9999")).await;
    let settings = Settings { deadline: Duration::from_millis(200), ..Settings::default() };
    assert!(server.client_with(settings.clone()).get("/things").await.unwrap_err().is_throttled());
    assert!(far.client_with(settings).get("/things").await.unwrap_err().is_throttled());
    assert_eq!(far.seen().len(), 1);
}

#[tokio::test]
async fn a_write_whose_connection_breaks_is_lost_and_not_repeated() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "GET" => Answer::json(&json!({})),
        _ => Answer::dropped(),
    })
    .await;
    let client = server.client();
    client.get("/warm").await.unwrap();
    let error = client.send(&create()).await.unwrap_err();
    assert!(matches!(error, Error::Lost { write: true, .. }) && error.is_ambiguous(), "{error:?}");
    assert_eq!(error.to_string(), "POST /things: answer lost, the connection broke");
    let writes = server.seen().into_iter().filter(|seen| seen.method == "POST").count();
    assert_eq!(writes, 1);
}

#[tokio::test]
async fn a_write_without_answer_in_time_is_lost() {
    let server = Server::start(|_, _| Answer::text(204, "").after(Duration::from_secs(30))).await;
    let settings = Settings { timeout: Duration::from_millis(200), ..Settings::default() };
    let error = server.client_with(settings).send(&create()).await.unwrap_err();
    assert_eq!(error.to_string(), "POST /things: answer lost, no answer in time");
    assert!(error.is_ambiguous());
}

#[tokio::test]
async fn a_read_whose_connection_breaks_is_repeated() {
    let server = Server::start(|_, before| match before {
        0 => Answer::dropped(),
        _ => Answer::json(&json!({})),
    })
    .await;
    server.client().get("/things").await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_shown_in_part() {
    let page = format!("<html>\u{1b}[2J{}", "x".repeat(300));
    let server = Server::start(move |_, _| Answer::text(200, page.clone())).await;
    let error = server.client().get("/things").await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("GET /things: 200 with a body that is not JSON: <html>\\u{1b}[2Jxxx"), "{text}");
    assert!(text.ends_with("x…") && text.len() < 300, "{text}");
    assert!(!error.is_ambiguous());
    assert!(server.client().send(&create()).await.unwrap_err().is_ambiguous());
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let server = Server::start(|_, _| Answer::text(200, vec![b' '; 64 * 1024 * 1024 + 1])).await;
    let error = server.client().get("/things").await.unwrap_err();
    assert_eq!(error.to_string(), "GET /things: answer longer than 67108864 bytes");
}

#[tokio::test]
async fn neither_a_redirect_nor_a_location_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start(|_, _| Answer::json(&json!({}))).await;
        let target = elsewhere.root.clone();
        let server =
            Server::start(move |_, _| Answer::text(status, "").header("Location", target.clone())).await;
        for request in [Request::get("/things"), create()] {
            let error = server.client().send(&request).await.unwrap_err();
            assert!(error.to_string().ends_with(&format!("/things: {status}")), "{error}");
        }
        assert!(elsewhere.seen().is_empty());
    }
    let elsewhere = Server::start(|_, _| Answer::json(&json!({}))).await;
    let target = elsewhere.root.clone();
    let server = Server::start(move |_, _| {
        Answer::text(201, r#"{"id":"1"}"#).header("Location", format!("{target}/v2/things/1"))
    })
    .await;
    assert_eq!(server.client().send(&create()).await.unwrap().status, 201);
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_header_cannot_replace_the_token() {
    let server = Server::start(|_, _| Answer::json(&json!({}))).await;
    let client = server.client();
    client.send(&Request::get("/things").header("Authorization", "Bearer mine")).await.unwrap();
    assert_eq!(server.seen()[0].headers.get_all("authorization").iter().count(), 1);
    assert_eq!(server.seen()[0].header("authorization"), "Bearer token-0");
    let error = client.send(&Request::get("/things").header("a\nb", "c")).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /things: a header name is malformed");
}

#[tokio::test]
async fn resource_units_are_added_up() {
    let server = Server::start(|_, _| Answer::json(&json!({})).header("x-ms-resource-unit", "3")).await;
    let client = server.client();
    client.get("/a").await.unwrap();
    client.get("/b").await.unwrap();
    let traffic = client.traffic();
    assert_eq!((traffic.requests, traffic.operations, traffic.resource_units, traffic.writes), (2, 2, 6, 0));
}

#[tokio::test]
async fn connections_are_reused_except_after_an_overloaded_machine_answered() {
    for (status, last) in [(502, 2), (503, 2), (504, 2), (500, 1)] {
        let server = Server::start(move |_, before| match before {
            2 => Answer::trouble(status),
            _ => Answer::json(&json!({})),
        })
        .await;
        let client = server.client();
        for _ in 0..3 {
            client.get("/things").await.unwrap();
        }
        let connections: Vec<_> = server.seen().iter().map(|seen| seen.connection).collect();
        assert_eq!(connections, [1, 1, 1, last], "{status}");
    }
}

#[tokio::test]
async fn a_graph_that_is_not_there_is_reported_with_its_host() {
    let authority = Server::start(|_, _| Answer::json(&json!({}))).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let endpoint = Endpoint::new(&root, &authority.root).unwrap();
    let client =
        Client::new(endpoint, credential(), Settings { attempts: 2, ..Settings::default() }).unwrap();
    let error = client.send(&create()).await.unwrap_err();
    assert_eq!(error.to_string(), "POST /things: cannot connect to 127.0.0.1");
    assert!(!error.is_ambiguous());
    assert_eq!(client.traffic().requests, 2);
}
