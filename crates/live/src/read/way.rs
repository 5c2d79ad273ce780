//! Which way of reading is the cheapest: published costs, and what is expected to be there.
//!
//! Source: "Microsoft Graph service-specific throttling limits", Identity and access,
//! <https://learn.microsoft.com/graph/throttling-limits>.

use std::collections::BTreeMap;

use tenantry_core::kinds::Kind;
use tenantry_core::reading::Reading;
use tenantry_core::snapshot::{ReadCost, ReadPart};

use super::{BATCH, PAGE};
use crate::read::delta::{ENTRIES, STREAM};
use crate::read::links::{EXPANDED, SMALL};

/// How the objects of a kind are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectsWay {
    /// Page by page, all of them.
    List,
    /// The declared ones by key.
    Filter,
}

/// How the links of these objects are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinksWay {
    /// Inside the list; sets that `$expand` cuts off one by one.
    Expand,
    /// One request an object, in batches.
    Get,
    /// The delta of up to 50 objects at a time, many at once.
    Delta,
}

/// A kind's way, and what else was considered.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) objects: ObjectsWay,
    pub(crate) links: LinksWay,
    /// The account of it, for the plan.
    pub(crate) part: ReadPart,
}

/// Resource units and HTTP requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    units: usize,
    requests: usize,
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self { units: self.units + other.units, requests: self.requests + other.requests }
    }
}

/// Chooses by resource units, then by requests. `total` is how many objects of the kind there are, `by_key` how many
/// requests fetch the declared ones.
pub(crate) fn choose(reading: &Reading, total: Option<usize>, by_key: usize) -> Choice {
    let mut ways: Vec<(Cost, ObjectsWay, LinksWay)> = Vec::new();
    let links = |way| links_cost(reading, way);
    if total.is_some() || reading.everything {
        let pages = total.unwrap_or(0).div_ceil(PAGE).max(1);
        let list = Cost { units: pages, requests: pages };
        if reading.links.is_empty() {
            ways.push((list, ObjectsWay::List, LinksWay::Get));
        } else {
            // `$expand` takes one relationship: the first rides along, each further one takes a list of its own.
            let lists = reading.links.len();
            let expand = Cost { units: 2 * pages * lists, requests: pages * lists };
            ways.push((expand.and(links(LinksWay::Expand)), ObjectsWay::List, LinksWay::Expand));
            ways.push((list.and(links(LinksWay::Get)), ObjectsWay::List, LinksWay::Get));
            ways.push((list.and(links(LinksWay::Delta)), ObjectsWay::List, LinksWay::Delta));
        }
    }
    if !reading.everything {
        let fetch = Cost { units: by_key, requests: by_key.div_ceil(BATCH) };
        ways.push((fetch.and(links(LinksWay::Get)), ObjectsWay::Filter, LinksWay::Get));
        if !reading.links.is_empty() {
            ways.push((fetch.and(links(LinksWay::Delta)), ObjectsWay::Filter, LinksWay::Delta));
        }
    }
    ways.retain(|(_, _, links)| *links != LinksWay::Delta || reads_deltas(reading));
    ways.sort_by_key(|(cost, ..)| *cost);
    let has_links = !reading.links.is_empty();
    let mut costs = ways.iter().map(|(cost, objects, links)| named(*cost, *objects, *links, has_links));
    let (objects, links) =
        ways.first().map_or((ObjectsWay::Filter, LinksWay::Get), |(_, objects, links)| (*objects, *links));
    let chosen = costs.next().unwrap_or_else(|| named(Cost::default(), objects, links, has_links));
    let part =
        ReadPart { what: reading.kind.table.to_owned(), chosen, considered: costs.collect(), because: None };
    Choice { objects, links, part }
}

/// Whether deltas read these links of a kind for fewer units than a request each.
pub(crate) fn deltas_are_cheaper(kind: &'static Kind, links: &BTreeMap<&'static str, Vec<usize>>) -> bool {
    let tracked: Vec<&Vec<usize>> = tracked(kind, links).collect();
    let sets = tracked.iter().flat_map(|expected| expected.iter().map(|expected| (*expected, false)));
    kind.delta && deltas(tracked.iter().copied()) < gets(sets)
}

/// Whether the kind's delta tells some link that is wanted.
fn reads_deltas(reading: &Reading) -> bool {
    reading.kind.delta && tracked(reading.kind, &reading.links).next().is_some()
}

fn tracked<'a>(
    kind: &'static Kind,
    links: &'a BTreeMap<&'static str, Vec<usize>>,
) -> impl Iterator<Item = &'a Vec<usize>> {
    links.iter().filter(move |(name, _)| is_tracked(kind, name)).map(|(_, expected)| expected)
}

