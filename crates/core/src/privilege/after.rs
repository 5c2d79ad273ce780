//! The state that a plan leads to: the steps laid over what was read.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::needs::ACTIVATION;
use super::{Access, Assignment, Holding, Scope, State, User};
use crate::address::Target;
use crate::impact::subject;
use crate::kinds::{self, ScheduleOf, Schedules, reference};
use crate::plan::{self, Action, Change, Ends, Plan, Rescheduled, Scheduled, Step, Unscheduled};
use crate::schedules;

impl State {
    /// What becomes of this once a plan is applied, on `today`.
    pub fn after(&self, plan: &Plan, today: Date) -> Self {
        let mut after = self.clone();
        for step in &plan.steps {
            match step.action {
                Action::Delete => after.forget(&subject(step)),
                Action::Create | Action::Restore | Action::Update => after.step(step, today),
            }
        }
        for movement in plan.movements.iter().filter(|movement| movement.address.kind == "group") {
            let group = match &movement.id {
                Some(id) => Target::existing(id.clone(), movement.address.to_string()),
                None => Target::created(&movement.address),
            };
            movement.joins.iter().for_each(|person| after.join(&group, person, Access::Member));
            movement.leaves.iter().for_each(|person| after.leave(&group, person, Access::Member));
        }
        after
    }

    fn step(&mut self, step: &Step, today: Date) {
        let subject = subject(step);
        match step.address.kind.as_str() {
            "user" => self.person(step, &subject),
            "custom_role" => self.custom_role(step, &subject),
            _ => {}
        }
        for change in &step.changes {
            self.change(step, &subject, change, today);
        }
    }

    fn change(&mut self, step: &Step, subject: &Target, change: &Change, today: Date) {
        match change {
            Change::Links { attribute, added, removed, .. } if step.address.kind == "group" => {
                let access = match attribute.as_str() {
                    "members" => Access::Member,
                    "owners" => Access::Owner,
                    _ => return,
                };
                removed.iter().for_each(|removed| self.leave(subject, &removed.target, access));
                added.iter().for_each(|added| self.join(subject, &added.target, access));
            }
            Change::Assignments { added, removed, .. } => {
                let scope = Scope::Unit(subject.clone());
                for removed in removed {
                    let role = &removed.role;
                    self.take(role, &scope, &removed.member, false);
                }
                for added in added {
                    self.give(&added.role, scope.clone(), &added.member, Holding::Permanent);
                }
            }
            Change::Schedules { attribute, added, changed, removed, .. } => {
                let kind = kinds::by_name(&step.address.kind);
                let known = kind.and_then(|kind| kind.attribute(attribute)?.schedules());
                let Some(known) = known else { return };
                removed.iter().for_each(|Unscheduled { member, scope, .. }| {
                    self.unschedule(known, subject, member, scope.as_ref());
                });
                changed.iter().for_each(|Rescheduled { member, scope, after, .. }| {
                    self.unschedule(known, subject, member, scope.as_ref());
                    self.schedule(
                        known,
                        subject,
                        member,
                        scope.as_ref(),
                        ending(after, known.eligible, today),
                    );
                });
                added.iter().for_each(|Scheduled { member, scope, ends, .. }| {
                    self.schedule(
                        known,
                        subject,
                        member,
                        scope.as_ref(),
                        ending(ends, known.eligible, today),
                    );
                });
            }
            Change::Value { attribute, after, .. } if attribute == ACTIVATION => {
                self.approval(subject, after)
            }
            Change::Links { .. } | Change::Value { .. } | Change::Licenses { .. } => {}
        }
    }

    /// What a role's settings say of approval; what they do not mention stays.
    fn approval(&mut self, role: &Target, settings: &Value) {
        let approval = self.approvals.entry(role.clone()).or_default();
        if let Some(required) = settings.get("approvalRequired").and_then(Value::as_bool) {
            approval.required = required;
        }
        if let Some(approvers) = settings.get("approvers").filter(|approvers| approvers.is_array()) {
            approval.approvers = reference::targets(approvers).into_iter().collect();
        }
    }

    fn schedule(
        &mut self,
        known: &Schedules,
        of: &Target,
        member: &Target,
        scope: Option<&plan::Scope>,
        holding: Holding,
    ) {
        match known.of {
            ScheduleOf::Role => self.give(of, scope.cloned().into(), member, holding),
            ScheduleOf::Group(access) => {
                let group = self.groups.entry(of.clone()).or_default();
                group.people.insert((member.clone(), access_of(access), holding));
            }
        }
    }

