//! Filters: rules over the attributes of a device, an application or a workload identity.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::rule::{Columns, Language, Object, Program, Rule, Semantics};

/// What a filter does with what its rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// The policy applies to it only.
    Include,
    /// The policy does not apply to it.
    Exclude,
}

/// A filter with a rule of one language.
#[derive(Debug, Deserialize)]
pub struct Filter<R> {
    /// What it does with what the rule matches.
    pub mode: Mode,
    /// The rule.
    pub rule: R,
}

/// A rule, ready to be asked.
#[derive(Debug)]
struct Prepared {
    columns: Columns,
    program: Program,
}

/// A rule about devices, such as `device.model -eq "Surface"`.
#[derive(Debug)]
pub struct DeviceRule(Prepared);

/// A rule about custom security attributes, such as `CustomSecurityAttribute.Apps_Tier -eq "0"`.
#[derive(Debug)]
pub struct AttributeRule(Prepared);

impl DeviceRule {
    /// Whether a device meets it. Of a device that is not registered, every attribute is null, so that it meets what is
    /// said with negative operators.
    pub fn matches(&self, attributes: &Map<String, Value>) -> bool {
        self.0.matches(attributes)
    }
}

impl AttributeRule {
    /// Whether an object with these attributes, `Set_Attribute` each, meets it.
    pub fn matches(&self, attributes: &Map<String, Value>) -> bool {
        self.0.matches(attributes)
    }
}

impl Prepared {
    fn read<'de, D: Deserializer<'de>>(language: Language, deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refused = |error: crate::rule::RuleError| {
            serde::de::Error::custom(format!("{} (at character {})", error.message, error.offset))
        };
        let rule = Rule::parse_as(language, &text).map_err(refused)?;
        let mut columns = Columns::default();
        // No attribute is a date, so it is of no importance when it is now.
        let program = rule.compile(&mut columns, Semantics::default(), Timestamp::UNIX_EPOCH);
        Ok(Self { columns, program })
    }

    fn matches(&self, attributes: &Map<String, Value>) -> bool {
        self.program.matches(&self.columns.read(Object::Named(attributes)))
    }
}

impl<'de> Deserialize<'de> for DeviceRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Prepared::read(Language::DeviceFilter, deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for AttributeRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Prepared::read(Language::ApplicationFilter, deserializer).map(Self)
    }
}

/// Custom security attributes as rules name them: Graph's `{"Set": {"Attribute": …}}`, or `Set_Attribute` already.
pub(super) fn flattened(attributes: &Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in attributes {
        match value {
            Value::Object(set) => {
                flat.extend(set.iter().map(|(inner, value)| (format!("{name}_{inner}"), value.clone())))
            }
            value => {
                let name = name.strip_prefix("CustomSecurityAttribute.").unwrap_or(name);
                flat.insert(name.to_owned(), value.clone());
            }
        }
    }
    flat
}
