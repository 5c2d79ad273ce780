//! A sandbox in this process, with the same tenant and application every time.

use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use serde_json::{Value, json};
use tenantry_sandbox::{Credentials, Options, Running, Seed};
use tokio::runtime::Runtime;

use super::{contract, http};

/// The application that runs the command; a seed names its service principal by this id.
pub(crate) const APPLICATION: &str = "c0ffee00-0000-4000-8000-000000000001";
const TENANT: &str = "c0ffee00-0000-4000-8000-000000000002";
const SECRET: &str = "not-a-secret-of-anything";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

/// A running sandbox; it stops when dropped.
pub(crate) struct Sandbox {
    running: Running,
    tenant: String,
    token: OnceLock<String>,
}

impl Sandbox {
    /// Contoso, in memory.
    pub(crate) fn contoso() -> Self {
        Self::with(Options { seed: Seed::Contoso, ..Options::default() })
    }

    /// A tenant from a seed file, in memory.
    pub(crate) fn seeded(file: &Path) -> Self {
        Self::with(Options { seed: Seed::File(file.to_owned()), ..Options::default() })
    }

    /// A sandbox with the tenant of a seed.
    pub(crate) fn of(seed: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("seed.json");
        std::fs::write(&file, seed).expect("the seed is written");
        Self::seeded(&file)
    }

    /// The tenant's id.
    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    pub(crate) fn with(options: Options) -> Self {
        Self::of_tenant(TENANT, options)
    }

    /// As [`Self::with`], for another tenant than the usual one.
    pub(crate) fn of_tenant(tenant: &str, options: Options) -> Self {
        let credentials = Credentials {
            tenant_id: tenant.to_owned(),
            client_id: APPLICATION.to_owned(),
            client_secret: SECRET.to_owned().into(),
        };
        let record = Some(contract::record().to_owned());
        let options = Options { credentials: Some(credentials), record, ..options };
        let running = RUNTIME.block_on(tenantry_sandbox::start(options)).expect("the sandbox starts");
        Self { running, tenant: tenant.to_owned(), token: OnceLock::new() }
    }

    /// What `sandbox serve` would print as exports.
    pub(crate) fn exports(&self) -> [(&'static str, String); 5] {
        [
            ("TENANTRY_GRAPH_ENDPOINT", self.running.graph_endpoint()),
            ("AZURE_AUTHORITY_HOST", self.running.authority_host()),
            ("AZURE_TENANT_ID", self.tenant.clone()),
            ("AZURE_CLIENT_ID", APPLICATION.to_owned()),
            ("AZURE_CLIENT_SECRET", SECRET.to_owned()),
        ]
    }

    /// Scheme, host and port.
    pub(crate) fn base(&self) -> String {
        self.running.graph_endpoint()
    }

    /// What it has been asked since the start or the last reset.
    pub(crate) fn stats(&self) -> Value {
        self.control("GET", "/sandbox/stats", None)
    }

    /// Lets what the service does by itself after a write happen now.
    pub(crate) fn process(&self) {
        self.control("POST", "/sandbox/process", None);
    }

    pub(crate) fn reset_stats(&self) {
        self.control("POST", "/sandbox/stats/reset", None);
    }

    /// Writes since the start or the last reset.
    pub(crate) fn writes(&self) -> u64 {
        self.stats()["writes"].as_u64().expect("writes are counted")
    }

    /// Turns the knobs; see the sandbox's control plane.
    pub(crate) fn faults(&self, change: &Value) {
        self.control("PATCH", "/sandbox/faults", Some(change));
    }

    /// Makes every delta token worthless.
    pub(crate) fn expire_deltas(&self) {
        self.control("POST", "/sandbox/delta/expire", None);
    }

    /// Switches every inconvenience off.
    pub(crate) fn well_behaved(&self) {
        self.faults(&json!({
            "throttle_every": null, "fail_every": null, "fail_late_every": null, "conflict_every": null,
            "conflicts": false, "lose_licenses": false, "reset_every": null, "lose_every": null, "cut_every": null, "stale_every": null,
            "short_pages": null, "empty_every": null, "edit_every": null, "latency_ms": 0, "jitter_ms": 0,
            "lag_ms": 0, "index_lag_ms": 0, "delta_lag_ms": 0, "quota": false,
        }));
    }

    /// The whole tenant in the seed format, as text.
    pub(crate) fn state_text(&self) -> String {
        http::send_text(&self.base(), "GET", "/sandbox/state", None, None).1
    }

    /// The whole tenant in the seed format.
    pub(crate) fn state(&self) -> Value {
        self.control("GET", "/sandbox/state", None)
    }

    /// A token for the application.
    pub(crate) fn token(&self) -> &str {
        self.token.get_or_init(|| {
            let form = format!(
                "grant_type=client_credentials&client_id={APPLICATION}&client_secret={SECRET}&scope={}/.default",
                self.base()
            );
            let path = format!("/{}/oauth2/v2.0/token", self.tenant);
            let body = Some(("application/x-www-form-urlencoded", form.as_str()));
            let (status, answer) = http::send(&self.base(), "POST", &path, None, body);
            assert_eq!(status, 200, "{answer}");
            answer["access_token"].as_str().expect("there is a token").to_owned()
        })
    }

    /// Somebody else's request to Graph, which must succeed; the path is relative to `/v1.0`.
    #[track_caller]
    pub(crate) fn graph(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let text = body.map(Value::to_string).unwrap_or_default();
        let body = body.map(|_| ("application/json", text.as_str()));
        let (status, answer) =
            http::send(&self.base(), method, &format!("/v1.0{path}"), Some(self.token()), body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A GET that may be refused.
    pub(crate) fn try_graph(&self, path: &str) -> Option<Value> {
        let (status, answer) =
            http::send(&self.base(), "GET", &format!("/v1.0{path}"), Some(self.token()), None);
        (status == 200).then_some(answer)
    }

    /// A request to the control plane, which must succeed.
    #[track_caller]
    pub(crate) fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let text = body.map(Value::to_string).unwrap_or_default();
        let body = body.map(|_| ("application/json", text.as_str()));
        let (status, answer) = http::send(&self.base(), method, path, None, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }
}
