//! What an answer means for a write: done, to be tried again, or failed.
//!
//! The service may have done what it did not confirm, and may not yet show what it has done. An ambiguous create is
//! settled by looking the object up by its key before it is tried again; adding what is there and removing what is
//! not are successes; references to objects that were made seconds ago are tried again.

use serde_json::Value;
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::assignments::scope;
use tenantry_core::kinds::{Attribute, LinkWrite};
use tenantry_core::plan::{Create, Operation, Verb};
use tenantry_core::text::terminal;
use tenantry_graph::{Client, Error, Request, Response};

use crate::licensing;
use crate::read::{assignments, list, observed, single};
use crate::schedules;
use crate::wire::{self, Context, look_up};

/// Answers that may be lost in a row while one reference is added.
const LOST_ANSWERS: usize = 4;

/// What became of one attempt.
pub(crate) enum Fate {
    /// It took effect; a creation gives its id.
    Done(Option<ObjectId>, Option<String>),
    /// It shall be tried again: the service is not ready, or nobody knows whether it took effect.
    Again(Box<Error>),
    /// It was accepted and does not show yet: in words, what does not.
    Unseen(String),
    /// It was accepted and is under way: where to ask what became of it, and how it stands, in words.
    Pending(String, String),
    /// It can be done a few minutes after what it undoes.
    TooEarly(Box<Error>),
    /// It was accepted and will not take effect: why, in words.
    Ended(String),
    /// It will not take effect.
    Failed(Box<Error>),
    /// What was written before a rule that failed was taken back: what came of it, in words.
    Undone(String),
}

/// What is known about earlier attempts at a write.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct History {
    /// An earlier attempt may have taken effect.
    pub(crate) doubtful: bool,
    /// The write needs an object that this run, or an interrupted one, made moments ago.
    pub(crate) fresh: bool,
    /// It was accepted, and the answer at hand is to the question what became of it.
    pub(crate) followed: bool,
}

/// Decides what an answer means.
pub(crate) async fn settle(
    client: &Client,
    operation: &Operation,
    context: &Context<'_>,
    history: History,
    answer: Result<Response, Error>,
) -> Fate {
    if let Verb::Schedule(write) = &operation.verb {
        return schedules::settle(client, operation, write, context, history, answer).await;
    }
    let error = match answer {
        Ok(response) => return done(client, operation, context, response).await,
        Err(error) => error,
    };
    match &operation.verb {
        Verb::Create(create) => settle_create(client, operation, create, history, error).await,
        Verb::Link { navigation, write: LinkWrite::Bind, targets }
            if error.already_exists() && targets.len() > 1 =>
        {
            add_singly(client, operation, navigation, targets, context, history).await
        }
        Verb::Link { .. } if error.already_exists() => Fate::Done(None, None),
        // There is one assignment at most of a role to somebody in a scope.
        Verb::Assign { attribute, role, member } if error.is_ambiguous() || is_refused(&error) => {
            match assigned(client, operation, attribute, [role, member], context).await {
                Some(true) => Fate::Done(None, error.request_id().map(str::to_owned)),
                // Refused as a second one, perhaps, by what no replica shows yet.
                Some(false) if history.doubtful => Fate::Again(Box::new(error)),
                Some(false) => retriable(history, error),
                None => Fate::Again(Box::new(error)),
            }
        }
        Verb::Unlink { .. } | Verb::Unassign { .. } | Verb::Delete
            if error.is_not_found() || is_absent_reference(&error) =>
        {
            Fate::Done(None, None)
        }
        // A second attempt at what was done already: what is gone cannot be taken away again.
        // They were made by the attempt whose answer got lost.
        Verb::Settings { id: None, .. } if history.doubtful && !error.conflict_targets().is_empty() => {
            Fate::Done(None, None)
        }
        Verb::Action { body, .. } if history.doubtful && is_refused(&error) => {
            match licensing::shows(client, operation, context, body).await {
                true => Fate::Done(None, None),
                false => Fate::Failed(Box::new(error)),
            }
        }
        // Licences are taken away in the background, and until then hold the deletion back.
        Verb::Delete if history.fresh && is_refused(&error) => Fate::Again(Box::new(error)),
        Verb::Restore if history.doubtful && error.is_not_found() => {
            restored(client, operation, context, error).await
        }
        _ => retriable(history, error),
    }
}

