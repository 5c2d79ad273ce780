//! Reads the objects of one kind and their links by the cheapest way.
//!
//! ```text
//!  remembered ──────────────────────┐
//!  way ─► list | filter ─► expand | get | delta ─► Seen
//! ```

pub(crate) mod assignments;
mod by_key;
mod delta;
mod links;
pub(crate) mod list;
mod remembered;
pub(crate) mod schedules;
mod separate;
pub(crate) mod own_settings;
pub(crate) mod policies;
mod selection;
pub(crate) mod single;
mod way;

use std::collections::{BTreeMap, BTreeSet};

use tenantry_core::address::ObjectId;
use tenantry_core::kinds::{Attribute, Shape};
use tenantry_core::reading::{Purpose, Reading, WantedLink};
use tenantry_core::snapshot::{Observed, ReadPart, Seen};
use tenantry_graph::Client;

use crate::cache::{Cache, Update};
use crate::error::Error;
use way::{LinksWay, ObjectsWay};

pub(crate) use by_key::IN_FILTER;
pub(crate) use links::{NAMES, read as read_links};
pub(crate) use list::{observed, select};
pub(crate) use remembered::{Remembered, Useless, bring_up_to_date};

/// Largest page of a list (Microsoft Graph's bound for users and groups).
pub(crate) const PAGE: usize = 999;

/// Most requests in one batch.
const BATCH: usize = 20;

/// What an earlier run left of a kind, if runs remember.
pub(crate) struct Memory<'a> {
    pub(crate) cache: Option<&'a mut Cache>,
    /// The kind as it is now, or why it has to be read whole.
    pub(crate) known: Option<Result<Remembered, String>>,
}

/// Reads what `reading` names; `total` is how many objects of the kind the tenant has, when that is known.
pub(crate) async fn kind(
    client: &Client,
    purpose: &Purpose<'_>,
    reading: &Reading,
    total: Option<usize>,
    memory: Memory<'_>,
) -> Result<(Seen, ReadPart), Error> {
    if reading.kind.shape == Shape::Fixed || reading.kind.whole {
        let objects = list::whole(client, reading).await?;
        let total = reading.kind.whole.then_some(objects.len());
        return Ok((Seen { objects, deleted: Vec::new(), complete: true, total }, list::part(reading.kind)));
    }
    if reading.kind.shape.is_single() {
        return one(client, purpose, reading).await;
    }
    let by_key = by_key::requests(reading);
    let mut choice = way::choose(reading, total, by_key.len());
    let mut keeping = Keeping::default();
    let mut links = choice.links;
    let mut objects = match memory.known {
        Some(Ok(remembered)) => {
            choice.part.take_instead(remembered.cost());
            links = LinksWay::Get;
            keeping.take(remembered)
        }
        known => {
            choice.part.because = known.and_then(Result::err);
            if choice.objects == ObjectsWay::List && reading.kind.delta && memory.cache.is_some() {
                // Taken before anything is read, so that no change falls between.
                keeping.place = delta::place(client, reading).await?;
            }
            keeping.full = true;
            keeping.properties = reading.select.clone();
            match (choice.objects, choice.links) {
                (ObjectsWay::Filter, _) => by_key::fetch(client, reading, by_key).await?,
                (ObjectsWay::List, LinksWay::Expand) => list::with_links(client, reading).await?,
                (ObjectsWay::List, _) => list::plain(client, reading).await?,
            }
        }
    };
    let complete = !keeping.full || choice.objects == ObjectsWay::List;
    for (property, permission) in &reading.separate {
        separate::read(client, reading.kind, property, permission, complete, &mut objects).await?;
    }
    for (attribute, wanted) in purpose.assignments(reading.kind, &objects) {
        assignments::read(client, reading.kind, attribute, &wanted, &mut objects).await?;
    }
    let wanted = purpose.links(reading.kind, &objects);
    let missing = missing(reading, &objects, &wanted);
    keeping.renewed.extend(missing.holders.iter().cloned());
    keeping.links_read = missing.holders;
    if links == LinksWay::Delta || (!keeping.full && way::deltas_are_cheaper(reading.kind, &missing.expected))
    {
        delta::read_links(client, reading.kind, &wanted, &mut objects).await?;
    }
    links::read(client, reading.kind, &wanted, &mut objects, false).await?;
    if let Some(cache) = memory.cache
        && let Err(error) = keeping.keep(cache, reading, &objects)
    {
        choice.part.because = Some(format!("what was read cannot be kept for the next time: {error}"));
    }
    Ok((Seen { objects, deleted: Vec::new(), complete, total }, choice.part))
}

/// Reads a kind of which the tenant has at most one object.
async fn one(client: &Client, purpose: &Purpose<'_>, reading: &Reading) -> Result<(Seen, ReadPart), Error> {
    let found = single::fetch(client, reading.kind).await;
    let mut objects: Vec<Observed> =
        found.map_err(|source| failed(reading.kind.table, source))?.into_iter().collect();
    let wanted = purpose.links(reading.kind, &objects);
    links::read(client, reading.kind, &wanted, &mut objects, false).await?;
    for object in &mut objects {
        selection::read(client, reading.kind, &wanted, object).await?;
    }
    Ok((Seen { objects, deleted: Vec::new(), complete: true, total: None }, single::part(reading.kind)))
}

/// What the next run will want to know.
#[derive(Default)]
struct Keeping {
    place: Option<String>,
    full: bool,
    properties: BTreeSet<String>,
    links_read: BTreeSet<ObjectId>,
    renewed: BTreeSet<ObjectId>,
    changed: BTreeSet<ObjectId>,
    removed: BTreeSet<ObjectId>,
}

impl Keeping {
    fn take(&mut self, remembered: Remembered) -> Vec<Observed> {
        self.place = Some(remembered.changes);
        self.properties = remembered.properties;
        self.renewed = remembered.renewed;
        self.changed = remembered.changed;
        self.removed = remembered.removed;
        remembered.objects
    }

    fn keep(&self, cache: &mut Cache, reading: &Reading, objects: &[Observed]) -> rusqlite::Result<()> {
        let Some(changes) = &self.place else { return Ok(()) };
        let objects = objects.iter().filter(|object| self.full || self.renewed.contains(&object.id));
        cache.keep(&Update {
            kind: reading.kind.name,
            properties: &self.properties,
            changes,
            full: self.full,
            objects: objects.collect(),
            removed: &self.removed,
            changed: &self.changed,
            links_read: &self.links_read,
        })
    }
}

/// Links that are still to be read.
struct Missing {
    holders: BTreeSet<ObjectId>,
    expected: BTreeMap<&'static str, Vec<usize>>,
}

fn missing(reading: &Reading, objects: &[Observed], wanted: &BTreeMap<ObjectId, Vec<WantedLink>>) -> Missing {
    let mut missing = Missing { holders: BTreeSet::new(), expected: BTreeMap::new() };
    for object in objects {
        for (attribute, expected) in links::missing(reading.kind, object, wanted) {
            missing.holders.insert(object.id.clone());
            missing.expected.entry(attribute.name).or_default().push(expected);
        }
    }
    missing
}

pub(crate) fn failed(what: &str, source: tenantry_graph::Error) -> Error {
    Error::Read { what: what.to_owned(), source: Box::new(source) }
}

/// The attributes behind the links a reading wants.
fn attributes(reading: &Reading) -> impl Iterator<Item = &'static Attribute> {
    reading.links.keys().filter_map(|name| reading.kind.attribute(name))
}
