//! From a tenant to its cloud.

use serde_json::json;
use tenantry_graph::{Endpoint, Error, Settings};

use super::refusal;
use crate::server::{Answer, Server};

async fn discovered(server: &Server) -> Result<Endpoint, Error> {
    let settings = Settings { attempts: 2, ..Settings::default() };
    Endpoint::discover("contoso.com", Some(&server.root), settings).await
}

#[tokio::test]
async fn the_document_names_the_graph_beside_a_local_authority() {
    let server = Server::start(|_, before| match before {
        0 => Answer::trouble(503),
        _ => Answer::json(&json!({"msgraph_host": "127.0.0.1:8080", "cloud_instance_name": "local"})),
    })
    .await;
    let endpoint = discovered(&server).await.unwrap();
    assert_eq!(endpoint.graph().as_str(), "http://127.0.0.1:8080/");
    assert_eq!(endpoint.authority().as_str(), format!("{}/", server.root));
    assert_eq!(server.seen()[1].path, "/contoso.com/v2.0/.well-known/openid-configuration");
    assert_eq!(server.seen()[1].header("authorization"), "");
}

#[tokio::test]
async fn a_hostile_document_is_refused() {
    for host in ["graph.evil.example", "graph.microsoft.com", "127.0.0.1:1/x?y=z"] {
        let body = json!({"msgraph_host": host, "cloud_instance_name": "microsoftonline.com"});
        let server = Server::start(move |_, _| Answer::json(&body)).await;
        let error = discovered(&server).await.unwrap_err();
        assert!(matches!(error, Error::Endpoint { .. }), "{host}: {error:?}");
    }
}

#[tokio::test]
async fn an_unknown_tenant_is_explained() {
    let server = Server::start(|_, _| refusal(400, "invalid_tenant", 90002)).await;
    let error = discovered(&server).await.unwrap_err();
    let Error::SignIn(refused) = &error else { panic!("{error:?}") };
    assert!(refused.hint().unwrap().contains("does not exist in this cloud"));
}

#[tokio::test]
async fn what_is_no_document_is_an_error() {
    for (status, body) in [(404, "{}"), (200, "<html>"), (200, r#"{"msgraph_host": 1}"#)] {
        let server = Server::start(move |_, _| Answer::text(status, body)).await;
        assert!(matches!(discovered(&server).await.unwrap_err(), Error::SignInFailed { .. }), "{body}");
    }
}
