//! Where text goes and how it looks there.

use std::io::{IsTerminal as _, Write as _};

use tenantry_core::render::Look;

use crate::args::Color;

/// Columns when nobody says.
const COLUMNS: usize = 80;

/// Standard output and error of this run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    colour_out: bool,
    colour_error: bool,
    columns: usize,
}

impl Output {
    pub(crate) fn new(color: Color) -> Self {
        let choice = match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        let colours = |choice: anstream::ColorChoice| choice != anstream::ColorChoice::Never;
        let columns = terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| usize::from(width.0));
        Self {
            colour_out: colours(anstream::AutoStream::choice(&std::io::stdout())),
            colour_error: colours(anstream::AutoStream::choice(&std::io::stderr())),
            columns,
        }
    }

    /// How a plan shall look on standard output.
    pub(crate) fn look(&self, full: bool) -> Look {
        Look { width: self.columns, colour: self.colour_out, full }
    }

    /// Columns to write in.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Whether standard error is coloured.
    pub(crate) fn colours_errors(&self) -> bool {
        self.colour_error
    }

    /// Writes to standard output. A reader that went away is no error.
    pub(crate) fn out(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            // `tenantry plan | head` closed the pipe: there is nobody to tell.
        }
    }

    /// Writes a line to standard error.
    pub(crate) fn note(&self, line: &str) {
        let mut stderr = std::io::stderr().lock();
        if writeln!(stderr, "{line}").is_err() {
            // Nobody reads standard error.
        }
    }

    /// Whether someone can be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks for the word `yes`; anything else, and the end of input, is a no.
    pub(crate) fn confirm(&self, question: &str) -> bool {
        let mut stderr = std::io::stderr().lock();
        if write!(stderr, "{question}\nOnly \"yes\" is taken as a yes: ")
            .and_then(|()| stderr.flush())
            .is_err()
        {
            return false;
        }
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
    }
}
