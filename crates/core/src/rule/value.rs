//! What something is compared with: text, `null`, booleans, numbers, dates, lists.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::cursor::Cursor;
use super::error::Mistake;
use super::operator::Operator;
use super::parser::Keyword;
use super::token::Token;
use super::tree::{Located, Moment, Value};

/// The value behind an operator.
pub(super) fn read(cursor: &mut Cursor<'_>, operator: Operator) -> Result<Located<Value>, Mistake> {
    let span = cursor.span();
    match cursor.peek(0) {
        Some(Token::OpenList) => list(cursor),
        Some(Token::Text(text)) => {
            let value = Value::Text(text.clone());
            cursor.advance();
            Ok(Located { value, span })
        }
        Some(Token::Word(word)) => word_value(word, cursor),
        Some(Token::Open) if operator.takes_list() => {
            Err(cursor.unexpected("a list").help("a list stands in brackets: [\"a\", \"b\"]"))
        }
        _ => Err(cursor.unexpected("a value")),
    }
}

/// A value that is one word, or begins with one.
fn word_value(word: &str, cursor: &mut Cursor<'_>) -> Result<Located<Value>, Mistake> {
    let span = cursor.span();
    if let Some(base) = moment(word) {
        cursor.advance();
        return shifted(base, Located { value: (), span }, cursor);
    }
    if Keyword::of(word) == Some(Keyword::Not) {
        return Err(Mistake::new(&span, "invalid operands for -not: it stands before a comparison")
            .help("to ask for a value, write -ne null"));
    }
    let Some(value) = constant(word) else {
        let mistake = cursor.unexpected("a value");
        let is_operator = Keyword::of(word).is_some() || Operator::of(word).is_some();
        return Err(if is_operator { mistake } else { mistake.help("text stands in quotes: \"…\"") });
    };
    cursor.advance();
    Ok(Located { value, span })
}

/// `null`, `true`, `false` or a number.
fn constant(word: &str) -> Option<Value> {
    match word.to_ascii_lowercase().as_str() {
        "null" | "$null" => Some(Value::Null),
        "true" => Some(Value::Boolean(true)),
        "false" => Some(Value::Boolean(false)),
        _ => is_number(word).then(|| Value::Number(word.to_owned())),
    }
}

fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match word.strip_prefix(['-', '+']).unwrap_or(word).split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (word.strip_prefix(['-', '+']).unwrap_or(word), None),
    };
    digits(whole) && fraction.is_none_or(digits)
}

/// `system.now` (none) or a point in time.
fn moment(word: &str) -> Option<Option<Timestamp>> {
    if word.eq_ignore_ascii_case("system.now") { Some(None) } else { instant(word).map(Some) }
}

/// A point in time in ISO 8601; without an offset in UTC, without a time at midnight.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) || !text.get(4..)?.starts_with('-') {
        return None;
    }
    let civil = |text: &str| text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    let in_utc = || TimeZone::UTC.to_timestamp(civil(text).ok()?).ok();
    text.parse::<Timestamp>().ok().or_else(in_utc)
}

/// A point in time with `-plus` or `-minus` and a duration behind it, or not.
fn shifted(
    base: Option<Timestamp>,
    at: Located<()>,
    cursor: &mut Cursor<'_>,
) -> Result<Located<Value>, Mistake> {
    let sign = cursor.word().map(|word| word.trim_start_matches('-').to_ascii_lowercase());
    let negative = match sign.as_deref() {
        Some("plus") => false,
        Some("minus") => true,
        _ => return Ok(Located { value: Value::Date(Moment { base, shift: None }), span: at.span }),
    };
    cursor.advance();
    let expected = "a duration such as p1d";
    let Some(word) = cursor.word() else { return Err(cursor.unexpected(expected)) };
    let duration = word.to_ascii_uppercase().parse::<Span>().ok().filter(|_| word.starts_with(['p', 'P']));
    let Some(duration) = duration else { return Err(cursor.unexpected(expected)) };
    let shift = Some(if negative { -duration } else { duration });
    let span = at.span.start..cursor.span().end;
    let moment = Moment { base, shift };
    cursor.advance();
    Ok(Located { value: Value::Date(moment), span })
}

fn list(cursor: &mut Cursor<'_>) -> Result<Located<Value>, Mistake> {
    let start = cursor.span().start;
    cursor.advance();
    let mut items = Vec::new();
    loop {
        let end = cursor.span().end;
        if cursor.peek(0) == Some(&Token::CloseList) && items.is_empty() {
            cursor.advance();
            return Ok(Located { value: Value::List(items), span: start..end });
        }
        items.push(item(cursor)?);
        let end = cursor.span().end;
        if cursor.take(&Token::CloseList).is_some() {
            return Ok(Located { value: Value::List(items), span: start..end });
        }
        if cursor.take(&Token::Comma).is_none() {
            return Err(cursor.unexpected("`,` or `]`"));
        }
    }
}

fn item(cursor: &mut Cursor<'_>) -> Result<Value, Mistake> {
    let value = match cursor.peek(0) {
        Some(Token::Text(text)) => Some(Value::Text(text.clone())),
        Some(Token::Word(word)) => constant(word),
        _ => None,
    };
    match value {
        Some(Value::Null) => {
            Err(Mistake::new(&cursor.span(), "null cannot stand in a list")
                .help("ask for it apart: … -eq null"))
        }
        Some(value) => {
            cursor.advance();
            Ok(value)
        }
        None => Err(cursor.unexpected("a text, a number, true or false")),
    }
}
