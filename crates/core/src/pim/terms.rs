//! Whether what is given anew keeps to the policy about it, as that will be once the plan is applied.
//!
//! What somebody holds already is left alone by a policy that changes, so only what the plan gives or moves is judged.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::rules::{PERMANENT, RULES, minutes, values};
use super::{Relation, Section, attributes_of};
use crate::address::Target;
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::kinds::comparison::merged;
use crate::kinds::{Attribute, Kind, ScheduleOf, Schedules, Type};
use crate::plan::{Change, Ends, Scope, Ticket};
use crate::resolve::Resolved;
use crate::schedules::after;
use crate::snapshot::Observed;
use crate::text::terminal;

/// What a plan gives somebody, as far as a policy judges it.
struct Given<'a> {
    member: &'a Target,
    scope: &'a Option<Scope>,
    ends: &'a Ends,
    ticket: &'a Option<Ticket>,
}

/// Refuses what the service would refuse to give.
pub(crate) fn check(
    kind: &Kind,
    declared: &Declared,
    live: Option<&Observed>,
    changes: &[Change],
    resolved: &Resolved<'_>,
    today: Date,
    diagnostics: &mut Diagnostics,
) {
    let Ok(midnight) = TimeZone::UTC.to_timestamp(today.at(0, 0, 0, 0)) else { return };
    for change in changes {
        let Change::Schedules { attribute, added, changed, plain: false, .. } = change else { continue };
        let Some(attribute) = kind.attribute(attribute) else { continue };
        let Some(schedules) = attribute.schedules() else { continue };
        let relation = relation(schedules);
        let section = if schedules.eligible { Section::Eligibility } else { Section::Active };
        let Some(policy) = policy(kind, relation, section, live, changes) else { continue };
        let added = added.iter().map(|new| Given {
            member: &new.member,
            scope: &new.scope,
            ends: &new.ends,
            ticket: &new.ticket,
        });
        let changed = changed.iter().map(|moved| Given {
            member: &moved.member,
            scope: &moved.scope,
            ends: &moved.after,
            ticket: &moved.ticket,
        });
        for given in added.chain(changed) {
            let Some(Breach { why, instead }) = breach(&policy, &given, midnight) else { continue };
            let name = terminal(&given.member.name);
            let message = format!("`{name}` cannot be in `{}`: {why}", attribute.name);
            let place = place(declared, attribute, &given, resolved);
            let diagnostic =
                Diagnostic::error("against-policy", message, place, "the PIM settings do not allow it");
            let settings = settings(kind, relation, section);
            diagnostics.push(diagnostic.help(format!("{instead}, or let {settings} allow it")));
        }
    }
}

fn relation(schedules: &Schedules) -> Relation {
    match schedules.of {
        ScheduleOf::Role => Relation::Role,
        ScheduleOf::Group("owner") => Relation::Owner,
        ScheduleOf::Group(_) => Relation::Member,
    }
}

/// A section of a policy after the plan; nothing where nobody knows it.
fn policy(
    kind: &Kind,
    relation: Relation,
    section: Section,
    live: Option<&Observed>,
    changes: &[Change],
) -> Option<Value> {
    let rules = match live.map(|live| live.property(relation.property())) {
        Some(Value::Array(rules)) => rules.clone(),
        Some(_) => Vec::new(),
        None => RULES.iter().map(|rule| rule.default(relation)).collect(),
    };
    let before = values(&rules).remove(section.key());
    let after =
        attributes_of(kind).filter(|(_, part)| part.relation == relation).find_map(|(attribute, part)| {
            let after = super::patch::after(attribute, changes)?;
            let (_, after) = part.sections(after).into_iter().find(|(key, _)| *key == section.key())?;
            Some((super::patch::members(attribute, section.key()), after))
        });
    match (before, after) {
        (before, None) => before,
        (before, Some((members, after))) => {
            Some(merged(&Type::Record(members), after, &before.unwrap_or_else(|| json!({}))))
        }
    }
}

/// Why a policy does not allow something, and what to say instead.
struct Breach {
    why: String,
    instead: &'static str,
}

fn breach(policy: &Value, given: &Given<'_>, midnight: Timestamp) -> Option<Breach> {
    let maximum = policy.get("maximum").and_then(Value::as_str).filter(|maximum| *maximum != PERMANENT);
    if let Some((text, longest)) = maximum.and_then(|text| Some((text, minutes(text)?))) {
        if given.ends.is_never() {
            let why = format!("it has to end, at the latest after {text}");
            return Some(Breach { why, instead: "say when it ends" });
        }
        let duration = given.ends.after.as_deref().and_then(|duration| after(midnight, duration));
        // The request leaves later today: until then as much less is left.
        let tomorrow = given.ends.at.and_then(|at| at.checked_sub(jiff::SignedDuration::from_hours(24)).ok());
        let length = duration.or(tomorrow).map(|end| end.duration_since(midnight).as_mins());
        if length.is_some_and(|length| length > longest) {
            let why = format!("it may last {text} at most");
            return Some(Breach { why, instead: "let it end earlier" });
        }
    }
    let asks = |word: &str| {
        policy
            .get("require")
            .and_then(Value::as_array)
            .is_some_and(|words| words.iter().any(|asked| asked == word))
    };
    (asks("Ticketing") && given.ticket.is_none()).then(|| Breach {
        why: "it takes a ticket".to_owned(),
        instead: "add `ticket = { number = \"…\", system = \"…\" }`",
    })
}

/// Where the entry stands.
fn place<'a>(
    declared: &'a Declared,
    attribute: &Attribute,
    given: &Given<'_>,
    resolved: &Resolved<'_>,
) -> &'a Place {
    let entries = declared.schedules.get(attribute.name).into_iter().flat_map(|schedules| &schedules.entries);
    let scope = given.scope.as_ref().map(|scope| &scope.target);
    let mut own = entries.filter(|entry| {
        let over = entry.scope.as_ref().and_then(|scope| resolved.target(scope));
        resolved.target(&entry.member).as_ref() == Some(given.member) && over.as_ref() == scope
    });
    own.next().map_or_else(|| declared.place_of(attribute.name), |entry| &entry.place)
}

/// The settings that say so.
fn settings(kind: &Kind, relation: Relation, section: Section) -> String {
    let mut parts = attributes_of(kind)
        .filter(|(_, part)| part.relation == relation && part.section.is_none_or(|own| own == section));
    match parts.next() {
        Some((attribute, part)) if part.section.is_some() => format!("`{}`", attribute.name),
        Some((attribute, _)) => format!("`{}.{}`", attribute.name, section.key()),
        None => "the PIM settings".to_owned(),
    }
}
