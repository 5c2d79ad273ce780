//! Device codes, refresh tokens, lifetimes and revoked sessions.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sandbox, answer, claims, registered, token};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE: &str = "https://graph.microsoft.com/User.Read.All openid offline_access";

/// A Contoso sandbox with a public client.
struct Device {
    sandbox: Sandbox,
    client_id: String,
}

impl Device {
    /// Codes may be polled without a pause.
    async fn new() -> Self {
        let sandbox = Sandbox::contoso().await;
        let description = json!({ "displayName": "Command line", "isFallbackPublicClient": true,
            "scopes": ["User.Read.All", "Group.Read.All"] });
        let client_id = registered(&sandbox, description).await["appId"].as_str().unwrap().to_owned();
        let device = Self { sandbox, client_id };
        device.control(Method::PATCH, "/sign-in", json!({ "device_interval_s": 0 })).await;
        device
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/sandbox{path}", self.sandbox.running.graph_endpoint());
        answer(self.sandbox.client.request(method, url).json(&body)).await
    }

    /// Asks for a code.
    async fn code(&self, scope: &str) -> Value {
        let url = format!("{}/common/oauth2/v2.0/devicecode", self.sandbox.running.authority_host());
        let form = [("client_id", self.client_id.as_str()), ("scope", scope)];
        let (status, code) = answer(self.sandbox.client.post(url).form(&form)).await;
        assert_eq!(status, 200, "{code}");
        code
    }

    async fn decide(&self, code: &Value, decision: Value) -> u16 {
        let path = format!("/device/{}", code["user_code"].as_str().unwrap());
        self.control(Method::POST, &path, decision).await.0
    }

    async fn approve(&self, code: &Value) {
        let decision = json!({ "decision": "approve", "user": "adele.vance@contoso.com" });
        assert_eq!(self.decide(code, decision).await, 204);
    }

    /// Polls; the answer, or `error` and number of the refusal.
    async fn poll(&self, code: &Value) -> Result<Value, (String, i64)> {
        let device_code = code["device_code"].as_str().unwrap();
        self.ask(&[("grant_type", GRANT), ("device_code", device_code)]).await
    }

    async fn ask(&self, fields: &[(&str, &str)]) -> Result<Value, (String, i64)> {
        let mut form = vec![("client_id", self.client_id.as_str())];
        form.extend(fields);
        let (status, body) = token(&self.sandbox.client, &self.sandbox.running, "organizations", &form).await;
        match status {
            200 => Ok(body),
            _ => Err((body["error"].as_str().unwrap().to_owned(), body["error_codes"][0].as_i64().unwrap())),
        }
    }

    async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let url = format!("{}/v1.0{path}", self.sandbox.running.graph_endpoint());
        answer(self.sandbox.client.get(url).bearer_auth(token)).await
    }
}

fn refused(error: &str, number: i64) -> Result<Value, (String, i64)> {
    Err((error.to_owned(), number))
}

#[tokio::test]
async fn a_person_who_approves_is_who_the_token_is_for() {
    let device = Device::new().await;
    let code = device.code(SCOPE).await;
    assert_eq!((code["expires_in"].as_i64(), code["interval"].as_i64()), (Some(900), Some(0)));
    assert!(code["message"].as_str().unwrap().contains(code["user_code"].as_str().unwrap()));
    assert_eq!(device.poll(&code).await, refused("authorization_pending", 70_016));
    device.approve(&code).await;
    let tokens = device.poll(&code).await.unwrap();

    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["upn"], "adele.vance@contoso.com");
    assert_eq!(access["oid"], device.sandbox.user("adele.vance").await);
    assert_eq!((&access["scp"], &access["idtyp"]), (&json!("User.Read.All"), &json!("user")));
    assert!(access.get("roles").is_none());
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["aud"], device.client_id);
    let bearer = tokens["access_token"].as_str().unwrap();
    assert_eq!(device.get("/users", bearer).await.0, 200);
    assert_eq!(device.get("/groups", bearer).await.0, 403);
    assert_eq!(device.poll(&code).await, refused("bad_verification_code", 70_018), "a code works once");
}

#[tokio::test]
async fn a_code_is_declined_expired_or_unknown() {
    let device = Device::new().await;
    let code = device.code(SCOPE).await;
    assert_eq!(device.decide(&code, json!({ "decision": "decline" })).await, 204);
    assert_eq!(device.poll(&code).await, refused("authorization_declined", 65_004));
    assert_eq!(device.decide(&code, json!({ "decision": "decline" })).await, 404);

    device.control(Method::PATCH, "/sign-in", json!({ "device_code_s": 0 })).await;
    let code = device.code(SCOPE).await;
    assert_eq!(device.poll(&code).await, refused("expired_token", 70_019));
    let unknown = json!({ "device_code": "x" });
    assert_eq!(device.poll(&unknown).await, refused("bad_verification_code", 70_018));
}

#[tokio::test]
async fn a_client_that_polls_faster_than_it_was_told_has_to_slow_down() {
    let device = Device::new().await;
    device.control(Method::PATCH, "/sign-in", json!({ "device_interval_s": 60 })).await;
    let code = device.code(SCOPE).await;
    assert_eq!(device.poll(&code).await, refused("authorization_pending", 70_016));
    assert_eq!(device.poll(&code).await, refused("slow_down", 70_016));
}

