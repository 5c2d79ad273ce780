//! Reads links as the delta of the objects that hold them: a page shows about 500 entries of any number of objects,
//! where a request for one object's links shows only that object's.
//!
//! Source: "group: delta", <https://learn.microsoft.com/graph/api/group-delta>. A filter takes up to 50 ids; that it
//! also works with links selected is not documented in so many words, so a refusal, and a stream that shows no link
//! where some are expected, leave the links to be read one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::{Attribute, Kind};
use tenantry_core::reading::{Reading, WantedLink};
use tenantry_core::snapshot::Observed;
use tenantry_graph::{Client, Request, odata};

use super::links::missing;
use super::{failed, way};
use crate::error::Error;

/// Most ids in one delta's filter.
pub(super) const STREAM: usize = 50;

/// Objects and link entries that a page is seen to hold; nowhere promised.
pub(super) const ENTRIES: usize = 500;

/// What of a page is not available for new entries: an object that goes on from the page before shows again, and one that
/// would be cut off at once waits for the next.
const REPEATED: usize = 2;

/// Streams that are read side by side: four full batches. What they answer is in memory at once.
const AT_ONCE: usize = 80;

/// Pages of one stream, at which it is taken for endless: ten million link entries.
const MOST_PAGES: usize = 20_000;

/// Fewest objects of a stream that is cut short because the next object would begin a page.
const NEARLY: usize = 40;

/// Reads the links that `wanted` names and deltas tell.
pub(super) async fn read_links(
    client: &Client,
    kind: &'static Kind,
    wanted: &BTreeMap<ObjectId, Vec<WantedLink>>,
    objects: &mut [Observed],
) -> Result<(), Error> {
    let mut holders: Vec<Holder> = objects
        .iter()
        .enumerate()
        .map(|(place, object)| Holder {
            place,
            id: object.id.clone(),
            links: missing(kind, object, wanted)
                .filter(|(attribute, _)| way::is_tracked(kind, attribute.name))
                .map(|(attribute, expected)| Held { attribute, expected, changes: Vec::new() })
                .collect(),
        })
        .filter(|holder| !holder.links.is_empty())
        .collect();
    let mut streams: Vec<Stream<'_>> =
        cut(&mut holders).into_iter().map(|holders| Stream::new(kind, holders)).collect();
    for streams in streams.chunks_mut(AT_ONCE) {
        follow(client, streams)
            .await
            .map_err(|source| failed(&format!("links of {}", kind.table), source))?;
        for stream in streams.iter_mut().filter(|stream| stream.is_believable()) {
            stream.give(objects);
        }
    }
    Ok(())
}

/// The place from which on later changes will be told, for a reading of everything that begins now; `None` when the
/// service does not give one.
pub(super) async fn place(client: &Client, reading: &Reading) -> Result<Option<String>, Error> {
    let mut select = super::select(reading);
    for link in reading.kind.links().filter(|link| way::is_tracked(reading.kind, link.name)) {
        select.push(',');
        select.push_str(link.graph);
    }
    let path = format!("{}/delta?$deltatoken=latest&$select={select}", reading.kind.path);
    let request = Request::get(path);
    let mut pages = client.pages(request.clone());
    let mut place = None;
    loop {
        match pages.next().await {
            Ok(Some(page)) => place = page.delta_link,
            Ok(None) => break,
            Err(tenantry_graph::Error::Api(refusal)) if matches!(refusal.status, 400..=428) => {
                return Ok(None);
            }
            Err(source) => return Err(failed(&format!("changes of {}", reading.kind.table), source)),
        }
    }
    let at = |link: String| client.at_link(&link, &request).map(|request| request.path);
    place.map(at).transpose().map_err(|source| failed(&format!("changes of {}", reading.kind.table), source))
}

/// An object whose links are read.
struct Holder {
    place: usize,
    id: ObjectId,
    links: Vec<Held>,
}

struct Held {
    attribute: &'static Attribute,
    expected: usize,
    changes: Vec<LinkChange>,
}

