//! Sign-in after the plan: in every class of sign-ins some administrator gets in, emergency accounts always do, and so does
//! the identity that applies.
//!
//! A class of ordinary sign-ins (to an application, with a client that can be asked, without a risk) in which nobody gets
//! in is refused. Another class (legacy clients, risks, transferred sign-ins, actions of users) is refused where a policy
//! blocks it and there are emergency accounts, which are to be excluded, and else a warning: to keep people out of those is
//! what such policies are for. A policy that blocks an emergency account is refused, or asks it for what it does not have;
//! one that asks for what it may not have is a warning. What was so before the plan is a warning of plans that are about
//! policies.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::address::Target;
use crate::conditional_access::{Id, Kind, Principal, State as PolicyState};
use crate::plan::{Level, Note};
use crate::privilege::State as Privilege;
use crate::sign_in::{self, Lockout, Roles, Side, State};

/// Before and after the plan.
struct Both<'a> {
    before: Side,
    after: Side,
    states: (&'a State, &'a State),
    essential: bool,
}

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let snapshot = context.resolved.snapshot;
    let Some(before) = &snapshot.sign_in else { return Vec::new() };
    let Some(needs) = sign_in::needs(context.plan, context.resolved.configuration, snapshot) else {
        return Vec::new();
    };
    let after = before.after(context.plan);
    let accounts = context.resolved.configuration.protect.emergency_access.iter();
    let emergency: BTreeSet<Target> =
        accounts.filter_map(|account| context.resolved.target(account)).collect();
    let roles_before = snapshot.privilege.as_ref().map(administrators).unwrap_or_default();
    let roles_after = context.after.map_or_else(|| roles_before.clone(), administrators);
    let both = Both {
        before: Side::new(before, &roles_before, &emergency),
        after: Side::new(&after, &roles_after, &emergency),
        states: (before, &after),
        essential: needs.essential,
    };
    let mut notes = unproven(&both, context.after.is_some_and(Privilege::is_known));
    for mut found in [lockouts(context, &both), emergency_accounts(&both), own_identity(context, &both)] {
        // Not by ids, which say nothing.
        found.sort_by(|left, right| left.message.cmp(&right.message));
        notes.extend(found);
    }
    notes
}

/// The roles of those who hold a privileged one.
fn administrators(state: &Privilege) -> BTreeMap<Target, Roles> {
    let privileged = state.roles.keys().filter(|role| state.is_privileged(role));
    let privileged: BTreeSet<Target> = privileged.flat_map(|role| state.standing(role).into_keys()).collect();
    let mut people = sign_in::roles(state);
    people.retain(|person, _| privileged.contains(person));
    people
}

impl Both<'_> {
    /// Whether policies are as they were.
    fn unchanged(&self, policies: &BTreeSet<Target>) -> bool {
        let (before, after) = self.states;
        policies.iter().all(|policy| before.policies.get(policy) == after.policies.get(policy))
    }

    /// How grave it is that something is wrong: `None` where nobody needs to hear of it.
    fn level(&self, was_so: bool, grave: bool) -> Option<Level> {
        match (was_so, grave) {
            (false, true) => Some(Level::Refusal),
            (false, false) => Some(Level::Warning),
            (true, _) => self.essential.then_some(Level::Warning),
        }
    }
}

/// What leaves open whether somebody gets in.
fn unproven(both: &Both<'_>, roles_are_known: bool) -> Vec<Note> {
    let level = if both.essential { Level::Refusal } else { Level::Warning };
    let unreadable = &both.states.1.unreadable;
    let mut notes = Vec::new();
    let mut open = |why: String, help: &str| {
        let message = format!("whether administrators can still sign in cannot be said: {why}");
        notes.push(Note::new("lockout-unproven", level, None, message).help(help));
    };
    if !unreadable.is_empty() || !roles_are_known {
        let roles = (!roles_are_known).then_some("who holds directory roles");
        let what: Vec<&str> = unreadable.iter().map(String::as_str).chain(roles).collect();
        open(
            format!("this identity may not read {}", what.join(", ")),
            "grant it the permissions to read them",
        );
    }
    for (policy, error) in &both.after.unread {
        open(format!("{} is not understood: {error}", policy.name), "look at it in the portal");
    }
    notes
}

