//! Door 4: reads what a purpose needs, by the cheaper of two ways: listing a kind, or fetching objects by key.

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::{Attribute, Kind, Lookup};
use tenantry_core::reading::{Purpose, Reading};
use tenantry_core::snapshot::{Observed, Seen, Snapshot, TenantFacts, target_of};
use tenantry_graph::{Client, Request, Response};

use crate::error::Error;
use crate::links;
use crate::progress::{Event, Progress};
use crate::wire::look_up;

/// Largest page of a list (Microsoft Graph's bound for users and groups).
const PAGE: usize = 999;

/// Most values in one `in` filter without advanced query.
const IN_FILTER: usize = 15;

/// Longest operand of `eq` and `in` without advanced query, in characters.
const OPERAND: usize = 120;

/// Most ids in one `getByIds`.
const BY_IDS: usize = 1000;

/// Reads what `purpose` needs. Sends GETs and read-only POSTs and nothing else.
pub async fn snapshot(
    client: &Client,
    purpose: Purpose<'_>,
    progress: &dyn Progress,
) -> Result<Snapshot, Error> {
    let readings = purpose.readings();
    let mut snapshot = Snapshot::default();
    let totals = tenant(client, &readings, matches!(purpose, Purpose::Plan { .. }), &mut snapshot).await?;
    if let Some(users) = totals.get("user") {
        client.set_user_count(*users);
    }
    for reading in &readings {
        progress.show(Event::Reading(reading.kind.table));
        let total = totals.get(reading.kind.name).copied();
        let mut seen = kind(client, reading, total).await?;
        let wanted = purpose.links(reading.kind, &seen.objects);
        links::read(client, reading.kind, &wanted, &mut seen.objects, false).await?;
        if purpose.wants_deleted(reading.kind, &seen.objects) {
            seen.deleted = deleted(client, reading).await?;
            let wanted = purpose.deleted_links(reading.kind, &seen.deleted);
            links::read(client, reading.kind, &wanted, &mut seen.deleted, true).await?;
        }
        snapshot.kinds.insert(reading.kind.name.to_owned(), seen);
    }
    snapshot.by_id = names(client, &purpose.named_ids(), &snapshot).await?;
    Ok(snapshot)
}

fn read_error(what: &str, source: tenantry_graph::Error) -> Error {
    Error::Read { what: what.to_owned(), source: Box::new(source) }
}

/// Who we are, where we are, and how many objects of each kind there are: one batch.
async fn tenant(
    client: &Client,
    readings: &[Reading],
    count: bool,
    snapshot: &mut Snapshot,
) -> Result<BTreeMap<&'static str, usize>, Error> {
    let identity = client.identity().await.map_err(|source| Error::SignIn(Box::new(source)))?;
    let mut requests = vec![Request::get("/organization?$select=id,displayName,verifiedDomains")];
    let counted: Vec<&Reading> = readings.iter().filter(|_| count).collect();
    requests.extend(counted.iter().map(|reading| {
        Request::get(format!("{}/$count", reading.kind.path)).header("ConsistencyLevel", "eventual")
    }));
    let mut answers = client.batch(requests).await.into_iter();
    let id = identity.tenant_id.unwrap_or_default();
    snapshot.tenant = TenantFacts {
        name: id.clone(),
        id,
        cloud: String::new(),
        domains: Vec::new(),
        identity: identity.object_id.as_deref().and_then(ObjectId::parse),
    };
    match answers.next() {
        Some(Ok(answer)) => facts(&answer, &mut snapshot.tenant),
        // Planning users and groups does not take the permission to read the organisation.
        Some(Err(error)) if error.is_forbidden() => {}
        Some(Err(source)) => return Err(read_error("the organisation", source)),
        None => {}
    }
    let mut totals = BTreeMap::new();
    for (reading, answer) in counted.into_iter().zip(answers) {
        let total = answer.ok().and_then(|answer| number(&answer.body));
        totals.extend(total.map(|total| (reading.kind.name, total)));
    }
    Ok(totals)
}

/// `/$count` answers plain text, which a batch hands over as text or as base64 of it, and JSON as a number.
fn number(body: &Value) -> Option<usize> {
    match body {
        Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        Value::String(text) => plain_number(text)
            .or_else(|| plain_number(&String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()?)),
        _ => None,
    }
}

fn plain_number(text: &str) -> Option<usize> {
    text.trim().trim_start_matches('\u{feff}').parse().ok()
}

