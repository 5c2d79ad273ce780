//! A checked rule.

use jiff::{Span, Timestamp};
use regex::Regex;

use super::names::{Attribute, Kind};

/// A rule that has been checked.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// What it is about.
    pub(crate) kind: Kind,
    /// Whether it looks at the groups of an object.
    pub(crate) uses_groups: bool,
    /// Whether its answer changes with the time.
    pub(crate) uses_time: bool,
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    /// The object id of the manager.
    DirectReports(String),
    /// Ids of groups in lower case.
    MemberOf(Vec<String>),
    Condition(Condition),
}

/// An expression over an object or, inside `-any` and `-all`, over an element.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Comparison(Box<Comparison>),
    Any(Attribute, Box<Condition>),
    All(Attribute, Box<Condition>),
}

#[derive(Debug, Clone)]
pub(super) struct Comparison {
    pub(super) left: Left,
    /// Whether the operator is the negative twin of `test`.
    pub(super) negative: bool,
    pub(super) test: Test,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    Attribute(Attribute),
    /// `_`, an element of a collection of strings.
    Element,
    /// A member of an element of `assignedPlans`, by its name in Graph.
    Plan(&'static str),
}

/// A positive operator with its operand; texts are in lower case.
#[derive(Debug, Clone)]
pub(super) enum Test {
    IsNull,
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Matches(Regex),
    In(Vec<String>),
    Is(bool),
    At(Moment),
    AtMost(Moment),
    AtLeast(Moment),
}

/// A point in time.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// `None` is `system.now`.
    pub(super) base: Option<Timestamp>,
    pub(super) plus: Span,
}
