//! Members of a restricted administrative unit are changed by its own administrators only, whatever permissions an
//! application has.
//!
//! Source: "Restricted management administrative units",
//! <https://learn.microsoft.com/entra/identity/role-based-access-control/admin-units-restricted-management>.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::address::ObjectId;
use crate::kinds::{self, Kind};
use crate::plan::{Action, Level, Note, Plan, Step};
use crate::snapshot::{Observed, RestrictedUnit, Snapshot};

/// Objects that a plan writes to and that are in a restricted unit, of which [`Snapshot::restricted`] says nothing yet,
/// with their kinds.
pub(crate) fn in_question(plan: &Plan, snapshot: &Snapshot) -> BTreeMap<ObjectId, &'static Kind> {
    let touched: BTreeSet<&ObjectId> = plan.steps.iter().filter_map(|step| step.id.as_ref()).collect();
    let open = |live: &&Observed| {
        live.is_restricted() && touched.contains(&live.id) && !snapshot.restricted.contains_key(&live.id)
    };
    let kinds = snapshot.kinds.iter().filter_map(|(name, seen)| Some((kinds::by_name(name)?, seen)));
    kinds
        .flat_map(|(kind, seen)| seen.objects.iter().filter(open).map(move |live| (live.id.clone(), kind)))
        .collect()
}

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let written = context.plan.steps.iter().filter(|step| step.action != Action::Create);
    written
        .filter(|step| context.object(step).is_some_and(Observed::is_restricted))
        .filter_map(|step| note(step, context.resolved.snapshot.restricted.get(step.id.as_ref()?)?))
        .collect()
}

fn note(step: &Step, units: &[RestrictedUnit]) -> Option<Note> {
    let unit = units.iter().find(|unit| unit.administered != Some(true))?;
    let place = format!("{} is in the restricted administrative unit \"{}\"", step.address, unit.name);
    let (level, message, help) = match unit.administered {
        Some(_) => (
            Level::Refusal,
            format!("{place}, in which this identity holds no role: the service would refuse the change"),
            "give the identity a role in that unit, or leave the object to its administrators",
        ),
        None => (
            Level::Warning,
            format!("{place}, and this identity may not see who administers that"),
            "the service refuses the change unless the identity holds a role in that unit",
        ),
    };
    Some(Note::new("restricted-unit", level, Some(step.address.clone()), message).help(help))
}
