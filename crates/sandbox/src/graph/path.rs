//! Takes a request path apart: root, key, relationship, cast and what is wanted of it.

use super::{Failure, Request};
use crate::quirks::membership;
use crate::schema::{self, Cast, EntityType, Navigation};

/// Most segments behind the first one before an entity set is named.
const DEEPEST: usize = 3;

/// The action that tries a membership rule; only beta has it.
pub(super) const EVALUATE: &str = "evaluateDynamicMembership";

/// A request path taken apart, not yet looked up.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) root: Root,
    /// Key of the object below the root.
    pub(crate) key: Option<Key>,
    /// Type the object is cast to.
    pub(crate) object_cast: Option<Cast>,
    /// Relationship followed from the object; the name is known to some entity type.
    pub(crate) navigation: Option<String>,
    /// Id of one target of the relationship.
    pub(crate) item: Option<String>,
    /// Type the collection or relationship is cast to.
    pub(crate) cast: Option<Cast>,
    pub(crate) tail: Tail,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Root {
    /// An entity set.
    Set(&'static EntityType),
    /// `directoryObjects`: any directory object.
    DirectoryObjects,
    /// `directory/deletedItems`.
    DeletedItems,
}

/// How an object is addressed.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// By path segment: an id, or the type's segment key.
    Segment(String),
    /// By an alternate key in parentheses.
    Alternate(&'static str, String),
}

/// What is wanted of the addressed thing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// The thing itself.
    Itself,
    /// `$ref`: the link.
    Reference,
    /// `$count`: how many.
    Count,
    /// `delta` or `microsoft.graph.delta()`: what changed.
    Delta,
    /// An action or a view by name.
    Action(String),
}

impl Path {
    /// Takes the segments below the version apart.
    pub(crate) fn parse(request: &Request) -> Result<Self, Failure> {
        let mut rest = request.segments.iter().map(String::as_str);
        let (root, key) = parse_root(&mut rest)?;
        let itself =
            |kind: &EntityType| kind.single && !(request.is_beta() && kind.name == "authorizationPolicy");
        let key = match (root, key) {
            (Root::Set(kind), None) if itself(kind) => Some(Key::Segment(kind.section().to_owned())),
            (_, text) => text.map(|text| parse_key(root, text)).transpose()?,
        };
        let mut parsed = Self {
            root,
            key,
            object_cast: None,
            navigation: None,
            item: None,
            cast: None,
            tail: Tail::Itself,
        };
        for segment in rest {
            parsed.push(segment)?;
        }
        Ok(parsed)
    }

    /// The entity set it begins at.
    pub(crate) fn set(&self) -> Option<&'static EntityType> {
        match self.root {
            Root::Set(kind) => Some(kind),
            Root::DirectoryObjects | Root::DeletedItems => None,
        }
    }

    /// Adds one segment to what is known so far.
    fn push(&mut self, segment: &str) -> Result<(), Failure> {
        if self.tail != Tail::Itself {
            return Err(Failure::unknown_segment(segment));
        }
        if let Some(tail) = self.tail_of(segment) {
            self.tail = tail;
            return Ok(());
        }
        if segment.to_ascii_lowercase().starts_with("microsoft.graph.") && !segment.starts_with('$') {
            return self.push_cast(segment);
        }
        if segment.starts_with('$') {
            return Err(Failure::unknown_segment(segment));
        }
        if self.key.is_none() && self.cast.is_none() {
            self.key = Some(Key::Segment(segment.to_owned()));
        } else if self.key.is_some() && self.navigation.is_none() {
            match find_navigation(segment, self.root) {
                Some(navigation) => self.navigation = Some(navigation.name.to_owned()),
                None => return Err(Failure::unknown_segment(segment)),
            }
        } else if self.navigation.is_some() && self.item.is_none() && self.cast.is_none() {
            self.item = Some(segment.to_owned());
        } else {
            return Err(Failure::unknown_segment(segment));
        }
        Ok(())
    }

    fn tail_of(&self, segment: &str) -> Option<Tail> {
        match segment {
            "$ref" if self.navigation.is_some() => Some(Tail::Reference),
            "$count" => Some(Tail::Count),
            "delta" | "delta()" | "microsoft.graph.delta" | "microsoft.graph.delta()" if self.has_delta() => {
                Some(Tail::Delta)
            }
            _ => {
                let name = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
                let known = if self.navigation.is_some() {
                    false
                } else if self.key.is_some() {
                    match self.root {
                        Root::Set(entity) => {
                            let (behavior, is_group) = (&entity.behavior, entity.name == "group");
                            let mut known = behavior.actions.iter().chain(behavior.views);
                            known.any(|action| action.name == name) || (is_group && name == EVALUATE)
                        }
                        Root::DeletedItems => name == "restore",
                        Root::DirectoryObjects => {
                            membership::ACTIONS.iter().any(|action| action.name == name)
                        }
                    }
                } else {
                    match self.root {
                        Root::DirectoryObjects => name == "getByIds",
                        Root::Set(entity) => entity.name == "group" && name == EVALUATE,
                        Root::DeletedItems => false,
                    }
                };
                known.then(|| Tail::Action(name.to_owned()))
            }
        }
    }

    /// Whether changes of the collection can be asked for.
    fn has_delta(&self) -> bool {
        self.key.is_none()
            && self.cast.is_none()
            && match self.root {
                Root::Set(kind) => kind.delta.is_some(),
                Root::DirectoryObjects => true,
                Root::DeletedItems => false,
            }
    }

    fn push_cast(&mut self, segment: &str) -> Result<(), Failure> {
        let cast = Cast::parse(segment).ok_or_else(|| Failure::unknown_segment(segment))?;
        let slot = if self.key.is_some() && self.navigation.is_none() {
            &mut self.object_cast
        } else {
            &mut self.cast
        };
        if slot.is_some() {
            return Err(Failure::unknown_segment(segment));
        }
        *slot = Some(cast);
        Ok(())
    }
}

