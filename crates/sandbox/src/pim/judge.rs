//! Whether a request is accepted: against what there is, who asks, and the settings of what is asked for.
//! <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests>

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::ask::invalid;
use super::groups::{About, schedules};
use super::policies::Subject;
use super::policy::{Attempt, Caller, Level, authentication_context, failing_rules, needs_approval};
use super::{Action, Ask, Family, Schedule, Scope, Target};
use crate::graph::{Directory, Failure};
use crate::quirks::directory_role::holds;
use crate::schema;
use crate::store::{Object, Store, id_of};

/// Roles whose holders decide who has which role: Privileged Role Administrator and Global Administrator.
const DECIDERS: &[&str] = &["e8611ab8-c189-46e8-94e1-60213ab1f814", "62e90394-69f5-4237-9190-012177145e10"];

/// A request that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// To be carried out.
    Granted,
    /// Once somebody approves it.
    NeedsApproval,
    /// Once an administrator extends or renews.
    NeedsAdministrator,
    /// But nothing ever comes of it: groups that cannot be given roles are found out too late.
    ForNothing,
}

/// Judges a request; `object` is what was sent.
pub(crate) fn judge(directory: &Directory<'_>, ask: &Ask, object: &Object) -> Result<Accepted, Failure> {
    if !ask.action.suits(ask.family) {
        return Err(invalid(&format!("{} is not about eligibility", ask.action.name())));
    }
    check_caller(directory, ask)?;
    let principal = directory.primary.live(ask.principal).ok_or_else(|| subject_not_found(&ask.principal))?;
    check_principal(ask, principal)?;
    check_pending(directory.primary, ask)?;
    check_existing(directory, ask)?;
    check_settings(directory, ask, object)?;
    let rules = rules(directory.primary, ask.target);
    Ok(match ask.action {
        Action::SelfExtend | Action::SelfRenew => Accepted::NeedsAdministrator,
        Action::SelfActivate if needs_approval(&rules) => Accepted::NeedsApproval,
        _ if is_plain_group(ask, principal) => Accepted::ForNothing,
        _ => Accepted::Granted,
    })
}

/// The refusal for a principal that is not there, or not yet.
pub(crate) fn subject_not_found(id: &impl std::fmt::Display) -> Failure {
    Failure::new(404, "SubjectNotFound", format!("The subject is not found: {id}."))
}

/// The person who asks.
fn person<'a>(directory: &Directory<'a>) -> Option<&'a Arc<Object>> {
    let caller = directory.primary.live(directory.caller?)?;
    (caller.entity.name == "user").then_some(caller)
}

/// People ask for themselves, or need a role to decide about others; applications only decide.
fn check_caller(directory: &Directory<'_>, ask: &Ask) -> Result<(), Failure> {
    let may = match (ask.action.caller(), person(directory)) {
        (Caller::EndUser, person) => {
            directory.caller.is_none() || person.is_some_and(|person| person.id == ask.principal)
        }
        (Caller::Admin, Some(person)) => {
            holds(directory.primary, person.id, DECIDERS) || owns(directory.primary, person, ask.target)
        }
        (Caller::Admin, None) => true,
    };
    if may { Ok(()) } else { Err(Failure::denied()) }
}

/// Owners of a group decide about it.
fn owns(store: &Store, person: &Object, target: Target) -> bool {
    matches!(target, Target::Group { group, .. } if store.is_linked(group, "owners", person.id))
}

fn check_principal(ask: &Ask, principal: &Object) -> Result<(), Failure> {
    if ask.action.removes() {
        return Ok(());
    }
    match (principal.entity.name, ask.family) {
        ("user", _) | ("servicePrincipal", Family::Active) => Ok(()),
        ("group", Family::Active) if is_plain_group(ask, principal) => {
            Err(invalid("the group is not assignable to roles"))
        }
        ("group", _) => Ok(()),
        (kind, _) => Err(invalid(&format!("a {kind} cannot have it"))),
    }
}

/// Whether the principal is a group that roles cannot be given to.
fn is_plain_group(ask: &Ask, principal: &Object) -> bool {
    let is_role = matches!(ask.target, Target::Role { .. });
    is_role
        && principal.entity.name == "group"
        && !principal.flag("isAssignableToRole")
        && !ask.action.removes()
}

/// One request at a time for the same thing.
fn check_pending(store: &Store, ask: &Ask) -> Result<(), Failure> {
    let kinds = schema::by_name(ask.family.requests(ask.target)).into_iter();
    let all = kinds.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id));
    let is_open = |object: &&Arc<Object>| {
        matches!(
            object.text("status"),
            Some("Granted" | "PendingApproval" | "PendingProvisioning" | "PendingScheduleCreation")
        )
    };
    let same = |object: &Arc<Object>| {
        object.text("principalId").map(id_of) == Some(ask.principal)
            && Target::read(object, store) == Some(ask.target)
    };
    if all.filter(is_open).any(same) {
        let message = "There is already a pending request for the same principal and role.";
        return Err(Failure::new(400, "PendingRoleAssignmentRequest", message));
    }
    Ok(())
}

