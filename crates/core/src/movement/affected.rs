//! Which rules a plan makes the service evaluate anew.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::address::{Address, ObjectId};
use crate::kinds::{self, KINDS, Kind, Type};
use crate::plan::{Action, Change, Step};
use crate::rule::{Columns, ObjectKind, Rule, Semantics};
use crate::snapshot::{Observed, Snapshot};

/// A rule that decides anew, because it changes or because people do.
pub(super) struct Affected {
    pub(super) kind: &'static Kind,
    pub(super) address: Address,
    /// None for a group or unit that the plan creates.
    pub(super) id: Option<ObjectId>,
    pub(super) rule: Rule,
    /// Whether the rule itself is new, so that everybody is looked at.
    pub(super) rule_changes: bool,
}

/// What rules ask for.
pub(super) fn columns<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Columns {
    let mut columns = Columns::default();
    for rule in rules {
        rule.compile(&mut columns, Semantics::default(), Timestamp::UNIX_EPOCH);
    }
    columns
}

/// The attribute that holds the rule of a kind's objects, and the one that says whether it is processed.
const RULE: &str = "membership_rule";
const STATE: &str = "membership_rule_processing_state";

fn is_rule_driven(kind: &Kind) -> bool {
    kind.attributes.iter().any(|attribute| matches!(attribute.value, Type::Rule))
}

/// Every rule that a plan affects, in the order of the kind table, then by address.
pub(super) fn affected(steps: &[Step], snapshot: &Snapshot) -> Vec<Affected> {
    let mut affected: Vec<Affected> = steps.iter().filter_map(|step| by_step(step, snapshot)).collect();
    let changes = PeopleChanges::of(steps);
    let stepped: BTreeSet<&ObjectId> = affected.iter().filter_map(|one| one.id.as_ref()).collect();
    let removed = steps.iter().filter(|step| step.action == Action::Delete);
    let removed: BTreeSet<&ObjectId> = removed.filter_map(|step| step.id.as_ref()).collect();
    let others: Vec<Affected> = rule_driven(snapshot)
        .filter(|(_, live)| !stepped.contains(&live.id) && !removed.contains(&live.id))
        .filter_map(|(kind, live)| by_people(kind, live, steps, &changes))
        .collect();
    affected.extend(others);
    // Rules on memberOf are evaluated no more; nobody moves through them.
    affected.retain(|one| !columns([&one.rule]).needs_groups());
    let order = |one: &Affected| KINDS.iter().position(|kind| kind.name == one.kind.name);
    affected
        .sort_by(|left, right| order(left).cmp(&order(right)).then_with(|| left.address.cmp(&right.address)));
    affected
}

fn seen<'a>(kind: &Kind, id: Option<&ObjectId>, snapshot: &'a Snapshot) -> Option<&'a Observed> {
    let seen = snapshot.kinds.get(kind.name)?;
    seen.objects.iter().chain(&seen.deleted).find(|live| Some(&live.id) == id)
}

/// The rule of a step's object, when the step changes it or has it processed.
fn by_step(step: &Step, snapshot: &Snapshot) -> Option<Affected> {
    let kind = kinds::by_name(&step.address.kind).filter(|kind| is_rule_driven(kind))?;
    let live = seen(kind, step.id.as_ref(), snapshot);
    let after = |name: &str, graph: &str| match step.after(name) {
        Some(after) => after.as_str().unwrap_or_default().to_owned(),
        None => live.map_or(String::new(), |live| live.text(graph).to_owned()),
    };
    let changes = step.changes.iter().any(|change| [RULE, STATE].contains(&change.attribute()));
    if step.action == Action::Delete || !changes || after(STATE, kind.graph_name(STATE)) == "Paused" {
        return None;
    }
    let rule = Rule::parse(&after(RULE, kind.graph_name(RULE))).ok()?;
    Some(Affected { kind, address: step.address.clone(), id: step.id.clone(), rule, rule_changes: true })
}

/// Every group and unit with a rule that is processed.
fn rule_driven(snapshot: &Snapshot) -> impl Iterator<Item = (&'static Kind, &Observed)> {
    let kinds = KINDS.iter().copied().filter(|kind| is_rule_driven(kind));
    let mut all: BTreeMap<&ObjectId, (&'static Kind, &Observed)> = BTreeMap::new();
    for kind in kinds {
        let listed = snapshot.candidates.groups.iter().flatten().filter(|_| kind.name == "group");
        let read = snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
        // Of the declared ones, not every property that is needed was read.
        for live in read.chain(listed).filter(|live| !live.text(kind.graph_name(RULE)).is_empty()) {
            all.insert(&live.id, (kind, live));
        }
    }
    all.into_values().filter(|(kind, live)| live.text(kind.graph_name(STATE)) != "Paused")
}

/// The rule of an object, when it looks at what changes of people.
fn by_people(
    kind: &'static Kind,
    live: &Observed,
    steps: &[Step],
    changes: &PeopleChanges<'_>,
) -> Option<Affected> {
    let rule = Rule::parse(live.text(kind.graph_name(RULE))).ok()?;
    if !changes.matter_to(&rule) {
        return None;
    }
    let step = steps.iter().find(|step| step.id.as_ref() == Some(&live.id));
    let name = || Address::new(kind.name, live.text(kind.graph_name(kind.name_attribute)));
    let address = step.map_or_else(name, |step| step.address.clone());
    Some(Affected { kind, address, id: Some(live.id.clone()), rule, rule_changes: false })
}

/// What a plan changes of people.
pub(super) struct PeopleChanges<'a> {
    /// Whether some come or go.
    come_or_go: bool,
    /// Graph properties and relationships that change.
    changed: BTreeSet<&'a str>,
}

impl<'a> PeopleChanges<'a> {
    pub(super) fn of(steps: &'a [Step]) -> Self {
        let steps = || steps.iter().filter(|step| step.address.kind == "user");
        let kind = kinds::by_name("user");
        let graph_name =
            |change: &'a Change| kind.map_or(change.attribute(), |kind| kind.graph_name(change.attribute()));
        Self {
            come_or_go: steps().any(|step| step.action != Action::Update),
            changed: steps().flat_map(|step| &step.changes).map(graph_name).collect(),
        }
    }

    fn matter_to(&self, rule: &Rule) -> bool {
        let columns = columns([rule]);
        let looks_at = columns.graph_properties().iter().any(|name| self.changed.contains(name));
        rule.object() == ObjectKind::User
            && (self.come_or_go || looks_at || (columns.needs_manager() && self.changed.contains("manager")))
    }

    /// Whether some rule may look at what changes.
    pub(super) fn may_matter(&self) -> bool {
        let visible = crate::rule::properties(ObjectKind::User);
        let visible: BTreeSet<&str> = visible.iter().filter_map(|property| property.graph_name()).collect();
        let looks_at =
            |name: &&str| visible.contains(name) || *name == "manager" || name.starts_with("extension_");
        self.come_or_go || self.changed.iter().any(looks_at)
    }
}

/// A property as text or nothing.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}
