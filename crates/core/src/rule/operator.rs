//! The operators, and which go with which property.
//! <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership#supported-expression-operators>

use super::property::Type;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `-eq`
    Equal,
    /// `-ne`
    NotEqual,
    /// `-startsWith`
    StartsWith,
    /// `-notStartsWith`
    NotStartsWith,
    /// `-endsWith`
    EndsWith,
    /// `-notEndsWith`
    NotEndsWith,
    /// `-contains`
    Contains,
    /// `-notContains`
    NotContains,
    /// `-match`
    Match,
    /// `-notMatch`
    NotMatch,
    /// `-in`
    In,
    /// `-notIn`
    NotIn,
    /// `-le`
    LessOrEqual,
    /// `-ge`
    GreaterOrEqual,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 14] = [
        Self::Equal,
        Self::NotEqual,
        Self::StartsWith,
        Self::NotStartsWith,
        Self::EndsWith,
        Self::NotEndsWith,
        Self::Contains,
        Self::NotContains,
        Self::Match,
        Self::NotMatch,
        Self::In,
        Self::NotIn,
        Self::LessOrEqual,
        Self::GreaterOrEqual,
    ];

    /// Its canonical spelling, with the hyphen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "-eq",
            Self::NotEqual => "-ne",
            Self::StartsWith => "-startsWith",
            Self::NotStartsWith => "-notStartsWith",
            Self::EndsWith => "-endsWith",
            Self::NotEndsWith => "-notEndsWith",
            Self::Contains => "-contains",
            Self::NotContains => "-notContains",
            Self::Match => "-match",
            Self::NotMatch => "-notMatch",
            Self::In => "-in",
            Self::NotIn => "-notIn",
            Self::LessOrEqual => "-le",
            Self::GreaterOrEqual => "-ge",
        }
    }

    /// The operator that a word is: in any case, the hyphen may be missing.
    pub(super) fn of(word: &str) -> Option<Self> {
        let word = word.strip_prefix('-').unwrap_or(word);
        Self::ALL.into_iter().find(|operator| operator.name()[1..].eq_ignore_ascii_case(word))
    }

    /// The operator of which it is the negation, if it is one.
    pub fn positive(self) -> Option<Self> {
        match self {
            Self::NotEqual => Some(Self::Equal),
            Self::NotStartsWith => Some(Self::StartsWith),
            Self::NotEndsWith => Some(Self::EndsWith),
            Self::NotContains => Some(Self::Contains),
            Self::NotMatch => Some(Self::Match),
            Self::NotIn => Some(Self::In),
            _ => None,
        }
    }

    /// Whether it takes a list.
    pub fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }

    /// Whether it compares values as a whole, so that `null` may be one.
    pub fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// Whether the service accepts it for values of this type.
    pub fn goes_with(self, value: Type) -> bool {
        let ordering = matches!(self, Self::LessOrEqual | Self::GreaterOrEqual);
        match value {
            Type::Boolean => self.is_equality(),
            Type::DateTime => self.is_equality() || ordering,
            Type::Text | Type::Texts => !ordering,
            Type::Plans | Type::Groups => false,
        }
    }
}
