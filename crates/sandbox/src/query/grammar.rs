//! The grammar of `$filter`, as far as directory objects use it.

use jiff::Timestamp;
use winnow::ascii::{multispace0, multispace1};
use winnow::combinator::{alt, delimited, opt, preceded, repeat, separated, terminated};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::stream::Stateful;
use winnow::token::{one_of, take_while};

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    /// `path operator literal`.
    Compare(Path, Operator, Literal),
    /// `path in (…)`.
    In(Path, Vec<Literal>),
    /// `startsWith(path,'…')` and its like.
    Call(Function, Path, String),
    /// `path/any(variable:…)`; no condition means not empty.
    Any(Path, Option<(String, Box<Self>)>),
    /// `path/$count operator number`.
    Count(Path, Operator, i64),
}

/// Names joined by slashes.
pub(super) type Path = Vec<String>;

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// String functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

/// Values to compare with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Number(i64),
    Text(String),
    /// A date as written and as a point in time.
    Date(Timestamp),
    /// A GUID without quotes.
    Guid(String),
}

/// A condition and how many conditions the one at hand stands within.
type Input<'a> = Stateful<&'a str, usize>;

/// Most conditions within one another, far more than the directory takes: each costs the reader some of its stack.
const DEEPEST: usize = 100;

type Error = winnow::error::ErrMode<ContextError>;

/// Reads a whole condition; the error is the position it could not get past.
pub(super) fn parse(text: &str) -> Result<Expression, usize> {
    let whole = text.trim();
    let mut input = Input { input: whole, state: 0 };
    let parsed = terminated(or, multispace0).parse_next(&mut input);
    match parsed {
        Ok(expression) if input.is_empty() => Ok(expression),
        _ => Err(whole.len() - input.len()),
    }
}

fn or(input: &mut Input<'_>) -> Result<Expression, Error> {
    let parts: Vec<_> = separated(1.., and, word("or")).parse_next(input)?;
    Ok(one_or(parts, Expression::Or))
}

fn and(input: &mut Input<'_>) -> Result<Expression, Error> {
    let parts: Vec<_> = separated(1.., unary, word("and")).parse_next(input)?;
    Ok(one_or(parts, Expression::And))
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

fn unary(input: &mut Input<'_>) -> Result<Expression, Error> {
    if input.state >= DEEPEST {
        return Err(Error::Cut(ContextError::new()));
    }
    input.state += 1;
    let found = single(input);
    input.state -= 1;
    found
}

fn single(input: &mut Input<'_>) -> Result<Expression, Error> {
    let negated = preceded(("not", alt((multispace1.void(), winnow::combinator::peek("(").void()))), unary);
    let group = delimited(("(", multispace0), or, (multispace0, ")"));
    let negated = negated.map(|inner| Expression::Not(Box::new(inner)));
    preceded(multispace0, alt((negated, group, call, comparison))).parse_next(input)
}

fn call(input: &mut Input<'_>) -> Result<Expression, Error> {
    let function = alt((
        alt(("startsWith", "startswith")).value(Function::StartsWith),
        alt(("endsWith", "endswith")).value(Function::EndsWith),
        "contains".value(Function::Contains),
    ))
    .parse_next(input)?;
    let (path, text) = delimited(
        ("(", multispace0),
        (terminated(path, (multispace0, ",", multispace0)), quoted),
        (multispace0, ")"),
    )
    .parse_next(input)?;
    let truth = opt(preceded(word("eq"), boolean)).parse_next(input)?;
    let found = Expression::Call(function, path, text);
    Ok(if truth == Some(false) { Expression::Not(Box::new(found)) } else { found })
}

fn comparison(input: &mut Input<'_>) -> Result<Expression, Error> {
    let mut names = path.parse_next(input)?;
    if names.last().is_some_and(|name| name == "any") {
        names.pop();
        return any(input, names);
    }
    if opt(word("in")).parse_next(input)?.is_some() {
        let list = separated(1.., literal, (multispace0, ",", multispace0));
        let values = delimited(("(", multispace0), list, (multispace0, ")")).parse_next(input)?;
        return Ok(Expression::In(names, values));
    }
    let operator = operator.parse_next(input)?;
    let value = literal.parse_next(input)?;
    if names.last().is_some_and(|name| name == "$count") {
        names.pop();
        let Literal::Number(number) = value else {
            return Err(Error::Backtrack(ContextError::new()));
        };
        return Ok(Expression::Count(names, operator, number));
    }
    Ok(Expression::Compare(names, operator, value))
}

fn any(input: &mut Input<'_>, names: Path) -> Result<Expression, Error> {
    let variable = terminated(name, (multispace0, ":", multispace0));
    let inner = opt((variable, or.map(Box::new)));
    let inner = delimited(("(", multispace0), inner, (multispace0, ")")).parse_next(input)?;
    Ok(Expression::Any(names, inner))
}

fn path(input: &mut Input<'_>) -> Result<Path, Error> {
    separated(1.., alt(("$count".map(str::to_owned), name)), "/").parse_next(input)
}

fn name(input: &mut Input<'_>) -> Result<String, Error> {
    let first = one_of(|character: char| character.is_ascii_alphabetic() || character == '_');
    let rest =
        take_while(0.., |character: char| character.is_ascii_alphanumeric() || "_.".contains(character));
    (first, rest).take().map(str::to_owned).parse_next(input)
}

fn operator(input: &mut Input<'_>) -> Result<Operator, Error> {
    alt((
        word("eq").value(Operator::Equal),
        word("ne").value(Operator::NotEqual),
        word("ge").value(Operator::GreaterOrEqual),
        word("gt").value(Operator::Greater),
        word("le").value(Operator::LessOrEqual),
        word("lt").value(Operator::Less),
    ))
    .parse_next(input)
}

/// A keyword with space around it; the space after it may be missing before a parenthesis.
fn word<'a>(text: &'static str) -> impl Parser<Input<'a>, (), Error> {
    let after = alt((multispace1.void(), winnow::combinator::peek("(").void()));
    (multispace1, text, after).void()
}

