//! The plan on a terminal: at most as wide as asked, coloured when asked, long lists folded.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::ReadCost;
use super::view::{self, Body, Item, Line, Sign};
use crate::plan::{Allowance, Level, Note, Plan};
use crate::text::{counted, terminal as escaped};

/// How it shall look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns; 40 at least.
    pub width: usize,
    /// Whether to colour.
    pub colour: bool,
    /// Whether long lists are shown whole.
    pub full: bool,
}

/// Column at which values begin.
const VALUES: usize = 24;

/// Entries of a list that are shown before it is folded, and how long it must be to be folded.
const FOLDED: usize = 8;

/// Rows of a text difference that are shown before it is folded.
const ROWS: usize = 40;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// The plan as text that ends in a line break.
pub fn terminal(plan: &Plan, cost: Option<ReadCost>, allowances: &[Allowance], look: Look) -> String {
    let mut page = Page { text: String::new(), look: Look { width: look.width.max(40), ..look } };
    page.header(plan, cost);
    let sections = view::sections(plan);
    for section in &sections {
        page.row(0, BOLD, section.title);
        for item in &section.items {
            page.item(item);
        }
    }
    if !sections.is_empty() {
        page.text.push('\n');
    }
    page.unmanaged(plan);
    for note in &plan.notes {
        page.note(note, note.is_allowed(allowances));
    }
    page.footer(plan);
    page.text
}

struct Page {
    text: String,
    look: Look,
}

impl Page {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.look.colour && style != PLAIN { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn row(&mut self, indent: usize, style: Style, text: &str) {
        let painted = self.paint(style, text);
        let _ = writeln!(self.text, "{:indent$}{painted}", "");
    }

    fn header(&mut self, plan: &Plan, cost: Option<ReadCost>) {
        let mut parts = vec![
            escaped(&plan.tenant.name),
            format!("{} declared", counted(plan.declared, "object", "objects")),
        ];
        if let Some(cost) = cost {
            let requests =
                counted(usize::try_from(cost.requests).unwrap_or(usize::MAX), "request", "requests");
            parts.push(format!("read in {:.1} s with {requests}", cost.seconds));
        }
        self.wrapped(0, 0, PLAIN, &parts.join("\u{a0}· "));
        self.text.push('\n');
    }

    fn item(&mut self, item: &Item) {
        let (sign, style) = mark(item.sign);
        let remark = item.remark.as_ref().map(|remark| format!("({remark})"));
        let name = escaped(&item.name);
        let fits = remark.as_ref().is_none_or(|remark| 7 + name.width() + remark.width() <= self.look.width);
        let rows = folded(&name, self.look.width.saturating_sub(4));
        let last = rows.len() - 1;
        for (index, row) in rows.iter().enumerate() {
            let lead = if index == 0 { sign } else { " " };
            let painted = self.paint(style, &format!("{lead} {row}"));
            let beside = remark
                .as_ref()
                .filter(|_| fits && index == last)
                .map(|remark| self.paint(DIM, &format!("   {remark}")));
            let _ = writeln!(self.text, "  {painted}{}", beside.unwrap_or_default());
        }
        if let Some(remark) = remark.filter(|_| !fits) {
            self.wrapped(6, 6, DIM, &remark);
        }
        for line in &item.lines {
            self.line(line);
        }
    }

    /// An attribute: its label, then its rows in the value column; beneath it when the label is long.
    fn line(&mut self, line: &Line) {
        let rows = self.rows(&line.body);
        let label = escaped(&line.label);
        let fits = 6 + label.width() < VALUES;
        let beside = rows.len() == 1
            && 8 + label.width() + rows.iter().map(|(_, row)| row.width()).sum::<usize>() <= self.look.width;
        for (index, (style, row)) in rows.iter().enumerate() {
            if index == 0 && fits {
                let _ = write!(self.text, "      {label:<width$}", width = VALUES - 6);
            } else if beside {
                let _ = write!(self.text, "      {label}  ");
            } else {
                if index == 0 {
                    self.row(6, PLAIN, &label);
                }
                let _ = write!(self.text, "{:VALUES$}", "");
            }
            let painted = self.paint(*style, row);
            let _ = writeln!(self.text, "{painted}");
        }
    }

    fn rows(&self, body: &Body) -> Vec<(Style, String)> {
        let room = self.look.width.saturating_sub(VALUES);
        match body {
            Body::Set(value) => folded(&escaped(value), room).into_iter().map(|row| (PLAIN, row)).collect(),
            Body::Changed { before, after, texts } => {
                let one = format!("{} → {}", escaped(before), escaped(after));
                if one.width() <= room {
                    return vec![(PLAIN, one)];
                }
                let (before, after) =
                    texts.as_ref().map_or((before, after), |(before, after)| (before, after));
                let (before, after) = (escaped(before), escaped(after));
                self.signed(&[(Sign::Remove, before), (Sign::Add, after)], room)
            }
            Body::Lines(lines) => {
                let lines: Vec<(Sign, String)> =
                    lines.iter().map(|(sign, line)| (*sign, escaped(line))).collect();
                let shown = if self.look.full { lines.len() } else { lines.len().min(ROWS) };
                let mut rows = self.signed(&lines[..shown], room);
                self.more(lines.len() - shown, "lines", &mut rows);
                rows
            }
            Body::Moves(summary, names) => {
                let mut rows = vec![(PLAIN, summary.clone())];
                if self.look.full {
                    let names: Vec<_> = names.iter().map(|(sign, name)| (*sign, escaped(name))).collect();
                    rows.extend(self.signed(&names, room));
                }
                rows
            }
            Body::Links(links) => {
                let entries: Vec<(Sign, String)> = links
                    .iter()
                    .map(|(sign, name, remark)| {
                        let remark = remark
                            .as_ref()
                            .map(|remark| format!("   ({})", escaped(remark)))
                            .unwrap_or_default();
                        (*sign, format!("{}{remark}", escaped(name)))
                    })
                    .collect();
                self.entries(&entries, room)
            }
        }
    }

