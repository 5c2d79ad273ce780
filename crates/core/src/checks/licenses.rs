//! Licences that people would not get: no seat, no usage location, service plans that exclude or need others; and those
//! that come another way than it looks.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Context;
use crate::address::{Address, ObjectId, Target};
use crate::impact::{Seats, Standing};
use crate::kinds;
use crate::licensing::assignment::assignments;
use crate::licensing::{Catalogue, service_plans};
use crate::plan::{Change, Level, Note};
use crate::text::counted;

/// Names that stand in a message before the rest is counted.
const NAMED: usize = 3;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    seats(context, &mut notes);
    locations(context, &mut notes);
    conflicts(context, &mut notes);
    errors(context, &mut notes);
    inherited(context, &mut notes);
    if context.resolved.snapshot.licensing.unreadable {
        let message =
            "nobody can say whether there are seats for everybody: the subscriptions cannot be read";
        let note = Note::new("seats", Level::Warning, None, message);
        notes.push(note.help("grant LicenseAssignment.Read.All"));
    }
    notes
}

fn catalogue<'a>(context: &Context<'a>) -> Catalogue<'a> {
    let skus = context.resolved.snapshot.licensing.skus.as_deref().unwrap_or_default();
    Catalogue::new(skus, &context.resolved.configuration.licensing.products)
}