    fn unschedule(&mut self, known: &Schedules, of: &Target, member: &Target, scope: Option<&plan::Scope>) {
        match known.of {
            ScheduleOf::Role => self.take(of, &scope.cloned().into(), member, known.eligible),
            ScheduleOf::Group(access) => {
                let Some(group) = self.groups.get_mut(of) else { return };
                let access = access_of(access);
                group.people.retain(|(person, as_what, holding)| {
                    person != member
                        || *as_what != access
                        || *holding == Holding::Activated
                        || holding.is_eligible() != known.eligible
                });
            }
        }
    }

    fn give(&mut self, role: &Target, scope: Scope, principal: &Target, holding: Holding) {
        let (role, principal) = (role.clone(), principal.clone());
        self.assignments.insert(Assignment { role, scope, principal, holding });
    }

    /// Takes a role away: what was given on purpose, not an activation.
    fn take(&mut self, role: &Target, scope: &Scope, principal: &Target, eligible: bool) {
        self.assignments.retain(|held| {
            held.role != *role
                || held.scope != *scope
                || held.principal != *principal
                || held.holding == Holding::Activated
                || held.holding.is_eligible() != eligible
        });
    }

    fn join(&mut self, group: &Target, person: &Target, access: Access) {
        let people = &mut self.groups.entry(group.clone()).or_default().people;
        people.insert((person.clone(), access, Holding::Permanent));
    }

    /// Taking somebody out of a group ends what makes them a member now, however they came in; not what they may
    /// activate.
    fn leave(&mut self, group: &Target, person: &Target, access: Access) {
        let Some(group) = self.groups.get_mut(group) else { return };
        group.people.retain(|(other, as_what, holding)| {
            other != person || *as_what != access || holding.is_eligible()
        });
    }

    fn person(&mut self, step: &Step, subject: &Target) {
        let enabled = step.after("account_enabled").and_then(Value::as_bool);
        match self.users.get_mut(subject) {
            Some(user) => user.enabled = enabled.unwrap_or(user.enabled),
            None => {
                let user = User { enabled: enabled.unwrap_or(true), ..User::default() };
                self.users.insert(subject.clone(), user);
            }
        }
        if let Some(name) = step.after("user_principal_name").and_then(Value::as_str)
            && let Some(user) = self.users.get_mut(subject)
        {
            name.clone_into(&mut user.name);
        }
    }

    fn custom_role(&mut self, step: &Step, subject: &Target) {
        let role = self.roles.entry(subject.clone()).or_default();
        if let Some(permissions) = step.after("permissions").and_then(Value::as_array) {
            let allowed = permissions.iter().filter_map(|one| one.get("allowedResourceActions")?.as_array());
            role.actions = allowed.flatten().filter_map(Value::as_str).map(str::to_lowercase).collect();
        }
    }

    /// Nothing is left of an object that is deleted.
    fn forget(&mut self, object: &Target) {
        self.roles.remove(object);
        self.groups.remove(object);
        self.users.remove(object);
        self.applications.remove(object);
        self.groups.values_mut().for_each(|group| group.people.retain(|(person, ..)| person != object));
        for application in self.applications.values_mut() {
            application.owners.remove(object);
            application.registration_owners.remove(object);
        }
        self.assignments.retain(|held| {
            let scope = match &held.scope {
                Scope::Tenant => None,
                Scope::Unit(over) | Scope::Object(over) => Some(over),
            };
            held.role != *object && held.principal != *object && scope != Some(object)
        });
        self.gone.insert(object.clone());
    }
}

impl From<Option<plan::Scope>> for Scope {
    fn from(scope: Option<plan::Scope>) -> Self {
        match scope {
            None => Self::Tenant,
            Some(scope) if scope.over_members => Self::Unit(scope.target),
            Some(scope) => Self::Object(scope.target),
        }
    }
}

fn access_of(access: &str) -> Access {
    if access == "owner" { Access::Owner } else { Access::Member }
}

fn ending(ends: &Ends, eligible: bool, today: Date) -> Holding {
    let now = || TimeZone::UTC.to_timestamp(today.at(0, 0, 0, 0)).ok();
    let after = |duration: &String| schedules::after(now()?, duration);
    let at: Option<Timestamp> = ends.at.or_else(|| ends.after.as_ref().and_then(after));
    match (eligible, ends.is_never()) {
        (true, _) => Holding::Eligible(at),
        (false, true) => Holding::Permanent,
        (false, false) => Holding::Until(at),
    }
}
