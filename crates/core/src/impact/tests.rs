//! Seat arithmetic against a naive recount: every person's licences before and after, over random tenants.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Assessment, Membership, Memberships, Needs, needs};
use crate::address::{Address, ObjectId, Target};
use crate::config;
use crate::desired::Configuration;
use crate::diagnostic::SourceFile;
use crate::licensing::assignment::assignments;
use crate::licensing::{Person, Sku};
use crate::plan::{self, Options, Plan};
use crate::snapshot::{Observed, Seen, Snapshot, TenantFacts};

const USERS: usize = 6;
const GROUPS: usize = 4;
const SKUS: usize = 3;

/// People from here on do not exist before the plan; groups likewise.
const NEW_USERS: usize = 4;
const NEW_GROUPS: usize = 3;

/// Who holds what: what is assigned to people and to groups, and who is in which group.
#[derive(Debug, Clone)]
struct World {
    users: BTreeSet<usize>,
    groups: BTreeSet<usize>,
    direct: Vec<BTreeSet<usize>>,
    given: Vec<BTreeSet<usize>>,
    members: Vec<BTreeSet<usize>>,
}

/// What becomes of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Undeclared,
    /// Licences and members are declared.
    Declared,
    /// Licences are declared, and a rule decides who is in it.
    Ruled,
    /// No licences are declared, and a rule decides who is in it.
    Moved,
    Absent,
}

#[derive(Debug, Clone)]
struct Case {
    before: World,
    wanted: World,
    fates: Vec<Fate>,
    declared_users: BTreeSet<usize>,
}

fn sets(count: usize, of: usize) -> BoxedStrategy<Vec<BTreeSet<usize>>> {
    vec(btree_set(0..of, 0..of), count).boxed()
}

fn case() -> impl Strategy<Value = Case> {
    let fate = prop_oneof![
        2 => Just(Fate::Undeclared),
        4 => Just(Fate::Declared),
        1 => Just(Fate::Ruled),
        1 => Just(Fate::Moved),
        1 => Just(Fate::Absent),
    ];
    let world = || (sets(USERS, SKUS), sets(GROUPS, SKUS), sets(GROUPS, USERS));
    (world(), world(), vec(fate, GROUPS), btree_set(0..USERS, 0..USERS), btree_set(0..NEW_USERS, 0..2))
        .prop_map(|(before, wanted, fates, declared_users, deleted)| {
            let (direct, given, members) = before;
            let mut before = World {
                users: (0..NEW_USERS).collect(),
                groups: (0..NEW_GROUPS).collect(),
                direct,
                given,
                members,
            };
            before.members.iter_mut().for_each(|members| members.retain(|user| *user < NEW_USERS));
            before.direct[NEW_USERS..].iter_mut().for_each(BTreeSet::clear);
            let (direct, given, members) = wanted;
            let users: BTreeSet<usize> = (0..USERS).filter(|user| !deleted.contains(user)).collect();
            let declared_users = declared_users.into_iter().filter(|user| users.contains(user)).collect();
            let users = users.into_iter().filter(|user| *user < NEW_USERS || is_in(&declared_users, *user));
            let mut fates = fates;
            for fate in &mut fates[NEW_GROUPS..] {
                if !matches!(fate, Fate::Declared | Fate::Undeclared) {
                    *fate = Fate::Declared;
                }
            }
            let wanted = World { users: users.collect(), groups: BTreeSet::new(), direct, given, members };
            Case { before, wanted, fates, declared_users }
        })
}

fn is_in(set: &BTreeSet<usize>, item: usize) -> bool {
    set.contains(&item)
}

impl Case {
    /// The world as the plan leaves it.
    fn after(&self) -> World {
        let mut after = self.before.clone();
        after.users.clone_from(&self.wanted.users);
        for user in &self.declared_users {
            after.direct[*user].clone_from(&self.wanted.direct[*user]);
        }
        for (group, fate) in self.fates.iter().enumerate() {
            if *fate == Fate::Absent {
                after.groups.remove(&group);
            } else if *fate != Fate::Undeclared {
                after.groups.insert(group);
            }
            if matches!(fate, Fate::Declared | Fate::Ruled) {
                after.given[group].clone_from(&self.wanted.given[group]);
            }
            if matches!(fate, Fate::Declared | Fate::Ruled | Fate::Moved) {
                after.members[group] = self.wanted_members(group);
            }
        }
        after
    }

