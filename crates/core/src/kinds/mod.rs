//! The kinds of tenant object Tenantry manages, as a table.
//!
//! Each kind is one file with one static [`Kind`]: how it is called in TOML and in Graph, how objects are told apart,
//! which attributes there are and how each is compared, cleared and written. Everything after this table is
//! kind-neutral: one reader, one diff, one plan, one renderer, one apply. To add a kind: write its file, add its `mod`
//! line and its line in [`KINDS`], and give it a scenario folder; documentation, JSON Schema, `explain` and the
//! permission list follow from the table.

mod app;
mod app_registration;
mod application_settings;
pub mod attribute;
pub mod comparison;
mod authentication_context;
mod authentication_method;
mod authentication_methods_policy;
mod authorization_policy;

pub(crate) mod consent_policy_settings;
mod custom_policy_settings;
mod custom_role;
pub(crate) mod group;
mod group_lifecycle_policy;
mod group_settings;
mod licenses;
mod location;
mod password_rule_settings;
mod prohibited_names_restricted_settings;
mod prohibited_names_settings;
pub mod reference;
mod policy;
mod role;
mod security_defaults;
pub mod settings;
mod strength;
#[cfg(test)]
mod tests;
mod text_rules;
mod unit;
mod user;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use attribute::{
    Assignments, Attribute, Clear, Default, Link, LinkWrite, Mastered, Mode, Named, ScheduleOf, Schedules,
    Selection, SeparatePermission, Type, Word,
};

use crate::address::ObjectId;
use crate::desired::Declared;
use crate::diagnostic::Diagnostics;
use crate::snapshot::{Observed, TenantFacts};
use comparison::referred_id;

/// Every kind, in the order in which a plan shows them.
pub static KINDS: &[&Kind] = &[
    &user::KIND,
    &group::KIND,
    &unit::KIND,
    &role::KIND,
    &custom_role::KIND,
    &app::KIND,
    &app_registration::KIND,
    &location::KIND,
    &authentication_context::KIND,
    &authentication_methods_policy::KIND,
    &authentication_method::KIND,
    &strength::KIND,
    &policy::KIND,
    &security_defaults::KIND,
    &authorization_policy::KIND,
    &group_settings::KIND,
    &group_lifecycle_policy::KIND,
    &password_rule_settings::KIND,
    &consent_policy_settings::KIND,
    &prohibited_names_settings::KIND,
    &prohibited_names_restricted_settings::KIND,
    &custom_policy_settings::KIND,
    &application_settings::KIND,
];

