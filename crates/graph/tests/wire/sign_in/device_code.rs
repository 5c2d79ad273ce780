//! People who log in with a code, and the login that is kept.

use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tenantry_graph::{
    Client, Credential, DeviceCode, Endpoint, Error, LoggedIn, LoginStore, Prompter, Settings, log_in,
};

use super::{field, ok, refusal};
use crate::server::{Answer, Seen, Server};

fn token(name: &str) -> String {
    let claims = json!({"tid": "tenant-id", "upn": "adele.vance@contoso.com", "scp": "User.Read", "n": name});
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A person's token, and what renews it.
fn given(name: &str) -> Answer {
    let (access, refresh) = (token(name), format!("refresh-{name}"));
    let body =
        json!({"token_type": "Bearer", "expires_in": 3599, "access_token": access, "refresh_token": refresh});
    Answer::json(&body)
}

fn code(expires_in: u32) -> Answer {
    Answer::json(&json!({
        "device_code": "d3vice", "user_code": "ABCD-EFGH", "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": expires_in, "interval": 0, "message": "To sign in, ...",
    }))
}

async fn server(expires_in: u32, sign_in: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Server {
    let graph = move |seen: &Seen, _| match seen.path.ends_with("/devicecode") {
        true => code(expires_in),
        false => ok(),
    };
    Server::with_sign_in(graph, sign_in).await
}

fn store(folder: &Path) -> LoginStore {
    LoginStore::new(folder.join("login.json"), false)
}

fn silent() -> Prompter {
    Prompter::new(|_| {})
}

async fn logged_in(server: &Server, folder: &Path, prompter: &Prompter) -> Result<LoggedIn, Error> {
    let endpoint = Endpoint::new(&server.root, &server.root).unwrap();
    log_in(&endpoint, Settings::default(), Some("contoso.com"), "app", &store(folder), prompter).await
}

fn client(server: &Server, folder: &Path, tenant_id: Option<&str>, client_id: Option<&str>) -> Client {
    let endpoint = Endpoint::new(&server.root, &server.root).unwrap();
    let (tenant_id, client_id) = (tenant_id.map(str::to_owned), client_id.map(str::to_owned));
    let login = DeviceCode { tenant_id, client_id, store: store(folder), prompter: None };
    Client::new(endpoint, Credential::DeviceCode(login), Settings { attempts: 2, ..Settings::default() })
        .unwrap()
}

#[tokio::test]
async fn a_person_logs_in_and_the_login_serves_other_clients_and_rotates() {
    let server = server(900, |_, before| match before {
        0 | 2 => refusal(400, "authorization_pending", 70_016),
        1 => refusal(400, "slow_down", 70_016),
        before => given(&before.to_string()),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let prompts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&prompts);
    let prompter = Prompter::new(move |prompt| seen.lock().unwrap().push(prompt.clone()));
    let login = logged_in(&server, folder.path(), &prompter).await.unwrap();
    assert_eq!(login.identity.user_principal_name.as_deref(), Some("adele.vance@contoso.com"));
    assert!(login.place.unwrap().to_string().ends_with("login.json"));

    let prompts = prompts.lock().unwrap().clone();
    assert_eq!(prompts.len(), 1);
    assert_eq!((prompts[0].user_code.as_str(), prompts[0].expires_in.as_secs()), ("ABCD-EFGH", 900));
    let asked = server.seen()[0].clone();
    assert_eq!(asked.path, "/contoso.com/oauth2/v2.0/devicecode");
    assert_eq!(field(&asked, "client_id"), "app");
    assert_eq!(field(&asked, "scope"), format!("{}/.default offline_access openid profile", server.root));
    let polled = server.sign_ins();
    assert_eq!(polled.len(), 4);
    assert_eq!(field(&polled[3], "grant_type"), "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(field(&polled[3], "device_code"), "d3vice");

    for (place, renewed) in [(4, "refresh-3"), (5, "refresh-4")] {
        client(&server, folder.path(), None, None).get("/things").await.unwrap();
        let asked = server.sign_ins()[place].clone();
        assert_eq!(asked.path, "/tenant-id/oauth2/v2.0/token");
        assert_eq!(field(&asked, "grant_type"), "refresh_token");
        assert_eq!(
            (field(&asked, "refresh_token").as_str(), field(&asked, "client_id").as_str()),
            (renewed, "app")
        );
        let sent = server.seen().last().unwrap().header("authorization").to_owned();
        assert_eq!(sent, format!("Bearer {}", token(&place.to_string())));
    }
}

#[tokio::test]
async fn a_login_that_is_declined_or_too_late_is_an_error_and_keeps_nothing() {
    let cases = [
        (900, "authorization_declined", "declined"),
        (900, "access_denied", "declined"),
        (900, "expired_token", "not used in time"),
        (900, "bad_verification_code", "not used in time"),
    ];
    for (expires_in, name, hint) in cases {
        let server =
            server(expires_in, move |_, _| Answer::text(400, json!({"error": name}).to_string())).await;
        let folder = tempfile::tempdir().unwrap();
        let error = logged_in(&server, folder.path(), &silent()).await.unwrap_err();
        let Error::SignIn(refused) = &error else { panic!("{error:?}") };
        assert!(refused.hint().unwrap().contains(hint), "{name}");
        assert_eq!(server.sign_ins().len(), 1);
        assert!(store(folder.path()).load().unwrap().is_none());
        assert!(!format!("{error:?}").contains("d3vice"));
    }
}

#[tokio::test]
async fn an_application_that_may_not_use_codes_is_explained() {
    let graph = |_: &Seen, _| refusal(400, "unauthorized_client", 700_016);
    let server = Server::with_sign_in(graph, |_, _| ok()).await;
    let folder = tempfile::tempdir().unwrap();
    let error = logged_in(&server, folder.path(), &silent()).await.unwrap_err();
    assert!(matches!(&error, Error::SignIn(refused) if refused.aadsts == Some(700_016)), "{error:?}");
}

#[tokio::test]
async fn without_a_login_that_fits_nobody_is_asked() {
    let server = server(900, |_, _| given("1")).await;
    let folder = tempfile::tempdir().unwrap();
    let refused = async |client: Client| match client.get("/things").await.unwrap_err() {
        Error::NoCredential { attempts } => {
            assert!(attempts[0].reason.contains("tenantry login"), "{attempts:?}")
        }
        error => panic!("{error:?}"),
    };
    refused(client(&server, folder.path(), None, None)).await;
    logged_in(&server, folder.path(), &silent()).await.unwrap();
    refused(client(&server, folder.path(), None, Some("another-app"))).await;
    let elsewhere = Server::start(|_, _| ok()).await;
    refused(client(&elsewhere, folder.path(), None, None)).await;
    assert!(elsewhere.sign_ins().is_empty());
}

#[tokio::test]
async fn a_login_that_has_ended_says_how_to_begin_anew() {
    let server = server(900, |_, before| match before {
        0 => given("1"),
        _ => refusal(400, "invalid_grant", 700_082),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    logged_in(&server, folder.path(), &silent()).await.unwrap();
    let error = client(&server, folder.path(), Some("contoso.com"), None).get("/things").await.unwrap_err();
    let Error::SignIn(refused) = &error else { panic!("{error:?}") };
    assert!(refused.hint().unwrap().contains("tenantry login"));
    assert!(!format!("{error:?}").contains("refresh-"));
}
