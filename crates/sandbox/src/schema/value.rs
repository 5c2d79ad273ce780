//! Checks a JSON value from outside against a declared property.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{Complex, Kind, Property};
use crate::graph::Failure;

/// The general refusal of a write.
pub(crate) fn bad_request(message: impl Into<String>) -> Failure {
    Failure::new(400, "Request_BadRequest", message)
}

/// Checks `value` and returns it in the form the store keeps.
pub(crate) fn check(property: &Property, value: &Value) -> Result<Value, Failure> {
    if value.is_null() {
        return if property.nullable {
            Ok(Value::Null)
        } else {
            Err(invalid(property, "null is not allowed"))
        };
    }
    match property.kind {
        Kind::Text => check_text(property, value).map(Value::from),
        Kind::Boolean => value.as_bool().map(Value::from).ok_or_else(|| wrong_type(property, "Edm.Boolean")),
        Kind::Integer => value
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .map(Value::from)
            .ok_or_else(|| wrong_type(property, "Edm.Int32")),
        Kind::Date => check_date(property, value),
        Kind::Guid => check_guid(property, value),
        Kind::Duration => {
            let parsed = value.as_str().filter(|text| parse_duration(text).is_some());
            parsed.map(Value::from).ok_or_else(|| wrong_type(property, "Edm.Duration"))
        }
        Kind::Texts => {
            let texts: Result<Vec<_>, _> =
                elements(property, value)?.iter().map(|element| check_text(property, element)).collect();
            Ok(Value::from(texts?))
        }
        Kind::Structure(complex) => check_structure(property, complex, value),
        Kind::Structures(complex) => {
            let found = elements(property, value)?;
            found.iter().map(|element| check_structure(property, complex, element)).collect()
        }
    }
}

/// Reads a point in time as Graph writes it, for example `2026-01-31T12:00:00Z`.
pub(crate) fn parse_date(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

/// Reads a length of time as Graph writes it, for example `P90D` or `PT8H30M`; months and years have none.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

fn elements<'a>(property: &Property, value: &'a Value) -> Result<&'a [Value], Failure> {
    let Some(found) = value.as_array() else {
        return Err(wrong_type(property, "a collection"));
    };
    match property.most {
        Some(most) if found.len() > most => {
            Err(invalid(property, &format!("at most {most} element(s) are allowed")))
        }
        _ => Ok(found),
    }
}

fn check_text<'a>(property: &Property, value: &'a Value) -> Result<&'a str, Failure> {
    let Some(text) = value.as_str() else {
        return Err(wrong_type(property, "Edm.String"));
    };
    if text.is_empty() && !property.is_collection() && !property.may_be_empty {
        return Err(invalid(property, "an empty string is not allowed"));
    }
    if let Some(longest) = property.longest
        && text.chars().count() > longest
    {
        return Err(invalid(property, &format!("at most {longest} characters are allowed")));
    }
    let is_known = |text: &str| property.one_of.iter().any(|known| known.eq_ignore_ascii_case(text));
    let fits = if property.flags { text.split(',').map(str::trim).all(is_known) } else { is_known(text) };
    if !property.one_of.is_empty() && !fits {
        return Err(invalid(property, &format!("allowed values are {}", property.one_of.join(", "))));
    }
    Ok(text)
}

fn check_date(property: &Property, value: &Value) -> Result<Value, Failure> {
    let parsed = value.as_str().and_then(parse_date);
    parsed.map(|time| Value::from(time.to_string())).ok_or_else(|| wrong_type(property, "Edm.DateTimeOffset"))
}

fn check_guid(property: &Property, value: &Value) -> Result<Value, Failure> {
    let parsed = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
    parsed.map(|guid| Value::from(guid.to_string())).ok_or_else(|| wrong_type(property, "Edm.Guid"))
}

fn check_structure(property: &Property, complex: &Complex, value: &Value) -> Result<Value, Failure> {
    let Some(members) = value.as_object() else {
        return Err(wrong_type(property, complex.name));
    };
    if complex.properties.is_empty() {
        return Ok(value.clone());
    }
    let mut checked = serde_json::Map::new();
    for (name, member) in members.iter().filter(|(name, _)| !name.contains('@')) {
        let Some(declared) = complex.properties.iter().find(|declared| declared.name == *name) else {
            return Err(unknown(name, complex.name));
        };
        checked.insert(name.clone(), check(declared, member)?);
    }
    Ok(Value::Object(checked))
}

/// The refusal of a property a type does not have.
pub(crate) fn unknown(name: &str, type_name: &str) -> Failure {
    bad_request(format!("The property '{name}' does not exist on type 'microsoft.graph.{type_name}'."))
}

fn wrong_type(property: &Property, expected: &str) -> Failure {
    let name = property.name;
    bad_request(format!(
        "Cannot convert the literal given for property '{name}' to the expected type '{expected}'."
    ))
    .with_detail("InvalidValue", name)
}

fn invalid(property: &Property, why: &str) -> Failure {
    let name = property.name;
    bad_request(format!("Invalid value specified for property '{name}' of resource: {why}."))
        .with_detail("InvalidValue", name)
}
