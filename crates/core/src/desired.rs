//! What the configuration says, after typing: one kind-neutral shape for every object.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasherDefault, DefaultHasher};

use indexmap::IndexMap;
use jiff::Span;
use jiff::civil::Date;
use serde_json::Value;

use crate::address::{Address, ObjectId};
use crate::assignments::declared::DeclaredAssignments;
use crate::diagnostic::{Place, SourceFile};
use crate::licensing::ProductNames;
use crate::licensing::declared::{DeclaredLicenses, Written};
use crate::schedules::declared::DeclaredSchedules;

/// Declared objects by address, in the order of addresses. A large tenant has a million references to look up here; the
/// hash has no random key, so that nothing differs from run to run.
pub type Objects = IndexMap<Address, Declared, BuildHasherDefault<DefaultHasher>>;

/// A whole configuration: settings and declared objects.
#[derive(Debug, Default)]
pub struct Configuration {
    /// The files it was read from; places point into them.
    pub sources: Vec<SourceFile>,
    /// `[tenant]`: which tenant it describes.
    pub tenant: Tenant,
    /// `[protect]`: what no plan may touch.
    pub protect: Protect,
    /// `[limits]`: how much one plan may change.
    pub limits: Limits,
    /// `[manage]`: kinds whose undeclared objects are planned for removal, by kind name, with the place that says so.
    pub exact: BTreeMap<String, Place>,
    /// `[handover] recipients`: age public keys (`age1…`) that initial passwords are encrypted to.
    pub handover: Vec<String>,
    /// `[manual]`: settings that people look after, by name.
    pub manual: BTreeMap<String, ManualSetting>,
    /// `[licensing]`: what products are called.
    pub licensing: Licensing,
    /// Every declared object.
    pub objects: Objects,
    /// What an earlier revision declared and this one does not: planned for removal.
    pub dropped: Vec<Declared>,
}

impl Configuration {
    /// References that shall lead somewhere: in links, inside values, and to the owners of manual settings.
    pub(crate) fn wanted_references(&self) -> impl Iterator<Item = &Reference> {
        let declared = self.objects.values().flat_map(|declared| {
            let links = declared.links.values().flat_map(|links| &links.entries);
            let in_values = declared.values.values().flat_map(|given| &given.references);
            let assigned = declared.assignments.values().flat_map(DeclaredAssignments::wanted_references);
            let scheduled = declared.schedules.values().flat_map(DeclaredSchedules::wanted_references);
            links.map(|entry| &entry.reference).chain(in_values).chain(assigned).chain(scheduled)
        });
        let owners = self.manual.values().filter_map(|setting| match &setting.owner {
            Owner::Reference(reference) => Some(reference),
            Owner::Text(_) => None,
        });
        declared.chain(owners)
    }

    /// Takes over what `base`, an earlier revision of this configuration, declared and this one neither declares nor
    /// renames: it is planned for removal.
    pub fn drop_what_only(&mut self, base: Configuration) {
        let renamed = |address: &Address| {
            self.objects.values().any(|declared| {
                declared.address.kind == address.kind
                    && declared
                        .previously
                        .iter()
                        .any(|key| Address::new(address.kind.clone(), key.clone()) == *address)
            })
        };
        let gone = base.objects.into_values().filter(|declared| {
            !declared.absent && !self.objects.contains_key(&declared.address) && !renamed(&declared.address)
        });
        self.dropped = gone.collect();
    }
}

/// `[tenant]`.
#[derive(Debug, Default, Clone)]
pub struct Tenant {
    /// A verified domain or the tenant's GUID.
    pub id: Option<String>,
    /// Where `id` stands.
    pub place: Option<Place>,
    /// `global`, `usgov`, `usgov_dod` or `china`.
    pub cloud: Option<String>,
}

/// `[licensing]`.
#[derive(Debug, Default)]
pub struct Licensing {
    /// The file with Microsoft's table of product names, relative to the configuration folder.
    pub product_names: Option<Written>,
    /// What stands in it.
    pub products: ProductNames,
}

/// `[protect]`.
#[derive(Debug, Default)]
pub struct Protect {
    /// Emergency access accounts.
    pub emergency_access: Vec<Reference>,
    /// Address patterns (`group:Tier 0*`) that are never deleted.
    pub never_delete: Vec<String>,
}

/// `[limits]`: how much one plan may change, per kind. A share counts once a kind has 10 or more managed objects (or
/// links) in the tenant.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Objects changed. Default 30 %.
    pub update: Limit,
    /// Objects deleted. Default 10 %.
    pub delete: Limit,
    /// Members, owners and other links removed, of those the plan read. Default 25 %.
    pub remove_members: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self { update: Limit::Percent(30), delete: Limit::Percent(10), remove_members: Limit::Percent(25) }
    }
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// A share of the managed objects (or links) that exist, 0 to 100.
    Percent(u8),
    /// A number of objects or links.
    Count(usize),
}

/// The attribute behind [`Declared::licenses`].
pub const LICENSES: &str = "licenses";

