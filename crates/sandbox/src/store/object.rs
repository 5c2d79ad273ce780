//! One directory object and its properties.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::schema::{Complex, EntityType, KeyScope, Property};

/// Namespace of the ids derived from something else than a GUID.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f3b_9d8e_27c1_4a55_b0a4_1d2f_8e6c_9713);

/// One directory object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Internal id: the object id, or a name-based one for types whose ids are not GUIDs.
    pub(crate) id: Uuid,
    /// Its type.
    pub(crate) entity: &'static EntityType,
    /// Values by property name in ascending order; properties that are null are left out.
    properties: Vec<(Cow<'static, str>, Held)>,
}

/// A value of one object, or one that many objects have alike.
#[derive(Debug, Clone)]
enum Held {
    Own(Value),
    Shared(Arc<Value>),
}

impl Deref for Held {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Own(value) => value,
            Self::Shared(value) => value,
        }
    }
}

/// The internal id that belongs to an id as clients write it.
pub(crate) fn id_of(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or_else(|_| derived_id("id", text))
}

/// A stable id for something known by its kind and its natural key.
pub(crate) fn derived_id(kind: &str, key: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{kind}/{}", key.to_lowercase()).as_bytes())
}

impl Object {
    /// An object without properties.
    pub(crate) fn new(entity: &'static EntityType, id: Uuid) -> Self {
        Self { id, entity, properties: Vec::new() }
    }

    /// The id as clients see it.
    pub(crate) fn id_text(&self) -> String {
        self.text("id").map_or_else(|| self.id.to_string(), str::to_owned)
    }

    /// Its derived type, of the types that have such.
    pub(crate) fn sort(&self) -> Option<&'static Complex> {
        self.entity.sort(self.text("@odata.type")?)
    }

    /// The name of its type with namespace, for example `microsoft.graph.user`.
    pub(crate) fn qualified(&self) -> String {
        self.sort().map_or_else(|| self.entity.qualified(), |sort| format!("microsoft.graph.{}", sort.name))
    }

    /// The properties that it can have.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &'static Property> {
        self.entity.properties.iter().chain(self.sort().into_iter().flat_map(|sort| sort.properties))
    }

    /// A property that it can have, or that objects of another derived type can have.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.declared().find(|property| property.name == name).or_else(|| self.entity.property(name))
    }

    /// A property that has a value.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.properties.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
        self.properties.get(found).map(|(_, value)| &**value)
    }

    /// A string property.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A boolean property; false when it has no value.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The strings of a collection property.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether a collection of strings holds `text`.
    pub(crate) fn has(&self, name: &str, text: &str) -> bool {
        self.texts(name).any(|found| found.eq_ignore_ascii_case(text))
    }

    /// Sets a property; null takes its value away.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.hold(name, Held::Own(value.into()));
    }

    /// Sets a property to a value that other objects have too, and that is kept once for all of them.
    pub(crate) fn share(&mut self, name: &str, value: &Arc<Value>) {
        self.hold(name, Held::Shared(Arc::clone(value)));
    }

    fn hold(&mut self, name: &str, value: Held) {
        match (self.properties.binary_search_by(|(known, _)| known.as_ref().cmp(name)), value) {
            (Ok(at), value) if value.is_null() => drop(self.properties.remove(at)),
            (Err(_), value) if value.is_null() => {}
            (Ok(at), value) => {
                if let Some(slot) = self.properties.get_mut(at) {
                    slot.1 = value;
                }
            }
            (Err(at), value) => {
                let name = self
                    .entity
                    .property(name)
                    .map_or_else(|| Cow::Owned(name.to_owned()), |property| Cow::Borrowed(property.name));
                self.properties.insert(at, (name, value));
            }
        }
    }

    /// Sets a property that has no value yet.
    pub(crate) fn default(&mut self, name: &str, value: impl Into<Value>) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }

    /// All values by name.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.properties.iter().map(|(name, value)| (name.as_ref(), &**value))
    }

    /// All values as JSON.
    pub(crate) fn to_map(&self) -> Map<String, Value> {
        self.properties().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// Whether the object waits in deleted items.
    pub(crate) fn is_deleted(&self) -> bool {
        self.get("deletedDateTime").is_some()
    }

    /// Values that must be unique, in lower case, with the index they belong to.
    pub(crate) fn keys(&self) -> Vec<(&'static str, String, KeyScope)> {
        let declared = self.entity.properties.iter().filter_map(|property| {
            let scope = property.key?;
            Some((property.name, self.text(property.name)?.to_lowercase(), scope))
        });
        let extra = (self.entity.extra_keys)(self).into_iter();
        declared.chain(extra.map(|(index, value, scope)| (index, value.to_lowercase(), scope))).collect()
    }
}
