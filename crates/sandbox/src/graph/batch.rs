//! `$batch`: up to twenty requests in one. <https://learn.microsoft.com/graph/json-batching>

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::{Body, Content, Failure, Method, Request, Response};
use crate::store::derived_id;

/// Most requests in a batch.
const MOST: usize = 20;

/// One request of a batch.
#[derive(Debug)]
struct Item {
    id: String,
    /// Ids in lower case, as ids are compared.
    depends_on: Vec<String>,
    request: Result<Request, Failure>,
}

/// Answers a batch by handing each item to `run`, and whether it waits for another; also says how many items there were.
pub(crate) fn answer(
    request: &Request,
    mut run: impl FnMut(Result<Request, Failure>, bool) -> Response,
) -> Result<(Response, usize), Failure> {
    let items = in_order(read(request)?)?;
    let count = items.len();
    let mut outcomes: BTreeMap<String, u16> = BTreeMap::new();
    let mut responses = Vec::new();
    for item in items {
        let failed = item.depends_on.iter().any(|id| outcomes.get(id).is_none_or(|status| *status >= 400));
        let response = if failed {
            run(Err(Failure::new(424, "FailedDependency", "A request this one depends on has failed.")), true)
        } else {
            run(item.request, !item.depends_on.is_empty())
        };
        outcomes.insert(item.id.to_lowercase(), response.status);
        responses.push(envelope(&item.id, response));
    }
    // The service answers in any order; this one is at least always the same.
    responses.sort_by_key(|response| derived_id("batch", response["id"].as_str().unwrap_or_default()));
    Ok((Response::json(json!({ "responses": responses })), count))
}

/// The items with each behind the ones it depends on, otherwise as they came.
fn in_order(mut waiting: Vec<Item>) -> Result<Vec<Item>, Failure> {
    let mut ordered: Vec<Item> = Vec::new();
    let mut placed = BTreeSet::new();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|item| item.depends_on.iter().all(|id| placed.contains(id)));
        let Some(ready) = ready else {
            return Err(Failure::malformed("The dependsOn properties of the batch requests form a cycle."));
        };
        let item = waiting.remove(ready);
        placed.insert(item.id.to_lowercase());
        ordered.push(item);
    }
    Ok(ordered)
}

/// The operations of a request: the readable items of a batch, or the request itself.
pub(crate) fn operations(request: &Request) -> Vec<Request> {
    if !request.is_batch() {
        return vec![request.clone()];
    }
    read(request).unwrap_or_default().into_iter().filter_map(|item| item.request.ok()).collect()
}

fn read(request: &Request) -> Result<Vec<Item>, Failure> {
    let body = request.object()?;
    let items = body.get("requests").and_then(Value::as_array);
    let items = items
        .ok_or_else(|| Failure::malformed("The batch request payload must hold an array 'requests'."))?;
    if items.len() > MOST {
        return Err(Failure::malformed(format!(
            "Number of batch request steps exceeds the maximum value of {MOST}."
        )));
    }
    let parsed = items.iter().map(|item| read_item(item, request)).collect::<Result<Vec<_>, _>>()?;
    let mut ids = BTreeSet::new();
    for item in &parsed {
        if !ids.insert(item.id.to_lowercase()) {
            return Err(Failure::malformed(format!(
                "Request id '{}' is used more than once in the batch.",
                item.id
            )));
        }
    }
    for id in parsed.iter().flat_map(|item| &item.depends_on) {
        if !ids.contains(id) {
            return Err(Failure::malformed(format!(
                "A batch request depends on '{id}', which is not in the batch."
            )));
        }
    }
    Ok(parsed)
}

/// Reads one item. A mistake in the envelope refuses the batch; one in the request only the item.
fn read_item(item: &Value, outer: &Request) -> Result<Item, Failure> {
    let members =
        item.as_object().ok_or_else(|| Failure::malformed("Each batch request must be a JSON object."))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let missing = |name: &str| Failure::malformed(format!("A batch request lacks the property '{name}'."));
    let id = text("id").ok_or_else(|| missing("id"))?.to_owned();
    let method = text("method").ok_or_else(|| missing("method"))?;
    let url = text("url").ok_or_else(|| missing("url"))?;
    let depends_on = match members.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(value) => serde_json::from_value::<Vec<String>>(value.clone())
            .map_err(|_| Failure::malformed("The property 'dependsOn' must be an array of ids."))?,
    };
    let depends_on = depends_on.iter().map(|id| id.to_lowercase()).collect();
    let request = item_request(members, method, url, outer);
    Ok(Item { id, depends_on, request })
}

fn item_request(
    members: &Map<String, Value>,
    method: &str,
    url: &str,
    outer: &Request,
) -> Result<Request, Failure> {
    let method = Method::parse(&method.to_uppercase()).ok_or_else(Failure::method_not_allowed)?;
    if url.contains("://") {
        return Err(Failure::malformed("The url of a batch request must be relative to the version."));
    }
    let (segments, query) = Request::split(url);
    if segments.first().is_some_and(|first| first == "$batch") {
        return Err(Failure::malformed("A batch request cannot be inside a batch."));
    }
    let headers: BTreeMap<String, String> = members
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned())))
        .collect();
    let body = match members.get("body") {
        None | Some(Value::Null) if method == Method::Post => {
            return Err(Failure::malformed("Write requests must contain a request body; {} is one."));
        }
        None | Some(Value::Null) => Body::Empty,
        Some(_) if !headers.contains_key("content-type") => {
            return Err(Failure::malformed("A batch request with a body needs the header Content-Type."));
        }
        Some(body) => Body::Json(body.clone()),
    };
    Ok(Request { method, root: outer.root.clone(), segments, query, headers, body, url_length: None })
}

fn envelope(id: &str, response: Response) -> Value {
    let mut headers: Map<String, Value> =
        response.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let body = match response.content {
        Content::Empty => None,
        Content::Json(body) => {
            headers.insert("Content-Type".to_owned(), "application/json".into());
            Some(body)
        }
        Content::Text(text) => {
            headers.insert("Content-Type".to_owned(), "text/plain".into());
            Some(BASE64_STANDARD.encode(text).into())
        }
    };
    let mut answer = json!({ "id": id, "status": response.status, "headers": headers });
    if let Some(body) = body {
        answer["body"] = body;
    }
    answer
}
