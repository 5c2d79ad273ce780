//! Reads the declared objects of every kind.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::table::{Item, Table, given_twice, unknown_key};
use super::{assignments, beside, kept_together, licenses, links, schedules, typed};
use crate::address::{Address, ObjectId};
use crate::assignments::declared::DeclaredAssignments;
use crate::desired::{Configuration, Declared, DeclaredLinks, Given, Objects, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::{self, Kind, Shape, Type};
use crate::licensing::declared::DeclaredLicenses;
use crate::schedules::declared::DeclaredSchedules;
use crate::text::terminal;

/// Keys that every object takes beside its kind's attributes.
pub(super) const LIFECYCLE: &[&str] = &["id", "previously", "absent"];

/// Those of them that an object of this shape takes: of what is always there nothing can be said but its attributes.
pub(crate) fn lifecycle_of(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Collection => LIFECYCLE,
        Shape::Fixed | Shape::Foreign | Shape::Singleton => &[],
        Shape::AtMostOne | Shape::Settings(_) => &["absent"],
    }
}

/// Attributes and links of one table.
#[derive(Debug, Default, Clone)]
pub(super) struct Body {
    pub(super) values: BTreeMap<Cow<'static, str>, Given>,
    pub(super) licenses: Option<DeclaredLicenses>,
    pub(super) links: BTreeMap<&'static str, DeclaredLinks>,
    pub(super) assignments: BTreeMap<&'static str, DeclaredAssignments>,
    pub(super) schedules: BTreeMap<&'static str, DeclaredSchedules>,
    pub(super) unread: BTreeSet<String>,
}

pub(super) fn read(
    roots: &[Table<'_>],
    defaults: &BTreeMap<&'static str, Body>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    for kind in kinds::KINDS {
        for root in roots {
            if kind.shape.is_single() {
                single(kind, root, configuration, diagnostics);
                continue;
            }
            let Some(table) = root.table(kind.table, diagnostics) else { continue };
            for (key, place, item) in table.entries() {
                let Some(body) = item.table_or_report(&format!("`{}.{key}`", kind.table), diagnostics) else {
                    continue;
                };
                let defaults = defaults.get(kind.name);
                if let Some(mut declared) = read_object(kind, key, place, &body, defaults, diagnostics) {
                    share_names(&mut declared, &configuration.objects);
                    declare(declared, configuration, diagnostics);
                }
            }
        }
    }
    kept_together::fold(configuration, diagnostics);
    configuration.objects.sort_unstable_keys();
    claimed_twice(configuration, diagnostics);
}

/// The object of a kind of which a tenant has at most one: its table is the object.
fn single(
    kind: &'static Kind,
    root: &Table<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    let Some((place, item)) = root.get(kind.table) else { return };
    let Some(body) = item.table_or_report(&format!("`{}`", kind.table), diagnostics) else { return };
    declare(read_table(kind, "", place, &body, None, diagnostics), configuration, diagnostics);
}

/// Lets references share the text of the address that they name, where it is spelled alike: a large tenant has many
/// times more references than objects.
fn share_names(declared: &mut Declared, known: &Objects) {
    for entry in declared.links.values_mut().flat_map(|links| &mut links.entries) {
        let ReferenceTo::Address(address) = &mut entry.reference.to else { continue };
        if let Some((name, _)) = known.get_key_value(address).filter(|(name, _)| name.key == address.key) {
            *address = name.clone();
        }
    }
}

fn declare(declared: Declared, configuration: &mut Configuration, diagnostics: &mut Diagnostics) {
    if let Some(first) = configuration.objects.get(&declared.address) {
        let message = format!("{} is declared twice", terminal(&declared.address.to_string()));
        let diagnostic = Diagnostic::error("duplicate", message, &declared.place, "declared again here");
        diagnostics.push(
            diagnostic
                .also(&first.place, "first declared here")
                .help("keys differ only in case or stand in two files: keep one table"),
        );
        return;
    }
    configuration.objects.insert(declared.address.clone(), declared);
}

fn read_object(
    kind: &'static Kind,
    key: &str,
    place: Place,
    table: &Table<'_>,
    defaults: Option<&Body>,
    diagnostics: &mut Diagnostics,
) -> Option<Declared> {
    if key.trim().is_empty() {
        diagnostics.push(Diagnostic::error(
            "invalid-key",
            format!("a {} needs a name", kind.name),
            &place,
            "this key is empty",
        ));
        return None;
    }
    Some(read_table(kind, key, place, table, defaults, diagnostics))
}

