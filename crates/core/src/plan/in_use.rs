//! What a plan deletes although something that stays names it: the service refuses that, halfway through an apply.

use super::{Action, Reason, Step};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::{self, Kind};
use crate::resolve::Resolved;
use crate::snapshot::Observed;
use crate::text::terminal;

/// Refuses the deletion of what is still named once every step is done.
pub(super) fn check(steps: &[Step], resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    for step in steps.iter().filter(|step| step.action == Action::Delete) {
        let Some(kind) = kinds::by_name(&step.address.kind).filter(|kind| kind.is_kept_while_named()) else {
            continue;
        };
        for user in users_of(kind, step, steps, resolved) {
            diagnostics.push(refusal(step, &user, resolved));
        }
    }
}

/// The names of live objects that go on naming what a step deletes.
fn users_of(kind: &Kind, deletion: &Step, steps: &[Step], resolved: &Resolved<'_>) -> Vec<String> {
    let Some(id) = &deletion.id else { return Vec::new() };
    let mut users = Vec::new();
    for naming in kinds::KINDS.iter().filter(|naming| naming.names(kind.name)) {
        let seen = resolved.snapshot.kinds.get(naming.name).into_iter().flat_map(|seen| &seen.objects);
        let still = seen.filter(|live| {
            let step = steps.iter().find(|step| step.id.as_ref() == Some(&live.id));
            names_after(naming, live, step, kind, id.as_str())
        });
        users.extend(still.map(|live| format!("{}:{}", naming.name, naming.name_of(live))));
    }
    users
}

fn names_after(naming: &Kind, live: &Observed, step: Option<&Step>, kind: &Kind, id: &str) -> bool {
    if step.is_some_and(|step| step.action == Action::Delete) {
        return false;
    }
    naming.attributes.iter().any(|attribute| {
        let changed = step.and_then(|step| step.after(attribute.name));
        let value = changed.unwrap_or_else(|| live.property(attribute.graph));
        Kind::value_names(attribute, value, kind, id)
    })
}

fn refusal(deletion: &Step, user: &str, resolved: &Resolved<'_>) -> Diagnostic {
    let message = format!("{} would be deleted, and {user} names it", deletion.address);
    let declared = resolved.configuration.objects.get(&deletion.address);
    let exact = resolved.configuration.exact.get(deletion.address.kind.as_str());
    let place = match deletion.reason {
        Reason::DeclaredAbsent => declared.map(|declared| declared.place_of("absent")),
        Reason::Undeclared => exact,
        _ => None,
    };
    let nowhere = Place::new(0, 0..0);
    let mut diagnostic = Diagnostic::error(
        "in-use",
        terminal(&message),
        place.unwrap_or(&nowhere),
        "the service refuses that",
    );
    if place.is_none() {
        diagnostic.labels.clear();
    }
    let help = format!("declare {user} without it, or absent: one apply does both, in this order");
    diagnostic.help(terminal(&help))
}
