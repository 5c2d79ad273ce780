//! What roles rest on after the plan: at least two permanent Global Administrators, emergency accounts that hold that role
//! for good, somebody to approve every activation that takes an approval, and the rights of whoever applies.
//!
//! Each rule looks at the state that the plan leads to. What is wrong there is refused when the plan changes what the
//! rule looks at and does not make it better; else it was so before, and is a warning of plans that are about roles.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::address::Target;
use crate::plan::{Level, Note};
use crate::privilege::{self, Paths, Reach, RoleAt, Scope, Standing, State, known};
use crate::text::counted;

/// Fewest permanent Global Administrators.
///
/// Source: "Manage emergency access accounts",
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access>.
const FEWEST: usize = 2;

/// Before and after the plan.
struct Both<'a> {
    before: &'a State,
    after: &'a State,
    /// Whether the plan is about roles.
    essential: bool,
}

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let snapshot = context.resolved.snapshot;
    let (Some(before), Some(after)) = (&snapshot.privilege, context.after) else { return Vec::new() };
    let Some(needs) = privilege::needs(context.plan, context.resolved.configuration, snapshot) else {
        return Vec::new();
    };
    let both = Both { before, after, essential: needs.essential };
    let mut notes: Vec<Note> = unproven(&both).into_iter().collect();
    if after.is_known() {
        notes.extend(global_administrators(&both));
        notes.extend(emergency_accounts(context, &both));
        notes.extend(own_roles(context, &both));
        notes.extend(approvals(&both));
    }
    notes
}

/// What the identity may not read leaves open whether the plan is safe.
fn unproven(both: &Both<'_>) -> Option<Note> {
    if both.after.unreadable.is_empty() {
        return None;
    }
    let what: Vec<&str> = both.after.unreadable.iter().map(String::as_str).collect();
    let level = if both.essential { Level::Refusal } else { Level::Warning };
    let message = format!(
        "whether enough administrators are left cannot be said: this identity may not read {}",
        what.join(", ")
    );
    let help = format!("grant it {}", privilege::PERMISSIONS.join(", "));
    Some(Note::new("privilege-unproven", level, None, message).help(help))
}

impl Both<'_> {
    /// How grave it is that something is wrong after the plan: `None` where nobody needs to hear of it.
    fn level(&self, changed: bool, better: bool) -> Option<Level> {
        match (changed, better) {
            (true, false) => Some(Level::Refusal),
            (true, true) => Some(Level::Warning),
            (false, _) => self.essential.then_some(Level::Warning),
        }
    }
}

fn global_administrators(both: &Both<'_>) -> Option<Note> {
    let (had, have) = (permanent(both.before), permanent(both.after));
    if have.len() >= FEWEST {
        return None;
    }
    let level = both.level(had != have, have.is_superset(&had))?;
    let tenant = if level == Level::Refusal { "the tenant would be left with" } else { "the tenant has" };
    let message = format!(
        "{tenant} {}{}; the limit is {FEWEST}",
        counted(have.len(), "permanent Global Administrator", "permanent Global Administrators"),
        named(&have),
    );
    let help = "keep two people who can sign in among `active` of [roles.\"Global Administrator\"], without an end; \
                nothing overrides this";
    Some(Note::new("global-administrators", level, None, message).help(help))
}

/// People who can sign in and hold Global Administrator for good, themselves or as members of a group.
fn permanent(state: &State) -> BTreeSet<Target> {
    let Some(role) = state.role_of(known::GLOBAL_ADMINISTRATOR) else { return BTreeSet::new() };
    let people = state.standing(role);
    people
        .into_iter()
        .filter(|(_, standing)| *standing == Standing::Permanent)
        .map(|(person, _)| person)
        .collect()
}

