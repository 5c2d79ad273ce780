//! What is true of nothing at all.

use super::{Lint, as_comparison, parts, property_name};
use crate::rule::Rule;
use crate::rule::operator::Operator;
use crate::rule::property::Type;
use crate::rule::statics::type_of;
use crate::rule::tree::{Comparison, Expression, Node, Quantifier, Subject, Value};

/// Properties that every user or device has.
const NEVER_NULL: &[&str] = &["objectId", "displayName", "userPrincipalName", "mailNickName", "deviceId"];

/// A negative operator on an attribute that may be null, with no `-ne null` beside it.
pub(super) fn negative_operators(rule: &Rule, found: &mut Vec<Lint>) {
    let mut waiting: Vec<(&Expression, &[Expression])> = vec![(rule.tree(), &[])];
    while let Some((part, beside)) = waiting.pop() {
        if let Some(comparison) = as_comparison(part)
            && is_negative(comparison)
            && may_be_null(comparison)
            && !beside.iter().any(|other| guards(other, comparison))
        {
            let subject = &comparison.subject.value;
            let message =
                format!("{} is probably true where {subject} is empty", comparison.operator.value.name());
            let help = format!(
                "add -and {subject} -ne null to leave those out, or -or {subject} -eq null to say they are meant"
            );
            found.push(Lint::new("null-meets-negative", &part.span, message, help));
        }
        let beside = match &part.value {
            Node::And(parts) | Node::Or(parts) => parts,
            _ => &[][..],
        };
        waiting.extend(part.parts().iter().map(|inner| (inner, beside)));
    }
}

fn is_negative(comparison: &Comparison) -> bool {
    comparison.operator.value.positive().is_some() && comparison.value.value != Value::Null
}

fn may_be_null(comparison: &Comparison) -> bool {
    type_of(&comparison.subject.value) == Type::Text
        && matches!(&comparison.subject.value, Subject::Property(_))
        && !NEVER_NULL.contains(&property_name(comparison))
}

/// Whether another clause already says what shall be with null.
fn guards(other: &Expression, comparison: &Comparison) -> bool {
    as_comparison(other).is_some_and(|other| {
        other.subject == comparison.subject
            && (other.value.value == Value::Null || other.operator.value.positive().is_none())
    })
}

/// `-any (_ -ne …)` says that some element differs, not that none is equal.
pub(super) fn negative_elements(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        let Node::Quantified { collection, quantifier: Quantifier::Any, body } = &part.value else {
            continue;
        };
        if let Some(comparison) = as_comparison(body)
            && is_negative(comparison)
        {
            let positive = comparison.operator.value.positive().map_or("", Operator::name);
            let message = "this is true when some element differs, not when none is equal";
            let help = format!(
                "to say that no element is: -not ({} -any ({} {positive} {}))",
                collection.value, comparison.subject.value, comparison.value.value
            );
            found.push(Lint::new("some-is-not-none", &part.span, message, help));
        }
    }
}

/// `-all` is true where there is no element; `-all (… -eq null)` means just that.
pub(super) fn every_element_of_none(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        let Node::Quantified { collection, quantifier: Quantifier::All, body } = &part.value else {
            continue;
        };
        if as_comparison(body).is_some_and(|comparison| comparison.value.value == Value::Null) {
            continue;
        }
        let message = format!("-all is true where {} has no element at all", collection.value);
        let help = format!("if those are not meant, add -and {} -any (…)", collection.value);
        found.push(Lint::new("all-of-none", &part.span, message, help));
    }
}
