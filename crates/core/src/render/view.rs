//! The plan as sections, items and lines, before anything is escaped or coloured.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::moves;
use crate::address::{Address, Target};
use crate::kinds::comparison::{inside, is_nothing, range_text, same};
use crate::kinds::{self, Attribute, Kind, Shape, Type, Word, reference, snake_case};
use crate::plan::{
    Action, Adjusted, Change, License, ManualCheck, Movement, Plan, PlanName, Reason, Rescheduled, Scheduled,
    Scope, Step, Unscheduled,
};

/// A kind's steps.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) items: Vec<Item>,
}

/// One object.
pub(super) struct Item {
    pub(super) sign: Sign,
    pub(super) name: String,
    pub(super) remark: Option<String>,
    pub(super) lines: Vec<Line>,
}

/// Whether something comes, goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Add,
    Change,
    Remove,
    Same,
}

/// One attribute, or one member of a record.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) body: Body,
}

/// What an attribute's line says. Texts are not escaped yet.
pub(super) enum Body {
    /// A new object's value.
    Set(String),
    /// A value that changes. Texts that do not fit one row stand there without quotes.
    Changed { before: String, after: String, texts: Option<(String, String)> },
    /// A text of several lines, line by line.
    Lines(Vec<(Sign, String)>),
    /// Who moves through a rule: how many, and by name for those who ask.
    Moves(String, Vec<(Sign, String)>),
    /// References that come and go, each with a remark.
    Links(Vec<(Sign, String, Option<String>)>),
}

/// The section of what a tenant has one of.
const TENANT: &str = "tenant";

/// The plan's sections, in the order of the kind table, and the manual register.
pub(super) fn sections(plan: &Plan) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for kind in kinds::KINDS {
        let title = if kind.shape.is_single() { TENANT } else { kind.table };
        let steps = plan.steps.iter().filter(|step| step.address.kind == kind.name);
        let moved = plan.movements.iter().filter(|movement| movement.address.kind == kind.name);
        let alone = moved.filter(|movement| !plan.steps.iter().any(|step| step.address == movement.address));
        let items = steps.map(|step| item(kind, step, plan.movement(&step.address)));
        let items: Vec<Item> = items.chain(alone.map(moves::item)).collect();
        match sections.iter_mut().find(|section| section.title == title) {
            Some(section) => section.items.extend(items),
            None => sections.push(Section { title, items }),
        }
    }
    let manual = plan.manual.iter().map(manual_item).collect();
    sections.push(Section { title: "manual", items: manual });
    sections.retain(|section| !section.items.is_empty());
    sections
}

fn manual_item(check: &ManualCheck) -> Item {
    let line = |label: &str, value: String| Line { label: label.to_owned(), body: Body::Set(value) };
    let checked = match (check.checked, check.due) {
        (Some(checked), Some(due)) => format!("{checked}, good until {due}"),
        _ => "never".to_owned(),
    };
    Item {
        sign: Sign::Same,
        name: check.name.clone(),
        remark: check.overdue.then(|| "overdue".to_owned()),
        lines: vec![
            line("owner", check.owner.clone()),
            line("expected", check.expected.clone()),
            line("checked", checked),
        ],
    }
}

fn item(kind: &'static Kind, step: &Step, movement: Option<&Movement>) -> Item {
    let sign = match step.action {
        Action::Create | Action::Restore => Sign::Add,
        Action::Update => Sign::Change,
        Action::Delete => Sign::Remove,
    };
    let remark = match step.reason {
        Reason::Missing | Reason::Differs => None,
        Reason::SoftDeleted => Some("restored from the deleted items".to_owned()),
        Reason::DeclaredAbsent if matches!(kind.shape, Shape::Settings(_)) => {
            Some("declared absent: back to the defaults".to_owned())
        }
        Reason::DeclaredAbsent => Some("declared absent".to_owned()),
        Reason::Undeclared => Some(format!("not declared, and {} are managed as exact", kind.table)),
        Reason::NoLongerDeclared => Some("no longer declared".to_owned()),
    };
    let called = step.called.as_ref().map(|name| format!("called \"{name}\" in the tenant"));
    let remark = match (remark, called) {
        (Some(remark), Some(called)) => Some(format!("{called}; {remark}")),
        (remark, called) => remark.or(called),
    };
    // Where it is known who really leaves, only a note says that the service empties the group first.
    let told = |change: &&Change| {
        movement.is_none() || !matches!(change, Change::Links { consequence: Some(_), .. })
    };
    let changes = step.changes.iter().filter(told).flat_map(|change| lines(kind, step.action, change));
    let lines = changes.chain(movement.map(moves::line)).collect();
    let name = if kind.shape.is_single() { &step.address.kind } else { &step.address.key };
    Item { sign, name: name.to_string(), remark, lines }
}