fn read_table(
    kind: &'static Kind,
    key: &str,
    place: Place,
    table: &Table<'_>,
    defaults: Option<&Body>,
    diagnostics: &mut Diagnostics,
) -> Declared {
    let body = read_body(kind, table, diagnostics);
    let mut declared = Declared {
        address: Address::new(kind.name, key),
        place,
        id: None,
        previously: Vec::new(),
        absent: false,
        lifecycle: BTreeMap::new(),
        values: body.values,
        licenses: body.licenses,
        links: body.links,
        assignments: body.assignments,
        schedules: body.schedules,
        unread: body.unread,
    };
    lifecycle(kind, table, &mut declared, diagnostics);
    if declared.absent {
        absent_with_attributes(&declared, diagnostics);
        return declared;
    }
    if let Some(defaults) = defaults {
        for (name, given) in &defaults.values {
            declared.values.entry(name.clone()).or_insert_with(|| given.clone());
        }
        declared.licenses = declared.licenses.or_else(|| defaults.licenses.clone());
        for (name, links) in &defaults.links {
            declared.links.entry(name).or_insert_with(|| links.clone());
        }
        for (name, assignments) in &defaults.assignments {
            declared.assignments.entry(name).or_insert_with(|| assignments.clone());
        }
        for (name, schedules) in &defaults.schedules {
            declared.schedules.entry(name).or_insert_with(|| schedules.clone());
        }
    }
    (kind.check)(&declared, diagnostics);
    declared
}

fn absent_with_attributes(declared: &Declared, diagnostics: &mut Diagnostics) {
    let places = declared
        .values
        .values()
        .map(|given| &given.place)
        .chain(declared.links.values().map(|links| &links.place))
        .chain(declared.assignments.values().map(|assignments| &assignments.place))
        .chain(declared.schedules.values().map(|schedules| &schedules.place))
        .chain(declared.licenses.iter().map(|licenses| &licenses.place));
    if let Some(place) = places.min() {
        let message = format!("{} is absent and has attributes", terminal(&declared.address.to_string()));
        let diagnostic = Diagnostic::error("contradiction", message, &declared.place, "declared absent");
        diagnostics.push(
            diagnostic.also(place, "an attribute").help("remove either `absent = true` or the attributes"),
        );
    }
}

/// The attributes of a table, whatever else stands in it.
pub(super) fn read_body(kind: &'static Kind, table: &Table<'_>, diagnostics: &mut Diagnostics) -> Body {
    let mut body = Body::default();
    for (key, place, item) in table.entries() {
        if lifecycle_of(kind.shape).contains(&key) {
            continue;
        }
        let Some(attribute) = kind.attribute_or_extension(key) else {
            let known: Vec<&str> = kind
                .attributes
                .iter()
                .map(|attribute| attribute.name)
                .chain(lifecycle_of(kind.shape).iter().copied())
                .collect();
            diagnostics.push(unknown_attribute(kind, key, &place, &known));
            continue;
        };
        let read = if let Some(link) = attribute.link() {
            let links = links::read(attribute, link, &place, &item, diagnostics);
            links.map(|links| body.links.insert(attribute.name, links)).is_some()
        } else if let Some(assignments) = attribute.assignments() {
            let read = assignments::read(attribute, assignments, &place, &item, diagnostics);
            read.map(|read| body.assignments.insert(attribute.name, read)).is_some()
        } else if let Some(schedules) = attribute.schedules() {
            let lists = beside::read(kind, attribute, &item, &mut body, diagnostics);
            let beside = beside::settings(kind, attribute).map_or(&[][..], |(_, members)| members);
            let read = |diagnostics: &mut _| {
                schedules::read(attribute, schedules, beside, &place, &item, diagnostics)
            };
            let read =
                lists.then(|| read(diagnostics).map(|read| body.schedules.insert(attribute.name, read)));
            read.is_none_or(|read| read.is_some())
        } else if matches!(attribute.value, Type::Licenses { .. }) {
            body.licenses = licenses::read(&place, &item, diagnostics);
            body.licenses.is_some()
        } else {
            let value = match attribute.value {
                Type::Extension => typed::extension(key, &item, diagnostics),
                _ => typed::read(attribute, &item, diagnostics),
            };
            let place = item.place();
            let given = value.map(|value| {
                let references = typed::references(attribute, &value, &place);
                Given { value, place, references }
            });
            let name = match attribute.value {
                Type::Extension => Cow::Owned(key.to_owned()),
                _ => Cow::Borrowed(attribute.name),
            };
            // Settings may stand beside a list as well.
            if let Some((given, first)) = given.as_ref().zip(body.values.get(&name)) {
                diagnostics.push(given_twice(&format!("`{name}`"), &first.place, &given.place));
            }
            given.map(|given| body.values.insert(name, given)).is_some()
        };
        if !read {
            body.unread.insert(key.to_owned());
        }
    }
    body
}

