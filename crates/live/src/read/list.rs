//! Lists a kind page by page, with links expanded where that is the way.

use std::collections::BTreeMap;

use serde_json::Value;
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::{Attribute, Kind};
use tenantry_core::reading::Reading;
use tenantry_core::snapshot::{Observed, ReadCost, ReadPart};
use tenantry_graph::{Client, Request, odata};

use super::{PAGE, attributes, failed, links};
use crate::error::Error;

/// The `$select` of a reading.
pub(crate) fn select(reading: &Reading) -> String {
    let mut select: Vec<&str> = reading.select.iter().map(String::as_str).collect();
    select.sort_unstable();
    select.join(",")
}

/// Lists the kind without links.
pub(super) async fn plain(client: &Client, reading: &Reading) -> Result<Vec<Observed>, Error> {
    page_through(client, reading.kind, &select(reading), None).await
}

/// Lists the kind, once for its properties and first link, then once for each further link.
pub(super) async fn with_links(client: &Client, reading: &Reading) -> Result<Vec<Observed>, Error> {
    let mut attributes = attributes(reading);
    let mut objects = page_through(client, reading.kind, &select(reading), attributes.next()).await?;
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

/// Lists a kind of few objects whose collection takes no page size.
pub(super) async fn whole(client: &Client, reading: &Reading) -> Result<Vec<Observed>, Error> {
    let kind = reading.kind;
    if !kind.types.is_empty() {
        return whole_of(client, kind).await.map_err(|source| failed(kind.table, source));
    }
    let among = kind.among.map(|filter| format!("&$filter={}", odata::query(filter)));
    let path = format!("{}?$select={}{}", kind.path, select(reading), among.unwrap_or_default());
    all_pages(client, path, None).await.map_err(|source| failed(kind.table, source))
}

/// Lists a kind of few objects with everything: types derived from the entity have properties that `$select` cannot name.
pub(crate) async fn whole_of(client: &Client, kind: &Kind) -> Result<Vec<Observed>, tenantry_graph::Error> {
    all_pages(client, kind.path.to_owned(), None).await
}

/// How it was read, for the plan.
pub(super) fn part(kind: &Kind) -> ReadPart {
    let chosen = ReadCost { way: "list".to_owned(), resource_units: 1, requests: 1 };
    ReadPart { what: kind.table.to_owned(), chosen, considered: Vec::new(), because: None }
}

async fn page_through(
    client: &Client,
    kind: &'static Kind,
    select: &str,
    link: Option<&'static Attribute>,
) -> Result<Vec<Observed>, Error> {
    let expand = link.map(|link| format!("&$expand={}", links::expansion(link))).unwrap_or_default();
    let plain = format!("{}?$select={select}&$top={PAGE}", kind.path);
    let objects = match all_pages(client, format!("{plain}{expand}"), link).await {
        // A service that will not expand this link shows it object by object.
        Err(tenantry_graph::Error::Api(refused))
            if link.is_some() && refused.status == 400 && refused.code.to_lowercase().contains("expand") =>
        {
            all_pages(client, plain, None).await
        }
        objects => objects,
    };
    objects.map_err(|source| failed(kind.table, source))
}

/// Reads a list to its end, from its beginning again when the service has forgotten the place; each page is let go of
/// before the next.
async fn all_pages(
    client: &Client,
    path: String,
    link: Option<&'static Attribute>,
) -> Result<Vec<Observed>, tenantry_graph::Error> {
    let mut restarted = false;
    loop {
        let (mut objects, mut pages) = (Vec::new(), client.pages(Request::get(path.as_str())));
        loop {
            match pages.next().await {
                Ok(Some(page)) => {
                    objects.extend(page.values.into_iter().filter_map(|value| observed(value, link)));
                }
                Ok(None) => return Ok(objects),
                Err(error) if error.is_page_token_refused() && !restarted => break,
                Err(error) => return Err(error),
            }
        }
        restarted = true;
    }
}

/// A live object from its JSON; `None` for what is not one.
pub(crate) fn observed(value: Value, link: Option<&Attribute>) -> Option<Observed> {
    let Value::Object(mut properties) = value else { return None };
    let id = ObjectId::of_service(properties.remove("id")?.as_str()?)?;
    // A property that is not there reads as null.
    properties.retain(|name, value| !value.is_null() && !name.starts_with("@odata."));
    let mut links = BTreeMap::new();
    if let Some(link) = link {
        links.extend(links::expanded(link, &mut properties).map(|targets| (link.graph.to_owned(), targets)));
    }
    Some(Observed { id, properties, links, unreadable: Vec::new() })
}
