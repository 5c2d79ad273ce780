//! What declared and live schedules differ in, entry by entry.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::declared::{DeclaredSchedule, DeclaredSchedules, Term};
use super::{Held, HeldScope, after, held};
use crate::address::Target;
use crate::desired::{Reference, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::{Attribute, ScheduleOf, Schedules, Side};
use crate::plan::{Change, Ends, Rescheduled, Scheduled, Scope, Unscheduled};
use crate::resolve::Resolved;
use crate::snapshot::Observed;
use crate::text::terminal;

/// How many days before its end a schedule is extended rather than updated, as the admin centre does it.
const EXTENDED_FROM: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Who holds something, and over what.
type Key = (Target, Option<Scope>);

/// What a declared entry turned out to be.
struct Settled<'a> {
    key: Key,
    entry: &'a DeclaredSchedule,
}

/// The change that makes the live schedules what is declared of them.
pub(crate) fn change(
    attribute: &Attribute,
    schedules: &Schedules,
    declared: &DeclaredSchedules,
    side: &Side<'_>,
    resolved: &Resolved<'_>,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Option<Change> {
    let now = TimeZone::UTC.to_timestamp(today.at(0, 0, 0, 0)).ok()?;
    let wanted = settled(&declared.entries, resolved);
    let unwanted = settled(&declared.never, resolved);
    for Settled { entry, .. } in &wanted {
        refused(schedules, side, entry, resolved, diagnostics);
    }
    contradictions(attribute, &wanted, &unwanted, diagnostics);
    let (past, wanted): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|settled| is_past(settled.entry, now));
    let live = side.live.map(|live| held(live.property(attribute.graph))).unwrap_or_default();
    let others: BTreeSet<HeldScope> = kept_elsewhere(schedules, resolved);
    let live: BTreeMap<Key, Held> = live
        .into_iter()
        .filter(|held| !others.contains(&held.scope))
        .map(|held| (named(&held, resolved), held))
        .collect();
    let ended: BTreeSet<&Key> = unwanted.iter().chain(&past).map(|settled| &settled.key).collect();
    let kept: BTreeSet<&Key> = wanted.iter().map(|settled| &settled.key).collect();
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    for settled in &wanted {
        match live.get(&settled.key) {
            Some(held) if held.end.is_none_or(|end| end > now) => changed.extend(moved(settled, held, now)),
            expired => added.push(given(settled, expired.is_some())),
        }
    }
    let gone = live.iter().filter(|(key, held)| {
        // Whoever is in a group for good is among its members or owners, and those lists say so.
        let in_group = schedules.of != ScheduleOf::Role && !schedules.eligible && held.end.is_none();
        let over = in_group || held.end.is_some_and(|end| end <= now);
        !over && !kept.contains(key) && (declared.whole || ended.contains(key))
    });
    let mut removed: Vec<Unscheduled> = gone.map(|(key, held)| unscheduled(key.clone(), held)).collect();
    added.sort_by(|left, right| order(&left.member, &left.scope).cmp(&order(&right.member, &right.scope)));
    changed.sort_by(|left, right| order(&left.member, &left.scope).cmp(&order(&right.member, &right.scope)));
    removed.sort_by(|left, right| order(&left.member, &left.scope).cmp(&order(&right.member, &right.scope)));
    let plain = schedules.of == ScheduleOf::Role && resolved.snapshot.without_pim;
    without_pim(schedules, plain, declared, &wanted, diagnostics);
    (!added.is_empty() || !changed.is_empty() || !removed.is_empty()).then(|| Change::Schedules {
        attribute: attribute.name.to_owned(),
        before: live.len(),
        added,
        changed,
        removed,
        plain,
    })
}

/// The end of everything that is held of an object about to be deleted.
pub(crate) fn removal(
    attribute: &Attribute,
    schedules: &Schedules,
    live: &Observed,
    resolved: &Resolved<'_>,
) -> Option<Change> {
    let held = held(live.property(attribute.graph));
    let before = held.len();
    let mut removed: Vec<Unscheduled> =
        held.into_iter().map(|held| unscheduled(named(&held, resolved), &held)).collect();
    removed.sort_by(|left, right| order(&left.member, &left.scope).cmp(&order(&right.member, &right.scope)));
    let plain = schedules.of == ScheduleOf::Role && resolved.snapshot.without_pim;
    let (attribute, added, changed) = (attribute.name.to_owned(), Vec::new(), Vec::new());
    (!removed.is_empty()).then_some(Change::Schedules { attribute, before, added, changed, removed, plain })
}

