//! Whom a rule reaches, or no longer.

use super::{Lint, parts, property_name};
use crate::rule::Rule;
use crate::rule::operator::Operator;
use crate::rule::property::Type;
use crate::rule::tree::{Comparison, Node, ObjectKind, PlanField, Subject, Value};

/// Rules on `memberOf`, which the service evaluates no more.
/// <https://learn.microsoft.com/entra/identity/users/groups-dynamic-rule-member-of>
pub(super) fn retired(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        match &part.value {
            Node::Quantified { collection, .. } if collection.value.value == Type::Groups => {
                let message =
                    "rules on memberOf ended on 2026-11-03: the group keeps the members it had then";
                let help = "nest the groups, or say in attributes what they have in common";
                found.push(Lint::new("member-of-retired", &collection.span, message, help));
            }
            Node::Comparison(comparison) if property_name(comparison) == "organizationalUnit" => {
                let message = "organizationalUnit is accepted and never filled";
                let help = "use an extension attribute";
                found.push(Lint::new("never-filled", &comparison.subject.span, message, help));
            }
            _ => {}
        }
    }
}

/// A rule about everybody that says nothing of guests.
pub(super) fn guests(rule: &Rule, found: &mut Vec<Lint>) {
    let comparisons = rule.tree().comparisons();
    let sweeping = |comparison: &&Comparison| match property_name(comparison) {
        "objectId" => {
            comparison.operator.value == Operator::NotEqual && comparison.value.value == Value::Null
        }
        "accountEnabled" => true,
        _ => false,
    };
    if rule.object() == ObjectKind::User && !comparisons.is_empty() && comparisons.iter().all(sweeping) {
        let message = "this takes in guests and agent users, too";
        let help = "for members only, add -and (user.userType -eq \"Member\")";
        found.push(Lint::new("guests-included", &rule.tree().span, message, help));
    }
}

/// `proxyAddresses` compared from the beginning without the `smtp:` that stands there.
pub(super) fn address_prefix(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        let compared = match &part.value {
            Node::Quantified { collection, body, .. } if collection.value.name == "proxyAddresses" => {
                body.comparisons()
            }
            Node::Comparison(comparison) if property_name(comparison) == "proxyAddresses" => vec![comparison],
            _ => continue,
        };
        for comparison in compared.into_iter().filter(|comparison| begins_bare(comparison)) {
            let message = "proxy addresses begin with SMTP: or smtp:";
            let help = "write \"smtp:…\", upper and lower case are the same, or use -contains";
            found.push(Lint::new("address-prefix", &comparison.value.span, message, help));
        }
    }
}

fn begins_bare(comparison: &Comparison) -> bool {
    use Operator::{Equal, In, NotEqual, NotIn, NotStartsWith, StartsWith};
    let bare = |value: &Value| matches!(value, Value::Text(text) if !text.contains(':'));
    let whole =
        matches!(comparison.operator.value, Equal | NotEqual | StartsWith | NotStartsWith | In | NotIn);
    whole
        && match &comparison.value.value {
            Value::List(items) => items.iter().any(bare),
            value => bare(value),
        }
}

/// Plans by id or service, whatever became of them.
pub(super) fn plan_status(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        let Node::Quantified { collection, body, .. } = &part.value else { continue };
        let comparisons = body.comparisons();
        let speaks_of = |field| comparisons.iter().any(|one| one.subject.value == Subject::Plan(field));
        let asks_for_none = comparisons.iter().all(|comparison| comparison.value.value == Value::Null);
        if collection.value.value == Type::Plans && !speaks_of(PlanField::CapabilityStatus) && !asks_for_none
        {
            let message = "plans that were taken away stay as Deleted or Suspended, and match";
            let help = "add -and assignedPlan.capabilityStatus -eq \"Enabled\" inside the parentheses";
            found.push(Lint::new("plan-status-missing", &part.span, message, help));
        }
    }
}

/// Object ids that are none.
pub(super) fn ids(rule: &Rule, found: &mut Vec<Lint>) {
    for part in parts(rule) {
        let wrong = match &part.value {
            Node::DirectReports(manager) => !is_guid(manager),
            Node::Comparison(comparison) if comparison.subject.value == Subject::Group => {
                let Value::List(items) = &comparison.value.value else { continue };
                items.iter().any(|item| !matches!(item, Value::Text(text) if is_guid(text)))
            }
            _ => continue,
        };
        if wrong {
            let message = "an object id is a GUID, this is none";
            found.push(Lint::new("not-an-id", &part.span, message, "copy the object id from the portal"));
        }
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
