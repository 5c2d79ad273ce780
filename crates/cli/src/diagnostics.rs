//! Draws what is wrong with a configuration: file, line, the line itself, a caret.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use tenantry_core::diagnostic::{Diagnostic, Severity, SourceFile};
use tenantry_core::text::counted;

use crate::output::Output;

/// The renderer for this run's standard error.
pub(crate) fn renderer(output: &Output) -> Renderer {
    let renderer = if output.colours_errors() { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(output.columns())
}

/// Shows every diagnostic, then their number.
pub(crate) fn show(sources: &[SourceFile], diagnostics: &[Diagnostic], output: &Output) {
    let renderer = renderer(output);
    for diagnostic in diagnostics {
        output.note(&renderer.render(&[group(sources, diagnostic)]).to_string());
        output.note("");
    }
    let count = counted(diagnostics.len(), "problem", "problems");
    output.note(&format!("{count}; nothing was planned or changed"));
}

fn group<'a>(sources: &'a [SourceFile], diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let mut files: Vec<usize> = Vec::new();
    for (place, _) in &diagnostic.labels {
        if !files.contains(&place.file) {
            files.push(place.file);
        }
    }
    let main = diagnostic.labels.first().map(|(place, _)| place);
    for file in files {
        let Some(source) = sources.get(file) else { continue };
        let labels = diagnostic.labels.iter().filter(|(place, _)| place.file == file);
        let annotations = labels.map(|(place, label)| {
            let kind = if Some(place) == main { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(bounded(place.start..place.end, &source.text)).label(label.as_str())
        });
        group = group.element(
            Snippet::source(source.text.as_str()).path(source.name.as_str()).annotations(annotations),
        );
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// A span within the text, on character boundaries, on one line: a whole table would hide what it is about.
fn bounded(span: std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let floor = |mut index: usize| {
        index = index.min(text.len());
        while !text.is_char_boundary(index) {
            index -= 1;
        }
        index
    };
    let (start, end) = (floor(span.start), floor(span.end));
    let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
    start..end.min(line_end).max(start)
}
