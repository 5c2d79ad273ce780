//! The plan: what will be done, why, and what it rests on. Text, Markdown and JSON are views of it; a saved plan is
//! this, as JSON.

mod approve;
mod build;
mod digest;
pub(crate) mod exclusion;
mod file;
mod in_use;
mod license;
mod licenses;
mod operation;
mod review;
mod schedule;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use approve::{Allowance, Approved, Refused};
pub use build::{Options, between};
pub use digest::observed_digest;
pub use file::{PlanFileError, from_json, to_json};
pub use license::{Adjusted, License, PlanName, SkuName};
pub use operation::{Create, Operation, ScheduleAction, ScheduleWrite, Subject, Verb, operations};
pub use review::{stale, unfulfilled};
pub use schedule::{Ends, Rescheduled, Scheduled, Scope, Ticket, Unscheduled};

use crate::address::{Address, ObjectId, Target};
use crate::checks;
use crate::impact::Impact;
use crate::kinds::{KeyRule, Kind, reference};
use crate::movement::{self, Question};
use crate::rule::{ObjectKind, Rule};
use crate::schedules::activated::Doubtful;
use crate::snapshot::{ReadCost, ReadPart, Snapshot, TenantFacts};

/// Version of the plan's JSON form. A tool reads only its own.
pub const FORMAT_VERSION: u32 = 4;

/// What will be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a plan nobody reads changes nothing"]
pub struct Plan {
    /// [`FORMAT_VERSION`] of the tool that made it.
    pub format_version: u32,
    /// The tenant it is for.
    pub tenant: TenantFacts,
    /// The configuration folder as it was given, for the journal and the sandbox's state.
    pub directory: String,
    /// Objects the configuration declares.
    pub declared: usize,
    /// What will be done, in the order of the kind table, then by address.
    pub steps: Vec<Step>,
    /// What it does beyond the objects that it writes.
    #[serde(default, skip_serializing_if = "Impact::is_empty")]
    pub impact: Impact,
    /// Who joins and leaves groups and units through rules that this plan changes, or because it changes people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub movements: Vec<Movement>,
    /// What people should know before they approve; refusals among them.
    pub notes: Vec<Note>,
    /// The manual register, by name: no part of what will be done.
    pub manual: Vec<ManualCheck>,
    /// Objects that are not declared and are left alone.
    pub unmanaged: Vec<Unmanaged>,
    /// `[handover] recipients`: who can open the file with initial passwords.
    pub handover: Vec<String>,
    /// HTTP writes that apply will send, batches counted by their items.
    pub writes: usize,
    /// How the tenant was read: what two plans of the same tenant may differ in.
    pub reading: Vec<ReadPart>,
}

impl Plan {
    /// Objects that the plan takes out of link lists and values and has no name for but their id.
    pub fn unnamed(&self) -> BTreeSet<ObjectId> {
        let changes = self.steps.iter().flat_map(|step| &step.changes);
        let lost = changes.flat_map(|change| match change {
            Change::Links { removed, .. } => removed.iter().map(|removed| removed.target.clone()).collect(),
            Change::Value { before, .. } => reference::targets(before),
            Change::Assignments { removed, .. } => {
                removed.iter().map(|removed| removed.member.clone()).collect()
            }
            Change::Schedules { changed, removed, .. } => {
                let changed = changed.iter().map(|changed| (&changed.member, &changed.scope));
                let removed = removed.iter().map(|removed| (&removed.member, &removed.scope));
                let ends = changed.chain(removed);
                ends.flat_map(|(member, scope)| {
                    [member.clone()].into_iter().chain(scope.as_ref().map(|scope| scope.target.clone()))
                })
                .collect()
            }
            Change::Licenses { .. } => Vec::new(),
        });
        lost.filter(Target::is_unnamed).filter_map(|target| target.id).collect()
    }