fn unknown_attribute(kind: &Kind, key: &str, place: &Place, known: &[&str]) -> Diagnostic {
    let diagnostic = unknown_key(&format!("attribute of {}", kind.table), key, place, known);
    let says_more = diagnostic.help.as_ref().is_some_and(|help| !help.starts_with("known here"));
    if says_more {
        return diagnostic;
    }
    diagnostic.help(format!("`tenantry explain {}` lists the attributes", kind.name))
}

fn lifecycle(kind: &Kind, table: &Table<'_>, declared: &mut Declared, diagnostics: &mut Diagnostics) {
    let words = lifecycle_of(kind.shape);
    for word in words {
        declared.lifecycle.extend(table.get(word).map(|(_, item)| (*word, item.place())));
    }
    let given = |word: &str| table.get(word).filter(|_| words.contains(&word));
    if let Some((_, item)) = given("id") {
        declared.id = item.text().and_then(ObjectId::parse);
        if declared.id.is_none() {
            let message = "`id` must be an object id (a GUID)";
            diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), "not a GUID"));
        }
    }
    if let Some((_, item)) = given("absent") {
        match item.value().as_bool() {
            Some(absent) => declared.absent = absent,
            None => diagnostics.push(item.wrong_type("`absent`", "true or false")),
        }
    }
    if let Some((_, item)) = given("previously") {
        declared.previously = previous_keys(&item, diagnostics);
    }
}

fn previous_keys(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Vec<String> {
    let Some(items) = item.list() else {
        diagnostics.push(item.wrong_type("`previously`", "a list of earlier keys"));
        return Vec::new();
    };
    let mut keys = Vec::new();
    for item in items {
        match item.text() {
            None => diagnostics.push(item.wrong_type("an entry of `previously`", "text")),
            Some(key) if key.trim().is_empty() => {
                let message = "an earlier key cannot be empty";
                diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), "names nothing"));
            }
            Some(key) => keys.push(key.to_owned()),
        }
    }
    keys
}

/// Live objects that two declarations claim: a key that one has and another had, one earlier key or one id for two.
fn claimed_twice(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    let mut claims: BTreeMap<Address, (&Declared, &Place)> = BTreeMap::new();
    for declared in configuration.objects.values() {
        let kind = &declared.address.kind;
        let earlier =
            declared.previously.iter().map(|key| (Address::new(kind.clone(), key.clone()), "previously"));
        let pinned = declared.id.iter().map(|id| (Address::new("id", id.as_str()), "id"));
        for (claim, word) in earlier.chain(pinned) {
            let place = declared.place_of(word);
            let error = |message: String| {
                Diagnostic::error("contradiction", terminal(&message), place, "claims it here")
            };
            match configuration.objects.get(&claim) {
                Some(other) if other.address == declared.address => {
                    diagnostics.push(error(format!("`{}` is the key already", claim.key)));
                    continue;
                }
                Some(other) => {
                    let message = format!(
                        "`{}` is both an earlier key of {} and declared",
                        claim.key, declared.address
                    );
                    diagnostics.push(error(message).also(&other.place, "declared here"));
                }
                None => {}
            }
            let shown = if word == "id" { claim.to_string() } else { claim.key.to_string() };
            if let Some((other, first)) = claims.insert(claim, (declared, place)) {
                let message = format!("{} and {} both claim `{shown}`", other.address, declared.address);
                diagnostics
                    .push(error(message).also(first, "and here").help("one live object cannot be two"));
            }
        }
    }
}
