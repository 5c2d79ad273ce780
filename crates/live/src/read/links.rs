//! Reads link sets object by object in batches, what is still missing after expansion or deltas.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::{Attribute, Kind, Link, LinkWrite};
use tenantry_core::reading::WantedLink;
use tenantry_core::snapshot::{Observed, target_of};
use tenantry_graph::{Client, Request, Response};

use super::PAGE;
use super::way::is_short;
use crate::error::Error;

/// What a link's target is read with: enough to name it.
pub(crate) const NAMES: &str = "id,displayName,userPrincipalName";

/// Most objects of a collection that `$expand` shows; a set of this size may be longer.
pub(super) const EXPANDED: usize = 20;

/// A page that costs a unit less, as Microsoft Graph charges for `$top` below 20.
pub(super) const SMALL: usize = 19;

/// Links that are asked for at once: four full batches. What they answer is in memory at once.
const AT_ONCE: usize = 80;

/// How often links are asked for again that a replica does not find, and the pause between.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// The `$expand` that shows a link.
pub(crate) fn expansion(attribute: &Attribute) -> String {
    format!("{}($select={NAMES})", attribute.graph)
}

/// Takes an expanded link out of a listed object; `None` when it may be longer than what is shown.
pub(crate) fn expanded(
    attribute: &Attribute,
    object: &mut serde_json::Map<String, Value>,
) -> Option<Vec<Target>> {
    let single = is_single(attribute);
    match object.remove(attribute.graph) {
        Some(Value::Array(entries)) if entries.len() < EXPANDED => {
            Some(entries.iter().filter_map(target_of).collect())
        }
        Some(entry @ Value::Object(_)) => Some(target_of(&entry).into_iter().collect()),
        Some(Value::Null) | None if single => Some(Vec::new()),
        _ => None,
    }
}

/// Reads what is still missing of the links that `wanted` names, for objects under `path` (`/groups/{id}`).
pub(crate) async fn read(
    client: &Client,
    kind: &'static Kind,
    wanted: &BTreeMap<ObjectId, Vec<WantedLink>>,
    objects: &mut [Observed],
    deleted: bool,
) -> Result<(), Error> {
    let mut asked: Vec<Asked> = Vec::new();
    for (place, object) in objects.iter().enumerate() {
        for (attribute, expected) in missing(kind, object, wanted) {
            if let Some(Link { write: LinkWrite::Action(_), .. }) = attribute.link() {
                continue;
            }
            let request = request(kind, &object.id, attribute, expected, deleted);
            asked.push(Asked { place, attribute, request });
        }
    }
    for asked in asked.chunks(AT_ONCE) {
        let requests = asked.iter().map(|asked| asked.request.clone()).collect();
        for (asked, answer) in asked.iter().zip(client.batch(requests).await) {
            take(client, asked, answer, &mut objects[asked.place], deleted).await?;
        }
    }
    Ok(())
}

/// One link of one object, asked for.
struct Asked {
    place: usize,
    attribute: &'static Attribute,
    request: Request,
}

/// Puts an answer into the object it is about.
async fn take(
    client: &Client,
    asked: &Asked,
    answer: Result<Response, tenantry_graph::Error>,
    object: &mut Observed,
    deleted: bool,
) -> Result<(), Error> {
    let Asked { attribute, request, .. } = asked;
    let targets = match answer {
        Ok(answer) => targets(client, attribute, answer.body, request).await,
        Err(error) if error.is_not_found() && !deleted && is_single(attribute) => Ok(Vec::new()),
        // The object was just listed, so a replica has not heard of it: no members is not what this means.
        Err(error) if error.is_not_found() && !deleted => insist(client, attribute, request).await,
        // What a deleted object still holds is not documented to be readable.
        Err(error) if deleted && !error.is_throttled() => {
            object.unreadable.push(attribute.graph.to_owned());
            return Ok(());
        }
        Err(error) => Err(error),
    };
    let targets = targets.map_err(|source| failed(attribute, object, source))?;
    object.links.insert(attribute.graph.to_owned(), targets);
    Ok(())
}

/// The links that `wanted` names and the object does not have yet, with how many entries are expected.
pub(super) fn missing<'a>(
    kind: &'static Kind,
    object: &'a Observed,
    wanted: &'a BTreeMap<ObjectId, Vec<WantedLink>>,
) -> impl Iterator<Item = (&'static Attribute, usize)> + use<'a> {
    wanted.get(&object.id).into_iter().flatten().filter_map(|link| {
        let attribute = kind.attribute(link.attribute)?;
        (!object.links.contains_key(attribute.graph)).then_some((attribute, link.expected))
    })
}

/// Asks again, a few times, for links of an object that exists.
async fn insist(
    client: &Client,
    attribute: &Attribute,
    request: &Request,
) -> Result<Vec<Target>, tenantry_graph::Error> {
    let mut result = client.send(request).await;
    for _ in 0..TRIES {
        match result {
            Err(error) if error.is_not_found() => {
                tokio::time::sleep(BETWEEN_TRIES).await;
                result = client.send(request).await;
            }
            other => {
                result = other;
                break;
            }
        }
    }
    targets(client, attribute, result?.body, request).await
}

fn is_single(attribute: &Attribute) -> bool {
    attribute.link().is_some_and(|link| link.max == 1)
}

fn request(kind: &Kind, id: &ObjectId, attribute: &Attribute, expected: usize, deleted: bool) -> Request {
    let object = if deleted {
        format!("/directory/deletedItems/{id}/microsoft.graph.{}", kind.entity)
    } else {
        kind.object_path(id)
    };
    let top = match () {
        () if is_single(attribute) => String::new(),
        () if is_short(expected) => format!("&$top={SMALL}"),
        () => format!("&$top={PAGE}"),
    };
    Request::get(format!("{object}/{}?$select={NAMES}{top}", attribute.graph))
}

async fn targets(
    client: &Client,
    attribute: &Attribute,
    body: Value,
    request: &Request,
) -> Result<Vec<Target>, tenantry_graph::Error> {
    if is_single(attribute) {
        return Ok(target_of(&body).into_iter().collect());
    }
    let entries = client.continue_list(body, request).await?;
    Ok(entries.iter().filter_map(target_of).collect())
}

fn failed(attribute: &Attribute, object: &Observed, source: tenantry_graph::Error) -> Error {
    Error::Read { what: format!("{} of {}", attribute.graph, object.id), source: Box::new(source) }
}
