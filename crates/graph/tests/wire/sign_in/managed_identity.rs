//! The identity of a machine or an app, from the services beside it.

use std::time::Duration;

use serde_json::json;
use tenantry_graph::{
    Client, Credential, CredentialChain, Endpoint, Environment, Error, ManagedIdentity,
    ManagedIdentitySource, Prompter, Settings,
};

use super::{ok, pass};
use crate::server::{Answer, Server};

fn identity(source: ManagedIdentitySource, client_id: Option<&str>) -> Credential {
    Credential::ManagedIdentity(ManagedIdentity { client_id: client_id.map(str::to_owned), source })
}

fn imds(server: &Server) -> ManagedIdentitySource {
    ManagedIdentitySource::Imds(server.root.parse().unwrap())
}

fn client(server: &Server, credentials: impl Into<CredentialChain>) -> Client {
    let endpoint = Endpoint::new(&server.root, &server.root).unwrap();
    Client::new(endpoint, credentials, Settings { attempts: 5, ..Settings::default() }).unwrap()
}

/// As the metadata service gives it: every value is a string.
fn given(token: &str) -> Answer {
    Answer::json(&json!({
        "access_token": token, "expires_in": "86400", "expires_on": "4102444800", "not_before": "1",
        "resource": "r", "token_type": "Bearer", "client_id": "c",
    }))
}

fn bad_request(description: &str) -> Answer {
    Answer::text(400, json!({"error": "invalid_request", "error_description": description}).to_string())
}

#[tokio::test]
async fn a_machine_gets_a_token_and_renews_it_halfway() {
    let server =
        Server::start(|seen, before| match (seen.path.starts_with("/metadata"), seen.header("metadata")) {
            (true, "true") => given(&format!("t{before}")),
            (true, _) => bad_request("Required metadata header not specified"),
            _ => ok(),
        })
        .await;
    let client = client(&server, identity(imds(&server), Some("user-assigned")));
    for seconds in [0, 43_100, 200] {
        pass(Duration::from_secs(seconds)).await;
        client.get("/things").await.unwrap();
    }
    let seen = server.seen();
    let paths: Vec<_> = seen.iter().map(|seen| seen.path.split('?').next().unwrap()).collect();
    let token = "/metadata/identity/oauth2/token";
    assert_eq!(paths, [token, token, "/v1.0/things", "/v1.0/things", token, token, "/v1.0/things"]);
    let query: Vec<_> = url::form_urlencoded::parse(seen[1].path.split_once('?').unwrap().1.as_bytes())
        .into_owned()
        .collect();
    let expected =
        [("api-version", "2018-02-01"), ("resource", server.root.as_str()), ("client_id", "user-assigned")];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(seen[2].header("authorization"), "Bearer t1");
    assert_eq!(seen[6].header("authorization"), "Bearer t5");
    assert!(server.sign_ins().is_empty());
}

#[tokio::test]
async fn passing_trouble_of_the_metadata_service_is_waited_out() {
    let server = Server::start(|seen, before| match (seen.path.starts_with("/metadata"), before) {
        (true, 0) => bad_request("no header"),
        (true, 1) => Answer::text(404, "").header("Retry-After", "0"),
        (true, 2) => Answer::text(410, "").header("Retry-After", "0"),
        (true, 3) => Answer::text(429, "").header("Retry-After", "0"),
        (true, 4) => Answer::text(500, "").header("Retry-After", "0"),
        (true, _) => given("late"),
        _ => ok(),
    })
    .await;
    client(&server, identity(imds(&server), None)).get("/things").await.unwrap();
    assert_eq!(server.seen()[6].header("authorization"), "Bearer late");
}

#[tokio::test]
async fn a_machine_without_identity_or_service_has_none() {
    let without = Server::start(|_, _| bad_request("Identity not found")).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}", free.local_addr().unwrap()).parse().unwrap();
    drop(free);
    let docker =
        Server::start(|_, _| Answer::text(403, "connecting to 169.254.169.254:80: host unreachable")).await;
    let elsewhere = Server::start(|_, _| Answer::text(404, "")).await;
    for (source, reason) in [
        (imds(&without), "Identity not found"),
        (ManagedIdentitySource::Imds(nowhere), "no metadata service answers"),
        (imds(&docker), "is not Azure's metadata service: status 403"),
        (imds(&elsewhere), "is not Azure's metadata service: status 404"),
    ] {
        let error = client(&without, identity(source, None)).get("/things").await.unwrap_err();
        let Error::NoCredential { attempts } = &error else { panic!("{error:?}") };
        assert!(attempts[0].tried && attempts[0].reason.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn an_app_gets_a_token_with_its_header() {
    let server =
        Server::start(|seen, _| match (seen.path.starts_with("/msi"), seen.header("x-identity-header")) {
            (true, "h3ader") => {
                let end = jiff::Timestamp::now().as_second() + 3600;
                Answer::json(
                    &json!({"access_token": "t", "expires_on": end.to_string(), "token_type": "Bearer"}),
                )
            }
            (true, _) => Answer::text(401, r#"{"statusCode": 401, "message": "Unauthorized"}"#),
            _ => ok(),
        })
        .await;
    let app = |header: &str| ManagedIdentitySource::AppService {
        endpoint: format!("{}/msi/token", server.root).parse().unwrap(),
        header: header.into(),
    };
    let signed_in = client(&server, identity(app("h3ader"), None));
    for seconds in [0, 3200, 150] {
        pass(Duration::from_secs(seconds)).await;
        signed_in.get("/things").await.unwrap();
    }
    let asked: Vec<_> = server.seen().into_iter().filter(|seen| seen.path.starts_with("/msi")).collect();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].path.starts_with("/msi/token?api-version=2019-08-01&resource=http"),
        "{}",
        asked[0].path
    );
    let error = client(&server, identity(app("wr0ng"), None)).get("/things").await.unwrap_err();
    assert!(error.to_string().contains("status 401, Unauthorized"), "{error}");
    assert!(!format!("{error:?}").contains("wr0ng"));
}

#[tokio::test]
async fn a_chain_goes_on_to_what_is_available_and_stays_with_it() {
    let server = Server::start(|seen, _| match seen.path.starts_with("/metadata") {
        true => Answer::json(&json!({"access_token": "t", "expires_in": "0"})),
        false => ok(),
    })
    .await;
    let variables =
        [("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.root.as_str()), ("TENANTRY_CONFIG_DIR", "/nowhere")];
    let read = |wanted: &str| {
        variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
    };
    let environment = Environment::new(read, Some("contoso.com"));
    let chain = CredentialChain::from_environment(&environment, None, &Prompter::new(|_| {})).unwrap();
    let client = client(&server, chain);
    assert_eq!(client.method(), None);
    client.get("/things").await.unwrap();
    client.get("/things").await.unwrap();
    assert_eq!(client.method().unwrap().name(), "managed_identity");
}