    /// Objects that the plan writes to and that are in a restricted administrative unit, of which
    /// [`Snapshot::restricted`] says nothing yet, with their kinds.
    pub fn restricted(&self, snapshot: &Snapshot) -> BTreeMap<ObjectId, &'static Kind> {
        checks::restricted::in_question(self, snapshot)
    }

    /// What the plan takes away and activations under way may explain, of which [`Snapshot::activated`] says nothing yet.
    pub fn doubtful(&self, snapshot: &Snapshot) -> Doubtful {
        Doubtful::of(self, &snapshot.activated)
    }

    /// Whether the tenant's rule-driven groups have to be listed, to know which of them the plan's changes of people
    /// concern.
    pub fn lists_rule_driven_groups(&self, snapshot: &Snapshot) -> bool {
        movement::lists_groups(&self.steps, snapshot)
    }

    /// What has to be read to say who joins and leaves through rules; nothing when that was read, or nobody can move.
    pub fn candidates(&self, snapshot: &Snapshot) -> Option<Question> {
        movement::question(&self.steps, snapshot)
    }

    /// Who moves through the rule of this group or unit.
    pub fn movement(&self, address: &Address) -> Option<&Movement> {
        self.movements.iter().find(|movement| movement.address == *address)
    }

    /// Whether part of the tenant was not read for this plan, only what changed of it since an earlier reading.
    pub fn rests_on_earlier_readings(&self) -> bool {
        self.reading.iter().any(|part| part.chosen.way == ReadCost::CHANGES)
    }
}

/// What will be done to one object.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The object.
    pub address: Address,
    /// What will be done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The live (or soft-deleted) object's id; absent when it will be created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// What the tenant calls the object, when that is not its key here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// Attribute by attribute, in the order of the kind table.
    pub changes: Vec<Change>,
    /// Properties that the service would lose if the write did not repeat them, by Graph name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub carried: Map<String, Value>,
    /// Objects of this plan that must exist, or be restored, first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Address>,
    /// Objects of this plan that are written first, for the sake of licences, whether that succeeds or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<Address>,
    /// SHA-256 of the observed values that the step rests on, in lower-case hex.
    pub rests_on: String,
}

/// Who joins and who leaves one group or unit through its rule, once the plan is applied and the service has evaluated
/// the rule: minutes later, or hours in a large tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// The group or unit.
    pub address: Address,
    /// Its id; absent when the plan creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// The rule after the plan.
    pub rule: String,
    /// Whether the plan changes the rule; otherwise people change, and only they were looked at.
    pub rule_changes: bool,
    /// Members now, when the rule changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<usize>,
    /// Members afterwards, when the rule changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<usize>,
    /// Users (or devices) that the tenant will have, when the rule changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<usize>,
    /// Who joins, by name.
    pub joins: Vec<Target>,
    /// Who leaves, by name.
    pub leaves: Vec<Target>,
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It does not exist and will.
    Create,
    /// It is in the deleted items and will be brought back, then changed.
    Restore,
    /// It exists and will be changed.
    Update,
    /// It exists and will be deleted.
    Delete,
}

/// Why a step is in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Declared and not in the tenant.
    Missing,
    /// Declared, and found in the deleted items.
    SoftDeleted,
    /// The live object differs from its declaration.
    Differs,
    /// Declared with `absent = true`.
    DeclaredAbsent,
    /// Not declared, and its kind is managed as `exact`.
    Undeclared,
    /// Declared by the base revision and no longer.
    NoLongerDeclared,
}

/// What becomes of one attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// A value.
    Value {
        /// The attribute's TOML name.
        attribute: String,
        /// What it is, in Graph's form; `null` when unset or not known.
        before: Value,
        /// What it will be; `null` or `[]` clears it.
        after: Value,
    },
    /// Licences assigned to the object itself; written in one request, so that a swap leaves nobody without either.
    Licenses {
        /// The attribute's TOML name.
        attribute: String,
        /// Products that will be assigned.
        added: Vec<License>,
        /// Products that stay, with other service plans.
        adjusted: Vec<Adjusted>,
        /// Products that will be taken away.
        removed: Vec<License>,
        /// Set when the service is asked to try again to give what groups give: why it may work by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reprocess: Option<String>,
    },
    /// Role assignments: each is made and taken away by itself.
    Assignments {
        /// The attribute's TOML name.
        attribute: String,
        /// Assignments that will be made.
        added: Vec<Assigned>,
        /// Assignments that will be taken away.
        removed: Vec<Unassigned>,
        /// How many there are now.
        before: usize,
    },
    /// Who holds or may activate something, and until when: each by requests of its own.
    Schedules {
        /// The attribute's TOML name.
        attribute: String,
        /// Schedules that will be made.
        added: Vec<Scheduled>,
        /// Schedules that will end at another time.
        changed: Vec<Rescheduled>,
        /// Schedules that will be ended.
        removed: Vec<Unscheduled>,
        /// How many there are now.
        before: usize,
        /// Whether the tenant has no Privileged Identity Management, so that these are plain role assignments.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        plain: bool,
    },
    /// References.
    Links {
        /// The attribute's TOML name.
        attribute: String,
        /// References that will be added.
        added: Vec<Added>,
        /// References that will be removed.
        removed: Vec<Removed>,
        /// How many references the object has now, as far as was read.
        before: usize,
        /// Set when the service does this by itself, as a consequence of another change: why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consequence: Option<String>,
    },
}

