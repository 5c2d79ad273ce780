//! Holds a tenant and the sandbox's log against what is declared.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::harness::tree::entries;
use crate::model::{Group, Model, User};

/// One declared object, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entity {
    User(usize),
    Group(usize),
}

/// Something that must not be.
#[derive(Debug)]
pub(crate) enum Problem {
    Duplicate(String),
    Loss(String),
    Beyond(String),
}

/// Knows which object of the tenant is which declared one, from one configuration to the next.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    ids: BTreeMap<String, Entity>,
}

impl Judge {
    /// Learns the ids of declared objects from the tenant, and finds objects that are there twice.
    pub(crate) fn learn(&mut self, model: &Model, state: &Value) -> Vec<Problem> {
        let mut live: BTreeMap<Entity, Vec<String>> = BTreeMap::new();
        for section in ["users", "groups", "deletedUsers", "deletedGroups"] {
            for object in entries(state, section) {
                let id = text(object, "id");
                let known = self.ids.get(&id).copied().or_else(|| entity_of(model, section, object));
                let Some(entity) = known else { continue };
                self.ids.insert(id.clone(), entity);
                if !section.starts_with("deleted") {
                    live.entry(entity).or_default().push(id);
                }
            }
        }
        let twice = live.into_iter().filter(|(_, ids)| ids.len() > 1);
        twice.map(|(entity, ids)| Problem::Duplicate(format!("{entity:?} is there as {ids:?}"))).collect()
    }

    /// Finds what is not as declared.
    pub(crate) fn losses(&self, model: &Model, state: &Value) -> Vec<Problem> {
        let mut missing = Vec::new();
        let users = model.users.iter().map(|(number, user)| (Entity::User(*number), user.absent));
        let groups = model.groups.iter().map(|(number, group)| (Entity::Group(*number), group.absent));
        for (entity, absent) in users.chain(groups) {
            let found = self.find(entity, state);
            match (found, absent) {
                (Some(_), true) => missing.push(format!("{entity:?} is declared absent and is there")),
                (None, false) => missing.push(format!("{entity:?} is declared and is not there")),
                (Some(found), false) => {
                    let wrong = match entity {
                        Entity::User(number) => self.user_differs(&model.users[&number], found, state),
                        Entity::Group(number) => self.group_differs(&model.groups[&number], found, state),
                    };
                    missing.extend(wrong.map(|wrong| format!("{entity:?}: {wrong}: {found}")));
                }
                (None, true) => {}
            }
        }
        missing.into_iter().map(Problem::Loss).collect()
    }

    /// The live object that a declared one is.
    fn find<'a>(&self, entity: Entity, state: &'a Value) -> Option<&'a Value> {
        let section = if matches!(entity, Entity::User(_)) { "users" } else { "groups" };
        entries(state, section).find(|object| self.ids.get(&text(object, "id")) == Some(&entity))
    }

    fn user_differs(&self, user: &User, found: &Value, state: &Value) -> Option<String> {
        let wanted = [
            ("userPrincipalName", Some(user.name.as_str())),
            ("displayName", Some(user.display_name.as_str())),
            ("department", Some(user.department)),
            ("jobTitle", user.title),
            ("city", user.city),
        ];
        let wrong = wanted.into_iter().find(|(name, value)| value.is_some_and(|value| found[*name] != value));
        let manager = found["manager"][0].as_str().filter(|id| live_users(state).contains(*id));
        let manager = manager.and_then(|id| self.ids.get(id)).copied();
        match wrong {
            Some((name, value)) => Some(format!("{name} is not {value:?}")),
            None if manager != user.manager.map(Entity::User) => {
                Some(format!("its manager is {manager:?}, not {:?}", user.manager))
            }
            None => None,
        }
    }

    fn group_differs(&self, group: &Group, found: &Value, state: &Value) -> Option<String> {
        if found["displayName"] != group.name.as_str() || found["description"] != group.description.as_str() {
            return Some("its name or description differs".to_owned());
        }
        let live = live_users(state);
        let links = [("members", &group.members), ("owners", &group.owners)];
        links.into_iter().find_map(|(relation, declared)| {
            let ids = found[relation].as_array().into_iter().flatten().filter_map(Value::as_str);
            let shown: BTreeSet<Option<Entity>> =
                ids.filter(|id| live.contains(*id)).map(|id| self.ids.get(id).copied()).collect();
            let wanted = declared.iter().map(|number| Some(Entity::User(*number))).collect();
            (shown != wanted).then(|| format!("its {relation} are {shown:?}, not {wanted:?}"))
        })
    }

    /// Finds writes of an application that no step asked for: on objects that are not declared, or not in the
    /// `planned` ones when these are given, and changes that lead away from what is declared.
    pub(crate) fn writes_beyond(
        &self,
        model: &Model,
        planned: Option<&BTreeSet<Entity>>,
        log: &[&Value],
    ) -> Vec<Problem> {
        let mut beyond = Vec::new();
        for entry in log {
            for change in entry["changes"].as_array().into_iter().flatten() {
                let why = match self.ids.get(&text(change, "id")) {
                    None => Some("the object is not declared".to_owned()),
                    Some(entity) if planned.is_some_and(|planned| !planned.contains(entity)) => {
                        Some(format!("the plan has no step for {entity:?}"))
                    }
                    Some(entity) => self.leads_away(model, *entity, change, entry),
                };
                beyond.extend(why.map(|why| Problem::Beyond(format!("{why}: {entry}"))));
            }
        }
        beyond
    }

    /// Why a change of a declared object is not one that its declaration asks for.
    fn leads_away(&self, model: &Model, entity: Entity, change: &Value, entry: &Value) -> Option<String> {
        let absent = match entity {
            Entity::User(number) => model.users[&number].absent,
            Entity::Group(number) => model.groups[&number].absent,
        };
        let declared = |target: &str| {
            let target = self.ids.get(target);
            let Some(Entity::User(number)) = target else { return false };
            match (entity, change["relation"].as_str()) {
                (Entity::User(user), Some("manager")) => model.users[&user].manager == Some(*number),
                (Entity::Group(group), Some("members")) => model.groups[&group].members.contains(number),
                (Entity::Group(group), Some("owners")) => model.groups[&group].owners.contains(number),
                _ => false,
            }
        };
        let targets = || change["targets"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match change["change"].as_str().unwrap_or_default() {
            "created" | "updated" | "restored" if absent => Some(format!("{entity:?} is declared absent")),
            "created" | "updated" | "restored" => None,
            "deleted" if !absent => Some(format!("{entity:?} is not declared absent")),
            "deleted" => None,
            "linked" => targets()
                .find(|target| !declared(target))
                .map(|target| format!("{entity:?} is not declared to be linked to {target}")),
            // Setting a single link takes the one before it away, even if it is the same.
            "unlinked" if entry["method"] == "PUT" => None,
            "unlinked" => targets()
                .find(|target| declared(target))
                .map(|target| format!("{entity:?} is declared to be linked to {target}")),
            other => Some(format!("`{other}` is nothing a configuration asks for")),
        }
    }

    /// The declared objects that a saved plan has steps for.
    pub(crate) fn planned(model: &Model, plan: &Value) -> BTreeSet<Entity> {
        let steps = find_steps(plan).as_array().cloned().unwrap_or_default();
        let addresses: BTreeSet<String> =
            steps.iter().map(|step| text(step, "address").to_lowercase()).collect();
        let has = |kind: &str, name: &str| addresses.contains(&format!("{kind}:{name}").to_lowercase());
        let users = model.users.iter().filter(|(_, user)| has("user", &user.name));
        let groups = model.groups.iter().filter(|(_, group)| has("group", &group.name));
        let users = users.map(|(number, _)| Entity::User(*number));
        users.chain(groups.map(|(number, _)| Entity::Group(*number))).collect()
    }
}

