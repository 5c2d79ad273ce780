//! The plan for a pull request.

use std::fmt::Write as _;

use super::view::{self, Body, Item, Sign};
use crate::plan::{Level, Plan};
use crate::text::{counted, markdown as escaped};

/// Entries of a list that are shown before the rest is counted.
const FOLDED: usize = 25;

/// Largest size in bytes; GitHub refuses comments of more than 65,536 characters.
const LARGEST: usize = 60_000;

/// The plan as Markdown that ends in a line break. Every name and value from outside is escaped, so that it can be
/// neither markup nor a mention nor a link.
pub fn markdown(plan: &Plan) -> String {
    let summary = view::summary(plan);
    let mut text = format!("### Tenantry plan for {}\n\n", escaped(&plan.tenant.name));
    if plan.is_empty() {
        let _ = writeln!(text, "**Nothing to do**: the tenant is as declared.");
    } else {
        let _ = writeln!(
            text,
            "**{} to add, {} to change, {} to remove**",
            summary.add, summary.change, summary.remove
        );
    }
    let _ = writeln!(
        text,
        "\n{} declared, {} left alone, about {}.",
        counted(plan.declared, "object", "objects"),
        counted(summary.unmanaged, "undeclared object", "undeclared objects"),
        counted(summary.writes, "write", "writes")
    );
    let impact = view::impact(plan);
    if !impact.is_empty() {
        let impact: Vec<String> = impact.iter().map(|line| escaped(line)).collect();
        let _ = writeln!(text, "\n**Impact**: {}.", impact.join(" · "));
    }
    notes(plan, &mut text);
    let mut left_out = 0;
    for section in view::sections(plan) {
        let _ = writeln!(text, "\n#### {}\n", section.title);
        for item in &section.items {
            let shown = shown(item);
            if text.len() + shown.len() > LARGEST {
                left_out += 1;
            } else {
                text.push_str(&shown);
            }
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "\n… and {}: too long to show here.",
            counted(left_out, "more object", "more objects")
        );
    }
    for (kind, objects) in view::unmanaged(plan) {
        let _ = writeln!(text, "\n#### Not declared, left alone ({kind})\n");
        for address in objects.iter().take(FOLDED) {
            let _ = writeln!(text, "- {}", escaped(&address.to_string()));
        }
        more(objects.len().saturating_sub(FOLDED), "", &mut text);
    }
    text
}

fn notes(plan: &Plan, text: &mut String) {
    if !plan.notes.is_empty() {
        text.push('\n');
    }
    for note in &plan.notes {
        let word = match note.level {
            Level::Refusal => "⛔ **Refused**",
            Level::Warning => "⚠️ **Warning**",
            Level::Info => "ℹ️ Note",
        };
        let help = note.help.as_ref().map(|help| format!(" _{}_", escaped(help))).unwrap_or_default();
        let _ = writeln!(text, "- {word}: {}.{help}", escaped(&note.message));
    }
}

fn shown(item: &Item) -> String {
    let remark = item.remark.as_ref().map(|remark| format!(" ({})", escaped(remark))).unwrap_or_default();
    let mut text = format!("- {} **{}**{remark}\n", mark(item.sign), escaped(&item.name));
    for line in &item.lines {
        let label = escaped(&line.label);
        match &line.body {
            Body::Set(value) => {
                let _ = writeln!(text, "  - {label}: {}", escaped(value));
            }
            Body::Changed { before, after, .. } => {
                let _ = writeln!(text, "  - {label}: {} → {}", escaped(before), escaped(after));
            }
            Body::Lines(lines) => {
                let _ = writeln!(text, "  - {label}:");
                for (sign, line) in lines.iter().take(FOLDED) {
                    let _ = writeln!(text, "    - {} {}", mark(*sign), escaped(line));
                }
                more(lines.len().saturating_sub(FOLDED), "    ", &mut text);
            }
            Body::Moves(summary, _) => {
                let _ = writeln!(text, "  - {label}: {}", escaped(summary));
            }
            Body::Links(links) => {
                let _ = writeln!(text, "  - {label}:");
                for (sign, name, remark) in links.iter().take(FOLDED) {
                    let remark =
                        remark.as_ref().map(|remark| format!(" ({})", escaped(remark))).unwrap_or_default();
                    let _ = writeln!(text, "    - {} {}{remark}", mark(*sign), escaped(name));
                }
                more(links.len().saturating_sub(FOLDED), "    ", &mut text);
            }
        }
    }
    text
}

fn more(count: usize, indent: &str, text: &mut String) {
    if count > 0 {
        let _ = writeln!(text, "{indent}- … and {count} more");
    }
}

fn mark(sign: Sign) -> &'static str {
    match sign {
        Sign::Add => "➕",
        Sign::Change => "✏️",
        Sign::Remove => "➖",
        Sign::Same => "▫️",
    }
}