    /// A list of references: those that come and those that go are folded apart, so that neither hides the other.
    fn entries(&self, entries: &[(Sign, String)], room: usize) -> Vec<(Style, String)> {
        let mut rows = Vec::new();
        for (sign, word) in [(Sign::Add, "added"), (Sign::Change, "changed"), (Sign::Remove, "removed")] {
            let entries: Vec<(Sign, String)> =
                entries.iter().filter(|(other, _)| *other == sign).cloned().collect();
            let shown = if self.look.full || entries.len() <= FOLDED + 2 { entries.len() } else { FOLDED };
            rows.extend(self.signed(&entries[..shown], room));
            self.more(entries.len() - shown, word, &mut rows);
        }
        rows
    }

    fn more(&self, count: usize, what: &str, rows: &mut Vec<(Style, String)>) {
        if count > 0 {
            rows.push((DIM, format!("… and {count} more {what} (--full shows all)")));
        }
    }

    fn signed(&self, lines: &[(Sign, String)], room: usize) -> Vec<(Style, String)> {
        let mut rows = Vec::new();
        for (sign, line) in lines {
            let (mark, style) = mark(*sign);
            for (index, row) in folded(line, room.saturating_sub(2)).into_iter().enumerate() {
                let lead = if index == 0 { mark } else { " " };
                rows.push((style, format!("{lead} {row}")));
            }
        }
        rows
    }

    fn unmanaged(&mut self, plan: &Plan) {
        for (kind, objects) in view::unmanaged(plan) {
            self.row(0, BOLD, &format!("not declared, left alone ({kind})"));
            for address in objects {
                self.wrapped(2, 4, DIM, &escaped(&address.to_string()));
            }
            self.text.push('\n');
        }
    }

    fn note(&mut self, note: &Note, allowed: bool) {
        let (word, style) = match note.level {
            Level::Refusal if allowed => ("Allowed", YELLOW),
            Level::Refusal => ("Refused", RED),
            Level::Warning => ("Warning", YELLOW),
            Level::Info => ("Note", PLAIN),
        };
        self.entry(word, style, &escaped(&note.message));
        if let Some(help) = note.help.as_ref().filter(|_| !allowed) {
            self.wrapped(9, 15, DIM, &format!("help: {}", escaped(help)));
        }
    }

    fn footer(&mut self, plan: &Plan) {
        for (index, line) in view::impact(plan).iter().enumerate() {
            self.entry(if index == 0 { "Impact" } else { "" }, BOLD, &escaped(line));
        }
        let summary = view::summary(plan);
        let mut parts = if plan.is_empty() {
            vec!["nothing to do: the tenant is as declared".to_owned()]
        } else {
            vec![format!(
                "{} to add, {} to change, {} to remove",
                summary.add, summary.change, summary.remove
            )]
        };
        if summary.unmanaged > 0 {
            parts.push(format!(
                "{} left alone",
                counted(summary.unmanaged, "undeclared object", "undeclared objects")
            ));
        }
        if summary.writes > 0 {
            parts.push(format!(
                "about {}, {} s",
                counted(summary.writes, "write", "writes"),
                summary.seconds
            ));
        }
        // A separator ends a row rather than beginning one.
        self.entry("Plan", BOLD, &parts.join("\u{a0}· "));
    }

    /// A word in the margin and a paragraph beside it.
    fn entry(&mut self, word: &str, style: Style, text: &str) {
        let rows = folded(text, self.look.width.saturating_sub(9));
        for (index, row) in rows.iter().enumerate() {
            let margin = if index == 0 && !word.is_empty() { self.paint(style, word) } else { String::new() };
            let pad = if index == 0 { 9usize.saturating_sub(word.len()) } else { 9 };
            let _ = writeln!(self.text, "{margin}{:pad$}{row}", "");
        }
    }

    fn wrapped(&mut self, indent: usize, hanging: usize, style: Style, text: &str) {
        let first = " ".repeat(indent);
        let further = " ".repeat(hanging);
        let options =
            textwrap::Options::new(self.look.width).initial_indent(&first).subsequent_indent(&further);
        for row in textwrap::wrap(text, options.break_words(true)) {
            let row = row.replace('\u{a0}', " ");
            let painted = self.paint(style, row.trim_start());
            let indent = row.len() - row.trim_start().len();
            let _ = writeln!(self.text, "{:indent$}{painted}", "");
        }
    }
}

fn mark(sign: Sign) -> (&'static str, Style) {
    match sign {
        Sign::Add => ("+", GREEN),
        Sign::Change => ("~", YELLOW),
        Sign::Remove => ("-", RED),
        Sign::Same => (" ", PLAIN),
    }
}

/// Text in rows of at most `room` columns; words longer than that are cut.
fn folded(text: &str, room: usize) -> Vec<String> {
    let rows = textwrap::wrap(text, textwrap::Options::new(room.max(16)).break_words(true));
    if rows.is_empty() {
        return vec![String::new()];
    }
    rows.iter().map(|row| row.replace('\u{a0}', " ")).collect()
}
