//! Rules of dynamic membership, and the filters of Conditional Access: read, checked, printed, compared, evaluated and explained, all without a tenant.
//!
//! ```text
//!  text ─ token ─► cursor ─► parser (operand, value, statics, property, operator, pattern) ─► tree ─► print
//!                                                                                               │
//!                                        objects ─► record ─► program ◄──────────────────────────┤
//!                                                                └─► explanation              lint
//! ```
//!
//! The language is that of <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership>. Where its pages
//! and their samples disagree, both are accepted: names and operators in any case, hyphens missing, single quotes.

mod token;
mod cursor;
mod language;
mod error;
mod operator;
mod property;
mod pattern;
mod value;
mod statics;
mod operand;
mod parser;
mod tree;
mod print;
mod record;
mod program;
mod explanation;
mod lint;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use error::RuleError;
pub use explanation::{Evaluated, Explanation};
pub use language::Language;
pub use lint::Lint;
pub use operator::Operator;
pub use program::{Program, Semantics};
pub use property::{Property, Type, all as properties};
pub use record::{Columns, Object, Record};
pub use statics::LONGEST;
pub use tree::{
    Comparison, Expression, Located, Moment, Node, ObjectKind, PlanField, Quantifier, Subject, Value,
};

/// A rule that the service would accept.
#[derive(Debug, Clone)]
pub struct Rule {
    language: Language,
    text: String,
    tree: Expression,
}

impl Rule {
    /// Reads a rule of dynamic membership.
    ///
    /// # Errors
    ///
    /// When the service would refuse it, or when it uses a regular expression that cannot be run here: the first
    /// mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        Self::parse_as(Language::Membership, text)
    }

    /// Reads a rule of a language.
    ///
    /// # Errors
    ///
    /// As [`Rule::parse`].
    pub fn parse_as(language: Language, text: &str) -> Result<Self, RuleError> {
        let parsed = statics::length(text).and_then(|()| parser::parse(language, text));
        let tree = parsed.map_err(|mistake| mistake.within(text))?;
        Ok(Self { language, text: text.to_owned(), tree })
    }

    /// The rule as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rule as a tree, with places in its text.
    pub fn tree(&self) -> &Expression {
        &self.tree
    }

    /// What the rule is about.
    pub fn object(&self) -> ObjectKind {
        let mut object = ObjectKind::User;
        self.tree.walk(&mut |part| match &part.value {
            Node::Quantified { collection, .. } => object = collection.value.object,
            Node::Comparison(Comparison { subject, .. }) => {
                if let Subject::Property(property) = &subject.value {
                    object = property.object;
                }
            }
            _ => {}
        });
        object
    }

    /// Makes the rule ready for many objects, which are then read with `columns`. `system.now` is `now`.
    pub fn compile(&self, columns: &mut Columns, semantics: Semantics, now: Timestamp) -> Program {
        Program::new(self, columns, semantics, now)
    }

    /// What is accepted and probably not meant, in the order of the text.
    pub fn lints(&self) -> Vec<Lint> {
        lint::lints(self)
    }

    /// Says of each part of the rule whether it is true of an object. `program` was compiled from this rule.
    pub fn explain(&self, program: &Program, record: &Record) -> Explanation {
        explanation::explain(&self.tree, program, record)
    }
}

/// Rules are equal when they say the same in the same order: white space, hyphens, the case of names and operators,
/// the kind of quotes and redundant parentheses do not count.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

/// The canonical spelling.
impl std::fmt::Display for Rule {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.tree.value.fmt(out)
    }
}
