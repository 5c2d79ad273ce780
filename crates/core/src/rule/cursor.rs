//! Where the parser is among the tokens, and what it says of one that it did not expect.

use std::ops::Range;

use super::error::Mistake;
use super::token::{Located, Token, tokens};
use crate::text::terminal;

/// The tokens of a rule, read from left to right.
pub(super) struct Cursor<'a> {
    tokens: Vec<Located<'a>>,
    at: usize,
    /// The end of the text that is no white space.
    end: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { tokens: tokens(text), at: 0, end: text.trim_end().len() }
    }

    /// The next token, or the one after so many more.
    pub(super) fn peek(&self, ahead: usize) -> Option<&Token<'a>> {
        self.tokens.get(self.at + ahead).map(|located| &located.token)
    }

    /// The next token when it is a word.
    pub(super) fn word(&self) -> Option<&'a str> {
        self.word_after(0)
    }

    /// The word after so many tokens.
    pub(super) fn word_after(&self, ahead: usize) -> Option<&'a str> {
        match self.peek(ahead) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The bytes of the next token; none at the end.
    pub(super) fn span(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end..self.end, |located| located.span.clone())
    }

    /// The next token, which is passed.
    pub(super) fn advance(&mut self) -> Option<Located<'a>> {
        let next = self.tokens.get(self.at).cloned();
        self.at += usize::from(next.is_some());
        next
    }

    /// Passes the next token when it is this one.
    pub(super) fn take(&mut self, token: &Token<'_>) -> Option<Range<usize>> {
        (self.peek(0) == Some(token)).then(|| self.advance().map(|located| located.span)).flatten()
    }

    /// Whether there is white space on both sides of the next token.
    pub(super) fn is_spaced(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let after = self.tokens.get(self.at + 1);
        let span = self.span();
        before.is_none_or(|before| before.span.end < span.start)
            && after.is_none_or(|after| after.span.start > span.end)
    }

    /// The error for a next token that is not what was `expected`.
    pub(super) fn unexpected(&self, expected: &str) -> Mistake {
        let found = match self.peek(0) {
            None => "the rule ends here".to_owned(),
            Some(Token::Stray(character)) => return stray(*character, &self.span()),
            Some(Token::Unclosed) => return unclosed(&self.span()),
            Some(Token::Word(word)) => format!("found `{}`", shortened(word)),
            Some(Token::Text(text)) => format!("found the text \"{}\"", shortened(text)),
            Some(Token::Open) => "found `(`".to_owned(),
            Some(Token::Close) => "found `)`".to_owned(),
            Some(Token::OpenList) => "found `[`".to_owned(),
            Some(Token::CloseList) => "found `]`".to_owned(),
            Some(Token::Comma) => "found `,`".to_owned(),
        };
        Mistake::new(&self.span(), format!("expected {expected}, {found}"))
    }
}

/// Text of the rule as a message shows it.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", terminal(&text[..end])),
        None => terminal(text),
    }
}

fn unclosed(span: &Range<usize>) -> Mistake {
    Mistake::new(span, "this quote is never closed")
        .help("inside double quotes, a double quote is written `\"")
}

fn stray(character: char, span: &Range<usize>) -> Mistake {
    let shown = terminal(&character.to_string());
    let (message, help) = match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => {
            (format!("`{shown}` is a typographic dash"), "write a hyphen-minus: -")
        }
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => {
            (format!("`{shown}` is a typographic quote"), "write a straight quote: \"")
        }
        '\u{a0}' => ("this is a no-break space".to_owned(), "write an ordinary space"),
        '`' => ("a backtick stands only before a character inside double quotes".to_owned(), "remove it"),
        _ => (format!("`{shown}` means nothing here"), "text stands in quotes: \"…\""),
    };
    Mistake::new(span, message).help(help)
}
