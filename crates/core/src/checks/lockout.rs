//! Somebody who administers the tenant still gets in, whatever is signed in to, wherever from and at whatever risk; and
//! emergency accounts are kept out of what blocks.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::privilege::{Standing, standing};
use crate::address::Target;
use crate::plan::{Level, Note, Step};
use crate::privilege::{self, State};
use crate::sign_in::{self, Administrator, Policies};
use crate::text::{counted, terminal};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let snapshot = context.resolved.snapshot;
    let Some(before) = &snapshot.sign_in else { return Vec::new() };
    let configuration = context.resolved.configuration;
    if sign_in::needs(context.plan, configuration, snapshot).is_none() {
        return Vec::new();
    }
    let after = before.after(context.plan);
    let roles = context.after.filter(|roles| roles.is_known());
    let (Some(roles), true) = (roles, after.unreadable.is_empty()) else {
        let what: Vec<&str> = after.unreadable.iter().map(String::as_str).collect();
        let what = if what.is_empty() { "who holds directory roles".to_owned() } else { what.join(", ") };
        return vec![unproven(&format!("this identity may not read {what}"))];
    };
    let (was, is) = match (Policies::read(before), Policies::read(&after)) {
        (Ok(was), Ok(is)) => (was, is),
        (Err(error), _) | (_, Err(error)) => {
            return vec![unproven(&format!("a policy is not understood: {}", terminal(&error.to_string())))];
        }
    };
    let emergency = emergency_accounts(context, roles);
    let mut people = administrators(roles);
    people.extend(emergency.iter().cloned());
    let mut notes = locked_out(&was, &is, &people);
    notes.extend(emergency.iter().flat_map(|account| not_excluded(context, &is, account)));
    notes
}

fn unproven(why: &str) -> Note {
    let message = format!("whether administrators still get in cannot be said: {why}");
    let help = format!("grant it Policy.Read.All, {}", privilege::PERMISSIONS.join(", "));
    Note::new("lockout-unproven", Level::Refusal, None, message).help(help)
}

/// People who can sign in and hold a privileged role in the whole tenant, or may activate one.
fn administrators(roles: &State) -> Vec<Administrator> {
    let privileged = roles.roles.keys().filter(|role| roles.is_privileged(role));
    let people: BTreeSet<Target> =
        privileged.flat_map(|role| standing(roles, role)).map(|(person, _)| person).collect();
    people.into_iter().map(|person| administrator(roles, person)).collect()
}

/// Somebody with the roles that are active now: others have to be activated first.
fn administrator(roles: &State, person: Target) -> Administrator {
    let held = roles.roles.iter().filter(|(role, _)| {
        let standing = standing(roles, role).get(&person).copied();
        matches!(standing, Some(Standing::Permanent | Standing::Ending))
    });
    let held = held.map(|(_, role)| role.template.clone()).filter(|template| !template.is_empty());
    Administrator { roles: held.collect(), person }
}

fn emergency_accounts(context: &Context<'_>, roles: &State) -> Vec<Administrator> {
    let accounts = context.resolved.configuration.protect.emergency_access.iter();
    let accounts = accounts.filter_map(|reference| context.resolved.target(reference));
    accounts
        .filter(|account| !roles.gone.contains(account))
        .map(|account| administrator(roles, account))
        .collect()
}

fn locked_out(was: &Policies<'_>, is: &Policies<'_>, people: &[Administrator]) -> Vec<Note> {
    if people.is_empty() {
        // Another rule says that a tenant has too few administrators.
        return Vec::new();
    }
    let Some(lockouts) = is.lockouts(people) else {
        return vec![unproven("the policies tell too many kinds of sign-in apart")];
    };
    let before: BTreeMap<_, _> = was.lockouts(people).unwrap_or_default();
    let notes = lockouts.into_iter().map(|(policies, lockout)| {
        let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
        let level = if before.contains_key(&policies) { Level::Warning } else { Level::Refusal };
        let would = if level == Level::Refusal { "would get in" } else { "gets in" };
        let more = match lockout.classes {
            1 => String::new(),
            count => format!(", and in {} more", counted(count - 1, "kind of sign-in", "kinds of sign-in")),
        };
        let message = format!(
            "no administrator {would} {}{more}, because of {}",
            lockout.example.describe(),
            names.join(", ")
        );
        let help = "exclude the emergency accounts from these policies; nothing overrides this";
        Note::new("lockout", level, None, message).help(help)
    });
    notes.collect()
}

/// Policies that keep an emergency account out, or ask something of it that it may not have.
fn not_excluded(context: &Context<'_>, policies: &Policies<'_>, account: &Administrator) -> Vec<Note> {
    let changed = |policy: &Target| -> Option<&Step> {
        let is_it = |step: &&Step| match &policy.id {
            Some(id) => step.id.as_ref() == Some(id),
            None => step.address.to_string() == policy.name.as_str(),
        };
        context.plan.steps.iter().find(is_it)
    };
    let note = |(policy, blocks): (&Target, bool)| {
        let step = changed(policy);
        let level = if blocks && step.is_some() { Level::Refusal } else { Level::Warning };
        let what = if blocks { "blocks sign-ins" } else { "asks for something that it may not have" };
        let message = format!(
            "the emergency account {} is not excluded from {}, which {what}",
            account.person.name, policy.name
        );
        let help = "exclude it, best through a group of emergency accounts in `users.exclude_groups`";
        Note::new("emergency-access", level, step.map(|step| step.address.clone()), message).help(help)
    };
    policies.about(account).into_iter().map(note).collect()
}
