//! Who holds a role in the whole tenant, and how at best.

use std::collections::BTreeMap;

use super::{Access, Holding, Scope, State};
use crate::address::Target;

/// How somebody holds a role in the whole tenant, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Not at all.
    None,
    /// After an activation.
    Eligible,
    /// Until a time, or by an activation.
    Ending,
    /// For good.
    Permanent,
}

impl From<Holding> for Standing {
    fn from(holding: Holding) -> Self {
        match holding {
            Holding::Permanent => Self::Permanent,
            Holding::Until(_) | Holding::Activated => Self::Ending,
            Holding::Eligible(_) => Self::Eligible,
        }
    }
}

impl State {
    /// Everybody who can sign in and is given a role in the whole tenant, themselves or through groups, and how at best.
    pub fn standing(&self, role: &Target) -> BTreeMap<Target, Standing> {
        let given =
            self.assignments.iter().filter(|given| given.role == *role && given.scope == Scope::Tenant);
        let mut people: BTreeMap<Target, Standing> = BTreeMap::new();
        for given in given {
            for (person, standing) in self.members(&given.principal) {
                let best = people.entry(person).or_insert(Standing::None);
                *best = (*best).max(standing.min(given.holding.into()));
            }
        }
        people
    }

    /// The people who can sign in that a principal stands for, and how they belong to it at best.
    pub fn members(&self, principal: &Target) -> BTreeMap<Target, Standing> {
        let mut found: BTreeMap<Target, Standing> = BTreeMap::new();
        let mut open = vec![(principal, Standing::Permanent)];
        while let Some((principal, standing)) = open.pop() {
            let known = found.entry(principal.clone()).or_insert(Standing::None);
            if *known >= standing {
                continue;
            }
            *known = standing;
            let people = self.groups.get(principal).into_iter().flat_map(|group| &group.people);
            let inside = people.filter(|(_, access, _)| *access == Access::Member);
            open.extend(inside.map(|(person, _, holding)| (person, standing.min((*holding).into()))));
        }
        found.retain(|person, _| person.prefix() == "user" && self.is_enabled(person));
        found
    }
}
