//! The regular expressions of `-match` and `-notMatch`.
//!
//! The service runs them with .NET, searching anywhere in the value and ignoring case. Here the `regex` crate runs them
//! in linear time, whatever the pattern. Patterns are translated where the two write the same thing differently: `[`
//! and `&` inside a class, `\Z`, and a brace that begins no count, which .NET takes as itself. What differs:
//!
//! - Refused here: look-around, back-references, atomic groups, conditionals, balancing groups, class subtraction,
//!   `\G`, comments `(?#…)`, named groups in single quotes, octal and control escapes.
//! - `$` and `\Z` do not match before a line break at the end of the value.
//! - `\w` and `\b` know marks and joiners of Unicode that .NET does not, and the other way round.
//!
//! <https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference>

use regex::{Regex, RegexBuilder};

/// Why a pattern cannot be used.
#[derive(Debug)]
pub(super) struct PatternError {
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// The pattern, ready to search with.
pub(super) fn compile(pattern: &str) -> Result<Regex, PatternError> {
    let translated = translated(pattern)?;
    // The bound on the compiled size bounds the time too.
    RegexBuilder::new(&translated).case_insensitive(true).size_limit(1 << 20).build().map_err(|error| {
        let reason = match &error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            other => {
                other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
            }
        };
        PatternError { message: format!("this regular expression is broken: {reason}"), help: HELP }
    })
}

const HELP: &str = "to match a domain, write @domain\\.example$, or use -endsWith";

/// Whether the pattern can be used.
pub(super) fn check(pattern: &str) -> Result<(), PatternError> {
    compile(pattern).map(|_| ())
}

/// What .NET knows and this engine does not, with its name.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("(?=", "look-ahead"),
    ("(?!", "look-ahead"),
    ("(?<=", "look-behind"),
    ("(?<!", "look-behind"),
    ("(?>", "an atomic group"),
    ("(?(", "a conditional"),
    ("(?#", "a comment"),
    ("(?'", "a group named in quotes"),
];

/// The pattern in the words of the `regex` crate.
fn translated(pattern: &str) -> Result<String, PatternError> {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern;
    // Whether the last thing was a quantifier, which takes no second one but `?`.
    let mut quantified = Repeat::Nothing;
    while let Some(first) = rest.chars().next() {
        let piece = piece(rest)?;
        quantified = quantified.then(first, piece.taken)?;
        translated.push_str(&piece.written);
        rest = &rest[piece.taken.len()..];
    }
    Ok(translated)
}

/// A piece of a pattern, and how it is written here.
struct Piece<'a> {
    taken: &'a str,
    written: String,
}

fn piece(rest: &str) -> Result<Piece<'_>, PatternError> {
    if let Some((_, name)) = UNSUPPORTED.iter().find(|(begin, _)| rest.starts_with(begin)) {
        return Err(unsupported(name));
    }
    let first = rest.chars().next().map_or(0, char::len_utf8);
    match rest.as_bytes().first() {
        Some(b'\\') => escape(rest),
        Some(b'[') => class(rest),
        Some(b'{') => Ok(match count(rest) {
            Some(taken) => Piece { taken, written: taken.to_owned() },
            None => Piece { taken: &rest[..1], written: "\\{".to_owned() },
        }),
        _ => Ok(Piece { taken: &rest[..first], written: rest[..first].to_owned() }),
    }
}

fn unsupported(name: &str) -> PatternError {
    PatternError {
        message: format!("{name} is not supported here: patterns are searched in linear time"),
        help: "say the same with a second comparison, such as -and user.mail -notMatch \"…\"",
    }
}

/// A backslash and what belongs to it.
fn escape(rest: &str) -> Result<Piece<'_>, PatternError> {
    let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
    let taken = &rest[..length];
    match rest.as_bytes().get(1) {
        Some(b'0'..=b'9' | b'k') => Err(unsupported("a back-reference")),
        Some(b'G') => Err(unsupported("\\G")),
        Some(b'Z') => Ok(Piece { taken, written: "\\z".to_owned() }),
        _ => Ok(Piece { taken, written: taken.to_owned() }),
    }
}

