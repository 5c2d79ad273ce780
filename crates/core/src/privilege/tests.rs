//! Paths against examples, and against a naive search of random tenants.

use proptest::collection::vec;
use proptest::prelude::*;

use super::known::{GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR};
use super::*;
use crate::address::ObjectId;

const APPLICATION_ADMINISTRATOR: &str = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

fn target(kind: &str, number: usize) -> Target {
    let prefix = match kind {
        "user" => 1,
        "group" => 2,
        _ => 3,
    };
    let id = ObjectId::parse(&format!("00000000-0000-4000-800{prefix}-{number:012}")).unwrap();
    Target::existing(id, format!("{kind}:{kind}{number}"))
}

fn role(template: &str) -> Target {
    let name = match template {
        GLOBAL_ADMINISTRATOR => "Global Administrator",
        PRIVILEGED_ROLE_ADMINISTRATOR => "Privileged Role Administrator",
        APPLICATION_ADMINISTRATOR => "Application Administrator",
        _ => "User Administrator",
    };
    Target::existing(ObjectId::parse(template).unwrap(), format!("role:{name}"))
}

fn at(template: &str) -> RoleAt {
    RoleAt { role: role(template), scope: Scope::Tenant }
}

const ROLES: [&str; 4] =
    [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, USER_ADMINISTRATOR];

fn state() -> State {
    let roles =
        ROLES.map(|template| (role(template), Role { template: template.to_owned(), ..Role::default() }));
    State { roles: BTreeMap::from(roles), ..State::default() }
}

impl State {
    fn assign(&mut self, template: &str, principal: &Target, holding: Holding) -> &mut Self {
        let assignment =
            Assignment { role: role(template), scope: Scope::Tenant, principal: principal.clone(), holding };
        self.assignments.insert(assignment);
        self
    }

    fn put(&mut self, group: &Target, person: &Target, access: Access, holding: Holding) -> &mut Self {
        self.groups.entry(group.clone()).or_default().people.insert((person.clone(), access, holding));
        self
    }
}

/// How near each is, by name, and the nearest way there in words.
fn reached(state: &State, template: &str) -> Vec<(String, Reach, Vec<String>)> {
    let paths = Paths::new(state);
    let towards = paths.towards(&at(template));
    let reaching = towards.reaching();
    let one = |(person, hops): (Target, BTreeSet<Hop>)| {
        let reach = hops.iter().map(|hop| hop.reach).min().unwrap();
        let way = towards.way(&Node::Principal(person.clone()));
        let way =
            way.iter().map(|(via, to)| format!("{} {}", via.describe(), to.describe()).trim().to_owned());
        (person.name.to_string(), reach, way.collect())
    };
    reaching.into_iter().map(one).collect()
}

#[test]
fn a_role_is_held_directly_through_a_group_and_after_an_activation() {
    let (direct, member, eligible, owner) =
        (target("user", 1), target("user", 2), target("user", 3), target("user", 4));
    let (held, offered) = (target("group", 1), target("group", 2));
    let mut state = state();
    state
        .assign(USER_ADMINISTRATOR, &direct, Holding::Permanent)
        .assign(USER_ADMINISTRATOR, &held, Holding::Permanent)
        .assign(USER_ADMINISTRATOR, &offered, Holding::Eligible(None))
        .put(&held, &member, Access::Member, Holding::Permanent)
        .put(&held, &owner, Access::Owner, Holding::Permanent)
        .put(&offered, &eligible, Access::Member, Holding::Permanent);
    let found = reached(&state, USER_ADMINISTRATOR);
    let near: Vec<(&str, Reach)> = found.iter().map(|(name, reach, _)| (name.as_str(), *reach)).collect();
    assert_eq!(
        near,
        [
            ("user:user1", Reach::Holds),
            ("user:user2", Reach::Holds),
            ("user:user3", Reach::CanActivate),
            ("user:user4", Reach::CanTake),
        ]
    );
    assert_eq!(found[2].2, ["member group:group2", "eligible role:User Administrator"]);
}

#[test]
fn an_eligible_group_of_an_eligible_group_is_followed() {
    let person = target("user", 1);
    let (outer, inner) = (target("group", 1), target("group", 2));
    let mut state = state();
    state
        .assign(GLOBAL_ADMINISTRATOR, &outer, Holding::Permanent)
        .put(&outer, &inner, Access::Member, Holding::Eligible(None))
        .put(&inner, &person, Access::Member, Holding::Permanent)
        // A circle, walked once.
        .put(&inner, &outer, Access::Owner, Holding::Eligible(None));
    let found = reached(&state, GLOBAL_ADMINISTRATOR);
    let way =
        ["member group:group2", "eligible member group:group1", "permanently role:Global Administrator"];
    assert_eq!(found, [("user:user1".to_owned(), Reach::CanActivate, way.map(str::to_owned).to_vec())]);
}

