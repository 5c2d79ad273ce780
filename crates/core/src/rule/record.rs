//! What rules see of an object: the properties they ask for, read once and folded for comparison.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::property::{Property, Source, Type};
use super::tree::{ObjectKind, PlanField};
use super::value::instant;

/// A user or device from outside.
#[derive(Debug, Clone, Copy)]
pub enum Object<'a> {
    /// Members named as in rules (in any case), `id` the object id, `manager` an object id, `memberOf` the ids of the
    /// groups whose direct member it is. An absent member means null, empty or false.
    Named(&'a Map<String, Value>),
    /// As Microsoft Graph v1.0 returns it.
    Graph {
        /// Its object id; of an object that does not exist yet, anything but an empty text.
        id: &'a str,
        /// Its other properties by Graph's names.
        properties: &'a Map<String, Value>,
        /// The manager's object id.
        manager: Option<&'a str>,
        /// Ids of the groups whose direct member it is.
        groups: &'a [String],
    },
}

/// The properties that a set of rules asks for: each has a place in every [`Record`].
#[derive(Debug, Clone, Default)]
pub struct Columns {
    properties: Vec<Property>,
    manager: bool,
}

impl Columns {
    /// The place of a property, which gets one when it has none.
    pub(super) fn slot(&mut self, property: &Property) -> usize {
        let known = self.properties.iter().position(|known| known == property);
        known.unwrap_or_else(|| {
            self.properties.push(property.clone());
            self.properties.len() - 1
        })
    }

    pub(super) fn ask_for_manager(&mut self) {
        self.manager = true;
    }

    /// The properties to `$select` from Graph, in alphabetical order.
    pub fn graph_properties(&self) -> BTreeSet<&str> {
        self.properties.iter().filter_map(Property::graph_name).collect()
    }

    /// Whether rules ask for the manager.
    pub fn needs_manager(&self) -> bool {
        self.manager
    }

    /// Whether rules ask for the groups whose direct member an object is.
    pub fn needs_groups(&self) -> bool {
        self.properties.iter().any(|property| property.value == Type::Groups)
    }

    /// What the rules see of an object.
    pub fn read(&self, object: Object<'_>) -> Record {
        let cells = self.properties.iter().map(|property| cell(property, object)).collect();
        let manager = match object {
            _ if !self.manager => None,
            Object::Named(members) => member(members, "manager").and_then(Value::as_str),
            Object::Graph { manager, .. } => manager,
        };
        Record { cells, manager: manager.and_then(Text::new) }
    }
}

/// What rules see of one object.
#[derive(Debug, Clone)]
pub struct Record {
    pub(super) cells: Vec<Cell>,
    pub(super) manager: Option<Text>,
}

/// The value of one property.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Null,
    Boolean(bool),
    Text(Text),
    Date(Timestamp),
    Texts(Vec<Text>),
    Plans(Vec<Plan>),
}

/// A text as it is and as it is compared. Never empty: the directory stores no empty text.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) exact: Box<str>,
    pub(super) folded: Box<str>,
}

impl Text {
    pub(super) fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { exact: text.into(), folded: folded(text).into() })
    }

    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::new(text),
            Value::Bool(_) | Value::Number(_) => Self::new(&value.to_string()),
            Value::Array(items) => items.iter().find_map(Self::of),
            Value::Null | Value::Object(_) => None,
        }
    }
}

/// Text in which upper and lower case are the same: each character in upper case where that is one character.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let upper = |character: char| {
        let mut upper = character.to_uppercase();
        upper.next().filter(|_| upper.next().is_none()).unwrap_or(character)
    };
    text.chars().map(upper).collect()
}

/// One entry of `assignedPlans`, its members in the order of [`PlanField::ALL`].
#[derive(Debug, Clone)]
pub(super) struct Plan([Option<Text>; 3]);

impl Plan {
    pub(super) fn field(&self, field: PlanField) -> Option<&Text> {
        self.0[field as usize].as_ref()
    }

    fn of(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        Some(Self(PlanField::ALL.map(|field| member(members, field.name()).and_then(Text::of))))
    }
}

/// The member of this name, in any case.
fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).or_else(|| {
        members.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn cell(property: &Property, object: Object<'_>) -> Cell {
    match object {
        Object::Named(members) => {
            let named = member(members, &property.name);
            let value = named.or_else(|| member(members, property.other_member()?));
            let value = value.unwrap_or(&Value::Null);
            // Whether a custom security attribute has several values is known only where it is assigned.
            let is_list = property.object == ObjectKind::ServicePrincipal && value.is_array();
            typed(if is_list { Type::Texts } else { property.value }, value)
        }
        Object::Graph { id, properties, groups, .. } => match &property.source {
            Source::Id => Text::new(id).map_or(Cell::Null, Cell::Text),
            Source::Groups => Cell::Texts(groups.iter().filter_map(|group| Text::new(group)).collect()),
            Source::Nested(parent, name) => {
                let parent = properties.get(*parent).and_then(|parent| parent.get(name));
                typed(property.value, parent.unwrap_or(&Value::Null))
            }
            source => typed(property.value, graph_member(source, properties).unwrap_or(&Value::Null)),
        },
    }
}

fn graph_member<'a>(source: &Source, properties: &'a Map<String, Value>) -> Option<&'a Value> {
    match source {
        Source::Member(name) => properties.get(*name),
        Source::First(name) => properties.get(*name)?.get(0),
        // The directory says the name in the case in which the extension was made.
        Source::Extension(name) => member(properties, name),
        Source::Nested(..) | Source::Groups | Source::Id | Source::Nowhere => None,
    }
}

fn typed(value_type: Type, value: &Value) -> Cell {
    match value_type {
        Type::Boolean => boolean(value).map_or(Cell::Null, Cell::Boolean),
        Type::Text => Text::of(value).map_or(Cell::Null, Cell::Text),
        Type::DateTime => value.as_str().and_then(instant).map_or(Cell::Null, Cell::Date),
        Type::Texts | Type::Groups => Cell::Texts(items(value).iter().filter_map(Text::of).collect()),
        Type::Plans => Cell::Plans(items(value).iter().filter_map(Plan::of).collect()),
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

impl Cell {
    /// The value as JSON, as it was read.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(flag) => Value::Bool(*flag),
            Self::Text(text) => Value::from(&*text.exact),
            Self::Date(date) => Value::from(date.to_string()),
            Self::Texts(texts) => texts.iter().map(|text| Value::from(&*text.exact)).collect(),
            Self::Plans(plans) => plans.iter().map(Plan::json).collect(),
        }
    }
}

impl Plan {
    fn json(&self) -> Value {
        let fields = PlanField::ALL.map(|field| {
            let value = self.field(field).map_or(Value::Null, |text| Value::from(&*text.exact));
            (field.name().to_owned(), value)
        });
        Value::Object(Map::from_iter(fields))
    }
}
