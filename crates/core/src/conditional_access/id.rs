//! Object ids and keywords, as policies name them.

use serde::{Deserialize, Deserializer};

/// An object id or a keyword such as `All`. Case does not count; it is kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(Box<str>);

impl Id {
    /// The id that a text is.
    pub fn new(text: &str) -> Self {
        Self(text.to_ascii_lowercase().into())
    }

    /// Its text in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this id or keyword.
    pub fn is(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

/// Enumeration values that Graph joins with commas; a list of them is read too. `none` is no value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(Vec<String>);

impl Flags {
    /// The value of this name, in any case.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        find(&self.0, name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Flags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = serde_json::Value::deserialize(deserializer)?;
        let text = |value: &serde_json::Value| {
            value.as_str().map(str::to_owned).ok_or_else(|| {
                serde::de::Error::custom("expected values joined with commas, such as \"minor,moderate\"")
            })
        };
        let texts: Vec<String> = match &values {
            serde_json::Value::Array(items) => items.iter().map(text).collect::<Result<_, _>>()?,
            one => vec![text(one)?],
        };
        let names = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        let named = names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("none"));
        Ok(Self(named.map(str::to_owned).collect()))
    }
}

/// The enumeration value of this name, in any case.
pub(super) fn find<'a>(values: &'a [String], name: &str) -> Option<&'a str> {
    values.iter().map(String::as_str).find(|value| value.eq_ignore_ascii_case(name))
}
