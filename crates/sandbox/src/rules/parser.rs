//! Tokens as a checked rule: `-not` binds tighter than `-and`, that tighter than `-or`.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use regex::{Regex, RegexBuilder};

use super::Refusal;
use super::lexer::{Token, TokenKind};
use super::names::{Attribute, Kind, Type, attribute};
use super::syntax::{Body, Comparison, Condition, Left, Moment, Rule, Test};

/// Most parentheses inside each other.
const DEEPEST: usize = 200;

/// Most groups in a rule about `memberOf`.
const MOST_GROUPS: usize = 50;

/// Most memory a compiled pattern may take, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// Members of an element of `assignedPlans`.
const PLAN_FIELDS: &[&str] = &["servicePlanId", "service", "capabilityStatus"];

/// The operators and which of them are the negative twin of another.
const OPERATORS: &[(&str, Operator, bool)] = &[
    ("eq", Operator::Equals, false),
    ("ne", Operator::Equals, true),
    ("startswith", Operator::StartsWith, false),
    ("notstartswith", Operator::StartsWith, true),
    ("endswith", Operator::EndsWith, false),
    ("notendswith", Operator::EndsWith, true),
    ("contains", Operator::Contains, false),
    ("notcontains", Operator::Contains, true),
    ("match", Operator::Match, false),
    ("notmatch", Operator::Match, true),
    ("in", Operator::In, false),
    ("notin", Operator::In, true),
    ("le", Operator::AtMost, false),
    ("ge", Operator::AtLeast, false),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
    Match,
    In,
    AtMost,
    AtLeast,
}

/// The right side of a comparison.
enum Operand {
    Null,
    Flag(bool),
    Text(String),
    Number(String),
    Moment(Moment),
    List(Vec<String>),
}