/// A kind of tenant object.
#[derive(Debug)]
pub struct Kind {
    /// The word before the colon in references and addresses: `user`.
    pub name: &'static str,
    /// The TOML table: `users`.
    pub table: &'static str,
    /// Graph's entity type in `microsoft.graph`: `user`.
    pub entity: &'static str,
    /// Graph's collection, or its one object, relative to the version root: `/users`, `/policies/authorizationPolicy`.
    pub path: &'static str,
    /// How many objects of the kind a tenant has, and how they come to be.
    pub shape: Shape,
    /// The types derived from the entity that its objects have, each with a property that every object of the type has and
    /// no other, or with the id of the only one where keys are ids: a write has to name the type. Empty where objects have
    /// the entity's own.
    pub types: &'static [(&'static str, &'static str)],
    /// Whether its collection is small and is read whole; such objects do not wait among the directory's deleted items.
    pub whole: bool,
    /// The filter that tells its objects from the others in the collection, where there are others.
    pub among: Option<&'static str>,
    /// The kind whose references reach declared objects of this one too, because they are kept together: `role`.
    pub declares: Option<&'static str>,
    /// Whether the service takes no null inside a complex value: what is left out there is not set.
    pub refuses_nulls: bool,
    /// Whether Graph tells what changed in the collection: `/users/delta`.
    pub delta: bool,
    /// Whether directory synchronisation maintains objects of the kind.
    pub synchronised: bool,
    /// One sentence for `explain`.
    pub summary: &'static str,
    /// Microsoft's reference page.
    pub documentation: &'static str,
    /// An example for `explain`.
    pub example: &'static str,
    /// Licence the tenant needs.
    pub licence: &'static str,
    /// Application permissions for `plan`.
    pub plan_permissions: &'static [&'static str],
    /// Application permissions for `apply`.
    pub apply_permissions: &'static [&'static str],
    /// How a key finds its live object, most reliable rule first.
    pub keys: &'static [KeyRule],
    /// The attribute that carries the visible name; unless TOML gives it, it is the key. Empty where there is at most one,
    /// or where objects have none but their id.
    pub name_attribute: &'static str,
    /// The attributes, in the order in which plans and documentation show them.
    pub attributes: &'static [Attribute],
    /// Graph properties that are read whatever is declared: keys, and what the rules below look at.
    pub always_read: &'static [&'static str],
    /// Whether directory extensions (`extension_{app}_{name}`) may stand in its table.
    pub extensions: bool,
    /// Rules over several attributes of one declared object that need no tenant.
    pub check: fn(&Declared, &mut Diagnostics),
    /// Completes what an object should be, given what it is: names, defaults the service wants at creation, properties
    /// that only make sense together. Runs after the declared attributes were copied into `wanted`.
    pub settle: fn(&Side<'_>, &TenantFacts, &mut Wanted, &mut Diagnostics),
    /// Whether one object may hold the other in a link, given what both are and will be; the error says why not.
    pub accepts_link: fn(&Side<'_>, &Attribute, &Side<'_>) -> Result<(), String>,
    /// Whether an undeclared object of this kind may be planned for removal under `manage = "exact"`.
    pub removable: fn(&Observed) -> bool,
    /// The link attributes to read of an object: of a declared one those that the declaration needs (without the live
    /// object: those it might need), of one that will be removed those that say what goes with it.
    pub links_read: fn(&Side<'_>) -> Vec<&'static str>,
    /// Whether a soft-deleted object can become what is declared; else a new one is created.
    pub restorable: fn(&Declared, &Observed) -> bool,
    /// How an object is created.
    pub creation: fn(&BTreeMap<String, Value>) -> Creation,
}

/// How many objects of a kind a tenant has, and how they come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Any number, by key: `[users."adele.vance@contoso.com"]`. Created, changed, deleted.
    Collection,
    /// A few, by key, that the service keeps: read whole, never created or deleted.
    Fixed,
    /// Any number, by key, that others make: those that are named are looked up, none is created or deleted.
    Foreign,
    /// One that is always there: `[authorization_policy]`. Changed only.
    Singleton,
    /// None or one in the collection: `[group_lifecycle_policy]`. Created, changed, deleted.
    AtMostOne,
    /// None or one in the collection of settings that is made from a template, with its values as a list of names and
    /// texts. Where there is none the template's defaults hold, so deleting it goes back to them.
    Settings(Template),
}

/// A template of settings.
///
/// Source: "groupSettingTemplate resource type", <https://learn.microsoft.com/graph/api/resources/groupsettingtemplate>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Its GUID, the same in every tenant.
    pub id: &'static str,
    /// What stands between the items of a list.
    pub separator: char,
}

impl Shape {
    /// Whether a tenant has at most one object of the kind, so that its TOML table is the object itself.
    pub fn is_single(self) -> bool {
        matches!(self, Self::Singleton | Self::AtMostOne | Self::Settings(_))
    }
}

/// The parts of a kind that say little where objects neither come nor go, or a tenant has at most one.
const SINGLE: Kind = Kind {
    name: "",
    table: "",
    entity: "",
    path: "",
    shape: Shape::Singleton,
    types: &[],
    whole: false,
    among: None,
    declares: None,
    refuses_nulls: false,
    delta: false,
    synchronised: false,
    summary: "",
    documentation: "",
    example: "",
    licence: "none",
    plan_permissions: &[],
    apply_permissions: &[],
    keys: &[],
    name_attribute: "",
    attributes: &[],
    always_read: &[],
    extensions: false,
    check: |_, _| {},
    settle: |_, _, _, _| {},
    accepts_link: |_, _, _| Ok(()),
    removable: |_| true,
    links_read: declared_links,
    restorable: |_, _| false,
    creation: |_| Creation {
        word: "create",
        path: "",
        body: Map::new(),
        afterwards: Map::new(),
        id_pointer: "/id",
        identified_by: ("id", Lookup::Filter, String::new()),
        binds: false,
        password_pointer: None,
    },
};

/// One way in which a key finds its live object.
#[derive(Debug)]
pub struct KeyRule {
    /// Graph property that holds the value.
    pub property: &'static str,
    /// How to look one value up without listing everything.
    pub lookup: Lookup,
    /// The attribute that gives the value, when a declaration has it.
    pub attribute: Option<&'static str>,
    /// The value that follows from the key; empty when such a key says nothing about the property.
    pub from_key: fn(&str) -> String,
    /// Whether the service lets no two objects have the same value.
    pub unique: bool,
    /// Whether a live object may be found by this rule.
    pub applies: fn(&Observed) -> bool,
}

