//! Door 5: what one declared object and its live counterpart differ in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

use crate::address::{ObjectId, Target};
use crate::assignments;
use crate::desired::{Declared, DeclaredLinks, Entry, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::comparison::{is_nothing, merged, same, whole};
use crate::kinds::{
    Attribute, Default, Kind, Link, Mode, Named, ScheduleOf, Side, Type, Wanted, Word, reference,
};
use crate::licensing;
use crate::pim;
use crate::plan::{Added, Change, Removed};
use crate::resolve::Resolved;
use crate::schedules;
use crate::snapshot::Observed;
use crate::text::terminal;

/// The changes that make `live` what `declared` says, in the order of the kind table; for an object that does not
/// exist, everything it will be created with.
pub fn changes(
    kind: &'static Kind,
    declared: &Declared,
    live: Option<&Observed>,
    resolved: &Resolved<'_>,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Vec<Change> {
    let side = Side { declared: Some(declared), live };
    let values = declared.values.iter().map(|(name, given)| {
        let property = live.map_or(&Value::Null, |live| live.property(kind.graph_name(name)));
        let value = resolved.value(given);
        let attribute = kind.attribute(name);
        let value = match attribute {
            Some(attribute) => {
                identified(&attribute.value, whole(&attribute.value, value, property), resolved)
            }
            None => value,
        };
        (name.to_string(), value)
    });
    let values = values.collect();
    let mut wanted = Wanted { values, emptied: Vec::new() };
    check_named(kind, &side, resolved, diagnostics);
    (kind.settle)(&side, &resolved.tenant, &mut wanted, diagnostics);
    let mut changes = Vec::new();
    for attribute in kind.attributes {
        if let Some(link) = attribute.link() {
            let consequence =
                wanted.emptied.iter().find(|(name, _)| *name == attribute.name).map(|(_, why)| *why);
            match (declared.links.get(attribute.name), consequence) {
                (_, Some(why)) => changes.extend(emptied(attribute, live, resolved, why)),
                (Some(links), None) => {
                    changes.extend(link_change(attribute, link, links, &side, resolved, today, diagnostics))
                }
                (None, None) => {}
            }
        } else if let Some(of) = attribute.assignments() {
            let assigned = declared.assignments.get(attribute.name);
            changes.extend(assigned.and_then(|assigned| {
                assignments::diff::change(attribute, of, assigned, live, resolved, today, diagnostics)
            }));
        } else if let Some(of) = attribute.schedules() {
            let scheduled = declared.schedules.get(attribute.name);
            changes.extend(scheduled.and_then(|scheduled| {
                schedules::diff::change(attribute, of, scheduled, &side, resolved, today, diagnostics)
            }));
        } else if matches!(attribute.value, Type::Licenses { .. }) {
            changes.extend(license_change(attribute, declared, live, resolved, diagnostics));
        } else if let Some(after) = wanted.values.remove(attribute.name) {
            let change = value_change(kind, attribute, attribute.name, after, declared, live, diagnostics);
            changes.extend(change.map(|change| named(attribute, change, resolved)));
        }
    }
    // What the table does not list by name are directory extensions.
    for (name, after) in wanted.values {
        if let Some(attribute) = kind.attribute_or_extension(&name) {
            changes.extend(value_change(kind, attribute, &name, after, declared, live, diagnostics));
        }
    }
    pim::check_terms(kind, declared, live, &changes, resolved, today, diagnostics);
    changes
}

fn value_change(
    kind: &Kind,
    attribute: &Attribute,
    name: &str,
    after: Value,
    declared: &Declared,
    live: Option<&Observed>,
    diagnostics: &mut Diagnostics,
) -> Option<Change> {
    let change =
        |before: Value, after: Value| Some(Change::Value { attribute: name.to_owned(), before, after });
    let Some(live) = live else {
        // Nothing is sent to clear what a new object does not have.
        let as_template = attribute.settings.is_some() && after == attribute.default.value();
        return if is_nothing(&after) || as_template { None } else { change(Value::Null, after) };
    };
    if attribute.mode == Mode::AtCreation {
        return None;
    }
    let before = live.property(kind.graph_name(name));
    let default = attribute.default.value();
    let before = if before.is_null() { &default } else { before };
    let unknown = before.is_null() && attribute.default == Default::Unknown;
    if !unknown && same(&attribute.value, &after, before) {
        return None;
    }
    if attribute.mode == Mode::CreateOnly {
        let message =
            format!("`{name}` of {} can only be chosen at creation", terminal(&declared.address.to_string()));
        let label = match before {
            Value::Null => "it is not set in the tenant".to_owned(),
            Value::Array(items) if items.is_empty() => "it is not set in the tenant".to_owned(),
            before => format!("it is {} in the tenant", terminal(&before.to_string())),
        };
        let diagnostic = Diagnostic::error("create-only", message, declared.place_of(name), label);
        diagnostics
            .push(diagnostic.help(
                "no object is ever deleted and made again to change a property; declare what is there",
            ));
        return None;
    }
    change(before.clone(), merged(&attribute.value, &after, before))
}

fn license_change(
    attribute: &Attribute,
    declared: &Declared,
    live: Option<&Observed>,
    resolved: &Resolved<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Change> {
    let skus = resolved.snapshot.licensing.skus.as_deref().unwrap_or_default();
    let products = &resolved.configuration.licensing.products;
    licensing::diff::change(attribute, declared.licenses.as_ref()?, live, skus, products, diagnostics)
}

/// The change with the names of what its values refer to that come from the tenant.
fn named(attribute: &Attribute, change: Change, resolved: &Resolved<'_>) -> Change {
    let Change::Value { attribute: name, before, after } = change else { return change };
    let named = |value| with_names(&attribute.value, value, resolved);
    Change::Value { attribute: name, before: named(before), after: named(after) }
}

/// The value with the property in the place of the id where objects go by another one.
fn identified(value: &Type, mut wanted: Value, resolved: &Resolved<'_>) -> Value {
    match (value, &mut wanted) {
        (Type::Record(members), Value::Object(values)) => {
            for member in members.iter() {
                if let Some(value) = values.get_mut(member.graph) {
                    *value = identified(&member.value, value.take(), resolved);
                }
            }
        }
        (Type::Named(named), wanted) => {
            if let Some(property) = named.by {
                let by = |target: &Target| {
                    let id =
                        target.id.as_ref().and_then(|id| resolved.seen(named.targets, "id", id.as_str()));
                    let id = id.and_then(|live| ObjectId::parse(live.text(property)));
                    Some(reference::to(&Target { id: id.or(target.id.clone()), name: target.name.clone() }))
                };
                reference::replace(wanted, &mut |target| by(target));
            }
        }
        _ => {}
    }
    wanted
}

/// The name of what an id or a word means in a live value.
fn meant(named: &Named, live: Value, resolved: &Resolved<'_>) -> Value {
    let Some(id) = live.as_str().filter(|_| Word::of(named.words, &live).is_none()) else { return live };
    let Some(id) = ObjectId::of_service(id) else { return live };
    if let Some(property) = named.by {
        let found = resolved.seen(named.targets, property, id.as_str());
        let name = found.map(|found| resolved.referred(&found.id).name);
        let named = name.filter(|name| !name.is_empty());
        let unnamed = Target::unnamed(id.clone(), "");
        return reference::to(&named.map_or(unnamed, |name| Target { id: Some(id), name }));
    }
    reference::to(&resolved.referred(&id))
}

fn with_names(value: &Type, live: Value, resolved: &Resolved<'_>) -> Value {
    match (value, live) {
        (Type::Named(named), Value::Array(items)) => {
            items.into_iter().map(|item| meant(named, item, resolved)).collect()
        }
        (Type::Named(named), live) => meant(named, live, resolved),
        (Type::Member(member), Value::Object(mut values)) => {
            if let Some(value) = values.get_mut(member.graph) {
                *value = with_names(&member.value, value.take(), resolved);
            }
            Value::Object(values)
        }
        (Type::Reference(_), Value::String(id)) => match ObjectId::parse(&id) {
            Some(id) => reference::to(&resolved.referred(&id)),
            None => Value::String(id),
        },
        (Type::References(_), Value::Array(items)) => {
            let named = |item: Value| match reference::target(&item) {
                Some(target) if target.is_unnamed() => {
                    let found = target.id.as_ref().map(|id| resolved.referred(id));
                    reference::to(&found.filter(|found| !found.is_unnamed()).unwrap_or(target))
                }
                _ => item,
            };
            items.into_iter().map(named).collect()
        }
        (Type::Targets { kinds, .. }, Value::Array(mut targets)) => {
            for id in targets.iter_mut().filter_map(|target| target.get_mut("id")) {
                *id = with_names(&Type::Reference(kinds), id.take(), resolved);
            }
            Value::Array(targets)
        }
        (Type::Record(members), Value::Object(mut values)) => {
            for member in *members {
                if let Some(value) = values.get_mut(member.graph) {
                    *value = with_names(&member.value, value.take(), resolved);
                }
            }
            Value::Object(values)
        }
        (_, live) => live,
    }
}

fn live_links<'a>(attribute: &Attribute, live: Option<&'a Observed>) -> &'a [Target] {
    live.and_then(|live| live.links.get(attribute.graph)).map_or(&[], Vec::as_slice)
}

