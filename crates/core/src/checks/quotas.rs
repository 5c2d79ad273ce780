//! Most objects of some sorts that a tenant can have: the service refuses what would be more.
//!
//! Source: "Microsoft Entra service limits and restrictions",
//! <https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions>.

use serde_json::Value;

use super::Context;
use crate::plan::{Action, Level, Note, Step};
use crate::snapshot::Observed;

/// A sort of object with a quota.
struct Quota {
    kind: &'static str,
    what: &'static str,
    most: usize,
    /// Whether soft-deleted objects count until they are gone for good.
    deleted_count: bool,
    /// Whether a live object is of the sort.
    counts: fn(&Observed) -> bool,
    /// Whether what a step creates is.
    creates: fn(&Step) -> bool,
}

const QUOTAS: &[Quota] = &[
    Quota {
        kind: "group",
        what: "role-assignable groups, deleted ones included until they are gone for good",
        most: 500,
        deleted_count: true,
        counts: |group| group.flag("isAssignableToRole"),
        creates: |step| step.after("is_assignable_to_role") == Some(&Value::Bool(true)),
    },
    Quota {
        kind: "custom_role",
        what: "custom roles",
        most: 100,
        deleted_count: false,
        counts: |_| true,
        creates: |_| true,
    },
];

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    QUOTAS.iter().filter_map(|quota| exceeded(context, quota)).collect()
}

/// A refusal where more would be there than can be. Where only some objects of a kind were read, nobody knows.
fn exceeded(context: &Context<'_>, quota: &Quota) -> Option<Note> {
    let steps = context.plan.steps.iter().filter(|step| step.address.kind == quota.kind);
    let (created, others): (Vec<&Step>, Vec<&Step>) =
        steps.partition(|step| step.action == Action::Create && (quota.creates)(step));
    let first = created.first()?;
    let seen = context.resolved.snapshot.kinds.get(quota.kind).filter(|seen| seen.complete)?;
    let freed = others.iter().filter(|step| step.action == Action::Delete && !quota.deleted_count).count();
    let deleted = seen.deleted.iter().filter(|_| quota.deleted_count);
    let there = seen.objects.iter().chain(deleted).filter(|object| (quota.counts)(object)).count();
    let then = there + created.len() - freed.min(there);
    (then > quota.most).then(|| {
        let message =
            format!("the tenant would have {then} {}; it can have at most {}", quota.what, quota.most);
        let note = Note::new("quota", Level::Refusal, Some(first.address.clone()), message);
        note.help("delete some that nobody needs first, or leave these out")
    })
}