/// The property that every object has.
const ID: &str = "id";

/// What stands for everybody in the place of a group's id.
pub(crate) const ALL_USERS: &str = "all_users";

/// By the display name, which several objects may share.
const BY_DISPLAY_NAME: KeyRule = KeyRule {
    property: "displayName",
    lookup: Lookup::Filter,
    attribute: Some("display_name"),
    from_key: str::to_owned,
    unique: false,
    applies: |_| true,
};

/// How to find objects by a property's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// `$filter=property in (…)`.
    Filter,
    /// `/collection(property='…')`: an alternate key.
    AlternateKey,
}

/// How an object comes into being.
#[derive(Debug)]
pub struct Creation {
    /// What it is called: `create`, `invite`.
    pub word: &'static str,
    /// Where to POST, relative to the version root.
    pub path: &'static str,
    /// The body.
    pub body: Map<String, Value>,
    /// Properties that creation does not take and a PATCH afterwards sets.
    pub afterwards: Map<String, Value>,
    /// JSON pointer to the new object's id in the answer.
    pub id_pointer: &'static str,
    /// Property and value that find the object again when the answer got lost.
    pub identified_by: (&'static str, Lookup, String),
    /// Whether link references may stand in the body.
    pub binds: bool,
    /// JSON pointer in `body` where a fresh password goes that apply makes, if one is needed.
    pub password_pointer: Option<&'static str>,
}

/// What an object should be, in Graph's terms, by attribute name.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Values by attribute name. A record holds the declared members only.
    pub values: BTreeMap<String, Value>,
    /// Link sets by attribute name that the service will empty by itself as a consequence of another change.
    pub emptied: Vec<(&'static str, &'static str)>,
}

/// Both sides of one object: what is declared of it, what was seen of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Side<'a> {
    /// Its declaration, if it has one.
    pub declared: Option<&'a Declared>,
    /// The live object, if it exists.
    pub live: Option<&'a Observed>,
}