/// `user:a, user:b and 3 more`.
fn named(people: &[Target]) -> String {
    let names: Vec<&str> = people.iter().take(NAMED).map(|person| person.name.as_str()).collect();
    match people.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn note(code: &str, level: Level, message: String, people: Vec<Target>) -> Note {
    Note { people, ..Note::new(code, level, None, message) }
}

fn seats(context: &Context<'_>, notes: &mut Vec<Note>) {
    let catalogue = catalogue(context);
    for Seats { sku, now, after, of, gains, .. } in &context.plan.impact.seats {
        let active = catalogue.by_id(sku.sku_id).is_none_or(|sku| sku.active);
        if gains.is_empty() || (active && (after <= of || after <= now)) {
            continue;
        }
        // Products that cost nothing may show no seats at all.
        let level = if *of == 0 && active { Level::Warning } else { Level::Refusal };
        let product = sku.describe();
        let message = match active {
            true => format!(
                "{product} would take {after} seats, and there are {of}: {} would take one",
                named(gains)
            ),
            false => format!("the subscription to {product} has ended, so nobody gets it: {}", named(gains)),
        };
        let help = "get more seats, free some in this plan, or leave people out";
        notes.push(note("seats", level, message, gains.clone()).help(help));
    }
}

/// A direct assignment takes a usage location; a group's members without one get the tenant's.
fn locations(context: &Context<'_>, notes: &mut Vec<Note>) {
    let nowhere = || context.assessment.people.iter().filter(|(_, standing)| !standing.located);
    let names = |wanted: fn(&Standing) -> bool| -> Vec<Target> {
        nowhere().filter(|(_, standing)| wanted(standing)).map(|(person, _)| person.clone()).collect()
    };
    let refused = names(|standing| !standing.assigned().is_empty());
    if !refused.is_empty() {
        let message = format!("without a usage location, no licence can be assigned to {}", named(&refused));
        let help = "declare `usage_location`, in this plan or before";
        notes.push(note("usage-location", Level::Refusal, message, refused).help(help));
    }
    let tenants = names(|standing| standing.assigned().is_empty() && !standing.gains().is_empty());
    if !tenants.is_empty() {
        let message = format!("the tenant's country decides for {}: no usage location", named(&tenants));
        notes.push(note("usage-location", Level::Info, message, tenants));
    }
}

fn conflicts(context: &Context<'_>, notes: &mut Vec<Note>) {
    let catalogue = catalogue(context);
    let mut found: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    for (person, standing) in &context.assessment.people {
        let gains = standing.gains();
        if gains.is_empty() && standing.losses().is_empty() {
            continue;
        }
        let on = standing.on(&catalogue);
        for sku in gains {
            let mine: Vec<&str> = on.get(&sku).into_iter().flatten().copied().collect();
            let others: Vec<&str> =
                on.iter().filter(|(other, _)| **other != sku).flat_map(|(_, plans)| plans).copied().collect();
            if let Some((plan, other)) = service_plans::conflict(&mine, &others) {
                let what = format!("the service plans {plan} and {other} exclude each other");
                found.entry(what).or_default().push(person.clone());
            }
        }
        let all: Vec<&str> = on.values().flatten().copied().collect();
        if let Some((plan, needed)) = service_plans::lack(&all) {
            let what = format!("the service plan {plan} needs {}", needed.join(" or "));
            found.entry(what).or_default().push(person.clone());
        }
    }
    for (what, mut people) in found {
        people.dedup();
        let message = format!("{what}, so the service may refuse the licence for {}", named(&people));
        let help = "`disabled_plans` turns a service plan off";
        notes.push(note("service-plans", Level::Warning, message, people).help(help));
    }
}

/// Members who did not get what their group gives, by cause, unless the plan changes what it gives.
fn errors(context: &Context<'_>, notes: &mut Vec<Note>) {
    let licensing = &context.resolved.snapshot.licensing;
    let catalogue = catalogue(context);
    let changed = |group: &ObjectId| {
        let mut steps = context.plan.steps.iter().filter(|step| step.id.as_ref() == Some(group));
        steps.any(|step| step.changes.iter().any(|change| matches!(change, Change::Licenses { .. })))
    };
    for (group, members) in licensing.in_error.iter().filter(|(group, _)| !changed(group)) {
        let mut causes: BTreeMap<(String, String), Vec<Target>> = BTreeMap::new();
        let left = members.iter().filter(|id| !tried_again(context, id));
        for person in left.filter_map(|id| licensing.people.get(id)) {
            let of_group = person.assignments.iter().filter(|held| held.by_group.as_ref() == Some(group));
            for (held, error) in of_group.filter_map(|held| Some((held, held.error.as_ref()?))) {
                let product = catalogue.name(held.sku).describe();
                causes.entry((product, error.in_words())).or_default().push(person.target.clone());
            }
        }
        let group = name(context, group);
        for ((product, cause), people) in causes {
            let message = format!(
                "{} of {group} did not get {product}, because {cause}: {}",
                counted(people.len(), "member", "members"),
                named(&people)
            );
            notes.push(note("members-in-error", Level::Warning, message, people));
        }
    }
}

/// Whether the plan makes the service try again to give a person what groups give.
fn tried_again(context: &Context<'_>, person: &ObjectId) -> bool {
    let mut steps = context.plan.steps.iter().filter(|step| step.id.as_ref() == Some(person));
    let again = |change: &Change| matches!(change, Change::Licenses { reprocess: Some(_), .. });
    steps.any(|step| step.changes.iter().any(again))
}

/// Declared people whose licences come from a group too, or from a group alone.
fn inherited(context: &Context<'_>, notes: &mut Vec<Note>) {
    let Some(attribute) = kinds::by_name("user").and_then(|kind| kind.attribute("licenses")) else { return };
    let mut found: BTreeMap<(bool, Uuid, ObjectId), Vec<Target>> = BTreeMap::new();
    let users = context.resolved.configuration.objects.values();
    for user in users.filter(|declared| declared.address.kind == "user") {
        let Some(live) = context.resolved.live(user).filter(|_| user.licenses.is_some()) else { continue };
        let target = Target::existing(live.id.clone(), user.address.to_string());
        let after = context.assessment.people.get(&target);
        let held = assignments(live.property(attribute.graph));
        let active = held.iter().filter(|held| held.is_active());
        for (held, group) in active.filter_map(|held| Some((held, held.by_group.clone()?))) {
            let direct = match after {
                Some(standing) => standing.is_assigned(held.sku),
                None => held_directly(&assignments(live.property(attribute.graph)), held.sku),
            };
            found.entry((direct, held.sku, group)).or_default().push(target.clone());
        }
    }
    for ((direct, sku, group), people) in found {
        let (product, group) = (catalogue(context).name(sku).describe(), name(context, &group));
        let message = match direct {
            true => format!("{group} gives {product} too, for the same seat, to {}", named(&people)),
            false => format!("{group} gives {product}, which is not taken away here, to {}", named(&people)),
        };
        notes.push(note("inherited-license", Level::Info, message, people));
    }
}

fn held_directly(held: &[crate::licensing::Assignment], sku: Uuid) -> bool {
    held.iter().any(|held| held.by_group.is_none() && held.sku == sku)
}

/// What a group is called.
fn name(context: &Context<'_>, group: &ObjectId) -> String {
    let named = context.resolved.name(group.as_str());
    let read = || context.resolved.snapshot.by_id.get(group).cloned();
    let seen = || {
        let seen = context.resolved.snapshot.kinds.get("group")?;
        let live = seen.objects.iter().find(|live| live.id == *group)?;
        Some(Address::new("group", live.text("displayName")).to_string())
    };
    let named = named.or_else(read).map(|target| target.name.to_string());
    named.or_else(seen).unwrap_or_else(|| format!("group {group}"))
}
