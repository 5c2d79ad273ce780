//! The graph of who leads to what, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::known::{self, Amounts, Escalation};
use super::{Access, Assignment, Holding, Scope, State};
use crate::address::Target;

/// What a path leads through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// A role over something.
    Role(RoleAt),
    /// A user, group or application.
    Principal(Target),
    /// Every application that holds anything.
    Applications,
    /// Every group that holds a role.
    Groups,
}

/// A role over something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleAt {
    /// The role.
    pub role: Target,
    /// Over what.
    pub scope: Scope,
}

/// How one leads to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// The principal is given the role.
    Role(Holding),
    /// The principal is a member of the group.
    Member(Holding),
    /// The principal is an owner of the group.
    Owner(Holding),
    /// The principal owns the application.
    Application,
    /// The principal owns the application's registration.
    Registration,
    /// The role amounts to the next, for this reason.
    Amounts(&'static str),
    /// The application was granted a permission that amounts to the next: its name, and why.
    Permission(&'static str, &'static str),
    /// The next is one of them.
    OneOf,
}

/// How near somebody is to a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Has it now.
    Holds,
    /// Can activate it.
    CanActivate,
    /// Can take it: through an owner's or administrator's rights, which are meant for something else.
    CanTake,
}

/// One step towards a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// How.
    pub via: Via,
    /// To what.
    pub to: Node,
    /// How near one is to the role when one takes it.
    pub reach: Reach,
}

/// Who leads to what.
#[derive(Debug)]
pub struct Paths {
    /// What each leads to.
    pub(super) up: BTreeMap<Node, BTreeSet<(Via, Node)>>,
    /// What leads to each.
    pub(super) down: BTreeMap<Node, BTreeSet<(Via, Node)>>,
    /// The roles that are given to anybody, or that something amounts to.
    roles: BTreeSet<RoleAt>,
    /// People who cannot sign in.
    disabled: BTreeSet<Target>,
}

/// How near something is to a role.
#[derive(Debug, Clone, Copy)]
struct Near {
    reach: Reach,
    /// How many are nearer.
    rank: usize,
}

/// Everything that leads to one role.
#[derive(Debug)]
pub struct Towards<'a> {
    paths: &'a Paths,
    near: BTreeMap<Node, Near>,
}

impl Towards<'_> {
    /// People and applications that reach the role, with every first step that leads there: what a path from them is,
    /// whatever it leads through afterwards. Those who cannot sign in are left out.
    pub fn reaching(&self) -> BTreeMap<Target, BTreeSet<Hop>> {
        let mut reaching: BTreeMap<Target, BTreeSet<Hop>> = BTreeMap::new();
        for (to, Near { reach, .. }) in &self.near {
            for (via, from) in self.paths.down.get(to).into_iter().flatten() {
                let Node::Principal(principal) = from else { continue };
                if principal.prefix() == "group" || self.paths.disabled.contains(principal) {
                    continue;
                }
                let hop = Hop { via: *via, to: to.clone(), reach: (*reach).max(via.reach()) };
                reaching.entry(principal.clone()).or_default().insert(hop);
            }
        }
        reaching
    }

    /// The nearest way from somewhere, as what it leads through; nothing when there is none.
    pub fn way(&self, from: &Node) -> Vec<(Via, Node)> {
        let mut way = Vec::new();
        let mut at = from;
        while let Some(here) = self.near.get(at) {
            let next = self.paths.up.get(at).into_iter().flatten();
            let next = next.filter_map(|(via, to)| Some((via, to, self.near.get(to)?)));
            let nearer = next.filter(|(_, _, there)| there.rank < here.rank);
            let nearest = nearer.min_by_key(|(via, _, there)| (there.reach.max(via.reach()), there.rank));
            let Some((via, to, _)) = nearest else { break };
            way.push((*via, to.clone()));
            at = to;
        }
        way
    }
}

impl Via {
    /// How near this leaves one.
    pub fn reach(self) -> Reach {
        match self {
            Self::Role(holding) | Self::Member(holding) if holding.is_eligible() => Reach::CanActivate,
            Self::Role(_) | Self::Member(_) => Reach::Holds,
            _ => Reach::CanTake,
        }
    }
}

impl Paths {
    /// What follows from a state. Takes time in proportion to the state's size.
    pub fn new(state: &State) -> Self {
        let disabled = state.users.iter().filter(|(_, user)| !user.enabled);
        let disabled = disabled.map(|(target, _)| target.clone()).collect();
        let mut paths = Self { up: BTreeMap::new(), down: BTreeMap::new(), roles: BTreeSet::new(), disabled };
        for assignment in &state.assignments {
            paths.assignment(assignment, state);
        }
        paths.groups(state);
        paths.applications(state);
        paths
    }