#[test]
fn whoever_owns_an_application_that_may_assign_roles_can_take_the_tenant() {
    let (owner, administrator) = (target("user", 1), target("user", 2));
    let app = target("app", 1);
    let mut state = state();
    let application = Application {
        registration_owners: BTreeSet::from([owner.clone()]),
        permissions: BTreeSet::from([
            "RoleManagement.ReadWrite.Directory".to_owned(),
            "User.Read.All".to_owned(),
        ]),
        ..Application::default()
    };
    state.applications.insert(app.clone(), application);
    state.assign(APPLICATION_ADMINISTRATOR, &administrator, Holding::Permanent);
    let found = reached(&state, GLOBAL_ADMINISTRATOR);
    let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["user:user1", "user:user2", "app:app1"]);
    assert!(found.iter().all(|(_, reach, _)| *reach == Reach::CanTake));
    assert_eq!(found[1].2.len(), 4, "{:?}", found[1].2);
}

#[test]
fn an_application_administrator_of_one_application_reaches_that_one() {
    let (app, other, registration, person) =
        (target("app", 1), target("app", 2), target("app_registration", 3), target("user", 1));
    let mut state = state();
    for (app, registration) in [(&app, Some(registration.clone())), (&other, None)] {
        state.applications.insert(app.clone(), Application { registration, ..Application::default() });
    }
    state.assign(USER_ADMINISTRATOR, &app, Holding::Permanent);
    state.assign(GLOBAL_ADMINISTRATOR, &other, Holding::Permanent);
    state.assignments.insert(Assignment {
        role: role(APPLICATION_ADMINISTRATOR),
        scope: Scope::Object(registration),
        principal: person,
        holding: Holding::Permanent,
    });
    assert!(reached(&state, USER_ADMINISTRATOR).iter().any(|(name, ..)| name == "user:user1"));
    assert!(!reached(&state, GLOBAL_ADMINISTRATOR).iter().any(|(name, ..)| name == "user:user1"));
}

#[test]
fn who_cannot_sign_in_reaches_nothing() {
    let person = target("user", 1);
    let mut state = state();
    state.assign(GLOBAL_ADMINISTRATOR, &person, Holding::Permanent);
    assert_eq!(reached(&state, GLOBAL_ADMINISTRATOR).len(), 1);
    state.users.insert(person, User::default());
    assert!(reached(&state, GLOBAL_ADMINISTRATOR).is_empty());
}

