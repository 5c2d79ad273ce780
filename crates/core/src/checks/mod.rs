//! Door 7: what a plan must not do, and what people should know before they approve it.
//!
//! Every rule sees the whole plan with the state it comes from and leads to. A refusal forbids applying; only limits
//! can be overridden, by the number that was reviewed. No policy file switches a rule off.

mod advisory;
mod approvers;
mod brought_back;
mod emergency_access;
mod licenses;
mod limits;
mod lockout;
mod manual;
mod name_swap;
mod naming_policy;
mod never_delete;
mod notices;
mod on_premises;
mod own_rights;
mod quotas;
mod privilege;
mod role_assignable;
mod rules;
pub(crate) mod restricted;
mod security_defaults;
mod unverified_tenant;

use std::collections::BTreeMap;

use crate::address::ObjectId;
use crate::impact::Assessment;
use crate::plan::{Note, Options, Plan, Step};
use crate::privilege::State;
use crate::resolve::Resolved;
use crate::snapshot::Observed;

/// What a rule looks at.
pub(crate) struct Context<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) resolved: &'a Resolved<'a>,
    pub(crate) options: &'a Options,
    /// What the plan does to people's licences.
    pub(crate) assessment: &'a Assessment,
    /// Who holds and reaches roles after the plan, when that was read.
    pub(crate) after: Option<&'a State>,
    /// Every object that was seen, soft-deleted ones included.
    seen: BTreeMap<&'a ObjectId, &'a Observed>,
}

impl Context<'_> {
    /// The live or soft-deleted object that a step is about; none for one that will be created.
    pub(crate) fn object(&self, step: &Step) -> Option<&Observed> {
        self.seen.get(step.id.as_ref()?).copied()
    }
}

/// Every rule, the gravest first.
static RULES: &[fn(&Context<'_>) -> Vec<Note>] = &[
    emergency_access::check,
    own_rights::check,
    unverified_tenant::check,
    brought_back::check,
    never_delete::check,
    on_premises::check,
    restricted::check,
    role_assignable::check,
    name_swap::check,
    rules::check,
    limits::check,
    quotas::check,
    privilege::check,
    lockout::check,
    security_defaults::check,
    licenses::check,
    notices::check,
    approvers::check,
    naming_policy::check,
    advisory::check,
    manual::check,
];

/// Runs every rule over a plan.
pub(crate) fn run(
    plan: &Plan,
    resolved: &Resolved<'_>,
    options: &Options,
    assessment: &Assessment,
    after: Option<&State>,
) -> Vec<Note> {
    let seen = resolved.snapshot.kinds.values().flat_map(|seen| seen.objects.iter().chain(&seen.deleted));
    let seen = seen.map(|object| (&object.id, object)).collect();
    let context = Context { plan, resolved, options, assessment, after, seen };
    RULES.iter().flat_map(|rule| rule(&context)).collect()
}
