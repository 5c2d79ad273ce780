//! One change of the directory, and its form in the state directory.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Object;
use crate::schema;

/// One change of the directory.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An object is there with exactly these properties.
    Put(Arc<Object>),
    /// An object and its links are gone for good.
    Remove(Uuid),
    /// Links are there.
    Link {
        /// The object that stores the links.
        source: Uuid,
        /// The relationship.
        relation: &'static str,
        /// What it leads to.
        targets: Vec<Uuid>,
    },
    /// Links are gone.
    Unlink {
        /// The object that stored the links.
        source: Uuid,
        /// The relationship.
        relation: &'static str,
        /// What it led to.
        targets: Vec<Uuid>,
    },
}

/// One line of the state file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    /// Object type, id and properties.
    Put(String, Uuid, Map<String, Value>),
    /// Object id.
    Remove(Uuid),
    /// Source, relationship and targets.
    Link(Uuid, String, Vec<Uuid>),
    /// Source, relationship and targets.
    Unlink(Uuid, String, Vec<Uuid>),
    /// Not a change: the secret of the history of changes, and its position at this line.
    History(Uuid, u64),
}

impl Change {
    /// The form written to the state file.
    pub(super) fn to_line(&self) -> Line {
        match self {
            Self::Put(object) => Line::Put(object.entity.name.to_owned(), object.id, object.to_map()),
            Self::Remove(id) => Line::Remove(*id),
            Self::Link { source, relation, targets } => {
                Line::Link(*source, (*relation).to_owned(), targets.clone())
            }
            Self::Unlink { source, relation, targets } => {
                Line::Unlink(*source, (*relation).to_owned(), targets.clone())
            }
        }
    }

    /// Reads the form written to the state file; the error says what is unknown.
    pub(super) fn from_line(line: Line) -> Result<Self, String> {
        Ok(match line {
            Line::Put(name, id, properties) => {
                let entity = schema::by_name(&name).ok_or_else(|| format!("unknown entity type '{name}'"))?;
                let mut object = Object::new(entity, id);
                for (name, value) in properties {
                    object.set(&name, value);
                }
                Self::Put(Arc::new(object))
            }
            Line::Remove(id) => Self::Remove(id),
            Line::Link(source, name, targets) => Self::Link { source, relation: relation(&name)?, targets },
            Line::Unlink(source, name, targets) => {
                Self::Unlink { source, relation: relation(&name)?, targets }
            }
            Line::History(..) => return Err("a history line is not a change".to_owned()),
        })
    }
}

/// The declared name of a stored relationship.
fn relation(name: &str) -> Result<&'static str, String> {
    let mut navigations = schema::TYPES.iter().flat_map(|entity| entity.navigations);
    let found = navigations.find(|navigation| navigation.name == name);
    found.map(|navigation| navigation.name).ok_or_else(|| format!("unknown relationship '{name}'"))
}
