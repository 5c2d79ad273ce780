//! What a rule says that is accepted and probably not meant: one function a lint.

mod nulls;
mod decided;
mod writing;
mod reach;

use std::ops::Range;

use super::Rule;
use super::tree::{Comparison, Expression, Node, Subject};

/// Something to look at before a rule is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Stable kebab-case name.
    pub code: &'static str,
    /// What is odd, in one line.
    pub message: String,
    /// The bytes of the rule that it is about.
    pub span: Range<usize>,
    /// What to do.
    pub help: String,
}

impl Lint {
    fn new(
        code: &'static str,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { code, message: message.into(), span: span.clone(), help: help.into() }
    }
}

type Check = fn(&Rule, &mut Vec<Lint>);

/// Every lint, in no order that matters.
const CHECKS: &[Check] = &[
    nulls::negative_operators,
    nulls::negative_elements,
    nulls::every_element_of_none,
    decided::never_or_always,
    decided::impossible_values,
    writing::names,
    writing::mixed_operators,
    writing::quoted_constants,
    writing::unanchored_patterns,
    writing::length,
    reach::retired,
    reach::guests,
    reach::address_prefix,
    reach::plan_status,
    reach::ids,
];

/// What is odd about a rule, in the order of its text.
pub(super) fn lints(rule: &Rule) -> Vec<Lint> {
    let mut found = Vec::new();
    for check in CHECKS {
        check(rule, &mut found);
    }
    found.sort_by(|left, right| {
        (left.span.start, left.code, left.span.end).cmp(&(right.span.start, right.code, right.span.end))
    });
    found
}

/// Every part of a rule, the whole first.
fn parts(rule: &Rule) -> Vec<&Expression> {
    let mut parts = Vec::new();
    rule.tree().walk(&mut |part| parts.push(part));
    parts
}

/// The comparison that an expression is, if it is one.
fn as_comparison(expression: &Expression) -> Option<&Comparison> {
    match &expression.value {
        Node::Comparison(comparison) => Some(comparison),
        _ => None,
    }
}

/// The name of the property that is compared; empty for elements.
fn property_name(comparison: &Comparison) -> &str {
    match &comparison.subject.value {
        Subject::Property(property) => &property.name,
        _ => "",
    }
}
