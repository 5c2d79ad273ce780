//! Random conditions: what was printed is what is read, what it says of an object is what a plain reading says, and
//! nothing that anybody types stops the sandbox.

use std::cmp::Ordering;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::grammar::{self, Expression, Function, Literal, Operator};
use super::{Condition, Object, Store};
use crate::graph::{Body, Method, Request};
use crate::schema;
use crate::store::derived_id;

/// Words that conditions are made of, and some they are not.
const TOKENS: &[&str] = &[
    "(",
    ")",
    "not",
    "not(",
    " and ",
    " or ",
    " eq ",
    " ne ",
    " in ",
    "(",
    ",",
    "'",
    "''",
    "'a'",
    "null",
    "true",
    "3",
    "-",
    "2027-01-01",
    "2027-01-01T00:00:00Z",
    "00000000-0000-0000-0000-000000000001",
    "displayName",
    "mail",
    "members/$count",
    "groupTypes/any(g:g eq 'Unified')",
    "any(",
    "x:",
    "/",
    "startsWith(",
    "endsWith(displayName,'a')",
    "contains",
    "id",
    "extension_0_x",
    " ",
    "\t",
    "é",
    "\u{0}",
    "%",
    "$",
    "@",
    "createdDateTime",
    "securityEnabled",
];

fn names() -> impl Strategy<Value = Vec<String>> {
    prop::sample::select(&["displayName", "mail", "securityEnabled", "createdDateTime", "unseenCount"][..])
        .prop_map(|name| vec![name.to_owned()])
}

fn text() -> impl Strategy<Value = String> {
    "[a-cA-C' é(]{0,4}"
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        4 => text().prop_map(Literal::Text),
        1 => any::<bool>().prop_map(Literal::Boolean),
        1 => (-3..4_i64).prop_map(Literal::Number),
        1 => (0..4_i64).prop_map(|second| Literal::Date(Timestamp::from_second(second).unwrap_or_default())),
    ]
}

fn operator() -> impl Strategy<Value = Operator> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    prop::sample::select(&[Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual][..])
}

fn function() -> impl Strategy<Value = Function> {
    prop::sample::select(&[Function::StartsWith, Function::EndsWith, Function::Contains][..])
}

fn leaf() -> impl Strategy<Value = Expression> {
    let element = (operator(), text()).prop_map(|(operator, text)| {
        Expression::Compare(vec!["x".to_owned()], operator, Literal::Text(text))
    });
    let equality = prop::sample::select(&[Operator::Equal, Operator::NotEqual][..]);
    prop_oneof![
        4 => (names(), operator(), literal()).prop_map(|(path, operator, literal)| Expression::Compare(path, operator, literal)),
        1 => (names(), equality).prop_map(|(path, operator)| Expression::Compare(path, operator, Literal::Null)),
        1 => (names(), prop::collection::vec(literal(), 1..4)).prop_map(|(path, literals)| Expression::In(path, literals)),
        1 => (function(), names(), text()).prop_map(|(function, path, text)| Expression::Call(function, path, text)),
        1 => prop::option::of(element).prop_map(|inner| {
            Expression::Any(vec!["groupTypes".to_owned()], inner.map(|inner| ("x".to_owned(), Box::new(inner))))
        }),
        1 => (operator(), 0..3_i64).prop_map(|(operator, number)| Expression::Count(vec!["groupTypes".to_owned()], operator, number)),
    ]
}

/// A condition as the grammar gives it: parts of `and` are never `and` themselves unless in parentheses.
fn expression() -> impl Strategy<Value = Expression> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
            prop::collection::vec(inner, 2..4).prop_map(Expression::Or),
        ]
    })
}

