//! What was read of tenants before, so that a plan reads only what changed since.
//!
//! A SQLite file beside the configuration. It holds properties and links of listed kinds and, for each kind, the link
//! that tells later changes; no token and no secret. Every change of it is one transaction, so a killed run leaves the
//! former state; of two runs that read at once, the second to finish leaves the first one's state alone. It may be
//! deleted at any time.

mod file;
mod marked;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use serde_json::{Map, Value};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::{self, Attribute};
use tenantry_core::snapshot::Observed;

pub use file::Unusable;
pub(crate) use marked::Marked;

/// How long the service may show an object as it was before a write or a change.
const SETTLES: i64 = 15 * 60;

/// Where the cache is and how far it is trusted.
#[derive(Debug, Clone)]
pub struct CacheSettings {
    /// The file: `.tenantry/cache.sqlite`.
    pub path: PathBuf,
    /// What distinguishes the tenant's Graph from others with the same tenant id: its root, or `sandbox`.
    pub endpoint: String,
    /// Everything is read anew when the last full reading is older than this.
    pub full_every: Duration,
    /// Whether to read everything anew now.
    pub refresh: bool,
}

/// The cache of one tenant as one caller sees it.
#[derive(Debug)]
pub(crate) struct Cache {
    connection: Connection,
    source: i64,
    settings: CacheSettings,
    now: i64,
    /// The collections' state when this run began, by kind.
    began: BTreeMap<&'static str, Option<String>>,
}

/// A kind as it was read last.
#[derive(Debug)]
pub(crate) struct Cached {
    pub(crate) objects: Vec<Observed>,
    /// Where the changes since then are.
    pub(crate) changes: String,
    /// Properties that every object has.
    pub(crate) properties: BTreeSet<String>,
    /// Seconds since 1970 when it was read.
    pub(crate) read_at: i64,
    /// Objects to be read again, and whether with their links.
    pub(crate) unsettled: BTreeMap<ObjectId, bool>,
}

/// What a run found out about a kind.
#[derive(Debug)]
pub(crate) struct Update<'a> {
    pub(crate) kind: &'static str,
    /// Properties that every object has.
    pub(crate) properties: &'a BTreeSet<String>,
    /// Where later changes are.
    pub(crate) changes: &'a str,
    /// Whether `objects` is everything; else they replace those with their ids.
    pub(crate) full: bool,
    pub(crate) objects: Vec<&'a Observed>,
    pub(crate) removed: &'a BTreeSet<ObjectId>,
    /// Objects that changed moments ago.
    pub(crate) changed: &'a BTreeSet<ObjectId>,
    /// Objects whose links were read from them, which a delta did not tell.
    pub(crate) links_read: &'a BTreeSet<ObjectId>,
}

impl Cache {
    /// Opens the cache for a tenant and who is signed in to it.
    pub(crate) fn open(settings: &CacheSettings, tenant: &str, caller: &str) -> Result<Self, Unusable> {
        let connection = file::open(&settings.path)?;
        let key = params![settings.endpoint, tenant, caller];
        connection
            .execute("INSERT OR IGNORE INTO source (endpoint, tenant, caller) VALUES (?, ?, ?)", key)?;
        let source = connection.query_row(
            "SELECT id FROM source WHERE endpoint = ? AND tenant = ? AND caller = ?",
            key,
            |row| row.get(0),
        )?;
        let now = jiff::Timestamp::now().as_second();
        Ok(Self { connection, source, settings: settings.clone(), now, began: BTreeMap::new() })
    }

