//! Members that a rule decides about.
//! <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Job, Terms};
use crate::quirks::group::is_unified;
use crate::quirks::group_setting;
use crate::quirks::rule::is_rule_driven;
use crate::rules::{Resident, Rule};
use crate::schema;
use crate::store::{Change, Object, Store};

/// The rules of the tenant, read once, and when they were last applied.
#[derive(Debug, Default)]
pub(super) struct Rules {
    holders: BTreeMap<Uuid, Holder>,
    applied: BTreeMap<Uuid, Timestamp>,
    /// Groups whose rule asks for a guest they may not have; nothing goes on until they are gone or put right.
    jammed: BTreeSet<Uuid>,
}

/// A group, or an administrative unit, whose rule is being processed.
#[derive(Debug)]
struct Holder {
    text: String,
    rule: Rule,
}

impl Holder {
    /// `None` when no rule of the object is being processed.
    fn of(object: &Object) -> Option<Self> {
        let is_on = object.text("membershipRuleProcessingState") == Some("On");
        if object.is_deleted() || !is_rule_driven(object) || !is_on {
            return None;
        }
        let text = object.text("membershipRule")?;
        // A seed may hold what the service would have refused; such members stay as they are.
        Some(Self { text: text.to_owned(), rule: Rule::parse(text).ok()? })
    }

    /// Whether the kind of rule has been retired, so that members stay as they are.
    fn is_frozen(&self, terms: Terms) -> bool {
        self.rule.uses_groups && terms.now >= terms.member_of_ends
    }
}

impl Rules {
    /// What there is to do in a store nobody has looked at yet.
    pub(super) fn start(&mut self, store: &Store) -> Vec<Job> {
        store.everything().into_iter().flat_map(|object| self.holder_changed(object)).collect()
    }

    /// Every rule whose answer depends on the time.
    pub(super) fn time_passed(&self) -> Vec<Job> {
        let holders = self.holders.iter().filter(|(_, holder)| holder.rule.uses_time);
        holders.map(|(id, _)| Job::Populate(*id)).collect()
    }

    /// What a change sets off; `before` is the store without it.
    pub(super) fn set_off(&mut self, before: &Store, change: &Change) -> Vec<Job> {
        match change {
            Change::Put(object) if is_subject(object) => self.subject_changed(before, object),
            Change::Put(object) if object.entity.name == "groupSetting" => self.try_again(),
            Change::Put(object) => self.holder_changed(object).into_iter().collect(),
            Change::Remove(id) => {
                self.forget(*id);
                let mut jobs = self.of_reports(before, *id);
                jobs.extend(self.try_again());
                jobs
            }
            Change::Link { source, relation: "manager", .. }
            | Change::Unlink { source, relation: "manager", .. } => self.if_any(|_| true, [*source]),
            // Who leaves a group stays where a rule put them for being in it, until the rule changes.
            Change::Link { relation: "members", targets, .. } => {
                self.if_any(|holder| holder.rule.uses_groups, targets.iter().copied())
            }
            Change::Link { .. } | Change::Unlink { .. } => Vec::new(),
        }
    }

    fn forget(&mut self, source: Uuid) {
        self.holders.remove(&source);
        self.applied.remove(&source);
        self.jammed.remove(&source);
    }

    /// Whether a group keeps all others from being processed.
    pub(super) fn is_jammed(&self) -> bool {
        !self.jammed.is_empty()
    }

    /// Whether it is this group that does.
    pub(super) fn jams(&self, source: Uuid) -> bool {
        self.jammed.contains(&source)
    }

    /// What shows whether the groups that jam have been put right.
    pub(super) fn try_again(&self) -> Vec<Job> {
        self.jammed.iter().map(|source| Job::Populate(*source)).collect()
    }

    fn if_any(&self, fits: impl Fn(&Holder) -> bool, ids: impl IntoIterator<Item = Uuid>) -> Vec<Job> {
        if !self.holders.values().any(fits) {
            return Vec::new();
        }
        ids.into_iter().map(Job::Evaluate).collect()
    }

