//! `$filter`: its grammar as far as Graph takes it, and whether names and literals fit the schema.
//! <https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionfilter>

use winnow::ascii::{multispace0, multispace1};
use winnow::combinator::{alt, delimited, opt, peek, preceded, repeat, separated, terminated};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use crate::Breach;
use crate::schema::{Schema, TypeRef};

const PLACE: &str = "$filter";

type Grammar<T> = Result<T, winnow::error::ErrMode<ContextError>>;

/// A condition, without what does not matter for names and types.
#[derive(Debug)]
enum Condition {
    /// Joined by `and` or `or`, or negated.
    All(Vec<Self>),
    /// A path compared with literals, or given to a text function.
    Compare(Vec<String>, Vec<Literal>),
    /// `path/any(variable:condition)`.
    Lambda(Vec<String>, Option<(String, Box<Self>)>),
}

#[derive(Debug)]
enum Literal {
    Null,
    Boolean,
    Number,
    Text(String),
    Date,
    Guid,
}

impl Schema {
    /// Checks a `$filter` on entities of a type.
    pub(crate) fn check_filter(&self, text: &str, of: &str, breaches: &mut Vec<Breach>) {
        let mut input = text.trim();
        match terminated(disjunction, multispace0).parse_next(&mut input) {
            Ok(condition) if input.is_empty() => self.check_condition(&condition, of, None, breaches),
            _ => breaches.push(Breach::new(PLACE, format!("cannot be read from `{input}` on"))),
        }
    }

    fn check_condition(
        &self,
        condition: &Condition,
        of: &str,
        bound: Option<(&str, &TypeRef)>,
        breaches: &mut Vec<Breach>,
    ) {
        match condition {
            Condition::All(parts) => {
                parts.iter().for_each(|part| self.check_condition(part, of, bound, breaches))
            }
            Condition::Compare(path, literals) => match self.type_at(path, of, bound) {
                Ok(found) => self.check_literals(path, &found, literals, breaches),
                Err(what) => breaches.push(Breach::new(PLACE, what)),
            },
            Condition::Lambda(path, inner) => match self.type_at(path, of, bound) {
                Ok(found) if !found.collection => {
                    let what = format!("`{}` is no collection and has no any or all", path.join("/"));
                    breaches.push(Breach::new(PLACE, what));
                }
                Ok(found) => {
                    let element = TypeRef { collection: false, ..found };
                    if let Some((variable, inner)) = inner {
                        self.check_condition(inner, of, Some((variable, &element)), breaches);
                    }
                }
                Err(what) => breaches.push(Breach::new(PLACE, what)),
            },
        }
    }

    /// The type a path leads to, from the entity or from the variable of a lambda.
    fn type_at(&self, path: &[String], of: &str, bound: Option<(&str, &TypeRef)>) -> Result<TypeRef, String> {
        let start = TypeRef { name: of.to_owned(), collection: false };
        let variable = bound.filter(|(name, _)| path.first().is_some_and(|first| first == name));
        let (mut found, names) = match variable {
            Some((_, element)) => (element.clone(), path.get(1..).unwrap_or_default()),
            None => (start, path),
        };
        for name in names {
            found = match name.as_str() {
                "$count" if found.collection => TypeRef { name: "Edm.Int64".to_owned(), collection: false },
                _ if self.has_type(name) => TypeRef { name: name.clone(), ..found },
                _ if self.is_extension(&found.name, name) => {
                    TypeRef { name: "Edm.Untyped".to_owned(), collection: false }
                }
                _ => {
                    let member = self.member_of_any(&found.name, name).filter(|_| !found.collection);
                    member.ok_or_else(|| format!("{} has no property `{name}`", found.name))?.of.clone()
                }
            };
        }
        Ok(found)
    }

    fn check_literals(
        &self,
        path: &[String],
        of: &TypeRef,
        literals: &[Literal],
        breaches: &mut Vec<Breach>,
    ) {
        for literal in literals {
            if let Err(what) = self.check_literal(of, literal) {
                breaches.push(Breach::new(PLACE, format!("`{}` {what}", path.join("/"))));
            }
        }
    }