fn printed(expression: &Expression) -> String {
    let grouped = |part: &Expression| match part {
        Expression::Or(_) | Expression::And(_) => format!("({})", printed(part)),
        _ => printed(part),
    };
    let joined = |parts: &[Expression], word: &str| parts.iter().map(grouped).collect::<Vec<_>>().join(word);
    match expression {
        Expression::Or(parts) => joined(parts, " or "),
        Expression::And(parts) => joined(parts, "  and "),
        Expression::Not(inner) => format!("not ({})", printed(inner)),
        Expression::Compare(path, operator, literal) => {
            format!("{} {} {}", path.join("/"), word(*operator), shown(literal))
        }
        Expression::In(path, literals) => {
            format!("{} in ({})", path.join("/"), literals.iter().map(shown).collect::<Vec<_>>().join(" , "))
        }
        Expression::Call(function, path, text) => {
            let name = match function {
                Function::StartsWith => "startswith",
                Function::EndsWith => "endsWith",
                Function::Contains => "contains",
            };
            format!("{name}({},{})", path.join("/"), quoted(text))
        }
        Expression::Any(path, None) => format!("{}/any()", path.join("/")),
        Expression::Any(path, Some((variable, inner))) => {
            format!("{}/any({variable}:{})", path.join("/"), printed(inner))
        }
        Expression::Count(path, operator, number) => {
            format!("{}/$count {} {number}", path.join("/"), word(*operator))
        }
    }
}

fn word(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "eq",
        Operator::NotEqual => "ne",
        Operator::Greater => "gt",
        Operator::GreaterOrEqual => "ge",
        Operator::Less => "lt",
        Operator::LessOrEqual => "le",
    }
}

