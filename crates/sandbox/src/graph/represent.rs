//! Turns objects into JSON.

use serde_json::{Map, Value};

use super::Failure;
use crate::schema::{Access, EntityType, Property};
use crate::store::Object;

/// Which properties an answer holds.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// The default set of each type.
    Default,
    /// The named ones.
    Named(Vec<String>),
}

impl Selection {
    /// Reads `$select`; each name must be known to at least one of the possible types.
    pub(crate) fn parse(option: Option<&str>, types: &[&EntityType]) -> Result<Self, Failure> {
        let Some(option) = option else {
            return Ok(Self::Default);
        };
        let names: Vec<String> = option.split(',').map(|name| name.trim().to_owned()).collect();
        if names.iter().any(|name| name == "*") {
            return Ok(Self::Default);
        }
        for name in &names {
            let top = name.split('/').next().unwrap_or_default();
            let known = |kind: &&EntityType| {
                kind.property(top).is_some() || kind.is_extension(top) || kind.navigation(top).is_some()
            };
            if !types.iter().any(known) {
                let kind =
                    types.first().filter(|_| types.len() == 1).map_or("directoryObject", |kind| kind.name);
                return Err(Failure::malformed(format!(
                    "Parsing OData Select and Expand failed: {}",
                    unknown_message(top, kind)
                )));
            }
        }
        Ok(Self::Named(
            names.into_iter().map(|name| name.split('/').next().unwrap_or_default().to_owned()).collect(),
        ))
    }

    /// The same for a collection, which shows nothing that is kept outside the directory.
    pub(crate) fn of_many(self, types: &[&EntityType]) -> Result<Self, Failure> {
        let elsewhere = |name: &&String| {
            types.iter().any(|kind| kind.property(name).is_some_and(|property| property.elsewhere))
        };
        match &self {
            Self::Named(names) if names.iter().any(|name| elsewhere(&name)) => Err(Failure::new(
                501,
                "NotImplemented",
                "The selected properties can only be read one object at a time.",
            )),
            _ => Ok(self),
        }
    }

    /// The part of a context URL that names the selected properties, for example `(id,displayName)`.
    pub(crate) fn context(&self) -> String {
        match self {
            Self::Default => String::new(),
            Self::Named(names) => format!("({})", names.join(",")),
        }
    }
}

/// An object as JSON; `typed` adds `@odata.type`.
pub(crate) fn entity(object: &Object, selection: &Selection, typed: bool) -> Map<String, Value> {
    let mut members = Map::new();
    if typed || object.sort().is_some() {
        members.insert("@odata.type".to_owned(), format!("#{}", object.qualified()).into());
    }
    match selection {
        Selection::Default => {
            if let Some(deleted) = object.get("deletedDateTime") {
                members.insert("deletedDateTime".to_owned(), deleted.clone());
            }
            for property in object.declared().filter(|property| property.by_default) {
                members.insert(property.name.to_owned(), value(object, property));
            }
            members.insert("id".to_owned(), object.id_text().into());
        }
        Selection::Named(names) => {
            for name in names {
                if name == "id" {
                    members.insert(name.clone(), object.id_text().into());
                } else if let Some(property) = object.entity.property(name) {
                    let other_sort =
                        || object.sort().is_some() && object.declared().all(|own| own.name != name);
                    if !property.filter_only && !other_sort() {
                        members.insert(name.clone(), value(object, property));
                    }
                } else if object.entity.is_extension(name) {
                    members.insert(name.clone(), object.get(name).cloned().unwrap_or(Value::Null));
                }
            }
        }
    }
    members
}

/// A property as it reads, null or empty when it has no value.
fn value(object: &Object, property: &Property) -> Value {
    let empty = || if property.is_collection() { Value::Array(Vec::new()) } else { Value::Null };
    match property.access {
        Access::WriteOnly => Value::Null,
        _ => object.get(property.name).cloned().unwrap_or_else(empty),
    }
}

fn unknown_message(name: &str, kind: &str) -> String {
    format!("Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.")
}