    fn wanted_members(&self, group: usize) -> BTreeSet<usize> {
        self.wanted.members[group].intersection(&self.wanted.users).copied().collect()
    }

    fn configuration(&self) -> Configuration {
        let mut text = String::new();
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        let skus = |skus: &BTreeSet<usize>| list(skus.iter().map(|sku| format!("\"SKU{sku}\"")).collect());
        for user in 0..USERS {
            if !self.wanted.users.contains(&user) && user < NEW_USERS {
                let _ = writeln!(text, "[users.\"{}\"]\nabsent = true", name(user));
            }
            if self.declared_users.contains(&user) {
                let licenses = skus(&self.wanted.direct[user]);
                let _ = writeln!(
                    text,
                    "[users.\"{}\"]\ndisplay_name = \"x\"\nusage_location = \"US\"\nlicenses = {licenses}",
                    name(user)
                );
            }
        }
        for (group, fate) in self.fates.iter().enumerate() {
            let licenses = skus(&self.wanted.given[group]);
            let members = self.wanted_members(group);
            let members = list(members.iter().map(|user| format!("\"user:{}\"", name(*user))).collect());
            let body = match fate {
                Fate::Undeclared | Fate::Moved => continue,
                Fate::Declared => format!("licenses = {licenses}\nmembers = {members}"),
                Fate::Ruled => format!("licenses = {licenses}"),
                Fate::Absent => "absent = true".to_owned(),
            };
            let _ = writeln!(text, "[groups.G{group}]\n{body}");
        }
        let source = SourceFile::new("tenantry.toml", text.clone().into_bytes());
        config::parse(vec![source]).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    /// What rules do, which no configuration says.
    fn memberships(&self) -> Memberships {
        let ruled =
            self.fates.iter().enumerate().filter(|(_, fate)| matches!(fate, Fate::Ruled | Fate::Moved));
        let moved = ruled.map(|(group, _)| {
            let (before, after) = (&self.before.members[group], self.wanted_members(group));
            let people = |users: Vec<usize>| users.into_iter().map(|user| self.person(user)).collect();
            let joins = people(after.difference(before).copied().collect());
            let leaves = people(before.difference(&after).copied().collect());
            (Target::existing(id(100 + group), format!("group:G{group}")), Membership { joins, leaves })
        });
        moved.collect()
    }

    fn person(&self, user: usize) -> Target {
        match self.before.users.contains(&user) {
            true => Target::existing(id(user), format!("user:{}", name(user))),
            false => Target::created(&Address::new("user", name(user))),
        }
    }
}

fn name(user: usize) -> String {
    format!("u{user}@contoso.com")
}

fn id(number: usize) -> ObjectId {
    ObjectId::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
}

fn sku(number: usize) -> Uuid {
    Uuid::from_u128(u128::try_from(number).unwrap() + 1)
}

impl World {
    /// The naive recount: everybody's products, one seat each.
    fn recount(&self) -> Vec<u64> {
        let mut seats = vec![0; SKUS];
        for user in &self.users {
            let mut products = self.direct[*user].clone();
            for group in &self.groups {
                if self.members[*group].contains(user) {
                    products.extend(&self.given[*group]);
                }
            }
            products.into_iter().for_each(|product| seats[product] += 1);
        }
        seats
    }

    fn states(&self, user: usize) -> Value {
        let state = |number: &usize, group: Option<usize>| {
            json!({ "skuId": sku(*number), "disabledPlans": [], "state": "Active", "error": "None",
                    "assignedByGroup": group.map(|group| id(100 + group).to_string()) })
        };
        let direct = self.direct[user].iter().map(|sku| state(sku, None));
        let groups = self.groups.iter().filter(|group| self.members[**group].contains(&user));
        let inherited =
            groups.flat_map(|group| self.given[*group].iter().map(|sku| state(sku, Some(*group))));
        direct.chain(inherited).collect()
    }

