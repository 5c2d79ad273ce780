//! Reads the seed-file format.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{built_in, conditional_access};
use crate::error::Error;
use crate::licensing;
use crate::pim::{groups, policies};
use crate::quirks;
use crate::schema::{self, EntityType, Source};
use crate::store::{Change, Object, Store, derived_id, id_of};

/// When everything in a seed was created, unless it says otherwise.
pub(crate) const CREATED: &str = "2025-01-01T00:00:00Z";

/// Section of applications that may sign in, which are no objects of the directory.
pub(super) const APPLICATIONS: &str = "registeredApplications";

/// Sections that are not lists of objects.
const APART: &[&str] = &["organization", APPLICATIONS];

/// Names that stand for ids in links; `None` for names more than one object has.
type Names = BTreeMap<String, Option<Uuid>>;

/// An entry whose links are still to be made.
struct Entry {
    place: String,
    object: Uuid,
    links: Vec<(&'static str, Vec<String>)>,
}

/// Builds a store from a seed file.
pub(super) fn build(seed: &Value, tenant_id: Option<&str>) -> Result<Store, Error> {
    let sections = seed.as_object().ok_or_else(|| Error::seed("file", "a JSON object is expected"))?;
    let mut builder = Builder::default();
    let organization = with_domains(sections.get("organization"), tenant_id)?;
    let kind = schema::by_name("organization").ok_or_else(|| Error::seed("organization", "no such type"))?;
    let mut entries = vec![builder.add(kind, false, "organization", &organization)?];
    builder.tenant = entries.first().map(|entry| entry.object).unwrap_or_default();
    for (name, value) in sections.iter().filter(|(name, _)| !APART.contains(&name.as_str())) {
        let (kind, deleted) = section(name).ok_or_else(|| Error::seed(name.as_str(), "no such section"))?;
        if kind.single {
            entries.push(builder.add(kind, false, name, value)?);
            continue;
        }
        let list = value.as_array().ok_or_else(|| Error::seed(name.as_str(), "a list is expected"))?;
        for (index, entry) in list.iter().enumerate() {
            entries.push(builder.add(kind, deleted, &format!("{name}[{index}]"), entry)?);
        }
    }
    for entry in entries {
        builder.name_in_policy(&entry)?;
        builder.link(entry)?;
    }
    licensing::seed(&mut builder.store, CREATED);
    policies::seed(&mut builder.store)?;
    groups::seed(&mut builder.store)?;
    Ok(builder.store)
}

/// The entity type of a section, and whether its objects are deleted.
fn section(name: &str) -> Option<(&'static EntityType, bool)> {
    if let Some(kind) = schema::TYPES.iter().find(|kind| kind.section() == name) {
        return Some((*kind, false)).filter(|(kind, _)| is_kept(kind));
    }
    let rest = name.strip_prefix("deleted")?;
    let kind = schema::TYPES.iter().find(|kind| super::dump::deleted_section(kind).ends_with(rest))?;
    (kind.directory_object && is_kept(kind)).then_some((kind, true))
}

/// Whether objects of the type are a tenant's own and stay in the store.
pub(super) fn is_kept(kind: &EntityType) -> bool {
    !matches!(kind.behavior.create, quirks::Create::Instead(_) | quirks::Create::BuiltIn)
}

/// The organization with an id, a name and at least one verified domain.
fn with_domains(given: Option<&Value>, tenant_id: Option<&str>) -> Result<Value, Error> {
    let mut members = match given {
        None => Map::new(),
        Some(Value::Object(members)) => members.clone(),
        Some(_) => return Err(Error::seed("organization", "a JSON object is expected")),
    };
    members.entry("displayName").or_insert_with(|| "Contoso".into());
    members.entry("tenantType").or_insert_with(|| "AAD".into());
    let domain = |name: &str, is_default: bool, is_initial: bool| {
        let capabilities = "Email, OfficeCommunicationsOnline";
        json!({ "name": name, "type": "Managed", "capabilities": capabilities, "isDefault": is_default, "isInitial": is_initial })
    };
    members.entry("verifiedDomains").or_insert_with(|| {
        json!([domain("contoso.com", true, false), domain("contoso.onmicrosoft.com", false, true)])
    });
    if let Some(tenant_id) = tenant_id {
        members.insert("id".to_owned(), tenant_id.into());
    }
    Ok(Value::Object(members))
}

/// A store in the making.
#[derive(Default)]
struct Builder {
    store: Store,
    names: Names,
    tenant: Uuid,
}

impl Builder {
    /// Puts one entry into the store, without its links.
    fn add(
        &mut self,
        kind: &'static EntityType,
        deleted: bool,
        place: &str,
        entry: &Value,
    ) -> Result<Entry, Error> {
        let members = entry.as_object().ok_or_else(|| Error::seed(place, "a JSON object is expected"))?;
        let product = (kind.name == "subscribedSku").then(|| licensing::well_known(members));
        let members = product.as_ref().unwrap_or(members);
        let mut object = self.named(kind, place, members)?;
        let mut links = Vec::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != "id") {
            let is_link = |source| matches!(source, Source::Stored | Source::Id(_));
            let stored = kind.navigation(name).filter(|navigation| is_link(navigation.source));
            if let Some(navigation) = stored {
                links.push((navigation.name, references(place, name, value)?));
            } else if let Some(property) = object.property(name) {
                let checked = if value.is_null() { Ok(Value::Null) } else { schema::check(property, value) };
                object.set(name, checked.map_err(|failure| Error::seed(place, failure.message()))?);
            } else if kind.is_extension(name) || kind.behavior.kept.contains(&name.as_str()) {
                object.set(name, value.clone());
            } else {
                return Err(Error::seed(place, format!("'{name}' is no property of {}", kind.name)));
            }
        }
        complete(&mut object, deleted, natural_key(members).unwrap_or_default());
        let id = object.id;
        self.put(place, object)?;
        Ok(Entry { place: place.to_owned(), object: id, links })
    }