    /// The roles that somebody is given or can take.
    pub fn roles(&self) -> impl Iterator<Item = &RoleAt> {
        self.roles.iter()
    }

    /// Everybody and everything that leads anywhere.
    pub fn principals(&self) -> impl Iterator<Item = &Target> {
        self.up.keys().filter_map(|node| match node {
            Node::Principal(principal) => Some(principal),
            _ => None,
        })
    }

    /// Everything that leads to a role.
    pub fn towards(&self, role: &RoleAt) -> Towards<'_> {
        Towards { paths: self, near: self.nearness(role) }
    }

    /// How near everything that leads to a role is to it: three walks, each through steps that are no farther than
    /// that.
    fn nearness(&self, role: &RoleAt) -> BTreeMap<Node, Near> {
        let role = Node::Role(role.clone());
        let mut near = BTreeMap::from([(role.clone(), Near { reach: Reach::Holds, rank: 0 })]);
        let mut found = vec![role];
        for reach in [Reach::Holds, Reach::CanActivate, Reach::CanTake] {
            let mut next = 0;
            while let Some(node) = found.get(next).cloned() {
                next += 1;
                for (via, from) in self.down.get(&node).into_iter().flatten() {
                    if via.reach() <= reach && !near.contains_key(from) {
                        near.insert(from.clone(), Near { reach, rank: found.len() });
                        found.push(from.clone());
                    }
                }
            }
        }
        near
    }

    fn add(&mut self, from: Node, via: Via, to: Node) {
        for node in [&from, &to] {
            if let Node::Role(role) = node {
                self.roles.insert(role.clone());
            }
        }
        self.down.entry(to.clone()).or_default().insert((via, from.clone()));
        self.up.entry(from).or_default().insert((via, to));
    }

    fn assignment(&mut self, assignment: &Assignment, state: &State) {
        let Assignment { role, scope, principal, holding } = assignment;
        let node = Node::Role(RoleAt { role: role.clone(), scope: scope.clone() });
        self.add(Node::Principal(principal.clone()), Via::Role(*holding), node.clone());
        let Some(known) = state.roles.get(role) else { return };
        let of = known::ESCALATIONS.iter().filter(|escalation| escalation.of == known.template);
        let actions = known::ACTIONS.iter().filter(|escalation| known.actions.contains(escalation.of));
        for escalation in of.chain(actions) {
            self.escalates(&node, scope, escalation, state);
        }
    }

    /// What a role over something amounts to.
    fn escalates(&mut self, node: &Node, scope: &Scope, escalation: &'static Escalation, state: &State) {
        let via = Via::Amounts(escalation.why);
        match (escalation.amounts, scope) {
            (amounts, Scope::Tenant) => self.amounts(node.clone(), via, amounts, state),
            (Amounts::ToApplications, Scope::Object(object)) => {
                let is = |application: &&Target| {
                    *application == object
                        || state.applications[*application].registration.as_ref() == Some(object)
                };
                if let Some(application) = state.applications.keys().find(is) {
                    self.add(node.clone(), via, Node::Principal(application.clone()));
                }
            }
            _ => {}
        }
    }

    fn amounts(&mut self, from: Node, via: Via, amounts: Amounts, state: &State) {
        let to = match amounts {
            Amounts::ToApplications => Node::Applications,
            Amounts::ToGroups => Node::Groups,
            Amounts::ToGlobalAdministrator => match state.role_of(known::GLOBAL_ADMINISTRATOR) {
                Some(role) => Node::Role(RoleAt { role: role.clone(), scope: Scope::Tenant }),
                None => return,
            },
        };
        self.add(from, via, to);
    }

    fn groups(&mut self, state: &State) {
        for (group, known) in &state.groups {
            let node = Node::Principal(group.clone());
            for (principal, access, holding) in &known.people {
                let via = match access {
                    Access::Member => Via::Member(*holding),
                    Access::Owner => Via::Owner(*holding),
                };
                self.add(Node::Principal(principal.clone()), via, node.clone());
            }
            self.add(Node::Groups, Via::OneOf, node);
        }
    }

    fn applications(&mut self, state: &State) {
        for (application, known) in &state.applications {
            let node = Node::Principal(application.clone());
            for owner in &known.owners {
                self.add(Node::Principal(owner.clone()), Via::Application, node.clone());
            }
            for owner in &known.registration_owners {
                self.add(Node::Principal(owner.clone()), Via::Registration, node.clone());
            }
            for permission in known.permissions.iter().filter_map(|name| known::permission(name)) {
                let via = Via::Permission(permission.of, permission.why);
                self.amounts(node.clone(), via, permission.amounts, state);
            }
            self.add(Node::Applications, Via::OneOf, node);
        }
    }
}
