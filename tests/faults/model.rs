//! What a configuration declares, in a form that can be changed at random, written as TOML and held against a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

const FIRST: &[&str] =
    &["Adele", "Alex", "Debra", "Grady", "Joni", "Lee", "Megan", "Miriam", "Nestor", "Pradeep"];
const LAST: &[&str] = &["Archie", "Berger", "Gu", "Gupta", "Sherman", "Vance", "Wilber", "Wilke"];
const DEPARTMENTS: &[&str] = &["Finance", "Legal", "Marketing", "Retail", "Sales"];
const TITLES: &[&str] = &["Auditor", "Buyer", "Paralegal", "Store Manager"];
/// Attributes an administrator of the sandbox edits too.
const CITIES: &[&str] = &["Cairo", "Nairobi", "Pittsburgh"];

/// A configuration: its objects by number, which never changes whatever they are called.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) users: BTreeMap<usize, User>,
    pub(crate) groups: BTreeMap<usize, Group>,
}

/// A declared user.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User {
    /// User principal name.
    pub(crate) name: String,
    previously: Option<String>,
    pub(crate) display_name: String,
    pub(crate) department: &'static str,
    pub(crate) title: Option<&'static str>,
    pub(crate) city: Option<&'static str>,
    pub(crate) manager: Option<usize>,
    pub(crate) absent: bool,
}

/// A declared group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// Display name.
    pub(crate) name: String,
    previously: Option<String>,
    pub(crate) description: String,
    pub(crate) members: BTreeSet<usize>,
    pub(crate) owners: BTreeSet<usize>,
    pub(crate) absent: bool,
}

impl Model {
    /// A few users and groups.
    pub(crate) fn random(luck: &mut StdRng) -> Self {
        let mut model = Self::default();
        for _ in 0..luck.random_range(3..9) {
            model.add_user(luck);
        }
        for _ in 0..luck.random_range(1..5) {
            model.add_group(luck);
        }
        model
    }

    /// Changes some of it: something new, renamed, changed, linked, deleted, brought back.
    pub(crate) fn change(&mut self, luck: &mut StdRng) {
        // Earlier names are only needed until the rename has been applied.
        self.users.values_mut().for_each(|user| user.previously = None);
        self.groups.values_mut().for_each(|group| group.previously = None);
        for _ in 0..luck.random_range(2..8) {
            match luck.random_range(0..11) {
                0 | 1 => self.add_user(luck),
                2 => self.add_group(luck),
                3 | 4 => self.edit_user(luck),
                5..=7 => self.edit_links(luck),
                8 => self.rename(luck),
                9 => self.delete(luck),
                _ => self.bring_back(luck),
            }
        }
    }

    fn add_user(&mut self, luck: &mut StdRng) {
        let number = self.users.len();
        let (first, last) = (any(FIRST, luck), any(LAST, luck));
        let user = User {
            name: format!("{}.{}.{number}@contoso.com", first.to_lowercase(), last.to_lowercase()),
            previously: None,
            display_name: format!("{first} {last}"),
            department: any(DEPARTMENTS, luck),
            title: luck.random_bool(0.5).then(|| any(TITLES, luck)),
            city: luck.random_bool(0.3).then(|| any(CITIES, luck)),
            manager: if luck.random_bool(0.6) { self.live_user(luck) } else { None },
            absent: false,
        };
        self.users.insert(number, user);
    }

    fn add_group(&mut self, luck: &mut StdRng) {
        let Some(owner) = self.live_user(luck) else { return };
        let number = self.groups.len();
        let wanted = luck.random_range(0..6);
        let members = (0..wanted).filter_map(|_| self.live_user(luck)).collect();
        let group = Group {
            name: format!("Store {number:02}"),
            previously: None,
            description: format!("Opened in {}", luck.random_range(2000..2026)),
            members,
            owners: BTreeSet::from([owner]),
            absent: false,
        };
        self.groups.insert(number, group);
    }

    fn edit_user(&mut self, luck: &mut StdRng) {
        let (Some(number), manager) = (self.live_user(luck), self.live_user(luck)) else { return };
        let Some(user) = self.users.get_mut(&number) else { return };
        match luck.random_range(0..4) {
            0 => user.department = any(DEPARTMENTS, luck),
            1 => user.title = Some(any(TITLES, luck)),
            2 => user.display_name = format!("{} {}", any(FIRST, luck), any(LAST, luck)),
            // Whoever was there first is the boss, so that nobody reports to each other.
            _ => user.manager = manager.filter(|manager| *manager < number),
        }
    }

    fn edit_links(&mut self, luck: &mut StdRng) {
        let (Some(one), Some(other)) = (self.live_user(luck), self.live_user(luck)) else { return };
        let Some(group) = self.live_group(luck) else { return };
        match luck.random_range(0..4) {
            0 => drop(group.members.pop_first()),
            1 => group.owners = BTreeSet::from([one]),
            2 => group.members.extend([one, other]),
            _ => {
                group.description = format!("Moved in {}", luck.random_range(2000..2026));
                group.owners.insert(other);
            }
        }
    }

