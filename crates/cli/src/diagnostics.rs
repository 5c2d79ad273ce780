//! Draws what is wrong with a configuration: file, line, the line itself, a caret.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use tenantry_core::diagnostic::{Diagnostic, Place, SourceFile};
use tenantry_core::text::{counted, is_hidden, terminal};

use crate::output::Output;

/// Places of one diagnostic that are at most this many bytes apart are shown in one window.
const NEAR: usize = 1_000;

/// The renderer for this run's standard error.
pub(crate) fn renderer(output: &Output) -> Renderer {
    let renderer = if output.colours_errors() { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(output.columns())
}

/// Shows every diagnostic, then their number.
pub(crate) fn show(sources: &[SourceFile], diagnostics: &[Diagnostic], output: &Output) {
    draw(Level::ERROR, sources, diagnostics, output);
    let count = counted(diagnostics.len(), "problem", "problems");
    output.note(&format!("{count}; nothing was planned or changed"));
}

/// Shows every diagnostic, each with a line after it.
pub(crate) fn draw(
    level: Level<'static>,
    sources: &[SourceFile],
    diagnostics: &[Diagnostic],
    output: &Output,
) {
    let renderer = renderer(output);
    let files: Vec<File> = sources.iter().map(File::new).collect();
    for diagnostic in diagnostics {
        let diagnostic = without_secrets(diagnostic);
        output.note(&renderer.render(&[group(&level, &files, &diagnostic)]).to_string());
        output.note("");
    }
}

/// The diagnostic with secret keys that its texts quote overwritten.
fn without_secrets(diagnostic: &Diagnostic) -> Diagnostic {
    let mut shown = diagnostic.clone();
    shown.message = masked(&shown.message);
    shown.help = shown.help.map(|help| masked(&help));
    for (_, label) in &mut shown.labels {
        *label = masked(label);
    }
    shown
}

/// A file as it may be shown: its name escaped, secrets in it masked.
struct File {
    name: String,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl File {
    fn new(source: &SourceFile) -> Self {
        let breaks =
            source.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self {
            name: terminal(&source.name),
            text: masked(&source.text),
            lines: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// The line of a byte, from 0.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= offset).saturating_sub(1)
    }

    /// A span within the text, on character boundaries, on one line: a whole table would hide what it is about.
    fn bounded(&self, place: &Place) -> Range<usize> {
        let floor = |mut index: usize| {
            index = index.min(self.text.len());
            while !self.text.is_char_boundary(index) {
                index -= 1;
            }
            index
        };
        let (start, end) = (floor(place.start()), floor(place.end()));
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
        start..end.min(line_end).max(start)
    }
}

fn group<'a>(level: &Level<'static>, files: &'a [File], diagnostic: &'a Diagnostic) -> Group<'a> {
    let mut group =
        Group::with_title(level.clone().primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let main = diagnostic.labels.first().map(|(place, _)| place);
    for labels in windows(diagnostic) {
        if let Some(file) = labels.first().and_then(|(place, _)| files.get(place.file())) {
            group = group.element(snippet(file, &labels, main));
        }
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

type Labels<'a> = Vec<&'a (Place, String)>;

/// The labels by window: those of one file that are near each other together, the window of the main one first.
fn windows(diagnostic: &Diagnostic) -> Vec<Labels<'_>> {
    let mut windows: Vec<Labels<'_>> = Vec::new();
    for label in &diagnostic.labels {
        let near = windows.iter_mut().find(|window| {
            window.iter().any(|(place, _)| {
                place.file() == label.0.file() && place.start().abs_diff(label.0.start()) <= NEAR
            })
        });
        match near {
            Some(window) => window.push(label),
            None => windows.push(vec![label]),
        }
    }
    windows
}

/// Only the lines from the first to the last label are handed over: drawing costs as much as the text is long.
fn snippet<'a>(
    file: &'a File,
    labels: &Labels<'a>,
    main: Option<&Place>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let spans: Vec<Range<usize>> = labels.iter().map(|(place, _)| file.bounded(place)).collect();
    let first = file.line(spans.iter().map(|span| span.start).min().unwrap_or(0));
    let last = file.line(spans.iter().map(|span| span.end).max().unwrap_or(0));
    let begin = file.lines.get(first).copied().unwrap_or(0);
    let end = file.lines.get(last + 1).copied().unwrap_or(file.text.len());
    let annotations = labels.iter().zip(spans).map(|((place, label), span)| {
        let kind = if Some(place) == main { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(span.start - begin..span.end - begin).label(label.as_str())
    });
    Snippet::source(&file.text[begin..end])
        .line_start(first + 1)
        .path(file.name.as_str())
        .annotations(annotations)
}

/// The text as it may be shown: secret keys and the values of anything called a password overwritten, invisible
/// characters made visible. Byte for byte, so that every place in it stays where it is.
fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (index, _) in text.match_indices(SECRET_KEY) {
        let secret = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let length = text.as_bytes()[index..].iter().take_while(|byte| secret(byte)).count();
        bytes[index..index + length].fill(b'*');
    }
    let lower = text.to_ascii_lowercase();
    for (index, word) in lower.match_indices("password") {
        if let Some(value) = value_after(&lower, index + word.len()) {
            let hidden = bytes[value].iter_mut().filter(|byte| **byte != b'\n');
            hidden.for_each(|byte| *byte = b'*');
        }
    }
    let text = String::from_utf8(bytes).unwrap_or_else(|_| "*".repeat(text.len()));
    text.chars().fold(String::with_capacity(text.len()), |mut shown, character| {
        match (character, character.len_utf8()) {
            ('\n' | '\t' | '\r', _) => shown.push(character),
            (hidden, length) if is_hidden(hidden) => {
                shown.push_str(["?", "\u{b7}", "\u{fffd}", "\u{fffd}?"][length - 1])
            }
            (seen, _) => shown.push(seen),
        }
        shown
    })
}

/// What begins an age secret key.
const SECRET_KEY: &str = "AGE-SECRET-KEY-";

/// The value of the key that has `end` inside or right behind its name: what stands in quotes, or a bare word.
/// Lists and tables are no value here, their members are looked at themselves.
fn value_after(text: &str, end: usize) -> Option<Range<usize>> {
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'"' | b'\'');
    let rest = &text[end + text.as_bytes()[end..].iter().take_while(|byte| name(byte)).count()..];
    let value = rest.trim_start_matches([' ', '\t']).strip_prefix('=')?.trim_start_matches([' ', '\t']);
    let begin = text.len() - value.len();
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| value.starts_with(quote));
    let Some(quote) = quote else {
        let bare = value.find(['\n', ',', '}', '[', '{', '#']).unwrap_or(value.len());
        return (!value.starts_with(['[', '{', 't', 'f'])).then(|| begin..begin + bare);
    };
    let inside = &value[quote.len()..];
    let mut escaped = false;
    let close = inside.char_indices().find(|(index, character)| {
        let closes = !escaped && inside[*index..].starts_with(quote);
        escaped = !escaped && *character == '\\' && quote.starts_with('"');
        closes || (quote.len() == 1 && *character == '\n')
    });
    let begin = begin + quote.len();
    Some(begin..begin + close.map_or(inside.len(), |(index, _)| index))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_and_secret_keys_are_masked_and_nothing_moves() {
        let text = "recipients = [\"AGE-SECRET-KEY-1ABC\"]\npassword = \"hünter2\"\npassword_policies = [\"x\"]\nname = 'ok'\n\
            password = \"a\\\"hunter2\"\npassword = hunter2\n";
        let shown = masked(text);
        assert_eq!(shown.len(), text.len());
        assert!(!shown.contains("1ABC") && !shown.contains("nter2") && shown.len() == text.len(), "{shown}");
        assert!(shown.contains("name = 'ok'") && shown.contains("[\"x\"]"));
    }
}
