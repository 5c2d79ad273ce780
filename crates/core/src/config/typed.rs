//! Reads one TOML value as the kind table says, into Graph's form.

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use toml::de::DeValue;

use super::links;
use super::table::{Item, Table, unknown_key};
use crate::desired::{Reference, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::comparison::{AT_LEAST, NEVER, range};
use crate::kinds::{ALL_USERS, Attribute, Clear, Named, Type, Word, snake_case};
use crate::text::{nearest, terminal};

/// The value of `attribute` in Graph's form; `null` or `[]` when it clears. `None` after reporting a mistake.
pub(super) fn read(attribute: &Attribute, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Value> {
    if item.text() == Some("")
        && !matches!(
            attribute.value,
            Type::Boolean
                | Type::Texts { .. }
                | Type::Records(_)
                | Type::Ranges { .. }
                | Type::References(_)
                | Type::Named(Named { single: false, .. })
                | Type::Targets { .. }
                | Type::Flags(_)
        )
    {
        return cleared(attribute, item, diagnostics);
    }
    match &attribute.value {
        Type::Boolean => item
            .value()
            .as_bool()
            .map(Value::Bool)
            .or_else(|| wrong(attribute, item, "true or false", diagnostics)),
        Type::Text { max, check, .. } => text(attribute, item, *max, *check, diagnostics),
        Type::Enumeration(members) => {
            enumeration(attribute.name, item, members, diagnostics).map(Value::String)
        }
        Type::Words(words) => {
            let names: Vec<&str> = words.iter().map(|word| word.name).collect();
            let name = enumeration(attribute.name, item, &names, diagnostics)?;
            let word = words.iter().find(|word| word.name == name)?;
            word.graph.first().map(|graph| json!(graph))
        }
        Type::Flags(members) => flags(attribute, item, members, diagnostics),
        // Mistakes in it are told with their place, when all is read.
        Type::Rule => match item.text() {
            Some(text) => Some(json!(text)),
            None => wrong(attribute, item, "text", diagnostics),
        },
        Type::DateTime => date_time(attribute, item, diagnostics),
        Type::Duration { check, .. } => text(attribute, item, usize::MAX, *check, diagnostics),
        Type::Texts { .. } => match item.table().filter(|_| attribute.in_part) {
            Some(table) => part(attribute, &table, diagnostics),
            None => texts(attribute, item, diagnostics),
        },
        Type::Record(members) => {
            let table = item.table_or_report(&format!("`{}`", attribute.name), diagnostics)?;
            record(attribute.name, members, &table, diagnostics)
        }
        Type::Records(members) => {
            let items = list(attribute, item, 100, diagnostics)?;
            if items.is_empty() && attribute.clear == Clear::Never {
                return cleared(attribute, item, diagnostics);
            }
            collect(&items, diagnostics, |item, diagnostics| {
                let table =
                    item.table_or_report(&format!("an entry of `{}`", attribute.name), diagnostics)?;
                record(attribute.name, members, &table, diagnostics)
            })
        }
        Type::Item(member) => {
            let held = read(member, item, diagnostics)?;
            if held.as_array().is_some_and(Vec::is_empty) {
                return cleared(attribute, item, diagnostics);
            }
            Some(json!([{ member.graph: held }]))
        }
        Type::Ranges { max_items, min_prefix } => {
            let items = list(attribute, item, *max_items, diagnostics)?;
            if items.is_empty() {
                return cleared(attribute, item, diagnostics);
            }
            collect(&items, diagnostics, |item, diagnostics| {
                let Some(text) = item.text() else {
                    diagnostics.push(item.wrong_type(&format!("an entry of `{}`", attribute.name), "text"));
                    return None;
                };
                match range(text, *min_prefix) {
                    Ok(range) => Some(range),
                    Err(why) => invalid(attribute.name, item, why, diagnostics),
                }
            })
        }
        Type::SecurityAttributes => security_attributes(attribute, item, diagnostics),
        Type::Integer { min, max } => integer(attribute, item, *min, *max, diagnostics),
        Type::Reference(targets) => {
            let reference = links::reference(attribute.name, targets, item, diagnostics)?;
            Some(json!({ "$ref": reference.to.describe() }))
        }
        Type::References(targets) => {
            let items = list(attribute, item, usize::MAX, diagnostics)?;
            collect(&items, diagnostics, |item, diagnostics| {
                let reference = links::reference(attribute.name, targets, item, diagnostics)?;
                Some(json!({ "$ref": reference.to.describe() }))
            })
        }
        Type::Named(named) if named.single => meant(attribute, named, item, diagnostics),
        Type::Named(named) => {
            let items = list(attribute, item, usize::MAX, diagnostics)?;
            collect(&items, diagnostics, |item, diagnostics| meant(attribute, named, item, diagnostics))
        }
        Type::Member(member) => Some(json!({ member.graph: read(member, item, diagnostics)? })),
        Type::Targets { kinds, members } => {
            let items = list(attribute, item, usize::MAX, diagnostics)?;
            collect(&items, diagnostics, |item, diagnostics| {
                target(attribute, kinds, members, item, diagnostics)
            })
        }
        Type::Extension => None,
        Type::Link(_) | Type::Assignments(_) | Type::Schedules(_) | Type::Licenses { .. } => None,
    }
}

/// What a text means: a word's value, or a reference.
fn meant(
    attribute: &Attribute,
    named: &Named,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let Some(text) = item.text() else { return wrong(attribute, item, "text", diagnostics) };
    let spelled = |word: &&Word| plain(word.name) == plain(text);
    if let Some(word) = named.words.iter().find(spelled) {
        return word.graph.first().map(|graph| json!(graph));
    }
    if text.contains(':') {
        let reference = links::reference(attribute.name, named.targets, item, diagnostics)?;
        // Of what goes by another property the object id says nothing.
        if let (Some(property), ReferenceTo::Id(_), [kind, ..]) = (named.by, &reference.to, named.targets) {
            let message = format!("`{}` takes no object ids", attribute.name);
            let label = format!("write `{kind}:` with the name or the {}", snake_case(property));
            diagnostics.push(Diagnostic::error("invalid-reference", message, &item.place(), label));
            return None;
        }
        return Some(json!({ "$ref": reference.to.describe() }));
    }
    let words: Vec<&str> = named.words.iter().map(|word| word.name).collect();
    let help = match (nearest(text, words.iter().copied()), named.targets.first()) {
        (Some(near), _) => format!("did you mean \"{near}\"?"),
        (None, Some(kind)) => format!("write \"{kind}:{}\" for an object", terminal(text)),
        (None, None) => format!("one of {}", words.join(", ")),
    };
    let message = format!("`{}` is not a value of `{}`", terminal(text), attribute.name);
    let label = "neither a word nor a reference";
    diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), label).help(help));
    None
}

