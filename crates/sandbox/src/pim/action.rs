//! What requests ask for.

use super::Family;
use super::policy::Caller;
use crate::schema::role_schedule_request::ACTIONS;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    AdminAssign,
    AdminUpdate,
    AdminRemove,
    SelfActivate,
    SelfDeactivate,
    AdminExtend,
    AdminRenew,
    SelfExtend,
    SelfRenew,
}

/// All of them, in the order of their names.
const ALL: [Action; 9] = [
    Action::AdminAssign,
    Action::AdminUpdate,
    Action::AdminRemove,
    Action::SelfActivate,
    Action::SelfDeactivate,
    Action::AdminExtend,
    Action::AdminRenew,
    Action::SelfExtend,
    Action::SelfRenew,
];

impl Action {
    /// Reads a name, in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let at = ACTIONS.iter().position(|name| name.eq_ignore_ascii_case(text))?;
        ALL.get(at).copied()
    }

    /// The name as the service writes it.
    pub(crate) fn name(self) -> &'static str {
        let at = ALL.iter().position(|action| *action == self).unwrap_or_default();
        ACTIONS.get(at).copied().unwrap_or_default()
    }

    /// Who may ask for it.
    pub(crate) fn caller(self) -> Caller {
        match self {
            Self::SelfActivate | Self::SelfDeactivate | Self::SelfExtend | Self::SelfRenew => Caller::EndUser,
            _ => Caller::Admin,
        }
    }

    /// Whether something ends by it.
    pub(crate) fn removes(self) -> bool {
        matches!(self, Self::AdminRemove | Self::SelfDeactivate)
    }

    /// Whether it is about something that may be asked for in a family.
    pub(crate) fn suits(self, family: Family) -> bool {
        family == Family::Active || !matches!(self, Self::SelfActivate | Self::SelfDeactivate)
    }
}