/// Where the segments lead to, and the text in parentheses behind it.
fn parse_root<'a>(
    segments: &mut (impl Iterator<Item = &'a str> + Clone),
) -> Result<(Root, Option<&'a str>), Failure> {
    let first = segments.next().unwrap_or_default();
    let (name, key) = split_key(first);
    if name.eq_ignore_ascii_case("directoryObjects") {
        return Ok((Root::DirectoryObjects, key));
    }
    if !schema::is_container(name) {
        let kind = schema::by_collection(name).ok_or_else(|| Failure::unknown_segment(name))?;
        return Ok((Root::Set(kind), key));
    }
    let second = segments.next().unwrap_or(name);
    if name == "directory" && second.eq_ignore_ascii_case("deletedItems") {
        return Ok((Root::DeletedItems, None));
    }
    let (mut place, mut segment) = (name.to_owned(), second);
    for _ in 0..DEEPEST {
        let (name, key) = split_key(segment);
        place = format!("{place}/{name}");
        if let Some(kind) = schema::by_collection(&place) {
            // What a policy is about may be a set of its own below it.
            let next = segments.clone().next().map(split_key);
            let below = next.and_then(|(name, key)| {
                Some((schema::by_collection(&format!("{place}/{name}")).filter(|_| kind.single)?, key))
            });
            if below.is_some() {
                segments.next();
            }
            let (kind, key) = below.unwrap_or((kind, key));
            return Ok((Root::Set(kind), key));
        }
        segment = segments.next().ok_or_else(|| Failure::unknown_segment(name))?;
    }
    Err(Failure::unknown_segment(segment))
}

/// Whether a relationship of this name can follow the root.
fn find_navigation(name: &str, root: Root) -> Option<&'static Navigation> {
    match root {
        Root::Set(entity) => entity.navigation(name),
        Root::DirectoryObjects | Root::DeletedItems => {
            schema::TYPES.iter().find_map(|entity| entity.navigation(name))
        }
    }
}

/// Splits `users('x')` into the set and the text in parentheses.
fn split_key(segment: &str) -> (&str, Option<&str>) {
    match segment.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')')),
        None => (segment, None),
    }
}

/// Reads the text in parentheses: `'x'`, `x` or `name='x'`.
fn parse_key(root: Root, text: &str) -> Result<Key, Failure> {
    let unquoted = |quoted: &str| match quoted.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')) {
        Some(inner) => inner.replace("''", "'"),
        None => quoted.to_owned(),
    };
    if text.starts_with('\'') || !text.contains('=') {
        return Ok(Key::Segment(unquoted(text)));
    }
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    if name == "id" {
        return Ok(Key::Segment(unquoted(value)));
    }
    let keys = if let Root::Set(entity) = root { entity.alternate_keys } else { &[] };
    let known = keys.iter().find(|key| **key == name);
    let known =
        known.ok_or_else(|| Failure::malformed(format!("The key '{name}' is not a key of the resource.")))?;
    Ok(Key::Alternate(known, unquoted(value)))
}
