//! What the tenant was seen to be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::address::{ObjectId, Target};
use crate::kinds::KINDS;
use crate::licensing::Licensing;
use crate::movement::Candidates;
use crate::naming::NamingPolicy;
use crate::privilege;
use crate::schedules::activated::Activated;
use crate::sign_in;

/// Everything a plan needs to know about the tenant, read at one time.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The tenant itself.
    pub tenant: TenantFacts,
    /// What was seen of each kind, by kind name.
    pub kinds: BTreeMap<String, Seen>,
    /// Objects that references name by id, or that a plan takes out of a list: what they are called.
    pub by_id: BTreeMap<ObjectId, Target>,
    /// Restricted administrative units around objects that a plan writes to, once somebody has asked.
    pub restricted: BTreeMap<ObjectId, Vec<RestrictedUnit>>,
    /// Whether the tenant has no Privileged Identity Management: it takes a licence.
    pub without_pim: bool,
    /// Activations under way, once somebody has asked.
    pub activated: Activated,
    /// What was read of licences.
    pub licensing: Licensing,
    /// Who may join and leave through rules, once somebody has asked.
    pub candidates: Candidates,
    /// Who holds and who reaches roles, once somebody has asked.
    pub privilege: Option<privilege::State>,
    /// What sign-in rests on, once somebody has asked.
    pub sign_in: Option<sign_in::State>,
    /// How it was read, part by part.
    pub reading: Vec<ReadPart>,
}

/// An administrative unit whose members only its own administrators may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedUnit {
    /// Its display name.
    pub name: String,
    /// Whether the identity that reads and writes holds a role in it; `None` when it may not see that.
    pub administered: Option<bool>,
}

/// How one part of the tenant was read: the way taken, what it was expected to cost, and what else was considered.
///
/// Costs are estimates by the published quotas, made before anything was sent.
/// Source: "Microsoft Graph service-specific throttling limits", <https://learn.microsoft.com/graph/throttling-limits>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadPart {
    /// What was read: `users`, or a link such as `groups.members`.
    pub what: String,
    /// The way taken.
    pub chosen: ReadCost,
    /// The ways not taken, cheapest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub considered: Vec<ReadCost>,
    /// Why, when it was not the cost that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl ReadCost {
    /// The way of reading what changed since an earlier reading.
    pub const CHANGES: &'static str = "changes";

    /// Whether links were read as deltas tell them.
    pub fn is_by_delta(&self) -> bool {
        self.way == Self::CHANGES || self.way.ends_with("+delta")
    }
}

impl ReadPart {
    /// Another way was taken after all; the one chosen before goes among those considered.
    pub fn take_instead(&mut self, way: ReadCost) {
        self.considered.insert(0, std::mem::replace(&mut self.chosen, way));
    }
}

/// A way of reading and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadCost {
    /// The way: `list` (page by page) or `filter` (the declared ones by key), and for their links `+expand` (inside the
    /// list), `+get` (one request each, in batches) or `+delta` (deltas of up to 50 objects); or `changes`.
    pub way: String,
    /// Resource units charged against the read quota.
    pub resource_units: u64,
    /// HTTP requests, a batch of 20 counted as one.
    pub requests: u64,
}

/// What identifies a tenant.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantFacts {
    /// The tenant's GUID.
    pub id: String,
    /// Its display name or default domain, for people.
    pub name: String,
    /// The cloud it is in: `global`, `usgov`, `usgov_dod` or `china`.
    #[serde(default)]
    pub cloud: String,
    /// Naming policies of Microsoft 365 groups that a plan may meet: the one there is, then the one it brings about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub naming: Vec<NamingPolicy>,
    /// Verified domains; empty when the identity may not read them.
    #[serde(skip)]
    pub domains: Vec<String>,
    /// Object id of the identity that reads and writes; empty when the token does not say.
    #[serde(skip)]
    pub identity: Option<ObjectId>,
    /// The application permissions of its token, such as `Group.ReadWrite.All`; empty when the token does not say.
    #[serde(skip)]
    pub permissions: Vec<String>,
}

/// What was seen of one kind.
#[derive(Debug, Default)]
pub struct Seen {
    /// The objects that were read.
    pub objects: Vec<Observed>,
    /// Soft-deleted objects; read only when something declared was not found.
    pub deleted: Vec<Observed>,
    /// Whether `objects` is every object of the kind.
    pub complete: bool,
    /// How many objects of the kind the tenant has, when it was asked.
    pub total: Option<usize>,
}

/// One live object, with the properties and links that were read.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Its id.
    pub id: ObjectId,
    /// Properties by Graph name. A property that was not asked for is missing.
    pub properties: Map<String, Value>,
    /// Links that were read whole, by navigation.
    pub links: BTreeMap<String, Vec<Target>>,
    /// Links that the service would not let us read, by navigation.
    pub unreadable: Vec<String>,
}

impl Observed {
    /// A property, or with `outer.inner` what stands inside one; `null` when missing.
    pub fn property(&self, name: &str) -> &Value {
        let (outer, inner) = name.split_once('.').map_or((name, None), |(outer, inner)| (outer, Some(inner)));
        let value = self.properties.get(outer);
        value.and_then(|value| inner.map_or(Some(value), |inner| value.get(inner))).unwrap_or(&Value::Null)
    }

    /// A property's text; empty when missing or not text.
    pub fn text(&self, name: &str) -> &str {
        self.property(name).as_str().unwrap_or_default()
    }

    /// What a rule for keys looks at: a property's text, or the id.
    pub fn key(&self, property: &str) -> &str {
        if property == "id" { self.id.as_str() } else { self.text(property) }
    }

    /// Whether a boolean property is true.
    pub fn flag(&self, name: &str) -> bool {
        self.property(name).as_bool().unwrap_or(false)
    }

    /// Whether a text collection holds `item`.
    pub fn holds(&self, name: &str, item: &str) -> bool {
        self.property(name)
            .as_array()
            .is_some_and(|items| items.iter().any(|value| value.as_str() == Some(item)))
    }

    /// Whether it is in a restricted administrative unit.
    pub fn is_restricted(&self) -> bool {
        self.flag("isManagementRestricted")
    }

    /// Whether directory synchronisation maintains it.
    pub fn is_synchronised(&self) -> bool {
        self.flag("onPremisesSyncEnabled")
    }
}

/// What a link holds, from an entry of a navigation: id, `@odata.type` and what names it.
pub fn target_of(entry: &Value) -> Option<Target> {
    let id = ObjectId::parse(entry.get("id")?.as_str()?)?;
    let entity = entry
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim_start_matches("#microsoft.graph.");
    let known = KINDS.iter().find(|kind| kind.entity == entity);
    let prefix = known.map_or(entity, |kind| kind.name);
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = match (entity, text("userPrincipalName").or_else(|| text("displayName"))) {
        ("", _) | (_, None) => format!("id:{id}"),
        (_, Some(name)) => format!("{prefix}:{name}"),
    };
    Some(Target::existing(id, name))
}