impl Holder {
    /// How much of a page it is expected to fill.
    fn entries(&self) -> usize {
        1 + self.links.iter().map(|held| held.expected).sum::<usize>()
    }
}

/// Cuts into streams of at most 50 objects, so that their last pages are well filled.
fn cut(holders: &mut [Holder]) -> Vec<&mut [Holder]> {
    let (mut streams, mut rest) = (Vec::new(), holders);
    while !rest.is_empty() {
        let (mut length, mut entries) = (0, 0);
        for holder in rest.iter().take(STREAM) {
            let more = entries + holder.entries();
            if length >= NEARLY && pages(more) > pages(entries) {
                break;
            }
            (length, entries) = (length + 1, more);
        }
        let (stream, remaining) = rest.split_at_mut(length);
        streams.push(stream);
        rest = remaining;
    }
    streams
}

fn pages(entries: usize) -> usize {
    entries.div_ceil(ENTRIES - REPEATED)
}

/// The delta of some objects.
struct Stream<'a> {
    /// In the order of their ids.
    holders: &'a mut [Holder],
    request: Option<Request>,
    /// Pages read so far, so that a circle ends.
    seen: BTreeSet<String>,
    refused: bool,
}

impl<'a> Stream<'a> {
    fn new(kind: &Kind, holders: &'a mut [Holder]) -> Self {
        holders.sort_by(|left, right| left.id.cmp(&right.id));
        let mut select = vec!["id"];
        for held in holders.iter().flat_map(|holder| &holder.links) {
            if !select.contains(&held.attribute.graph) {
                select.push(held.attribute.graph);
            }
        }
        let ids: Vec<String> =
            holders.iter().map(|holder| format!("id eq {}", odata::literal(holder.id.as_str()))).collect();
        let filter = odata::query(&ids.join(" or "));
        let path = format!("{}/delta?$select={}&$filter={filter}", kind.path, select.join(","));
        Self { holders, request: Some(Request::get(path)), seen: BTreeSet::new(), refused: false }
    }

    /// Takes the links of a page.
    fn take(&mut self, values: Vec<Value>) {
        for value in &values {
            let Some(id) = value.get("id").and_then(Value::as_str).and_then(ObjectId::parse) else {
                continue;
            };
            let Ok(place) = self.holders.binary_search_by(|holder| holder.id.cmp(&id)) else { continue };
            for held in &mut self.holders[place].links {
                held.changes.extend(link_changes(value, held.attribute));
            }
        }
    }

    /// Hands the links over to the objects that hold them.
    fn give(&mut self, objects: &mut [Observed]) {
        for holder in self.holders.iter_mut() {
            for held in holder.links.drain(..) {
                let mut targets = Vec::new();
                merge(&mut targets, held.changes);
                objects[holder.place].links.insert(held.attribute.graph.to_owned(), targets);
            }
        }
    }

    /// A stream that shows no links at all where some are expected does not tell links.
    fn is_believable(&self) -> bool {
        let held = || self.holders.iter().flat_map(|holder| &holder.links);
        !self.refused
            && (held().all(|held| held.expected == 0) || held().any(|held| !held.changes.is_empty()))
    }
}

/// One change of a link: its target, and whether it is gone.
#[derive(Debug)]
pub(crate) struct LinkChange {
    pub(crate) target: Target,
    pub(crate) removed: bool,
}

/// The changes of a link in an object of a delta page.
pub(crate) fn link_changes(value: &Value, attribute: &Attribute) -> Vec<LinkChange> {
    let entries = value.get(format!("{}@delta", attribute.graph)).and_then(Value::as_array);
    let change = |entry: &Value| {
        let id = ObjectId::parse(entry.get("id")?.as_str()?)?;
        let entity = entry.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
        // Deltas tell no names; a plan that has to show one looks it up.
        let target = Target::unnamed(id, entity.trim_start_matches("#microsoft.graph."));
        Some(LinkChange { target, removed: entry.get("@removed").is_some() })
    };
    entries.into_iter().flatten().filter_map(change).collect()
}