fn emergency_accounts(context: &Context<'_>, both: &Both<'_>) -> Vec<Note> {
    let accounts = context.resolved.configuration.protect.emergency_access.iter();
    let accounts = accounts.filter_map(|reference| context.resolved.target(reference));
    let role = |state: &State| {
        state.role_of(known::GLOBAL_ADMINISTRATOR).map(|role| state.standing(role)).unwrap_or_default()
    };
    let (had, have) = (role(both.before), role(both.after));
    let of = |people: &BTreeMap<Target, Standing>, account: &Target| {
        people.get(account).copied().unwrap_or(Standing::None)
    };
    let mut notes = Vec::new();
    for account in accounts.filter(|account| !both.after.gone.contains(account)) {
        let (was, now) = (of(&had, &account), of(&have, &account));
        let what = match now {
            Standing::Permanent => None,
            Standing::Ending => Some("Global Administrator for a time only"),
            Standing::Eligible => Some("only eligible for Global Administrator"),
            Standing::None => Some("no Global Administrator"),
        };
        if let (Some(what), Some(level)) =
            (what, both.level(was != now, now > was && now != Standing::Eligible))
        {
            let is = if level == Level::Refusal { "would be" } else { "is" };
            let message = format!("the emergency account {} {is} {what}", account.name);
            let help = "an emergency account holds Global Administrator permanently: it has to work when Privileged \
                        Identity Management does not";
            notes.push(Note::new("emergency-access", level, None, message).help(help));
        }
        notes.extend(both.essential.then(|| unsound(context, both.after, &account)).into_iter().flatten());
    }
    notes
}

/// What an emergency account should not be: dependent on another directory, or on a domain of one's own.
fn unsound(context: &Context<'_>, after: &State, account: &Target) -> Vec<Note> {
    let Some(user) = after.users.get(account) else { return Vec::new() };
    let tenant = &context.resolved.snapshot.tenant;
    let initial = tenant.domains.iter().find(|domain| **domain == tenant.name);
    let elsewhere = initial.filter(|initial| {
        let domain = user.name.rsplit_once('@').map(|(_, domain)| domain);
        domain.is_some_and(|domain| !domain.eq_ignore_ascii_case(initial))
    });
    let message = |what: String| {
        Note::new(
            "emergency-access",
            Level::Warning,
            None,
            format!("the emergency account {} {what}", account.name),
        )
    };
    let mut notes = Vec::new();
    if !user.enabled {
        notes.push(message("is disabled".to_owned()).help("enable it: nobody can sign in with it"));
    }
    if user.synchronised {
        let help = "use an account that exists in the cloud only";
        notes.push(message("is synchronised from another directory".to_owned()).help(help));
    }
    if let Some(initial) = elsewhere {
        let help = "a domain of one's own may expire, or be federated with what is down";
        notes.push(message(format!("is not on the tenant's initial domain {initial}")).help(help));
    }
    notes
}

/// Roles that the identity which runs this holds now and would not hold afterwards.
fn own_roles(context: &Context<'_>, both: &Both<'_>) -> Vec<Note> {
    let Some(id) = &context.resolved.snapshot.tenant.identity else { return Vec::new() };
    let own = Target::existing(id.clone(), format!("id:{id}"));
    let held = |state: &State| -> BTreeSet<RoleAt> {
        let paths = Paths::new(state);
        let holds = |at: &&RoleAt| {
            let reaching = paths.towards(at).reaching();
            reaching.get(&own).into_iter().flatten().any(|hop| hop.reach == Reach::Holds)
        };
        paths.roles().filter(holds).cloned().collect()
    };
    let (had, have) = (held(both.before), held(both.after));
    // What goes with a unit's list of its own administrators, the rule on that says.
    let lost = had.difference(&have).filter(|at| !matches!(at.scope, Scope::Unit(_)));
    let note = |at: &RoleAt| {
        let message = format!("the identity that runs this ({}) would lose {}", own.name, at.describe());
        let help = "apply this change with another identity, or leave it out";
        Note::new("own-rights", Level::Refusal, None, message).help(help)
    };
    lost.map(note).collect()
}