#[test]
fn trees_and_pictures_show_hostile_names_escaped() {
    let person = Target::existing(target("user", 1).id.unwrap(), "user:\u{1b}[31m\"]; x<b>");
    let mut state = state();
    state.assign(GLOBAL_ADMINISTRATOR, &person, Holding::Until("2027-04-01T00:00:00Z".parse().ok()));
    let paths = Paths::new(&state);
    let about = About::find("global administrator", &state, &paths).unwrap();
    let picture = Picture::new(&state, &paths, &about);
    let text = picture.text();
    assert_eq!(text, "role:Global Administrator\n└─ user:\\u{1b}[31m\"]; x<b>: until 2027-03-31\n");
    assert!(picture.dot().contains(r#"[label="user:\\u{1b}[31m\"]; x<b>"]"#), "{}", picture.dot());
    let mermaid = picture.mermaid();
    assert!(mermaid.contains("n1[\"user:#92;u{1b}#91;31m#34;#93;#59; x#60;b#62;\"]"), "{mermaid}");
    assert!(About::find("globl administrator", &state, &paths).unwrap_err().suggestion.is_some());
}

const PEOPLE: usize = 4;
const GROUPS: usize = 3;
const APPS: usize = 2;

/// A principal of a random tenant, by number.
fn principal(number: usize) -> Target {
    match number {
        number if number < PEOPLE => target("user", number),
        number if number < PEOPLE + GROUPS => target("group", number),
        number => target("app", number),
    }
}

fn holding() -> impl Strategy<Value = Holding> {
    prop_oneof![
        Just(Holding::Permanent),
        Just(Holding::Until(None)),
        Just(Holding::Activated),
        Just(Holding::Eligible(None)),
    ]
}

fn random_state() -> impl Strategy<Value = State> {
    let anybody = 0..PEOPLE + GROUPS + APPS;
    let access = prop_oneof![Just(Access::Member), Just(Access::Owner)];
    let assignments = vec((0..ROLES.len(), anybody.clone(), holding()), 0..6);
    let people = vec((0..GROUPS, anybody, access, holding()), 0..8);
    let owners = vec((0..APPS, 0..PEOPLE), 0..3);
    let permissions = vec((0..APPS, 0..known::PERMISSIONS.len()), 0..2);
    let disabled = vec(any::<bool>(), PEOPLE);
    (assignments, people, owners, permissions, disabled).prop_map(
        |(assignments, people, owners, permissions, disabled)| {
            let mut state = state();
            for (role, who, holding) in assignments {
                state.assign(ROLES[role], &principal(who), holding);
            }
            for group in 0..GROUPS {
                state.groups.insert(principal(PEOPLE + group), Group::default());
            }
            for (group, who, access, holding) in people {
                state.put(&principal(PEOPLE + group), &principal(who), access, holding);
            }
            for app in 0..APPS {
                state.applications.insert(principal(PEOPLE + GROUPS + app), Application::default());
            }
            let app = |number: usize| principal(PEOPLE + GROUPS + number);
            for (number, owner) in owners {
                state.applications.get_mut(&app(number)).unwrap().owners.insert(principal(owner));
            }
            for (number, permission) in permissions {
                let permissions = &mut state.applications.get_mut(&app(number)).unwrap().permissions;
                permissions.insert(known::PERMISSIONS[permission].of.to_owned());
            }
            for (person, off) in disabled.into_iter().enumerate() {
                state.users.insert(principal(person), User { enabled: !off, ..User::default() });
            }
            state
        },
    )
}

/// What a naive search knows: who has something (a role by template, or what a principal has), and how near.
type Facts = BTreeMap<(Target, String), Reach>;

/// Applies every rule to everything until nothing new follows.
fn naive(state: &State) -> Facts {
    let mut facts = Facts::new();
    loop {
        let before = facts.clone();
        let mut learn = |who: &Target, role: &str, reach: Reach| {
            let known = facts.entry((who.clone(), role.to_owned())).or_insert(reach);
            *known = (*known).min(reach);
        };
        let nearer = |holding: Holding| if holding.is_eligible() { Reach::CanActivate } else { Reach::Holds };
        for given in &state.assignments {
            learn(&given.principal, &state.roles[&given.role].template, nearer(given.holding));
        }
        for ((of, role), reach) in &before {
            for (who, access, holding) in state.groups.get(of).into_iter().flat_map(|group| &group.people) {
                let own = if *access == Access::Owner { Reach::CanTake } else { nearer(*holding) };
                learn(who, role, own.max(*reach));
            }
            for owner in state.applications.get(of).into_iter().flat_map(|app| &app.owners) {
                learn(owner, role, Reach::CanTake);
            }
        }
        let all = |of: &BTreeSet<&Target>| -> BTreeSet<String> {
            before.keys().filter(|(who, _)| of.contains(who)).map(|(_, role)| role.clone()).collect()
        };
        let (of_apps, of_groups) =
            (all(&state.applications.keys().collect()), all(&state.groups.keys().collect()));
        for (who, role) in before.keys() {
            if role == PRIVILEGED_ROLE_ADMINISTRATOR {
                learn(who, GLOBAL_ADMINISTRATOR, Reach::CanTake);
            }
            if role == APPLICATION_ADMINISTRATOR {
                of_apps.iter().for_each(|role| learn(who, role, Reach::CanTake));
            }
        }
        for (app, application) in &state.applications {
            for name in &application.permissions {
                match known::permission(name).unwrap().amounts {
                    known::Amounts::ToGlobalAdministrator => learn(app, GLOBAL_ADMINISTRATOR, Reach::CanTake),
                    known::Amounts::ToApplications => {
                        of_apps.iter().for_each(|role| learn(app, role, Reach::CanTake))
                    }
                    known::Amounts::ToGroups => {
                        of_groups.iter().for_each(|role| learn(app, role, Reach::CanTake))
                    }
                }
            }
        }
        if facts == before {
            return facts;
        }
    }
}

proptest! {
    #[test]
    fn whoever_reaches_a_role_is_found_by_a_naive_search_too(state in random_state()) {
        let paths = Paths::new(&state);
        let naive = naive(&state);
        for template in ROLES {
            let towards = paths.towards(&at(template));
            let found = towards.reaching();
            let found: BTreeMap<Target, Reach> = found
                .into_iter()
                .map(|(who, hops)| (who, hops.iter().map(|hop| hop.reach).min().unwrap()))
                .collect();
            let wanted = naive.iter().filter(|((_, role), _)| role == template);
            let wanted: BTreeMap<Target, Reach> = wanted
                .filter(|((who, _), _)| who.prefix() != "group" && state.is_enabled(who))
                .map(|((who, _), reach)| (who.clone(), *reach))
                .collect();
            prop_assert_eq!(&found, &wanted, "{}", template);
            for (who, reach) in found {
                let way = towards.way(&Node::Principal(who));
                prop_assert_eq!(&way.last().unwrap().1, &Node::Role(at(template)));
                let farthest = way.iter().map(|(via, _)| via.reach()).max().unwrap();
                prop_assert_eq!(farthest, reach);
            }
        }
    }
}
