//! Which rules a text may be.

use super::operator::Operator;
use super::tree::ObjectKind;

/// A language of rules. They share tokens, operators and the tree; the properties differ, and a few details of meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rules of dynamic membership.
    Membership,
    /// The filter for devices of Conditional Access, over properties as Graph names them.
    /// <https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices>
    DeviceFilter,
    /// The filters for applications and workload identities, over custom security attributes: `Set_Attribute`.
    /// <https://learn.microsoft.com/entra/identity/conditional-access/concept-filter-for-applications>
    ApplicationFilter,
}

impl Language {
    /// Whether it is one of Conditional Access. There a flag that was never set is neither true nor false, `"True"` is a
    /// flag, and `-contains` asks a list for an element, not for a part of one.
    pub(super) fn is_filter(self) -> bool {
        self != Self::Membership
    }

    /// Whether it has an operator: the filters have no patterns, and nothing that could be more or less than another.
    pub(super) fn has(self, operator: Operator) -> bool {
        let membership_only = matches!(
            operator,
            Operator::Match | Operator::NotMatch | Operator::LessOrEqual | Operator::GreaterOrEqual
        );
        !(self.is_filter() && membership_only)
    }

    /// What can stand before the dot.
    pub(super) fn objects(self) -> &'static [ObjectKind] {
        match self {
            Self::Membership => &[ObjectKind::User, ObjectKind::Device],
            Self::DeviceFilter => &[ObjectKind::Device],
            Self::ApplicationFilter => &[ObjectKind::ServicePrincipal],
        }
    }
}
