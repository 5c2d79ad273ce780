//! Keeps in step what shows role assignments in other ways: members of directory roles in the whole tenant, and scoped
//! role members of administrative units. A write to any of them becomes a write to schedules, and every change of a
//! schedule reaches them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Access, Family, Schedule, Scope, Target};
use crate::graph::{Directory, Failure};
use crate::quirks::directory_role::membership;
use crate::quirks::role_definition::definition;
use crate::schema::{self, bad_request};
use crate::store::{Change, Object, Store, derived_id, id_of};

/// Global Administrator, which somebody always has to be.
const GLOBAL_ADMINISTRATOR: Uuid = Uuid::from_u128(0x62e9_0394_69f5_4237_9190_0121_7714_5e10);

/// Somebody with a role over a scope.
type Holding = (Target, Uuid);

/// Adds to changes that are about to be made what else they change.
pub(crate) fn settle(store: &Store, changes: Vec<Change>, now: Timestamp) -> Vec<Change> {
    let mut settling = Settling {
        store,
        now,
        shown: BTreeMap::new(),
        schedules: BTreeMap::new(),
        all: OnceCell::new(),
        held: OnceCell::new(),
    };
    let mut more = Vec::new();
    for change in &changes {
        more.extend(settling.note(change));
    }
    more.extend(settling.faces());
    changes.into_iter().chain(more).collect()
}

/// Makes the schedules that what else shows assignments needs, and shows all those in force.
pub(crate) fn complete(store: &mut Store, now: Timestamp) {
    let mut shown: BTreeSet<Holding> = BTreeSet::new();
    for role in live(store, "directoryRole") {
        let members = store.targets(role.id, "members");
        shown.extend(members.filter_map(|member| Some((in_tenant(role)?, member))));
    }
    shown.extend(live(store, "scopedRoleMembership").filter_map(|part| in_unit(store, part)));
    let known: BTreeSet<Holding> =
        in_force(store, now).map(|schedule| (schedule.target, schedule.principal)).collect();
    let made = shown.difference(&known).filter_map(|(target, principal)| {
        let key = format!("{target:?}{principal}");
        let id = derived_id("schedule", &key);
        let schedule =
            Schedule { id, made_by: id, using: id, ..Schedule::permanent(*target, *principal, SEEDED) };
        schedule.object().map(Change::Put)
    });
    let all: Vec<Change> =
        made.chain(ACTIVE.iter().flat_map(|kind| live(store, kind)).cloned().map(Change::Put)).collect();
    for change in settle(store, all, now) {
        store.apply(&change);
    }
}

/// When assignments of a seed were made that say nothing about it.
const SEEDED: Timestamp = Timestamp::constant(1_735_689_600, 0);

const ACTIVE: [&str; 2] = ["unifiedRoleAssignmentSchedule", "privilegedAccessGroupAssignmentSchedule"];

/// Refuses to leave the tenant without a Global Administrator.
pub(crate) fn check_changes(directory: &Directory<'_>, changes: &[Change]) -> Result<(), Failure> {
    let (store, now) = (directory.primary, directory.now);
    let takes_away = |change: &Change| matches!(change, Change::Remove(_) | Change::Unlink { .. });
    if !changes.iter().any(takes_away) {
        return Ok(());
    }
    let target = Target::Role { role: GLOBAL_ADMINISTRATOR, scope: Scope::Tenant };
    let settled = settle(store, changes.to_vec(), now);
    let goes = |id: Uuid| settled.iter().any(|change| matches!(change, Change::Remove(gone) if *gone == id));
    let holders = in_force(store, now).filter(|schedule| schedule.target == target);
    let mut holders = holders.filter(|schedule| store.live(schedule.principal).is_some()).peekable();
    if holders.peek().is_some() && holders.all(|schedule| goes(schedule.id)) {
        return Err(bad_request("The last Global Administrator of the tenant cannot be removed."));
    }
    Ok(())
}

/// The active schedules in force.
pub(crate) fn in_force(store: &Store, now: Timestamp) -> impl Iterator<Item = Schedule> + '_ {
    Schedule::all(store, Family::Active).filter(move |schedule| schedule.is_in_force(now))
}

fn live<'a>(store: &'a Store, kind: &str) -> impl Iterator<Item = &'a Arc<Object>> {
    let ids = schema::by_name(kind).into_iter().flat_map(|kind| store.ids(kind, false, None));
    ids.filter_map(|id| store.live(id))
}

/// What membership of a directory role amounts to.
fn in_tenant(role: &Object) -> Option<Target> {
    Some(Target::Role { role: id_of(role.text("roleTemplateId")?), scope: Scope::Tenant })
}