    fn subject_changed(&self, before: &Store, object: &Object) -> Vec<Job> {
        let mut jobs = self.if_any(|_| true, [object.id]);
        if before.live(object.id).is_some() == object.is_deleted() {
            jobs.extend(self.of_reports(before, object.id));
        }
        jobs
    }

    /// The people whose manager came or went.
    fn of_reports(&self, before: &Store, manager: Uuid) -> Vec<Job> {
        self.if_any(|_| true, before.sources_after(manager, "manager", None))
    }

    fn holder_changed(&mut self, object: &Object) -> Option<Job> {
        let Some(holder) = Holder::of(object) else {
            self.forget(object.id);
            return None;
        };
        let text = holder.text.clone();
        let former = self.holders.insert(object.id, holder);
        former.is_none_or(|former| former.text != text).then_some(Job::Populate(object.id))
    }

    /// When a rule was last applied.
    pub(super) fn applied(&self, source: Uuid) -> Option<Timestamp> {
        self.applied.get(&source).copied()
    }

    /// Compares one object with every rule.
    pub(super) fn evaluate(&mut self, store: &Store, id: Uuid, terms: Terms) -> Vec<Change> {
        let Some(object) = store.any(id) else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        for (source, holder) in &self.holders {
            if !holder.rule.is_about(object) || holder.is_frozen(terms) {
                continue;
            }
            let holds = !object.is_deleted() && holder.rule.holds(&Resident { store, object }, terms.now);
            let is_member = store.is_linked(*source, "members", id);
            if holds && !is_member && is_forbidden_guest(store, *source, id) {
                self.jammed.insert(*source);
                break;
            }
            if holds && !is_member {
                changes.push(Change::Link { source: *source, relation: "members", targets: vec![id] });
            } else if is_member && !holds && !holder.rule.uses_groups {
                changes.push(Change::Unlink { source: *source, relation: "members", targets: vec![id] });
            } else {
                continue;
            }
            self.applied.insert(*source, terms.now);
        }
        changes
    }

    /// Compares the members of a group with its rule: some leave, some stay, some join.
    pub(super) fn populate(&mut self, store: &Store, source: Uuid, terms: Terms) -> Vec<Change> {
        let holder = self.holders.get(&source).filter(|holder| !holder.is_frozen(terms));
        let Some(holder) = holder else {
            return Vec::new();
        };
        let kind = schema::by_name(holder.rule.type_name());
        let candidates = kind.into_iter().flat_map(|kind| store.ids(kind, false, None));
        let fits = |id: &Uuid| {
            let object = store.live(*id);
            object.is_some_and(|object| holder.rule.holds(&Resident { store, object }, terms.now))
        };
        let wanted: BTreeSet<Uuid> = candidates.filter(fits).collect();
        let members: BTreeSet<Uuid> = store.targets(source, "members").collect();
        let (leavers, joiners) = (members.difference(&wanted), wanted.difference(&members));
        let (leavers, joiners): (Vec<_>, Vec<_>) = (leavers.copied().collect(), joiners.copied().collect());
        if joiners.iter().any(|joiner| is_forbidden_guest(store, source, *joiner)) {
            self.jammed.insert(source);
            return Vec::new();
        }
        self.jammed.remove(&source);
        self.applied.insert(source, terms.now);
        let relation = "members";
        let gone = Change::Unlink { source, relation, targets: leavers };
        let come = Change::Link { source, relation, targets: joiners };
        [gone, come].into_iter().filter(is_something).collect()
    }
}

/// Whether a Microsoft 365 group may not have this person because guests are kept out.
fn is_forbidden_guest(store: &Store, source: Uuid, id: Uuid) -> bool {
    let is_guest =
        |user: &Arc<Object>| user.text("userType").is_some_and(|kind| kind.eq_ignore_ascii_case("Guest"));
    let unified = || store.live(source).is_some_and(|group| is_unified(group));
    store.live(id).is_some_and(is_guest) && unified() && !group_setting::allows_guests(store, source)
}

fn is_subject(object: &Object) -> bool {
    matches!(object.entity.name, "user" | "device")
}

fn is_something(change: &Change) -> bool {
    match change {
        Change::Link { targets, .. } | Change::Unlink { targets, .. } => !targets.is_empty(),
        Change::Put(_) | Change::Remove(_) => true,
    }
}
