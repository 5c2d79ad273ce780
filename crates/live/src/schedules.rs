//! Requests about schedules: what they say, and what becomes of them. The service accepts a request and carries it out
//! later; what is accepted is followed until the service says that it is done, or that it will not be.
//!
//! Source: "Create roleAssignmentScheduleRequests",
//! <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests>.

use serde_json::{Map, Value, json};
use tenantry_core::address::ObjectId;
use tenantry_core::plan::{Ends, Operation, ScheduleAction, ScheduleWrite};
use tenantry_core::schedules::{PLAIN, directory_scope, held};
use tenantry_core::text::terminal;
use tenantry_graph::{Client, Error, Request, Response, odata};

use crate::settle::{Fate, History, retriable};
use crate::wire::Context;

/// What a request says why, where the configuration does not: most policies ask for it.
const JUSTIFICATION: &str = "As declared in the tenant's configuration";

/// The request that carries a write out.
pub(crate) fn request(write: &ScheduleWrite, subject: &ObjectId, context: &Context<'_>) -> Option<Request> {
    let schedules = write.attribute.schedules()?;
    let scope = match &write.scope {
        Some(scope) => Some((scope.over_members, context.id(&scope.target)?)),
        None => None,
    };
    let mut body = schedules.subject(subject, &directory_scope(scope));
    body.insert("principalId".to_owned(), json!(context.id(&write.member)?));
    if let Some(assignment) = &write.plain {
        return Some(match assignment {
            Some(id) => Request::delete(format!("{PLAIN}/{}", odata::segment(id.as_str()))),
            None => Request::post(PLAIN, Value::Object(body)),
        });
    }
    body.insert("action".to_owned(), json!(write.action.graph()));
    body.insert("justification".to_owned(), json!(write.justification.as_deref().unwrap_or(JUSTIFICATION)));
    if let Some(ticket) = &write.ticket {
        let ticket = json!({ "ticketNumber": ticket.number, "ticketSystem": ticket.system });
        body.insert("ticketInfo".to_owned(), ticket);
    }
    if write.action != ScheduleAction::Remove {
        body.insert("scheduleInfo".to_owned(), json!({ "expiration": expiration(&write.ends) }));
    }
    Some(Request::post(schedules.requests(), Value::Object(body)))
}

/// Source: "expirationPattern resource type", <https://learn.microsoft.com/graph/api/resources/expirationpattern>.
fn expiration(ends: &Ends) -> Map<String, Value> {
    let pattern = match (&ends.at, &ends.after) {
        (Some(at), _) => vec![("type", json!("afterDateTime")), ("endDateTime", json!(at))],
        (None, Some(duration)) => vec![("type", json!("afterDuration")), ("duration", json!(duration))],
        (None, None) => vec![("type", json!("noExpiration"))],
    };
    pattern.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What an answer to a write, or to the question what became of its request, means.
pub(crate) async fn settle(
    client: &Client,
    operation: &Operation,
    write: &ScheduleWrite,
    context: &Context<'_>,
    history: History,
    answer: Result<Response, Error>,
) -> Fate {
    match answer {
        Ok(response) if write.plain.is_some() => Fate::Done(None, response.request_id),
        Ok(response) => state(write, response),
        // The request itself cannot be seen any more, or not by us: whether it took effect shows when it is read back.
        Err(error) if history.followed && (error.is_not_found() || error.is_forbidden()) => {
            Fate::Done(None, None)
        }
        Err(error) => refused(client, operation, write, context, history, error).await,
    }
}

/// Source: "unifiedRoleAssignmentScheduleRequest resource type", property `status`,
/// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest>.
fn state(write: &ScheduleWrite, response: Response) -> Fate {
    let text = |name: &str| response.body.get(name).and_then(Value::as_str).unwrap_or_default();
    let status = text("status");
    let removes = write.action == ScheduleAction::Remove;
    match status {
        "Provisioned" | "ScheduleCreated" | "" => Fate::Done(None, response.request_id),
        "Revoked" if removes => Fate::Done(None, response.request_id),
        "Failed" | "Denied" | "Canceled" | "Revoked" | "AdminDenied" | "Invalid" => {
            Fate::Ended(format!("the service accepted the request and ended it as {}", terminal(status)))
        }
        pending => {
            let requests = write.attribute.schedules().map_or("", |schedules| schedules.requests());
            let path = format!("{requests}/{}", odata::segment(text("id")));
            Fate::Pending(
                path,
                format!("the service accepted the request, which is still {}", terminal(pending)),
            )
        }
    }
}

async fn refused(
    client: &Client,
    operation: &Operation,
    write: &ScheduleWrite,
    context: &Context<'_>,
    history: History,
    error: Error,
) -> Fate {
    let removes = write.action == ScheduleAction::Remove;
    match error.code().unwrap_or_default() {
        "RoleAssignmentDoesNotExist" if removes => Fate::Done(None, None),
        _ if removes && write.plain.is_some() && error.is_not_found() => Fate::Done(None, None),
        // Refused as a second one: by what an attempt of ours made, or somebody else meanwhile.
        "RoleAssignmentExists" => match shows(client, operation, write, context).await {
            Some(true) => Fate::Done(None, error.request_id().map(str::to_owned)),
            Some(false) if history.doubtful => Fate::Again(Box::new(error)),
            Some(false) => Fate::Failed(Box::new(error)),
            None => Fate::Again(Box::new(error)),
        },
        "Request_BadRequest" if write.plain.is_some() => match shows(client, operation, write, context).await
        {
            Some(true) => Fate::Done(None, error.request_id().map(str::to_owned)),
            _ => retriable(history, error),
        },
        "PendingRoleAssignmentRequest" => Fate::Again(Box::new(error)),
        // It can be taken away five minutes after it was given.
        "ActiveDurationTooShort" => Fate::TooEarly(Box::new(error)),
        // The policy that allows it may have been changed seconds ago.
        "RoleAssignmentRequestPolicyValidationFailed" if history.fresh => Fate::Again(Box::new(error)),
        _ => retriable(history, error),
    }
}

/// Whether what a write asks for is there; `None` when nobody can say now.
async fn shows(
    client: &Client,
    operation: &Operation,
    write: &ScheduleWrite,
    context: &Context<'_>,
) -> Option<bool> {
    let schedules = write.attribute.schedules()?;
    let (subject, member) = (context.subject(operation)?, context.id(&write.member)?);
    let path = if write.plain.is_some() { PLAIN } else { schedules.path() };
    let filter = format!("principalId eq {}", odata::literal(member.as_str()));
    let rows = client.list(Request::get(format!("{path}?$filter={}", odata::query(&filter)))).await.ok()?;
    let own: Vec<Value> = rows.into_iter().filter(|row| schedules.concerns(row, subject)).collect();
    let mut scope = write.scope.clone();
    if let Some(scope) = &mut scope {
        scope.target.id = Some(context.id(&scope.target)?.clone());
    }
    Some(held(&Value::Array(own)).iter().any(|held| held.is_over(&scope) && held.ends_as(&write.ends)))
}
