//! Brings what an earlier run read of a kind up to date with the changes since.
//!
//! The kind's delta says which objects changed and which entries of links; properties are then read from the objects
//! themselves, so that nothing rests on what a delta leaves out.
//!
//! Source: "Use delta query to track changes in Microsoft Graph data",
//! <https://learn.microsoft.com/graph/delta-query-overview>.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::kinds::Kind;
use tenantry_core::reading::Reading;
use tenantry_core::snapshot::{Observed, ReadCost};
use tenantry_graph::{Client, Request};

use super::delta::{LinkChange, link_changes, merge};
use super::{PAGE, by_key, failed, way};
use crate::cache::Cached;
use crate::error::Error;

/// Pages of changes that are read at least before everything is read instead.
const LONG: usize = 50;

/// A kind as it is now.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub(crate) objects: Vec<Observed>,
    /// Where later changes are.
    pub(crate) changes: String,
    /// Properties that every object has: those that are wanted now, and those that earlier runs wanted.
    pub(crate) properties: BTreeSet<String>,
    /// Objects that were read again.
    pub(crate) renewed: BTreeSet<ObjectId>,
    /// Objects that changed moments ago.
    pub(crate) changed: BTreeSet<ObjectId>,
    /// Objects that are no more.
    pub(crate) removed: BTreeSet<ObjectId>,
    pub(crate) units: usize,
    pub(crate) requests: usize,
}

impl Remembered {
    /// What it took.
    pub(crate) fn cost(&self) -> ReadCost {
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        ReadCost {
            way: ReadCost::CHANGES.to_owned(),
            resource_units: number(self.units),
            requests: number(self.requests),
        }
    }
}

/// Why what was read before is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Useless {
    /// This kind has to be read whole: why.
    Kind(String),
    /// Everything has to be read whole: why.
    Everything(String),
}