fn unscheduled((member, scope): Key, held: &Held) -> Unscheduled {
    Unscheduled { id: held.id.clone(), member, scope, ends: Ends { at: held.end, after: None } }
}

fn order<'a>(member: &'a Target, scope: &'a Option<Scope>) -> (&'a str, &'a str) {
    (&member.name, scope.as_ref().map_or("", |scope| &scope.target.name))
}

fn is_past(entry: &DeclaredSchedule, now: Timestamp) -> bool {
    matches!(entry.term, Term::Until(at) if at <= now)
}

fn given(settled: &Settled<'_>, renews: bool) -> Scheduled {
    let Settled { key: (member, scope), entry } = settled;
    Scheduled {
        member: member.clone(),
        scope: scope.clone(),
        ends: ends(&entry.term),
        renews,
        justification: entry.justification.as_deref().map(str::to_owned),
        ticket: entry.ticket.as_deref().cloned(),
    }
}

fn ends(term: &Term) -> Ends {
    match term {
        Term::Permanent => Ends::default(),
        Term::Until(at) => Ends { at: Some(*at), after: None },
        Term::For(duration) => Ends { at: None, after: Some(duration.to_string()) },
    }
}

/// The change of a schedule's end, where it is not what is declared.
fn moved(settled: &Settled<'_>, held: &Held, now: Timestamp) -> Option<Rescheduled> {
    let Settled { key: (member, scope), entry } = settled;
    let wanted = ends(&entry.term);
    if held.ends_as(&wanted) {
        return None;
    }
    let until = match (&wanted.at, &wanted.after) {
        (at @ Some(_), _) => *at,
        (None, Some(duration)) => after(now, duration),
        (None, None) => None,
    };
    let later = match (until, held.end) {
        (Some(until), Some(end)) => until > end,
        (until, _) => until.is_none(),
    };
    let soon = held.end.is_some_and(|end| end.duration_since(now) <= EXTENDED_FROM);
    Some(Rescheduled {
        member: member.clone(),
        scope: scope.clone(),
        before: Ends { at: held.end, after: None },
        after: wanted,
        extends: later && soon,
        justification: entry.justification.as_deref().map(str::to_owned),
        ticket: entry.ticket.as_deref().cloned(),
    })
}

fn settled<'a>(entries: &'a [DeclaredSchedule], resolved: &Resolved<'_>) -> Vec<Settled<'a>> {
    let settle = |entry: &'a DeclaredSchedule| {
        let scope = match &entry.scope {
            Some(scope) => Some(declared_scope(scope, resolved)?),
            None => None,
        };
        Some(Settled { key: (resolved.target(&entry.member)?, scope), entry })
    };
    entries.iter().filter_map(settle).collect()
}

/// Whether a role is held over the members of what a reference names, rather than over the object itself.
fn is_unit(scope: &Reference) -> bool {
    matches!(&scope.to, ReferenceTo::Address(address) if address.kind == "unit")
}

fn declared_scope(scope: &Reference, resolved: &Resolved<'_>) -> Option<Scope> {
    let target = resolved.target(scope)?;
    Some(Scope { target, over_members: is_unit(scope) })
}

/// A live schedule by the names of who holds it and over what.
fn named(held: &Held, resolved: &Resolved<'_>) -> Key {
    let scope = match &held.scope {
        HeldScope::Whole => None,
        HeldScope::Unit(id) => Some(Scope { target: resolved.referred(id), over_members: true }),
        HeldScope::Object(id) => Some(Scope { target: resolved.referred(id), over_members: false }),
    };
    (resolved.referred(&held.member), scope)
}

/// The units that declare their administrators themselves: what is held over their members is theirs to say.
fn kept_elsewhere(schedules: &Schedules, resolved: &Resolved<'_>) -> BTreeSet<HeldScope> {
    if schedules.of != ScheduleOf::Role || schedules.eligible {
        return BTreeSet::new();
    }
    let units = resolved.snapshot.kinds.get("unit").into_iter().flat_map(|seen| &seen.objects);
    let own =
        units.filter(|unit| resolved.declared(unit).is_some_and(|declared| !declared.assignments.is_empty()));
    own.map(|unit| HeldScope::Unit(unit.id.clone())).collect()
}

