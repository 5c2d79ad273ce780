//! Reads `[manual."…"]`: what people look after because no application can.

use jiff::{Span, SpanFieldwise};

use super::table::{Item, Table, unknown_key};
use super::{links, typed};
use crate::desired::{Configuration, ManualSetting, Owner};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds;

/// The kinds that an owner can be.
const OWNERS: &[&str] = &["user", "group"];

/// The keys of a setting.
const KEYS: &[&str] = &["owner", "expected", "checked", "every"];

/// Days between checks when `every` is not given.
const DAYS: i64 = 90;

pub(super) fn read(
    name: &str,
    place: &Place,
    item: &Item<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    if name.trim().is_empty() {
        let message = "a manual setting needs a name";
        diagnostics.push(Diagnostic::error("invalid-key", message, place, "this key is empty"));
        return;
    }
    let Some(table) = item.table_or_report(&format!("`manual.{name}`"), diagnostics) else { return };
    missing(&table, place, diagnostics);
    let owner = optional("owner", &table, diagnostics, owner);
    let expected =
        optional("expected", &table, diagnostics, |item, diagnostics| text("expected", item, diagnostics));
    let checked = optional("checked", &table, diagnostics, |item, diagnostics| {
        let date = typed::date("checked", "the day on which somebody looked", item, diagnostics)?;
        Some((date, item.place()))
    });
    let every = optional("every", &table, diagnostics, span);
    for (key, place, _) in table.entries().iter().filter(|(key, ..)| !KEYS.contains(key)) {
        diagnostics.push(unknown_key("key of a manual setting", key, place, KEYS));
    }
    if let (Some(owner), Some(expected)) = (owner, expected) {
        let every = every.unwrap_or_else(|| Span::new().days(DAYS));
        configuration.manual.insert(name.to_owned(), ManualSetting { owner, expected, checked, every });
    }
}

fn optional<'a, T>(
    key: &str,
    table: &Table<'a>,
    diagnostics: &mut Diagnostics,
    read: impl Fn(&Item<'a>, &mut Diagnostics) -> Option<T>,
) -> Option<T> {
    let (_, item) = table.get(key)?;
    read(&item, diagnostics)
}

/// What a setting cannot do without.
fn missing(table: &Table<'_>, place: &Place, diagnostics: &mut Diagnostics) {
    let missing = ["owner", "expected"].into_iter().filter(|key| table.get(key).is_none());
    let missing = missing.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    if !missing.is_empty() {
        let message = format!("a manual setting needs {missing}");
        diagnostics.push(Diagnostic::error("missing-attribute", message, place, "not given here"));
    }
}

fn text(key: &str, item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    match item.text() {
        Some(text) if !text.trim().is_empty() => return Some(text.to_owned()),
        Some(_) => {
            let message = format!("`{key}` is empty");
            diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), "write a few words"));
        }
        None => diagnostics.push(item.wrong_type(&format!("`{key}`"), "text")),
    }
    None
}

/// A reference, or whatever people call who looks after it.
fn owner(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Owner> {
    let text = text("owner", item, diagnostics)?;
    let kind = text.split_once(':').map(|(kind, _)| kind);
    if kind.is_some_and(|kind| kind == "id" || kinds::by_name(kind).is_some()) {
        return links::reference("owner", OWNERS, item, diagnostics).map(Owner::Reference);
    }
    Some(Owner::Text(text))
}

/// Days, weeks, months and years: nobody looks at a setting by the hour.
fn span(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<Span> {
    const EXPECTED: &str = "a span of days such as \"90d\", \"6 months\" or \"P1Y\"";
    let Some(text) = item.text() else {
        diagnostics.push(item.wrong_type("`every`", EXPECTED));
        return None;
    };
    let span = text.parse().ok().filter(|span: &Span| span.is_positive() && whole_days(span));
    if span.is_none() {
        let message = format!("`every` must be {EXPECTED}");
        let label = "more than nothing, in days, weeks, months or years";
        diagnostics.push(Diagnostic::error("invalid-value", message, &item.place(), label));
    }
    span
}

fn whole_days(span: &Span) -> bool {
    let dated = Span::new()
        .try_years(span.get_years())
        .and_then(|dated| dated.try_months(span.get_months()))
        .and_then(|dated| dated.try_weeks(span.get_weeks()))
        .and_then(|dated| dated.try_days(span.get_days()));
    dated.is_ok_and(|dated| SpanFieldwise(dated) == SpanFieldwise(*span))
}