/// `{2}`, `{2,}` or `{2,3}` at the beginning.
fn count(rest: &str) -> Option<&str> {
    let end = rest.find('}')?;
    let (least, most) = rest[1..end].split_once(',').unwrap_or((&rest[1..end], ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!least.is_empty() && digits(least) && digits(most)).then(|| &rest[..=end])
}

/// A class: between its brackets, .NET takes `[` and `&` as themselves.
fn class(rest: &str) -> Result<Piece<'_>, PatternError> {
    let mut written = String::from("[");
    let mut at = 1;
    if rest[at..].starts_with('^') {
        written.push('^');
        at += 1;
    }
    // A bracket that comes first is itself.
    if rest[at..].starts_with(']') {
        written.push_str("\\]");
        at += 1;
    }
    while let Some(character) = rest[at..].chars().next() {
        if character == '\\' {
            let piece = escape(&rest[at..])?;
            written.push_str(&piece.written);
            at += piece.taken.len();
            continue;
        }
        if rest[at..].starts_with("-[") {
            return Err(unsupported("class subtraction"));
        }
        at += character.len_utf8();
        match character {
            ']' => {
                written.push(']');
                return Ok(Piece { taken: &rest[..at], written });
            }
            '[' | '&' | '~' => written.extend(['\\', character]),
            other => written.push(other),
        }
    }
    Ok(Piece { taken: rest, written })
}

/// What stands before the next piece of a pattern.
#[derive(Clone, Copy)]
enum Repeat {
    Nothing,
    Something,
    Once,
    Lazy,
}

impl Repeat {
    /// After one more piece. .NET refuses a quantifier behind a quantifier.
    fn then(self, first: char, piece: &str) -> Result<Self, PatternError> {
        let quantifies = matches!(first, '*' | '+' | '?') || (first == '{' && piece.len() > 1);
        match (self, quantifies) {
            (_, false) if matches!(first, '(' | '|') => Ok(Self::Nothing),
            (_, false) => Ok(Self::Something),
            // `(?` begins a group with options; the engine says what it thinks of others.
            (Self::Nothing, true) => Ok(Self::Nothing),
            (Self::Something, true) => Ok(Self::Once),
            (Self::Once, true) if first == '?' => Ok(Self::Lazy),
            (Self::Once | Self::Lazy, true) => Err(PatternError {
                message: format!("this regular expression is broken: nested quantifier `{piece}`"),
                help: HELP,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_search_anywhere_and_ignore_case() {
        for (pattern, value) in [
            ("ago", "Lagos"),
            ("^DA.*", "david"),
            ("^da.*?d$", "David"),
            ("[[ZTDId]", "z"),
            ("[a&&b]", "&"),
            ("a{x", "A{x"),
            ("^[^]]$", "x"),
            ("(?<name>b)", "abc"),
            ("\\d{3}\\Z", "a123"),
            ("\\/", "a/b"),
            ("(?i)x", "X"),
        ] {
            assert!(compile(pattern).unwrap().is_match(value), "{pattern} on {value}");
        }
        assert!(!compile("^Da.*").unwrap().is_match("aDa"));
    }

    #[test]
    fn broken_and_unsupported_patterns_are_refused() {
        for pattern in ["*@domain.ext", "(", "a)", "[a", "a**", "a{2}{3}", "+", "a{3,2}", "\\"] {
            assert!(compile(pattern).unwrap_err().message.contains("broken"), "{pattern}");
        }
        for pattern in ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "(?>a)", "[a-z-[b]]", "(?(a)b)"] {
            assert!(compile(pattern).unwrap_err().message.contains("not supported here"), "{pattern}");
        }
        assert!(compile("(((a{99}){99}){99}){99}").unwrap_err().message.contains("too large"));
    }
}