    fn rename(&mut self, luck: &mut StdRng) {
        if luck.random_bool(0.5) {
            let Some(group) = self.live_group(luck).filter(|group| group.previously.is_none()) else {
                return;
            };
            let name = format!("{} renamed", group.name);
            group.previously = Some(std::mem::replace(&mut group.name, name));
            return;
        }
        let Some(user) = self.live_user(luck).and_then(|number| self.users.get_mut(&number)) else { return };
        if user.previously.is_none() {
            let name = format!("new.{}", user.name);
            user.previously = Some(std::mem::replace(&mut user.name, name));
        }
    }

    fn delete(&mut self, luck: &mut StdRng) {
        if luck.random_bool(0.4) {
            if let Some(group) = self.live_group(luck).filter(|group| group.previously.is_none()) {
                group.absent = true;
            }
            return;
        }
        let Some(number) = self.live_user(luck) else { return };
        // The last owner of a group stays.
        let needed = self.groups.values().any(|group| group.owners == BTreeSet::from([number]));
        let Some(user) = self.users.get_mut(&number).filter(|user| !needed && user.previously.is_none())
        else {
            return;
        };
        user.absent = true;
        for user in self.users.values_mut() {
            user.manager = user.manager.filter(|manager| *manager != number);
        }
        for group in self.groups.values_mut() {
            group.members.remove(&number);
            group.owners.remove(&number);
        }
    }

    fn bring_back(&mut self, luck: &mut StdRng) {
        let absent: Vec<usize> =
            self.users.iter().filter(|(_, user)| user.absent).map(|(number, _)| *number).collect();
        if let Some(user) = absent.choose(luck).and_then(|number| self.users.get_mut(number)) {
            user.absent = false;
            user.manager = None;
        }
    }

    fn live_user(&self, luck: &mut StdRng) -> Option<usize> {
        let live: Vec<usize> =
            self.users.iter().filter(|(_, user)| !user.absent).map(|(number, _)| *number).collect();
        live.choose(luck).copied()
    }

    fn live_group(&mut self, luck: &mut StdRng) -> Option<&mut Group> {
        let mut live: Vec<&mut Group> = self.groups.values_mut().filter(|group| !group.absent).collect();
        if live.is_empty() {
            return None;
        }
        let picked = luck.random_range(0..live.len());
        Some(live.swap_remove(picked))
    }

    /// The configuration as TOML. Its limits let everything be changed at once.
    pub(crate) fn toml(&self) -> String {
        let mut text = String::from("[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n[limits]\n");
        text.push_str("update = \"100%\"\ndelete = \"100%\"\nremove_members = \"100%\"\n");
        for user in self.users.values() {
            let _ = write!(text, "\n[users.\"{}\"]\n", user.name);
            if user.absent {
                text.push_str("absent = true\n");
                continue;
            }
            let _ = write!(text, "{}", previously(user.previously.as_deref()));
            let _ = write!(
                text,
                "display_name = \"{}\"\ndepartment = \"{}\"\n",
                user.display_name, user.department
            );
            for (name, value) in [("job_title", user.title), ("city", user.city)] {
                let _ = value.map(|value| writeln!(text, "{name} = \"{value}\""));
            }
            let manager = user.manager.map(|manager| self.reference(manager)).unwrap_or_default();
            let _ = writeln!(text, "manager = \"{manager}\"");
        }
        for group in self.groups.values() {
            let _ = write!(text, "\n[groups.\"{}\"]\n", group.name);
            if group.absent {
                text.push_str("absent = true\n");
                continue;
            }
            let list = |numbers: &BTreeSet<usize>| {
                let references = numbers.iter().map(|number| format!("\"{}\"", self.reference(*number)));
                references.collect::<Vec<_>>().join(", ")
            };
            let _ = write!(text, "{}", previously(group.previously.as_deref()));
            let _ = writeln!(text, "description = \"{}\"", group.description);
            let _ =
                write!(text, "members = [{}]\nowners = [{}]\n", list(&group.members), list(&group.owners));
        }
        text
    }

    fn reference(&self, user: usize) -> String {
        format!("user:{}", self.users[&user].name)
    }
}

impl User {
    /// Whether it is, or was until now, called this.
    pub(crate) fn goes_by(&self, name: &str) -> bool {
        self.name == name || self.previously.as_deref() == Some(name)
    }
}

impl Group {
    /// Whether it is, or was until now, called this.
    pub(crate) fn goes_by(&self, name: &str) -> bool {
        self.name == name || self.previously.as_deref() == Some(name)
    }
}

fn previously(name: Option<&str>) -> String {
    name.map(|name| format!("previously = [\"{name}\"]\n")).unwrap_or_default()
}

fn any(names: &[&'static str], luck: &mut impl Rng) -> &'static str {
    names.choose(luck).copied().expect("there are names")
}
