//! Who holds which directory roles, as policies see them.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Target;
use crate::privilege::{Standing, State as Privilege};

/// The roles that somebody holds in the whole tenant, by template id in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    /// Those that are active.
    pub active: BTreeSet<String>,
    /// Those that have to be activated.
    pub eligible: BTreeSet<String>,
}

/// The roles of everybody who can sign in and holds one in the whole tenant.
pub fn roles(state: &Privilege) -> BTreeMap<Target, Roles> {
    let mut people: BTreeMap<Target, Roles> = BTreeMap::new();
    for (role, known) in &state.roles {
        for (person, held) in state.standing(role) {
            let roles = people.entry(person).or_default();
            let of = if held > Standing::Eligible { &mut roles.active } else { &mut roles.eligible };
            of.insert(known.template.clone());
        }
    }
    people
}