/// What a delta says.
#[derive(Debug, Default)]
struct Told {
    changed: BTreeSet<ObjectId>,
    removed: BTreeSet<ObjectId>,
    /// In the order in which it was told.
    links: Vec<(ObjectId, &'static str, Vec<LinkChange>)>,
    pages: usize,
}

/// Brings `cached` up to date; `total` is how many objects of the kind there are, when that is known.
pub(crate) async fn bring_up_to_date(
    client: &Client,
    reading: &Reading,
    total: Option<usize>,
    cached: Cached,
) -> Result<Result<Remembered, Useless>, Error> {
    let kind = reading.kind;
    let Cached { objects, changes, properties, read_at, unsettled } = cached;
    let pages = total.unwrap_or(objects.len()).div_ceil(PAGE).max(1);
    let most_pages = LONG + 4 * pages;
    let (told, changes) = match tell(client, kind, changes, most_pages).await {
        Ok(told) => told,
        Err(error) if is_lost(&error) => {
            let why = "the service no longer knows where the last reading stood";
            return Ok(Err(Useless::Kind(why.to_owned())));
        }
        Err(source) => return Err(failed(kind.table, source)),
    };
    let mut asked = told.changed.clone();
    asked.extend(unsettled.keys().cloned());
    let again = again(kind, &properties, &asked);
    let requests = by_key::requests(&again);
    if told.pages >= most_pages || requests.len() > pages + 1 {
        return Ok(Err(Useless::Kind("much has changed since the last reading".to_owned())));
    }
    let mut remembered = Remembered {
        units: told.pages + requests.len(),
        requests: told.pages + requests.len().div_ceil(super::BATCH),
        changes,
        properties,
        objects: Vec::new(),
        renewed: BTreeSet::new(),
        changed: told.changed.clone(),
        removed: told.removed.clone(),
    };
    let current = match by_key::fetch(client, &again, requests).await {
        Ok(current) => current,
        Err(Error::Read { source, .. }) if is_lost(&source) => {
            let why = "properties that were read before cannot be read any more";
            return Ok(Err(Useless::Kind(why.to_owned())));
        }
        Err(error) => return Err(error),
    };
    let mut objects: BTreeMap<ObjectId, Observed> =
        objects.into_iter().map(|object| (object.id.clone(), object)).collect();
    if let Some(back) = current.iter().find(|object| came_back(object, &objects, read_at)) {
        let why = format!("{} {} came back from the deleted items", kind.name, back.id);
        return Ok(Err(Useless::Everything(why)));
    }
    objects.retain(|id, _| !told.removed.contains(id));
    apply_links(&mut objects, told.links, &mut remembered.renewed);
    for (id, links) in &unsettled {
        if let Some(object) = objects.get_mut(id).filter(|_| *links) {
            object.links.clear();
        }
    }
    renew(&mut objects, &asked, current, &mut remembered);
    remembered.objects = objects.into_values().collect();
    Ok(Ok(remembered))
}

/// The reading of some objects again, with when they were created.
fn again(kind: &'static Kind, properties: &BTreeSet<String>, ids: &BTreeSet<ObjectId>) -> Reading {
    let mut again = Reading::new(kind);
    again.select = properties.clone();
    again.select.insert("createdDateTime".to_owned());
    again.ids = ids.clone();
    again
}

/// Reads a delta to its end, and where the next one begins.
async fn tell(
    client: &Client,
    kind: &'static Kind,
    changes: String,
    most_pages: usize,
) -> Result<(Told, String), tenantry_graph::Error> {
    let request = Request::get(changes.as_str()).header("Prefer", "return=minimal");
    let mut pages = client.pages(request.clone());
    let (mut told, mut link) = (Told::default(), None);
    while let Some(page) = pages.next().await? {
        told.pages += 1;
        page.values.iter().for_each(|value| told.take(kind, value));
        link = page.delta_link;
        if told.pages >= most_pages {
            break;
        }
    }
    let next = link.map(|link| client.at_link(&link, &request)).transpose()?;
    Ok((told, next.map_or(changes, |next| next.path)))
}

impl Told {
    fn take(&mut self, kind: &'static Kind, value: &Value) {
        let Some(id) = value.get("id").and_then(Value::as_str).and_then(ObjectId::parse) else { return };
        if value.get("@removed").is_some() {
            self.changed.remove(&id);
            self.removed.insert(id);
            return;
        }
        self.removed.remove(&id);
        for attribute in kind.links().filter(|attribute| way::is_tracked(kind, attribute.name)) {
            let changes = link_changes(value, attribute);
            if !changes.is_empty() {
                self.links.push((id.clone(), attribute.graph, changes));
            }
        }
        self.changed.insert(id);
    }
}

/// True when a delta cannot go on where it stood: its token is too old, no token of this service, or not to be used any
/// more.
fn is_lost(error: &tenantry_graph::Error) -> bool {
    error.is_resync_required()
        || matches!(error, tenantry_graph::Error::Api(refusal) if matches!(refusal.status, 400 | 403..=428))
}

/// An object that was not there, though it was created before the last reading: its former memberships are back too,
/// and nothing tells of them.
fn came_back(object: &Observed, known: &BTreeMap<ObjectId, Observed>, read_at: i64) -> bool {
    let created = object.text("createdDateTime").parse::<Timestamp>().map(Timestamp::as_second);
    !known.contains_key(&object.id) && created.is_ok_and(|created| created < read_at)
}

/// Brings links up to date that are known whole; others are read when they are wanted.
fn apply_links(
    objects: &mut BTreeMap<ObjectId, Observed>,
    links: Vec<(ObjectId, &'static str, Vec<LinkChange>)>,
    renewed: &mut BTreeSet<ObjectId>,
) {
    for (id, navigation, changes) in links {
        if let Some(targets) = objects.get_mut(&id).and_then(|object| object.links.get_mut(navigation)) {
            merge(targets, changes);
            renewed.insert(id);
        }
    }
}

/// Puts what was read again in the place of what was known.
fn renew(
    objects: &mut BTreeMap<ObjectId, Observed>,
    asked: &BTreeSet<ObjectId>,
    current: Vec<Observed>,
    remembered: &mut Remembered,
) {
    let mut missing = asked.clone();
    for mut object in current {
        missing.remove(&object.id);
        if let Some(known) = objects.remove(&object.id) {
            object.links = known.links;
        }
        remembered.renewed.insert(object.id.clone());
        remembered.removed.remove(&object.id);
        objects.insert(object.id.clone(), object);
    }
    for id in missing {
        if objects.remove(&id).is_some() {
            remembered.removed.insert(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id(number: u8) -> ObjectId {
        ObjectId::parse(&format!("00000000-0000-4000-8000-0000000000{number:02}")).unwrap()
    }

    fn object(number: u8, created: &str) -> Observed {
        let Value::Object(properties) = json!({ "createdDateTime": created }) else { unreachable!() };
        Observed { id: id(number), properties, links: BTreeMap::new(), unreadable: Vec::new() }
    }

    #[test]
    fn the_last_word_on_an_object_counts() {
        let group = tenantry_core::kinds::by_name("group").unwrap();
        let mut told = Told::default();
        let removed = json!({ "id": id(1), "@removed": { "reason": "changed" } });
        told.take(group, &json!({ "id": id(1), "displayName": "Ops" }));
        told.take(group, &removed);
        assert_eq!((told.changed.len(), told.removed.len()), (0, 1));
        told.take(group, &json!({ "id": id(1), "displayName": "Ops" }));
        assert_eq!((told.changed.len(), told.removed.len()), (1, 0));
    }

    #[test]
    fn an_object_older_than_the_last_reading_has_come_back() {
        let known = BTreeMap::from([(id(1), object(1, "2026-01-01T00:00:00Z"))]);
        let read_at = "2026-02-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second();
        assert!(came_back(&object(2, "2026-01-15T00:00:00Z"), &known, read_at));
        assert!(!came_back(&object(2, "2026-02-02T00:00:00Z"), &known, read_at));
        assert!(!came_back(&object(1, "2026-01-01T00:00:00Z"), &known, read_at), "it was there all the time");
    }
}
