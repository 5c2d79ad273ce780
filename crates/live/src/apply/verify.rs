//! Reads back what was written: the service may have accepted what it does not show yet.

use std::time::Duration;

use tenantry_core::address::Target;
use tenantry_core::kinds::reference;
use tenantry_core::plan::{Change, Plan, unfulfilled};
use tenantry_core::reading::Purpose;
use tenantry_graph::{CancellationToken, Client};
use tokio::time::Instant;

use super::Settings;
use crate::error::Error;
use crate::progress::{Event, Progress};
use crate::report::Outcome;
use crate::snapshot::snapshot;
use crate::wire::Created;

/// Reads the applied steps back until they show, or patience ends; what does not show is a failure. Whether it came to
/// an end, rather than being interrupted.
pub(super) async fn verify(
    client: &Client,
    plan: &Plan,
    created: &Created,
    settings: &Settings,
    outcomes: &mut [Outcome],
    cancelled: &CancellationToken,
    progress: &dyn Progress,
) -> bool {
    let mut numbers: Vec<usize> =
        (0..plan.steps.len()).filter(|index| outcomes[*index] == Outcome::Applied).collect();
    let mut open = with_ids(plan, &numbers, created);
    let began = Instant::now();
    while !numbers.is_empty() {
        if cancelled.is_cancelled() {
            numbers.into_iter().for_each(|index| outcomes[index] = Outcome::Unverified);
            return false;
        }
        progress.show(Event::Verifying(numbers.len()));
        let missing = match snapshot(client, Purpose::Review(&open), None, progress).await {
            Ok(snapshot) => unfulfilled(&open, &snapshot),
            Err(_) if cancelled.is_cancelled() => continue,
            Err(error) if began.elapsed() >= settings.patience || is_final(&error) => {
                let cause = format!("accepted, but it could not be read back: {}", causes(&error));
                for index in numbers {
                    outcomes[index] = Outcome::Failed { cause: cause.clone(), request_id: None };
                }
                return true;
            }
            Err(_) => {
                nap(began, cancelled).await;
                continue;
            }
        };
        if began.elapsed() >= settings.patience {
            for (index, what) in &missing {
                let cause = format!(
                    "accepted, but it did not take effect within {} s: {what}",
                    settings.patience.as_secs()
                );
                outcomes[numbers[*index]] = Outcome::Failed { cause, request_id: None };
            }
            return true;
        }
        let left: Vec<usize> = missing.iter().map(|(index, _)| *index).collect();
        numbers = left.iter().map(|index| numbers[*index]).collect();
        open.steps = left.into_iter().map(|index| open.steps[index].clone()).collect();
        if !numbers.is_empty() {
            nap(began, cancelled).await;
        }
    }
    true
}

/// Whether reading again will fail again: the service refuses rather than not being ready.
fn is_final(error: &Error) -> bool {
    let refused = |source: &tenantry_graph::Error| source.is_forbidden() || source.is_unauthorized();
    match error {
        Error::Read { source, .. } | Error::Permission { source, .. } => refused(source),
        _ => true,
    }
}

/// An error with what stands behind it, on one line.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Sleeps a quarter of the time gone by, 0.1 s to 5 s, and wakes early when interrupted.
async fn nap(began: Instant, cancelled: &CancellationToken) {
    let nap = (began.elapsed() / 4).clamp(Duration::from_millis(100), Duration::from_secs(5));
    tokio::time::timeout(nap, cancelled.cancelled()).await.ok();
}

/// The plan's steps with these indices, with the ids that creations gave.
fn with_ids(plan: &Plan, steps: &[usize], created: &Created) -> Plan {
    let mut plan =
        Plan { steps: steps.iter().map(|index| plan.steps[*index].clone()).collect(), ..plan.clone() };
    for step in &mut plan.steps {
        if step.id.is_none() {
            step.id = created.get(&step.address.to_string().to_lowercase()).cloned();
        }
        let id = |target: &Target| {
            target.id.as_ref().or_else(|| created.get(&target.name.to_lowercase())).cloned()
        };
        for change in &mut step.changes {
            match change {
                Change::Links { added, .. } => {
                    added.iter_mut().for_each(|added| added.target.id = id(&added.target))
                }
                Change::Value { after, .. } => reference::with_ids(after, &id),
                Change::Assignments { added, .. } => {
                    for added in added {
                        added.role.id = id(&added.role);
                        added.member.id = id(&added.member);
                    }
                }
                Change::Schedules { added, .. } => {
                    for added in added {
                        added.member.id = id(&added.member);
                        added.scope.iter_mut().for_each(|scope| scope.target.id = id(&scope.target));
                    }
                }
                Change::Licenses { .. } => {}
            }
        }
    }
    plan
}