fn lines(kind: &'static Kind, action: Action, change: &Change) -> Vec<Line> {
    let Some(attribute) = kind.attribute_or_extension(change.attribute()) else { return Vec::new() };
    match change {
        Change::Value { attribute: name, before, after } => {
            value_lines(attribute, name, action, before, after)
        }
        Change::Links { attribute: name, added, removed, .. }
            if attribute.link().is_some_and(|link| link.max == 1) =>
        {
            let name_of = |target: Option<&Target>| {
                target.map_or_else(|| "(none)".to_owned(), |target| target.name.to_string())
            };
            let before = name_of(removed.first().map(|removed| &removed.target));
            let after = name_of(added.first().map(|added| &added.target));
            let body = if action == Action::Create {
                Body::Set(after)
            } else {
                Body::Changed { before, after, texts: None }
            };
            vec![Line { label: name.clone(), body }]
        }
        Change::Assignments { attribute: name, added, removed, .. } => {
            let holds = |member: &Target, role: &Target| format!("{} as {}", member.name, role.name);
            let added = added.iter().map(|added| {
                let remark = held(added.until, added.reason.as_deref());
                (Sign::Add, holds(&added.member, &added.role), remark)
            });
            let removed = removed.iter().map(|removed| {
                let ended = removed.until.map(|until| format!("until {until} has passed"));
                (Sign::Remove, holds(&removed.member, &removed.role), ended)
            });
            vec![Line { label: name.clone(), body: Body::Links(added.chain(removed).collect()) }]
        }
        Change::Schedules { attribute: name, added, changed, removed, .. } => {
            let body = Body::Links(schedules(added, changed, removed));
            vec![Line { label: name.clone(), body }]
        }
        Change::Licenses { attribute: name, added, adjusted, removed, reprocess } => {
            let again = reprocess.clone().map(|why| {
                (Sign::Change, "what groups give".to_owned(), Some(format!("tried again: {why}")))
            });
            let licenses = licenses(added, adjusted, removed).into_iter().chain(again);
            let body = Body::Links(licenses.collect());
            vec![Line { label: name.clone(), body }]
        }
        Change::Links { attribute: name, added, removed, consequence, .. } => {
            let added = added.iter().map(|added| {
                (Sign::Add, added.target.name.to_string(), held(added.until, added.reason.as_deref()))
            });
            let removed = removed.iter().map(|removed| {
                let ended = removed.until.map(|until| format!("until {until} has passed"));
                (
                    Sign::Remove,
                    removed.target.name.to_string(),
                    ended.or_else(|| consequence.as_ref().map(|_| "by the service".to_owned())),
                )
            });
            vec![Line { label: name.clone(), body: Body::Links(added.chain(removed).collect()) }]
        }
    }
}

/// Schedules that are made, changed and ended, each with its end.
fn schedules(
    added: &[Scheduled],
    changed: &[Rescheduled],
    removed: &[Unscheduled],
) -> Vec<(Sign, String, Option<String>)> {
    let over = |member: &Target, scope: &Option<Scope>| match scope {
        Some(scope) => format!("{} over {}", member.name, scope.target.name),
        None => member.name.to_string(),
    };
    let added = added.iter().map(|added| {
        let ends = (!added.ends.is_never()).then(|| added.ends.describe());
        let remark: Vec<String> = ends.into_iter().chain(added.justification.clone()).collect();
        (Sign::Add, over(&added.member, &added.scope), (!remark.is_empty()).then(|| remark.join(": ")))
    });
    let changed = changed.iter().map(|changed| {
        let remark = format!("{} → {}", changed.before.describe(), changed.after.describe());
        (Sign::Change, over(&changed.member, &changed.scope), Some(remark))
    });
    let removed = removed.iter().map(|removed| {
        let ends = (!removed.ends.is_never()).then(|| removed.ends.describe());
        (Sign::Remove, over(&removed.member, &removed.scope), ends)
    });
    added.chain(changed).chain(removed).collect()
}