/// Reads a whole rule.
pub(super) fn parse(tokens: &[Token]) -> Result<Rule, Refusal> {
    let mut parser = Parser { tokens, at: 0, kind: None, inside: None, depth: 0, uses_time: false };
    let body = match parser.direct_reports()? {
        Some(body) => body,
        None => parser.rule_body()?,
    };
    match parser.peek() {
        None => {}
        Some(TokenKind::Word(_, false) | TokenKind::Mark('(')) => return Err(Refusal::compilation()),
        Some(_) => return Err(Refusal::format()),
    }
    let uses_groups = matches!(body, Body::MemberOf(_));
    let kind = parser.kind.ok_or_else(Refusal::format)?;
    Ok(Rule { kind, uses_groups, uses_time: parser.uses_time, body })
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// What the rule is about, as far as is known.
    kind: Option<Kind>,
    /// The collection whose elements are being tested.
    inside: Option<Type>,
    depth: usize,
    uses_time: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn is_spaced(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.spaced)
    }

    fn next(&mut self) -> Result<TokenKind, Refusal> {
        let token = self.tokens.get(self.at).ok_or_else(Refusal::format)?;
        self.at += 1;
        Ok(token.kind.clone())
    }

    fn takes(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&TokenKind::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char) -> Result<(), Refusal> {
        if self.takes(mark) { Ok(()) } else { Err(Refusal::format()) }
    }

    /// Whether the next token is this word, with or without a hyphen.
    fn is_operator(&self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Word(found, _)) if found == word)
    }

    fn direct_reports(&mut self) -> Result<Option<Body>, Refusal> {
        let phrase = ["direct", "reports", "for"];
        let is_word =
            |token: &Token, word: &str| matches!(&token.kind, TokenKind::Word(found, false) if found == word);
        if !self.tokens.first().is_some_and(|token| is_word(token, "direct")) {
            return Ok(None);
        }
        for word in phrase {
            if !self.tokens.get(self.at).is_some_and(|token| is_word(token, word)) {
                return Err(Refusal::format());
            }
            self.at += 1;
        }
        let spaced = self.is_spaced();
        match self.next()? {
            TokenKind::Text(manager) if spaced && !manager.trim().is_empty() => {
                self.kind = Some(Kind::User);
                Ok(Some(Body::DirectReports(manager.trim().to_lowercase())))
            }
            _ => Err(Refusal::format()),
        }
    }

    fn rule_body(&mut self) -> Result<Body, Refusal> {
        let condition = self.or()?;
        match condition {
            Condition::Any(of, groups) if of.holds == Type::Groups => match *groups {
                Condition::Comparison(comparison) => match comparison.test {
                    Test::In(groups) => Ok(Body::MemberOf(groups)),
                    _ => Err(Refusal::operator()),
                },
                _ => Err(Refusal::operator()),
            },
            condition if mentions_groups(&condition) => Err(Refusal::compilation()),
            condition => Ok(Body::Condition(condition)),
        }
    }

    fn or(&mut self) -> Result<Condition, Refusal> {
        let mut parts = vec![self.and()?];
        while self.joins("or")? {
            parts.push(self.and()?);
        }
        Ok(joined(parts, Condition::Or))
    }

    fn and(&mut self) -> Result<Condition, Refusal> {
        let mut parts = vec![self.not()?];
        while self.joins("and")? {
            parts.push(self.not()?);
        }
        Ok(joined(parts, Condition::And))
    }

    /// Takes `-and` or `-or`, which need blanks around them.
    fn joins(&mut self, word: &str) -> Result<bool, Refusal> {
        if !self.is_operator(word) {
            return Ok(false);
        }
        let before = self.is_spaced();
        self.at += 1;
        if before && self.is_spaced() { Ok(true) } else { Err(Refusal::format()) }
    }

    fn not(&mut self) -> Result<Condition, Refusal> {
        let mut negated = false;
        let mut last = false;
        while self.is_operator("not") {
            self.at += 1;
            (negated, last) = (!negated, true);
        }
        if last && matches!(self.peek(), Some(TokenKind::Word(word, false)) if is_null(word)) {
            return Err(Refusal::operands("not"));
        }
        let inner = self.primary()?;
        Ok(if negated { Condition::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self) -> Result<Condition, Refusal> {
        if !self.takes('(') {
            return self.predicate();
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::compilation());
        }
        let inner = self.or()?;
        self.depth -= 1;
        self.expect(')')?;
        Ok(inner)
    }

    /// A comparison, or a test of the elements of a collection.
    fn predicate(&mut self) -> Result<Condition, Refusal> {
        let TokenKind::Word(name, false) = self.next()? else {
            return Err(Refusal::format());
        };
        let left = self.left(&name)?;
        let spaced = self.is_spaced();
        let TokenKind::Word(operator, _) = self.next()? else {
            return Err(Refusal::format());
        };
        if !spaced {
            return Err(Refusal::format());
        }
        match (left, operator.as_str()) {
            (Left::Attribute(of), "any" | "all") => self.quantified(of, operator == "all"),
            (left, operator) => self.comparison(left, operator),
        }
    }

    fn left(&mut self, name: &str) -> Result<Left, Refusal> {
        match self.inside {
            Some(inside) => element(inside, name),
            None => self.attribute(name).map(Left::Attribute),
        }
    }

    fn attribute(&mut self, name: &str) -> Result<Attribute, Refusal> {
        let kind = match name.split_once('.') {
            Some(("user", _)) => Kind::User,
            Some(("device", _)) => Kind::Device,
            _ => return Err(Refusal::no_object_type()),
        };
        if self.kind.is_some_and(|known| known != kind) {
            return Err(Refusal::new("A rule cannot be about users and devices at once"));
        }
        self.kind = Some(kind);
        let (_, property) = name.split_once('.').unwrap_or_default();
        attribute(kind, property).ok_or_else(Refusal::unknown)
    }

    fn quantified(&mut self, of: Attribute, all: bool) -> Result<Condition, Refusal> {
        let fits = match of.holds {
            Type::Texts | Type::Plans => true,
            Type::Groups => !all,
            Type::Text | Type::Flag | Type::Date => false,
        };
        if !fits {
            return Err(Refusal::operator());
        }
        if matches!(self.peek(), Some(TokenKind::Word(word, false)) if is_null(word)) {
            return Err(Refusal::operands(if all { "all" } else { "any" }));
        }
        self.inside = Some(of.holds);
        // A body in parentheses ends with them; one without goes on as far as it can.
        let body = if self.peek() == Some(&TokenKind::Mark('(')) { self.primary() } else { self.or() };
        self.inside = None;
        let body = Box::new(body?);
        Ok(if all { Condition::All(of, body) } else { Condition::Any(of, body) })
    }

    fn comparison(&mut self, left: Left, operator: &str) -> Result<Condition, Refusal> {
        let known = OPERATORS.iter().find(|(name, ..)| *name == operator);
        let (name, operator, negative) = *known.ok_or_else(Refusal::format)?;
        let operand = self.operand()?;
        let test = self.test(&left, (name, operator), negative, operand)?;
        Ok(Condition::Comparison(Box::new(Comparison { left, negative, test })))
    }

    fn operand(&mut self) -> Result<Operand, Refusal> {
        Ok(match self.next()? {
            TokenKind::Text(text) => Operand::Text(text),
            TokenKind::Word(word, false) if is_null(&word) => Operand::Null,
            TokenKind::Word(word, false) if word == "true" || word == "false" => {
                Operand::Flag(word == "true")
            }
            TokenKind::Word(word, false) if word == "system.now" => Operand::Moment(self.moment(None)?),
            TokenKind::Number(number) => match date(&number) {
                Some(base) => Operand::Moment(self.moment(Some(base))?),
                None if number.parse::<f64>().is_ok() => Operand::Number(number),
                None => return Err(Refusal::format()),
            },
            TokenKind::Mark('[') => Operand::List(self.list()?),
            _ => return Err(Refusal::format()),
        })
    }

    fn list(&mut self) -> Result<Vec<String>, Refusal> {
        let mut items = Vec::new();
        if self.takes(']') {
            return Ok(items);
        }
        loop {
            items.push(match self.next()? {
                TokenKind::Text(text) => text.to_lowercase(),
                TokenKind::Number(number) if number.parse::<f64>().is_ok() => number.to_lowercase(),
                TokenKind::Word(word, false) if word == "true" || word == "false" => word,
                _ => return Err(Refusal::format()),
            });
            if !self.takes(',') {
                self.expect(']')?;
                return Ok(items);
            }
        }
    }

    /// What may follow a point in time: `-plus p1d`.
    fn moment(&mut self, base: Option<Timestamp>) -> Result<Moment, Refusal> {
        self.uses_time |= base.is_none();
        let minus = self.is_operator("minus");
        if !minus && !self.is_operator("plus") {
            return Ok(Moment { base, plus: Span::new() });
        }
        let before = self.is_spaced();
        self.at += 1;
        match (before && self.is_spaced(), self.next()?) {
            (true, TokenKind::Word(duration, false)) => {
                let span: Span = duration.to_uppercase().parse().map_err(|_| Refusal::format())?;
                Ok(Moment { base, plus: if minus { span.negate() } else { span } })
            }
            _ => Err(Refusal::format()),
        }
    }

    /// Whether operator and operand fit what is compared.
    fn test(
        &self,
        left: &Left,
        (name, operator): (&str, Operator),
        negative: bool,
        operand: Operand,
    ) -> Result<Test, Refusal> {
        let holds = match left {
            Left::Attribute(attribute) => attribute.holds,
            Left::Element if self.inside == Some(Type::Groups) => Type::Groups,
            Left::Element | Left::Plan(_) => Type::Text,
        };
        match (holds, operator, operand) {
            (Type::Plans, ..) => Err(Refusal::operator()),
            (Type::Groups, Operator::In, Operand::List(groups)) if *left == Left::Element && !negative => {
                if groups.len() > MOST_GROUPS {
                    return Err(Refusal::new(format!("A rule cannot use more than {MOST_GROUPS} groups")));
                }
                Ok(Test::In(groups))
            }
            (Type::Groups, ..) => Err(Refusal::operator()),
            (_, Operator::Equals, Operand::Null) => Ok(Test::IsNull),
            (_, _, Operand::Null) => Err(Refusal::operands(name)),
            (Type::Flag, Operator::Equals, Operand::Flag(flag)) => Ok(Test::Is(flag)),
            (Type::Flag, Operator::Equals, _) => Err(Refusal::operands(name)),
            (Type::Date, operator, operand) => on_date(name, operator, operand),
            (Type::Text | Type::Texts, operator, operand) => on_text(name, operator, operand),
            (Type::Flag, ..) => Err(Refusal::operator()),
        }
    }
}