/// What the activation of one role rests on.
#[derive(PartialEq, Eq)]
struct Approvers {
    /// Who can approve, and how they come to.
    people: BTreeMap<Target, Standing>,
    /// Who may ask.
    requesters: BTreeSet<Target>,
    /// Groups of approvers in which nobody is.
    empty: BTreeSet<Target>,
}

fn approvals(both: &Both<'_>) -> Vec<Note> {
    let roles = both
        .after
        .approvals
        .iter()
        .filter(|(role, approval)| approval.required && !both.after.gone.contains(role));
    roles.flat_map(|(role, _)| approval(both, role)).collect()
}

fn approval(both: &Both<'_>, role: &Target) -> Vec<Note> {
    let (was, is) = (approvers(both.before, role), approvers(both.after, role));
    let Some(is) = is else { return Vec::new() };
    let mut notes = Vec::new();
    if let Some((what, help)) = nobody_approves(&is) {
        let level = both.level(was.as_ref() != Some(&is), false);
        let message = format!("activating {} takes an approval, and {what}", role.name);
        notes.extend(level.map(|level| Note::new("approvers", level, None, message).help(help)));
    } else if both.essential {
        notes.extend(is.empty.iter().map(|group| {
            let message =
                format!("{} approves activations of {}, and nobody is in it", group.name, role.name);
            Note::new("approvers", Level::Warning, None, message)
                .help("put somebody into it, or name another approver")
        }));
    }
    notes
}

/// Why nobody, or soon nobody, can approve, and what to do about it.
fn nobody_approves(approvers: &Approvers) -> Option<(String, &'static str)> {
    let people = &approvers.people;
    let only = people.keys().next().filter(|_| people.len() == 1);
    if people.is_empty() {
        let help = "name an approver who can sign in, or keep a Global Administrator or Privileged Role Administrator \
                    active";
        return Some(("nobody could approve it".to_owned(), help));
    }
    if let Some(only) = only.filter(|only| approvers.requesters.contains(*only)) {
        let what = format!("{} is the only one to approve it and may not approve their own", only.name);
        return Some((what, "name a second approver"));
    }
    if people.values().all(|standing| *standing == Standing::Ending) {
        let what = format!("everybody who approves it does so for a time only{}", named(people.keys()));
        return Some((what, "let one of them stay an approver without an end"));
    }
    None
}

/// Who approves a role's activation; nothing when it takes no approval.
fn approvers(state: &State, role: &Target) -> Option<Approvers> {
    let approval = state.approvals.get(role).filter(|approval| approval.required)?;
    let mut people: BTreeMap<Target, Standing> = BTreeMap::new();
    let mut empty = BTreeSet::new();
    for approver in &approval.approvers {
        let found = state.members(approver);
        if found.is_empty() && approver.prefix() == "group" {
            empty.insert(approver.clone());
        }
        for (person, standing) in found {
            let best = people.entry(person).or_insert(Standing::None);
            *best = (*best).max(standing);
        }
    }
    if approval.approvers.is_empty() {
        for role in known::APPROVERS.iter().filter_map(|template| state.role_of(template)) {
            // Whoever has to activate one of these first may have to be approved for that.
            for (person, held) in
                state.standing(role).into_iter().filter(|(_, held)| *held > Standing::Eligible)
            {
                let best = people.entry(person).or_insert(Standing::None);
                *best = (*best).max(held);
            }
        }
    }
    let eligible =
        state.assignments.iter().filter(|given| given.role == *role && given.holding.is_eligible());
    let requesters =
        eligible.flat_map(|given| state.members(&given.principal)).map(|(person, _)| person).collect();
    Some(Approvers { people, requesters, empty })
}

/// The first few of these in brackets.
fn named<'a>(people: impl IntoIterator<Item = &'a Target>) -> String {
    let names: Vec<&str> = people.into_iter().take(3).map(|person| person.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}
