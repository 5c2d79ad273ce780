//! From tokens to the tree. What waits for its operands stands on a stack of our own, so no nesting is too deep.
//!
//! From tight to loose: comparison, `-not`, `-and`, `-or`, `-any` and `-all`.
//! <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership#operator-precedence>

use std::ops::Range;

use super::cursor::Cursor;
use super::error::Mistake;
use super::language::Language;
use super::operand::{Operand, Operands};
use super::property::Property;
use super::token::Token;
use super::tree::{Expression, Located, Node, Quantifier};

/// What waits for operands.
enum Waiting {
    Group(Range<usize>),
    Not(Range<usize>),
    And,
    Or,
    Quantified(Located<Property>, Quantifier),
}

/// The words between and before operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Or,
    Not,
    Any,
    All,
}

impl Keyword {
    /// The keyword that a word is: in any case, the hyphen may be missing.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word.strip_prefix('-').unwrap_or(word).to_ascii_lowercase().as_str() {
            "and" => Some(Self::And),
            "or" => Some(Self::Or),
            "not" => Some(Self::Not),
            "any" => Some(Self::Any),
            "all" => Some(Self::All),
            _ => None,
        }
    }
}

/// The tree of a rule.
pub(super) fn parse(language: Language, text: &str) -> Result<Expression, Mistake> {
    let mut cursor = Cursor::new(text);
    if language == Language::Membership
        && let Some(reports) = direct_reports(&mut cursor)?
    {
        return Ok(reports);
    }
    let mut parser =
        Parser { cursor, operands: Operands::new(language), done: Vec::new(), waiting: Vec::new() };
    parser.run()
}