/// Who and what the service refuses.
fn refused(
    schedules: &Schedules,
    side: &Side<'_>,
    entry: &DeclaredSchedule,
    resolved: &Resolved<'_>,
    diagnostics: &mut Diagnostics,
) {
    let name = terminal(&entry.member.to.describe());
    let member = resolved.side(&entry.member);
    let unmanaged = side.live.filter(|_| schedules.of != ScheduleOf::Role).and_then(not_managed);
    if let Some(why) = unmanaged {
        let message = format!("`{name}` cannot be {} a group that is {why}", schedules.describe());
        let label = "Privileged Identity Management does not manage this group";
        diagnostics.push(Diagnostic::error("invalid-link", message, &entry.place, label));
    }
    let is_group = resolved.target(&entry.member).is_some_and(|target| target.prefix() == "group");
    if schedules.of == ScheduleOf::Role && is_group && !is_role_assignable(&member) {
        let message = format!("`{name}` cannot hold a role");
        let label = "only a group with `is_assignable_to_role = true` can";
        diagnostics.push(Diagnostic::error("invalid-link", message, &entry.member.place, label));
    }
    let Some(scope) = &entry.scope else { return };
    let over = resolved.side(scope);
    let unit = is_unit(scope);
    if let Some(role) = side.live.filter(|role| !(schedules.accepts)(role, unit)) {
        let place = if unit { "over the members of an administrative unit" } else { "over a single object" };
        let message = format!("`role:{}` cannot be held {place}", terminal(role.text("displayName")));
        let diagnostic = Diagnostic::error("invalid-link", message, &scope.place, "not possible");
        diagnostics.push(diagnostic.help(schedules.accepted));
    }
    let unit_lists = over.declared.filter(|unit| !schedules.eligible && !unit.assignments.is_empty());
    if let Some(unit) = unit_lists {
        let message = format!("`{name}` is listed where {} lists its own administrators", unit.address);
        let diagnostic = Diagnostic::error("contradiction", message, &entry.place, "listed here");
        diagnostics.push(
            diagnostic.also(&unit.place, "lists `scoped_role_members`").help("keep one of the two lists"),
        );
    }
}

/// Why a group cannot be brought into Privileged Identity Management.
fn not_managed(group: &Observed) -> Option<&'static str> {
    let dynamic = group.holds("groupTypes", "DynamicMembership");
    let whys = [
        (dynamic, "driven by a rule"),
        (group.is_synchronised(), "synchronised from on-premises"),
        (group.is_restricted(), "in a restricted administrative unit"),
    ];
    whys.into_iter().find(|(is, _)| *is).map(|(_, why)| why)
}

fn is_role_assignable(group: &Side<'_>) -> bool {
    let declared = group.declared.and_then(|group| group.value("is_assignable_to_role"));
    declared.and_then(serde_json::Value::as_bool) == Some(true)
        || group.live.is_some_and(|group| group.flag("isAssignableToRole"))
}

/// What takes PIM in a tenant that does not have it.
fn without_pim(
    schedules: &Schedules,
    plain: bool,
    declared: &DeclaredSchedules,
    wanted: &[Settled<'_>],
    diagnostics: &mut Diagnostics,
) {
    let help = "Privileged Identity Management takes Microsoft Entra ID P2 or Microsoft Entra ID Governance";
    let mut refuse = |place, message: &str, label: &str| {
        diagnostics.push(Diagnostic::error("no-pim", message, place, label).help(help));
    };
    if plain && schedules.eligible {
        refuse(&declared.place, "this tenant has no eligible assignments", "takes another licence");
    } else if plain {
        for settled in wanted.iter().filter(|settled| settled.entry.term != Term::Permanent) {
            refuse(&settled.entry.place, "this tenant has no assignments that end", "takes another licence");
        }
    }
}

fn contradictions(
    attribute: &Attribute,
    wanted: &[Settled<'_>],
    unwanted: &[Settled<'_>],
    diagnostics: &mut Diagnostics,
) {
    for (index, Settled { key, entry }) in wanted.iter().enumerate() {
        let Some(other) = wanted[..index].iter().find(|wanted| wanted.key == *key) else { continue };
        let message = format!("`{}` is listed twice in `{}`", terminal(&entry.describe()), attribute.name);
        let diagnostic = Diagnostic::error("duplicate", message, &entry.place, "again here");
        diagnostics.push(diagnostic.also(&other.entry.place, "first here"));
    }
    for Settled { key, entry } in unwanted {
        let Some(other) = wanted.iter().find(|wanted| wanted.key == *key) else { continue };
        let name = terminal(&entry.describe());
        let message = format!("`{name}` is both wanted and unwanted in `{}`", attribute.name);
        let diagnostic = Diagnostic::error("contradiction", message, &entry.place, "unwanted here");
        diagnostics.push(diagnostic.also(&other.entry.place, "wanted here"));
    }
}
