//! Licences as people and groups hold them.
//!
//! Source: "licenseAssignmentState resource type",
//! <https://learn.microsoft.com/graph/api/resources/licenseassignmentstate>.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use super::sku::guid;
use crate::address::ObjectId;
use crate::kinds::Attribute;
use crate::snapshot::Observed;

/// One way in which a person holds a SKU; several may lead to the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The SKU.
    pub sku: Uuid,
    /// Service plans that are off.
    pub disabled_plans: BTreeSet<Uuid>,
    /// The group that gives it; none when it was assigned to the person directly.
    pub by_group: Option<ObjectId>,
    /// Why the person does not have it after all, or not all of it.
    pub error: Option<AssignmentError>,
}

/// Why a licence was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentError {
    /// Graph's word, such as `CountViolation`.
    pub code: String,
    /// Whether the person has the licence all the same.
    pub active: bool,
}

impl AssignmentError {
    /// The cause in words, and what to do about it.
    pub fn in_words(&self) -> String {
        let words = match self.code.as_str() {
            "CountViolation" => "no seats are left",
            "MutuallyExclusiveViolation" => "a service plan conflicts with one from another product",
            "DependencyViolation" => "a service plan needs another one that the person does not have",
            "ProhibitedInUsageLocationViolation" => {
                "a service may not be used in the country of the usage location"
            }
            "UniquenessViolation" => "a mail address that the licence would make exists already",
            "Other" => "another product of the same group could not be assigned",
            _ => return format!("the service says {}", self.code),
        };
        format!("{words} ({})", self.code)
    }
}

impl Assignment {
    /// Whether it takes up a seat.
    pub fn is_active(&self) -> bool {
        self.error.as_ref().is_none_or(|error| error.active)
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let code =
            Some(text("error")).filter(|error| !error.is_empty() && !error.eq_ignore_ascii_case("None"));
        let state = text("state");
        let error = match state {
            "" | "Active" => None,
            "ActiveWithError" => code.map(|code| (code, true)),
            state => Some((code.unwrap_or(state), false)),
        };
        Some(Self {
            sku: guid(value.get("skuId"))?,
            disabled_plans: disabled_plans(value),
            by_group: value.get("assignedByGroup").and_then(Value::as_str).and_then(ObjectId::parse),
            error: error.map(|(code, active)| AssignmentError { code: code.to_owned(), active }),
        })
    }
}

fn disabled_plans(value: &Value) -> BTreeSet<Uuid> {
    let plans = value.get("disabledPlans").and_then(Value::as_array).into_iter().flatten();
    plans.filter_map(|plan| guid(Some(plan))).collect()
}

/// Every assignment in a property's value: `licenseAssignmentStates` of a user, `assignedLicenses` of a group.
pub fn assignments(property: &Value) -> Vec<Assignment> {
    property.as_array().into_iter().flatten().filter_map(Assignment::from_json).collect()
}

/// What is assigned to an object itself, by SKU: its disabled plans. Attribute is the kind's `licenses`.
pub(crate) fn direct(attribute: &Attribute, live: &Observed) -> BTreeMap<Uuid, BTreeSet<Uuid>> {
    let all = assignments(live.property(attribute.graph)).into_iter();
    all.filter(|assignment| assignment.by_group.is_none())
        .map(|assignment| (assignment.sku, assignment.disabled_plans))
        .collect()
}
