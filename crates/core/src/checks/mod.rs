//! Door 7: what a plan must not do, and what people should know before they approve it.
//!
//! Every rule sees the whole plan with the state it comes from and leads to. A refusal forbids applying; only limits
//! can be overridden, by the number that was reviewed. No policy file switches a rule off.

mod emergency_access;
mod limits;
mod name_swap;
mod never_delete;
mod notices;
mod on_premises;
mod own_rights;

use crate::plan::{Note, Options, Plan};
use crate::resolve::Resolved;

/// What a rule looks at.
pub(crate) struct Context<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) resolved: &'a Resolved<'a>,
    pub(crate) options: &'a Options,
}

/// Every rule, the gravest first.
static RULES: &[fn(&Context<'_>) -> Vec<Note>] = &[
    emergency_access::check,
    own_rights::check,
    never_delete::check,
    on_premises::check,
    name_swap::check,
    limits::check,
    notices::check,
];

/// Runs every rule over a plan.
pub(crate) fn run(plan: &Plan, resolved: &Resolved<'_>, options: &Options) -> Vec<Note> {
    let context = Context { plan, resolved, options };
    RULES.iter().flat_map(|rule| rule(&context)).collect()
}
