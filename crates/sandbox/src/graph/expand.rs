//! `$expand`: related objects inside an answer.

use serde_json::{Map, Value};

use super::{Directory, Failure, Request, Selection, entity};
use crate::schema::{self, EntityType, Navigation};
use crate::store::Object;

/// Most related objects of a collection in an answer.
const MOST: usize = 20;

/// Most registered devices inside a list of users.
const MOST_DEVICES: usize = 100;

/// One relationship to show inside each object.
#[derive(Debug)]
pub(super) struct Expansion {
    name: String,
    selection: Selection,
    /// How often a single relationship is followed, for `$levels`.
    levels: Option<usize>,
    most: usize,
}

impl Expansion {
    /// Reads `$expand`, for example `manager($levels=max;$select=id,displayName)`.
    pub(super) fn parse(option: &str, types: &[&EntityType], request: &Request) -> Result<Self, Failure> {
        let (name, inner) = match option.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')')),
            None => (option.trim(), Some("")),
        };
        let inner = inner.ok_or_else(|| Failure::malformed("Parsing OData Select and Expand failed."))?;
        let navigation = types.iter().find_map(|kind| kind.navigation(name)).ok_or_else(|| {
            let message = format!("The '$expand' query on relationship property '{name}' is not supported.");
            Failure::new(400, "ExpandNotSupported", message)
        })?;
        let of_users = request.segments.len() == 1 && navigation.name == "registeredDevices";
        let most = if of_users { MOST_DEVICES } else { MOST };
        let mut expansion =
            Self { name: navigation.name.to_owned(), selection: Selection::Default, levels: None, most };
        for part in inner.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            expansion.read(part, navigation)?;
        }
        if expansion.is_recursive() && !request.is_advanced() {
            return Err(Failure::unsupported_query("$levels needs an advanced query."));
        }
        Ok(expansion)
    }

    /// Reads one of the options in parentheses.
    fn read(&mut self, part: &str, navigation: &Navigation) -> Result<(), Failure> {
        match part.split_once('=') {
            Some(("$select", names)) => self.selection = Selection::parse(Some(names), schema::TYPES)?,
            Some(("$levels", "max")) if !navigation.many => self.levels = Some(usize::MAX),
            Some(("$levels", number)) if !navigation.many => {
                let levels = number.parse().ok().filter(|levels| *levels > 0);
                let levels = levels.ok_or_else(|| {
                    Failure::malformed("The value of $levels must be a positive number or max.")
                })?;
                self.levels = Some(levels);
            }
            _ => {
                let message = format!("The option '{part}' inside $expand is not supported.");
                return Err(Failure::unsupported_query(message));
            }
        }
        Ok(())
    }

    /// Whether the relationship is followed more than once.
    pub(super) fn is_recursive(&self) -> bool {
        self.levels.is_some()
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
        if !navigation.many {
            self.add_chain(members, object, navigation, directory);
            return;
        }
        let related = directory.visible.follow(object, navigation, None);
        let related = related.filter_map(|id| directory.visible.live(id));
        let shown = related.take(self.most).map(|found| Value::Object(entity(found, &self.selection, true)));
        members.insert(self.name.clone(), shown.collect());
    }

    /// Follows a single relationship as far as it is asked for, each inside the one before; a circle
    /// ends where it closes.
    fn add_chain(
        &self,
        members: &mut Map<String, Value>,
        object: &Object,
        navigation: &Navigation,
        directory: &Directory<'_>,
    ) {
        let mut chain = Vec::new();
        let mut seen = vec![object.id];
        let mut last = Some(object);
        while let Some(found) = last.take()
            && chain.len() < self.levels.unwrap_or(1)
        {
            let next = directory.visible.follow(found, navigation, None).find(|id| !seen.contains(id));
            if let Some(next) = next.and_then(|id| directory.visible.live(id)) {
                seen.push(next.id);
                chain.push(entity(next, &self.selection, true));
                last = Some(next);
            }
        }
        let nested = chain.into_iter().rev().reduce(|inner, mut outer| {
            outer.insert(self.name.clone(), Value::Object(inner));
            outer
        });
        members.extend(nested.map(|nested| (self.name.clone(), Value::Object(nested))));
    }
}
