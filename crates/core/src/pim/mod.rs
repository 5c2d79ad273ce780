//! Settings of Privileged Identity Management: how long a role, or membership and ownership of a group, may be held and
//! activated, what an activation takes, who approves it, who is told.
//!
//! Each role has one policy of 17 rules, and each group one for its members and one for its owners. Configurations and
//! plans speak of values (`activation.maximum_duration`); [`rules`] maps the rules to them and back, and nothing else
//! knows rules. A rule is always written whole, with the target that was read: the service takes a rule without one
//! and spoils the policy.
//!
//! Source: "Overview of role management policies in PIM",
//! <https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>.

pub(crate) mod attributes;
mod check;
mod patch;
mod terms;
pub mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(crate) use check::{activation_of, offline, settle};
pub use patch::RulePatch;
pub(crate) use patch::{carried, patches};
pub(crate) use terms::check as check_terms;

use crate::address::ObjectId;
use crate::kinds::{Attribute, Kind, ScheduleOf, reference};

/// What a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// A directory role.
    Role,
    /// Membership of a group.
    Member,
    /// Ownership of a group.
    Owner,
}

impl Relation {
    /// What a policy assignment of a group has in the place of a role's id; for a role, nothing.
    pub fn access(self) -> Option<&'static str> {
        match self {
            Self::Role => None,
            Self::Member => Some("member"),
            Self::Owner => Some("owner"),
        }
    }

    /// The property under which an object that was read holds the rules of its policy, as they were read.
    pub fn property(self) -> &'static str {
        match self {
            Self::Role => "policy/role",
            Self::Member => "policy/member",
            Self::Owner => "policy/owner",
        }
    }
}

/// A part of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What an activation takes.
    Activation,
    /// How long somebody may be eligible.
    Eligibility,
    /// How long somebody may be assigned.
    Active,
    /// Who is told what.
    Notifications,
}

impl Section {
    /// The section's name among the values of a policy.
    pub fn key(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Eligibility => "eligibility",
            Self::Active => "active",
            Self::Notifications => "notifications",
        }
    }
}

/// Which part of which policy of its object an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyPart {
    /// The policy.
    pub relation: Relation,
    /// The part; the whole policy when there is none.
    pub section: Option<Section>,
}

impl PolicyPart {
    /// This part of a policy's values.
    fn of(self, values: &Map<String, Value>) -> Value {
        match self.section {
            Some(section) => values.get(section.key()).cloned().unwrap_or_default(),
            None => Value::Object(values.clone()),
        }
    }

    /// The sections of an attribute's value.
    fn sections(self, value: &Value) -> Vec<(&'static str, &Value)> {
        const ALL: [Section; 4] =
            [Section::Activation, Section::Eligibility, Section::Active, Section::Notifications];
        match self.section {
            Some(section) => vec![(section.key(), value)],
            None => ALL.iter().filter_map(|one| Some((one.key(), value.get(one.key())?))).collect(),
        }
    }
}

/// The properties of an object that come from the rules of one of its policies, as they were read: the value of each
/// attribute, and the rules themselves.
pub fn properties(kind: &Kind, relation: Relation, rules: &[Value]) -> Map<String, Value> {
    let values = rules::values(rules);
    let parts = attributes_of(kind).filter(|(_, part)| part.relation == relation);
    let properties = parts.map(|(attribute, part)| (attribute.graph.to_owned(), part.of(&values)));
    properties.chain([(relation.property().to_owned(), Value::Array(rules.to_vec()))]).collect()
}

/// Whether an activation takes an approval by these rules, and whose.
pub fn approval(rules: &[Value]) -> (bool, BTreeSet<ObjectId>) {
    let activation = rules::values(rules).remove(Section::Activation.key()).unwrap_or_default();
    let required = activation.get("approvalRequired").and_then(Value::as_bool).unwrap_or(false);
    let approvers = activation.get("approvers").map(reference::targets).unwrap_or_default();
    (required, approvers.into_iter().filter_map(|approver| approver.id).collect())
}

/// The settings of how long something may be assigned, which may stand beside the list of those it is assigned to.
pub(crate) fn beside(kind: &Kind, attribute: &Attribute) -> Option<&'static Attribute> {
    attribute.schedules().filter(|schedules| schedules.of == ScheduleOf::Role && !schedules.eligible)?;
    let settings = PolicyPart { relation: Relation::Role, section: Some(Section::Active) };
    attributes_of(kind).find(|(_, part)| *part == settings).map(|(attribute, _)| attribute)
}

/// The attributes of a kind that stand in policies.
pub fn attributes_of(kind: &Kind) -> impl Iterator<Item = (&'static Attribute, PolicyPart)> + use<> {
    kind.attributes.iter().filter_map(|attribute| Some((attribute, attribute.policy?)))
}

/// The ids of the rules in which a value stands: of the attribute itself, or of the member at the end of `names`.
pub(crate) fn rules_behind(attribute: &Attribute, names: &[String]) -> Vec<&'static str> {
    let Some(part) = attribute.policy else { return Vec::new() };
    let section = part.section.map(Section::key).into_iter().map(str::to_owned);
    let sought: Vec<String> = section.chain(names.iter().map(|name| name.replace('_', ""))).collect();
    let stands = |rule: &&rules::Rule| {
        let path = [rule.section.key()].into_iter().chain(rule.path.iter().copied());
        let values = rule.values.iter().map(|value| path.clone().chain([*value]).collect::<Vec<_>>());
        let mut values = values.map(|path| path.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>());
        values.any(|path| path.starts_with(&sought))
    };
    rules::RULES.iter().filter(stands).map(|rule| rule.id).collect()
}
