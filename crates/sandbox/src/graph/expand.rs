//! `$expand`: related objects inside an answer.

use serde_json::{Map, Value};

use super::{Directory, Failure, Selection, entity};
use crate::schema::{self, EntityType};
use crate::store::Object;

/// Most related objects of a collection in an answer.
const MOST: usize = 20;

/// One relationship to show inside each object.
#[derive(Debug)]
pub(super) struct Expansion {
    name: String,
    selection: Selection,
}

impl Expansion {
    /// Reads `$expand`, for example `manager($select=id,displayName)`.
    pub(super) fn parse(option: &str, types: &[&EntityType]) -> Result<Self, Failure> {
        let (name, inner) = match option.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')')),
            None => (option.trim(), Some("")),
        };
        let inner = inner.ok_or_else(|| Failure::malformed("Parsing OData Select and Expand failed."))?;
        let known = types.iter().any(|kind| kind.navigation(name).is_some());
        if !known {
            let message = format!("The '$expand' query on relationship property '{name}' is not supported.");
            return Err(Failure::new(400, "ExpandNotSupported", message));
        }
        let mut selection = Selection::Default;
        for part in inner.split(';').filter(|part| !part.trim().is_empty()) {
            match part.trim().split_once('=') {
                Some(("$select", names)) => selection = Selection::parse(Some(names), schema::TYPES)?,
                _ => {
                    return Err(Failure::unsupported_query(format!(
                        "The option '{part}' inside $expand is not supported."
                    )));
                }
            }
        }
        Ok(Self { name: name.to_owned(), selection })
    }

    /// Puts the related objects of `object` into its JSON.
    pub(super) fn add_to(
        &self,
        members: &mut Map<String, Value>,
        object: &Object,
        directory: &Directory<'_>,
    ) {
        let Some(navigation) = object.entity.navigation(&self.name) else {
            return;
        };
        let related = directory.visible.follow(object, navigation, None);
        let related = related.filter_map(|id| directory.visible.live(id));
        let mut shown = related.take(MOST).map(|found| Value::Object(entity(found, &self.selection, true)));
        if navigation.many {
            members.insert(self.name.clone(), shown.collect());
        } else if let Some(found) = shown.next() {
            members.insert(self.name.clone(), found);
        }
    }
}
