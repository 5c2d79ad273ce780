//! Names for objects: what people write, what the tenant uses.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How people name an object: `user:adele.vance@contoso.com`, `group:Retail Managers`.
///
/// Two addresses are equal when their kinds are and their keys differ only in case, as in the directory itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The kind's name: `user`, `group`.
    pub kind: String,
    /// The key within the kind, spelled as first written.
    pub key: String,
}

impl Address {
    /// The object of `kind` with this key.
    pub fn new(kind: impl Into<String>, key: impl Into<String>) -> Self {
        Self { kind: kind.into(), key: key.into() }
    }

    fn folded(&self) -> (&str, String) {
        (&self.kind, self.key.to_lowercase())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind, self.key)
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
            _ => Err(format!("`{text}` is not an address such as `user:adele.vance@contoso.com`")),
        }
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(&other.folded())
    }
}

/// A directory object's id: a GUID in lower case with dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId(String);

impl ObjectId {
    /// Reads a GUID in any case; `None` when `text` is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        let digits = text.chars().all(|character| character == '-' || character.is_ascii_hexdigit());
        (lengths == [8, 4, 4, 4, 12] && digits).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.0
    }
}

impl TryFrom<String> for ObjectId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not an object id (a GUID)"))
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
    pub name: String,
}

impl Target {
    /// An object that exists.
    pub fn existing(id: ObjectId, name: impl Into<String>) -> Self {
        Self { id: Some(id), name: name.into() }
    }

    /// An object this plan creates.
    pub fn created(address: &Address) -> Self {
        Self { id: None, name: address.to_string() }
    }

    fn identity(&self) -> (Option<&ObjectId>, Option<String>) {
        match &self.id {
            Some(id) => (Some(id), None),
            None => (None, Some(self.name.to_lowercase())),
        }
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
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
        self.identity().cmp(&other.identity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_ignore_the_case_of_the_key() {
        assert_eq!(Address::new("user", "A@B.com"), Address::new("user", "a@b.COM"));
        assert_ne!(Address::new("user", "x"), Address::new("group", "x"));
    }

    #[test]
    fn object_ids_are_guids() {
        assert!(ObjectId::parse("7E1F2A3B-0000-4000-8000-0123456789AB").is_some());
        assert!(ObjectId::parse("7e1f2a3b-0000-4000-8000-0123456789a").is_none());
        assert!(ObjectId::parse("../users").is_none());
    }
}