/// Links to deleted users are kept and not shown, so they do not count.
fn live_users(state: &Value) -> BTreeSet<String> {
    entries(state, "users").map(|user| text(user, "id")).collect()
}

/// The steps of a plan, wherever its file keeps the plan.
fn find_steps(plan: &Value) -> &Value {
    if plan["steps"].is_array() { &plan["steps"] } else { &plan["plan"]["steps"] }
}

/// Which declared object goes by the name of an object in the tenant.
fn entity_of(model: &Model, section: &str, object: &Value) -> Option<Entity> {
    if section.ends_with("roups") {
        let name = text(object, "displayName");
        let found = model.groups.iter().find(|(_, group)| group.goes_by(&name));
        return found.map(|(number, _)| Entity::Group(*number));
    }
    // The name of a deleted user begins with its id.
    let prefix = text(object, "id").replace('-', "");
    let name = text(object, "userPrincipalName");
    let name = name.strip_prefix(&prefix).unwrap_or(&name);
    model.users.iter().find(|(_, user)| user.goes_by(name)).map(|(number, _)| Entity::User(*number))
}

fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_default().to_owned()
}

/// A judge who never finds anything proves nothing.
pub(crate) fn the_judge_sees_what_must_not_be() {
    let mut luck: StdRng = SeedableRng::seed_from_u64(1);
    let model = Model::random(&mut luck);
    let (user, group) = (&model.users[&0], &model.groups[&0]);
    let shown_user = json!({ "id": "u0", "userPrincipalName": user.name });
    let shown_group = json!({ "id": "g0", "displayName": group.name, "members": ["stranger"] });
    let twice = json!({ "id": "u1", "userPrincipalName": user.name });
    let state = json!({ "users": [shown_user, twice], "groups": [shown_group] });
    let mut judge = Judge::default();
    assert_eq!(judge.learn(&model, &state).len(), 1, "a user is there twice");
    let losses = judge.losses(&model, &state).len();
    assert_eq!(losses, model.users.len() + model.groups.len(), "nothing is as declared");

    let no_step = BTreeSet::from([Entity::Group(0)]);
    let beyond = |change: Value, planned: Option<&BTreeSet<Entity>>| {
        let entry = json!({ "method": "POST", "changes": [change] });
        judge.writes_beyond(&model, planned, &[&entry]).len()
    };
    let change = |change: &str, id: &str| json!({ "change": change, "id": id });
    assert_eq!(beyond(change("updated", "u0"), None), 0);
    assert_eq!(beyond(change("updated", "u0"), Some(&no_step)), 1, "there is no step for it");
    assert_eq!(beyond(change("updated", "stranger"), None), 1, "nobody declared it");
    for away in ["deleted", "removed"] {
        assert_eq!(beyond(change(away, "u0"), None), 1, "{away}");
    }
    let linked = json!({ "change": "linked", "id": "g0", "relation": "members", "targets": ["stranger"] });
    assert_eq!(beyond(linked, None), 1, "a stranger becomes a member");
}