    /// The kind as it was read last, or why it has to be read whole.
    pub(crate) fn load(
        &mut self,
        kind: &'static str,
        properties: &BTreeSet<String>,
    ) -> rusqlite::Result<Result<Cached, String>> {
        let row = self
            .connection
            .query_row(
                "SELECT properties, changes, full_at, read_at, \
                 EXISTS (SELECT 1 FROM writing WHERE source = collection.source AND since >= full_at) \
                 FROM collection WHERE source = ? AND kind = ?",
                params![self.source, kind],
                |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, i64>(2)?,
                        row.get::<_, i64>(3)?,
                        row.get::<_, bool>(4)?,
                    ))
                },
            )
            .optional()?;
        self.began.insert(kind, row.as_ref().map(|row| row.1.clone()));
        let Some((cached, changes, full_at, read_at, writing)) = row else {
            return Ok(Err("nothing was read before".to_owned()));
        };
        let cached: BTreeSet<String> = serde_json::from_str(&cached).unwrap_or_default();
        let age = Duration::from_secs(u64::try_from(self.now - full_at).unwrap_or(u64::MAX));
        let why_not = match () {
            () if self.settings.refresh => Some("a full reading was asked for".to_owned()),
            () if age >= self.settings.full_every => {
                let limit = jiff::SignedDuration::try_from(self.settings.full_every).unwrap_or_default();
                Some(format!("the last full reading is more than {limit:#} old"))
            }
            () if !properties.is_subset(&cached) => {
                Some("the configuration names properties that were not read before".to_owned())
            }
            () if writing => Some("an apply did not come to its end".to_owned()),
            () => None,
        };
        if let Some(why_not) = why_not {
            return Ok(Err(why_not));
        }
        let objects = self.objects(kind)?;
        Ok(Ok(Cached { objects, changes, properties: cached, read_at, unsettled: self.unsettled(kind)? }))
    }

    /// Throws everything away but what was written to moments ago; what another run keeps meanwhile stands.
    pub(crate) fn clear(&mut self) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in ["collection", "object", "link"] {
            transaction.execute(&format!("DELETE FROM {table} WHERE source = ?"), params![self.source])?;
        }
        transaction.commit()?;
        self.began.values_mut().for_each(|state| *state = None);
        Ok(())
    }

    fn objects(&self, kind: &str) -> rusqlite::Result<Vec<Observed>> {
        let mut objects = Vec::new();
        let mut statement = self
            .connection
            .prepare("SELECT id, properties FROM object WHERE source = ? AND kind = ? ORDER BY id")?;
        let mut rows = statement.query(params![self.source, kind])?;
        while let Some(row) = rows.next()? {
            let (Some(id), Ok(properties)) =
                (ObjectId::parse(row.get_ref(0)?.as_str()?), serde_json::from_str(row.get_ref(1)?.as_str()?))
            else {
                continue;
            };
            objects.push(Observed { id, properties, links: BTreeMap::new(), unreadable: Vec::new() });
        }
        self.links(kind, &mut objects)?;
        Ok(objects)
    }

    fn links(&self, kind: &str, objects: &mut [Observed]) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare("SELECT id, navigation, targets FROM link WHERE source = ? AND kind = ? ORDER BY id")?;
        let mut rows = statement.query(params![self.source, kind])?;
        while let Some(row) = rows.next()? {
            let Some(id) = ObjectId::parse(row.get_ref(0)?.as_str()?) else { continue };
            let Ok(place) = objects.binary_search_by(|object| object.id.cmp(&id)) else { continue };
            let targets = targets(row.get_ref(2)?.as_str()?);
            objects[place].links.insert(row.get(1)?, targets);
        }
        Ok(())
    }

    fn unsettled(&self, kind: &str) -> rusqlite::Result<BTreeMap<ObjectId, bool>> {
        let mut statement =
            self.connection.prepare("SELECT id, links FROM unsettled WHERE source = ? AND kind = ?")?;
        let rows = statement.query_map(params![self.source, kind], |row| {
            Ok((ObjectId::parse(row.get_ref(0)?.as_str()?), row.get(1)?))
        })?;
        let rows: Vec<(Option<ObjectId>, bool)> = rows.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter_map(|(id, links)| Some((id?, links))).collect())
    }

    /// Keeps what a run found out, unless another run kept something meanwhile.
    pub(crate) fn keep(&mut self, update: &Update<'_>) -> rusqlite::Result<()> {
        let (source, now, kind) = (self.source, self.now, update.kind);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if state(&transaction, source, kind)? != self.began.get(kind).cloned().flatten() {
            return Ok(());
        }
        let properties = serde_json::to_string(update.properties).unwrap_or_default();
        let unsettle_links = "UPDATE unsettled SET links = 1 WHERE source = ? AND kind = ? AND id = ?";
        if update.full {
            for table in ["collection", "object", "link"] {
                let clear = format!("DELETE FROM {table} WHERE source = ? AND kind = ?");
                transaction.execute(&clear, params![source, kind])?;
            }
            transaction.execute(
                "INSERT INTO collection (source, kind, properties, changes, full_at, read_at) VALUES (?, ?, ?, ?, ?, ?)",
                params![source, kind, properties, update.changes, now, now],
            )?;
        } else {
            transaction.execute(
                "UPDATE collection SET changes = ?, read_at = ? WHERE source = ? AND kind = ?",
                params![update.changes, now, source, kind],
            )?;
        }
        // A list, too, may have shown these as they were before.
        transaction.execute(
            "DELETE FROM unsettled WHERE source = ? AND kind = ? AND since < ?",
            params![source, kind, now - SETTLES],
        )?;
        write_objects(&transaction, source, update)?;
        for id in update.changed {
            // What was written to stays so for its links.
            transaction.execute(
                "INSERT INTO unsettled (source, kind, id, since, links) VALUES (?, ?, ?, ?, 0) \
                 ON CONFLICT DO UPDATE SET since = excluded.since",
                params![source, kind, id.as_str(), now],
            )?;
        }
        for id in update.links_read {
            // Read while the object was changing, from whichever replica answered: no later delta puts that right.
            transaction.prepare_cached(unsettle_links)?.execute(params![source, kind, id.as_str()])?;
        }
        transaction.commit()?;
        self.began.insert(kind, Some(update.changes.to_owned()));
        Ok(())
    }

    /// Notes that a run begins to write: until it says otherwise, nothing is believed that was read before.
    pub(crate) fn begin_writing(&self, run: &str) -> rusqlite::Result<()> {
        let now = jiff::Timestamp::now().as_second();
        self.connection
            .execute("INSERT INTO writing VALUES (?, ?, ?)", params![self.source, run, now])
            .map(drop)
    }

    /// Notes that a run has written to these objects, by kind, and to no others.
    pub(crate) fn end_writing(
        &mut self,
        run: &str,
        written: &BTreeMap<String, BTreeSet<ObjectId>>,
    ) -> rusqlite::Result<()> {
        let now = jiff::Timestamp::now().as_second();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (kind, id) in written.iter().flat_map(|(kind, ids)| ids.iter().map(move |id| (kind, id))) {
            transaction.execute(
                "INSERT OR REPLACE INTO unsettled (source, kind, id, since, links) VALUES (?, ?, ?, ?, 1)",
                params![self.source, kind, id.as_str(), now],
            )?;
        }
        transaction.execute("DELETE FROM writing WHERE source = ? AND run = ?", params![self.source, run])?;
        transaction.commit()
    }
}

