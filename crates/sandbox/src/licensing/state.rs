//! One path on which a user has, or should have, a product: an entry of `licenseAssignmentStates`.
//! <https://learn.microsoft.com/graph/api/resources/licenseassignmentstate>

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::{Object, id_of};

/// One path on which a user has, or should have, a product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State {
    /// The group that grants it; `None` when it is assigned directly.
    pub(super) group: Option<Uuid>,
    pub(super) sku: Uuid,
    pub(super) disabled: BTreeSet<Uuid>,
    /// Whether the user has the product on this path.
    pub(super) active: bool,
    /// Why it is not as it should be.
    pub(super) error: Option<Violation>,
    /// When it last became what it is.
    pub(super) since: String,
}

/// Why a product cannot be assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Violation {
    Count,
    MutuallyExclusive,
    Dependency,
    ProhibitedInUsageLocation,
    Uniqueness,
    /// Another product of the same group cannot be assigned.
    Other,
}

const NAMES: &[(Violation, &str)] = &[
    (Violation::Count, "CountViolation"),
    (Violation::MutuallyExclusive, "MutuallyExclusiveViolation"),
    (Violation::Dependency, "DependencyViolation"),
    (Violation::ProhibitedInUsageLocation, "ProhibitedInUsageLocationViolation"),
    (Violation::Uniqueness, "UniquenessViolation"),
    (Violation::Other, "Other"),
];

impl State {
    /// All states of a user.
    pub(super) fn all(user: &Object) -> Vec<Self> {
        let states = user.get("licenseAssignmentStates").and_then(Value::as_array);
        states.into_iter().flatten().filter_map(Self::read).collect()
    }

    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str();
        let error = text("error").and_then(|text| NAMES.iter().find(|(_, name)| *name == text));
        Some(Self {
            group: text("assignedByGroup").map(id_of),
            sku: text("skuId").map(id_of)?,
            disabled: guids(&value["disabledPlans"]),
            active: matches!(text("state"), Some("Active" | "ActiveWithError")),
            error: error.map(|(violation, _)| *violation),
            since: text("lastUpdatedDateTime").unwrap_or_default().to_owned(),
        })
    }

    /// As Graph writes it.
    pub(super) fn show(&self) -> Value {
        let state = match (self.active, self.error) {
            (true, None) => "Active",
            (true, Some(_)) => "ActiveWithError",
            (false, _) => "Error",
        };
        let error = NAMES.iter().find(|(violation, _)| self.error == Some(*violation));
        json!({
            "assignedByGroup": self.group,
            "disabledPlans": self.disabled,
            "error": error.map_or("None", |(_, name)| name),
            "lastUpdatedDateTime": self.since,
            "skuId": self.sku,
            "state": state,
        })
    }

    /// Whether it is the same path.
    pub(super) fn is_path(&self, group: Option<Uuid>, sku: Uuid) -> bool {
        self.group == group && self.sku == sku
    }

    /// The same state, with the time since when it is so if it was so before.
    pub(super) fn since_before(mut self, before: &[Self]) -> Self {
        let same = |state: &&Self| Self { since: self.since.clone(), ..Self::clone(state) } == self;
        if let Some(found) = before.iter().find(same) {
            self.since.clone_from(&found.since);
        }
        self
    }
}

/// The ids in a list.
pub(super) fn guids(list: &Value) -> BTreeSet<Uuid> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(id_of).collect()
}