/// Licences that come, change and go, each with the service plans it is about.
fn licenses(
    added: &[License],
    adjusted: &[Adjusted],
    removed: &[License],
) -> Vec<(Sign, String, Option<String>)> {
    let without = |plans: &[PlanName]| (!plans.is_empty()).then(|| format!("without {}", names(plans)));
    let added =
        added.iter().map(|license| (Sign::Add, license.sku.describe(), without(&license.disabled_plans)));
    let adjusted = adjusted.iter().map(|license| {
        let on = (!license.enables.is_empty()).then(|| format!("{} on", names(&license.enables)));
        let off = (!license.disables.is_empty()).then(|| format!("{} off", names(&license.disables)));
        let remark = [on, off].into_iter().flatten().collect::<Vec<_>>().join("; ");
        (Sign::Change, license.sku.describe(), Some(remark))
    });
    let removed = removed.iter().map(|license| (Sign::Remove, license.sku.describe(), None));
    added.chain(adjusted).chain(removed).collect()
}

fn names(plans: &[PlanName]) -> String {
    plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn held(until: Option<jiff::civil::Date>, reason: Option<&str>) -> Option<String> {
    match (until, reason) {
        (None, None) => None,
        (Some(until), None) => Some(format!("until {until}")),
        (None, Some(reason)) => Some(reason.to_owned()),
        (Some(until), Some(reason)) => Some(format!("until {until}: {reason}")),
    }
}

fn value_lines(
    attribute: &Attribute,
    name: &str,
    action: Action,
    before: &Value,
    after: &Value,
) -> Vec<Line> {
    if let (Type::Record(members), Value::Object(wanted)) = (&attribute.value, after) {
        let changed = members.iter().filter_map(|member| {
            let after = wanted.get(member.graph)?;
            let before = before.get(member.graph).unwrap_or(&Value::Null);
            let shown = if action == Action::Create {
                !is_nothing(after)
            } else {
                !same(&member.value, after, before)
            };
            shown.then_some((member, before, after))
        });
        return changed
            .flat_map(|(member, before, after)| {
                value_lines(member, &format!("{name}.{}", member.name), action, before, after)
            })
            .collect();
    }
    if let (Type::Record(members), Value::Object(held), Value::Null) = (&attribute.value, before, after) {
        let held = members.iter().filter_map(|member| Some((member, held.get(member.graph)?)));
        return held
            .filter(|(_, held)| !is_nothing(held))
            .flat_map(|(member, held)| {
                value_lines(member, &format!("{name}.{}", member.name), action, held, &Value::Null)
            })
            .collect();
    }
    let body = match (before.as_str(), after.as_str()) {
        (before, Some(text)) if text.contains('\n') || before.is_some_and(|before| before.contains('\n')) => {
            Body::Lines(line_diff(before.unwrap_or_default(), text))
        }
        _ if action == Action::Create => Body::Set(shown(attribute, after)),
        (texts, after_text) => Body::Changed {
            before: shown(attribute, before),
            after: shown(attribute, after),
            // Flags are one text to Graph alone.
            texts: texts
                .filter(|_| !matches!(attribute.value, Type::Flags(_)))
                .zip(after_text)
                .map(|(before, after)| (before.to_owned(), after.to_owned())),
        },
    };
    vec![Line { label: name.to_owned(), body }]
}

fn line_diff(before: &str, after: &str) -> Vec<(Sign, String)> {
    let diff = TextDiff::from_lines(before, after);
    let lines = diff.iter_all_changes().map(|change| {
        let sign = match change.tag() {
            ChangeTag::Insert => Sign::Add,
            ChangeTag::Delete => Sign::Remove,
            ChangeTag::Equal => Sign::Same,
        };
        (sign, change.value().trim_end_matches(['\n', '\r']).to_owned())
    });
    lines.collect()
}

/// A value as TOML would write it; enumeration members in their TOML spelling.
fn shown(attribute: &Attribute, value: &Value) -> String {
    match (&attribute.value, value) {
        (_, Value::Null) => "(none)".to_owned(),
        (Type::Item(member), items) => shown(member, &inside(member, items)),
        (Type::Member(member), value) => shown(member, value.get(member.graph).unwrap_or(&Value::Null)),
        (Type::Named(named), value @ Value::String(text)) => {
            quoted(Word::of(named.words, value).unwrap_or(text))
        }
        (Type::Ranges { .. }, range @ Value::Object(_)) => quoted(range_text(range)),
        (Type::Targets { members, .. }, target @ Value::Object(_)) => shown_target(members, target),
        (Type::Enumeration(members) | Type::Texts { members, .. }, Value::String(text)) => {
            let plain = text.replace(' ', "");
            let known = members.iter().find(|member| member.eq_ignore_ascii_case(&plain));
            known.map_or_else(|| quoted(text), |member| quoted(&snake_case(member)))
        }
        (Type::Words(words), value @ Value::String(text)) => quoted(Word::of(words, value).unwrap_or(text)),
        (Type::Flags(members), Value::String(text)) => {
            let held = members
                .iter()
                .filter(|member| text.split(',').any(|flag| flag.trim().eq_ignore_ascii_case(member)));
            format!("[{}]", held.map(|member| quoted(&snake_case(member))).collect::<Vec<_>>().join(", "))
        }
        (_, Value::String(text)) => quoted(text),
        (_, Value::Array(items)) if items.is_empty() => "[]".to_owned(),
        (_, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| shown(attribute, item)).collect();
            format!("[{}]", items.join(", "))
        }
        (_, Value::Object(members)) => {
            if let Some(target) = reference::target(value) {
                return quoted(&target.name);
            }
            let members = members.iter().filter(|(name, _)| !name.contains("@odata"));
            let declared: &[Attribute] = match attribute.value {
                Type::Records(members) => members,
                _ => &[],
            };
            let said = |(name, value): (&String, &Value)| match declared.iter().find(|of| of.graph == name) {
                Some(member) => format!("{} = {}", member.name, shown(member, value)),
                None => format!("{} = {}", snake_case(name), shown(attribute, value)),
            };
            let members: Vec<String> = members.map(said).collect();
            format!("{{ {} }}", members.join(", "))
        }
        (_, other) => other.to_string(),
    }
}

