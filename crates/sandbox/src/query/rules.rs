//! What may be asked: which operators a property supports, and which need an advanced query.
//! <https://learn.microsoft.com/graph/aad-advanced-queries>

use super::grammar::{Expression, Function, Literal, Operator, Path};
use crate::graph::{Failure, Request};
use crate::schema::{EntityType, FilterClass, Kind, Property};

/// Most alternatives of a plain query.
const MOST_ALTERNATIVES: usize = 15;

/// Longest text to compare with in a plain query, in characters.
const LONGEST_OPERAND: usize = 120;

/// Deepest nesting of a plain query.
const DEEPEST: usize = 3;

/// Refuses conditions the directory would refuse.
pub(super) fn check(
    expression: &Expression,
    types: &[&EntityType],
    request: &Request,
) -> Result<(), Failure> {
    let checker = Checker { types, advanced: request.is_advanced() };
    checker.expression(expression, None, false)?;
    if checker.advanced {
        return Ok(());
    }
    let alternatives = widest(expression);
    if alternatives > MOST_ALTERNATIVES {
        return Err(Failure::unsupported_query(format!(
            "Too many child clauses specified in search filter expression containing 'OR' operators: \
             {alternatives}. Max allowed: {MOST_ALTERNATIVES}."
        )));
    }
    let height = height(expression);
    if height > DEEPEST {
        return Err(Failure::unsupported_query(format!(
            "Search filter expression has excessive height: {height}. Max allowed: {DEEPEST}."
        )));
    }
    Ok(())
}

/// The lambda variable that is bound, with the collection it runs over.
type Scope<'a> = Option<(&'a str, &'static Property)>;

struct Checker<'a> {
    types: &'a [&'a EntityType],
    advanced: bool,
}

impl Checker<'_> {
    fn expression(&self, expression: &Expression, scope: Scope<'_>, negated: bool) -> Result<(), Failure> {
        match expression {
            Expression::Or(parts) | Expression::And(parts) => {
                parts.iter().try_for_each(|part| self.expression(part, scope, negated))
            }
            Expression::Not(inner) => {
                self.need_advanced(true)?;
                self.expression(inner, scope, true)
            }
            Expression::Compare(path, operator, literal) => self.compare(path, *operator, literal, scope),
            Expression::In(path, literals) => {
                let is_date =
                    self.property(path, scope)?.is_some_and(|found| found.filter == FilterClass::Date);
                self.need_advanced(is_date)?;
                literals.iter().try_for_each(|literal| self.compare(path, Operator::Equal, literal, scope))
            }
            Expression::Call(function, path, _) => self.call(*function, path, scope),
            Expression::Any(path, inner) => self.any(path, inner.as_ref(), negated),
            Expression::Count(path, _, number) => self.count(path, *number),
        }
    }

    fn compare(
        &self,
        path: &Path,
        operator: Operator,
        literal: &Literal,
        scope: Scope<'_>,
    ) -> Result<(), Failure> {
        let Some(property) = self.property(path, scope)? else {
            return Ok(());
        };
        check_type(property, path, literal, operator, scope)?;
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        let supported = match property.filter {
            FilterClass::None => false,
            FilterClass::Flag | FilterClass::Key => !ordered,
            _ => true,
        };
        if property.filter == FilterClass::None && self.advanced {
            return Err(Failure::unsupported_query(
                "The request uses a filter property that is not indexed.",
            ));
        }
        // Collections are negated as a whole: not(tags/any(…)).
        let is_negated_element = operator == Operator::NotEqual && scope.is_some();
        if !supported || is_negated_element {
            return Err(not_filterable(property));
        }
        if let Literal::Text(text) = literal
            && text.chars().count() > LONGEST_OPERAND
        {
            self.need_advanced(true)?;
        }
        let differs = operator == Operator::NotEqual && property.filter != FilterClass::Key;
        let unusual = differs || *literal == Literal::Null;
        self.need_advanced(unusual || property.filter == FilterClass::Advanced)
    }

    fn call(&self, function: Function, path: &Path, scope: Scope<'_>) -> Result<(), Failure> {
        let Some(property) = self.property(path, scope)? else {
            return Ok(());
        };
        let is_mail = matches!(property.filter, FilterClass::Mail | FilterClass::MailCollection);
        let is_text = matches!(property.kind, Kind::Text | Kind::Texts);
        let supported = match function {
            Function::StartsWith => {
                is_text
                    && !matches!(property.filter, FilterClass::None | FilterClass::Flag | FilterClass::Key)
            }
            Function::EndsWith => is_mail,
            Function::Contains => false,
        };
        if !supported {
            return Err(not_filterable(property));
        }
        self.need_advanced(function == Function::EndsWith || property.filter == FilterClass::Advanced)
    }

    fn any(
        &self,
        path: &Path,
        inner: Option<&(String, Box<Expression>)>,
        negated: bool,
    ) -> Result<(), Failure> {
        let Some(property) = self.property(path, None)? else {
            return Ok(());
        };
        if !property.is_collection() {
            return Err(Failure::malformed(format!(
                "Invalid filter clause: Any/All may only be used following a collection, but '{}' is none.",
                property.name
            )));
        }
        if property.filter == FilterClass::None {
            return Err(not_filterable(property));
        }
        self.need_advanced(negated || inner.is_none() || property.filter == FilterClass::Advanced)?;
        match inner {
            Some((variable, condition)) => self.expression(condition, Some((variable, property)), negated),
            None => Ok(()),
        }
    }

    /// Sizes can only be compared with 0 and 1.
    fn count(&self, path: &Path, number: i64) -> Result<(), Failure> {
        let name = path.first().map_or("", String::as_str);
        let is_navigation =
            self.types.iter().any(|kind| kind.navigation(name).is_some_and(|found| found.many));
        let is_collection = match self.types.iter().find_map(|kind| kind.property(name)) {
            Some(property) => property.is_collection() && property.filter != FilterClass::None,
            None => false,
        };
        if path.len() != 1 || !(is_navigation || is_collection) || !(0..=1).contains(&number) {
            return Err(Failure::unsupported_query("Unsupported Query."));
        }
        self.need_advanced(true)
    }

    /// The property a path leads to; `None` for directory extensions, whose type is not known.
    fn property(&self, path: &Path, scope: Scope<'_>) -> Result<Option<&'static Property>, Failure> {
        let unknown = || {
            Failure::malformed(format!(
                "Invalid filter clause: Could not find a property named '{}' on type 'microsoft.graph.{}'.",
                path.join("/"),
                self.types
                    .first()
                    .filter(|_| self.types.len() == 1)
                    .map_or("directoryObject", |kind| kind.name)
            ))
        };
        let (first, rest) = path.split_first().ok_or_else(unknown)?;
        let mut found = match scope.filter(|(variable, _)| variable == first) {
            Some((_, property)) => property,
            None if self.types.iter().any(|kind| kind.is_extension(first)) => return Ok(None),
            None => self.declared(first).ok_or_else(unknown)?,
        };
        for name in rest {
            let (Kind::Structure(complex) | Kind::Structures(complex)) = found.kind else {
                return Err(unknown());
            };
            found = complex.properties.iter().find(|property| property.name == name).ok_or_else(unknown)?;
        }
        Ok(Some(found))
    }

    /// A property of one of the types, rather of one that can filter by it.
    fn declared(&self, name: &str) -> Option<&'static Property> {
        let found = || self.types.iter().filter_map(|kind| kind.property(name));
        found().find(|property| property.filter != FilterClass::None).or_else(|| found().next())
    }

    fn need_advanced(&self, needed: bool) -> Result<(), Failure> {
        if needed && !self.advanced {
            return Err(Failure::unsupported_query("Unsupported Query."));
        }
        Ok(())
    }
}

