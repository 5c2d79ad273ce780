//! Groups and units with rules: assigned ones that become rule-driven, rules that match nobody or everybody, what is odd
//! about a rule.

use super::Context;
use crate::declared_rules;
use crate::kinds::{self, Kind};
use crate::plan::{Allowance, Change, Level, Movement, Note, Step};
use crate::text::counted;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let mut notes: Vec<Note> = kinds::KINDS.iter().filter_map(|kind| conversions(kind, context)).collect();
    notes.extend(context.plan.movements.iter().filter_map(extreme));
    notes.extend(unknown(context));
    for (address, lint) in declared_rules::lints(context.resolved.configuration) {
        let message = format!("membership_rule of {address}: {}", lint.message);
        notes.push(Note::new(lint.code, Level::Warning, Some(address.clone()), message).help(lint.help));
    }
    notes
}

/// Refuses to turn groups with members into rule-driven ones until somebody says how many: the service takes every
/// member out, whether the rule takes them in again or not.
fn conversions(kind: &Kind, context: &Context<'_>) -> Option<Note> {
    let steps = context.plan.steps.iter().filter(|step| step.address.kind == kind.name);
    let converted: Vec<(&Step, usize, &str)> = steps.filter_map(|step| emptied(step)).collect();
    let (first, ..) = converted.first()?;
    let said: Vec<String> = converted
        .iter()
        .map(|(step, members, _)| {
            format!("{} loses {}", step.address, counted(*members, "member", "members"))
        })
        .collect();
    let why = converted.first().map_or("", |(_, _, why)| why);
    let allowance =
        Allowance { class: "convert".to_owned(), table: kind.table.to_owned(), count: converted.len() };
    let help = format!(
        "if you mean it, add `--allow {allowance}`: those whom the rule matches come back when the service has \
         evaluated it, without what they had through the group until then"
    );
    let message = format!("{}: {why}", said.join(", "));
    let address = (converted.len() == 1).then(|| first.address.clone());
    let note = Note::new("conversion", Level::Refusal, address, message).help(help);
    Some(Note { allowed_by: Some(allowance), ..note })
}

/// How many members the service takes out of a step's object, and why.
fn emptied(step: &Step) -> Option<(&Step, usize, &str)> {
    step.changes.iter().find_map(|change| match change {
        Change::Links { removed, consequence: Some(why), .. } => Some((step, removed.len(), why.as_str())),
        _ => None,
    })
}

/// A rule that matches nobody, or everybody there is.
fn extreme(movement: &Movement) -> Option<Note> {
    let (after, candidates) = (movement.after?, movement.candidates?);
    let (code, message, help) = match after {
        0 => (
            "matches-nobody",
            format!("the rule of {} matches nobody", movement.address),
            "look at one who should be in it with `tenantry rule check --explain`",
        ),
        all if all == candidates => (
            "matches-everybody",
            format!("the rule of {} matches everybody: {all} of {candidates}", movement.address),
            "say in the rule whom it leaves out, unless that is meant",
        ),
        _ => return None,
    };
    Some(Note::new(code, Level::Warning, Some(movement.address.clone()), message).help(help))
}

/// Says that nobody knows who moves, when the identity may not read them.
fn unknown(context: &Context<'_>) -> Option<Note> {
    let what = context.resolved.snapshot.candidates.forbidden.as_ref()?;
    let message =
        format!("who joins and leaves through rules is not known: this identity may not read {what}");
    let help = "grant it User.Read.All, GroupMember.Read.All and, for rules about devices, Device.Read.All";
    Some(Note::new("movement-unknown", Level::Warning, None, message).help(help))
}
