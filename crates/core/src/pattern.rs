//! Patterns of addresses: `group:Tier 0*`. A star stands for any text; every other character for itself, whatever its
//! case.

use globset::{GlobBuilder, GlobMatcher};

/// A pattern of addresses.
#[derive(Debug)]
pub(crate) struct Pattern(GlobMatcher);

impl Pattern {
    /// Reads a pattern; `None` when it is too long to be one.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let escaped: Vec<String> = text.split('*').map(globset::escape).collect();
        let glob = escaped.join("*");
        let mut glob = GlobBuilder::new(&glob);
        let glob =
            glob.case_insensitive(true).literal_separator(false).backslash_escape(false).build().ok()?;
        Some(Self(glob.compile_matcher()))
    }

    /// Whether the pattern describes this text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn only_the_star_is_special() {
        let matches =
            |pattern: &str, text: &str| Pattern::new(pattern).is_some_and(|pattern| pattern.matches(text));
        assert!(matches("group:Tier 0*", "group:tier 0 admins"));
        assert!(matches("group:*", "group:a/b"));
        assert!(matches("group:[x] {y}? \\z", "group:[X] {Y}? \\Z"));
        assert!(!matches("group:[x]", "group:x"));
        assert!(!matches("group:?", "group:x"));
        assert!(!matches("group:Tier 0", "group:Tier 0 admins"));
    }
}
