//! Who is signed in to the Azure CLI.
//!
//! Source: "az account get-access-token",
//! <https://learn.microsoft.com/cli/azure/account#az-account-get-access-token>.

use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::Command;

use super::credential::NoToken;
use super::oauth::Answer;
use super::service::{Ask, Service};
use crate::text::escaped;

/// How long the command may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What the command prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    access_token: String,
    /// Local time without its zone, such as `2026-03-29 15:04:05.000000`.
    #[serde(default)]
    expires_on: String,
    /// Seconds since 1970; absent before version 2.54.
    #[serde(default, rename = "expires_on")]
    expires_on_epoch: Value,
}

/// Asks the command for a token; whatever goes wrong there, another way to sign in may still work.
pub(crate) async fn token(
    tenant_id: Option<&str>,
    service: &Service,
    ask: Ask<'_>,
) -> Result<Answer, NoToken> {
    if ask.challenged {
        let text = "the tenant asks for another sign-in: run `az logout` and `az login`";
        return Err(NoToken::Unavailable(text.to_owned()));
    }
    let mut command = command();
    command.args([
        "account",
        "get-access-token",
        "--output",
        "json",
        "--resource",
        service.endpoint.resource(),
    ]);
    if let Some(tenant_id) = tenant_id {
        command.args(["--tenant", tenant_id]);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(LIMIT, command.output()).await {
        Err(_) => Err(format!("az did not answer within {} seconds", LIMIT.as_secs())),
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound => {
            Err("the Azure CLI (az) is not installed".to_owned())
        }
        Ok(Err(error)) => Err(format!("az cannot be started: {error}")),
        Ok(Ok(output)) if !output.status.success() => {
            Err(complaint(&String::from_utf8_lossy(&output.stderr)))
        }
        Ok(Ok(output)) => read(&output.stdout),
    };
    output.map_err(NoToken::Unavailable)
}

#[cfg(not(windows))]
fn command() -> Command {
    Command::new("az")
}

/// There it is a batch file, which only the command interpreter starts.
#[cfg(windows)]
fn command() -> Command {
    let mut command = Command::new("cmd");
    command.args(["/C", "az"]);
    command
}

fn read(stdout: &[u8]) -> Result<Answer, String> {
    // What was printed holds a token, and the parser's message may hold a piece of it.
    let unread = || "az printed something else than a token".to_owned();
    let printed: Printed = serde_json::from_slice(stdout).map_err(|_| unread())?;
    let expires_on = printed.expires_on_epoch.as_i64().or_else(|| local(&printed.expires_on));
    let answer = json!({ "access_token": printed.access_token, "expires_on": expires_on });
    let answer: Answer = serde_json::from_value(answer).map_err(|_| unread())?;
    answer.checked().map_err(str::to_owned)
}

fn local(time: &str) -> Option<i64> {
    let time: DateTime = time.parse().ok()?;
    Some(TimeZone::system().to_timestamp(time).ok()?.as_second())
}

/// The line of its errors that says most.
fn complaint(stderr: &str) -> String {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = lines().find(|line| line.starts_with("ERROR")).or_else(|| lines().next());
    let line = escaped(telling.unwrap_or("az ended with an error").trim_start_matches("ERROR:").trim(), 300);
    if stderr.contains("az login") || stderr.contains("az account set") {
        return format!("nobody is signed in to the Azure CLI, run `az login`: {line}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{complaint, read};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde_json::json;

    #[test]
    fn the_end_is_read_in_both_forms() {
        let end = Timestamp::now().as_second() + 1800;
        let local = TimeZone::system().to_datetime(Timestamp::from_second(end).unwrap());
        let local = local.strftime("%Y-%m-%d %H:%M:%S.000000").to_string();
        for printed in [
            json!({"accessToken": "t", "expiresOn": "1999-01-01 00:00:00.000000", "expires_on": end}),
            json!({"accessToken": "t", "expiresOn": local}),
        ] {
            let lifetime = read(printed.to_string().as_bytes()).unwrap().lifetime().unwrap();
            assert!((1790..=1800).contains(&lifetime), "{lifetime}");
        }
        let error = read(br#"{"accessToken": ["eyJsecret"]}"#).unwrap_err();
        assert_eq!(error, "az printed something else than a token");
    }

    #[test]
    fn the_telling_line_is_shown() {
        let stderr = "WARNING: x\nERROR: Please run 'az login' to setup account.\n";
        let shown =
            "nobody is signed in to the Azure CLI, run `az login`: Please run 'az login' to setup account.";
        assert_eq!(complaint(stderr), shown);
        assert_eq!(complaint("ERROR: AADSTS50076: it is so\nTrace"), "AADSTS50076: it is so");
        assert_eq!(complaint(""), "az ended with an error");
    }
}
