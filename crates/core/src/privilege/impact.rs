//! Who gains and who loses a path to a privileged role.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::paths::{Node, Paths, Towards};
use super::{Holding, Hop, Reach, RoleAt, Scope, State, Via, known};
use crate::address::Target;
use crate::plan;

/// What becomes of one privileged role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessChange {
    /// The role.
    pub role: Target,
    /// Over what, where it is not the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<plan::Scope>,
    /// Paths that people and applications gain.
    pub gains: Vec<Path>,
    /// Paths that they lose.
    pub losses: Vec<Path>,
}

/// One path to a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Who has it.
    pub who: Target,
    /// How near to the role that leaves them.
    pub reach: Reach,
    /// What it leads through, the role last.
    pub through: Vec<Passed>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passed {
    /// What one comes to: an address, `every application` or `every group with a role`.
    pub to: String,
    /// How, in words.
    pub how: String,
}

impl AccessChange {
    /// What becomes of whom, a line each.
    pub fn describe(&self) -> Vec<String> {
        let at = RoleAt { role: self.role.clone(), scope: self.scope.clone().into() };
        let gains = self.gains.iter().map(|path| (path, path.reach.gained()));
        let losses = self.losses.iter().map(|path| (path, path.reach.lost()));
        let line = |(path, verb): (&Path, &str)| {
            format!("{} {verb} {}: {}", path.who.name, at.describe(), path.describe())
        };
        gains.chain(losses).map(line).collect()
    }
}

impl Reach {
    fn gained(self) -> &'static str {
        match self {
            Self::Holds => "will hold",
            Self::CanActivate => "will be able to activate",
            Self::CanTake => "will be able to take",
        }
    }

    fn lost(self) -> &'static str {
        match self {
            Self::Holds => "will no longer hold",
            Self::CanActivate => "will no longer be able to activate",
            Self::CanTake => "will no longer be able to take",
        }
    }
}

impl Path {
    /// In words that follow which role it is about: `eligible member → group:Tier 0, permanently`.
    fn describe(&self) -> String {
        let last = self.through.len().saturating_sub(1);
        let steps = self.through.iter().enumerate().map(|(index, Passed { to, how })| match how.as_str() {
            "" => to.clone(),
            how if index == last => how.to_owned(),
            how => format!("{how} → {to}"),
        });
        steps.collect::<Vec<_>>().join(", ")
    }
}

/// The changes from one state to another, in the order of the roles' names.
pub(crate) fn changes(before: &State, after: &State) -> Vec<AccessChange> {
    let (old, new) = (Paths::new(before), Paths::new(after));
    let roles: BTreeSet<&RoleAt> = old.roles().chain(new.roles()).collect();
    let almighty = almighty(before, &old, &new);
    let privileged =
        roles.into_iter().filter(|at| before.is_privileged(&at.role) || after.is_privileged(&at.role));
    let mut changes: Vec<AccessChange> =
        privileged.filter_map(|at| change(at, &old, &new, almighty.as_ref())).collect();
    changes.sort_by(|left, right| {
        left.role.name.cmp(&right.role.name).then_with(|| left.scope.cmp(&right.scope))
    });
    changes
}

/// Global Administrator, and who reaches it before and after: they can take every other role anyway.
fn almighty(state: &State, old: &Paths, new: &Paths) -> Option<(RoleAt, BTreeSet<Target>)> {
    let role = state.role_of(known::GLOBAL_ADMINISTRATOR)?.clone();
    let at = RoleAt { role, scope: Scope::Tenant };
    let had: BTreeSet<Target> = old.towards(&at).reaching().into_keys().collect();
    let both = new.towards(&at).reaching().into_keys().filter(|who| had.contains(who)).collect();
    Some((at, both))
}

fn change(
    at: &RoleAt,
    old: &Paths,
    new: &Paths,
    almighty: Option<&(RoleAt, BTreeSet<Target>)>,
) -> Option<AccessChange> {
    let (old, new) = (old.towards(at), new.towards(at));
    let (had, have) = (old.reaching(), new.reaching());
    let (mut gains, mut losses) = (more(&had, &have, &new), more(&have, &had, &old));
    if let Some((_, almighty)) = almighty.filter(|(other, _)| other != at) {
        let matters = |path: &Path| path.reach != Reach::CanTake || !almighty.contains(&path.who);
        gains.retain(matters);
        losses.retain(matters);
    }
    (!gains.is_empty() || !losses.is_empty()).then(|| AccessChange {
        role: at.role.clone(),
        scope: at
            .scope
            .target()
            .map(|(target, over_members)| plan::Scope { target: target.clone(), over_members }),
        gains,
        losses,
    })
}

/// The paths of `these` that are not among `those`. When something ends does not make it another path.
fn more(
    those: &BTreeMap<Target, BTreeSet<Hop>>,
    these: &BTreeMap<Target, BTreeSet<Hop>>,
    towards: &Towards<'_>,
) -> Vec<Path> {
    let mut more = Vec::new();
    for (who, hops) in these {
        let known: BTreeSet<Hop> = those.get(who).into_iter().flatten().map(endless).collect();
        for hop in hops.iter().filter(|hop| !known.contains(&endless(hop))) {
            let first = [(hop.via, hop.to.clone())].into_iter();
            let through = first.chain(towards.way(&hop.to));
            let through =
                through.map(|(via, to): (Via, Node)| Passed { to: to.describe(), how: via.describe() });
            more.push(Path { who: who.clone(), reach: hop.reach, through: through.collect() });
        }
    }
    more.sort_by(|left, right| (left.reach, &left.who.name).cmp(&(right.reach, &right.who.name)));
    more
}

fn endless(hop: &Hop) -> Hop {
    let plain = |holding: Holding| match holding {
        Holding::Until(_) => Holding::Until(None),
        Holding::Eligible(_) => Holding::Eligible(None),
        other => other,
    };
    let via = match hop.via {
        Via::Role(holding) => Via::Role(plain(holding)),
        Via::Member(holding) => Via::Member(plain(holding)),
        Via::Owner(holding) => Via::Owner(plain(holding)),
        other => other,
    };
    Hop { via, ..hop.clone() }
}
