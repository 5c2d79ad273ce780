//! A rule made ready to be asked of many objects: values folded, patterns compiled, dates fixed, properties at places.

use jiff::Timestamp;
use regex::Regex;

use super::Rule;
use super::language::Language;
use super::operator::Operator;
use super::pattern;
use super::record::{Cell, Columns, Plan, Record, Text, folded};
use super::tree::{Comparison, Expression, Node, PlanField, Quantifier, Subject, Value};

/// How to read what Microsoft's documentation leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Semantics {
    /// Whether `-ne "x"`, `-notStartsWith`, `-notEndsWith`, `-notContains`, `-notMatch` and `-notIn` are true of an
    /// attribute that is null, and of a collection without elements. By default they are, as documented for device
    /// filters of Conditional Access, a close relative of rules. `-ne null` is false of null in any case.
    /// <https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices>
    pub null_meets_negatives: bool,
}

impl Default for Semantics {
    fn default() -> Self {
        Self { null_meets_negatives: true }
    }
}

/// A rule made ready.
#[derive(Debug)]
pub struct Program {
    pub(super) test: Test,
}

impl Program {
    /// Makes a rule ready; the properties it asks for get their places in `columns`, with which objects must be read.
    /// `system.now` is `now`.
    pub(super) fn new(rule: &Rule, columns: &mut Columns, semantics: Semantics, now: Timestamp) -> Self {
        let mut compiler = Compiler { language: rule.language, columns, semantics, now };
        Self { test: compiler.test(&rule.tree) }
    }

    /// Whether an object meets the rule.
    pub fn matches(&self, record: &Record) -> bool {
        self.test.holds(record, None)
    }
}

/// A part of a rule, in the shape of its expression.
#[derive(Debug)]
pub(super) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Quantified(usize, Quantifier, Box<Test>),
    Compare(Compare),
    Manager(String),
}

#[derive(Debug)]
pub(super) struct Compare {
    pub(super) place: Place,
    language: Language,
    negated: bool,
    /// Whether the negation is true of null.
    null: bool,
    check: Check,
}

/// Where the value is that is compared.
#[derive(Debug)]
pub(super) enum Place {
    Slot(usize),
    Item,
    Field(PlanField),
}

/// The positive comparison.
#[derive(Debug)]
enum Check {
    Null,
    Boolean(bool),
    Equal(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Match(Regex),
    /// Sorted.
    In(Vec<String>),
    At(Timestamp),
    NotAfter(Timestamp),
    NotBefore(Timestamp),
    /// Nothing is equal to it.
    Never,
}

/// An element of a collection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Element<'a> {
    Text(&'a Text),
    Plan(&'a Plan),
}

struct Compiler<'a> {
    language: Language,
    columns: &'a mut Columns,
    semantics: Semantics,
    now: Timestamp,
}

impl Compiler<'_> {
    fn test(&mut self, expression: &Expression) -> Test {
        match &expression.value {
            Node::And(parts) => Test::And(parts.iter().map(|part| self.test(part)).collect()),
            Node::Or(parts) => Test::Or(parts.iter().map(|part| self.test(part)).collect()),
            Node::Not(part) => Test::Not(Box::new(self.test(part))),
            Node::Quantified { collection, quantifier, body } => {
                let slot = self.columns.slot(&collection.value);
                Test::Quantified(slot, *quantifier, Box::new(self.test(body)))
            }
            Node::Comparison(comparison) => Test::Compare(self.compare(comparison)),
            Node::DirectReports(manager) => {
                self.columns.ask_for_manager();
                // The documentation writes the id in braces, and shows it without.
                Test::Manager(folded(manager.trim().trim_start_matches('{').trim_end_matches('}')))
            }
        }
    }

    fn compare(&mut self, comparison: &Comparison) -> Compare {
        let place = match &comparison.subject.value {
            Subject::Property(property) => Place::Slot(self.columns.slot(property)),
            Subject::Item | Subject::Group => Place::Item,
            Subject::Plan(field) => Place::Field(*field),
        };
        let operator = comparison.operator.value;
        let negated = operator.positive().is_some();
        let check = self.check(operator.positive().unwrap_or(operator), comparison);
        let null = negated && self.semantics.null_meets_negatives;
        Compare { place, language: self.language, negated, null, check }
    }

    fn check(&self, operator: Operator, comparison: &Comparison) -> Check {
        let value = &comparison.value.value;
        match value {
            Value::Null => Check::Null,
            Value::Boolean(flag) if is_boolean(comparison) => Check::Boolean(*flag),
            Value::Text(text) if is_boolean(comparison) && self.language.is_filter() => {
                Check::Boolean(text.eq_ignore_ascii_case("true"))
            }
            Value::Date(moment) => match (operator, moment.at(self.now)) {
                (Operator::LessOrEqual, at) => Check::NotAfter(at),
                (Operator::GreaterOrEqual, at) => Check::NotBefore(at),
                (_, at) => Check::At(at),
            },
            Value::List(items) => {
                let mut texts: Vec<String> = items.iter().map(text_of).map(|text| folded(&text)).collect();
                texts.sort_unstable();
                Check::In(texts)
            }
            value => text_check(operator, &text_of(value)),
        }
    }
}