/// What a scoped role membership amounts to, and whose it is.
fn in_unit(store: &Store, part: &Object) -> Option<Holding> {
    let role = store.any(id_of(part.text("roleId")?))?;
    let principal = id_of(part.get("roleMemberInfo")?["id"].as_str()?);
    // In a seed, the unit says which its parts are.
    let unit = part.text("administrativeUnitId").map(id_of);
    let scope = Scope::Unit(unit.or_else(|| Some(store.owner(part.id)?.id))?);
    Some((Target::Role { role: id_of(role.text("roleTemplateId")?), scope }, principal))
}

/// Changes on their way, and what they mean.
struct Settling<'a> {
    store: &'a Store,
    now: Timestamp,
    /// What the changes themselves show or hide elsewhere.
    shown: BTreeMap<Holding, bool>,
    /// Schedules they put, or take away.
    schedules: BTreeMap<Uuid, Option<Schedule>>,
    /// Looked up once, as changes may be many.
    all: OnceCell<Vec<Schedule>>,
    held: OnceCell<BTreeMap<Holding, Vec<Uuid>>>,
}

impl Settling<'_> {
    /// Takes note of a change; the answer is what it does to schedules.
    fn note(&mut self, change: &Change) -> Vec<Change> {
        match change {
            Change::Put(object) => {
                if let Some(schedule) = Schedule::read(object, self.store) {
                    self.schedules.insert(schedule.id, Some(schedule));
                }
                match in_unit(self.store, object) {
                    Some(holding) if object.entity.name == "scopedRoleMembership" => self.show(holding),
                    _ => Vec::new(),
                }
            }
            Change::Link { source, relation, targets } if Access::shown_by(relation).is_some() => targets
                .iter()
                .flat_map(|target| self.member(*source, relation, *target, Self::show))
                .collect(),
            Change::Unlink { source, relation, targets } if Access::shown_by(relation).is_some() => targets
                .iter()
                .flat_map(|target| self.member(*source, relation, *target, Self::hide))
                .collect(),
            Change::Remove(id) => self.remove(*id),
            Change::Link { .. } | Change::Unlink { .. } => Vec::new(),
        }
    }

    fn member(
        &mut self,
        source: Uuid,
        relation: &str,
        member: Uuid,
        then: fn(&mut Self, Holding) -> Vec<Change>,
    ) -> Vec<Change> {
        let target = self.store.any(source).and_then(|found| match found.entity.name {
            "directoryRole" if relation == "members" => in_tenant(found),
            "group" => Some(Target::Group { group: source, access: Access::shown_by(relation)? }),
            _ => None,
        });
        target.map(|target| then(self, (target, member))).unwrap_or_default()
    }

    /// Somebody holds a role by a write elsewhere, and needs a schedule.
    fn show(&mut self, holding: Holding) -> Vec<Change> {
        self.shown.insert(holding, true);
        // What shows of members and owners without a schedule is computed.
        if matches!(holding.0, Target::Group { .. }) || self.is_held(holding) {
            return Vec::new();
        }
        let schedule = Schedule::permanent(holding.0, holding.1, self.now);
        let put = schedule.object().map(Change::Put);
        self.schedules.insert(schedule.id, Some(schedule));
        put.into_iter().collect()
    }

    /// Somebody lost a role by a write elsewhere, and the schedules with it.
    fn hide(&mut self, holding: Holding) -> Vec<Change> {
        self.shown.insert(holding, false);
        let lost = self.held().get(&holding).cloned().unwrap_or_default();
        self.schedules.extend(lost.iter().map(|id| (*id, None)));
        lost.into_iter().map(Change::Remove).collect()
    }

    /// Something is gone, and all schedules that need it.
    fn remove(&mut self, id: Uuid) -> Vec<Change> {
        match self.store.any(id) {
            Some(part) if part.entity.name == "scopedRoleMembership" => {
                return in_unit(self.store, part).map(|holding| self.hide(holding)).unwrap_or_default();
            }
            Some(_) => {}
            None => return Vec::new(),
        }
        let needs = |found: &&Schedule| found.principal == id || found.target.needs(id);
        let lost: Vec<Uuid> = self.all().iter().filter(needs).map(|found| found.id).collect();
        self.schedules.extend(lost.iter().copied().chain([id]).map(|id| (id, None)));
        lost.into_iter().map(Change::Remove).collect()
    }

    /// Whether somebody holds a role when the changes are made.
    fn is_held(&self, holding: Holding) -> bool {
        let holds = |schedule: &Schedule| {
            (schedule.target, schedule.principal) == holding
                && schedule.family == Family::Active
                && schedule.is_in_force(self.now)
        };
        let mut unchanged = self.held().get(&holding).into_iter().flatten();
        self.schedules.values().flatten().any(holds)
            || unchanged.any(|schedule| !self.schedules.contains_key(schedule))
    }

    /// Every schedule there is, before the changes.
    fn all(&self) -> &[Schedule] {
        self.all.get_or_init(|| {
            Family::ALL.into_iter().flat_map(|family| Schedule::all(self.store, family)).collect()
        })
    }

    /// The active ones in force of each holding, before the changes.
    fn held(&self) -> &BTreeMap<Holding, Vec<Uuid>> {
        self.held.get_or_init(|| {
            let mut held: BTreeMap<Holding, Vec<Uuid>> = BTreeMap::new();
            let active = self.all().iter().filter(|found| found.family == Family::Active);
            for found in active.filter(|found| found.is_in_force(self.now)) {
                held.entry((found.target, found.principal)).or_default().push(found.id);
            }
            held
        })
    }

    /// Shows elsewhere who holds what, and no longer who does not.
    fn faces(&self) -> Vec<Change> {
        let before = self.schedules.keys().filter_map(|id| self.store.any(*id));
        let before = before.filter_map(|object| Schedule::read(object, self.store));
        let touched: BTreeSet<Holding> = (self.schedules.values().flatten().cloned().chain(before))
            .filter(|schedule| schedule.family == Family::Active)
            .map(|schedule| (schedule.target, schedule.principal))
            .collect();
        let mut activated = BTreeSet::new();
        touched.into_iter().flat_map(|holding| self.face(holding, &mut activated)).collect()
    }

    fn face(&self, holding: Holding, activated: &mut BTreeSet<Uuid>) -> Vec<Change> {
        let (target, principal) = holding;
        let (role, scope) = match target {
            Target::Role { role, scope } => (role, scope),
            Target::Group { group, access } => return self.access(holding, group, access),
        };
        let Some(definition) =
            definition(self.store, &role.to_string()).filter(|role| role.flag("isBuiltIn"))
        else {
            return Vec::new();
        };
        let known = self.store.holder("roleTemplateId", &definition.id_text()).cloned();
        let mut changes = Vec::new();
        let role = match known {
            Some(role) => role,
            None => {
                let Some(role) = directory_role(definition) else { return Vec::new() };
                if activated.insert(role.id) {
                    changes.push(Change::Put(Arc::clone(&role)));
                }
                role
            }
        };
        let (wanted, shown) = (self.is_held(holding), self.shown.get(&holding).copied());
        match scope {
            Scope::Tenant => {
                let (source, relation, targets) = (role.id, "members", vec![principal]);
                match (wanted, shown.unwrap_or_else(|| self.store.is_linked(source, relation, principal))) {
                    (true, false) => changes.push(Change::Link { source, relation, targets }),
                    (false, true) => changes.push(Change::Unlink { source, relation, targets }),
                    _ => {}
                }
            }
            Scope::Unit(unit) => {
                let part = self.part(holding, unit);
                match (wanted, shown.unwrap_or(part.is_some()), part) {
                    (true, false, _) => changes.extend(self.new_part(&role, unit, principal)),
                    (false, true, Some(part)) => changes.push(Change::Remove(part)),
                    _ => {}
                }
            }
            Scope::Object(_) => {}
        }
        changes
    }

    /// Shows among members or owners of a group who is one.
    fn access(&self, holding: Holding, group: Uuid, access: Access) -> Vec<Change> {
        let (relation, targets) = (access.relation(), vec![holding.1]);
        let shown = self.shown.get(&holding).copied();
        match (
            self.is_held(holding),
            shown.unwrap_or_else(|| self.store.is_linked(group, relation, holding.1)),
        ) {
            (true, false) => vec![Change::Link { source: group, relation, targets }],
            (false, true) => vec![Change::Unlink { source: group, relation, targets }],
            _ => Vec::new(),
        }
    }

    /// The scoped role membership that shows a holding.
    fn part(&self, holding: Holding, unit: Uuid) -> Option<Uuid> {
        let mut parts = self.store.targets(unit, "scopedRoleMembers").filter_map(|id| self.store.any(id));
        parts.find(|part| in_unit(self.store, part) == Some(holding)).map(|part| part.id)
    }

    fn new_part(&self, role: &Object, unit: Uuid, principal: Uuid) -> Vec<Change> {
        let both = self.store.any(unit).zip(self.store.any(principal));
        let part = both.and_then(|(unit, principal)| membership(role, unit, principal));
        let Some(part) = part else { return Vec::new() };
        let (relation, targets) = ("scopedRoleMembers", vec![part.id]);
        vec![Change::Put(Arc::new(part)), Change::Link { source: unit, relation, targets }]
    }
}

/// The directory role of a built-in role that nobody has held so far.
fn directory_role(definition: &Object) -> Option<Arc<Object>> {
    let kind = schema::by_name("directoryRole")?;
    let mut role = Object::new(kind, derived_id(kind.name, &definition.id_text()));
    role.set("roleTemplateId", definition.id_text());
    for name in ["displayName", "description"] {
        role.set(name, definition.get(name).cloned().unwrap_or_default());
    }
    Some(Arc::new(role))
}
