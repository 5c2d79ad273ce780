//! What a client does that knows one object at a time, as infrastructure tools do: three GETs a user, four a group.
//!
//! A user takes the object, the properties that come only when asked for, and the manager; a group the object, the
//! properties that come only when asked for, the owners and the members. Ten requests are under way at once, as many as
//! Terraform has unless told otherwise.

use std::time::Instant;

use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::StatusCode;
use serde_json::Value;

use crate::Error;
use crate::args::Run;
use crate::configuration::State;
use crate::record::Record;
use crate::sandbox::{Sandbox, Stats};

/// The name of the scenario.
const SCENARIO: &str = "per-object client";

/// Reads a tenant object by object, or a sample of it.
pub(crate) async fn read(sandbox: &Sandbox, state: &State, run: &Run) -> Result<Record, Error> {
    let all = state.users.len() + state.groups.len();
    let every = all.div_ceil(run.baseline_sample.max(1)).max(1);
    let users = state.users.iter().step_by(every).map(|user| user_paths(&user.id));
    let groups = state.groups.iter().step_by(every).map(|group| group_paths(&group.id));
    let objects: Vec<Vec<String>> = users.chain(groups).collect();
    let share = objects.len() as f64 / all.max(1) as f64;
    sandbox.reset_stats().await?;
    let began = Instant::now();
    let reads = objects.into_iter().map(|paths| object(sandbox, paths));
    futures::stream::iter(reads)
        .buffer_unordered(run.baseline_concurrency.max(1))
        .try_collect::<Vec<()>>()
        .await?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(Record::extrapolated(SCENARIO, seconds, &sandbox.stats().await?, share))
}

fn user_paths(id: &str) -> Vec<String> {
    let extra = "ageGroup,consentProvidedForMinor,employeeOrgData,employeeType,passwordPolicies";
    vec![format!("/users/{id}"), format!("/users/{id}?$select={extra}"), format!("/users/{id}/manager")]
}

fn group_paths(id: &str) -> Vec<String> {
    let extra = "id,membershipRule,membershipRuleProcessingState,theme,visibility";
    vec![
        format!("/groups/{id}"),
        format!("/groups/{id}?$select={extra}"),
        format!("/groups/{id}/owners"),
        format!("/groups/{id}/members"),
    ]
}

/// Reads one object, one request after the other, with all pages of what is a list.
async fn object(sandbox: &Sandbox, paths: Vec<String>) -> Result<(), Error> {
    for path in paths {
        let mut request = sandbox.get(&path);
        loop {
            let answer = request.send().await?;
            // Most people have no manager.
            if answer.status() == StatusCode::NOT_FOUND {
                break;
            }
            let page: Value = answer.error_for_status()?.json().await?;
            let Some(link) = page.get("@odata.nextLink").and_then(Value::as_str) else { break };
            request = sandbox.follow(link);
        }
    }
    Ok(())
}

/// The counts of the whole, from those of a share of it.
pub(crate) fn whole(stats: &Stats, share: f64) -> Stats {
    let whole = |count: u64| (count as f64 / share).round() as u64;
    Stats {
        requests: whole(stats.requests),
        operations: whole(stats.operations),
        resource_units: whole(stats.resource_units),
        writes: whole(stats.writes),
        throttled: whole(stats.throttled),
    }
}
