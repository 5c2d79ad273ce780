//! Reads what decides about licences: the tenant's subscriptions, the people they go to, those who did not get them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::desired::LICENSES;
use tenantry_core::impact::Needs;
use tenantry_core::kinds::Lookup;
use tenantry_core::licensing::assignment::assignments;
use tenantry_core::licensing::{Assignment, AssignmentError, Person, Sku};
use tenantry_core::plan::Operation;
use tenantry_core::snapshot::Snapshot;
use tenantry_graph::{Client, Request};

use crate::error::Error;
use crate::read::{IN_FILTER, NAMES, PAGE, failed};
use crate::snapshot::names;
use crate::wire::{Context, look_up};

/// The permission to read subscriptions and who holds them.
const READ: &str = "LicenseAssignment.Read.All";

/// Reads what a plan that was made already does to licences, for it to be made once more.
pub async fn licensing(client: &Client, needs: &Needs, snapshot: &mut Snapshot) -> Result<(), Error> {
    if needs.skus {
        match skus(client).await {
            Ok(skus) => snapshot.licensing.skus = Some(skus),
            // Nothing that is declared takes this permission.
            Err(Error::Permission { .. }) => snapshot.licensing.unreadable = true,
            Err(error) => return Err(error),
        }
    }
    let mut people = by_id(client, needs).await?;
    for group in &needs.members {
        let found = listed(client, &format!("/groups/{group}/members?{}&$top={PAGE}", select())).await?;
        snapshot.licensing.members.insert(group.clone(), ids(&found));
        people.extend(found);
    }
    for group in &needs.in_error {
        let found = in_error(client, group).await?;
        snapshot.licensing.in_error.insert(group.clone(), ids(&found));
        people.extend(found);
    }
    snapshot.licensing.people.extend(people);
    let held = snapshot.licensing.people.values().flat_map(|person| &person.assignments);
    let mut groups: BTreeSet<ObjectId> = held.filter_map(|held| held.by_group.clone()).collect();
    groups.extend(needs.names.iter().cloned());
    let named = names(client, &groups, snapshot).await?;
    snapshot.by_id.extend(named);
    Ok(())
}

pub(crate) type People = BTreeMap<ObjectId, Person>;

fn ids(people: &People) -> BTreeSet<ObjectId> {
    people.keys().cloned().collect()
}

/// What is read of a person.
fn select() -> String {
    format!("$select={NAMES},usageLocation,licenseAssignmentStates")
}

/// Members of a group who did not get every licence of it.
pub(crate) async fn in_error(client: &Client, group: &ObjectId) -> Result<People, Error> {
    listed(client, &format!("/groups/{group}/membersWithLicenseErrors?{}", select())).await
}

/// The people of a list; what else is in it is left out.
async fn listed(client: &Client, path: &str) -> Result<People, Error> {
    let found = client.list(Request::get(path)).await;
    let found = found.map_err(|source| failed("people and their licences", source))?;
    Ok(found.iter().filter_map(person).collect())
}

/// People one by one: 15 in a request, and 20 requests in a batch.
async fn by_id(client: &Client, needs: &Needs) -> Result<People, Error> {
    let living: Vec<&str> = needs.people.difference(&needs.deleted).map(ObjectId::as_str).collect();
    let mut requests: Vec<Request> = living
        .chunks(IN_FILTER)
        .map(|ids| {
            let select = format!("{NAMES},usageLocation,licenseAssignmentStates");
            Request::get(look_up("/users", "id", Lookup::Filter, ids, &select))
        })
        .collect();
    let deleted = needs
        .deleted
        .iter()
        .map(|id| Request::get(format!("/directory/deletedItems/{id}/microsoft.graph.user?{}", select())));
    requests.extend(deleted);
    let mut people = People::new();
    for answer in client.batch(requests).await {
        match answer {
            Ok(answer) => {
                let several = answer.body.get("value").and_then(Value::as_array);
                let found = several.map_or_else(|| vec![&answer.body], |several| several.iter().collect());
                people.extend(found.into_iter().filter_map(person));
            }
            // What a deleted person held is not documented to be readable.
            Err(error) if error.is_not_found() || error.is_forbidden() => {}
            Err(source) => return Err(failed("people and their licences", source)),
        }
    }
    Ok(people)
}

fn person(value: &Value) -> Option<(ObjectId, Person)> {
    let id = ObjectId::parse(value.get("id")?.as_str()?)?;
    let entity = value.get("@odata.type").and_then(Value::as_str);
    if entity.is_some_and(|entity| !entity.ends_with(".user")) {
        return None;
    }
    // A deleted person's name carries the id in front.
    let name = value.get("userPrincipalName").and_then(Value::as_str).unwrap_or_default();
    let prefix = id.as_str().replace('-', "");
    let name = name.strip_prefix(&prefix).unwrap_or(name);
    let person = Person {
        target: Target::existing(id.clone(), format!("user:{name}")),
        located: value.get("usageLocation").is_some_and(|location| !location.is_null()),
        assignments: assignments(value.get("licenseAssignmentStates").unwrap_or(&Value::Null)),
    };
    Some((id, person))
}

/// The tenant's subscriptions.
pub(crate) async fn skus(client: &Client) -> Result<Vec<Sku>, Error> {
    let select = "skuId,skuPartNumber,appliesTo,capabilityStatus,consumedUnits,prepaidUnits,servicePlans";
    let found = client.list(Request::get(format!("/subscribedSkus?$select={select}"))).await;
    let found = found.map_err(|source| {
        let what = "the tenant's subscriptions".to_owned();
        if source.is_forbidden() {
            Error::Permission { what, permission: READ.to_owned(), source: Box::new(source) }
        } else {
            failed(&what, source)
        }
    })?;
    Ok(found.iter().filter_map(Sku::from_json).collect())
}

/// Why a person still does not have everything that groups give; nothing when that cannot be read.
pub(crate) async fn left_out(
    client: &Client,
    operation: &Operation,
    context: &Context<'_>,
) -> Option<String> {
    let held = held(client, operation, context).await?;
    let inherited = held.iter().filter(|held| held.by_group.is_some());
    inherited.into_iter().find_map(|held| held.error.as_ref()).map(AssignmentError::in_words)
}

/// The licences of an operation's object, if they can be read.
async fn held(client: &Client, operation: &Operation, context: &Context<'_>) -> Option<Vec<Assignment>> {
    let id = context.subject(operation)?;
    let property = operation.kind.attribute(LICENSES)?.graph;
    let answer = client.get(&format!("{}/{id}?$select={property}", operation.kind.path)).await.ok()?;
    Some(assignments(answer.body.get(property).unwrap_or(&Value::Null)))
}

/// Whether an object's own licences are what a body of `assignLicense` asks for.
pub(crate) async fn shows(
    client: &Client,
    operation: &Operation,
    context: &Context<'_>,
    body: &Map<String, Value>,
) -> bool {
    let Some(held) = held(client, operation, context).await else { return false };
    let held: Vec<_> = held.iter().filter(|held| held.by_group.is_none()).collect();
    let wanted = assignments(body.get("addLicenses").unwrap_or(&Value::Null));
    let gone = body.get("removeLicenses").and_then(Value::as_array).into_iter().flatten();
    let mut gone = gone.filter_map(Value::as_str);
    let same = |wanted: &Assignment| {
        held.iter().any(|held| held.sku == wanted.sku && held.disabled_plans == wanted.disabled_plans)
    };
    wanted.iter().all(same)
        && gone.all(|gone| held.iter().all(|held| !held.sku.to_string().eq_ignore_ascii_case(gone)))
}