    fn check_literal(&self, of: &TypeRef, literal: &Literal) -> Result<(), String> {
        if of.collection {
            return Err("is a collection and is compared with one value".to_owned());
        }
        if let (Some(enumeration), Literal::Text(text)) = (self.enumeration(&of.name), literal) {
            return match enumeration.members.contains(text) {
                true => Ok(()),
                false => Err(format!("is {}, which has no member `{text}`", of.name)),
            };
        }
        let fits = match of.name.as_str() {
            "Edm.Untyped" => true,
            "Edm.String" => matches!(literal, Literal::Text(_) | Literal::Null),
            "Edm.Boolean" => matches!(literal, Literal::Boolean | Literal::Null),
            "Edm.DateTimeOffset" | "Edm.Date" => matches!(literal, Literal::Date | Literal::Null),
            "Edm.Guid" => matches!(literal, Literal::Guid | Literal::Text(_) | Literal::Null),
            name if name.starts_with("Edm.") => matches!(literal, Literal::Number | Literal::Null),
            _ => matches!(literal, Literal::Null),
        };
        if fits { Ok(()) } else { Err(format!("is {} and is compared with {literal:?}", of.name)) }
    }
}

fn disjunction(input: &mut &str) -> Grammar<Condition> {
    let word = (multispace1, alt(("and", "or")), alt((multispace1.void(), peek("(").void())));
    separated(1.., term, word).map(Condition::All).parse_next(input)
}

fn term(input: &mut &str) -> Grammar<Condition> {
    let negated = preceded(("not", alt((multispace1.void(), peek("(").void()))), term);
    let group = delimited(("(", multispace0), disjunction, (multispace0, ")"));
    preceded(multispace0, alt((negated, group, function, comparison))).parse_next(input)
}

fn function(input: &mut &str) -> Grammar<Condition> {
    let name = alt(("startsWith", "startswith", "endsWith", "endswith", "contains"));
    let inside = (terminated(path, (multispace0, ",", multispace0)), quoted);
    let (path, text) =
        preceded(name, delimited(("(", multispace0), inside, (multispace0, ")"))).parse_next(input)?;
    opt((multispace1, "eq", multispace1, alt(("true", "false")))).parse_next(input)?;
    Ok(Condition::Compare(path, vec![Literal::Text(text)]))
}

fn comparison(input: &mut &str) -> Grammar<Condition> {
    let mut names = path.parse_next(input)?;
    if names.pop_if(|name| matches!(name.as_str(), "any" | "all")).is_some() {
        let variable = terminated(name, (multispace0, ":", multispace0));
        let inner = opt((variable, disjunction.map(Box::new)));
        let inner = delimited(("(", multispace0), inner, (multispace0, ")")).parse_next(input)?;
        return Ok(Condition::Lambda(names, inner));
    }
    let list = delimited(
        (multispace1, "in", multispace0, "(", multispace0),
        separated(1.., literal, (multispace0, ",", multispace0)),
        (multispace0, ")"),
    );
    let operator = (multispace1, alt(("eq", "ne", "gt", "ge", "lt", "le")), multispace1);
    let literals = alt((list, preceded(operator, literal).map(|one| vec![one]))).parse_next(input)?;
    Ok(Condition::Compare(names, literals))
}

fn path(input: &mut &str) -> Grammar<Vec<String>> {
    separated(1.., alt(("$count".map(str::to_owned), name)), "/").parse_next(input)
}

fn name(input: &mut &str) -> Grammar<String> {
    let first = one_of(|character: char| character.is_ascii_alphabetic() || character == '_');
    let rest =
        take_while(0.., |character: char| character.is_ascii_alphanumeric() || "_.".contains(character));
    (first, rest).take().map(str::to_owned).parse_next(input)
}

fn literal(input: &mut &str) -> Grammar<Literal> {
    let word =
        take_while(1.., |character: char| character.is_ascii_alphanumeric() || "-+:._".contains(character));
    alt((quoted.map(Literal::Text), word.verify_map(bare))).parse_next(input)
}

fn bare(word: &str) -> Option<Literal> {
    match word {
        "null" => Some(Literal::Null),
        "true" | "false" => Some(Literal::Boolean),
        _ if word.parse::<f64>().is_ok() => Some(Literal::Number),
        _ if uuid::Uuid::try_parse(word).is_ok() => Some(Literal::Guid),
        _ if word.parse::<jiff::Timestamp>().is_ok() => Some(Literal::Date),
        _ if word.parse::<jiff::civil::Date>().is_ok() => Some(Literal::Date),
        _ => None,
    }
}

fn quoted(input: &mut &str) -> Grammar<String> {
    let inside = repeat(0.., alt((take_while(1.., |character| character != '\''), "''".value("'"))));
    let joined = inside.fold(String::new, |mut text: String, part: &str| {
        text.push_str(part);
        text
    });
    delimited("'", joined, "'").parse_next(input)
}
