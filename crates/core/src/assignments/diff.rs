//! What declared and live assignments differ in, entry by entry.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::declared::{DeclaredAssignment, DeclaredAssignments};
use super::{Held, ROLE, held};
use crate::address::{ObjectId, Target};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::{Assignments, Attribute};
use crate::plan::{Assigned, Change, Unassigned};
use crate::resolve::Resolved;
use crate::snapshot::Observed;
use crate::text::terminal;

/// A role and who holds it.
type Pair = (Target, Target);

/// What a declared entry turned out to be.
struct Settled<'a> {
    pair: Pair,
    entry: &'a DeclaredAssignment,
}

/// The change that makes the live assignments what is declared of them.
pub(crate) fn change(
    attribute: &Attribute,
    assignments: &Assignments,
    declared: &DeclaredAssignments,
    live: Option<&Observed>,
    resolved: &Resolved<'_>,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Option<Change> {
    let wanted = settled(&declared.entries, resolved);
    let unwanted = settled(&declared.never, resolved);
    for Settled { entry, .. } in &wanted {
        refused(assignments, entry, resolved, diagnostics);
    }
    contradictions(attribute, &wanted, &unwanted, diagnostics);
    let (expired, wanted): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|settled| settled.entry.until.is_some_and(|until| until < today));
    let held: BTreeMap<Pair, Held> = live.map_or_else(BTreeMap::new, |live| {
        let held = held(live.property(attribute.graph)).into_iter();
        let activated =
            |held: &Held| resolved.snapshot.activated.holds(&live.id, held.role.as_str(), &held.member);
        held.filter(|held| !activated(held)).map(|held| (named(&held, resolved), held)).collect()
    });
    let ended = unwanted.iter().map(|settled| (&settled.pair, None));
    let ended: BTreeMap<&Pair, Option<Date>> =
        ended.chain(expired.iter().map(|settled| (&settled.pair, settled.entry.until))).collect();
    let removed = taken_away(declared.whole, &held, &wanted, &ended);
    let added = given(&held, &wanted);
    (!added.is_empty() || !removed.is_empty()).then(|| Change::Assignments {
        attribute: attribute.name.to_owned(),
        before: held.len(),
        added,
        removed,
    })
}

/// What is held and shall not be, in the order of names.
fn taken_away(
    whole: bool,
    held: &BTreeMap<Pair, Held>,
    wanted: &[Settled<'_>],
    ended: &BTreeMap<&Pair, Option<Date>>,
) -> Vec<Unassigned> {
    let kept: BTreeSet<&Pair> = wanted.iter().map(|settled| &settled.pair).collect();
    let gone = held.iter().filter(|(pair, _)| !kept.contains(pair) && (whole || ended.contains_key(pair)));
    let mut removed: Vec<Unassigned> = gone
        .map(|(pair, held)| Unassigned {
            id: held.id.clone(),
            role: pair.0.clone(),
            member: pair.1.clone(),
            until: ended.get(pair).copied().flatten(),
        })
        .collect();
    removed
        .sort_by(|left, right| by_name(&left.role, &left.member).cmp(&by_name(&right.role, &right.member)));
    removed
}

/// What is wanted and not held, in the order of names. The last of several entries for the same two says until when and
/// why.
fn given(held: &BTreeMap<Pair, Held>, wanted: &[Settled<'_>]) -> Vec<Assigned> {
    let new = wanted.iter().filter(|settled| !held.contains_key(&settled.pair));
    let new: BTreeMap<&Pair, &DeclaredAssignment> =
        new.map(|settled| (&settled.pair, settled.entry)).collect();
    let mut added: Vec<Assigned> = new
        .into_iter()
        .map(|(pair, entry)| Assigned {
            role: pair.0.clone(),
            member: pair.1.clone(),
            until: entry.until,
            reason: entry.reason.as_deref().map(str::to_owned),
        })
        .collect();
    added.sort_by(|left, right| by_name(&left.role, &left.member).cmp(&by_name(&right.role, &right.member)));
    added
}

fn by_name<'a>(role: &'a Target, member: &'a Target) -> [&'a str; 2] {
    [&role.name, &member.name]
}

fn settled<'a>(entries: &'a [DeclaredAssignment], resolved: &Resolved<'_>) -> Vec<Settled<'a>> {
    let settle = |entry: &'a DeclaredAssignment| {
        let role = resolved.target(&entry.role)?;
        let role = role.id.as_ref().map_or_else(|| role.clone(), |id| role_name(id, resolved));
        let pair = (role, resolved.target(&entry.member)?);
        Some(Settled { pair, entry })
    };
    entries.iter().filter_map(settle).collect()
}

/// A live assignment by the names of its two ends.
fn named(held: &Held, resolved: &Resolved<'_>) -> Pair {
    (role_name(&held.role, resolved), resolved.referred(&held.member))
}

fn role_name(id: &ObjectId, resolved: &Resolved<'_>) -> Target {
    let seen = resolved.snapshot.kinds.get(ROLE).into_iter().flat_map(|seen| &seen.objects);
    let name = seen.into_iter().find(|role| role.id == *id).map(|role| role.text("displayName"));
    let name = name.map_or_else(|| format!("id:{id}"), |name| format!("{ROLE}:{name}"));
    Target::existing(id.clone(), name)
}

/// Roles that cannot be held here, and groups that cannot hold any.
fn refused(
    assignments: &Assignments,
    entry: &DeclaredAssignment,
    resolved: &Resolved<'_>,
    diagnostics: &mut Diagnostics,
) {
    let role = resolved.side(&entry.role).live;
    if role.is_some_and(|role| !(assignments.accepts)(role)) {
        let name = terminal(&entry.role.to.describe());
        let message = format!("`{name}` cannot be held {}", assignments.place);
        let diagnostic = Diagnostic::error("invalid-link", message, &entry.role.place, "not possible");
        diagnostics.push(diagnostic.help(assignments.accepted));
    }
    let member = resolved.side(&entry.member);
    let is_group = |target: Target| target.prefix() == "group";
    let assignable = member.live.is_some_and(|group| group.flag("isAssignableToRole"))
        || member.declared.is_some_and(|group| {
            group.value("is_assignable_to_role").and_then(serde_json::Value::as_bool) == Some(true)
        });
    if resolved.target(&entry.member).is_some_and(is_group) && !assignable {
        let name = terminal(&entry.member.to.describe());
        let message = format!("`{name}` cannot hold a role");
        let label = "only a group with `is_assignable_to_role = true` can";
        diagnostics.push(Diagnostic::error("invalid-link", message, &entry.member.place, label));
    }
}

fn contradictions(
    attribute: &Attribute,
    wanted: &[Settled<'_>],
    unwanted: &[Settled<'_>],
    diagnostics: &mut Diagnostics,
) {
    for Settled { pair, entry } in unwanted {
        let Some(other) = wanted.iter().find(|wanted| wanted.pair == *pair) else { continue };
        let name = terminal(&entry.describe());
        let message = format!("`{name}` is both wanted and unwanted in `{}`", attribute.name);
        let diagnostic = Diagnostic::error("contradiction", message, &entry.place, "unwanted here");
        diagnostics.push(diagnostic.also(&other.entry.place, "wanted here"));
    }
}
