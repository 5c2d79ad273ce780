//! Reads who holds or may activate roles and accesses to groups: of roles whole lists, which say it of all of them, of
//! groups a list each, because the service gives no other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::kinds::{Attribute, KINDS, Kind, ScheduleOf, Schedules};
use tenantry_core::reading::Purpose;
use tenantry_core::schedules::PLAIN;
use tenantry_core::snapshot::Snapshot;
use tenantry_graph::{Client, Request, odata};

use super::failed;
use super::policies::PIM;
use crate::error::Error;

/// The code of an answer that says that the tenant has no Privileged Identity Management.
pub(crate) const NO_LICENCE: &str = "AadPremiumLicenseRequired";

/// Reads the schedules that a purpose needs into the properties of their attributes.
pub(crate) async fn read(
    client: &Client,
    purpose: &Purpose<'_>,
    snapshot: &mut Snapshot,
) -> Result<(), Error> {
    let mut lists = BTreeMap::new();
    for kind in KINDS {
        let Some(seen) = snapshot.kinds.get(kind.name) else { continue };
        let wanted = purpose.schedules(kind, &seen.objects);
        for (attribute, ids) in wanted.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            let Some(schedules) = attribute.schedules() else { continue };
            let rows = match schedules.of {
                ScheduleOf::Role => {
                    of_roles(client, kind, attribute, schedules, &mut lists, snapshot).await?
                }
                ScheduleOf::Group(_) => {
                    of_groups(client, kind, attribute, schedules, &ids, &mut lists).await?
                }
            };
            take(kind, attribute, schedules, &ids, rows, snapshot);
        }
    }
    Ok(())
}

/// Rows by what was asked for them: a path, or a path and a group.
type Lists = BTreeMap<(&'static str, Option<ObjectId>), Vec<Value>>;

/// The schedules of all roles.
async fn of_roles<'a>(
    client: &Client,
    kind: &'static Kind,
    attribute: &'static Attribute,
    schedules: &'static Schedules,
    lists: &'a mut Lists,
    snapshot: &mut Snapshot,
) -> Result<Vec<&'a Value>, Error> {
    let key = (schedules.path(), None);
    if !lists.contains_key(&key) {
        let rows = match client.list(Request::get(schedules.path())).await {
            // Without PIM nothing is eligible, and roles are assigned plainly.
            Err(error) if error.code() == Some(NO_LICENCE) => {
                snapshot.without_pim = true;
                match schedules.eligible {
                    true => Ok(Vec::new()),
                    false => client.list(Request::get(PLAIN)).await,
                }
            }
            rows => rows,
        };
        lists.insert(key.clone(), rows.map_err(|source| explain(kind, attribute, source))?);
    }
    Ok(lists.get(&key).into_iter().flatten().collect())
}

/// The schedules of some groups: one request each, in batches, for members and owners together.
async fn of_groups<'a>(
    client: &Client,
    kind: &'static Kind,
    attribute: &'static Attribute,
    schedules: &'static Schedules,
    ids: &BTreeSet<ObjectId>,
    lists: &'a mut Lists,
) -> Result<Vec<&'a Value>, Error> {
    let path = schedules.path();
    let open: Vec<&ObjectId> =
        ids.iter().filter(|id| !lists.contains_key(&(path, Some((*id).clone())))).collect();
    let requests: Vec<Request> = open.iter().map(|id| of_group(path, id)).collect();
    let answers = client.batch(requests.clone()).await;
    for ((id, request), answer) in open.into_iter().zip(&requests).zip(answers) {
        let explain = |source| explain(kind, attribute, source);
        let rows = client.continue_list(answer.map_err(explain)?.body, request).await.map_err(explain)?;
        lists.insert((path, Some(id.clone())), rows);
    }
    Ok(ids.iter().filter_map(|id| lists.get(&(path, Some(id.clone())))).flatten().collect())
}

/// Source: "List eligibilitySchedules", <https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-eligibilityschedules>.
pub(crate) fn of_group(path: &str, group: &ObjectId) -> Request {
    let filter = format!("groupId eq {}", odata::literal(group.as_str()));
    Request::get(format!("{path}?$filter={}", odata::query(&filter)))
}

fn take(
    kind: &'static Kind,
    attribute: &'static Attribute,
    schedules: &'static Schedules,
    ids: &BTreeSet<ObjectId>,
    rows: Vec<&Value>,
    snapshot: &mut Snapshot,
) {
    let rows: Vec<Value> = rows.into_iter().cloned().collect();
    let objects = snapshot.kinds.get_mut(kind.name).into_iter().flat_map(|seen| &mut seen.objects);
    for object in objects.filter(|object| ids.contains(&object.id)) {
        let own = rows.iter().filter(|row| schedules.concerns(row, &object.id)).cloned().collect();
        object.properties.insert(attribute.graph.to_owned(), Value::Array(own));
    }
}

/// The error with the permission or the licence that is missing, where that is what it says.
fn explain(kind: &'static Kind, attribute: &'static Attribute, source: tenantry_graph::Error) -> Error {
    let what = format!("{} of {}", attribute.name, kind.table);
    match attribute.separate_permission {
        _ if source.code() == Some(NO_LICENCE) => {
            Error::Licence { what, licence: PIM, source: Box::new(source) }
        }
        Some(needed) if source.is_forbidden() => {
            Error::Permission { what, permission: needed.read.to_owned(), source: Box::new(source) }
        }
        _ => failed(&what, source),
    }
}
