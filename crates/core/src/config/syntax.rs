//! TOML mistakes: every broken line once, and nothing that only follows from one.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, SourceFile};
use crate::text::terminal;

/// How often a file is parsed again without the lines that were broken. The parser skips what follows some mistakes,
/// so each round can bring more to light.
const ROUNDS: usize = 50;

/// Lines that are broken, as file and line number from 0.
pub(super) type Broken = BTreeSet<(usize, usize)>;

/// Reports what is not TOML in each file that has errors at all.
pub(super) fn errors(
    sources: &[SourceFile],
    documents: &[(Spanned<DeTable<'_>>, Vec<toml::de::Error>)],
    diagnostics: &mut Diagnostics,
) -> Broken {
    let mut broken = Broken::new();
    for ((file, source), (_, errors)) in sources.iter().enumerate().zip(documents) {
        if let Some(offset) = source.not_utf8_at {
            let utf16 = source.text.starts_with("\u{fffd}\u{fffd}") && source.text.contains('\0');
            let message = if utf16 { "this file is UTF-16 text" } else { "this file is not UTF-8 text" };
            let place = Place::new(file, offset..offset + char::REPLACEMENT_CHARACTER.len_utf8());
            let diagnostic = Diagnostic::error("not-utf-8", message, &place, "not a character");
            diagnostics.push(diagnostic.help("save the file as UTF-8"));
        }
        if errors.is_empty() {
            continue;
        }
        let lines = Lines::new(source.readable());
        let mut text = source.readable().as_bytes().to_vec();
        for round in 0..ROUNDS {
            let readable = String::from_utf8_lossy(&text).into_owned();
            let (_, errors) = DeTable::parse_recoverable(&readable);
            let mut found = false;
            for error in &errors {
                if round > 0 && error.message().contains("duplicate key") {
                    continue; // Headers that were blanked make keys of different tables meet.
                }
                let line = lines.number(error.span().map_or(text.len(), |span| span.start));
                if broken.insert((file, line)) {
                    diagnostics.push(describe(file, error, &source.text));
                    found = true;
                }
                text[lines.range(line)].fill(b' ');
            }
            let runs_to_the_end = errors.iter().any(|error| {
                ["unclosed array", "unclosed inline table"].iter().any(|what| error.message().contains(what))
                    || unterminated(&source.text, error).is_some()
            });
            if !found || runs_to_the_end {
                break;
            }
        }
    }
    broken
}

/// The findings without those that stand on a broken line and are not about its syntax.
pub(super) fn without_echoes(
    found: Vec<Diagnostic>,
    broken: &Broken,
    sources: &[SourceFile],
) -> Vec<Diagnostic> {
    if broken.is_empty() {
        return found;
    }
    let lines: Vec<Lines> = sources.iter().map(|source| Lines::new(&source.text)).collect();
    let echo = |diagnostic: &Diagnostic| {
        let Some((place, _)) = diagnostic.labels.first() else { return false };
        let Some(lines) = lines.get(place.file()) else { return false };
        diagnostic.code != "toml-syntax" && broken.contains(&(place.file(), lines.number(place.start())))
    };
    found.into_iter().filter(|diagnostic| !echo(diagnostic)).collect()
}

/// Where the lines of a text begin.
struct Lines {
    begins: Vec<usize>,
    end: usize,
}

impl Lines {
    fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { begins: std::iter::once(0).chain(breaks).collect(), end: text.len() }
    }

    /// The line of a byte, from 0.
    fn number(&self, offset: usize) -> usize {
        self.begins.partition_point(|begin| *begin <= offset).saturating_sub(1)
    }

    /// A line's bytes, without its line break.
    fn range(&self, line: usize) -> Range<usize> {
        let begin = self.begins.get(line).copied().unwrap_or(self.end);
        let end = self.begins.get(line + 1).map_or(self.end, |next| next - 1);
        begin..end.max(begin)
    }
}

fn describe(file: usize, error: &toml::de::Error, text: &str) -> Diagnostic {
    let span = error.span().unwrap_or(text.len()..text.len());
    let place = Place::new(file, span.clone());
    if let Some(opening) = unterminated(text, error) {
        let end = text.trim_end().len();
        let message = "not valid TOML: a text of several lines does not end";
        let diagnostic =
            Diagnostic::error("toml-syntax", message, &Place::new(file, end..end), "the file ends first");
        return diagnostic.also(&Place::new(file, opening), "it begins here");
    }
    if error.message().contains("duplicate key") {
        return duplicate(file, &place, span, text);
    }
    if span.is_empty() && error.message().starts_with("string values must be quoted") {
        return Diagnostic::error(
            "toml-syntax",
            "not valid TOML: `=` without a value",
            &place,
            "a value is missing",
        );
    }
    if text.get(span.clone()).is_some_and(|written| written.trim() == "null") {
        let diagnostic =
            Diagnostic::error("toml-syntax", "not valid TOML: there is no `null`", &place, "not a value");
        return diagnostic.help("`\"\"` or `[]` clears an attribute");
    }
    if error.message().starts_with("string values must be quoted") {
        return Diagnostic::error(
            "toml-syntax",
            "not valid TOML: text needs quotes",
            &place,
            "write it in quotes",
        );
    }
    let (what, expected) = error.message().split_once(", expected ").unwrap_or((error.message(), "nothing"));
    let label =
        if expected == "nothing" { "here".to_owned() } else { format!("expected {}", terminal(expected)) };
    Diagnostic::error("toml-syntax", format!("not valid TOML: {}", terminal(what)), &place, label)
}

/// Where a multi-line text begins that the error at the end of the file is about.
fn unterminated(text: &str, error: &toml::de::Error) -> Option<Range<usize>> {
    if error.span().is_some_and(|span| span.end < text.trim_end().len()) {
        return None;
    }
    ["\"\"\"", "'''"].into_iter().find_map(|quotes| {
        let marks: Vec<usize> = text.match_indices(quotes).map(|(index, _)| index).collect();
        let begin = marks.last().filter(|_| marks.len() % 2 == 1)?;
        Some(*begin..begin + quotes.len())
    })
}

/// A key or table header that stands twice: shows the first one too.
fn duplicate(file: usize, place: &Place, span: Range<usize>, text: &str) -> Diagnostic {
    let key = text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
    let message = format!("not valid TOML: `{}` is given twice", terminal(key));
    let diagnostic = Diagnostic::error("toml-syntax", message, place, "given again here");
    match first_given(text, span.start) {
        Some(first) => diagnostic.also(&Place::new(file, first), "first given here"),
        None => diagnostic,
    }
}

/// The earlier line that gives the same key in the same table, or the same table header.
fn first_given(text: &str, offset: usize) -> Option<Range<usize>> {
    let lines = Lines::new(text);
    let number = lines.number(offset);
    let again = text.get(lines.range(number))?;
    let is_header = |line: &str| line.trim_start().starts_with('[');
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    for earlier in (0..number).rev().map(|number| lines.range(number)) {
        let line = text.get(earlier.clone())?;
        let same = if is_header(again) { line.trim() == again.trim() } else { key(line) == key(again) };
        if same {
            let begin = earlier.start + (line.len() - line.trim_start().len());
            return Some(begin..begin + key(line).len());
        }
        if is_header(line) && !is_header(again) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::config::{self, LoadError};
    use crate::diagnostic::SourceFile;

    #[test]
    fn a_file_that_is_not_text_is_accused_at_a_whole_character() {
        for bytes in [&b"\xff"[..], b"a = \"\xff\xfe\"\n", b"\xff\xfe[\0"] {
            let sources = vec![SourceFile::new("tenantry.toml", bytes.to_vec())];
            let Err(LoadError::Invalid(invalid)) = config::parse(sources) else {
                panic!("{bytes:?} is read")
            };
            let (place, _) = &invalid.diagnostics[0].labels[0];
            assert_eq!(
                invalid.sources[0].text.get(place.start()..place.end()),
                Some("\u{fffd}"),
                "{bytes:?}"
            );
        }
    }
}