pub(crate) fn retriable(history: History, error: Error) -> Fate {
    let replicating = history.fresh && (error.is_not_found() || error.is_reference_missing());
    if error.is_ambiguous() || error.is_throttled() || error.is_cancelled() || replicating {
        Fate::Again(Box::new(error))
    } else {
        Fate::Failed(Box::new(error))
    }
}

/// "One or more removed object references do not exist": the status it comes with is not documented.
fn is_absent_reference(error: &Error) -> bool {
    matches!(error, Error::Api(refused) if refused.message.contains("removed object references do not exist"))
}

/// Whether the service understood the request and will not do it now.
fn is_refused(error: &Error) -> bool {
    matches!(error, Error::Api(refused) if refused.status == 400)
}

/// Whether somebody holds a role in the scope of an operation's object; `None` when nobody can say now.
async fn assigned(
    client: &Client,
    operation: &Operation,
    attribute: &Attribute,
    [role, member]: [&Target; 2],
    context: &Context<'_>,
) -> Option<bool> {
    let scope = scope(attribute.assignments()?, context.subject(operation)?);
    assignments::exists(client, context.id(role)?, context.id(member)?, &scope).await.ok()
}

async fn done(client: &Client, operation: &Operation, context: &Context<'_>, response: Response) -> Fate {
    let create = match &operation.verb {
        Verb::Create(create) => create,
        // Seats that others give up may take a while to be free.
        Verb::Action { name: "reprocessLicenseAssignment", .. } => {
            return match licensing::left_out(client, operation, context).await {
                Some(cause) => Fate::Unseen(format!("what a group gives is in error: {cause}")),
                None => Fate::Done(None, response.request_id),
            };
        }
        _ => return Fate::Done(None, response.request_id),
    };
    match id_at(&response.body, create.id_pointer).or_else(|| wire::keyed_id(operation)) {
        Some(id) => Fate::Done(Some(id), response.request_id),
        None => match find(client, operation, create).await {
            Ok(Some(id)) => Fate::Done(Some(id), response.request_id),
            // The answer names no object and none shows yet: look again, creating it anew makes no second one.
            Ok(None) | Err(_) => {
                Fate::Unseen("the service accepted it, but the new object does not show".to_owned())
            }
        },
    }
}

fn id_at(body: &Value, pointer: &str) -> Option<ObjectId> {
    body.pointer(pointer).and_then(Value::as_str).and_then(ObjectId::of_service)
}

/// A create that failed: if it, or an earlier attempt, may have taken effect, the object is looked up by its key.
async fn settle_create(
    client: &Client,
    operation: &Operation,
    create: &Create,
    history: History,
    error: Error,
) -> Fate {
    let conflict = !error.conflict_targets().is_empty();
    // What has its key as id is not made twice.
    if wire::keyed_id(operation).is_some() {
        return retriable(history, error);
    }
    if error.is_ambiguous() || (conflict && history.doubtful) {
        return match find(client, operation, create).await {
            Ok(Some(id)) => Fate::Done(Some(id), error.request_id().map(str::to_owned)),
            // Not there, or not there yet. Trying again makes no second one: the key is unique, and an invitation of
            // somebody who was invited gives the same guest.
            Ok(None) => Fate::Again(Box::new(error)),
            Err(lookup) if lookup.is_forbidden() || lookup.is_unauthorized() => {
                Fate::Failed(Box::new(lookup))
            }
            // Whether it took effect is still open, whatever kept the look-up from saying so.
            Err(_) => Fate::Again(Box::new(error)),
        };
    }
    retriable(history, error)
}

