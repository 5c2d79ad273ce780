//! A running sandbox and a client that speaks plain HTTP to it.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tenantry_sandbox::{Faults, Options, Running, Seed, start};

/// A sandbox with a signed-in client.
pub(crate) struct Sandbox {
    pub(crate) running: Running,
    pub(crate) client: Client,
    pub(crate) token: String,
}

/// Status and JSON of an answer; null when there is no content.
pub(crate) type Answer = (u16, Value);

impl Sandbox {
    pub(crate) async fn with(options: Options) -> Self {
        // A second installation is refused, which is fine: the provider is there.
        rustls::crypto::ring::default_provider().install_default().ok();
        let running = start(options).await.unwrap();
        let client = Client::new();
        let token = sign_in(&client, &running).await;
        Self { running, client, token }
    }

    pub(crate) async fn contoso() -> Self {
        Self::with(Options { seed: Seed::Contoso, ..Options::default() }).await
    }

    /// The sample tenant before anybody holds a role.
    pub(crate) async fn without_administrators(options: Options) -> Self {
        const CONTOSO: &str = include_str!("../../src/seeds/contoso.json");
        let mut seed: Value = serde_json::from_str(CONTOSO).expect("the sample is JSON");
        seed.as_object_mut().expect("a seed is an object").remove("roleAssignmentSchedules");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("seed.json");
        std::fs::write(&file, seed.to_string()).expect("the seed is written");
        Self::with(Options { seed: Seed::File(file), ..options }).await
    }

    pub(crate) async fn empty() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn faulty(faults: Faults) -> Self {
        Self::with(Options { seed: Seed::Contoso, faults, ..Options::default() }).await
    }

    pub(crate) async fn lagging(lag: Duration) -> Self {
        Self::with(Options { seed: Seed::Contoso, lag, ..Options::default() }).await
    }

    pub(crate) async fn in_directory(state: &Path) -> Self {
        Self::with(Options { seed: Seed::Contoso, state: Some(state.to_path_buf()), ..Options::default() })
            .await
    }

    pub(crate) async fn from_seed(seed: Value) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), seed.to_string()).unwrap();
        Self::with(Options { seed: Seed::File(file.path().to_path_buf()), ..Options::default() }).await
    }

    /// A request below `/v1.0`, or to an absolute address.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/v1.0{path}", self.running.graph_endpoint())
        };
        self.client.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// A read as an advanced query; the path carries `$count=true` itself where it is wanted.
    pub(crate) async fn get_advanced(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path).header("ConsistencyLevel", "eventual")).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// The id of a Contoso person, `adele.vance` for example.
    pub(crate) async fn user(&self, nickname: &str) -> String {
        let (status, user) = self.get(&format!("/users/{nickname}@contoso.com?$select=id")).await;
        assert_eq!(status, 200, "{nickname}: {user}");
        user["id"].as_str().unwrap().to_owned()
    }

    /// The id of a group by display name.
    pub(crate) async fn group(&self, name: &str) -> String {
        let (_, found) = self.get(&format!("/groups?$filter=displayName eq '{name}'&$select=id")).await;
        assert_eq!(found["value"].as_array().unwrap().len(), 1, "{name}: {found}");
        found["value"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A reference body for `$ref`.
    pub(crate) fn reference(&self, id: &str) -> Value {
        json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{id}", self.running.graph_endpoint()) })
    }

    /// A URL for `@odata.bind`.
    pub(crate) fn bind(&self, id: &str) -> String {
        format!("{}/v1.0/directoryObjects/{id}", self.running.graph_endpoint())
    }

    /// Creates a security group and returns its id.
    pub(crate) async fn new_group(&self, name: &str) -> String {
        let (status, group) = self.post("/groups", security_group(name)).await;
        assert_eq!(status, 201, "{group}");
        group["id"].as_str().unwrap().to_owned()
    }

    /// The whole tenant in the form of a seed.
    pub(crate) async fn state(&self) -> Value {
        let url = format!("{}/sandbox/state", self.running.graph_endpoint());
        answer(self.client.get(url)).await.1
    }

    /// The operations from number `from` on.
    pub(crate) async fn log(&self, from: u64) -> Vec<Value> {
        let url = format!("{}/sandbox/log?from={from}", self.running.graph_endpoint());
        let (status, log) = answer(self.client.get(url)).await;
        assert_eq!(status, 200, "{log}");
        log["entries"].as_array().unwrap().clone()
    }

    /// How often a fault was inflicted.
    pub(crate) fn inflicted(&self, fault: &str) -> u64 {
        self.running.stats().faults.get(fault).copied().unwrap_or_default()
    }

    /// Changes the knobs while the sandbox runs; the answer shows all of them.
    pub(crate) async fn turn(&self, change: Value) -> Value {
        let url = format!("{}/sandbox/faults", self.running.graph_endpoint());
        let (status, shown) = answer(self.client.patch(url).json(&change)).await;
        assert_eq!(status, 200, "{shown}");
        shown
    }

    /// Follows `@odata.nextLink` to the end; the pages one by one.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let mut next = path.to_owned();
        let mut pages = Vec::new();
        loop {
            let (status, page) = self.get(&next).await;
            assert_eq!(status, 200, "{page}");
            pages.push(page["value"].as_array().unwrap().clone());
            match page["@odata.nextLink"].as_str() {
                Some(link) => next = link.to_owned(),
                None => return pages,
            }
        }
    }
}