/// Brings a list of targets up to date; a change that was told before changes nothing.
pub(crate) fn merge(targets: &mut Vec<Target>, changes: Vec<LinkChange>) {
    let mut by_id: BTreeMap<Option<ObjectId>, Target> =
        targets.drain(..).map(|target| (target.id.clone(), target)).collect();
    for change in changes {
        if change.removed {
            by_id.remove(&change.target.id);
        } else {
            by_id.insert(change.target.id.clone(), change.target);
        }
    }
    targets.extend(by_id.into_values());
}

/// Reads all streams to their ends, the next pages of up to 20 in one batch.
async fn follow(client: &Client, streams: &mut [Stream<'_>]) -> Result<(), tenantry_graph::Error> {
    loop {
        let open: Vec<(&mut Stream<'_>, Request)> = streams
            .iter_mut()
            .filter_map(|stream| stream.request.take().map(|request| (stream, request)))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let answers = client.batch(open.iter().map(|(_, request)| request.clone()).collect()).await;
        for ((stream, request), answer) in open.into_iter().zip(answers) {
            match answer {
                Ok(mut answer) => {
                    if let Some(Value::Array(values)) = answer.body.get_mut("value").map(Value::take) {
                        stream.take(values);
                    }
                    let next = answer.body.get("@odata.nextLink").and_then(Value::as_str);
                    let next = next.map(|link| client.at_link(link, &request)).transpose()?;
                    stream.refused |=
                        next.as_ref().is_some_and(|next| !stream.seen.insert(next.path.clone()));
                    stream.refused |= stream.seen.len() > MOST_PAGES;
                    stream.request = next.filter(|_| !stream.refused);
                }
                Err(tenantry_graph::Error::Api(refusal)) if matches!(refusal.status, 400..=428) => {
                    stream.refused = true;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn target(number: u8) -> Target {
        let id = ObjectId::parse(&format!("00000000-0000-4000-8000-0000000000{number:02}")).unwrap();
        Target::existing(id, "")
    }

    fn change(number: u8, removed: bool) -> LinkChange {
        LinkChange { target: target(number), removed }
    }

    #[test]
    fn told_twice_is_told_once() {
        let mut targets = vec![target(1)];
        merge(&mut targets, vec![change(1, false), change(2, false), change(2, false), change(3, true)]);
        assert_eq!(targets, [target(1), target(2)]);
        merge(&mut targets, vec![change(1, true), change(1, true)]);
        assert_eq!(targets, [target(2)]);
    }

    #[test]
    fn streams_end_where_a_page_does() {
        let members = tenantry_core::kinds::by_name("group").unwrap().attribute("members").unwrap();
        let holder = |place| Holder {
            place,
            id: target(1).id.unwrap(),
            links: vec![Held { attribute: members, expected: 50, changes: Vec::new() }],
        };
        let mut holders: Vec<Holder> = (0..100).map(holder).collect();
        let lengths: Vec<usize> = cut(&mut holders).into_iter().map(|stream| stream.len()).collect();
        assert_eq!(lengths, [48, 48, 4], "48 objects with 50 entries each fill five pages");
    }

    #[test]
    fn an_entry_names_its_type() {
        let members = tenantry_core::kinds::by_name("group").unwrap().attribute("members").unwrap();
        let id = "7e1f2a3b-0000-4000-8000-0123456789ab";
        let value = json!({ "members@delta": [
            { "@odata.type": "#microsoft.graph.user", "id": id },
            { "@odata.type": "#microsoft.graph.user", "id": id, "@removed": { "reason": "deleted" } },
            { "id": "nonsense" },
        ] });
        let changes = link_changes(&value, members);
        assert!(changes[0].target.is_unnamed());
        assert_eq!(changes[0].target.prefix(), "user");
        assert_eq!(changes.iter().map(|change| change.removed).collect::<Vec<_>>(), [false, true]);
    }
}
