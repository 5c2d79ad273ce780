//! The sandbox as a process of its own, and its control plane.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Error;
use crate::args::Size;
use crate::measure::{self, Usage};

/// A sandbox that serves.
pub(crate) struct Sandbox {
    process: Child,
    report: PathBuf,
    folder: TempDir,
    /// How to reach it, as environment variables.
    exports: BTreeMap<String, String>,
    client: reqwest::Client,
    token: String,
}

/// What the sandbox has been asked since the counts were reset.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Stats {
    pub(crate) requests: u64,
    pub(crate) operations: u64,
    pub(crate) resource_units: u64,
    pub(crate) writes: u64,
    pub(crate) throttled: u64,
}

impl Sandbox {
    /// Serves a synthetic tenant.
    pub(crate) async fn start(tenantry: &Path, size: Size, options: &[&str]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let report = folder.path().join("sandbox.json");
        let mut command = measure::server(tenantry, &report)?;
        command.args(["sandbox", "serve"]);
        for (option, number) in
            [("--users", size.users), ("--groups", size.groups), ("--members", size.memberships)]
        {
            command.arg(option).arg(number.to_string());
        }
        let log = std::fs::File::create(folder.path().join("sandbox.log"))?;
        command.args(options).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn()?;
        let exports = match exports(&mut process).await {
            Ok(exports) => exports,
            Err(error) => {
                let said = std::fs::read_to_string(folder.path().join("sandbox.log")).unwrap_or_default();
                return Err(format!("the sandbox did not start: {error}\n{said}").into());
            }
        };
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
        let token = token(&client, &exports).await?;
        Ok(Self { process, report, folder, exports, client, token })
    }

    /// A folder for files, which goes with the sandbox.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Tells a command how to reach the sandbox.
    pub(crate) fn environment(&self, command: &mut Command) {
        command.envs(&self.exports);
    }

    fn endpoint(&self) -> &str {
        self.exports.get("TENANTRY_GRAPH_ENDPOINT").map_or("", String::as_str)
    }

    /// A request to Graph, for example to `/users/{id}`.
    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}/v1.0{path}", self.endpoint())).bearer_auth(&self.token)
    }

    /// A request to the next page of a list.
    pub(crate) fn follow(&self, link: &str) -> reqwest::RequestBuilder {
        self.client.get(link).bearer_auth(&self.token)
    }

    async fn control(&self, path: &str) -> Result<Vec<u8>, Error> {
        let answer = self.client.get(format!("{}/sandbox/{path}", self.endpoint())).send().await?;
        Ok(answer.error_for_status()?.bytes().await?.to_vec())
    }

    /// The whole tenant in the seed-file format.
    pub(crate) async fn state(&self) -> Result<Vec<u8>, Error> {
        self.control("state").await
    }

    /// The counts since the last reset.
    pub(crate) async fn stats(&self) -> Result<Stats, Error> {
        Ok(serde_json::from_slice(&self.control("stats").await?)?)
    }

    /// Starts counting anew.
    pub(crate) async fn reset_stats(&self) -> Result<(), Error> {
        let url = format!("{}/sandbox/stats/reset", self.endpoint());
        self.client.post(url).send().await?.error_for_status()?;
        Ok(())
    }

    /// How long one page of 999 users takes, in seconds: the median of some.
    pub(crate) async fn page_seconds(&self) -> Result<f64, Error> {
        let mut times = Vec::new();
        for _ in 0..11 {
            let began = Instant::now();
            let page = self.get("/users?$select=id,displayName,userPrincipalName,department&$top=999");
            page.send().await?.error_for_status()?.bytes().await?;
            times.push(began.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        Ok(times.get(times.len() / 2).copied().unwrap_or_default())
    }

    /// Ends the sandbox and says what it used.
    pub(crate) async fn stop(mut self) -> Result<Usage, Error> {
        drop(self.process.stdin.take());
        measure::finished(self.process, &self.report).await
    }
}

/// Reads what the sandbox prints for shells: `export NAME='VALUE'`.
async fn exports(process: &mut Child) -> Result<BTreeMap<String, String>, Error> {
    let output = process.stdout.take().ok_or("it has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut exports = BTreeMap::new();
    while !exports.contains_key("AZURE_CLIENT_SECRET") {
        let line = lines.next_line().await?.ok_or("it ended")?;
        let assignment = line.strip_prefix("export ").and_then(|rest| rest.split_once('='));
        exports
            .extend(assignment.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())));
    }
    Ok(exports)
}

/// Signs in with the client secret.
async fn token(client: &reqwest::Client, exports: &BTreeMap<String, String>) -> Result<String, Error> {
    let value = |name: &str| exports.get(name).map_or("", String::as_str);
    let url = format!("{}/{}/oauth2/v2.0/token", value("AZURE_AUTHORITY_HOST"), value("AZURE_TENANT_ID"));
    let scope = format!("{}/.default", value("TENANTRY_GRAPH_ENDPOINT"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", value("AZURE_CLIENT_ID")),
        ("client_secret", value("AZURE_CLIENT_SECRET")),
        ("scope", scope.as_str()),
    ];
    let answer: Value = client.post(url).form(&form).send().await?.error_for_status()?.json().await?;
    let token = answer.get("access_token").and_then(Value::as_str);
    token.map(str::to_owned).ok_or_else(|| "the token endpoint gave no token".into())
}
