//! Who joins and who leaves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::affected::{Affected, affected};
use super::people::{Person, people};
use crate::address::{ObjectId, Target};
use crate::plan::{Movement, Step};
use crate::rule::{Columns, ObjectKind, Program, Record, Semantics};
use crate::snapshot::Snapshot;

/// Who moves through the rules that a plan affects, as far as that was read. `system.now` is the beginning of `today`.
pub(crate) fn movements(steps: &[Step], snapshot: &Snapshot, today: Date) -> Vec<Movement> {
    if !snapshot.candidates.read {
        return Vec::new();
    }
    let now = TimeZone::UTC.to_timestamp(today.at(0, 0, 0, 0)).unwrap_or_default();
    let affected = affected(steps, snapshot);
    let mut movements = Vec::new();
    for kind in [ObjectKind::User, ObjectKind::Device] {
        let people = people(kind, steps, snapshot);
        let rules = affected.iter().filter(|one| one.rule.object() == kind);
        movements.extend(moves(rules.collect(), &people, snapshot, now));
    }
    // Rules that people's changes do not touch after all are not worth a word.
    movements.retain(|movement| {
        movement.rule_changes || !(movement.joins.is_empty() && movement.leaves.is_empty())
    });
    let order = |movement: &Movement| affected.iter().position(|one| one.address == movement.address);
    movements.sort_by_key(order);
    movements
}

fn moves(rules: Vec<&Affected>, people: &[Person<'_>], snapshot: &Snapshot, now: Timestamp) -> Vec<Movement> {
    let mut columns = Columns::default();
    let programs: Vec<Program> =
        rules.iter().map(|one| one.rule.compile(&mut columns, Semantics::default(), now)).collect();
    let mut tallies: Vec<Tally> = rules.iter().map(|one| Tally::new(one, snapshot)).collect();
    for person in people {
        let read = |state: &super::people::State<'_>| columns.read(state.object());
        let (before, after) = (person.before.as_ref().map(read), person.after.as_ref().map(read));
        for (tally, program) in tallies.iter_mut().zip(&programs) {
            let holds =
                |record: &Option<Record>| record.as_ref().is_some_and(|record| program.matches(record));
            tally.count(person, holds(&before), holds(&after));
        }
    }
    let candidates = people.iter().filter(|person| person.after.is_some()).count();
    tallies.into_iter().zip(rules).map(|(tally, one)| tally.movement(one, candidates)).collect()
}

/// Who moves through one rule, while people are looked at.
struct Tally {
    /// Members now, where they were read: those who stay are taken out.
    members: Option<BTreeMap<ObjectId, Target>>,
    before: usize,
    joins: Vec<Target>,
    leaves: Vec<Target>,
    after: usize,
}

impl Tally {
    fn new(one: &Affected, snapshot: &Snapshot) -> Self {
        let read = one.id.as_ref().and_then(|id| snapshot.candidates.members.get(id));
        let members =
            read.into_iter().flatten().filter_map(|target| Some((target.id.clone()?, target.clone())));
        let members: Option<BTreeMap<_, _>> = one.rule_changes.then(|| members.collect());
        let before = members.as_ref().map_or(0, BTreeMap::len);
        Self { members, before, joins: Vec::new(), leaves: Vec::new(), after: 0 }
    }

    fn count(&mut self, person: &Person<'_>, before: bool, after: bool) {
        let was_member = match (&mut self.members, &person.target.id) {
            (Some(members), Some(id)) => members.remove(id).is_some(),
            (Some(_), None) => false,
            (None, _) => before,
        };
        self.after += usize::from(after);
        match (was_member, after) {
            (false, true) => self.joins.push(person.target.clone()),
            (true, false) => self.leaves.push(person.target.clone()),
            _ => {}
        }
    }

    fn movement(mut self, one: &Affected, candidates: usize) -> Movement {
        // Members of another kind, and those nobody found, do not meet the rule.
        self.leaves.extend(self.members.into_iter().flatten().map(|(_, target)| target));
        self.joins.sort_by(|left, right| left.name.cmp(&right.name));
        self.leaves.sort_by(|left, right| left.name.cmp(&right.name));
        let whole = |count: usize| one.rule_changes.then_some(count);
        Movement {
            address: one.address.clone(),
            id: one.id.clone(),
            rule: one.rule.text().to_owned(),
            rule_changes: one.rule_changes,
            before: whole(self.before),
            after: whole(self.after),
            candidates: whole(candidates),
            joins: self.joins,
            leaves: self.leaves,
        }
    }
}
