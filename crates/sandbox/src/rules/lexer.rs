//! Rule text as tokens.

use super::Refusal;

/// A token and whether something blank stands before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) spaced: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name, a keyword or an operator, in lower case; and whether it has its hyphen.
    Word(String, bool),
    /// A string without its quotes and escapes.
    Text(String),
    /// What begins with a digit: a number or a point in time.
    Number(String),
    /// `(`, `)`, `[`, `]` or `,`.
    Mark(char),
}

/// Splits a rule into tokens.
pub(super) fn tokens(rule: &str) -> Result<Vec<Token>, Refusal> {
    let mut lexer = Lexer { rest: rule };
    let mut tokens = Vec::new();
    loop {
        let trimmed = lexer.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let spaced = trimmed.len() < lexer.rest.len() || tokens.is_empty();
        lexer.rest = trimmed;
        match lexer.next()? {
            Some(kind) => tokens.push(Token { kind, spaced }),
            None => return Ok(tokens),
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<TokenKind>, Refusal> {
        let mut characters = self.rest.chars();
        let Some(first) = characters.next() else {
            return Ok(None);
        };
        let second = characters.next();
        let kind = match first {
            '(' | ')' | '[' | ']' | ',' => {
                self.skip(1);
                TokenKind::Mark(first)
            }
            '"' => TokenKind::Text(self.double_quoted()?),
            '\'' => TokenKind::Text(self.single_quoted()?),
            '`' if second == Some('"') => TokenKind::Text(self.bare_escaped()?),
            '-' if second.is_some_and(|second| second.is_ascii_alphabetic()) => {
                self.skip(1);
                TokenKind::Word(self.word(), true)
            }
            '-' if second.is_some_and(|second| second.is_ascii_digit()) => TokenKind::Number(self.number()),
            _ if first.is_ascii_digit() => TokenKind::Number(self.number()),
            _ if is_word(first) || first == '$' => TokenKind::Word(self.word(), false),
            _ => return Err(Refusal::format()),
        };
        Ok(Some(kind))
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn word(&mut self) -> String {
        let begin = usize::from(self.rest.starts_with('$'));
        self.while_true(begin, is_word).to_lowercase()
    }

    fn number(&mut self) -> String {
        self.while_true(1, |found| found.is_ascii_alphanumeric() || "+-:.".contains(found))
    }

    /// Takes `begin` bytes and what follows them.
    fn while_true(&mut self, begin: usize, belongs: impl Fn(char) -> bool) -> String {
        let more = self.rest.get(begin..).unwrap_or_default();
        let end = begin + more.find(|found| !belongs(found)).unwrap_or(more.len());
        let taken = self.rest.get(..end).unwrap_or_default().to_owned();
        self.skip(end);
        taken
    }

    /// A backtick takes the next character as it is; two single quotes are one.
    fn double_quoted(&mut self) -> Result<String, Refusal> {
        let (mut text, mut characters) = (String::new(), self.rest.chars());
        characters.next();
        loop {
            match characters.next().ok_or_else(Refusal::format)? {
                '"' => break,
                '`' => text.push(characters.next().ok_or_else(Refusal::format)?),
                '\'' => {
                    text.push('\'');
                    if characters.as_str().starts_with('\'') {
                        characters.next();
                    }
                }
                other => text.push(other),
            }
        }
        self.rest = characters.as_str();
        Ok(text)
    }

    fn single_quoted(&mut self) -> Result<String, Refusal> {
        let (mut text, mut characters) = (String::new(), self.rest.chars());
        characters.next();
        loop {
            let next = characters.next().ok_or_else(Refusal::format)?;
            if next == '\'' {
                if !characters.as_str().starts_with('\'') {
                    break;
                }
                characters.next();
            }
            text.push(next);
        }
        self.rest = characters.as_str();
        Ok(text)
    }

    /// A value that carries its double quotes.
    fn bare_escaped(&mut self) -> Result<String, Refusal> {
        let inner = self.rest.get(2..).unwrap_or_default();
        let (text, rest) = inner.split_once('`').ok_or_else(Refusal::format)?;
        self.rest = rest.strip_prefix('"').ok_or_else(Refusal::format)?;
        Ok(format!("\"{text}\""))
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '.'
}
