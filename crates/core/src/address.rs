//! Names for objects: what people write, what the tenant uses.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

use crate::kinds::by_name;

/// How people name an object: `user:adele.vance@contoso.com`, `group:Retail Managers`; of what a tenant has one, the kind
/// alone: `authorization_policy`.
///
/// Two addresses are equal when their kinds are and their keys differ only in case, as in the directory itself. There is
/// one for every entry of every list, so a copy shares its text with the original.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The kind's name: `user`, `group`.
    pub kind: ArcStr,
    /// The key within the kind, spelled as first written; empty for a kind of which a tenant has one object.
    pub key: ArcStr,
}

impl Address {
    /// The object of `kind` with this key.
    pub fn new(kind: impl Into<ArcStr>, key: impl Into<ArcStr>) -> Self {
        Self { kind: kind.into(), key: key.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => formatter.write_str(&self.kind),
            key => write!(formatter, "{}:{key}", self.kind),
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some((kind, key)) if !kind.is_empty() && !key.is_empty() => Ok(Self::new(kind, key)),
            None if by_name(&text).is_some_and(|kind| kind.shape.is_single()) => Ok(Self::new(text, "")),
            _ => Err(format!("`{text}` is not an address such as `user:adele.vance@contoso.com`")),
        }
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        if self.key.is_ascii() {
            self.key.bytes().for_each(|byte| state.write_u8(byte.to_ascii_lowercase()));
        } else {
            self.key.to_lowercase().bytes().for_each(|byte| state.write_u8(byte));
        }
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.kind.cmp(&other.kind).then_with(|| compare_folded(&self.key, &other.key))
    }
}

/// Compares as `left.to_lowercase().cmp(&right.to_lowercase())` does, without making either where both are ASCII.
pub(crate) fn compare_folded(left: &str, right: &str) -> Ordering {
    let mut pairs = left.bytes().zip(right.bytes());
    let differ = pairs
        .find(|(left, right)| !left.is_ascii() || !right.is_ascii() || !left.eq_ignore_ascii_case(right));
    match differ {
        None => left.len().cmp(&right.len()),
        Some((left, right)) if left.is_ascii() && right.is_ascii() => {
            left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase())
        }
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}

/// An object's id: of a directory object a GUID in lower case with dashes, of some others (policies, assignments) a name
/// that the service chose.
///
/// A GUID's 36 ASCII characters are held in place: a large tenant has a million of them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId(Text);

#[derive(Clone)]
enum Text {
    Guid([u8; 36]),
    Named(ArcStr),
}

/// Longest id that is no GUID, in bytes.
const NAMED_ID: usize = 256;

impl ObjectId {
    /// The GUID of nothing.
    pub(crate) fn nil() -> Self {
        Self(Text::Guid(*b"00000000-0000-0000-0000-000000000000"))
    }

    /// Reads a GUID in any case; `None` when `text` is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes: [u8; 36] = text.as_bytes().try_into().ok()?;
        let fits = |(place, byte): (usize, &u8)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        };
        bytes.iter().enumerate().all(fits).then(|| {
            bytes.make_ascii_lowercase();
            Self(Text::Guid(bytes))
        })
    }

    /// Reads an id as the service writes it: a GUID, or a name of letters, digits and `-._~`, which means the same inside
    /// a path as outside; `None` for everything else.
    pub fn of_service(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let named = (1..=NAMED_ID).contains(&text.len())
            && text.bytes().all(plain)
            && text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        Self::parse(text).or_else(|| named.then(|| Self(Text::Named(text.into()))))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Guid(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Text::Named(name) => name,
        }
    }
}

impl PartialEq for ObjectId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ObjectId {}

impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Text::Guid(left), Text::Guid(right)) => left.cmp(right),
            _ => self.as_str().cmp(other.as_str()),
        }
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ObjectId({:?})", self.as_str())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.as_str().to_owned()
    }
}

