//! The naming policy of Microsoft 365 groups: what the service makes of their names when they are created or renamed.
//!
//! Whether applications are subject to it is not documented, so a group may go by the name that was sent or by what the
//! policy makes of it, and both are as declared. Attributes in a policy are those of whoever creates a group.
//!
//! Source: "Enforce a group naming policy on Microsoft 365 groups",
//! <https://learn.microsoft.com/entra/identity/users/groups-naming-policy>.

use regex::{Regex, escape};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::desired::Configuration;
use crate::snapshot::{Observed, Snapshot};

/// The kind that holds it, and the names of its settings.
const KIND: &str = "group_settings";
const REQUIREMENT: &str = "PrefixSuffixNamingRequirement";
const BLOCKED: &str = "CustomBlockedWordsList";

/// Stands for the name that somebody gave.
pub(crate) const GROUP_NAME: &str = "[GroupName]";

/// Attributes of whoever creates a group; other words in brackets are text.
const ATTRIBUTES: &[&str] =
    &["[Department]", "[Company]", "[Office]", "[StateOrProvince]", "[CountryOrRegion]", "[Title]"];

/// Longest name with what the policy adds, in characters.
pub(crate) const LONGEST: usize = 63;

/// A naming policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamingPolicy {
    /// Fixed text and attributes around `[GroupName]`; empty when nothing is added.
    pub requirement: String,
    /// Names that no group may have, in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
}

/// The policies that a plan's groups may meet: the tenant's own, then the one that the plan brings about.
pub(crate) fn policies(configuration: &Configuration, snapshot: &Snapshot) -> Vec<NamingPolicy> {
    let live = snapshot.kinds.get(KIND).and_then(|seen| seen.objects.first());
    let before = live.map(|live| live.properties.clone()).unwrap_or_default();
    let after = after(configuration, live, before.clone());
    let mut policies: Vec<NamingPolicy> = [before, after].iter().filter_map(NamingPolicy::of).collect();
    policies.dedup();
    policies
}

/// The settings as they will be.
fn after(
    configuration: &Configuration,
    live: Option<&Observed>,
    mut settings: Map<String, Value>,
) -> Map<String, Value> {
    let of_kind = |kind: &str| kind == KIND;
    let Some(declared) = configuration.objects.values().find(|declared| of_kind(&declared.address.kind))
    else {
        return settings;
    };
    if declared.absent {
        return Map::new();
    }
    for (attribute, property) in
        [("prefix_suffix_naming_requirement", REQUIREMENT), ("custom_blocked_words_list", BLOCKED)]
    {
        let kind = crate::kinds::by_name(KIND).and_then(|kind| kind.attribute(attribute));
        if let (Some(kind), Some(value)) = (kind, declared.value(attribute)) {
            let held = live.map_or(&Value::Null, |live| live.property(property));
            let whole = crate::kinds::comparison::whole(&kind.value, value.clone(), held);
            settings.insert(property.to_owned(), whole);
        }
    }
    settings
}

impl NamingPolicy {
    fn of(settings: &Map<String, Value>) -> Option<Self> {
        let requirement = settings.get(REQUIREMENT).and_then(Value::as_str).unwrap_or_default().to_owned();
        let blocked = settings.get(BLOCKED).and_then(Value::as_array).into_iter().flatten();
        let blocked: Vec<String> = blocked.filter_map(Value::as_str).map(str::to_owned).collect();
        (!requirement.is_empty() || !blocked.is_empty()).then_some(Self { requirement, blocked })
    }

    /// What a group becomes that somebody calls `name`, with attributes as they stand in the policy.
    pub(crate) fn applied(&self, name: &str) -> String {
        match self.requirement.split_once(GROUP_NAME) {
            Some((prefix, suffix)) if !self.is_met(name) => format!("{prefix}{name}{suffix}"),
            _ => name.to_owned(),
        }
    }

    /// Whether the service may make `shown` of the name `given`.
    pub(crate) fn makes(&self, given: &str, shown: &str) -> bool {
        given == shown || self.pattern(&escape(given)).is_some_and(|pattern| pattern.is_match(shown))
    }

    /// The blocked word that a name is.
    pub(crate) fn blocks(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        self.blocked.iter().map(String::as_str).find(|word| word.to_lowercase() == name)
    }

    /// Whether a name is as the policy wants it already.
    fn is_met(&self, name: &str) -> bool {
        self.pattern(".+").is_some_and(|pattern| pattern.is_match(name))
    }

    /// The names that the policy makes of what `name` matches.
    fn pattern(&self, name: &str) -> Option<Regex> {
        let (prefix, suffix) = self.requirement.split_once(GROUP_NAME)?;
        Regex::new(&format!("(?s)^{}{name}{}$", side(prefix), side(suffix))).ok()
    }
}

/// One side of a policy as a pattern: attributes can be anything.
fn side(text: &str) -> String {
    ATTRIBUTES.iter().fold(escape(text), |pattern, attribute| pattern.replace(&escape(attribute), ".*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(requirement: &str) -> NamingPolicy {
        NamingPolicy { requirement: requirement.to_owned(), blocked: vec!["CEO".to_owned()] }
    }

    #[test]
    fn prefix_and_suffix_are_added_once() {
        let policy = policy("GRP_[GroupName]_x");
        assert_eq!(policy.applied("Sales"), "GRP_Sales_x");
        assert_eq!(policy.applied("GRP_Sales_x"), "GRP_Sales_x");
        assert!(policy.makes("Sales", "Sales") && policy.makes("Sales", "GRP_Sales_x"));
        assert!(!policy.makes("Sales", "GRP_Retail_x") && !policy.makes("Sales", "Sales_x"));
    }

    #[test]
    fn attributes_stand_for_any_text_and_other_brackets_for_themselves() {
        let policy = policy("[Department].[GroupName] [Team]");
        assert_eq!(policy.applied("Sales"), "[Department].Sales [Team]");
        assert!(policy.makes("Sales", "Retail.Sales [Team]") && policy.makes("Sales", ".Sales [Team]"));
        assert!(!policy.makes("Sales", "RetailxSales [Team]") && !policy.makes("Sales", "Retail.Sales T"));
        assert!(policy.makes("a.*(b", "x.a.*(b [Team]"), "names are no patterns");
    }

    #[test]
    fn blocked_words_are_whole_names_in_any_case() {
        assert_eq!(policy("").blocks("ceo"), Some("CEO"));
        assert_eq!(policy("").blocks("CEOs"), None);
        assert_eq!(policy("").applied("Sales"), "Sales");
    }
}