fn lockouts(context: &Context<'_>, both: &Both<'_>) -> Vec<Note> {
    if both.after.administrators.is_empty() {
        return Vec::new();
    }
    let proof = sign_in::prove(&both.after);
    let applications = applications(context);
    let emergency = both.after.administrators.iter().any(|who| who.emergency);
    let mut notes: Vec<Note> = proof
        .lockouts
        .iter()
        .filter_map(|lockout| {
            let is_blocked = lockout.policies.iter().any(|policy| both.after.blocks(policy));
            note(both, &applications, lockout, lockout.ordinary || (emergency && is_blocked))
        })
        .collect();
    if !proof.complete {
        let level = if both.essential { Level::Refusal } else { Level::Warning };
        let message =
            "policies tell too many classes of sign-ins apart to try all of them for a lockout".to_owned();
        notes.push(
            Note::new("lockout-unproven", level, None, message)
                .help("exclude an emergency account from every policy"),
        );
    }
    notes
}

/// The names of applications that were looked up, by application id in lower case.
fn applications(context: &Context<'_>) -> BTreeMap<String, String> {
    let seen = context.resolved.snapshot.kinds.get("app").into_iter().flat_map(|seen| &seen.objects);
    seen.map(|app| (app.text("appId").to_lowercase(), app.text("displayName").to_owned())).collect()
}

fn note(
    both: &Both<'_>,
    applications: &BTreeMap<String, String>,
    lockout: &Lockout,
    grave: bool,
) -> Option<Note> {
    let was_locked = !both.before.administrators.iter().any(|who| both.before.gets_in(who, &lockout.sign_in));
    let level = both.level(both.unchanged(&lockout.policies) && was_locked, grave)?;
    let could = if level == Level::Refusal { "could sign in" } else { "can sign in" };
    let mut policies: Vec<&str> = lockout.policies.iter().map(|policy| policy.name.as_str()).collect();
    policies.sort_unstable();
    let message = format!(
        "no administrator {could} {}, because of {}",
        lockout.describe(applications),
        policies.join(", ")
    );
    let help = "exclude an emergency account, declared in `[protect] emergency_access`, from these policies";
    Some(Note::new("lockout", level, None, message).help(help))
}

/// Emergency accounts that a policy could keep out.
fn emergency_accounts(both: &Both<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for who in both.after.administrators.iter().filter(|who| who.emergency) {
        let before = both.before.administrators.iter().find(|other| other.target == who.target);
        let was = before.map(|who| named(&both.before, who)).unwrap_or_default();
        for (policy, hard) in named(&both.after, who) {
            let was_so = was.contains_key(&policy) && both.unchanged(&BTreeSet::from([policy.clone()]));
            let Some(level) = both.level(was_so, hard) else { continue };
            let what = match (both.after.blocks(&policy), hard) {
                (true, _) => "which blocks sign-ins",
                (false, true) => "which asks for what it does not have",
                (false, false) => "which asks for what it may not have",
            };
            let message = format!(
                "the emergency account {} is not excluded from {}, {what}",
                who.target.name, policy.name
            );
            let help = "exclude it, or a group that it is in, from the policy";
            notes.push(Note::new("emergency-access", level, None, message).help(help));
        }
    }
    notes
}

/// The policies that can keep somebody out, and whether they do so for sure in some sign-in: by blocking it, or in an
/// ordinary one.
fn named(side: &Side, who: &sign_in::Administrator) -> BTreeMap<Target, bool> {
    let policies = side.in_the_way_of(who).into_iter();
    policies
        .map(|(place, ordinary)| {
            let policy = side.policies[place].clone();
            let hard = ordinary || side.blocks(&policy);
            (policy, hard)
        })
        .collect()
}

/// Policies about workloads that block the identity which applies.
fn own_identity(context: &Context<'_>, both: &Both<'_>) -> Vec<Note> {
    let Some(identity) = &context.resolved.snapshot.tenant.identity else { return Vec::new() };
    let principal = Principal {
        kind: Kind::ServicePrincipal,
        id: Some(Id::new(identity.as_str())),
        registered_in_this_tenant: true,
        ..Principal::default()
    };
    let assigned = both.after.tenant.assigned(&principal);
    let blocks = |place: &usize| {
        let policy = &both.after.tenant.policies[*place];
        policy.state == PolicyState::Enabled && policy.grant_controls.block() && assigned.is_about(*place)
    };
    let blocking = (0..both.after.policies.len()).filter(blocks).map(|place| &both.after.policies[place]);
    let note = |policy: &Target| {
        let level = both.level(both.unchanged(&BTreeSet::from([policy.clone()])), true)?;
        let message =
            format!("the identity that runs this (id:{identity}) is one that {} blocks", policy.name);
        Some(
            Note::new("own-rights", level, None, message)
                .help("exclude its service principal from the policy"),
        )
    };
    blocking.filter_map(note).collect()
}
