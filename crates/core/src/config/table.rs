//! A TOML table whose keys and values know where they stand.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::text::{nearest, terminal};

/// A table of one file.
#[derive(Clone)]
pub(super) struct Table<'a> {
    file: usize,
    inner: &'a DeTable<'a>,
    span: Range<usize>,
}

/// A value of one file.
#[derive(Clone)]
pub(super) struct Item<'a> {
    file: usize,
    inner: &'a Spanned<DeValue<'a>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(file: usize, inner: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { file, inner, span }
    }

    /// Where the table stands: its header, or the braces of an inline table.
    pub(super) fn place(&self) -> Place {
        Place::new(self.file, self.span.clone())
    }

    /// Keys with their places and values, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'a str, Place, Item<'a>)> {
        let mut entries: Vec<_> = self
            .inner
            .iter()
            .map(|(key, value)| {
                let place = Place::new(self.file, key.span());
                (key.get_ref().as_ref(), place, Item { file: self.file, inner: value })
            })
            .collect();
        entries.sort_by_key(|(_, place, _)| place.start());
        entries
    }

    pub(super) fn get(&self, key: &str) -> Option<(Place, Item<'a>)> {
        let (key, value) = self.inner.get_key_value(key)?;
        Some((Place::new(self.file, key.span()), Item { file: self.file, inner: value }))
    }

    /// The table under `key`; something else there is reported.
    pub(super) fn table(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let (_, item) = self.get(key)?;
        item.table_or_report(&format!("`{key}`"), diagnostics)
    }
}

impl<'a> Item<'a> {
    pub(super) fn place(&self) -> Place {
        Place::new(self.file, self.inner.span())
    }

    pub(super) fn value(&self) -> &'a DeValue<'a> {
        self.inner.get_ref()
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        self.value().as_str()
    }

    pub(super) fn list(&self) -> Option<Vec<Item<'a>>> {
        let file = self.file;
        Some(self.value().as_array()?.iter().map(|inner| Item { file, inner }).collect())
    }

    pub(super) fn table(&self) -> Option<Table<'a>> {
        Some(Table::new(self.file, self.value().as_table()?, self.inner.span()))
    }

    pub(super) fn table_or_report(&self, what: &str, diagnostics: &mut Diagnostics) -> Option<Table<'a>> {
        let table = self.table();
        if table.is_none() {
            diagnostics.push(self.wrong_type(what, "a table"));
        }
        table
    }

    /// The error for a value of another type than expected.
    pub(super) fn wrong_type(&self, what: &str, expected: &str) -> Diagnostic {
        let found = match self.value() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("{} must be {expected}, not {found}", terminal(what));
        Diagnostic::error("wrong-type", message, &self.place(), format!("expected {expected}"))
    }
}

/// The error for a key nobody knows, with the nearest known one.
pub(super) fn unknown_key(what: &str, key: &str, place: &Place, known: &[&str]) -> Diagnostic {
    if key.eq_ignore_ascii_case("password") {
        let message = "a configuration never holds a password";
        let diagnostic = Diagnostic::error("secret", message, place, "remove it, and change that password");
        return diagnostic
            .help("initial passwords are generated; `[handover] recipients` says who gets them, encrypted");
    }
    let message = format!("unknown {what} `{}`", terminal(key));
    let help = match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    Diagnostic::error("unknown-key", message, place, "not known here").help(help)
}

/// The error for a key given twice, in one file or two.
pub(super) fn given_twice(what: &str, first: &Place, second: &Place) -> Diagnostic {
    Diagnostic::error("duplicate", format!("{} is given twice", terminal(what)), second, "given again here")
        .also(first, "first given here")
}
