//! What the licences that are declared and those that are assigned differ in.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::assignment::direct;
use super::catalogue::{self, Catalogue, Unusable};
use super::declared::{DeclaredLicense, DeclaredLicenses, DeclaredPlans, Written};
use super::{ProductNames, Sku};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::Attribute;
use crate::plan::{Adjusted, Change, License, PlanName};
use crate::snapshot::Observed;

/// Service plans that are off, by SKU.
type Off = BTreeMap<Uuid, BTreeSet<Uuid>>;

/// The change that makes what is assigned to `live` itself what is declared; names that the tenant does not know are
/// reported.
pub(crate) fn change(
    attribute: &Attribute,
    declared: &DeclaredLicenses,
    live: Option<&Observed>,
    skus: &[Sku],
    products: &ProductNames,
    diagnostics: &mut Diagnostics,
) -> Option<Change> {
    let catalogue = Catalogue::new(skus, products);
    let before = live.map(|live| direct(attribute, live)).unwrap_or_default();
    let after = after(declared, &before, &catalogue, diagnostics);
    between(attribute, &before, &after, &catalogue)
}

/// The change that takes away everything that is assigned to an object itself.
pub(crate) fn removal(attribute: &Attribute, live: &Observed, catalogue: &Catalogue<'_>) -> Option<Change> {
    between(attribute, &direct(attribute, live), &Off::new(), catalogue)
}

fn between(attribute: &Attribute, before: &Off, after: &Off, catalogue: &Catalogue<'_>) -> Option<Change> {
    let named = |sku: &Uuid, plans: &mut dyn Iterator<Item = &Uuid>| {
        let mut names: Vec<PlanName> = plans.map(|plan| catalogue.plan_name(*sku, *plan)).collect();
        names.sort_by(|left, right| left.name.cmp(&right.name));
        names
    };
    let license = |(sku, off): (&Uuid, &BTreeSet<Uuid>)| License {
        sku: catalogue.name(*sku),
        disabled_plans: named(sku, &mut off.iter()),
    };
    let mut added: Vec<License> =
        after.iter().filter(|(sku, _)| !before.contains_key(sku)).map(license).collect();
    let mut removed: Vec<License> =
        before.iter().filter(|(sku, _)| !after.contains_key(sku)).map(license).collect();
    let kept = after.iter().filter_map(|(sku, off)| Some((sku, before.get(sku)?, off)));
    let mut adjusted: Vec<Adjusted> = kept
        .filter(|(_, before, after)| before != after)
        .map(|(sku, before, after)| Adjusted {
            sku: catalogue.name(*sku),
            enables: named(sku, &mut before.difference(after)),
            disables: named(sku, &mut after.difference(before)),
            disabled_plans: named(sku, &mut after.iter()),
        })
        .collect();
    added.sort_by(|left, right| left.sku.sku.cmp(&right.sku.sku));
    removed.sort_by(|left, right| left.sku.sku.cmp(&right.sku.sku));
    adjusted.sort_by(|left, right| left.sku.sku.cmp(&right.sku.sku));
    let nothing = added.is_empty() && removed.is_empty() && adjusted.is_empty();
    let attribute = attribute.name.to_owned();
    (!nothing).then_some(Change::Licenses { attribute, added, adjusted, removed, reprocess: None })
}

/// What shall be assigned, by SKU.
fn after(
    declared: &DeclaredLicenses,
    before: &Off,
    catalogue: &Catalogue<'_>,
    diagnostics: &mut Diagnostics,
) -> Off {
    let mut after = if declared.whole { Off::new() } else { before.clone() };
    let mut wanted: BTreeMap<Uuid, &Written> = BTreeMap::new();
    for entry in &declared.entries {
        let Some(sku) = usable(catalogue.sku(&entry.sku.text), &entry.sku, diagnostics) else { continue };
        if let Some(first) = wanted.insert(sku.id, &entry.sku) {
            diagnostics.push(twice(sku, &entry.sku, first, "is listed twice"));
        }
        if let Some(off) = off(entry, sku, before.get(&sku.id), diagnostics) {
            after.insert(sku.id, off);
        }
    }
    for never in &declared.never {
        let Some(sku) = usable(catalogue.sku(&never.text), never, diagnostics) else { continue };
        match wanted.get(&sku.id) {
            Some(first) => {
                diagnostics.push(twice(sku, never, first, "is both in `at_least` and in `never`"));
            }
            None => drop(after.remove(&sku.id)),
        }
    }
    after
}

/// The service plans of a product that shall be off.
fn off(
    entry: &DeclaredLicense,
    sku: &Sku,
    before: Option<&BTreeSet<Uuid>>,
    diagnostics: &mut Diagnostics,
) -> Option<BTreeSet<Uuid>> {
    let mut resolve = |plans: &[Written]| -> Option<BTreeSet<Uuid>> {
        let found: Vec<Option<Uuid>> = plans
            .iter()
            .map(|plan| usable(catalogue::plan(sku, &plan.text), plan, diagnostics).map(|plan| plan.id))
            .collect();
        found.into_iter().collect()
    };
    match &entry.plans {
        DeclaredPlans::Unsaid => Some(before.cloned().unwrap_or_default()),
        DeclaredPlans::Disabled(plans) => resolve(plans),
        DeclaredPlans::Enabled(plans) => {
            let on = resolve(plans)?;
            let off = sku.plans.iter().filter(|plan| plan.assignable && !on.contains(&plan.id));
            Some(off.map(|plan| plan.id).collect())
        }
    }
}

fn usable<'a, T>(
    found: Result<&'a T, Unusable>,
    written: &Written,
    diagnostics: &mut Diagnostics,
) -> Option<&'a T> {
    match found {
        Ok(found) => Some(found),
        Err(Unusable { message, help }) => {
            let diagnostic =
                Diagnostic::error("unresolved-license", message, &written.place, "not usable here");
            diagnostics.push(diagnostic.maybe_help(help));
            None
        }
    }
}

fn twice(sku: &Sku, second: &Written, first: &Written, what: &str) -> Diagnostic {
    let message = format!("{} {what}", crate::text::terminal(&sku.part_number));
    Diagnostic::error("duplicate", message, &second.place, "again here").also(&first.place, "first here")
}
