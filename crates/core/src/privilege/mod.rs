//! Effective privilege: who holds and who can reach each directory role, and by which path.
//!
//! ```text
//!  live lists ─► State ─┬─────────────► Paths ─► show (tenantry access)
//!                       └─ after (plan) ─► Paths ─► Impact::access, checks
//! ```
//!
//! A [`State`] is what was read, with nothing concluded from it. [`Paths`] concludes: it is a graph of who leads to what,
//! as large as the state, in which cycles are walked once. What counts as a path is said in one table each:
//! [`known::ESCALATIONS`] for roles that amount to another one and [`known::PERMISSIONS`] for application permissions.

mod after;
mod impact;
pub mod known;
mod needs;
mod paths;
mod show;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use impact::changes;
pub use impact::{AccessChange, Passed, Path};
pub use needs::{Needs, needs};
pub use paths::{Hop, Node, Paths, Reach, RoleAt, Towards, Via};
pub use show::{About, Picture, Unknown};
pub use standing::Standing;

use crate::address::Target;
use crate::schedules::HeldScope;

/// Application permissions with which everything that a [`State`] has can be read.
pub const PERMISSIONS: &[&str] = &[
    "RoleManagement.Read.Directory",
    "RoleAssignmentSchedule.Read.Directory",
    "RoleEligibilitySchedule.Read.Directory",
    "PrivilegedAssignmentSchedule.Read.AzureADGroup",
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "GroupMember.Read.All",
    "User.Read.All",
    "Application.Read.All",
];

/// What stands in [`State::unreadable`] when the assignments of roles could not be read.
pub const HOLDERS: &str = "who holds directory roles";

/// What stands there when the people, groups or applications could not be read that hold them.
pub const NAMES: &str = "users, groups and applications by id";

/// Who is given what, as far as it was read. Objects that a plan creates go by their address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Every role that somebody can be given, by id.
    pub roles: BTreeMap<Target, Role>,
    /// Who is given a role.
    pub assignments: BTreeSet<Assignment>,
    /// Groups that roles are given to, and those that lead to them.
    pub groups: BTreeMap<Target, Group>,
    /// People of whom more is known than their name. Everybody else is taken to be able to sign in.
    pub users: BTreeMap<Target, User>,
    /// Applications (service principals) that hold roles or permissions that amount to one.
    pub applications: BTreeMap<Target, Application>,
    /// Whose activation takes whose approval, by role.
    pub approvals: BTreeMap<Target, Approval>,
    /// Objects that the plan deletes.
    pub gone: BTreeSet<Target>,
    /// What the identity may not read, in words.
    pub unreadable: BTreeSet<String>,
}

/// A directory role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Role {
    /// The template id, in lower case: the same in every tenant for a built-in role. Empty for one that a plan creates.
    pub template: String,
    /// The resource actions of a custom role, in lower case; empty for built-in ones.
    pub actions: BTreeSet<String>,
}

/// A role that somebody is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignment {
    /// The role.
    pub role: Target,
    /// Over what.
    pub scope: Scope,
    /// A user, group or application.
    pub principal: Target,
    /// How.
    pub holding: Holding,
}

/// Over what a role is held.
///
/// Source: "unifiedRoleAssignment resource type",
/// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignment>.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The tenant.
    Tenant,
    /// The members of an administrative unit.
    Unit(Target),
    /// One object: an application, an app registration, a group.
    Object(Target),
}

/// How somebody has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// For good.
    Permanent,
    /// Until a time; nothing when the plan gives it for a duration.
    Until(Option<Timestamp>),
    /// By an activation under way, which ends by itself.
    Activated,
    /// Not now: it has to be activated. Until a time, if not for good.
    Eligible(Option<Timestamp>),
}

impl Scope {
    /// From `directoryScopeId`, where names are not known yet; `None` for what is not a scope in the directory.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match HeldScope::parse(text)? {
            HeldScope::Whole => Self::Tenant,
            HeldScope::Unit(id) => Self::Unit(Target::unnamed(id, "unit")),
            HeldScope::Object(id) => Self::Object(Target::unnamed(id, "")),
        })
    }

    /// The object, and whether its members are meant rather than itself; nothing for the tenant.
    pub fn target(&self) -> Option<(&Target, bool)> {
        match self {
            Self::Tenant => None,
            Self::Unit(unit) => Some((unit, true)),
            Self::Object(object) => Some((object, false)),
        }
    }
}

impl Holding {
    /// Whether it takes an activation.
    pub fn is_eligible(self) -> bool {
        matches!(self, Self::Eligible(_))
    }
}

/// What somebody is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// A member, who has what the group has.
    Member,
    /// An owner, who can make anybody a member.
    Owner,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Who is in it, and how.
    pub people: BTreeSet<(Target, Access, Holding)>,
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The user principal name.
    pub name: String,
    /// Whether the account can sign in.
    pub enabled: bool,
    /// Whether directory synchronisation maintains it.
    pub synchronised: bool,
}

/// An application, as its service principal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Application {
    /// Its app registration, when that is in this tenant.
    pub registration: Option<Target>,
    /// Owners of the service principal.
    pub owners: BTreeSet<Target>,
    /// Owners of the app registration.
    pub registration_owners: BTreeSet<Target>,
    /// Application permissions for Microsoft Graph that it was granted, by name.
    pub permissions: BTreeSet<String>,
}

/// Whether the activation of a role takes an approval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approval {
    /// Whether it does.
    pub required: bool,
    /// Who may approve, users and groups; whoever holds [`known::APPROVERS`] when there are none.
    pub approvers: BTreeSet<Target>,
}

impl State {
    /// Whether a role can be used to take over the tenant, or much of it.
    pub fn is_privileged(&self, role: &Target) -> bool {
        let Some(known) = self.roles.get(role) else { return false };
        known::is_privileged(&known.template)
            || known.actions.iter().any(|action| known::is_sensitive(action))
    }

    /// The role with this template id.
    pub fn role_of(&self, template: &str) -> Option<&Target> {
        self.roles.iter().find(|(_, role)| role.template == template).map(|(target, _)| target)
    }

    /// Whether it is known who holds roles: nothing follows from a state in which that is missing.
    pub fn is_known(&self) -> bool {
        !self.unreadable.contains(HOLDERS) && !self.unreadable.contains(NAMES)
    }

    /// Whether an account can sign in, as far as is known.
    pub fn is_enabled(&self, person: &Target) -> bool {
        self.users.get(person).is_none_or(|user| user.enabled)
    }
}