fn facts(answer: &Response, tenant: &mut TenantFacts) {
    let Some(organisation) = answer.body.get("value").and_then(|value| value.get(0)) else { return };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(id) = organisation.get("id").and_then(text) {
        tenant.id = id;
    }
    let domains: Vec<&Value> =
        organisation.get("verifiedDomains").and_then(Value::as_array).into_iter().flatten().collect();
    tenant.domains = domains.iter().filter_map(|domain| domain.get("name").and_then(text)).collect();
    let initial = domains.iter().find(|domain| domain.get("isInitial") == Some(&json!(true)));
    let name = initial
        .and_then(|domain| domain.get("name").and_then(text))
        .or_else(|| organisation.get("displayName").and_then(text));
    tenant.name = name.unwrap_or_else(|| tenant.id.clone());
}

async fn kind(client: &Client, reading: &Reading, total: Option<usize>) -> Result<Seen, Error> {
    let by_key = key_requests(reading);
    let pages = total.map(|total| total.div_ceil(PAGE).max(1));
    // A page of a list and a batched request by key cost one resource unit each.
    let list = reading.everything || pages.is_some_and(|pages| pages <= by_key.len());
    let (mut objects, complete) = if list {
        (listed(client, reading).await?, true)
    } else {
        (fetched(client, reading, by_key).await?, false)
    };
    for (property, permission) in &reading.separate {
        separate(client, reading.kind, property, permission, list, &mut objects).await?;
    }
    Ok(Seen { objects, deleted: Vec::new(), complete, total })
}

fn select(reading: &Reading) -> String {
    let mut select: Vec<&str> = reading.select.iter().map(String::as_str).collect();
    select.sort_unstable();
    select.join(",")
}

/// Lists the kind, once for its properties and first link, then once for each further link.
async fn listed(client: &Client, reading: &Reading) -> Result<Vec<Observed>, Error> {
    let select = select(reading);
    let attributes: Vec<&'static Attribute> =
        reading.links.iter().filter_map(|name| reading.kind.attribute(name)).collect();
    let mut attributes = attributes.into_iter();
    let mut objects = page_through(client, reading.kind, &select, attributes.next()).await?;
    for attribute in attributes {
        let expanded = page_through(client, reading.kind, "id", Some(attribute)).await?;
        let mut links: BTreeMap<ObjectId, Vec<Target>> = BTreeMap::new();
        for mut object in expanded {
            links.extend(object.links.remove(attribute.graph).map(|targets| (object.id, targets)));
        }
        for object in &mut objects {
            object
                .links
                .extend(links.remove(&object.id).map(|targets| (attribute.graph.to_owned(), targets)));
        }
    }
    Ok(objects)
}

async fn page_through(
    client: &Client,
    kind: &'static Kind,
    select: &str,
    link: Option<&'static Attribute>,
) -> Result<Vec<Observed>, Error> {
    let expand = link.map(|link| format!("&$expand={}", links::expansion(link))).unwrap_or_default();
    let plain = format!("{}?$select={select}&$top={PAGE}", kind.path);
    let values = match client.list(Request::get(format!("{plain}{expand}"))).await {
        // A service that will not expand this link shows it object by object.
        Err(tenantry_graph::Error::Api(refused))
            if link.is_some() && refused.status == 400 && refused.code.to_lowercase().contains("expand") =>
        {
            client.list(Request::get(plain)).await
        }
        values => values,
    };
    let values = values.map_err(|source| read_error(kind.table, source))?;
    Ok(values.into_iter().filter_map(|value| observed(value, link)).collect())
}

pub(crate) fn observed(value: Value, link: Option<&Attribute>) -> Option<Observed> {
    let Value::Object(mut properties) = value else { return None };
    let id = ObjectId::parse(properties.get("id")?.as_str()?)?;
    let mut links = BTreeMap::new();
    if let Some(link) = link {
        links.extend(links::expanded(link, &mut properties).map(|targets| (link.graph.to_owned(), targets)));
    }
    Some(Observed { id, properties, links, unreadable: Vec::new() })
}

/// The requests that fetch a reading's objects by key and by id.
fn key_requests(reading: &Reading) -> Vec<Request> {
    let select = select(reading);
    let mut filters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut paths = Vec::new();
    for (property, lookup, value) in &reading.lookups {
        match lookup {
            Lookup::AlternateKey => {
                paths.push(look_up(reading.kind.path, property, *lookup, &[value], &select))
            }
            Lookup::Filter => filters.entry(property).or_default().push(value),
        }
    }
    filters.entry("id").or_default().extend(reading.ids.iter().map(ObjectId::as_str));
    let mut requests: Vec<Request> = Vec::new();
    for (property, values) in &mut filters {
        // The default index takes short operands only; the advanced one takes any.
        let long = values.extract_if(.., |value| value.chars().count() > OPERAND);
        requests.extend(long.map(|value| {
            let path = look_up(reading.kind.path, property, Lookup::Filter, &[value], &select);
            Request::get(format!("{path}&$count=true")).header("ConsistencyLevel", "eventual")
        }));
    }
    for (property, values) in &filters {
        let chunks = values.chunks(IN_FILTER);
        paths.extend(
            chunks.map(|values| look_up(reading.kind.path, property, Lookup::Filter, values, &select)),
        );
    }
    requests.extend(paths.into_iter().map(Request::get));
    requests
}