/// Links that go as a consequence of another change.
fn emptied(
    attribute: &Attribute,
    live: Option<&Observed>,
    resolved: &Resolved<'_>,
    why: &str,
) -> Option<Change> {
    let removed: Vec<Removed> =
        live_links(attribute, live).iter().map(|target| removed(target, None, resolved)).collect();
    if removed.is_empty() {
        return None;
    }
    let before = removed.len();
    Some(Change::Links {
        attribute: attribute.name.to_owned(),
        added: Vec::new(),
        removed,
        before,
        consequence: Some(why.to_owned()),
    })
}

fn removed(target: &Target, until: Option<Date>, resolved: &Resolved<'_>) -> Removed {
    let named = target.id.as_ref().and_then(|id| resolved.name(id.as_str()));
    let read = || target.id.as_ref().and_then(|id| resolved.snapshot.by_id.get(id)).cloned();
    Removed { target: named.or_else(read).unwrap_or_else(|| target.clone()), until }
}

fn link_change(
    attribute: &Attribute,
    link: &Link,
    links: &DeclaredLinks,
    side: &Side<'_>,
    resolved: &Resolved<'_>,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Option<Change> {
    let live: BTreeSet<&Target> = live_links(attribute, side.live).iter().collect();
    let mut held: Vec<(Target, &Entry)> = Vec::with_capacity(links.entries.len());
    let mut expired: BTreeMap<Target, Option<Date>> = BTreeMap::new();
    for entry in &links.entries {
        let Some(target) = resolved.target(&entry.reference) else { continue };
        refused_target(attribute, side, resolved, &entry.reference, diagnostics);
        if entry.until.is_some_and(|until| until < today) {
            expired.insert(target, entry.until);
        } else {
            held.push((target, entry));
        }
    }
    // The last of several entries for one object says until when and why.
    held.reverse();
    held.sort_by(|left, right| left.0.cmp(&right.0));
    held.dedup_by(|again, kept| again.0 == kept.0);
    let holds = |target: &Target| held.binary_search_by(|(other, _)| other.cmp(target)).is_ok();
    for reference in &links.never {
        if resolved.target(reference).is_some_and(|target| holds(&target)) {
            let name = terminal(&reference.to.describe());
            let message = format!("`{name}` is both wanted and unwanted in `{}`", attribute.name);
            diagnostics.push(Diagnostic::error(
                "contradiction",
                message,
                &reference.place,
                "wanted under another name",
            ));
        }
    }
    let unwanted =
        links.never.iter().filter_map(|reference| resolved.target(reference)).map(|target| (target, None));
    let unwanted: BTreeMap<Target, Option<Date>> = expired.clone().into_iter().chain(unwanted).collect();
    let mut gone: Vec<Removed> = live
        .iter()
        .filter(|target| if links.whole { !holds(target) } else { unwanted.contains_key(target) })
        .filter(|target| !is_there_for_a_time(attribute, side, target, resolved))
        .map(|target| removed(target, expired.get(target).copied().flatten(), resolved))
        .collect();
    let new = held.into_iter().filter(|(target, _)| !live.contains(target));
    let mut added: Vec<Added> = new
        .map(|(target, entry)| Added {
            target,
            until: entry.until,
            reason: entry.reason.as_deref().map(str::to_owned),
        })
        .collect();
    gone.sort_by(|left, right| left.target.name.cmp(&right.target.name));
    added.sort_by(|left, right| left.target.name.cmp(&right.target.name));
    let change = Change::Links {
        attribute: attribute.name.to_owned(),
        before: live.len(),
        added,
        removed: gone,
        consequence: None,
    };
    check_counts(attribute, link, links, &change, &live, side, diagnostics);
    match &change {
        Change::Links { added, removed, .. } if added.is_empty() && removed.is_empty() => None,
        _ => Some(change),
    }
}