/// One entry of `[manual]`: a setting that no application can write, and who looks at it how often.
#[derive(Debug)]
pub struct ManualSetting {
    /// Who looks after it.
    pub owner: Owner,
    /// How it shall be, in words.
    pub expected: String,
    /// The day on which somebody looked last, if ever, and where that stands.
    pub checked: Option<(Date, Place)>,
    /// How long a look is good for: days, weeks, months and years.
    pub every: Span,
}

/// Who looks after a manual setting.
#[derive(Debug)]
pub enum Owner {
    /// A team or an address, in words.
    Text(String),
    /// A user or a group.
    Reference(Reference),
}

impl Owner {
    /// The owner as written.
    pub fn describe(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Reference(reference) => reference.to.describe(),
        }
    }
}

/// One declared object.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its kind and key.
    pub address: Address,
    /// Its table header, or the key of its inline table.
    pub place: Place,
    /// `id = "GUID"`: the live object it is, whatever the live object is called.
    pub id: Option<ObjectId>,
    /// `previously = ["old key"]`: keys under which the live object may still be found.
    pub previously: Vec<String>,
    /// `absent = true`: it shall not exist.
    pub absent: bool,
    /// Where `id`, `previously` and `absent` stand.
    pub lifecycle: BTreeMap<&'static str, Place>,
    /// Values by attribute name, in Graph's form; `null` or `[]` clears.
    pub values: BTreeMap<Cow<'static, str>, Given>,
    /// Licences, if they are declared.
    pub licenses: Option<DeclaredLicenses>,
    /// Links by attribute name.
    pub links: BTreeMap<&'static str, DeclaredLinks>,
    /// Role assignments by attribute name.
    pub assignments: BTreeMap<&'static str, DeclaredAssignments>,
    /// Schedules by attribute name.
    pub schedules: BTreeMap<&'static str, DeclaredSchedules>,
    /// Attributes that are mentioned and could not be read.
    pub unread: BTreeSet<String>,
}

impl Declared {
    /// The declared value of an attribute, if it is declared.
    pub fn value(&self, attribute: &str) -> Option<&Value> {
        self.values.get(attribute).map(|given| &given.value)
    }

    /// The declared text of an attribute, if it is declared as text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.value(attribute).and_then(Value::as_str)
    }

    /// Where an attribute, or `id`, `previously` or `absent`, is declared; the object's own place when it is not.
    pub fn place_of(&self, attribute: &str) -> &Place {
        self.values
            .get(attribute)
            .map(|given| &given.place)
            .or_else(|| self.links.get(attribute).map(|links| &links.place))
            .or_else(|| {
                self.licenses.as_ref().filter(|_| attribute == LICENSES).map(|licenses| &licenses.place)
            })
            .or_else(|| self.assignments.get(attribute).map(|assignments| &assignments.place))
            .or_else(|| self.schedules.get(attribute).map(|schedules| &schedules.place))
            .or_else(|| self.lifecycle.get(attribute))
            .unwrap_or(&self.place)
    }

    /// Whether an attribute is mentioned here or by defaults, well or badly.
    pub fn declares(&self, attribute: &str) -> bool {
        self.values.contains_key(attribute)
            || self.links.contains_key(attribute)
            || (attribute == LICENSES && self.licenses.is_some())
            || self.assignments.contains_key(attribute)
            || self.schedules.contains_key(attribute)
            || self.unread.contains(attribute)
    }
}

/// A declared value and where it stands.
#[derive(Debug, Clone)]
pub struct Given {
    /// The value in Graph's form.
    pub value: Value,
    /// Where the value stands.
    pub place: Place,
    /// References inside the value.
    pub references: Vec<Reference>,
}

/// Declared links of one attribute.
#[derive(Debug, Clone)]
pub struct DeclaredLinks {
    /// Where the attribute stands.
    pub place: Place,
    /// Whether `entries` is the whole list; else only entries and `never` are acted on.
    pub whole: bool,
    /// References that shall be there.
    pub entries: Vec<Entry>,
    /// References that shall not be there.
    pub never: Vec<Reference>,
}

/// One reference that shall be there, perhaps for a time.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it refers to.
    pub reference: Reference,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Why it is there, for people.
    pub reason: Option<Box<str>>,
}

/// A reference as written.
#[derive(Debug, Clone)]
pub struct Reference {
    /// What it names.
    pub to: ReferenceTo,
    /// Where it stands.
    pub place: Place,
}

/// What a reference names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferenceTo {
    /// An object by kind and key, declared or found in the tenant.
    Address(Address),
    /// An object by id.
    Id(Box<ObjectId>),
}

impl ReferenceTo {
    /// Reads what [`Self::describe`] writes; the kind is not looked up.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, key) = text.split_once(':')?;
        match kind {
            "id" => ObjectId::parse(key).map(|id| Self::Id(Box::new(id))),
            kind => Some(Self::Address(Address::new(kind, key))),
        }
    }

    /// The reference as written: `user:…`, `id:…`.
    pub fn describe(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Id(id) => format!("id:{id}"),
        }
    }
}
