//! Unique names that go round in a circle: the service takes each only once it is free, so none ever is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Context;
use crate::kinds::{self, KeyRule, Kind};
use crate::plan::{Action, Change, Level, Note, Step};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for kind in kinds::KINDS {
        for rule in kind.keys.iter().filter(|rule| rule.unique) {
            notes.extend(circles(context, kind, rule));
        }
    }
    notes
}

/// One refusal for each step whose new name is, through the names that others give up, its own old one.
fn circles(context: &Context<'_>, kind: &'static Kind, rule: &KeyRule) -> Vec<Note> {
    let steps = context
        .plan
        .steps
        .iter()
        .filter(|step| step.address.kind == kind.name && step.action == Action::Update);
    let renames: BTreeMap<String, (String, &Step)> = steps
        .filter_map(|step| rename(kind, rule, step).map(|(before, after)| (before, (after, step))))
        .collect();
    let mut notes = Vec::new();
    for (before, (after, step)) in &renames {
        let mut name = after;
        for _ in 0..renames.len() {
            if name == before {
                break;
            }
            let Some((next, _)) = renames.get(name) else { break };
            name = next;
        }
        if name == before && after != before {
            let message = format!(
                "{} would take the name {after}, which it frees itself only at the end of a circle",
                step.address
            );
            let help = "give one of them another name first, in a change of its own";
            notes
                .push(Note::new("name-swap", Level::Refusal, Some(step.address.clone()), message).help(help));
        }
    }
    notes
}

fn rename(kind: &Kind, rule: &KeyRule, step: &Step) -> Option<(String, String)> {
    step.changes.iter().find_map(|change| match change {
        Change::Value { attribute, before, after } if kind.graph_name(attribute) == rule.property => {
            Some((text(before)?, text(after)?))
        }
        _ => None,
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}