/// Whether somebody is in a link list through Privileged Identity Management: by an activation, or as the object declares
/// it elsewhere.
fn is_there_for_a_time(
    attribute: &Attribute,
    side: &Side<'_>,
    target: &Target,
    resolved: &Resolved<'_>,
) -> bool {
    let access = attribute.name.trim_end_matches('s');
    let activated = side.live.zip(target.id.as_ref());
    let activated =
        activated.is_some_and(|(live, id)| resolved.snapshot.activated.holds(&live.id, access, id));
    let kind = side.declared.and_then(|declared| crate::kinds::by_name(&declared.address.kind));
    let mut beside = kind.into_iter().flat_map(|kind| kind.attributes).filter(|beside| {
        beside.schedules().is_some_and(|of| !of.eligible && of.of == ScheduleOf::Group(access))
    });
    let lists = |attribute: &Attribute| {
        let declared = side.declared.and_then(|declared| declared.schedules.get(attribute.name));
        let mut entries = declared.into_iter().flat_map(|declared| &declared.entries);
        entries.any(|entry| resolved.target(&entry.member).as_ref() == Some(target))
    };
    activated || beside.any(lists)
}

/// Whether what the values name can stand there.
fn check_named(kind: &Kind, side: &Side<'_>, resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    for (name, given) in side.declared.into_iter().flat_map(|declared| &declared.values) {
        let Some(attribute) = kind.attribute(name) else { continue };
        let named = given.references.iter().filter(
            |reference| matches!(&reference.to, ReferenceTo::Address(address) if kind.names(&address.kind)),
        );
        named.for_each(|reference| refused_target(attribute, side, resolved, reference, diagnostics));
    }
}