/// The links that a declaration mentions: what most kinds read.
fn declared_links(side: &Side<'_>) -> Vec<&'static str> {
    let Some(declared) = side.declared else { return Vec::new() };
    let Some(kind) = by_name(&declared.address.kind) else { return Vec::new() };
    kind.links().map(|attribute| attribute.name).filter(|name| declared.links.contains_key(*name)).collect()
}

impl KeyRule {
    /// The value an object shall have by this rule.
    pub fn value(&self, key: &str, declared: Option<&Declared>) -> String {
        let given = self.attribute.and_then(|attribute| declared?.text(attribute));
        given.map_or_else(|| (self.from_key)(key), str::to_owned)
    }

    /// The value it may still have: the key, when an attribute says otherwise. An alternate key never changes.
    pub fn former_value(&self, key: &str, declared: &Declared) -> Option<String> {
        let value = self.value(key, Some(declared));
        let from_key = (self.from_key)(key);
        (self.lookup == Lookup::Filter && value != from_key).then_some(from_key)
    }
}

impl Kind {
    /// The path of one of its objects, relative to the version root.
    pub fn object_path(&self, id: &ObjectId) -> String {
        match self.shape {
            Shape::Singleton => self.path.to_owned(),
            Shape::Collection | Shape::Fixed | Shape::Foreign | Shape::AtMostOne | Shape::Settings(_) => {
                format!("{}/{id}", self.path)
            }
        }
    }

    /// Whether its objects wait in the deleted items of the directory before they are gone.
    pub fn has_deleted_items(&self) -> bool {
        self.shape == Shape::Collection && !self.whole
    }

    /// Whether a key is the id of its object, chosen by whoever makes it.
    pub fn is_keyed_by_id(&self) -> bool {
        self.keys.first().is_some_and(|rule| rule.property == ID)
    }

    /// What the tenant calls an object.
    pub fn name_of<'a>(&self, live: &'a Observed) -> &'a str {
        if self.is_keyed_by_id() { live.id.as_str() } else { live.text(self.graph_name(self.name_attribute)) }
    }

    /// The type that an object with this id and these properties has among those derived from the entity, as Graph
    /// spells it in `@odata.type`.
    pub fn type_of(&self, id: Option<&ObjectId>, properties: &Map<String, Value>) -> Option<String> {
        let found = self.types.iter().find(|(_, mark)| match self.is_keyed_by_id() {
            true => id.is_some_and(|id| id.as_str().eq_ignore_ascii_case(mark)),
            false => properties.contains_key(*mark),
        });
        found.map(|(name, _)| format!("#microsoft.graph.{name}"))
    }

    /// Whether values of its objects can name objects of another kind.
    pub(crate) fn names(&self, other: &str) -> bool {
        fn names(attribute: &Attribute, other: &str) -> bool {
            match &attribute.value {
                Type::Named(named) => named.targets.contains(&other),
                Type::Member(member) => names(member, other),
                Type::Record(members) => members.iter().any(|member| names(member, other)),
                _ => false,
            }
        }
        self.attributes.iter().any(|attribute| names(attribute, other))
    }

    /// Whether a value of one of its attributes names the object of another kind that has this id.
    pub(crate) fn value_names(attribute: &Attribute, value: &Value, other: &Kind, id: &str) -> bool {
        fn names(of: &Type, value: &Value, other: &Kind, id: &str) -> bool {
            let is = |value: &Value| referred_id(value).is_some_and(|found| found.eq_ignore_ascii_case(id));
            match (of, value) {
                (Type::Named(named), value) if named.targets.contains(&other.name) => {
                    value.as_array().map_or_else(|| is(value), |items| items.iter().any(is))
                }
                (Type::Member(member), Value::Object(members)) => {
                    members.get(member.graph).is_some_and(|value| names(&member.value, value, other, id))
                }
                (Type::Record(of), Value::Object(members)) => of.iter().any(|member| {
                    members.get(member.graph).is_some_and(|value| names(&member.value, value, other, id))
                }),
                _ => false,
            }
        }
        names(&attribute.value, value, other, id)
    }

    /// Whether the service refuses to delete an object of the kind while another one names it: what directory objects were
    /// called by stays dangling, what Conditional Access has of its own does not.
    pub(crate) fn is_kept_while_named(&self) -> bool {
        self.whole && self.shape == Shape::Collection
    }

    /// Writes a value into a body, inside what it stands in.
    pub(crate) fn put(&self, body: &mut Map<String, Value>, attribute: &str, value: Value) {
        match self.graph_name(attribute).split_once('.') {
            None => {
                body.insert(self.graph_name(attribute).to_owned(), value);
            }
            Some((outer, inner)) => {
                let outer = body.entry(outer.to_owned()).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(members) = outer {
                    members.insert(inner.to_owned(), value);
                }
            }
        }
    }

    /// The attributes that are links, in the order of the table.
    pub fn links(&self) -> impl Iterator<Item = &'static Attribute> + use<> {
        self.attributes.iter().filter(|attribute| attribute.link().is_some())
    }

    /// The attribute with this TOML name, among the table's own.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The attribute behind this TOML name, directory extensions included.
    pub fn attribute_or_extension(&self, name: &str) -> Option<&'static Attribute> {
        self.attribute(name)
            .or_else(|| (self.extensions && text_rules::is_extension(name)).then_some(&EXTENSION))
    }

    /// Graph's name of an attribute of this kind; a directory extension is its own name.
    pub fn graph_name<'a>(&self, name: &'a str) -> &'a str {
        self.attribute(name).map_or(name, |attribute| attribute.graph)
    }
}

/// Takes every null out of the complex values of a body, and what is left empty by that.
pub(crate) fn drop_nulls(body: &mut Map<String, Value>) {
    for value in body.values_mut().filter(|value| value.is_object()) {
        *value = without_nulls(value.take());
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let clean = members.into_iter().map(|(name, value)| (name, without_nulls(value)));
            let kept: Map<String, Value> = clean.filter(|(_, value)| !value.is_null()).collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        value => value,
    }
}

/// Stands for every directory extension: only the tenant knows their definitions.
static EXTENSION: Attribute = Attribute::new(
    "extension_{application id}_{name}",
    "extension_{application id}_{name}",
    Type::Extension,
    "A directory extension, by its full name as Graph shows it.",
)
.cloud();

/// The kinds of which a tenant has any number of objects, which come and go.
pub fn collections() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| kind.shape == Shape::Collection)
}

/// The kind with this name (`user`).
pub fn by_name(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The kind with this TOML table (`users`).
pub fn by_table(table: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.table == table)
}

/// Graph's spelling in TOML's: `HiddenMembership` → `hidden_membership`.
pub fn snake_case(graph: &str) -> String {
    let mut snake = String::with_capacity(graph.len() + 4);
    let mut previous_lower = false;
    for character in graph.chars() {
        if character.is_ascii_uppercase() {
            if previous_lower {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
            previous_lower = false;
        } else {
            snake.push(character);
            previous_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        }
    }
    snake
}
