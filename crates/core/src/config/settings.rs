//! Reads the tables that are not objects: `[tenant]`, `[protect]`, `[limits]`, `[manage]`, `[handover]`, `[manual]`,
//! `[licensing]`.

use super::table::{Item, Table, given_twice, unknown_key};
use super::{links, manual};
use crate::address::ObjectId;
use crate::desired::{Configuration, Limit};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::{self, Shape};
use crate::licensing::declared::Written;
use crate::text::terminal;

/// Tables at the top level that are not kinds.
pub(super) const TABLES: &[&str] =
    &["tenant", "protect", "limits", "manage", "defaults", "handover", "manual", "licensing"];

/// Clouds that `[tenant] cloud` names.
pub(super) const CLOUDS: &[&str] = &["global", "usgov", "usgov_dod", "china"];

pub(super) fn read(roots: &[Table<'_>], configuration: &mut Configuration, diagnostics: &mut Diagnostics) {
    for (table, handle) in HANDLERS {
        let mut seen: Vec<(&str, Place)> = Vec::new();
        for root in roots {
            let Some(settings) = root.table(table, diagnostics) else { continue };
            for (key, place, item) in settings.entries() {
                if let Some((_, first)) = seen.iter().find(|(earlier, _)| *earlier == key) {
                    diagnostics.push(given_twice(&format!("`{table}.{key}`"), first, &place));
                    continue;
                }
                seen.push((key, place.clone()));
                handle(key, &place, &item, configuration, diagnostics);
            }
        }
    }
}

type Handler = fn(&str, &Place, &Item<'_>, &mut Configuration, &mut Diagnostics);

const HANDLERS: &[(&str, Handler)] = &[
    ("tenant", tenant),
    ("protect", protect),
    ("limits", limits),
    ("manage", manage),
    ("handover", handover),
    ("manual", manual::read),
    ("licensing", licensing),
];

fn tenant(
    key: &str,
    place: &Place,
    item: &Item<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    let settings = &mut configuration.tenant;
    match (key, item.text()) {
        ("id", Some(id)) if ObjectId::parse(id).is_some() || is_domain(id) => {
            settings.id = Some(id.to_owned());
            settings.place = Some(item.place());
        }
        ("id", Some(_)) => {
            let message =
                "`tenant.id` must be a domain such as `contoso.onmicrosoft.com`, or the tenant's GUID";
            diagnostics.push(Diagnostic::error(
                "invalid-value",
                message,
                &item.place(),
                "neither of the two",
            ));
        }
        ("cloud", Some(cloud)) if CLOUDS.contains(&cloud) => settings.cloud = Some(cloud.to_owned()),
        ("cloud", Some(cloud)) => {
            let message = format!("`{}` is not a cloud", terminal(cloud));
            let diagnostic = Diagnostic::error("invalid-value", message, &item.place(), "not known");
            diagnostics.push(diagnostic.help(format!("one of {}", CLOUDS.join(", "))));
        }
        ("id" | "cloud", None) => diagnostics.push(item.wrong_type(&format!("`tenant.{key}`"), "text")),
        _ => diagnostics.push(unknown_key("setting of [tenant]", key, place, &["id", "cloud"])),
    }
}

fn protect(
    key: &str,
    place: &Place,
    item: &Item<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    if !["emergency_access", "never_delete"].contains(&key) {
        diagnostics.push(unknown_key(
            "setting of [protect]",
            key,
            place,
            &["emergency_access", "never_delete"],
        ));
        return;
    }
    let Some(items) = item.list() else {
        diagnostics.push(item.wrong_type(&format!("`protect.{key}`"), "a list"));
        return;
    };
    for item in items {
        if key == "emergency_access" {
            configuration.protect.emergency_access.extend(links::reference(
                key,
                &["user"],
                &item,
                diagnostics,
            ));
        } else {
            configuration.protect.never_delete.extend(pattern(&item, diagnostics));
        }
    }
}

/// An address pattern: `kind:glob`.
fn pattern(item: &Item<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let Some(text) = item.text() else {
        diagnostics
            .push(item.wrong_type("an entry of `protect.never_delete`", "text such as \"group:Tier 0*\""));
        return None;
    };
    let kind = text.split_once(':').filter(|(_, name)| !name.is_empty()).map(|(kind, _)| kind);
    if kind.and_then(kinds::by_name).is_none() {
        let message = format!("`{}` is not a pattern of addresses", terminal(text));
        diagnostics.push(Diagnostic::error(
            "invalid-value",
            message,
            &item.place(),
            "write `kind:name`, with `*` for any text",
        ));
        return None;
    }
    Some(text.to_owned())
}

fn limits(
    key: &str,
    place: &Place,
    item: &Item<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    let limits = &mut configuration.limits;
    let slot = match key {
        "update" => &mut limits.update,
        "delete" => &mut limits.delete,
        "remove_members" => &mut limits.remove_members,
        _ => {
            diagnostics.push(unknown_key("limit", key, place, &["update", "delete", "remove_members"]));
            return;
        }
    };
    let limit = match (item.text(), item.value().as_integer()) {
        (Some(text), _) => text
            .strip_suffix('%')
            .and_then(|number| number.parse().ok())
            .filter(|percent| *percent <= 100)
            .map(Limit::Percent),
        (None, Some(number)) => {
            usize::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok().map(Limit::Count)
        }
        (None, None) => None,
    };
    match limit {
        Some(limit) => *slot = limit,
        None => {
            let message =
                format!("`limits.{key}` must be a share from \"0%\" to \"100%\" or a number of objects");
            diagnostics.push(Diagnostic::error(
                "invalid-value",
                message,
                &item.place(),
                "neither of the two",
            ));
        }
    }
}

fn manage(
    key: &str,
    place: &Place,
    item: &Item<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    let Some(kind) = kinds::by_table(key).filter(|kind| kind.shape == Shape::Collection) else {
        let known: Vec<&str> = kinds::collections().map(|kind| kind.table).collect();
        diagnostics.push(unknown_key("kind", key, place, &known));
        return;
    };
    match item.text() {
        Some("exact") => {
            configuration.exact.insert(kind.name.to_owned(), item.place());
        }
        Some("declared") => {}
        _ => {
            let message = format!("`manage.{key}` must be \"declared\" or \"exact\"");
            let diagnostic = Diagnostic::error("invalid-value", message, &item.place(), "neither of the two");
            diagnostics.push(
                diagnostic.help("`declared` leaves undeclared objects alone; `exact` plans their removal"),
            );
        }
    }
}

fn handover(
    key: &str,
    place: &Place,
    item: &Item<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    if key != "recipients" {
        diagnostics.push(unknown_key("setting of [handover]", key, place, &["recipients"]));
        return;
    }
    let Some(items) = item.list() else {
        diagnostics.push(item.wrong_type("`handover.recipients`", "a list of age public keys"));
        return;
    };
    for item in items {
        match item.text() {
            Some(text) if is_age_recipient(text) => configuration.handover.push(text.to_owned()),
            Some(text) if text.starts_with("AGE-SECRET-KEY") => {
                let message = "this is an age secret key; a configuration holds public keys only";
                diagnostics.push(
                    Diagnostic::error("secret", message, &item.place(), "remove it, and make a new key")
                        .help("`age-keygen -y FILE` prints the public key"),
                );
            }
            _ => {
                let message = "a recipient is an age public key";
                diagnostics.push(Diagnostic::error(
                    "invalid-value",
                    message,
                    &item.place(),
                    "not a valid `age1…` key: see that it was copied whole",
                ));
            }
        }
    }
}

fn licensing(
    key: &str,
    place: &Place,
    item: &Item<'_>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) {
    match (key, item.text()) {
        ("product_names", Some(text)) => {
            configuration.licensing.product_names =
                Some(Written { text: text.to_owned(), place: item.place() });
        }
        ("product_names", None) => diagnostics.push(item.wrong_type("`licensing.product_names`", "text")),
        _ => diagnostics.push(unknown_key("setting of [licensing]", key, place, &["product_names"])),
    }
}

/// An age X25519 recipient: Bech32 with the prefix `age` over 32 bytes, checksum included.
fn is_age_recipient(text: &str) -> bool {
    bech32::decode(text).is_ok_and(|(prefix, key)| prefix.as_str() == "age" && key.len() == 32)
}

/// A domain name of two labels or more.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        !label.is_empty()
            && edges
            && label.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    text.contains('.') && text.split('.').all(label)
}