/// Looks an object up by what its creation is identified by, among objects that the kind's rule applies to.
async fn find(client: &Client, operation: &Operation, create: &Create) -> Result<Option<ObjectId>, Error> {
    let (property, lookup, value) = &create.identified_by;
    let kind = operation.kind;
    if kind.shape.is_single() {
        return Ok(single::fetch(client, kind).await?.map(|live| live.id));
    }
    if !kind.types.is_empty() {
        let objects = list::whole_of(client, kind).await?;
        let mut alike = objects.into_iter().filter(|live| live.text(property).eq_ignore_ascii_case(value));
        return Ok(alike.next().map(|live| live.id));
    }
    let path = look_up(kind.path, property, *lookup, &[value], &kind.always_read.join(","));
    let body = match client.get(&path).await {
        Ok(response) => response.body,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let rule = kind.keys.iter().find(|rule| rule.property == *property);
    let found = match body.get("value").and_then(Value::as_array) {
        Some(values) => values.clone(),
        None => vec![body],
    };
    let mut objects = found.into_iter().filter_map(|value| observed(value, None));
    Ok(objects.find(|live| rule.is_none_or(|rule| (rule.applies)(live))).map(|live| live.id))
}

/// A restore whose first answer got lost and whose object is no longer among the deleted ones.
async fn restored(client: &Client, operation: &Operation, context: &Context<'_>, error: Error) -> Fate {
    let Some(id) = context.subject(operation) else { return Fate::Failed(Box::new(error)) };
    match client.get(&format!("{}?$select=id", operation.kind.object_path(id))).await {
        Ok(_) => Fate::Done(None, None),
        Err(_) => Fate::Again(Box::new(error)),
    }
}

/// Adding several references is all or nothing; when one was there already, each is added by itself.
async fn add_singly(
    client: &Client,
    operation: &Operation,
    navigation: &str,
    targets: &[Target],
    context: &Context<'_>,
    history: History,
) -> Fate {
    let requests: Vec<Request> = targets
        .iter()
        .filter_map(|target| wire::single_link(operation, navigation, target, context))
        .collect();
    // One after another: the service does not take two writes to one object at a time.
    let mut request_id = None;
    for request in requests {
        match add_one(client, &request).await {
            Ok(id) => request_id = id,
            Err(error) => return retriable(history, error),
        }
    }
    Fate::Done(None, request_id)
}

/// Adds one reference; adding it again after a lost answer finds it there.
async fn add_one(client: &Client, request: &Request) -> Result<Option<String>, Error> {
    let mut result = client.send(request).await;
    for _ in 0..LOST_ANSWERS {
        match result {
            Err(error) if error.is_ambiguous() => result = client.send(request).await,
            other => {
                result = other;
                break;
            }
        }
    }
    match result {
        Ok(response) => Ok(response.request_id),
        Err(error) if error.already_exists() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The cause of a failure, what to do first, then the service's words.
pub(crate) fn explain(error: &Error, permissions: &[&str]) -> String {
    let words = terminal(&error.to_string());
    if error.is_forbidden() {
        return format!(
            "the application may not do this: it needs {}, and for people who hold privileged roles a directory role as well ({words})",
            permissions.join(", ")
        );
    }
    let conflicts = error.conflict_targets();
    if !conflicts.is_empty() {
        return format!(
            "another object, perhaps a deleted one, already has this {} ({words})",
            conflicts.join(", ")
        );
    }
    if error.is_not_found() || error.is_reference_missing() {
        return format!(
            "the service does not find the object, or one it refers to; it may still be replicating ({words})"
        );
    }
    if error.is_ambiguous() {
        return format!("nobody knows whether this took effect; plan again to see ({words})");
    }
    words
}