/// Whether the kind's delta tells this link.
pub(crate) fn is_tracked(kind: &'static Kind, name: &str) -> bool {
    kind.attribute(name).and_then(|attribute| attribute.link()).is_some_and(|link| link.delta)
}

fn links_cost(reading: &Reading, way: LinksWay) -> Cost {
    let sets = |delta: bool| {
        let links = reading.links.iter();
        links.filter(move |(name, _)| !delta || !is_tracked(reading.kind, name)).flat_map(
            |(name, expected)| {
                let single =
                    reading.kind.attribute(name).and_then(|a| a.link()).is_some_and(|link| link.max == 1);
                expected.iter().map(move |expected| (*expected, single))
            },
        )
    };
    match way {
        LinksWay::Get => gets(sets(false)),
        LinksWay::Expand => gets(sets(false).filter(|(expected, single)| !single && *expected >= EXPANDED)),
        LinksWay::Delta => deltas(tracked(reading.kind, &reading.links)).and(gets(sets(true))),
    }
}

/// One request a set and a page; two units, one when a short page will do.
fn gets(sets: impl Iterator<Item = (usize, bool)>) -> Cost {
    let (mut units, mut first, mut further) = (0, 0, 0);
    for (expected, single) in sets {
        let pages = expected.div_ceil(PAGE).max(1);
        units += if single || is_short(expected) { 1 } else { 2 * pages };
        first += 1;
        further += pages - 1;
    }
    Cost { units, requests: usize::div_ceil(first, BATCH) + further }
}

/// Whether a page below 20, which costs less, is expected to show a set whole.
pub(crate) fn is_short(expected: usize) -> bool {
    (1..SMALL).contains(&expected)
}

/// One unit a page of about 500 objects and link entries; the pages of one stream come one after another, those of 20
/// streams in one batch.
fn deltas<'a>(links: impl Iterator<Item = &'a Vec<usize>>) -> Cost {
    let (mut objects, mut entries) = (0, 0);
    for expected in links {
        objects = objects.max(expected.len());
        entries += expected.iter().sum::<usize>();
    }
    let streams = objects.div_ceil(STREAM);
    let pages = (objects + entries).div_ceil(ENTRIES).max(streams);
    let rounds = pages.div_ceil(streams.max(1));
    Cost { units: pages, requests: rounds * streams.div_ceil(BATCH) }
}

fn named(cost: Cost, objects: ObjectsWay, links: LinksWay, has_links: bool) -> ReadCost {
    let objects = match objects {
        ObjectsWay::List => "list",
        ObjectsWay::Filter => "filter",
    };
    let links = match links {
        _ if !has_links => "",
        LinksWay::Expand => "+expand",
        LinksWay::Get => "+get",
        LinksWay::Delta => "+delta",
    };
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    ReadCost {
        way: format!("{objects}{links}"),
        resource_units: number(cost.units),
        requests: number(cost.requests),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenantry_core::kinds;

    fn reading(kind: &str, links: &[(&'static str, Vec<usize>)]) -> Reading {
        let mut reading = Reading::new(kinds::by_name(kind).unwrap());
        reading.links = links.iter().cloned().collect();
        reading
    }

    fn way(kind: &str, links: &[(&'static str, Vec<usize>)], total: usize, by_key: usize) -> String {
        choose(&reading(kind, links), Some(total), by_key).part.chosen.way
    }

    #[test]
    fn few_of_many_are_fetched_and_many_are_listed() {
        assert_eq!(way("user", &[], 100_000, 3), "filter");
        assert_eq!(way("user", &[], 100_000, 6_667), "list");
        assert_eq!(way("user", &[], 20, 1), "list", "one unit either way, and a list says more");
    }

    #[test]
    fn small_sets_are_expanded_and_large_ones_come_as_deltas() {
        assert_eq!(way("group", &[("members", vec![3; 15])], 15, 16), "list+expand");
        assert_eq!(way("group", &[("members", vec![50; 500])], 500, 534), "list+delta");
        assert_eq!(way("group", &[("members", vec![50; 20_000])], 20_000, 21_000), "list+delta");
        assert_eq!(way("group", &[("members", vec![50; 3])], 20_000, 4), "filter+delta");
    }

    #[test]
    fn a_link_that_no_delta_tells_is_read_by_itself() {
        let choice = choose(&reading("user", &[("sponsors", vec![1; 5])]), Some(100_000), 6);
        assert_eq!(choice.part.chosen.way, "filter+get");
        assert!(choice.part.considered.iter().all(|cost| !cost.way.contains("delta")));
    }

    #[test]
    fn a_million_memberships_cost_little_more_than_their_pages() {
        let choice = choose(&reading("group", &[("members", vec![50; 20_000])]), Some(20_000), 21_000);
        assert_eq!(
            choice.part.chosen,
            ReadCost { way: "list+delta".into(), resource_units: 21 + 2_040, requests: 21 + 120 }
        );
    }
}
