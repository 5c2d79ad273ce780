//! Door 4: reads what a purpose needs: the tenant itself, then kind by kind, then the names of what is left.

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::desired::LICENSES;
use tenantry_core::kinds::{KINDS, Kind};
use tenantry_core::reading::{Purpose, Reading};
use tenantry_core::snapshot::{Observed, RestrictedUnit, Snapshot, TenantFacts, target_of};
use tenantry_graph::{Client, Request};

use crate::cache::{Cache, CacheSettings};
use crate::error::Error;
use crate::licensing;
use crate::progress::{Event, Progress};
use crate::read::{self, Memory, NAMES, PAGE, Remembered, Useless, failed, observed, select};

/// Most ids in one `getByIds`.
const BY_IDS: usize = 1000;

/// Reads what `purpose` needs. Sends GETs and read-only POSTs and nothing else. With a cache, what earlier runs read of
/// whole kinds is brought up to date instead of read anew.
pub async fn snapshot(
    client: &Client,
    purpose: Purpose<'_>,
    cache: Option<&CacheSettings>,
    progress: &dyn Progress,
) -> Result<Snapshot, Error> {
    let readings = purpose.readings();
    let mut snapshot = Snapshot::default();
    let planning = matches!(purpose, Purpose::Plan { .. });
    let totals = tenant(client, &readings, planning, &mut snapshot).await?;
    if let Some(users) = totals.get("user") {
        client.set_user_count(*users);
    }
    let (mut cache, unusable) = open(cache, &snapshot.tenant);
    let mut known = match &mut cache {
        Some(cache) => remembered(client, &readings, &totals, cache, progress).await?,
        None => BTreeMap::new(),
    };
    for reading in &readings {
        progress.show(Event::Reading(reading.kind.table));
        let total = totals.get(reading.kind.name).copied();
        let known = known.remove(reading.kind.name).or_else(|| unusable.clone().map(Err));
        let memory = Memory { cache: cache.as_mut(), known };
        let (mut seen, part) = match read::kind(client, &purpose, reading, total, memory).await {
            // Nothing that is declared rests on it: what the identity may not see is not listed.
            Err(Error::Read { source, .. }) if source.is_forbidden() && reading.optional => continue,
            read => read?,
        };
        let ids = purpose.own_settings(reading.kind, &seen.objects);
        read::own_settings::read(client, reading.kind, &ids, &mut seen.objects).await?;
        read::policies::read(client, &purpose, reading.kind, &mut seen.objects).await?;
        snapshot.reading.push(part);
        if purpose.wants_deleted(reading.kind, &seen.objects) {
            seen.deleted = deleted(client, reading).await?;
            let wanted = purpose.deleted_links(reading.kind, &seen.deleted);
            read::read_links(client, reading.kind, &wanted, &mut seen.deleted, true).await?;
        }
        snapshot.kinds.insert(reading.kind.name.to_owned(), seen);
    }
    if purpose.wants_skus() {
        snapshot.licensing.skus = Some(licensing::skus(client).await?);
    }
    read::schedules::read(client, &purpose, &mut snapshot).await?;
    drop_deleted_targets(&mut snapshot);
    snapshot.by_id = names(client, &purpose.named_ids(), &snapshot).await?;
    Ok(snapshot)
}

/// The cache, or why there is none though there should be.
fn open(settings: Option<&CacheSettings>, tenant: &TenantFacts) -> (Option<Cache>, Option<String>) {
    let Some(settings) = settings else { return (None, None) };
    let caller = tenant.identity.as_ref().map_or("", ObjectId::as_str);
    match Cache::open(settings, &tenant.id, caller) {
        Ok(cache) => (Some(cache), None),
        Err(error) => (None, Some(format!("{} cannot be used: {error}", settings.path.display()))),
    }
}

/// Brings the kinds up to date that earlier runs read; why not, for those that cannot be.
async fn remembered(
    client: &Client,
    readings: &[Reading],
    totals: &BTreeMap<&'static str, usize>,
    cache: &mut Cache,
    progress: &dyn Progress,
) -> Result<BTreeMap<&'static str, Result<Remembered, String>>, Error> {
    let mut known = BTreeMap::new();
    for reading in readings.iter().filter(|reading| reading.kind.delta) {
        progress.show(Event::Reading(reading.kind.table));
        let name = reading.kind.name;
        let cached = cache.load(name, &reading.select).unwrap_or_else(|error| Err(error.to_string()));
        let total = totals.get(name).copied();
        let now = match cached {
            Ok(cached) => read::bring_up_to_date(client, reading, total, cached).await?,
            Err(why_not) => Err(Useless::Kind(why_not)),
        };
        let now = match now {
            Ok(now) => Ok(now),
            Err(Useless::Kind(why)) => Err(why),
            Err(Useless::Everything(why)) => {
                // Where that fails, the next run comes to the same conclusion.
                cache.clear().ok();
                let all = readings.iter().filter(|reading| reading.kind.delta);
                return Ok(all.map(|reading| (reading.kind.name, Err(why.clone()))).collect());
            }
        };
        known.insert(name, now);
    }
    Ok(known)
}

