//! Reads the objects of one kind and their links by the cheapest way.
//!
//! ```text
//!  way ─► list | filter ─► expand | get | delta ─► Seen
//! ```

mod by_key;
mod delta;
mod links;
mod list;
mod separate;
mod way;

use tenantry_core::kinds::Attribute;
use tenantry_core::reading::{Purpose, Reading};
use tenantry_core::snapshot::{ReadPart, Seen};
use tenantry_graph::Client;

use crate::error::Error;
use way::{LinksWay, ObjectsWay};

pub(crate) use links::read as read_links;
pub(crate) use list::{observed, select};

/// Largest page of a list (Microsoft Graph's bound for users and groups).
pub(crate) const PAGE: usize = 999;

/// Most requests in one batch.
const BATCH: usize = 20;

/// Reads what `reading` names; `total` is how many objects of the kind the tenant has, when that is known.
pub(crate) async fn kind(
    client: &Client,
    purpose: &Purpose<'_>,
    reading: &Reading,
    total: Option<usize>,
) -> Result<(Seen, ReadPart), Error> {
    let by_key = by_key::requests(reading);
    let choice = way::choose(reading, total, by_key.len());
    let complete = choice.objects == ObjectsWay::List;
    let mut objects = match (choice.objects, choice.links) {
        (ObjectsWay::Filter, _) => by_key::fetch(client, reading, by_key).await?,
        (ObjectsWay::List, LinksWay::Expand) => list::with_links(client, reading).await?,
        (ObjectsWay::List, _) => list::plain(client, reading).await?,
    };
    for (property, permission) in &reading.separate {
        separate::read(client, reading.kind, property, permission, complete, &mut objects).await?;
    }
    let wanted = purpose.links(reading.kind, &objects);
    if choice.links == LinksWay::Delta {
        delta::read_links(client, reading.kind, &wanted, &mut objects).await?;
    }
    links::read(client, reading.kind, &wanted, &mut objects, false).await?;
    Ok((Seen { objects, deleted: Vec::new(), complete, total }, choice.part))
}

pub(crate) fn failed(what: &str, source: tenantry_graph::Error) -> Error {
    Error::Read { what: what.to_owned(), source: Box::new(source) }
}

/// The attributes behind the links a reading wants.
fn attributes(reading: &Reading) -> impl Iterator<Item = &'static Attribute> {
    reading.links.keys().filter_map(|name| reading.kind.attribute(name))
}