impl TryFrom<String> for ObjectId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::of_service(&text).ok_or_else(|| format!("`{text}` is not an object id"))
    }
}

/// What a reference points to once names have met ids: an object of the tenant, or one this plan will create.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The object's id; absent when the plan creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// How to name it to people: an address such as `user:lee.gu@contoso.com`, or `id:GUID` when nothing better is
    /// known. For an object the plan creates, its address.
    pub name: ArcStr,
}

impl Target {
    /// An object that exists.
    pub fn existing(id: ObjectId, name: impl Into<ArcStr>) -> Self {
        Self { id: Some(id), name: name.into() }
    }

    /// An object of which only the id and the entity type (`user`; empty when unknown) were told. Its name is a
    /// placeholder, shared by all of the type, until somebody looks it up.
    pub fn unnamed(id: ObjectId, entity: &str) -> Self {
        let name = match entity {
            "user" => arcstr::literal!("user:"),
            "group" => arcstr::literal!("group:"),
            "device" => arcstr::literal!("device:"),
            "servicePrincipal" => arcstr::literal!("app:"),
            "" => arcstr::literal!("id:"),
            other => format!("{other}:").into(),
        };
        Self { id: Some(id), name }
    }

    /// Whether the name is a placeholder.
    pub fn is_unnamed(&self) -> bool {
        self.name.ends_with(':')
    }

    /// The kind in front of the name, or the entity type of what is of no kind.
    pub fn prefix(&self) -> &str {
        self.name.split_once(':').map_or("", |(prefix, _)| prefix)
    }

    /// An object this plan creates.
    pub fn created(address: &Address) -> Self {
        Self { id: None, name: address.to_string().into() }
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Target {}

impl PartialOrd for Target {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Target {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.id, &other.id) {
            (None, None) => compare_folded(&self.name, &other.name),
            (left, right) => left.cmp(right),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

    use super::*;

    #[test]
    fn addresses_ignore_the_case_of_the_key() {
        assert_eq!(Address::new("user", "A@B.com"), Address::new("user", "a@b.COM"));
        assert_ne!(Address::new("user", "x"), Address::new("group", "x"));
    }

    #[test]
    fn comparing_without_case_is_comparing_what_is_lower_case() {
        let texts = [
            "", "a", "A", "ab", "aB", "b", "Z", "[", "É", "é", "éa", "aé", "aÉ", "aÉb", "İ", "i", "ß", "K",
            "k",
        ];
        for left in texts {
            for right in texts {
                let expected = left.to_lowercase().cmp(&right.to_lowercase());
                assert_eq!(compare_folded(left, right), expected, "{left} and {right}");
                let hash = |text| {
                    BuildHasherDefault::<DefaultHasher>::default().hash_one(Address::new("group", text))
                };
                assert!(expected.is_ne() || hash(left) == hash(right), "{left} and {right}");
            }
        }
    }

    #[test]
    fn object_ids_are_guids() {
        assert!(ObjectId::parse("7E1F2A3B-0000-4000-8000-0123456789AB").is_some());
        assert!(ObjectId::parse("7e1f2a3b-0000-4000-8000-0123456789a").is_none());
        assert!(ObjectId::parse("../users").is_none());
    }

    #[test]
    fn ids_of_the_service_never_change_a_path() {
        let id = |text| ObjectId::of_service(text).map(String::from);
        assert_eq!(id("authorizationPolicy").as_deref(), Some("authorizationPolicy"));
        assert_eq!(
            id("7E1F2A3B-0000-4000-8000-0123456789AB").as_deref(),
            Some("7e1f2a3b-0000-4000-8000-0123456789ab")
        );
        for hostile in ["", ".", "..", "../users", "a/b", "a?b", "a#b", "a%2fb", "a b", "ä", &"a".repeat(257)]
        {
            assert_eq!(id(hostile), None, "{hostile}");
        }
    }
}