/// A reference that will be added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// What it points to.
    pub target: Target,
    /// The last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Why it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A reference that will be removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// What it points to.
    pub target: Target,
    /// The last day on which it held, when that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// A role assignment that will be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The role.
    pub role: Target,
    /// Who will hold it.
    pub member: Target,
    /// The last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Why it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A role assignment that will be taken away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unassigned {
    /// The assignment's own id.
    pub id: ObjectId,
    /// The role.
    pub role: Target,
    /// Who holds it.
    pub member: Target,
    /// The last day on which it held, when that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// Something people should know before they approve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Stable kebab-case name of the rule.
    pub code: String,
    /// How grave it is.
    pub level: Level,
    /// The object it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What is the matter.
    pub message: String,
    /// Everybody it is about, when the message names but the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Target>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// For a refusal that can be overridden: the `--allow` that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<Allowance>,
}

/// How grave a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// Worth a look.
    Warning,
    /// The plan must not be applied.
    Refusal,
}

/// A setting of the manual register, as of the plan's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManualCheck {
    /// What it is called.
    pub name: String,
    /// Who looks after it: words, or a reference as written.
    pub owner: String,
    /// How it shall be, in words.
    pub expected: String,
    /// The day on which somebody looked last, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Date>,
    /// The last day for which that look is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// Whether somebody has to look now: that day is past, or nobody ever looked.
    pub overdue: bool,
}

/// Undeclared objects of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmanaged {
    /// The kind's name.
    pub kind: String,
    /// How many.
    pub count: usize,
    /// Their addresses, when they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Address>,
}

impl Change {
    /// The attribute's TOML name.
    pub fn attribute(&self) -> &str {
        match self {
            Self::Value { attribute, .. }
            | Self::Licenses { attribute, .. }
            | Self::Assignments { attribute, .. }
            | Self::Schedules { attribute, .. }
            | Self::Links { attribute, .. } => attribute,
        }
    }
}

impl Step {
    /// Values after the step by attribute name, links not among them.
    pub fn values_after(&self) -> BTreeMap<String, Value> {
        let values = self.changes.iter().filter_map(|change| match change {
            Change::Value { attribute, after, .. } => Some((attribute.clone(), after.clone())),
            Change::Links { .. }
            | Change::Assignments { .. }
            | Change::Schedules { .. }
            | Change::Licenses { .. } => None,
        });
        values.collect()
    }

    /// The values by which the step's object can be found once the step is done.
    pub fn names(&self, kind: &'static Kind) -> impl Iterator<Item = (&'static KeyRule, String)> {
        let graph_names: BTreeMap<String, Value> = self
            .values_after()
            .into_iter()
            .map(|(name, value)| (kind.graph_name(&name).to_owned(), value))
            .collect();
        kind.keys
            .iter()
            .filter_map(move |rule| Some((rule, graph_names.get(rule.property)?.as_str()?.to_owned())))
    }

    /// The declared value of an attribute after the step, when the step changes it.
    pub fn after(&self, name: &str) -> Option<&Value> {
        self.changes.iter().find_map(|change| match change {
            Change::Value { attribute, after, .. } if attribute == name => Some(after),
            _ => None,
        })
    }
}

impl Movement {
    /// Whether devices move; users do otherwise.
    pub fn is_about_devices(&self) -> bool {
        Rule::parse(&self.rule).is_ok_and(|rule| rule.object() == ObjectKind::Device)
    }
}

impl Plan {
    /// Whether the tenant is as declared.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many steps do this.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// Notes that forbid applying.
    pub fn refusals(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(|note| note.level == Level::Refusal)
    }
}

impl Note {
    /// A note of this level about `address`.
    pub fn new(code: &str, level: Level, address: Option<Address>, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            level,
            address,
            message: message.into(),
            people: Vec::new(),
            help: None,
            allowed_by: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
