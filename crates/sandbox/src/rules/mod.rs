//! Rules of dynamic membership: read, checked and evaluated.
//! <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership>
//!
//! What the documentation leaves open is decided here: a negative operator is true where its positive twin is false,
//! for null and for a whole collection too; `-contains` looks for part of an element; patterns are those of the
//! `regex` crate, so that look-around and back-references are refused.

mod evaluate;
mod lexer;
mod names;
mod parser;
mod resident;
mod subject;
mod syntax;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::Value;

use subject::Entry;

pub(crate) use resident::Resident;
pub(crate) use syntax::Rule;

/// Longest rule in characters.
const LONGEST: usize = 3072;

/// Why the service does not take a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// `error.code` of the answer.
    pub(crate) code: &'static str,
    /// What is wrong, as the service says it.
    pub(crate) message: String,
}

impl Refusal {
    fn new(message: impl Into<String>) -> Self {
        Self { code: "Request_BadRequest", message: message.into() }
    }

    /// Something is missing, too much or in the wrong place.
    fn format() -> Self {
        Self::new("Binary expression is not in right format")
    }

    /// Two predicates with nothing between them, or a broken pattern.
    fn compilation() -> Self {
        Self::new("Query compilation error")
    }

    fn unknown() -> Self {
        Self::new("Attribute not supported")
    }

    fn operator() -> Self {
        Self::new("Operator is not supported on attribute")
    }

    fn operands(operator: &str) -> Self {
        Self::new(format!(
            "Invalid operands found for operator. Invalid operands found for operator -{operator}"
        ))
    }

    /// A property without `user.` or `device.`.
    fn no_object_type() -> Self {
        Self { code: "InvalidObjectTypeException", ..Self::new("No object type") }
    }

    fn wrong_property(property: &str, object: &str) -> Self {
        Self::new(format!(
            "Wrong property applied. Property '{property}' cannot be applied to object '{object}'"
        ))
    }
}

/// Whether a membership rule holds for an object.
///
/// `object` has rule-language property names as members, in any letter case; a member that is absent means null, empty
/// or false. `id` is its object id, `manager` the object id of its manager, `memberOf` the ids of the groups it is a
/// direct member of. `now` is what `system.now` stands for.
///
/// # Errors
///
/// When the service would refuse the rule; in words.
pub fn matches(rule: &str, object: &Value, now: Timestamp) -> Result<bool, String> {
    let rule = Rule::parse(rule).map_err(|refusal| refusal.message)?;
    Ok(rule.holds(&Entry::new(object), now))
}

impl Rule {
    /// Reads and checks a rule.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        if text.chars().count() > LONGEST {
            return Err(Refusal::new(format!("A rule cannot be longer than {LONGEST} characters")));
        }
        parser::parse(&lexer::tokens(text)?)
    }
}