fn plain(word: &str) -> String {
    word.replace('_', "").to_lowercase()
}

/// One of those to whom a policy applies: alone, or in a table with what is said of it.
fn target(
    attribute: &Attribute,
    kinds: &[&str],
    members: &[Attribute],
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let Some(table) = item.table().filter(|_| !members.is_empty()) else {
        return target_of(attribute, kinds, item, diagnostics).map(Value::Object);
    };
    let Some((_, whom)) = table.get(REF) else {
        let message = format!("an entry of `{}` needs `{REF}`", attribute.name);
        let label = "says nothing about whom";
        diagnostics.push(Diagnostic::error("missing-attribute", message, &item.place(), label));
        return None;
    };
    let mut target = target_of(attribute, kinds, &whom, diagnostics)?;
    let known: Vec<&str> = [REF].into_iter().chain(members.iter().map(|member| member.name)).collect();
    for (key, place, item) in table.entries().into_iter().filter(|(key, ..)| *key != REF) {
        let Some(member) = members.iter().find(|member| member.name == key) else {
            diagnostics.push(unknown_key(&format!("member of {}", attribute.name), key, &place, &known));
            return None;
        };
        target.insert(member.graph.to_owned(), read(member, &item, diagnostics)?);
    }
    Some(Value::Object(target))
}

/// Where the table of a target says whom it is.
pub(crate) const REF: &str = "ref";

