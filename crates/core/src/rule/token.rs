//! The tokens of a rule. Every text has tokens: what belongs to no rule is a stray one, refused where it stands.

use std::ops::Range;

use winnow::ascii::Caseless;
use winnow::combinator::{alt, delimited, opt, peek, preceded, repeat, terminated};
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{any, none_of, rest, take_till, take_while};

/// What stands between white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenList,
    /// `]`
    CloseList,
    /// `,`
    Comma,
    /// A property, an operator, a number, a date, `null`, or a text without its quotes.
    Word(&'a str),
    /// A text in quotes, unescaped.
    Text(String),
    /// A text whose closing quote is missing, to the end of the rule.
    Unclosed,
    /// A character that begins none of these.
    Stray(char),
}

/// A token and its bytes in the rule.
#[derive(Debug, Clone)]
pub(super) struct Located<'a> {
    pub(super) token: Token<'a>,
    pub(super) span: Range<usize>,
}

type Input<'a> = LocatingSlice<&'a str>;
type Failure = winnow::error::EmptyError;

/// The tokens of `text`, in order.
pub(super) fn tokens(text: &str) -> Vec<Located<'_>> {
    let located = token.with_span().map(|(token, span)| Located { token, span });
    let mut all = preceded(white_space, repeat(0.., terminated(located, white_space)));
    // Any character is a token, so nothing is left over and nothing fails.
    all.parse(LocatingSlice::new(text)).unwrap_or_default()
}

fn white_space(input: &mut Input<'_>) -> Result<(), Failure> {
    take_while(0.., [' ', '\t', '\r', '\n']).void().parse_next(input)
}

fn token<'a>(input: &mut Input<'a>) -> Result<Token<'a>, Failure> {
    let delimiter = alt((
        '('.value(Token::Open),
        ')'.value(Token::Close),
        '['.value(Token::OpenList),
        ']'.value(Token::CloseList),
        ','.value(Token::Comma),
    ));
    let text = alt((double_quoted, single_quoted, bare_escaped)).map(Token::Text);
    let unclosed = preceded(alt(("\"", "'", "`\"")), rest).value(Token::Unclosed);
    alt((delimiter, word.map(Token::Word), text, unclosed, any.map(Token::Stray))).parse_next(input)
}

/// `$` begins a word and is in none, so that `-eq$null` are two. Nothing needs to stand behind `-not`, `-any` and `-all`.
fn word<'a>(input: &mut Input<'a>) -> Result<&'a str, Failure> {
    let inner = |character: char| character.is_alphanumeric() || "_.-:+@".contains(character);
    let before_another = (opt('-'), alt((Caseless("not"), Caseless("any"), Caseless("all"))), peek('-'));
    alt((before_another.take(), take_while(1.., inner), ('$', take_while(0.., inner)).take()))
        .parse_next(input)
}

/// `"…"`: a backtick before any character, two single quotes for one.
fn double_quoted(input: &mut Input<'_>) -> Result<String, Failure> {
    let character = alt((preceded('`', any), "''".value('\''), none_of(['"', '`'])));
    delimited('"', repeat(0.., character), '"').parse_next(input)
}

/// `'…'`: two single quotes for one.
fn single_quoted(input: &mut Input<'_>) -> Result<String, Failure> {
    delimited('\'', repeat(0.., alt(("''".value('\''), none_of('\'')))), '\'').parse_next(input)
}

/// `` `"…`" ``: a text that has double quotes around it.
fn bare_escaped(input: &mut Input<'_>) -> Result<String, Failure> {
    delimited("`\"", take_till(0.., '`'), "`\"").map(|inner: &str| format!("\"{inner}\"")).parse_next(input)
}