fn on_date(name: &str, operator: Operator, operand: Operand) -> Result<Test, Refusal> {
    let make = match operator {
        Operator::Equals => Test::At,
        Operator::AtMost => Test::AtMost,
        Operator::AtLeast => Test::AtLeast,
        _ => return Err(Refusal::operator()),
    };
    let moment = match operand {
        Operand::Moment(moment) => moment,
        Operand::Text(text) => {
            let base = Some(date(&text).ok_or_else(|| Refusal::operands(name))?);
            Moment { base, plus: Span::new() }
        }
        _ => return Err(Refusal::operands(name)),
    };
    Ok(make(moment))
}

fn on_text(name: &str, operator: Operator, operand: Operand) -> Result<Test, Refusal> {
    let text = match (operator, operand) {
        (Operator::AtMost | Operator::AtLeast, _) => return Err(Refusal::operator()),
        (Operator::In, Operand::List(items)) => return Ok(Test::In(items)),
        (Operator::Match, Operand::Text(pattern)) => return Ok(Test::Matches(pattern_of(&pattern)?)),
        (Operator::In, _) => return Err(Refusal::operands(name)),
        (_, Operand::Text(text)) => text.to_lowercase(),
        (_, Operand::Number(number)) => number.to_lowercase(),
        (_, Operand::Flag(flag)) => flag.to_string(),
        _ => return Err(Refusal::operands(name)),
    };
    Ok(match operator {
        Operator::StartsWith => Test::StartsWith(text),
        Operator::EndsWith => Test::EndsWith(text),
        Operator::Contains => Test::Contains(text),
        Operator::Match => Test::Matches(pattern_of(&text)?),
        _ => Test::Equals(text),
    })
}

