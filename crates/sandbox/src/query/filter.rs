//! `$filter`: reads a condition, checks that it may be asked, and tries it on objects.

use std::cmp::Ordering;

use serde_json::Value;
use uuid::Uuid;

use super::grammar::{self, Expression, Function, Literal, Operator};
use super::rules;
use crate::graph::{Failure, Request};
use crate::schema::{EntityType, KeyScope, parse_date};
use crate::store::{Object, Store, id_of};

#[cfg(test)]
mod fuzz;

/// A condition on objects.
#[derive(Debug)]
pub(crate) struct Condition(Expression);

impl Condition {
    /// Reads and checks `$filter`.
    pub(crate) fn parse(text: &str, types: &[&EntityType], request: &Request) -> Result<Self, Failure> {
        let expression = grammar::parse(text).map_err(|position| {
            Failure::malformed(format!(
                "Invalid filter clause: Syntax error at position {position} in '{text}'."
            ))
        })?;
        rules::check(&expression, types, request)?;
        Ok(Self(expression))
    }

    /// Whether the condition is true of an object.
    pub(crate) fn holds(&self, object: &Object, store: &Store) -> bool {
        Trial { object, store, bound: None }.holds(&self.0)
    }

    /// The only objects the condition can be true of, in ascending order, when an index tells them.
    pub(crate) fn candidates(&self, types: &[&EntityType], store: &Store) -> Option<Vec<Uuid>> {
        let mut found = candidates(&self.0, types, store)?;
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

/// The names and values in `a eq '…' and b eq '…'`; `None` for any other condition.
pub(crate) fn equalities(text: &str) -> Option<Vec<(String, String)>> {
    let equality = |expression: Expression| match expression {
        Expression::Compare(path, Operator::Equal, Literal::Text(value) | Literal::Guid(value)) => {
            Some((path.join("/"), value))
        }
        _ => None,
    };
    match grammar::parse(text).ok()? {
        Expression::And(parts) => parts.into_iter().map(equality).collect(),
        single => Some(vec![equality(single)?]),
    }
}

/// The text that a property has to be equal to whatever else is asked.
pub(crate) fn equal_to(text: &str, name: &str) -> Option<String> {
    let parts = match grammar::parse(text).ok()? {
        Expression::And(parts) => parts,
        single => vec![single],
    };
    parts.into_iter().find_map(|part| match part {
        Expression::Compare(path, Operator::Equal, Literal::Text(value) | Literal::Guid(value)) => {
            path.iter().eq([name]).then_some(value)
        }
        _ => None,
    })
}

/// The ids in `id eq '…' or id eq '…'`, in ascending order; `None` for any other condition.
pub(crate) fn ids(text: &str) -> Option<Vec<Uuid>> {
    let id = |expression: &Expression| match expression {
        Expression::Compare(path, Operator::Equal, Literal::Text(text) | Literal::Guid(text))
            if path.iter().eq(["id"]) =>
        {
            Some(id_of(text))
        }
        _ => None,
    };
    let mut found = match grammar::parse(text).ok()? {
        Expression::Or(parts) => parts.iter().map(id).collect::<Option<Vec<_>>>()?,
        single => vec![id(&single)?],
    };
    found.sort_unstable();
    found.dedup();
    Some(found)
}

fn candidates(expression: &Expression, types: &[&EntityType], store: &Store) -> Option<Vec<Uuid>> {
    match expression {
        Expression::And(parts) => parts.iter().find_map(|part| candidates(part, types, store)),
        Expression::Or(parts) => {
            let each = parts.iter().map(|part| candidates(part, types, store)).collect::<Option<Vec<_>>>()?;
            Some(each.concat())
        }
        Expression::Compare(path, Operator::Equal, literal) => holder(path, literal, types, store),
        Expression::In(path, literals) => {
            let each = literals.iter().map(|literal| holder(path, literal, types, store));
            Some(each.collect::<Option<Vec<_>>>()?.concat())
        }
        _ => None,
    }
}

/// The object with this value of an id or of a property that is unique among all objects.
fn holder(path: &[String], literal: &Literal, types: &[&EntityType], store: &Store) -> Option<Vec<Uuid>> {
    let ([name], Literal::Text(text) | Literal::Guid(text)) = (path, literal) else {
        return None;
    };
    if name == "id" {
        return Some(vec![id_of(text)]);
    }
    let [kind] = types else {
        return None;
    };
    let property = kind.property(name).filter(|property| property.key == Some(KeyScope::Always))?;
    Some(store.holder(property.name, text).map(|object| object.id).into_iter().collect())
}

/// One object, and inside a lambda one element of one of its collections.
struct Trial<'a> {
    object: &'a Object,
    store: &'a Store,
    bound: Option<(&'a str, &'a Value)>,
}

impl<'a> Trial<'a> {
    fn holds(&self, expression: &'a Expression) -> bool {
        match expression {
            Expression::Or(parts) => parts.iter().any(|part| self.holds(part)),
            Expression::And(parts) => parts.iter().all(|part| self.holds(part)),
            Expression::Not(inner) => !self.holds(inner),
            Expression::Compare(path, operator, literal) => {
                self.value(path, |value| compare(value, *operator, literal))
            }
            Expression::In(path, literals) => self
                .value(path, |value| literals.iter().any(|literal| compare(value, Operator::Equal, literal))),
            Expression::Call(function, path, text) => self.value(path, |value| call(*function, value, text)),
            Expression::Any(path, inner) => self.any(path, inner.as_ref()),
            Expression::Count(path, operator, number) => {
                let count = self.count(path.first().map_or("", String::as_str));
                ordering_fits(*operator, count.cmp(number))
            }
        }
    }