/// The schedules a request is about.
pub(crate) fn concerned(store: &Store, ask: &Ask, now: jiff::Timestamp) -> Vec<Schedule> {
    let same = |found: &Schedule| {
        (found.target, found.principal) == (ask.target, ask.principal) && !found.is_over(now)
    };
    let all = known(store, ask).into_iter().filter(same);
    match ask.action {
        Action::SelfDeactivate => all.filter(|found| found.activated).collect(),
        Action::AdminAssign | Action::AdminUpdate | Action::AdminExtend | Action::AdminRenew => {
            all.filter(|found| !found.activated).collect()
        }
        _ => all.collect(),
    }
}

/// The schedules among which those are that a request is about.
fn known(store: &Store, ask: &Ask) -> Vec<Schedule> {
    match ask.target {
        Target::Role { .. } => Schedule::all(store, ask.family).collect(),
        Target::Group { group, .. } => {
            schedules(store, ask.family, About { group: Some(group), principal: Some(ask.principal) })
        }
    }
}

fn check_existing(directory: &Directory<'_>, ask: &Ask) -> Result<(), Failure> {
    let concerned = concerned(directory.primary, ask, directory.now);
    match ask.action {
        Action::AdminAssign | Action::SelfActivate | Action::AdminRenew if !concerned.is_empty() => {
            Err(Failure::new(400, "RoleAssignmentExists", "The Role assignment already exists."))
        }
        Action::AdminAssign | Action::SelfActivate => Ok(()),
        Action::AdminRenew | Action::SelfRenew => {
            if was_held(directory.primary, ask) {
                Ok(())
            } else {
                Err(does_not_exist())
            }
        }
        _ if concerned.is_empty() => Err(does_not_exist()),
        Action::AdminRemove | Action::SelfDeactivate => check_age(directory, ask, &concerned),
        Action::AdminUpdate | Action::AdminExtend | Action::SelfExtend => Ok(()),
    }
}

fn does_not_exist() -> Failure {
    Failure::new(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
}

/// Whether the journal knows of a request that once gave what is to be renewed.
fn was_held(store: &Store, ask: &Ask) -> bool {
    let kinds = schema::by_name(ask.family.requests(ask.target)).into_iter();
    let mut all = kinds.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id));
    all.any(|object| {
        object.text("principalId").map(id_of) == Some(ask.principal)
            && object.text("status") == Some("Provisioned")
            && Target::read(object, store) == Some(ask.target)
    })
}

/// What is active stays so for some minutes.
fn check_age(directory: &Directory<'_>, ask: &Ask, concerned: &[Schedule]) -> Result<(), Failure> {
    let least = SignedDuration::try_from(directory.pim.minimum_active).unwrap_or(SignedDuration::MAX);
    let young = |found: &Schedule| directory.now.duration_since(found.start.max(found.created)) < least;
    if ask.family == Family::Active && concerned.iter().any(young) {
        let message = "The active duration is too short: it must be active for at least 5 minutes.";
        return Err(Failure::new(400, "ActiveDurationTooShort", message));
    }
    Ok(())
}

/// What the settings of a target say.
fn rules(store: &Store, target: Target) -> Vec<serde_json::Value> {
    match target {
        Target::Role { role, .. } => Subject::role(&role.to_string()).rules(store),
        Target::Group { group, access } => Subject::group(&group.to_string(), access.name()).rules(store),
    }
}

fn check_settings(directory: &Directory<'_>, ask: &Ask, object: &Object) -> Result<(), Failure> {
    if ask.action.removes() {
        return Ok(());
    }
    let rules = rules(directory.primary, ask.target);
    let ticket = object.get("ticketInfo");
    let filled = |name: &str| {
        let text = ticket.and_then(|ticket| ticket[name].as_str());
        text.is_some_and(|text| !text.trim().is_empty())
    };
    let attempt = Attempt {
        caller: ask.action.caller(),
        level: if ask.family == Family::Active { Level::Assignment } else { Level::Eligibility },
        length: ask.length(),
        justification: object.text("justification"),
        has_ticket: filled("ticketNumber") && filled("ticketSystem"),
        has_mfa: person(directory).is_some() || !directory.pim.mfa_for_applications,
        is_eligible: ask.action != Action::SelfActivate || is_eligible(directory, ask),
    };
    let failing = failing_rules(&rules, &attempt);
    if !failing.is_empty() {
        let message = format!("The following policy rules failed: {}", json!(failing));
        return Err(Failure::new(400, "RoleAssignmentRequestPolicyValidationFailed", message));
    }
    if ask.action == Action::SelfActivate
        && directory.caller.is_some()
        && authentication_context(&rules).is_some()
    {
        let message = "The authentication context of the request does not meet the policy.";
        return Err(Failure::new(400, "RoleAssignmentRequestAcrsValidationFailed", message));
    }
    Ok(())
}

/// Whether somebody may activate something: eligible for it, or for the same role in the whole tenant, in person or as
/// a member of a group.
fn is_eligible(directory: &Directory<'_>, ask: &Ask) -> bool {
    let store = directory.primary;
    let covers = |target: Target| {
        let in_tenant = match (target, ask.target) {
            (Target::Role { role, scope }, Target::Role { role: wanted, .. }) => {
                role == wanted && scope == Scope::Tenant
            }
            _ => false,
        };
        target == ask.target || in_tenant
    };
    let mut all = Schedule::all(store, Family::Eligible).filter(|found| found.is_in_force(directory.now));
    all.any(|found| {
        let is_it =
            found.principal == ask.principal || store.is_linked(found.principal, "members", ask.principal);
        is_it && covers(found.target)
    })
}