    fn snapshot(&self) -> Snapshot {
        let object = |number: usize, properties: Value, members: Option<&BTreeSet<usize>>| {
            let Value::Object(properties) = properties else { panic!("properties are an object") };
            let members = members.into_iter().map(|members| {
                let members = members.iter().filter(|user| self.users.contains(user));
                let members =
                    members.map(|user| Target::existing(id(*user), format!("user:{}", name(*user))));
                ("members".to_owned(), members.collect())
            });
            Observed { id: id(number), properties, links: members.collect(), unreadable: Vec::new() }
        };
        let users = self.users.iter().map(|user| {
            let properties = json!({ "userPrincipalName": name(*user), "displayName": "x", "userType": "Member",
                "usageLocation": "US", "licenseAssignmentStates": self.states(*user) });
            object(*user, properties, None)
        });
        let groups = self.groups.iter().map(|group| {
            let given: Value = self.given[*group]
                .iter()
                .map(|number| json!({ "skuId": sku(*number), "disabledPlans": [] }))
                .collect();
            let properties = json!({ "displayName": format!("G{group}"), "uniqueName": format!("g{group}"),
                "groupTypes": [], "securityEnabled": true, "assignedLicenses": given });
            object(100 + *group, properties, Some(&self.members[*group]))
        });
        let seen =
            |objects: Vec<Observed>| Seen { objects, deleted: Vec::new(), complete: true, total: None };
        let mut snapshot = Snapshot {
            tenant: TenantFacts { domains: vec!["contoso.com".to_owned()], ..TenantFacts::default() },
            kinds: BTreeMap::from([
                ("user".to_owned(), seen(users.collect())),
                ("group".to_owned(), seen(groups.collect())),
            ]),
            ..Snapshot::default()
        };
        let taken = self.recount();
        snapshot.licensing.skus = Some((0..SKUS).map(|number| subscription(number, taken[number])).collect());
        snapshot
    }

    /// Reads what is needed and nothing else.
    fn read(&self, needs: &Needs, snapshot: &mut Snapshot) {
        let mut people = needs.people.clone();
        for group in &needs.members {
            let number = self.groups.iter().find(|number| id(100 + **number) == *group).unwrap();
            let members: BTreeSet<ObjectId> =
                self.members[*number].intersection(&self.users).map(|user| id(*user)).collect();
            people.extend(members.iter().cloned());
            snapshot.licensing.members.insert(group.clone(), members);
        }
        for user in self.users.iter().filter(|user| people.contains(&id(**user))) {
            let person = Person {
                target: Target::existing(id(*user), format!("user:{}", name(*user))),
                located: true,
                assignments: assignments(&self.states(*user)),
            };
            snapshot.licensing.people.insert(id(*user), person);
        }
    }
}

fn subscription(number: usize, consumed: u64) -> Sku {
    Sku {
        id: sku(number),
        part_number: format!("SKU{number}"),
        assignable: true,
        active: true,
        seats: 100,
        consumed,
        plans: Vec::new(),
    }
}

fn planned(configuration: &Configuration, snapshot: &Snapshot) -> Plan {
    let options = Options {
        today: jiff::civil::date(2026, 1, 1),
        targets: Vec::new(),
        list_unmanaged: false,
        directory: ".".to_owned(),
        resumed: BTreeSet::new(),
    };
    plan::between(configuration, snapshot, &options).unwrap_or_else(|error| panic!("{error:#?}"))
}

proptest! {
    #[test]
    fn seats_are_those_of_a_naive_recount(case in case()) {
        let (configuration, rules) = (case.configuration(), case.memberships());
        let mut snapshot = case.before.snapshot();
        let plan = planned(&configuration, &snapshot);
        let needs = needs(&plan, &configuration, &snapshot, &rules);
        case.before.read(&needs, &mut snapshot);
        let impact = Assessment::new(&plan.steps, &snapshot, &rules).impact(&snapshot, &configuration);
        let (before, after) = (case.before.recount(), case.after().recount());
        let read = !needs.people.is_empty() || !needs.members.is_empty() || !impact.is_empty();
        for number in 0..SKUS {
            let seats = impact.seats.iter().find(|seats| seats.sku.sku_id == sku(number));
            let (now, then) = seats.map_or((before[number], before[number]), |seats| (seats.now, seats.after));
            prop_assert_eq!(now, before[number]);
            // A plan that only deletes people is not about licences.
            if read {
                prop_assert_eq!(then, after[number], "SKU{} {:#?}", number, impact);
            }
        }
    }
}
