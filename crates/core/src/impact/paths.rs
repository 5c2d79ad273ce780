//! The ways on which one person gets products, before and after a plan.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::groups::{Group, Off, apply};
use crate::address::Target;
use crate::licensing::Assignment;
use crate::plan::Change;

/// A person's products by the group that gives them; under `None`, those assigned directly.
pub(super) type Paths = BTreeMap<(Option<Target>, Uuid), Path>;

/// One way on which a person gets a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// Service plans that are off.
    pub(super) off: BTreeSet<Uuid>,
    /// Whether the person has the product: not when it could not be assigned.
    pub(super) active: bool,
}

/// What was read of a person as paths.
pub(super) fn observed(assignments: &[Assignment]) -> Paths {
    let path = |assignment: &Assignment| {
        let group = assignment.by_group.clone().map(|id| Target::unnamed(id, "group"));
        let path = Path { off: assignment.disabled_plans.clone(), active: assignment.is_active() };
        ((group, assignment.sku), path)
    };
    assignments.iter().map(path).collect()
}

/// Changes what is assigned directly.
pub(super) fn assign(paths: &mut Paths, change: &Change) {
    let mut own: Off = paths.iter().filter(|((group, _), _)| group.is_none()).map(off).collect();
    let before = own.clone();
    apply(change, &mut own);
    paths.retain(|(group, sku), _| group.is_some() || own.contains_key(sku));
    for (sku, off) in own {
        if before.get(&sku) != Some(&off) {
            paths.insert((None, sku), Path { off, active: true });
        }
    }
}

/// Changes what a group gives to a person who is in it afterwards, or is not. What the plan leaves alone stays in error
/// if it was.
pub(super) fn inherit(paths: &mut Paths, target: &Target, group: &Group, member: bool) {
    let before = paths.clone();
    paths.retain(|(from, _), _| from.as_ref() != Some(target));
    if !member {
        return;
    }
    for (sku, off) in &group.after {
        let key = (Some(target.clone()), *sku);
        let kept = before.get(&key).filter(|_| !group.concerns_all()).cloned();
        paths.insert(key, kept.unwrap_or(Path { off: off.clone(), active: true }));
    }
}

/// The products that a person has.
pub(super) fn products(paths: &Paths) -> BTreeSet<Uuid> {
    paths.iter().filter(|(_, path)| path.active).map(|((_, sku), _)| *sku).collect()
}

fn off(((_, sku), path): (&(Option<Target>, Uuid), &Path)) -> (Uuid, BTreeSet<Uuid>) {
    (*sku, path.off.clone())
}