/// Signs in with the right secret.
pub(crate) async fn sign_in(client: &Client, running: &Running) -> String {
    let credentials = running.credentials();
    let (status, answer) = token(
        client,
        running,
        &credentials.tenant_id,
        &[
            ("grant_type", "client_credentials"),
            ("client_id", &credentials.client_id),
            ("client_secret", credentials.client_secret.expose_secret()),
            ("scope", &format!("{}/.default", running.graph_endpoint())),
        ],
    )
    .await;
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Asks the token endpoint.
pub(crate) async fn token(client: &Client, running: &Running, tenant: &str, form: &[(&str, &str)]) -> Answer {
    let url = format!("{}/{tenant}/oauth2/v2.0/token", running.authority_host());
    answer(client.post(url).form(form)).await
}

/// Registers an application through the control plane.
pub(crate) async fn registered(sandbox: &Sandbox, description: Value) -> Value {
    let url = format!("{}/sandbox/applications", sandbox.running.graph_endpoint());
    let (status, application) = answer(sandbox.client.post(url).json(&description)).await;
    assert_eq!(status, 201, "{application}");
    application
}

/// A token of an application that has one permission.
pub(crate) async fn signed_in_with(sandbox: &Sandbox, role: &str) -> String {
    let description = json!({ "displayName": role, "roles": [role],
        "passwordCredentials": [{ "secretText": "Correct-Horse-7" }] });
    let application = registered(sandbox, description).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", application["appId"].as_str().unwrap()),
        ("client_secret", "Correct-Horse-7"),
        ("scope", &format!("{}/.default", sandbox.running.graph_endpoint())),
    ];
    let tenant = &sandbox.running.credentials().tenant_id;
    let (status, tokens) = token(&sandbox.client, &sandbox.running, tenant, &form).await;
    assert_eq!(status, 200, "{tokens}");
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// What people sign in for.
const SCOPES: &[&str] = &[
    "Group.ReadWrite.All",
    "User.Invite.All",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
];

/// A token of somebody who signed in with a device code.
pub(crate) async fn person(sandbox: &Sandbox, user: &str) -> String {
    let control = async |method: Method, path: String, body: Value| {
        let url = format!("{}/sandbox{path}", sandbox.running.graph_endpoint());
        answer(sandbox.client.request(method, url).json(&body)).await
    };
    let application = json!({ "displayName": "Groups", "isFallbackPublicClient": true, "scopes": SCOPES });
    let client_id = registered(sandbox, application).await["appId"].as_str().unwrap().to_owned();
    control(Method::PATCH, "/sign-in".to_owned(), json!({ "device_interval_s": 0 })).await;
    let scope = SCOPES.join(" ");
    let url = format!("{}/common/oauth2/v2.0/devicecode", sandbox.running.authority_host());
    let form = [("client_id", client_id.as_str()), ("scope", scope.as_str())];
    let (_, code) = answer(sandbox.client.post(url).form(&form)).await;
    let decision = json!({ "decision": "approve", "user": user });
    control(Method::POST, format!("/device/{}", code["user_code"].as_str().unwrap()), decision).await;
    let form = [
        ("client_id", client_id.as_str()),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", code["device_code"].as_str().unwrap()),
    ];
    let (status, tokens) = token(&sandbox.client, &sandbox.running, "organizations", &form).await;
    assert_eq!(status, 200, "{tokens}");
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// The claims of a token.
pub(crate) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    let value = match status {
        StatusCode::NO_CONTENT => Value::Null,
        _ => serde_json::from_str(&text).unwrap_or(Value::String(text)),
    };
    (status.as_u16(), value)
}

/// The smallest body that creates a security group.
pub(crate) fn security_group(name: &str) -> Value {
    json!({
        "displayName": name,
        "mailNickname": name.to_lowercase().replace(' ', "-"),
        "mailEnabled": false,
        "securityEnabled": true,
    })
}

/// The smallest body that creates a user.
pub(crate) fn new_user(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": name,
        "mailNickname": name.to_lowercase().replace(' ', "."),
        "userPrincipalName": format!("{}@contoso.com", name.to_lowercase().replace(' ', ".")),
        "passwordProfile": { "password": "Correct-Horse-7" },
    })
}

/// `error.code` of an answer.
pub(crate) fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or_default()
}

/// `error.message` of an answer.
pub(crate) fn message(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_default()
}

/// The display names of a list, sorted.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    let mut names: Vec<_> =
        list["value"].as_array().unwrap().iter().map(|item| item["displayName"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}