/// A target by whom it is, in a table when it says more.
fn shown_target(members: &[Attribute], target: &Value) -> String {
    let id = target.get("id").unwrap_or(&Value::Null);
    let whom = match reference::target(id) {
        Some(target) => quoted(&target.name),
        None => quoted(id.as_str().unwrap_or_default()),
    };
    let said = members.iter().filter_map(|member| Some((member, target.get(member.graph)?)));
    let said = said.filter(|(member, value)| !same(&member.value, value, &member.default.value()));
    let said: String =
        said.map(|(member, value)| format!(", {} = {}", member.name, shown(member, value))).collect();
    if said.is_empty() { whom } else { format!("{{ ref = {whom}{said} }}") }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The last line: what the plan adds, changes, removes, leaves alone and costs.
pub(super) struct Summary {
    pub(super) add: usize,
    pub(super) change: usize,
    pub(super) remove: usize,
    pub(super) unmanaged: usize,
    pub(super) writes: usize,
    pub(super) seconds: usize,
}

/// Seconds a batch of 20 writes takes, roughly, and the sustained rate of writes that the published quota allows.
const WRITES_PER_SECOND: usize = 20;

pub(super) fn summary(plan: &Plan) -> Summary {
    Summary {
        add: plan.count(Action::Create) + plan.count(Action::Restore),
        change: plan.count(Action::Update),
        remove: plan.count(Action::Delete),
        unmanaged: plan.unmanaged.iter().map(|unmanaged| unmanaged.count).sum(),
        writes: plan.writes,
        seconds: plan.writes.div_ceil(WRITES_PER_SECOND),
    }
}

/// What the plan does beyond the objects it writes, a line each.
pub(super) fn impact(plan: &Plan) -> Vec<String> {
    let seats = plan.impact.seats.iter().map(|seats| {
        let crate::impact::Seats { sku, now, after, of, .. } = seats;
        format!("{} {now} → {after} of {of} seats", sku.describe())
    });
    let access = plan.impact.access.iter().flat_map(|change| {
        let mut lines = change.describe();
        let more = lines.len().saturating_sub(NAMED_PATHS);
        lines.truncate(NAMED_PATHS);
        lines.extend((more > 0).then(|| format!("{} and {more} more paths to it", change.role.name)));
        lines
    });
    seats.chain(access).collect()
}

/// How many paths to a role are told before the rest is only counted; the JSON has all.
const NAMED_PATHS: usize = 6;

/// Undeclared objects that were asked for by name.
pub(super) fn unmanaged(plan: &Plan) -> Vec<(&str, &[Address])> {
    let named = plan.unmanaged.iter().filter(|unmanaged| !unmanaged.objects.is_empty());
    named.map(|unmanaged| (unmanaged.kind.as_str(), unmanaged.objects.as_slice())).collect()
}
