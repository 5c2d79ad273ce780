//! Why a text is no rule.

use std::ops::Range;

/// Why the service would refuse a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    /// What was found and what was expected, in one line; text of the rule in it is escaped for display.
    pub message: String,
    /// The bytes of the rule that are wrong; empty at its end when something is missing there.
    pub span: Range<usize>,
    /// Where they begin, counted in characters from 0.
    pub offset: usize,
    /// What to write instead, when there is more to say than the message.
    pub help: Option<String>,
}

/// A [`RuleError`] before its offset is counted.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) span: Range<usize>,
    pub(super) help: Option<String>,
}

impl Mistake {
    pub(super) fn new(span: &Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: span.clone(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The error in `text`.
    pub(super) fn within(self, text: &str) -> RuleError {
        let offset = text.get(..self.span.start).map_or(0, |before| before.chars().count());
        RuleError { message: self.message, span: self.span, offset, help: self.help }
    }
}
