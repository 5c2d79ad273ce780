//! `[limits]`: how much of a kind one plan may change.

use super::Context;
use crate::assignments::held;
use crate::desired::Limit;
use crate::kinds::{self, Kind};
use crate::plan::{Action, Allowance, Change, Level, Movement, Note, Step};
use crate::schedules;
use crate::snapshot::Observed;

/// Below this many existing objects (or links) a share says little, and nothing is refused.
const FLOOR: usize = 10;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let limits = &context.resolved.configuration.limits;
    let mut notes = Vec::new();
    for kind in kinds::KINDS {
        let steps: Vec<_> = context.plan.steps.iter().filter(|step| step.address.kind == kind.name).collect();
        let count = |action: Action| steps.iter().filter(|step| step.action == action).count();
        // What an interrupted run began is completed, not updated.
        let resumed = |step: &&&Step| context.options.resumed.contains(&step.address);
        let updates = count(Action::Update)
            - steps.iter().filter(|step| step.action == Action::Update).filter(resumed).count();
        let objects = managed_objects(context, kind, false);
        let settled = managed_objects(context, kind, true);
        let removed = steps.iter().flat_map(|step| &step.changes).map(|change| match change {
            // A manager that is replaced is no link removed.
            Change::Links { added, removed, .. } => {
                removed.len() - if is_single(kind, change) { added.len().min(removed.len()) } else { 0 }
            }
            Change::Assignments { removed, .. } => removed.len(),
            Change::Schedules { removed, .. } => removed.len(),
            Change::Value { .. } | Change::Licenses { .. } => 0,
        });
        let (left, of_rules) = through_rules(context, kind);
        let links = managed_links(context, kind) + of_rules;
        notes.extend(exceeded("delete", kind, count(Action::Delete), objects, limits.delete, kind.table));
        notes.extend(exceeded("update", kind, updates, settled, limits.update, kind.table));
        let what = format!("links of {}", kind.table);
        notes.extend(exceeded(
            "remove_members",
            kind,
            removed.sum::<usize>() + left,
            links,
            limits.remove_members,
            &what,
        ));
    }
    notes
}

/// Members who leave through rules that the plan changes, and how many there are. Those whom the service takes out of a
/// group that becomes rule-driven are counted among the removed links.
fn through_rules(context: &Context<'_>, kind: &Kind) -> (usize, usize) {
    let emptied = |movement: &Movement| {
        let step = context.plan.steps.iter().find(|step| step.address == movement.address);
        let changes = step.map_or(&[][..], |step| &step.changes);
        changes.iter().any(|change| matches!(change, Change::Links { consequence: Some(_), .. }))
    };
    let movements = context.plan.movements.iter().filter(|movement| movement.address.kind == kind.name);
    let changing = movements.filter(|movement| movement.rule_changes && !emptied(movement));
    changing.fold((0, 0), |(left, of), movement| {
        (left + movement.leaves.len(), of + movement.before.unwrap_or_default())
    })
}

fn exceeded(class: &str, kind: &Kind, count: usize, of: usize, limit: Limit, what: &str) -> Option<Note> {
    let (most, said) = match limit {
        Limit::Percent(percent) => (
            of * usize::from(percent) / 100,
            format!("{percent}%, which is {}", of * usize::from(percent) / 100),
        ),
        Limit::Count(most) => (most, most.to_string()),
    };
    let too_few = of < FLOOR && matches!(limit, Limit::Percent(_));
    if too_few || count <= most {
        return None;
    }
    let verb = match class {
        "remove_members" => "remove",
        other => other,
    };
    let allowance = Allowance { class: class.to_owned(), table: kind.table.to_owned(), count };
    let message = format!("this would {verb} {count} of {of} {what}; the limit is {said}");
    let help = format!("if you mean it, add `--allow {allowance}`, or raise `[limits] {class}`");
    Some(Note { allowed_by: Some(allowance), ..Note::new("limit", Level::Refusal, None, message).help(help) })
}

fn is_single(kind: &Kind, change: &Change) -> bool {
    let link = kind.attribute(change.attribute()).and_then(|attribute| attribute.link());
    link.is_some_and(|link| link.max == 1)
}

/// Objects of the kind that exist and that the configuration manages; only the settled ones, when asked: not what an
/// interrupted run began.
fn managed_objects(context: &Context<'_>, kind: &Kind, settled: bool) -> usize {
    let Some(seen) = context.resolved.snapshot.kinds.get(kind.name) else { return 0 };
    if context.resolved.configuration.exact.contains_key(kind.name) {
        return seen.objects.len();
    }
    let dropped = context.plan.steps.iter().filter(|step| {
        step.address.kind == kind.name && step.reason == crate::plan::Reason::NoLongerDeclared
    });
    seen.objects
        .iter()
        .filter_map(|live| context.resolved.declared(live))
        .filter(|declared| !settled || !context.options.resumed.contains(&declared.address))
        .count()
        + dropped.count()
}

/// Links of the kind's managed objects that were read.
fn managed_links(context: &Context<'_>, kind: &Kind) -> usize {
    let objects = context.resolved.snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
    let managed = objects.filter(|live| context.resolved.declared(live).is_some());
    let assigned = kind.attributes.iter().filter(|attribute| attribute.assignments().is_some());
    let scheduled = kind.attributes.iter().filter(|attribute| attribute.schedules().is_some());
    let held = |live: &Observed| -> usize {
        let assigned = assigned.clone().map(|attribute| held(live.property(attribute.graph)).len());
        assigned
            .chain(scheduled.clone().map(|attribute| schedules::held(live.property(attribute.graph)).len()))
            .sum()
    };
    managed.map(|live| live.links.values().map(Vec::len).sum::<usize>() + held(live)).sum()
}
