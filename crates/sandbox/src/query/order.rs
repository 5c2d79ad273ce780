//! `$orderby`: one or more properties.

use std::cmp::Ordering;

use serde_json::Value;
use uuid::Uuid;

use super::filter::compare_texts;
use crate::graph::{Failure, Request};
use crate::schema::{EntityType, OrderClass};
use crate::store::Object;

/// How a list is sorted.
#[derive(Debug)]
pub(crate) struct Order(Vec<(String, bool)>);

impl Order {
    /// Reads and checks `$orderby`.
    pub(crate) fn parse(text: &str, types: &[&EntityType], request: &Request) -> Result<Self, Failure> {
        let mut keys = Vec::new();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => {
                    return Err(Failure::malformed(format!("Syntax error in $orderby at '{other}'.")));
                }
            };
            let property = types.iter().find_map(|kind| kind.property(name)).ok_or_else(|| {
                Failure::malformed(format!("Could not find a property named '{name}' in $orderby."))
            })?;
            let supported = match property.order {
                OrderClass::None => false,
                OrderClass::Default => types.len() == 1 || request.is_advanced(),
                OrderClass::Advanced => request.is_advanced(),
            };
            if !supported {
                return Err(Failure::unsupported_query(format!(
                    "Sorting by property '{name}' is not supported."
                )));
            }
            keys.push((name.to_owned(), descending));
        }
        Ok(Self(keys))
    }

    /// The values an object is sorted by.
    pub(crate) fn key(&self, object: &Object) -> Vec<Option<String>> {
        self.0.iter().map(|(name, _)| object.get(name).and_then(Value::as_str).map(str::to_owned)).collect()
    }

    /// Compares two objects by their keys, then by id.
    pub(crate) fn compare(
        &self,
        left: &[Option<String>],
        left_id: Uuid,
        right: &[Option<String>],
        right_id: Uuid,
    ) -> Ordering {
        let pairs = self.0.iter().zip(left.iter().zip(right));
        let unequal = pairs.map(|((_, descending), (left, right))| {
            let ordering = match (left, right) {
                (Some(left), Some(right)) => compare_texts(left, right),
                (left, right) => left.is_some().cmp(&right.is_some()),
            };
            if *descending { ordering.reverse() } else { ordering }
        });
        unequal.into_iter().find(|ordering| ordering.is_ne()).unwrap_or_else(|| left_id.cmp(&right_id))
    }
}