    /// An object with its id: the given one, or one derived from its natural key.
    fn named(
        &self,
        kind: &'static EntityType,
        place: &str,
        members: &Map<String, Value>,
    ) -> Result<Object, Error> {
        let text = match (members.get("id"), members.get("skuId")) {
            (Some(Value::String(text)), _) => text.clone(),
            (Some(_), _) => return Err(Error::seed(place, "the id must be a string")),
            (None, Some(Value::String(sku))) => format!("{}_{sku}", self.tenant),
            (None, _) if kind.single => kind.section().to_owned(),
            (None, _) => {
                // What is no directory object needs no name: its place in the file tells it apart.
                let key = natural_key(members).or((!kind.directory_object).then_some(place));
                let key = key.ok_or_else(|| Error::seed(place, "neither an id nor a name is given"))?;
                derived_id(kind.name, key).to_string()
            }
        };
        let mut object = Object::new(kind, id_of(&text));
        if Uuid::try_parse(&text).is_err() {
            object.set("id", text);
        }
        Ok(object)
    }

    fn put(&mut self, place: &str, object: Object) -> Result<(), Error> {
        if self.store.any(object.id).is_some() {
            return Err(Error::seed(place, format!("the id {} is already in use", object.id_text())));
        }
        for (index, value, _) in object.keys() {
            if self.store.holder(index, &value).is_some() {
                return Err(Error::seed(place, format!("another object has the {index} '{value}'")));
            }
        }
        self.register(&object);
        self.store.apply(&Change::Put(Arc::new(object)));
        Ok(())
    }

    /// Makes an object known under the names links may use.
    fn register(&mut self, object: &Object) {
        self.names.insert(object.id_text().to_lowercase(), Some(object.id));
        for name in ["userPrincipalName", "uniqueName", "appId", "deviceId", "displayName"] {
            if name == "displayName" && object.entity.name == "user" || object.entity.name == "application" {
                continue;
            }
            if let Some(text) = object.text(name) {
                let known = self.names.entry(text.to_lowercase()).or_insert(Some(object.id));
                if *known != Some(object.id) {
                    *known = None;
                }
            }
        }
    }

