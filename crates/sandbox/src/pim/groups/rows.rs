//! The rows that lists of schedules and of instances hold. Members and owners of a group under management without a
//! schedule of their own show as assigned for good.

use uuid::Uuid;

use super::super::policies::is_managed;
use super::super::{Access, Family, Schedule, Target};
use crate::schema::{self, parse_date};
use crate::store::{Store, derived_id, id_of};

/// What a list is narrowed to: a group, a principal, or both.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About {
    pub(crate) group: Option<Uuid>,
    pub(crate) principal: Option<Uuid>,
}

impl About {
    fn admits(self, schedule: &Schedule) -> bool {
        let Target::Group { group, .. } = schedule.target else { return false };
        self.group.is_none_or(|wanted| wanted == group)
            && self.principal.is_none_or(|wanted| wanted == schedule.principal)
    }
}

/// The schedules of a family, those of plain members and owners among them.
pub(crate) fn schedules(store: &Store, family: Family, about: About) -> Vec<Schedule> {
    let stored = of_groups(store, family).filter(|schedule| about.admits(schedule));
    let mut all: Vec<Schedule> = stored.filter(|schedule| store.live(schedule.principal).is_some()).collect();
    if family == Family::Active {
        let plain: Vec<Schedule> =
            plain(store, about).filter(|plain| !all.iter().any(|found| covers(found, plain))).collect();
        all.extend(plain);
    }
    all
}

/// Whether a schedule is what makes somebody a member or owner already.
fn covers(found: &Schedule, plain: &Schedule) -> bool {
    (found.target, found.principal) == (plain.target, plain.principal)
}

fn of_groups(store: &Store, family: Family) -> impl Iterator<Item = Schedule> + '_ {
    let target = Target::Group { group: Uuid::nil(), access: Access::Member };
    let kind = schema::by_name(family.schedules(target));
    let ids = kind.into_iter().flat_map(|kind| store.ids(kind, false, None));
    ids.filter_map(|id| Schedule::read(store.live(id)?, store))
}

/// Members and owners of groups under management, as schedules.
fn plain(store: &Store, about: About) -> impl Iterator<Item = Schedule> {
    let groups: Vec<Uuid> = match (about.group, about.principal) {
        (Some(group), _) => vec![group],
        (None, Some(principal)) => {
            let of = |access: Access| store.sources_after(principal, access.relation(), None);
            of(Access::Member).chain(of(Access::Owner)).collect()
        }
        (None, None) => Vec::new(),
    };
    let is_group = |id: &Uuid| store.live(*id).is_some_and(|found| found.entity.name == "group");
    let managed = groups.into_iter().filter(is_group).filter(|id| is_managed(store, &id.to_string()));
    let both = managed.flat_map(|group| [Access::Member, Access::Owner].map(|access| (group, access)));
    let all = both.flat_map(move |(group, access)| {
        let principals = store.targets(group, access.relation()).filter(|id| store.live(*id).is_some());
        principals.map(move |principal| assigned(store, group, access, principal)).collect::<Vec<_>>()
    });
    all.filter(move |schedule| about.admits(schedule)).collect::<Vec<_>>().into_iter()
}

fn assigned(store: &Store, group: Uuid, access: Access, principal: Uuid) -> Schedule {
    let target = Target::Group { group, access };
    let made_by = derived_id("plain", &format!("{group}/{}/{principal}", access.name()));
    let created =
        store.live(group).and_then(|group| parse_date(group.text("createdDateTime")?)).unwrap_or_default();
    let id = id_of(&target.schedule_id(made_by));
    Schedule { id, made_by, using: made_by, ..Schedule::permanent(target, principal, created) }
}