fn pattern_of(pattern: &str) -> Result<Regex, Refusal> {
    let pattern = with_literal_braces(pattern);
    let built = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(LARGEST_PATTERN).build();
    built.map_err(|_| Refusal::compilation())
}

/// To .NET, which the service is taken to use, a brace that opens no quantifier is an ordinary character.
fn with_literal_braces(pattern: &str) -> String {
    let (mut written, mut rest, mut in_class) = (String::new(), pattern, false);
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '\\' => escape_length(rest),
            _ => next.len_utf8(),
        };
        let (taken, after) = rest.split_at(length.min(rest.len()));
        if next == '{' && !in_class && !is_quantifier(after) {
            written.push('\\');
        }
        in_class = (in_class || next == '[') && next != ']';
        written.push_str(taken);
        rest = after;
    }
    written
}

/// How many bytes belong to the escape that `rest` begins with, the braces of `\p{L}` included.
fn escape_length(rest: &str) -> usize {
    let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
    match rest.get(1..3) {
        Some("p{" | "P{" | "x{" | "u{") => rest.find('}').map_or(rest.len(), |end| end + 1),
        _ => 1 + escaped,
    }
}

/// Whether what follows an opening brace makes it a quantifier: `3}`, `3,}` or `3,5}`.
fn is_quantifier(after: &str) -> bool {
    let Some((inside, _)) = after.split_once('}') else {
        return false;
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let are_digits = |text: &str| text.chars().all(|digit| digit.is_ascii_digit());
    !least.is_empty() && are_digits(least) && are_digits(most)
}

/// What a name means inside `-any` and `-all`.
fn element(inside: Type, name: &str) -> Result<Left, Refusal> {
    match (inside, name.split_once('.')) {
        (Type::Texts, None) if name == "_" => Ok(Left::Element),
        (Type::Groups, Some(("group", "objectid"))) => Ok(Left::Element),
        (Type::Groups, Some(("group", property))) => Err(Refusal::wrong_property(property, "Group")),
        (Type::Plans, Some(("assignedplan", field))) => {
            let known = PLAN_FIELDS.iter().find(|known| known.eq_ignore_ascii_case(field));
            known.map(|field| Left::Plan(field)).ok_or_else(Refusal::unknown)
        }
        _ => Err(Refusal::compilation()),
    }
}

/// A date with or without time and offset; without offset it is UTC.
fn date(text: &str) -> Option<Timestamp> {
    let civil = || text.parse::<DateTime>().ok().filter(|_| text.contains(':'));
    let day = || text.parse::<Date>().ok().filter(|_| text.len() == 10).map(DateTime::from);
    let utc = |time: DateTime| Offset::UTC.to_timestamp(time).ok();
    text.parse().ok().or_else(|| civil().or_else(day).and_then(utc))
}

fn is_null(word: &str) -> bool {
    word == "null" || word == "$null"
}

fn joined(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn mentions_groups(condition: &Condition) -> bool {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(mentions_groups),
        Condition::Not(inner) => mentions_groups(inner),
        Condition::Comparison(_) => false,
        Condition::Any(of, _) | Condition::All(of, _) => of.holds == Type::Groups,
    }
}