async fn fetched(client: &Client, reading: &Reading, requests: Vec<Request>) -> Result<Vec<Observed>, Error> {
    let answers = client.batch(requests.clone()).await;
    let mut objects: BTreeMap<ObjectId, Observed> = BTreeMap::new();
    for (request, answer) in requests.iter().zip(answers) {
        let body = match answer {
            Ok(answer) => answer.body,
            Err(error) if error.is_not_found() => continue,
            Err(source) => return Err(read_error(reading.kind.table, source)),
        };
        let values = if body.get("value").is_some_and(Value::is_array) {
            client
                .continue_list(body, request)
                .await
                .map_err(|source| read_error(reading.kind.table, source))?
        } else {
            vec![body]
        };
        objects.extend(
            values
                .into_iter()
                .filter_map(|value| observed(value, None))
                .map(|object| (object.id.clone(), object)),
        );
    }
    Ok(objects.into_values().collect())
}

/// Reads a property that takes a permission of its own into objects that were read already.
async fn separate(
    client: &Client,
    kind: &'static Kind,
    property: &str,
    permission: &str,
    list: bool,
    objects: &mut [Observed],
) -> Result<(), Error> {
    let select = format!("id,{property}");
    let failed = |source: tenantry_graph::Error| {
        let what = format!("{property} of {}", kind.table);
        if source.is_forbidden() {
            Error::Permission { what, permission: permission.to_owned(), source: Box::new(source) }
        } else {
            read_error(&what, source)
        }
    };
    let mut values = Vec::new();
    if list {
        values = client
            .list(Request::get(format!("{}?$select={select}&$top={PAGE}", kind.path)))
            .await
            .map_err(failed)?;
    } else {
        let ids: Vec<&str> = objects.iter().map(|object| object.id.as_str()).collect();
        let requests = ids
            .chunks(IN_FILTER)
            .map(|ids| Request::get(look_up(kind.path, "id", Lookup::Filter, ids, &select)));
        for answer in client.batch(requests.collect()).await {
            let body = answer.map_err(&failed)?.body;
            values.extend(body.get("value").and_then(Value::as_array).into_iter().flatten().cloned());
        }
    }
    let mut read: BTreeMap<String, Value> = BTreeMap::new();
    for mut value in values {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        read.insert(id, value.get_mut(property).map(Value::take).unwrap_or(Value::Null));
    }
    for object in objects {
        let value = read.remove(object.id.as_str()).unwrap_or(Value::Null);
        object.properties.insert(property.to_owned(), value);
    }
    Ok(())
}

/// Soft-deleted objects of a kind. A deleted user's name carries its id in front, which is taken off here.
async fn deleted(client: &Client, reading: &Reading) -> Result<Vec<Observed>, Error> {
    let path = format!(
        "/directory/deletedItems/microsoft.graph.{}?$select={},deletedDateTime&$top={PAGE}",
        reading.kind.entity,
        select(reading)
    );
    let values = client
        .list(Request::get(path))
        .await
        .map_err(|source| read_error(&format!("deleted {}", reading.kind.table), source))?;
    let mut objects: Vec<Observed> = values.into_iter().filter_map(|value| observed(value, None)).collect();
    for object in &mut objects {
        let prefix = object.id.as_str().replace('-', "");
        for value in object.properties.values_mut() {
            if let Some(plain) = value.as_str().and_then(|text| text.strip_prefix(&prefix)) {
                *value = json!(plain);
            }
        }
    }
    Ok(objects)
}

/// What objects that references name by id are called; an id that is missing in the answer does not exist.
async fn names(
    client: &Client,
    ids: &BTreeSet<ObjectId>,
    snapshot: &Snapshot,
) -> Result<BTreeMap<ObjectId, Target>, Error> {
    let mut names = BTreeMap::new();
    for kind in tenantry_core::kinds::KINDS {
        let objects = snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
        for object in objects.filter(|object| ids.contains(&object.id)) {
            let name = format!("{}:{}", kind.name, object.text(kind.graph_name(kind.name_attribute)));
            names.insert(object.id.clone(), Target::existing(object.id.clone(), name));
        }
    }
    let open: Vec<&ObjectId> = ids.iter().filter(|id| !names.contains_key(*id)).collect();
    for chunk in open.chunks(BY_IDS) {
        let request = Request::post("/directoryObjects/getByIds", json!({ "ids": chunk }));
        let answer = client.send(&request).await.map_err(|source| read_error("objects by id", source))?;
        let found =
            answer.body.get("value").and_then(Value::as_array).into_iter().flatten().filter_map(target_of);
        names.extend(found.filter_map(|target| Some((target.id.clone()?, target))));
    }
    Ok(names)
}