fn target_of(
    attribute: &Attribute,
    kinds: &[&str],
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Map<String, Value>> {
    let of = |id: Value, kind: &str| {
        Map::from_iter([("id".to_owned(), id), ("targetType".to_owned(), json!(kind))])
    };
    let first = kinds.first().copied().unwrap_or_default();
    if item.text() == Some(ALL_USERS) {
        return Some(of(json!(ALL_USERS), first));
    }
    let reference = links::reference(attribute.name, kinds, item, diagnostics)?;
    let kind = match &reference.to {
        ReferenceTo::Address(address) => address.kind.to_string(),
        ReferenceTo::Id(_) => first.to_owned(),
    };
    Some(of(json!({ "$ref": reference.to.describe() }), &kind))
}

fn texts(attribute: &Attribute, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Value> {
    let Type::Texts { max_items, max, check, members } = &attribute.value else { return None };
    let items = list(attribute, item, *max_items, diagnostics)?;
    let read = |item: &Item<'_>, diagnostics: &mut Diagnostics| match members {
        [] if item.text().is_none() => {
            diagnostics.push(item.wrong_type(&format!("an entry of `{}`", attribute.name), "text"));
            None
        }
        [] => text(attribute, item, *max, *check, diagnostics),
        members => enumeration(attribute.name, item, members, diagnostics).map(Value::String),
    };
    collect(&items, diagnostics, read)
}

/// What of a list shall be there, and what shall not.
fn part(attribute: &Attribute, table: &Table<'_>, diagnostics: &mut Diagnostics) -> Option<Value> {
    const WORDS: &[&str] = &[AT_LEAST, NEVER];
    let mut part = Map::new();
    for (key, place, item) in table.entries() {
        if !WORDS.contains(&key) {
            diagnostics.push(unknown_key("key", key, &place, WORDS));
            return None;
        }
        part.insert(key.to_owned(), texts(attribute, &item, diagnostics)?);
    }
    Some(Value::Object(part))
}

/// The references inside a value that [`read`] gave.
pub(super) fn references(attribute: &Attribute, value: &Value, place: &Place) -> Vec<Reference> {
    match (&attribute.value, value) {
        (Type::Member(member), Value::Object(values)) => {
            values.get(member.graph).map(|value| references(member, value, place)).unwrap_or_default()
        }
        (Type::Reference(_) | Type::Named(_), Value::Object(_)) => {
            let to = value.get("$ref").and_then(Value::as_str).and_then(ReferenceTo::parse);
            to.map(|to| Reference { to, place: place.clone() }).into_iter().collect()
        }
        (Type::Record(members), record) => references_of(members, record, place),
        (Type::Targets { .. }, Value::Array(items)) => {
            let to =
                items.iter().filter_map(|item| ReferenceTo::parse(item.get("id")?.get("$ref")?.as_str()?));
            to.map(|to| Reference { to, place: place.clone() }).collect()
        }
        (Type::Records(members), Value::Array(items)) => {
            let record = |item: &Value| references_of(members, item, place);
            items.iter().flat_map(record).collect()
        }
        (Type::References(_) | Type::Named(_), Value::Array(items)) => {
            let to = items.iter().filter_map(|item| ReferenceTo::parse(item.get("$ref")?.as_str()?));
            to.map(|to| Reference { to, place: place.clone() }).collect()
        }
        _ => Vec::new(),
    }
}

fn references_of(members: &[Attribute], record: &Value, place: &Place) -> Vec<Reference> {
    let said = members.iter().filter_map(|member| Some((member, record.get(member.graph)?)));
    said.flat_map(|(member, value)| references(member, value, place)).collect()
}

fn integer(
    attribute: &Attribute,
    item: &Item<'_>,
    min: i64,
    max: i64,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let DeValue::Integer(number) = item.value() else {
        return wrong(attribute, item, "a whole number", diagnostics);
    };
    let digits = number.as_str().replace('_', "");
    match i64::from_str_radix(&digits, number.radix()) {
        Ok(number) if (min..=max).contains(&number) => Some(json!(number)),
        _ => invalid(attribute.name, item, format!("the service takes {min} to {max}"), diagnostics),
    }
}

fn wrong(
    attribute: &Attribute,
    item: &Item<'_>,
    expected: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    diagnostics.push(item.wrong_type(&format!("`{}`", attribute.name), expected));
    None
}

fn cleared(attribute: &Attribute, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Value> {
    match attribute.clear {
        Clear::Null => Some(Value::Null),
        Clear::Empty => Some(json!([])),
        Clear::Never => {
            let message = format!("`{}` cannot be cleared", attribute.name);
            let diagnostic = Diagnostic::error(
                "not-clearable",
                message,
                &item.place(),
                "the service has no way to unset it",
            );
            diagnostics
                .push(diagnostic.help("give a value, or remove the line to leave the attribute alone"));
            None
        }
    }
}

fn invalid(attribute: &str, item: &Item<'_>, why: String, diagnostics: &mut Diagnostics) -> Option<Value> {
    diagnostics.push(Diagnostic::error(
        "invalid-value",
        format!("invalid value for `{attribute}`"),
        &item.place(),
        why,
    ));
    None
}

fn text(
    attribute: &Attribute,
    item: &Item<'_>,
    max: usize,
    check: fn(&str) -> Result<(), String>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let Some(text) = item.text() else { return wrong(attribute, item, "text", diagnostics) };
    if text.is_empty() {
        return invalid(attribute.name, item, "an entry cannot be empty".to_owned(), diagnostics);
    }
    if let Err(why) = check(text) {
        return invalid(attribute.name, item, why, diagnostics);
    }
    let length = text.chars().count();
    if length > max {
        let message = format!("`{}` is too long", attribute.name);
        let label = format!("{length} characters; the service takes at most {max}");
        diagnostics.push(Diagnostic::error("too-long", message, &item.place(), label));
        return None;
    }
    Some(json!(text))
}

fn enumeration(
    name: &str,
    item: &Item<'_>,
    members: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let words: Vec<String> = members.iter().map(|member| snake_case(member)).collect();
    let choices = || words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let Some(text) = item.text() else {
        diagnostics.push(item.wrong_type(&format!("`{name}`"), &format!("one of {}", choices())));
        return None;
    };
    if let Some(member) = members.iter().find(|member| plain(member) == plain(text)) {
        return Some((*member).to_owned());
    }
    let message = format!("`{}` is not a value of `{name}`", terminal(text));
    let help = match nearest(text, words.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("one of {}", choices()),
    };
    diagnostics
        .push(Diagnostic::error("invalid-value", message, &item.place(), "not one of its values").help(help));
    None
}

fn flags(
    attribute: &Attribute,
    item: &Item<'_>,
    members: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let items = list(attribute, item, members.len(), diagnostics)?;
    let before = items.len();
    let flags: Vec<String> =
        items.iter().filter_map(|item| enumeration(attribute.name, item, members, diagnostics)).collect();
    let joined = if flags.is_empty() { "None".to_owned() } else { flags.join(", ") };
    (flags.len() == before).then(|| json!(joined))
}

fn date_time(attribute: &Attribute, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Value> {
    let given = match item.value() {
        DeValue::Datetime(given) => given.to_string(),
        DeValue::String(given) => given.to_string(),
        _ => return wrong(attribute, item, "a date or a time with offset", diagnostics),
    };
    let instant = given.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date: Date = given.parse().ok().filter(|_| given.len() == 10)?;
        jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
    });
    match instant {
        Some(instant) => Some(json!(instant.to_string())),
        None => invalid(
            attribute.name,
            item,
            "write a date `2026-01-31` or a time with offset `2026-01-31T08:00:00Z`".to_owned(),
            diagnostics,
        ),
    }
}

/// An instant with its offset; `None` for anything else, a mere date included.
pub(super) fn instant(item: &Item<'_>) -> Option<jiff::Timestamp> {
    match item.value() {
        DeValue::Datetime(given) => given.to_string().parse().ok(),
        DeValue::String(given) => given.parse().ok(),
        _ => None,
    }
}

/// A day without a time; `meaning` says which day.
pub(super) fn date(
    name: &str,
    meaning: &str,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Date> {
    let text = match item.value() {
        DeValue::Datetime(given) => given.to_string(),
        DeValue::String(given) => given.to_string(),
        _ => {
            diagnostics.push(item.wrong_type(&format!("`{name}`"), "a date such as 2027-03-31"));
            return None;
        }
    };
    let date = if text.len() == 10 { text.parse().ok() } else { None };
    if date.is_none() {
        let message = format!("`{name}` must be a date such as 2027-03-31");
        let label = format!("{meaning}, without a time");
        diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), label));
    }
    date
}