/// `Direct Reports for "…"`, which is a whole rule.
fn direct_reports(cursor: &mut Cursor<'_>) -> Result<Option<Expression>, Mistake> {
    let is = |ahead: usize, word: &str, cursor: &Cursor<'_>| {
        cursor.word_after(ahead).is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    if !(is(0, "direct", cursor) && is(1, "reports", cursor)) {
        return Ok(None);
    }
    let start = cursor.span().start;
    cursor.advance();
    cursor.advance();
    if !is(0, "for", cursor) {
        return Err(cursor.unexpected("`for` and the manager's object id"));
    }
    cursor.advance();
    let Some(Token::Text(manager)) = cursor.peek(0) else {
        return Err(cursor.unexpected("the manager's object id in quotes"));
    };
    let node = Node::DirectReports(manager.clone());
    if manager.trim().is_empty() {
        return Err(Mistake::new(&cursor.span(), "expected the manager's object id, found an empty text"));
    }
    let end = cursor.span().end;
    cursor.advance();
    if cursor.peek(0).is_some() {
        return Err(cursor.unexpected("the end: `Direct Reports for` stands alone"));
    }
    Ok(Some(Located { value: node, span: start..end }))
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    operands: Operands,
    done: Vec<Expression>,
    waiting: Vec<Waiting>,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<Expression, Mistake> {
        loop {
            self.operand()?;
            while let Some(end) = self.cursor.take(&Token::Close) {
                self.close_group(&end)?;
            }
            if self.cursor.peek(0).is_none() {
                return self.finish();
            }
            self.operator()?;
        }
    }

    /// Everything up to a comparison, and that.
    fn operand(&mut self) -> Result<(), Mistake> {
        loop {
            if let Some(span) = self.cursor.take(&Token::Open) {
                self.waiting.push(Waiting::Group(span));
                continue;
            }
            if self.cursor.word().and_then(Keyword::of) == Some(Keyword::Not) {
                self.waiting.push(Waiting::Not(self.cursor.span()));
                self.cursor.advance();
                continue;
            }
            match self.operands.next(&mut self.cursor)? {
                Operand::Quantified(collection, quantifier) => {
                    self.waiting.push(Waiting::Quantified(collection, quantifier));
                }
                Operand::Comparison(comparison, span) => {
                    self.done.push(Located { value: Node::Comparison(comparison), span });
                    return Ok(());
                }
            }
        }
    }

    /// `-and` or `-or`, after what binds tighter has got its operands.
    fn operator(&mut self) -> Result<(), Mistake> {
        let keyword = self.cursor.word().and_then(Keyword::of);
        let Some(keyword @ (Keyword::And | Keyword::Or)) = keyword else {
            return Err(self.misplaced());
        };
        if !self.cursor.is_spaced() {
            let message = "expected a space before and after this operator";
            return Err(Mistake::new(&self.cursor.span(), message));
        }
        self.cursor.advance();
        self.reduce(keyword == Keyword::Or);
        if self.body_ends() {
            self.close_body();
            self.reduce(keyword == Keyword::Or);
        }
        self.waiting.push(if keyword == Keyword::And { Waiting::And } else { Waiting::Or });
        Ok(())
    }

    /// The error for something after an operand that joins nothing.
    fn misplaced(&self) -> Mistake {
        let mistake = self.cursor.unexpected("-and, -or or the end of the rule");
        let begins_operand = matches!(self.cursor.peek(0), Some(Token::Open))
            || self.cursor.word().is_some_and(|word| word.contains('.') || word == "_");
        if begins_operand { mistake.help("join the two with -and or -or") } else { mistake }
    }

    /// Whether what comes after an operator belongs no more to the elements that were spoken of.
    fn body_ends(&self) -> bool {
        if !matches!(self.waiting.last(), Some(Waiting::Quantified(..) | Waiting::And | Waiting::Or)) {
            return false;
        }
        let innermost = self
            .waiting
            .iter()
            .rev()
            .find(|waiting| matches!(waiting, Waiting::Quantified(..) | Waiting::Group(_)));
        matches!(innermost, Some(Waiting::Quantified(..))) && !self.operands.element_follows(&self.cursor)
    }

    /// Applies `-not` and `-and`, and `-or` when asked to, as far as the next parenthesis or body.
    fn reduce(&mut self, or_too: bool) {
        loop {
            match self.waiting.last() {
                Some(Waiting::Not(_) | Waiting::And) => {}
                Some(Waiting::Or) if or_too => {}
                _ => return,
            }
            if let Some(waiting) = self.waiting.pop() {
                self.apply(waiting);
            }
        }
    }

    fn apply(&mut self, waiting: Waiting) {
        let Some(last) = self.done.pop() else { return };
        let made = match waiting {
            Waiting::Group(_) => last,
            Waiting::Not(span) => {
                let span = span.start..last.span.end;
                Located { value: Node::Not(Box::new(last)), span }
            }
            Waiting::Quantified(collection, quantifier) => {
                let span = collection.span.start..last.span.end;
                Located { value: Node::Quantified { collection, quantifier, body: Box::new(last) }, span }
            }
            Waiting::And => self.joined(last, true),
            Waiting::Or => self.joined(last, false),
        };
        self.done.push(made);
    }

    /// The operand before, joined with the last one.
    fn joined(&mut self, last: Expression, and: bool) -> Expression {
        let Some(first) = self.done.pop() else { return last };
        let span = first.span.start..last.span.end;
        let mut parts = alternatives(first, and);
        parts.extend(alternatives(last, and));
        let value = if and { Node::And(parts) } else { Node::Or(parts) };
        Located { value, span }
    }

    /// Ends the body of the innermost `-any` or `-all`.
    fn close_body(&mut self) {
        self.reduce(true);
        if matches!(self.waiting.last(), Some(Waiting::Quantified(..)))
            && let Some(waiting) = self.waiting.pop()
        {
            self.apply(waiting);
            self.operands.body_closed();
        }
    }

    fn close_group(&mut self, end: &Range<usize>) -> Result<(), Mistake> {
        self.reduce(true);
        self.close_body();
        self.reduce(true);
        match (self.waiting.pop(), self.done.last_mut()) {
            (Some(Waiting::Group(start)), Some(inner)) => {
                inner.span = start.start..end.end;
                Ok(())
            }
            _ => Err(Mistake::new(end, "this `)` closes nothing")),
        }
    }

    fn finish(&mut self) -> Result<Expression, Mistake> {
        self.reduce(true);
        self.close_body();
        self.reduce(true);
        if let Some(Waiting::Group(open)) = self.waiting.last() {
            return Err(Mistake::new(open, "this `(` is never closed"));
        }
        let whole = self.done.pop().ok_or_else(|| self.cursor.unexpected("a comparison"))?;
        super::statics::stands_alone(&whole)?;
        Ok(whole)
    }
}

/// The parts of an operand that joins in the same way; parentheses around it say nothing.
fn alternatives(expression: Expression, and: bool) -> Vec<Expression> {
    match expression.value {
        Node::And(parts) if and => parts,
        Node::Or(parts) if !and => parts,
        value => vec![Located { value, span: expression.span }],
    }
}
