//! What has to be read before it can be said who moves.

use std::collections::{BTreeMap, BTreeSet};

use super::affected::{PeopleChanges, affected, columns};
use crate::address::ObjectId;
use crate::plan::Step;
use crate::rule::{Node, ObjectKind, Rule};
use crate::snapshot::Snapshot;

/// What has to be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Users and devices.
    pub objects: BTreeMap<ObjectKind, Extent>,
    /// Object ids of managers whose direct reports have to be known.
    pub managers: BTreeSet<ObjectId>,
    /// Groups and units whose members have to be known, with the path of each.
    pub members: BTreeMap<ObjectId, String>,
}

/// Which objects of a kind, and what of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Graph properties to `$select`.
    pub properties: BTreeSet<String>,
    /// These only; without it, all that the tenant has.
    pub only: Option<BTreeSet<ObjectId>>,
}

/// Whether the tenant's rule-driven groups have to be listed, because people change that rules may look at.
pub(crate) fn lists_groups(steps: &[Step], snapshot: &Snapshot) -> bool {
    snapshot.candidates.groups.is_none() && PeopleChanges::of(steps).may_matter()
}

/// What has to be read for the rules that a plan affects; nothing when it was, or when there are none.
pub(crate) fn question(steps: &[Step], snapshot: &Snapshot) -> Option<Question> {
    let affected = affected(steps, snapshot);
    if affected.is_empty() || snapshot.candidates.read || snapshot.candidates.forbidden.is_some() {
        return None;
    }
    let mut question = Question::default();
    for kind in [ObjectKind::User, ObjectKind::Device] {
        let rules: Vec<_> = affected.iter().filter(|one| one.rule.object() == kind).collect();
        if rules.is_empty() {
            continue;
        }
        let asked = columns(rules.iter().map(|one| &one.rule));
        let names = ["id", "displayName"]
            .into_iter()
            .chain((kind == ObjectKind::User).then_some("userPrincipalName"));
        let properties = asked.graph_properties().into_iter().chain(names).map(str::to_owned).collect();
        let whole = rules.iter().any(|one| one.rule_changes);
        let only = (!whole).then(|| changed_people(steps));
        question.objects.insert(kind, Extent { properties, only });
        question.managers.extend(rules.iter().filter_map(|one| manager(&one.rule)));
    }
    let changing = affected.iter().filter(|one| one.rule_changes);
    let paths = changing.filter_map(|one| {
        let id = one.id.clone()?;
        let path = format!("{}/members", one.kind.object_path(&id));
        Some((id, path))
    });
    question.members = paths.collect();
    Some(question)
}

fn changed_people(steps: &[Step]) -> BTreeSet<ObjectId> {
    let steps = steps.iter().filter(|step| step.address.kind == "user");
    steps.filter_map(|step| step.id.clone()).collect()
}

/// The manager whose direct reports a rule is about.
fn manager(rule: &Rule) -> Option<ObjectId> {
    match &rule.tree().value {
        Node::DirectReports(manager) => ObjectId::parse(manager.trim_matches(['{', '}', ' '])),
        _ => None,
    }
}