/// Finds out what objects are called that a plan takes out of lists, for the plan to be made once more.
///
/// An object that nobody finds was deleted: the service tells of that, but not of the lists it was in, so lists that
/// hold it by a delta's word are read again.
pub async fn name(
    client: &Client,
    purpose: Purpose<'_>,
    ids: &BTreeSet<ObjectId>,
    snapshot: &mut Snapshot,
) -> Result<(), Error> {
    let found = names(client, ids, snapshot).await?;
    let gone: BTreeSet<ObjectId> = ids.iter().filter(|id| !found.contains_key(*id)).cloned().collect();
    snapshot.by_id.extend(found);
    let nameless = gone.iter().map(|id| (id.clone(), Target::existing(id.clone(), format!("id:{id}"))));
    snapshot.by_id.extend(nameless);
    let by_delta = |reading: &Reading| {
        let mut parts = snapshot.reading.iter();
        parts.any(|part| part.what == reading.kind.table && part.chosen.is_by_delta())
    };
    let readings: Vec<Reading> = purpose.readings().into_iter().filter(by_delta).collect();
    for reading in readings.iter().filter(|_| !gone.is_empty()) {
        look_again(client, &purpose, reading.kind, &gone, snapshot).await?;
    }
    Ok(())
}

/// Finds out which restricted administrative units these objects are in, and whether the caller holds a role there.
pub async fn restricted_units(
    client: &Client,
    objects: &BTreeMap<ObjectId, &'static Kind>,
    snapshot: &mut Snapshot,
) -> Result<(), Error> {
    // With any option the service would take this for an advanced query.
    const UNITS: &str = "memberOf/microsoft.graph.administrativeUnit";
    let path = |(id, kind): (&ObjectId, &&'static Kind)| format!("{}/{UNITS}", kind.object_path(id));
    let requests: Vec<Request> = objects.iter().map(|object| Request::get(path(object))).collect();
    let answers = client.batch(requests.clone()).await;
    let mut known: BTreeMap<ObjectId, Option<bool>> = BTreeMap::new();
    for ((id, request), answer) in objects.keys().zip(&requests).zip(answers) {
        let what = format!("administrative units of {id}");
        let body = answer.map_err(|source| failed(&what, source))?.body;
        let units = client.continue_list(body, request).await.map_err(|source| failed(&what, source))?;
        let mut around = Vec::new();
        for unit in units.into_iter().filter_map(|value| observed(value, None)) {
            if !unit.flag("isMemberManagementRestricted") {
                continue;
            }
            let administered = match known.get(&unit.id) {
                Some(known) => *known,
                None => administers(client, &unit.id, &snapshot.tenant).await?,
            };
            around.push(RestrictedUnit { name: unit.text("displayName").to_owned(), administered });
            known.insert(unit.id, administered);
        }
        snapshot.restricted.insert(id.clone(), around);
    }
    Ok(())
}

/// Whether the caller holds a role in a unit; `None` when it may not see that.
async fn administers(client: &Client, unit: &ObjectId, tenant: &TenantFacts) -> Result<Option<bool>, Error> {
    let path = format!("/directory/administrativeUnits/{unit}/scopedRoleMembers");
    match client.list(Request::get(path)).await {
        Ok(members) => {
            let mut ids = members.iter().filter_map(|member| member.pointer("/roleMemberInfo/id")?.as_str());
            Ok(tenant.identity.as_ref().map(|us| ids.any(|id| id.eq_ignore_ascii_case(us.as_str()))))
        }
        Err(error) if error.is_forbidden() => Ok(None),
        Err(source) => Err(failed("who administers a restricted unit", source)),
    }
}

/// Reads lists again that hold what nobody finds. The cache keeps them as they were: what was deleted may come back, and
/// nothing would tell of its memberships.
async fn look_again(
    client: &Client,
    purpose: &Purpose<'_>,
    kind: &'static Kind,
    gone: &BTreeSet<ObjectId>,
    snapshot: &mut Snapshot,
) -> Result<(), Error> {
    let Some(seen) = snapshot.kinds.get_mut(kind.name) else { return Ok(()) };
    let leads_nowhere = |object: &Observed| {
        let mut targets = object.links.values().flatten().filter_map(|target| target.id.as_ref());
        targets.any(|id| gone.contains(id))
    };
    let (mut doubtful, sound): (Vec<Observed>, Vec<Observed>) =
        std::mem::take(&mut seen.objects).into_iter().partition(leads_nowhere);
    doubtful.iter_mut().for_each(|object| object.links.clear());
    let wanted = purpose.links(kind, &doubtful);
    read::read_links(client, kind, &wanted, &mut doubtful, false).await?;
    seen.objects = sound;
    seen.objects.extend(doubtful);
    Ok(())
}

/// Takes links out that lead to deleted objects. A list of links does not show them, but a delta goes on doing so, and
/// what is remembered of lists does.
fn drop_deleted_targets(snapshot: &mut Snapshot) {
    let mut living: BTreeMap<&str, BTreeSet<ObjectId>> = BTreeMap::new();
    let mut deleted: BTreeSet<ObjectId> = BTreeSet::new();
    for kind in KINDS {
        let Some(seen) = snapshot.kinds.get(kind.name) else { continue };
        deleted.extend(seen.deleted.iter().map(|object| object.id.clone()));
        if seen.complete {
            living.insert(kind.name, seen.objects.iter().map(|object| object.id.clone()).collect());
        }
    }
    let lives = |target: &Target| {
        let Some(id) = &target.id else { return true };
        !deleted.contains(id) && living.get(target.prefix()).is_none_or(|living| living.contains(id))
    };
    for object in snapshot.kinds.values_mut().flat_map(|seen| &mut seen.objects) {
        object.links.values_mut().for_each(|targets| targets.retain(lives));
    }
}

/// Who we are, where we are, and how many objects of each kind there are: one batch.
async fn tenant(
    client: &Client,
    readings: &[Reading],
    count: bool,
    snapshot: &mut Snapshot,
) -> Result<BTreeMap<&'static str, usize>, Error> {
    let identity = client.identity().await.map_err(|source| Error::SignIn(Box::new(source)))?;
    let organisations = Request::get("/organization?$select=id,displayName,verifiedDomains");
    let mut requests = vec![organisations.clone()];
    let counted: Vec<&Reading> =
        readings.iter().filter(|reading| count && reading.kind.has_deleted_items()).collect();
    requests.extend(counted.iter().map(|reading| {
        Request::get(format!("{}/$count", reading.kind.path)).header("ConsistencyLevel", "eventual")
    }));
    let mut answers = client.batch(requests).await.into_iter();
    let id = identity.tenant_id.unwrap_or_default();
    snapshot.tenant = TenantFacts {
        name: id.clone(),
        id,
        identity: identity.object_id.as_deref().and_then(ObjectId::parse),
        permissions: identity.roles,
        ..TenantFacts::default()
    };
    match answers.next() {
        Some(Ok(answer)) => {
            // Even the one organisation may stand on a second page, behind an empty one.
            let found = client.continue_list(answer.body, &organisations).await;
            let found = found.map_err(|source| failed("the organisation", source))?;
            if let Some(organisation) = found.first() {
                facts(organisation, &mut snapshot.tenant);
            }
        }
        // Planning users and groups does not take the permission to read the organisation.
        Some(Err(error)) if error.is_forbidden() => {}
        Some(Err(source)) => return Err(failed("the organisation", source)),
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

fn facts(organisation: &Value, tenant: &mut TenantFacts) {
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

/// Soft-deleted objects of a kind. A deleted user's name carries its id in front, which is taken off here.
async fn deleted(client: &Client, reading: &Reading) -> Result<Vec<Observed>, Error> {
    // What comes back has its licences, so they are read with everything else.
    let licenses = reading.kind.attribute(LICENSES).map(|attribute| attribute.graph);
    let licenses = licenses.filter(|property| reading.separate.contains_key(property));
    let path = format!(
        "/directory/deletedItems/microsoft.graph.{}?$select={}{},deletedDateTime&$top={PAGE}",
        reading.kind.entity,
        select(reading),
        licenses.map(|property| format!(",{property}")).unwrap_or_default()
    );
    let values = client
        .list(Request::get(path))
        .await
        .map_err(|source| failed(&format!("deleted {}", reading.kind.table), source))?;
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
pub(crate) async fn names(
    client: &Client,
    ids: &BTreeSet<ObjectId>,
    snapshot: &Snapshot,
) -> Result<BTreeMap<ObjectId, Target>, Error> {
    let mut names = BTreeMap::new();
    for kind in KINDS {
        let objects = snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
        for object in objects.filter(|object| ids.contains(&object.id)) {
            let name = format!("{}:{}", kind.name, kind.name_of(object));
            names.insert(object.id.clone(), Target::existing(object.id.clone(), name));
        }
    }
    let open: Vec<&ObjectId> = ids.iter().filter(|id| !names.contains_key(*id)).collect();
    for chunk in open.chunks(BY_IDS) {
        let request =
            Request::post(format!("/directoryObjects/getByIds?$select={NAMES}"), json!({ "ids": chunk }));
        let answer = client.send(&request).await.map_err(|source| failed("objects by id", source))?;
        let found =
            answer.body.get("value").and_then(Value::as_array).into_iter().flatten().filter_map(target_of);
        names.extend(found.filter_map(|target| Some((target.id.clone()?, target))));
    }
    Ok(names)
}