    /// Hands the value at a path to `test`; nothing there is null.
    fn value(&self, path: &[String], test: impl Fn(&Value) -> bool) -> bool {
        let Some((first, rest)) = path.split_first() else {
            return false;
        };
        if first == "id" && self.bound.is_none() {
            return test(&Value::from(self.object.id_text()));
        }
        let bound = self.bound.filter(|(variable, _)| variable == first).map(|(_, value)| value);
        let start = bound.or_else(|| self.object.get(first));
        let found = rest.iter().fold(start, |value, name| value.and_then(|value| value.get(name)));
        test(found.unwrap_or(&Value::Null))
    }

    fn any(&self, path: &[String], inner: Option<&'a (String, Box<Expression>)>) -> bool {
        let collection = path.first().and_then(|name| self.object.get(name)).and_then(Value::as_array);
        let mut elements = collection.into_iter().flatten();
        match inner {
            None => elements.next().is_some(),
            Some((variable, condition)) => {
                elements.any(|element| Trial { bound: Some((variable, element)), ..*self }.holds(condition))
            }
        }
    }

    fn count(&self, name: &str) -> i64 {
        let size = match self.object.entity.navigation(name) {
            Some(navigation) => self.store.follow(self.object, navigation, None).count(),
            None => self.object.get(name).and_then(Value::as_array).map_or(0, Vec::len),
        };
        i64::try_from(size).unwrap_or(i64::MAX)
    }
}

fn call(function: Function, value: &Value, text: &str) -> bool {
    let Some(found) = value.as_str() else {
        return false;
    };
    let (found, text) = (found.to_lowercase(), text.to_lowercase());
    match function {
        Function::StartsWith => found.starts_with(&text),
        Function::EndsWith => found.ends_with(&text),
        Function::Contains => found.contains(&text),
    }
}

/// Compares without regard to case; null equals only null and is in no order.
fn compare(value: &Value, operator: Operator, literal: &Literal) -> bool {
    let ordering = match (value, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Bool(found), Literal::Boolean(wanted)) => Some(found.cmp(wanted)),
        (Value::Number(found), Literal::Number(wanted)) => found.as_i64().map(|found| found.cmp(wanted)),
        (Value::String(found), Literal::Text(wanted) | Literal::Guid(wanted)) => {
            Some(compare_texts(found, wanted))
        }
        (Value::String(found), Literal::Date(wanted)) => parse_date(found).map(|found| found.cmp(wanted)),
        _ => None,
    };
    match ordering {
        Some(ordering) => ordering_fits(operator, ordering),
        None => operator == Operator::NotEqual,
    }
}

/// Order without regard to case.
pub(super) fn compare_texts(left: &str, right: &str) -> Ordering {
    left.chars().flat_map(char::to_lowercase).cmp(right.chars().flat_map(char::to_lowercase))
}

fn ordering_fits(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
    }
}