fn state(transaction: &Transaction<'_>, source: i64, kind: &str) -> rusqlite::Result<Option<String>> {
    let query = "SELECT changes FROM collection WHERE source = ? AND kind = ?";
    transaction.query_row(query, params![source, kind], |row| row.get(0)).optional()
}

fn write_objects(transaction: &Transaction<'_>, source: i64, update: &Update<'_>) -> rusqlite::Result<()> {
    let kind = update.kind;
    for id in update.removed {
        for table in ["object", "link"] {
            let remove = format!("DELETE FROM {table} WHERE source = ? AND kind = ? AND id = ?");
            transaction.prepare_cached(&remove)?.execute(params![source, kind, id.as_str()])?;
        }
    }
    let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)")?;
    for object in &update.objects {
        let properties: Map<String, Value> = update
            .properties
            .iter()
            .filter_map(|name| Some((name.clone(), object.properties.get(name)?.clone())))
            .collect();
        put.execute(params![source, kind, object.id.as_str(), Value::Object(properties).to_string()])?;
        write_links(transaction, source, kind, object)?;
    }
    Ok(())
}

/// Whether changes of a navigation will be told; what nobody tells of is not kept.
fn is_tracked(kind: &str, navigation: &str) -> bool {
    let attribute = kinds::by_name(kind).and_then(|kind| kind.links().find(|link| link.graph == navigation));
    attribute.and_then(Attribute::link).is_some_and(|link| link.delta)
}

/// Replaces all links of an object.
fn write_links(
    transaction: &Transaction<'_>,
    source: i64,
    kind: &str,
    object: &Observed,
) -> rusqlite::Result<()> {
    let id = object.id.as_str();
    transaction
        .prepare_cached("DELETE FROM link WHERE source = ? AND kind = ? AND id = ?")?
        .execute(params![source, kind, id])?;
    let mut put = transaction.prepare_cached("INSERT INTO link VALUES (?, ?, ?, ?, ?)")?;
    for (navigation, targets) in object.links.iter().filter(|(navigation, _)| is_tracked(kind, navigation)) {
        put.execute(params![source, kind, id, navigation, by_type(targets)])?;
    }
    Ok(())
}

/// The targets in a cell; see [`by_type`].
fn targets(cell: &str) -> Vec<Target> {
    let by_type: BTreeMap<String, Vec<ObjectId>> = serde_json::from_str(cell).unwrap_or_default();
    let named =
        |(entity, ids): (String, Vec<ObjectId>)| ids.into_iter().map(move |id| Target::unnamed(id, &entity));
    by_type.into_iter().flat_map(named).collect()
}

/// Ids by entity type; what is called by another name than its type and id is called so by others.
fn by_type(targets: &[Target]) -> String {
    let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for target in targets {
        let Some(id) = &target.id else { continue };
        by_type.entry(target.prefix()).or_default().push(id.as_str());
    }
    serde_json::to_string(&by_type).unwrap_or_default()
}