fn not_filterable(property: &Property) -> Failure {
    Failure::unsupported_query(format!(
        "Unsupported or invalid query filter clause specified for property '{}' of resource.",
        property.name
    ))
}

/// A literal has to be of the property's type; collections are compared through `any()` only.
fn check_type(
    property: &Property,
    path: &Path,
    literal: &Literal,
    operator: Operator,
    scope: Scope<'_>,
) -> Result<(), Failure> {
    let is_element =
        scope.is_some_and(|(variable, _)| path.len() == 1 && path.iter().all(|name| name == variable));
    let fits = match (property.kind, literal) {
        (Kind::Texts, Literal::Text(_)) => is_element,
        (Kind::Texts | Kind::Structures(_), _) => false,
        (_, Literal::Null) => matches!(operator, Operator::Equal | Operator::NotEqual),
        (Kind::Text, Literal::Text(_)) => true,
        (Kind::Boolean, Literal::Boolean(_)) => true,
        (Kind::Integer, Literal::Number(_)) => true,
        (Kind::Date, Literal::Date(_)) => true,
        (Kind::Guid, Literal::Guid(_) | Literal::Text(_)) => true,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Failure::malformed(format!(
        "Invalid filter clause: A binary operator with incompatible types was detected for property '{}'.",
        property.name
    )))
}

/// The largest number of alternatives anywhere.
fn widest(expression: &Expression) -> usize {
    match expression {
        Expression::Or(parts) => parts.len().max(parts.iter().map(widest).max().unwrap_or(0)),
        Expression::And(parts) => parts.iter().map(widest).max().unwrap_or(0),
        Expression::In(_, literals) => literals.len(),
        Expression::Not(inner) | Expression::Any(_, Some((_, inner))) => widest(inner),
        _ => 1,
    }
}

/// How deeply conditions are nested.
fn height(expression: &Expression) -> usize {
    match expression {
        Expression::Or(parts) | Expression::And(parts) => 1 + parts.iter().map(height).max().unwrap_or(0),
        Expression::Not(inner) => 1 + height(inner),
        _ => 1,
    }
}