fn list<'a>(
    attribute: &Attribute,
    item: &Item<'a>,
    max: usize,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Item<'a>>> {
    let Some(items) = item.list() else {
        wrong(attribute, item, "a list", diagnostics);
        return None;
    };
    if items.len() > max {
        let message = format!("`{}` has too many entries", attribute.name);
        let label = format!("{} entries; the service takes at most {max}", items.len());
        diagnostics.push(Diagnostic::error("too-long", message, &item.place(), label));
        return None;
    }
    Some(items)
}

fn collect<'a>(
    items: &[Item<'a>],
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(&Item<'a>, &mut Diagnostics) -> Option<Value>,
) -> Option<Value> {
    let values: Vec<Value> = items.iter().filter_map(|item| read(item, diagnostics)).collect();
    (values.len() == items.len()).then_some(Value::Array(values))
}

/// A complex value by its members.
pub(super) fn record(
    name: &str,
    members: &[Attribute],
    table: &Table<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let known: Vec<&str> = members.iter().map(|member| member.name).collect();
    let mut record = Map::new();
    let mut sound = true;
    for (key, place, item) in table.entries() {
        match members.iter().find(|member| member.name == key) {
            None => {
                diagnostics.push(unknown_key(&format!("member of {name}"), key, &place, &known));
                sound = false;
            }
            Some(member) => match read(member, &item, diagnostics) {
                Some(value) => {
                    record.insert(member.graph.to_owned(), value);
                }
                None => sound = false,
            },
        }
    }
    sound.then_some(Value::Object(record))
}

/// The value of the directory extension `name`; `null` when it clears.
pub(super) fn extension(name: &str, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Value> {
    if item.text() == Some("") {
        return Some(Value::Null);
    }
    let value = scalar(item);
    if value.is_none() {
        let expected = "text, an integer of 32 bits, or true or false";
        diagnostics.push(item.wrong_type(&format!("`{name}`"), expected));
    }
    value
}

/// Text, boolean or integer; Graph's integers here have 32 bits.
fn scalar(item: &Item<'_>) -> Option<Value> {
    match item.value() {
        DeValue::String(text) => Some(json!(text)),
        DeValue::Boolean(value) => Some(json!(value)),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            i32::from_str_radix(&digits, number.radix()).ok().map(|number| json!(number))
        }
        _ => None,
    }
}

/// Sets of attributes with the type annotations Graph wants beside integers and lists.
fn security_attributes(
    attribute: &Attribute,
    item: &Item<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let table = item.table_or_report(&format!("`{}`", attribute.name), diagnostics)?;
    let mut sets = Map::new();
    let mut sound = true;
    for (set, _, item) in table.entries() {
        let Some(values) = item.table_or_report(&format!("attribute set `{set}`"), diagnostics) else {
            sound = false;
            continue;
        };
        let mut written = Map::new();
        written.insert(
            "@odata.type".to_owned(),
            json!("#Microsoft.DirectoryServices.CustomSecurityAttributeValue"),
        );
        for (name, _, item) in values.entries() {
            let Some((value, annotation)) = security_value(&item) else {
                let expected = "text, an integer, true or false, or a list of texts or of integers";
                diagnostics.push(item.wrong_type(&format!("`{set}.{name}`"), expected));
                sound = false;
                continue;
            };
            if let Some(annotation) = annotation {
                written.insert(format!("{name}@odata.type"), json!(annotation));
            }
            written.insert(name.to_owned(), value);
        }
        sets.insert(set.to_owned(), Value::Object(written));
    }
    sound.then_some(Value::Object(sets))
}

fn security_value(item: &Item<'_>) -> Option<(Value, Option<&'static str>)> {
    if let Some(items) = item.list() {
        let values: Vec<Value> = items.iter().map(scalar).collect::<Option<_>>()?;
        let integers = values.iter().all(Value::is_i64) && !values.is_empty();
        let texts = values.iter().all(Value::is_string);
        let annotation = if integers { "#Collection(Int32)" } else { "#Collection(String)" };
        return (integers || texts).then_some((Value::Array(values), Some(annotation)));
    }
    match scalar(item)? {
        Value::String(text) if text.is_empty() => Some((Value::Null, None)),
        number @ Value::Number(_) => Some((number, Some("#Int32"))),
        value => Some((value, None)),
    }
}