fn literal(input: &mut Input<'_>) -> Result<Literal, Error> {
    alt((quoted.map(Literal::Text), "null".value(Literal::Null), boolean.map(Literal::Boolean), bare))
        .parse_next(input)
}

fn boolean(input: &mut Input<'_>) -> Result<bool, Error> {
    alt(("true".value(true), "false".value(false))).parse_next(input)
}

/// Text in single quotes, where a doubled quote stands for one.
fn quoted(input: &mut Input<'_>) -> Result<String, Error> {
    let inside = repeat(0.., alt((take_while(1.., |character| character != '\''), "''".value("'"))));
    let joined = inside.fold(String::new, |mut text: String, part: &str| {
        text.push_str(part);
        text
    });
    delimited("'", joined, "'").parse_next(input)
}

/// A number, date or GUID.
fn bare(input: &mut Input<'_>) -> Result<Literal, Error> {
    let token =
        take_while(1.., |character: char| character.is_ascii_alphanumeric() || "-+:.".contains(character));
    token
        .verify_map(|text: &str| {
            if let Ok(number) = text.parse() {
                return Some(Literal::Number(number));
            }
            if uuid::Uuid::try_parse(text).is_ok() {
                return Some(Literal::Guid(text.to_owned()));
            }
            crate::schema::parse_date(text).map(Literal::Date)
        })
        .parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Literal {
        Literal::Text(value.to_owned())
    }

    #[test]
    fn and_binds_closer_than_or() {
        let compare =
            |name: &str| Expression::Compare(vec![name.to_owned()], Operator::Equal, Literal::Number(1));
        let expected = Expression::Or(vec![compare("a"), Expression::And(vec![compare("b"), compare("c")])]);
        assert_eq!(parse("a eq 1 or b eq 1 and c eq 1"), Ok(expected));
    }

    #[test]
    fn doubled_quotes_stand_for_one() {
        let expected = Expression::Compare(vec!["surname".to_owned()], Operator::Equal, text("O'Neil"));
        assert_eq!(parse("surname eq 'O''Neil'"), Ok(expected));
    }

    #[test]
    fn lambdas_name_their_variable() {
        let inner = Expression::Call(Function::StartsWith, vec!["p".to_owned()], "smtp:".to_owned());
        let expected =
            Expression::Any(vec!["proxyAddresses".to_owned()], Some(("p".to_owned(), Box::new(inner))));
        assert_eq!(parse("proxyAddresses/any(p:startsWith(p,'smtp:'))"), Ok(expected));
    }

    #[test]
    fn not_takes_a_parenthesis_or_a_space() {
        for filter in ["not(a eq 1)", "not (a eq 1)", "not a eq 1"] {
            assert!(matches!(parse(filter), Ok(Expression::Not(_))), "{filter}");
        }
    }

    #[test]
    fn leftovers_and_missing_operands_are_refused() {
        for filter in ["", "a eq", "a eq 1 b", "a eq 'x", "(a eq 1", "a like 'x'", "a in ()"] {
            assert!(parse(filter).is_err(), "{filter}");
        }
    }

    #[test]
    fn conditions_nested_without_end_are_refused() {
        let nested = |opening: &str, depth: usize, closing: &str| {
            parse(&format!("{}a eq 1{}", opening.repeat(depth), closing.repeat(depth)))
        };
        for (opening, closing) in [("(", ")"), ("not ", ""), ("not(", ")"), ("a/any(x:", ")")] {
            assert!(nested(opening, DEEPEST / 2 - 1, closing).is_ok(), "{opening}");
            assert!(nested(opening, 100_000, closing).is_err(), "{opening}");
        }
    }
}