fn is_boolean(comparison: &Comparison) -> bool {
    super::statics::type_of(&comparison.subject.value) == super::property::Type::Boolean
}

/// A value as text: numbers and booleans as they are written.
fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Number(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text_check(operator: Operator, text: &str) -> Check {
    match operator {
        Operator::StartsWith => Check::StartsWith(folded(text)),
        Operator::EndsWith => Check::EndsWith(folded(text)),
        Operator::Contains => Check::Contains(folded(text)),
        // What cannot be compiled was refused before.
        Operator::Match => pattern::compile(text).map_or(Check::Never, Check::Match),
        _ => Check::Equal(folded(text)),
    }
}

impl Test {
    pub(super) fn holds(&self, record: &Record, element: Option<Element<'_>>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(record, element)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(record, element)),
            Self::Not(part) => !part.holds(record, element),
            Self::Quantified(slot, quantifier, body) => {
                let holds = |element| body.holds(record, Some(element));
                let mut elements = elements(record.cells.get(*slot));
                match quantifier {
                    Quantifier::Any => elements.any(holds),
                    Quantifier::All => elements.all(holds),
                }
            }
            Self::Compare(compare) => compare.holds(record, element),
            Self::Manager(manager) => record.manager.as_ref().is_some_and(|found| *found.folded == **manager),
        }
    }
}

/// The elements of a collection, one by one.
pub(super) fn elements(cell: Option<&Cell>) -> impl Iterator<Item = Element<'_>> {
    let texts: &[Text] = if let Some(Cell::Texts(texts)) = cell { texts } else { &[] };
    let plans: &[Plan] = if let Some(Cell::Plans(plans)) = cell { plans } else { &[] };
    texts.iter().map(Element::Text).chain(plans.iter().map(Element::Plan))
}

impl Compare {
    fn holds(&self, record: &Record, element: Option<Element<'_>>) -> bool {
        let text = match (&self.place, element) {
            (Place::Slot(slot), _) => return self.holds_of(record.cells.get(*slot).unwrap_or(&Cell::Null)),
            (Place::Item, Some(Element::Text(text))) => Some(text),
            (Place::Field(field), Some(Element::Plan(plan))) => plan.field(*field),
            (Place::Item | Place::Field(_), _) => None,
        };
        match text {
            Some(text) => self.check.of_text(text) != self.negated,
            None => self.of_nothing(),
        }
    }

    fn holds_of(&self, cell: &Cell) -> bool {
        let positive = match cell {
            // A flag that was never set counts as off, and as null.
            Cell::Null if matches!(self.check, Check::Boolean(_)) && !self.language.is_filter() => {
                self.check.of_boolean(false)
            }
            Cell::Null => return self.of_nothing(),
            Cell::Texts(texts) if texts.is_empty() => return self.of_nothing(),
            Cell::Boolean(flag) => self.check.of_boolean(*flag),
            Cell::Text(text) => self.check.of_text(text),
            Cell::Date(date) => self.check.of_date(*date),
            Cell::Texts(texts) => texts.iter().any(|text| self.of_element(text)),
            // Refused when the rule was read.
            Cell::Plans(_) => false,
        };
        positive != self.negated
    }

    fn of_element(&self, text: &Text) -> bool {
        match &self.check {
            Check::Contains(wanted) if self.language.is_filter() => *text.folded == **wanted,
            check => check.of_text(text),
        }
    }

    fn of_nothing(&self) -> bool {
        if matches!(self.check, Check::Null) { !self.negated } else { self.null }
    }
}

impl Check {
    fn of_boolean(&self, flag: bool) -> bool {
        matches!(self, Self::Boolean(wanted) if *wanted == flag)
    }

    fn of_date(&self, date: Timestamp) -> bool {
        match self {
            Self::At(at) => date == *at,
            Self::NotAfter(at) => date <= *at,
            Self::NotBefore(at) => date >= *at,
            _ => false,
        }
    }

    fn of_text(&self, text: &Text) -> bool {
        match self {
            Self::Equal(wanted) => *text.folded == **wanted,
            Self::StartsWith(start) => text.folded.starts_with(&**start),
            Self::EndsWith(end) => text.folded.ends_with(&**end),
            Self::Contains(part) => text.folded.contains(&**part),
            Self::Match(pattern) => pattern.is_match(&text.exact),
            Self::In(texts) => texts.binary_search_by(|wanted| (**wanted).cmp(&text.folded)).is_ok(),
            Self::Null
            | Self::Boolean(_)
            | Self::At(_)
            | Self::NotAfter(_)
            | Self::NotBefore(_)
            | Self::Never => false,
        }
    }
}
