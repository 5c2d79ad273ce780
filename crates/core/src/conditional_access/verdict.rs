//! What a condition of a policy says of a sign-in.

/// What a condition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict<'a> {
    /// The policy has no such condition.
    Unset,
    /// It includes the sign-in: what of it, and the value that does.
    Included(&'static str, &'a str),
    /// It does not include it.
    NotIncluded,
    /// It excludes it: what of it, and the value that does.
    Excluded(&'static str, &'a str),
}

impl Verdict<'_> {
    /// Whether the policy may apply.
    pub(super) fn lets_apply(self) -> bool {
        matches!(self, Self::Unset | Self::Included(..))
    }
}

/// The verdict of two lists, an exclusion before any inclusion.
pub(super) fn of<'a>(
    noun: &'static str,
    included: Option<&'a str>,
    excluded: Option<&'a str>,
) -> Verdict<'a> {
    match (excluded, included) {
        (Some(value), _) => Verdict::Excluded(noun, value),
        (None, Some(value)) => Verdict::Included(noun, value),
        (None, None) => Verdict::NotIncluded,
    }
}