fn refused_target(
    attribute: &Attribute,
    side: &Side<'_>,
    resolved: &Resolved<'_>,
    reference: &crate::desired::Reference,
    diagnostics: &mut Diagnostics,
) {
    let Some(kind) = side.declared.and_then(|declared| crate::kinds::by_name(&declared.address.kind)) else {
        return;
    };
    if let Err(why) = (kind.accepts_link)(side, attribute, &resolved.side(reference)) {
        let message =
            format!("`{}` cannot be in `{}`: {why}", terminal(&reference.to.describe()), attribute.name);
        diagnostics.push(Diagnostic::error("invalid-link", message, &reference.place, "not possible"));
    }
}

/// The service's own bounds on how many references there are.
fn check_counts(
    attribute: &Attribute,
    link: &Link,
    links: &DeclaredLinks,
    change: &Change,
    live: &BTreeSet<&Target>,
    side: &Side<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Change::Links { added, removed, .. } = change else { return };
    let after = live.len() + added.len() - removed.len();
    if after > link.max {
        let message = format!(
            "`{}` would have {after} entries; the service takes at most {}",
            attribute.name, link.max
        );
        diagnostics.push(Diagnostic::error(
            "too-long",
            message,
            &links.place,
            "too many with those in the tenant",
        ));
    }
    let Some(kept) = link.keeps_one.map(|kind| format!("{kind}:")) else { return };
    let of_kind = |target: &&Target| target.name.starts_with(&kept);
    let had = live.iter().copied().filter(of_kind).count();
    let lost = removed.iter().map(|removed| &removed.target).filter(of_kind).count();
    let gained = added.iter().map(|added| &added.target).filter(of_kind).count();
    if had > 0 && had + gained == lost {
        let name = side.declared.map(|declared| terminal(&declared.address.to_string())).unwrap_or_default();
        let message = format!(
            "{name} would lose its last {} who is a {}",
            attribute.name.trim_end_matches('s'),
            kept.trim_end_matches(':')
        );
        let diagnostic = Diagnostic::error("last-owner", message, &links.place, "the service refuses this");
        diagnostics.push(diagnostic.help("name another one, or leave the attribute out"));
    }
}
