//! What is wrong with a configuration, as plain data: code, message, places, help. The command line draws it.

use std::ops::Range;

/// A file of the configuration, as read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path as shown to people: relative to the configuration folder, with `/` between segments.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Where the file stops being UTF-8, as a byte of `text`, in which every wrong byte became U+FFFD.
    pub not_utf8_at: Option<usize>,
}

impl SourceFile {
    /// The text to parse: nothing, when the file is not text.
    pub fn readable(&self) -> &str {
        if self.not_utf8_at.is_some() { "" } else { &self.text }
    }

    /// A file from its bytes.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let name = name.into();
        match String::from_utf8(bytes) {
            Ok(text) => Self { name, text, not_utf8_at: None },
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Self { name, text, not_utf8_at: Some(error.utf8_error().valid_up_to()) }
            }
        }
    }
}

/// A stretch of one configuration file. Small, since every value and every entry of a list has one; files are far
/// shorter than 4 GiB.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    file: u32,
    start: u32,
    end: u32,
}

impl Place {
    /// The stretch `span` of the file with index `file`.
    pub fn new(file: usize, span: Range<usize>) -> Self {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { file: narrow(file), start: narrow(span.start), end: narrow(span.end) }
    }

    /// Index into the list of source files.
    pub fn file(&self) -> usize {
        self.file as usize
    }

    /// First byte of the stretch.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// The byte after the last one.
    pub fn end(&self) -> usize {
        self.end as usize
    }
}

/// One finding about the configuration, or about how it meets the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case name of the rule, for searching and for the documentation.
    pub code: &'static str,
    /// One sentence fragment that says what is wrong.
    pub message: String,
    /// The places it is about, the main one first, each with a few words.
    pub labels: Vec<(Place, String)>,
    /// What to do next, if there is more to say than the message.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `place`; `label` stands under the caret.
    pub fn error(
        code: &'static str,
        message: impl Into<String>,
        place: &Place,
        label: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: shortened(message.into()),
            labels: vec![(place.clone(), label.into())],
            help: None,
        }
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.labels.push((place.clone(), label.into()));
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do next, when there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// Longest message in characters; names from outside can be of any length.
const LONGEST: usize = 400;

fn shortened(message: String) -> String {
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// Findings collected over a whole run: all of them, not the first.
#[derive(Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.0.is_empty()
    }

    /// The findings in the order of the files, each once.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by(|left, right| {
            let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| label.0.clone());
            place(left)
                .cmp(&place(right))
                .then_with(|| left.code.cmp(right.code))
                .then_with(|| left.message.cmp(&right.message))
        });
        self.0.dedup();
        self.0
    }
}