    /// Makes the links of one entry.
    fn link(&mut self, entry: Entry) -> Result<(), Error> {
        for (relation, texts) in entry.links {
            let mut targets = Vec::new();
            for text in texts {
                let problem = |what: &str| Error::seed(&entry.place, format!("{relation}: '{text}' {what}"));
                let built_in = || (relation == "roleDefinition").then(|| built_in::role(&text)).flatten();
                match self.names.get(&text.to_lowercase()) {
                    _ if built_in().is_some() => targets.extend(built_in()),
                    Some(Some(id)) => targets.push(*id),
                    Some(None) => return Err(problem("means more than one object")),
                    None => return Err(problem("is not in the seed")),
                }
            }
            match self.named_by(entry.object, relation) {
                Some((object, property)) => self.refer(&object, property, &targets),
                None => self.store.apply(&Change::Link { source: entry.object, relation, targets }),
            }
        }
        Ok(())
    }
}

impl Builder {
    /// Replaces the names in a Conditional Access policy by ids.
    fn name_in_policy(&mut self, entry: &Entry) -> Result<(), Error> {
        let found = self.store.any(entry.object);
        let Some(policy) = found.filter(|found| found.entity.name == "conditionalAccessPolicy") else {
            return Ok(());
        };
        let find = |text: &str| {
            let own = self.names.get(&text.to_lowercase()).copied().flatten();
            own.or_else(|| built_in::role(text)).or_else(|| built_in::strength(text))
        };
        let mut policy = Object::clone(policy);
        let mut parts = Value::Object(policy.to_map());
        conditional_access::resolve(&mut parts, find)
            .map_err(|problem| Error::seed(&entry.place, problem))?;
        for name in ["conditions", "grantControls"] {
            policy.set(name, parts[name].take());
        }
        self.store.apply(&Change::Put(Arc::new(policy)));
        Ok(())
    }

    /// The property that says what a relationship leads to, if it is not stored as a link.
    fn named_by(&self, object: Uuid, relation: &str) -> Option<(Arc<Object>, &'static str)> {
        let object = self.store.any(object)?;
        match object.entity.navigation(relation)?.source {
            Source::Id(property) => Some((Arc::clone(object), property)),
            _ => None,
        }
    }

    /// Writes the id of a target, as a scope where it is one.
    fn refer(&mut self, object: &Object, property: &str, targets: &[Uuid]) {
        let mut object = object.clone();
        for target in targets {
            let is_unit =
                self.store.any(*target).is_some_and(|found| found.entity.name == "administrativeUnit");
            let text = match (property, is_unit) {
                ("directoryScopeId", true) => format!("/administrativeUnits/{target}"),
                ("directoryScopeId", false) => format!("/{target}"),
                _ => target.to_string(),
            };
            object.set(property, text);
        }
        self.store.apply(&Change::Put(Arc::new(object)));
    }
}

/// The value that names an entry when it has no id.
fn natural_key(members: &Map<String, Value>) -> Option<&str> {
    let names = ["userPrincipalName", "uniqueName", "appId", "deviceId", "displayName"];
    names.iter().find_map(|name| members.get(*name)).and_then(Value::as_str)
}

/// Fills in what the service would have filled in.
fn complete(object: &mut Object, deleted: bool, key: &str) {
    let kind = object.entity;
    if kind.property("createdDateTime").is_some() {
        object.default("createdDateTime", CREATED);
    }
    let nickname: String = key
        .split('@')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "._-#".contains(*character))
        .collect();
    let usual = [
        ("accountEnabled", Value::from(true)),
        ("appRoleAssignmentRequired", Value::from(false)),
        ("mobileDeviceManagementAuthority", Value::from("unknown")),
    ];
    for (name, value) in usual.into_iter().filter(|(name, _)| kind.property(name).is_some()) {
        object.default(name, value);
    }
    (kind.behavior.seed)(object, &nickname);
    if deleted {
        object.default("deletedDateTime", today());
        let prefix = object.id.simple().to_string();
        if let Some(name) = object.text("userPrincipalName").filter(|name| !name.starts_with(&prefix)) {
            let name = format!("{prefix}{name}");
            object.set("userPrincipalName", name);
        }
    }
}

fn references(place: &str, name: &str, value: &Value) -> Result<Vec<String>, Error> {
    let texts = match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(list) => list.iter().map(|entry| entry.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    texts.ok_or_else(|| Error::seed(place, format!("'{name}' must be a name or a list of names")))
}

/// When deleted objects went that do not say it: today, so that they can still be restored, and without the time
/// of day, so that the same file gives the same tenant.
fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT00:00:00Z").to_string()
}
