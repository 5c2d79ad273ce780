//! Security defaults and enabled Conditional Access policies: never both, and a word where there is neither.

use std::collections::BTreeSet;

use super::Context;
use crate::address::Address;
use crate::plan::exclusion::{DEFAULTS, ENABLED, POLICY, enables, turns};
use crate::plan::{Action, Level, Note, Step};
use crate::snapshot::Observed;

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let steps = &context.plan.steps;
    let turned = steps.iter().find_map(turns);
    let enabled: Vec<&Step> = steps.iter().filter(|step| enables(step)).collect();
    if turned.is_none() && enabled.is_empty() {
        return Vec::new();
    }
    let note = match (turned.unwrap_or_else(|| are_on(context)), turned) {
        (true, _) => both(context),
        (false, Some(_)) => gap(context, &enabled),
        (false, None) => None,
    };
    note.into_iter().collect()
}

/// Whether they are on in the tenant, as far as that was read.
fn are_on(context: &Context<'_>) -> bool {
    let seen = context.resolved.snapshot.kinds.get(DEFAULTS);
    seen.into_iter().flat_map(|seen| &seen.objects).any(|defaults| defaults.flag("isEnabled"))
}

/// Refuses what the service would: defaults that are on beside policies in force.
fn both(context: &Context<'_>) -> Option<Note> {
    let policies = in_force(context);
    let first = policies.first()?.clone();
    let names: Vec<&str> = policies.iter().map(String::as_str).collect();
    let message = format!("security defaults would be on beside {}, which is enabled", shown(&names));
    let help = "set `[security_defaults] is_enabled = false`, or the policies to report-only or disabled";
    let address = steps_address(context, &first);
    Some(Note::new("security-defaults", Level::Refusal, address, message).help(help))
}

/// The first of some names, and how many more there are.
fn shown(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

fn steps_address(context: &Context<'_>, name: &str) -> Option<Address> {
    let steps = context.plan.steps.iter();
    steps.map(|step| &step.address).find(|address| address.to_string() == name).cloned()
}

/// The policies that are in force after the plan, by address.
fn in_force(context: &Context<'_>) -> Vec<String> {
    let steps = context.plan.steps.iter().filter(|step| step.address.kind == POLICY);
    let touched: BTreeSet<_> = steps
        .clone()
        .filter(|step| step.action == Action::Delete || step.after("state").is_some())
        .filter_map(|step| step.id.as_ref())
        .collect();
    let seen = context.resolved.snapshot.kinds.get(POLICY).into_iter().flat_map(|seen| &seen.objects);
    let left = seen.filter(|live| live.text("state") == ENABLED && !touched.contains(&live.id));
    let name = |live: &Observed| format!("{POLICY}:{}", live.text("displayName"));
    let begun = steps.filter(|step| enables(step)).map(|step| step.address.to_string());
    begun.chain(left.map(name)).collect()
}

/// Says that nothing protects sign-in for a moment, or from then on.
fn gap(context: &Context<'_>, enabled: &[&Step]) -> Option<Note> {
    let defaults = Some(Address::new(DEFAULTS, ""));
    let policies = in_force(context);
    let others = policies.len() - enabled.len();
    let (message, help) = match enabled {
        [] if policies.is_empty() => (
            "sign-in is protected by neither security defaults nor an enabled policy after this plan"
                .to_owned(),
            "enable policies of `[conditional_access]` in the same plan",
        ),
        [first, ..] if others == 0 => (
            format!(
                "sign-in is protected by nothing between the end of security defaults and {}, which cannot be enabled before",
                first.address
            ),
            "apply at a quiet hour, and see that the apply comes to its end",
        ),
        _ => return None,
    };
    Some(Note::new("security-defaults", Level::Warning, defaults, message).help(help))
}