fn shown(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Boolean(flag) => flag.to_string(),
        Literal::Number(number) => number.to_string(),
        Literal::Text(text) => quoted(text),
        Literal::Date(date) => date.to_string(),
        Literal::Guid(id) => id.clone(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The properties of a group that conditions ask for.
fn group() -> impl Strategy<Value = Value> {
    let kinds = prop::collection::vec(text(), 0..3);
    let date = prop::option::of(0..4_i64).prop_map(|second| {
        second.map(|second| Timestamp::from_second(second).unwrap_or_default().to_string())
    });
    (
        prop::option::of(text()),
        prop::option::of(text()),
        any::<Option<bool>>(),
        date,
        prop::option::of(-3..4_i64),
        kinds,
    )
        .prop_map(|(name, mail, secure, created, unseen, kinds)| {
            json!({
                "displayName": name, "mail": mail, "securityEnabled": secure, "createdDateTime": created,
                "unseenCount": unseen, "groupTypes": kinds,
            })
        })
}

/// What a condition says of an object, read word by word.
fn says(expression: &Expression, object: &Value, x: &Value) -> bool {
    let at = |path: &[String]| match path {
        [name] if name == "x" => x.clone(),
        [name] => object[name].clone(),
        _ => Value::Null,
    };
    match expression {
        Expression::Or(parts) => parts.iter().filter(|part| says(part, object, x)).count() > 0,
        Expression::And(parts) => parts.iter().filter(|part| !says(part, object, x)).count() == 0,
        Expression::Not(inner) => !says(inner, object, x),
        Expression::Compare(path, operator, literal) => compares(&at(path), *operator, literal),
        Expression::In(path, literals) => {
            literals.iter().any(|literal| compares(&at(path), Operator::Equal, literal))
        }
        Expression::Call(function, path, text) => at(path).as_str().is_some_and(|found| {
            let (found, text) = (found.to_lowercase(), text.to_lowercase());
            match function {
                Function::StartsWith => found.find(&text) == Some(0),
                Function::EndsWith => found.rfind(&text).is_some_and(|at| at + text.len() == found.len()),
                Function::Contains => found.matches(&text).next().is_some(),
            }
        }),
        Expression::Any(path, inner) => {
            let items = at(path).as_array().cloned().unwrap_or_default();
            items.iter().any(|item| inner.as_ref().is_none_or(|(_, inner)| says(inner, object, item)))
        }
        Expression::Count(path, operator, number) => {
            let count = at(path).as_array().map_or(0, Vec::len);
            compares(&json!(count), *operator, &Literal::Number(*number))
        }
    }
}

/// Unlike types are unequal and in no order.
fn compares(value: &Value, operator: Operator, literal: &Literal) -> bool {
    let wanted = match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(flag) => json!(flag),
        Literal::Number(number) => json!(number),
        Literal::Text(text) | Literal::Guid(text) => json!(text.to_lowercase()),
        Literal::Date(date) => json!(date.as_second()),
    };
    let found = match (value, literal) {
        // A point in time is stored as text; whatever else is stored is none.
        (found, Literal::Date(_)) => match found.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            Some(date) => json!(date.as_second()),
            None => json!([]),
        },
        (Value::String(text), _) => json!(text.to_lowercase()),
        (other, _) => other.clone(),
    };
    let order = match (&found, &wanted) {
        (Value::Number(found), Value::Number(wanted)) => found.as_i64().cmp(&wanted.as_i64()).into(),
        (Value::String(found), Value::String(wanted)) => Some(found.cmp(wanted)),
        (Value::Bool(found), Value::Bool(wanted)) => Some(found.cmp(wanted)),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    };
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

fn request(eventual: bool) -> Request {
    let headers = eventual.then(|| ("consistencylevel".to_owned(), "eventual".to_owned()));
    Request {
        method: Method::Get,
        root: "http://127.0.0.1/v1.0".to_owned(),
        segments: vec!["groups".to_owned()],
        query: vec![("$count".to_owned(), "true".to_owned())],
        url_length: None,
        headers: headers.into_iter().collect(),
        body: Body::Empty,
    }
}

fn object(properties: &Value) -> Object {
    let kind = schema::by_name("group").unwrap();
    let mut object = Object::new(kind, derived_id("group", "fuzz"));
    for (name, value) in properties.as_object().unwrap() {
        object.set(name, value.clone());
    }
    object
}

proptest! {
    #[test]
    fn what_was_printed_is_read_back(expression in expression()) {
        let text = printed(&expression);
        prop_assert_eq!(grammar::parse(&text), Ok(expression), "{}", text);
    }

    #[test]
    fn a_condition_says_of_an_object_what_a_plain_reading_says(expression in expression(), properties in group()) {
        let expected = says(&expression, &properties, &Value::Null);
        let text = printed(&expression);
        let condition = Condition(expression);
        prop_assert_eq!(condition.holds(&object(&properties), &Store::default()), expected, "{}", text);
    }

    #[test]
    fn an_index_never_hides_what_a_condition_holds_for(expression in expression(), properties in group(), name in text()) {
        let object = object(&properties);
        let expression = Expression::Or(vec![
            expression,
            Expression::Compare(vec!["uniqueName".to_owned()], Operator::Equal, Literal::Text(name)),
        ]);
        let condition = Condition(expression);
        let mut store = Store::default();
        store.apply(&crate::store::Change::Put(std::sync::Arc::new(object.clone())));
        let found = condition.candidates(&[object.entity], &store);
        if condition.holds(&object, &store) {
            prop_assert!(found.is_none_or(|found| found.contains(&object.id)));
        }
    }

    #[test]
    fn noise_is_refused_or_tried(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..30), noise in any::<String>(), eventual: bool, properties in group()) {
        for text in [tokens.concat(), noise] {
            let types = [schema::by_name("group").unwrap()];
            if let Ok(condition) = Condition::parse(&text, &types, &request(eventual)) {
                condition.holds(&object(&properties), &Store::default());
            }
        }
    }

    #[test]
    fn nesting_is_bounded(opening in prop::sample::select(&["(", "not ", "not(", "a/any(x:", " ( ", "not ( "][..]), depth in 1..200_000_usize, closed: bool) {
        let closing = if closed { ")".repeat(depth * opening.matches('(').count()) } else { String::new() };
        let text = format!("{}mail eq 'a'{closing}", opening.repeat(depth));
        // Whether it is refused is the grammar's; it comes back either way.
        grammar::parse(&text).ok();
    }
}
