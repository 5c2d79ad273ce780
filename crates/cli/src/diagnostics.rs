//! Draws what is wrong with a configuration: file, line, the line itself, a caret.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use tenantry_core::diagnostic::{Diagnostic, Place, Severity, SourceFile};
use tenantry_core::text::{counted, terminal};

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
    let renderer = renderer(output);
    let files: Vec<File> = sources.iter().map(File::new).collect();
    for diagnostic in diagnostics {
        output.note(&renderer.render(&[group(&files, diagnostic)]).to_string());
        output.note("");
    }
    let count = counted(diagnostics.len(), "problem", "problems");
    output.note(&format!("{count}; nothing was planned or changed"));
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
        let (start, end) = (floor(place.start), floor(place.end));
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
        start..end.min(line_end).max(start)
    }
}

fn group<'a>(files: &'a [File], diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let main = diagnostic.labels.first().map(|(place, _)| place);
    for labels in windows(diagnostic) {
        if let Some(file) = labels.first().and_then(|(place, _)| files.get(place.file)) {
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
            window
                .iter()
                .any(|(place, _)| place.file == label.0.file && place.start.abs_diff(label.0.start) <= NEAR)
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

/// The text with secret keys and the values of anything called a password overwritten, byte for byte, so that a line
/// can be shown without what must not be.
fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (index, _) in text.match_indices("AGE-SECRET-KEY-") {
        mask(&mut bytes, index, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    }
    let lower = text.to_ascii_lowercase();
    for (index, word) in lower.match_indices("password") {
        let name_end = index
            + word.len()
            + lower[index + word.len()..]
                .bytes()
                .take_while(|byte| {
                    byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'"' || *byte == b'\''
                })
                .count();
        let rest = &lower[name_end..];
        let value = rest
            .trim_start_matches([' ', '\t'])
            .strip_prefix('=')
            .map(|rest| rest.trim_start_matches([' ', '\t']));
        let Some(value) = value else { continue };
        let begin = text.len() - value.len();
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| value.starts_with(quote));
        let Some(quote) = quote else { continue };
        let inside = &value[quote.len()..];
        let end = inside.find(quote).or_else(|| inside.find('\n')).unwrap_or(inside.len());
        for byte in &mut bytes[begin + quote.len()..begin + quote.len() + end] {
            if *byte != b'\n' {
                *byte = b'*';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| "*".repeat(text.len()))
}

fn mask(bytes: &mut [u8], begin: usize, secret: impl Fn(u8) -> bool) {
    for byte in bytes.iter_mut().skip(begin).take_while(|byte| secret(**byte)) {
        *byte = b'*';
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_and_secret_keys_are_masked_and_nothing_moves() {
        let text = "recipients = [\"AGE-SECRET-KEY-1ABC\"]\npassword = \"hünter2\"\npassword_policies = [\"x\"]\nname = 'ok'\n";
        let shown = masked(text);
        assert_eq!(shown.len(), text.len());
        assert!(!shown.contains("1ABC") && !shown.contains("nter2"), "{shown}");
        assert!(shown.contains("name = 'ok'") && shown.contains("[\"x\"]"));
    }
}