#[tokio::test]
async fn scopes_that_nobody_consented_to_are_refused() {
    let device = Device::new().await;
    let code = device.code("User.ReadWrite.All").await;
    device.approve(&code).await;
    assert_eq!(device.poll(&code).await, refused("invalid_grant", 65_001));
    let code = device.code("https://graph.microsoft.com/.default").await;
    device.approve(&code).await;
    let tokens = device.poll(&code).await.unwrap();
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["scp"], "User.Read.All Group.Read.All");
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
}

#[tokio::test]
async fn a_public_client_brings_no_secret_and_any_other_must() {
    let device = Device::new().await;
    let code = device.code(SCOPE).await;
    let fields = [
        ("grant_type", GRANT),
        ("device_code", code["device_code"].as_str().unwrap()),
        ("client_secret", "one"),
    ];
    assert_eq!(device.ask(&fields).await, refused("invalid_client", 7_000_215));
    let path = format!("/applications/{}", device.client_id);
    let secret = json!({ "passwordCredentials": [{ "secretText": "one" }] });
    device.control(Method::PATCH, &path, secret).await;
    assert_eq!(device.ask(&fields).await, refused("invalid_client", 700_025));
    device.control(Method::PATCH, &path, json!({ "isFallbackPublicClient": false })).await;
    assert_eq!(device.poll(&code).await, refused("invalid_client", 7_000_218));
    assert_eq!(device.ask(&fields).await, refused("authorization_pending", 70_016));
}

#[tokio::test]
async fn a_refresh_token_gives_new_tokens_until_it_is_dead() {
    let device = Device::new().await;
    let code = device.code(SCOPE).await;
    device.approve(&code).await;
    let tokens = device.poll(&code).await.unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let ask = || device.ask(&fields);
    let again = ask().await.unwrap();
    assert_eq!(claims(again["access_token"].as_str().unwrap())["scp"], "User.Read.All");
    let access = tokens["access_token"].as_str().unwrap();
    let wrong = device.ask(&[("grant_type", "refresh_token"), ("refresh_token", access)]).await;
    assert_eq!(wrong, refused("invalid_grant", 70_000));
    assert_eq!(device.get("/users", &refresh).await.0, 401, "a refresh token is no access token");

    let adele = format!("/users/{}", device.sandbox.user("adele.vance").await);
    assert_eq!(device.sandbox.patch(&adele, json!({ "accountEnabled": false })).await.0, 204);
    assert_eq!(ask().await, refused("invalid_grant", 50_057));
    assert_eq!(device.sandbox.patch(&adele, json!({ "accountEnabled": true })).await.0, 204);
    device.control(Method::POST, &format!("/applications/{}/revoke", device.client_id), Value::Null).await;
    assert_eq!(ask().await, refused("invalid_grant", 50_173));
}

#[tokio::test]
async fn the_page_approves_a_code_as_well() {
    let device = Device::new().await;
    let code = device.code(SCOPE).await;
    let url = code["verification_uri"].as_str().unwrap();
    let page = device.sandbox.client.get(url).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let user_code = code["user_code"].as_str().unwrap();
    let form = [("user_code", user_code), ("user", "lee.gu@contoso.com"), ("decision", "approve")];
    device.sandbox.client.post(url).form(&form).send().await.unwrap();
    let tokens = device.poll(&code).await.unwrap();
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["upn"], "lee.gu@contoso.com");
}

#[tokio::test]
async fn a_token_older_than_its_lifetime_is_refused() {
    let device = Device::new().await;
    device.control(Method::PATCH, "/sign-in", json!({ "access_token_s": 1 })).await;
    let short = crate::support::sign_in(&device.sandbox.client, &device.sandbox.running).await;
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let (status, body) = device.get("/users", &short).await;
    assert_eq!(status, 401);
    assert_eq!(body["error"]["message"], "Lifetime validation failed, the token is expired.");
    let unknown = device.control(Method::PATCH, "/sign-in", json!({ "access_token": 1 })).await;
    assert_eq!(unknown.0, 400);
}

#[tokio::test]
async fn a_revoked_session_is_challenged_for_a_new_token() {
    let sandbox = Sandbox::contoso().await;
    let credentials = sandbox.running.credentials();
    let base = sandbox.running.graph_endpoint();
    let url = format!("{base}/sandbox/applications/{}/revoke", credentials.client_id);
    assert_eq!(answer(sandbox.client.post(url)).await.0, 204);

    let response = sandbox.request(Method::GET, "/users").send().await.unwrap();
    assert_eq!(response.status(), 401);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains("error=\"insufficient_claims\""), "{challenge}");
    let wanted = challenge.split("claims=\"").last().unwrap().trim_end_matches('"');
    let wanted = String::from_utf8(BASE64_STANDARD.decode(wanted).unwrap()).unwrap();
    assert!(serde_json::from_str::<Value>(&wanted).unwrap()["access_token"]["nbf"].is_object());

    let ask = |claims: String| {
        let secret = secrecy::ExposeSecret::expose_secret(&credentials.client_secret).to_owned();
        let sandbox = &sandbox;
        async move {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", credentials.client_id.as_str()),
                ("client_secret", secret.as_str()),
                ("scope", "https://graph.microsoft.com/.default"),
                ("claims", claims.as_str()),
            ];
            token(&sandbox.client, &sandbox.running, "contoso.com", &form).await
        }
    };
    assert_eq!(ask(BASE64_STANDARD.encode("{}")).await.1["error_codes"][0], 90_013);
    let (status, renewed) = ask(wanted).await;
    assert_eq!(status, 200, "{renewed}");
    let users = format!("{base}/v1.0/users");
    let renewed = renewed["access_token"].as_str().unwrap();
    assert_eq!(answer(sandbox.client.get(users).bearer_auth(renewed)).await.0, 200);
}
