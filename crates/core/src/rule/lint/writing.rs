//! How a rule is written.

use super::{Lint, parts, property_name};
use crate::rule::Rule;
use crate::rule::operator::Operator;
use crate::rule::statics::LONGEST;
use crate::rule::tree::{Comparison, Node, Value};

/// From how many characters on a rule is close to the limit.
const LONG: usize = 2_800;

/// Names in another case than the documentation's.
pub(super) fn names(rule: &Rule, found: &mut Vec<Lint>) {
    let mut names = Vec::new();
    for part in parts(rule) {
        match &part.value {
            Node::Comparison(comparison) => {
                names.push((&comparison.subject.span, comparison.subject.value.to_string()));
            }
            Node::Quantified { collection, .. } => {
                names.push((&collection.span, collection.value.to_string()));
            }
            _ => {}
        }
    }
    for (span, canonical) in names {
        let written = rule.text().get(span.clone()).unwrap_or_default();
        if written != canonical {
            let message = "names are documented to be case-sensitive";
            found.push(Lint::new("name-not-canonical", span, message, format!("write {canonical}")));
        }
    }
}

/// `-and` inside `-or` without parentheses.
pub(super) fn mixed_operators(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        let Node::Or(alternatives) = &part.value else { continue };
        let bare = alternatives.iter().find(|alternative| match &alternative.value {
            Node::And(parts) => parts.first().is_some_and(|first| first.span.start == alternative.span.start),
            _ => false,
        });
        if let Some(bare) = bare {
            let message = "-and binds tighter than -or, so this is one alternative";
            found.push(Lint::new("mixed-operators", &bare.span, message, "put it in parentheses"));
        }
    }
}

/// `"null"`, `"true"`: texts, not constants.
pub(super) fn quoted_constants(rule: &Rule, found: &mut Vec<Lint>) {
    for comparison in rule.tree().comparisons() {
        let Value::Text(text) = &comparison.value.value else { continue };
        let constant = text.to_ascii_lowercase();
        if comparison.operator.value.is_equality()
            && matches!(constant.as_str(), "null" | "$null" | "true" | "false")
        {
            let message = format!("in quotes, {constant} is a text like any other");
            found.push(Lint::new(
                "quoted-constant",
                &comparison.value.span,
                message,
                format!("write {constant}"),
            ));
        }
    }
}

/// A pattern for a domain or address that matches in the middle of others.
pub(super) fn unanchored_patterns(rule: &Rule, found: &mut Vec<Lint>) {
    for comparison in rule.tree().comparisons() {
        let Value::Text(pattern) = &comparison.value.value else { continue };
        let operator = comparison.operator.value;
        if operator.positive().unwrap_or(operator) != Operator::Match || !is_address(comparison, pattern) {
            continue;
        }
        let message = match (pattern.ends_with('$'), has_bare_dot(pattern)) {
            (false, _) => "this matches longer domains too: nothing says where the value ends",
            (true, true) => "an unescaped dot matches any character",
            (true, false) => continue,
        };
        let help = "use -endsWith, or end the pattern with $ and write dots as \\.";
        found.push(Lint::new("unanchored-match", &comparison.value.span, message, help));
    }
}

fn is_address(comparison: &Comparison, pattern: &str) -> bool {
    let addresses = ["mail", "userPrincipalName", "proxyAddresses", "otherMails", "sipProxyAddress"];
    let named = addresses.contains(&property_name(comparison)) || property_name(comparison).is_empty();
    pattern.contains('@') || (named && has_bare_dot(pattern))
}

/// Whether a dot stands for itself, it seems: a letter behind it, no backslash before it.
fn has_bare_dot(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    bytes.windows(2).enumerate().any(|(index, pair)| {
        pair[0] == b'.' && pair[1].is_ascii_alphanumeric() && (index == 0 || bytes[index - 1] != b'\\')
    })
}

/// Close to the longest that the service takes.
pub(super) fn length(rule: &Rule, found: &mut Vec<Lint>) {
    let count = rule.text().chars().count();
    if count > LONG {
        let message = format!("{count} of at most {LONGEST} characters");
        let help = "gather -eq clauses into -in, or set an attribute that says the same";
        found.push(Lint::new("nearly-too-long", &(0..rule.text().len()), message, help));
    }
}
