//! Who reaches which role: what a plan says of it, what it is refused for, and what `tenantry access` shows.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, tests};

tests![
    paths_to_a_role_are_a_tree_and_a_picture,
    a_plan_says_who_gains_and_who_loses_a_role,
    second_last_permanent_global_administrator_is_kept,
    three_permanent_global_administrators_may_become_two,
    a_tenant_with_one_global_administrator_is_warned_by_other_plans,
    an_emergency_account_is_not_made_eligible,
    somebody_else_can_approve_every_activation,
    approvers_are_not_all_for_a_time,
    the_identity_that_applies_keeps_its_roles,
    what_may_not_be_read_is_not_taken_for_safe,
    no_configuration_takes_the_last_administrators_of_any_tenant,
];

const ROLE: &str = "Global Administrator";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const PEOPLE: [&str; 6] =
    ["adele.vance", "megan.bowen", "alex.wilber", "lee.gu", "miriam.graham", "isaiah.langer"];
const TIER_1: &str = "6a6f2b5e-0000-4000-8000-0000000000a1";

/// The id of somebody in the tenant.
fn id(name: &str) -> String {
    let number = PEOPLE.iter().position(|person| *person == name).expect("they are in the tenant");
    format!("6a6f2b5e-0000-4000-8000-00000000000{number}")
}

/// A schedule that gives a role in the whole tenant.
fn given(principal: &str, role: &str) -> Value {
    json!({ "principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/", "memberType": "Direct",
        "status": "Provisioned", "scheduleInfo": { "expiration": { "type": "noExpiration" } } })
}

/// A tenant with these people as Global Administrators, and a group and an application that lead to roles.
fn tenant(administrators: &[&str]) -> Value {
    let person = |name: &&str| json!({ "id": id(name), "userPrincipalName": format!("{name}@contoso.com"), "displayName": name });
    let active = |name: &&str| {
        let mut schedule = given(&id(name), GLOBAL_ADMINISTRATOR);
        schedule["assignmentType"] = json!("Assigned");
        schedule
    };
    json!({
        "users": PEOPLE.iter().map(person).collect::<Vec<_>>(),
        "groups": [
            { "id": TIER_1, "displayName": "Tier 1", "mailNickname": "tier1", "securityEnabled": true,
              "isAssignableToRole": true, "members": ["lee.gu@contoso.com"], "owners": ["miriam.graham@contoso.com"] }],
        "roleAssignmentSchedules": administrators.iter().map(active).collect::<Vec<_>>(),
        "roleEligibilitySchedules": [given(TIER_1, USER_ADMINISTRATOR)],
        "servicePrincipals": [
            { "displayName": "Microsoft Graph", "appId": "00000003-0000-0000-c000-000000000000" }],
        "registeredApplications": [{ "displayName": "Deployer", "roles": ["RoleManagement.ReadWrite.Directory"] }],
    })
}

fn configured(roles: &str) -> Folder {
    Folder::of(&format!("[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n{roles}"))
}

/// Text without the breaks that a screen's width puts into it.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn paths_to_a_role_are_a_tree_and_a_picture() {
    let sandbox = Sandbox::of(&tenant(&["adele.vance", "megan.bowen"]).to_string());
    let folder = configured("");
    let access = |arguments: &[&str]| {
        folder
            .run(&["access"])
            .and(arguments)
            .argument("config")
            .signed_in_to(&sandbox)
            .run()
            .exits_with(0)
            .stdout
    };
    let tree = access(&["user administrator"]);
    let people = "role:User Administrator\n└─ group:Tier 1: eligible\n   ├─ user:lee.gu@contoso.com: member\n   ├─ \
                  user:miriam.graham@contoso.com: owner, who can make anybody a member\n   └─ every group with a role\n";
    assert!(tree.starts_with(people), "{tree}");
    // The sandbox's own application has every permission.
    assert!(
        tree.contains("app:Tenantry: PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup: may put anybody"),
        "{tree}"
    );
    let own = access(&["user:lee.gu@contoso.com"]);
    assert_eq!(
        own,
        "user:lee.gu@contoso.com\n└─ group:Tier 1: member\n   └─ role:User Administrator: eligible\n"
    );
    let all = access(&[ROLE]);
    assert!(
        all.contains("app:Deployer: RoleManagement.ReadWrite.Directory: may assign itself every role"),
        "{all}"
    );
    let picture: Value = serde_json::from_str(&access(&[ROLE, "--format", "json"])).expect("it is JSON");
    assert!(picture["nodes"].as_array().is_some_and(|nodes| nodes.len() >= 4), "{picture}");
    assert!(access(&[ROLE, "--format", "dot"]).starts_with("digraph access {"));
    assert!(access(&[ROLE, "--format", "mermaid"]).starts_with("flowchart LR"));
    let unknown =
        folder.run(&["access", "user administrater", "config"]).signed_in_to(&sandbox).run().exits_with(1);
    unknown.warns("did you mean `User Administrator`");
}

fn a_plan_says_who_gains_and_who_loses_a_role() {
    let sandbox = Sandbox::of(&tenant(&["adele.vance", "megan.bowen"]).to_string());
    let folder =
        configured("[roles.\"User Administrator\"]\neligible = [\"user:isaiah.langer@contoso.com\"]\n");
    let plan = folder.plan(&sandbox, &["--format", "json"]).run().exits_with(0);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("the plan is JSON");
    let change = &plan["impact"]["access"][0];
    assert_eq!(change["role"]["name"], "role:User Administrator");
    assert_eq!(change["gains"][0]["who"]["name"], "user:isaiah.langer@contoso.com");
    assert_eq!(change["gains"][0]["reach"], "can_activate");
    let lost = change["losses"].as_array().expect("a list");
    let lost: Vec<(&str, &str)> = lost
        .iter()
        .map(|path| {
            (path["who"]["name"].as_str().unwrap_or_default(), path["reach"].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        lost,
        [("user:lee.gu@contoso.com", "can_activate"), ("user:miriam.graham@contoso.com", "can_take")]
    );
    let text = plain(&folder.plan(&sandbox, &[]).run().exits_with(0).stdout);
    assert!(
        text.contains(
            "user:isaiah.langer@contoso.com will be able to activate role:User Administrator: eligible"
        ),
        "{text}"
    );
    assert!(
        text.contains("user:lee.gu@contoso.com will no longer be able to activate role:User Administrator: member → group:Tier 1, eligible"),
        "{text}"
    );
}

fn administrators(names: &[&str]) -> Folder {
    let entries: Vec<String> = names.iter().map(|name| format!("\"user:{name}@contoso.com\"")).collect();
    configured(&format!("[roles.\"{ROLE}\"]\nactive = [{}]\n", entries.join(", ")))
}

fn second_last_permanent_global_administrator_is_kept() {
    let sandbox = Sandbox::of(&tenant(&["adele.vance", "megan.bowen"]).to_string());
    let refused = administrators(&["adele.vance"]).plan(&sandbox, &[]).run().exits_with(3);
    let text = plain(&refused.stdout);
    assert!(
        text.contains(
            "left with 1 permanent Global Administrator (user:adele.vance@contoso.com); the limit is 2"
        ),
        "{text}"
    );
    let ending = configured(&format!(
        "[roles.\"{ROLE}\"]\nactive = [\"user:adele.vance@contoso.com\", {{ ref = \"user:megan.bowen@contoso.com\", until = 2030-01-01 }}]\n"
    ));
    ending.plan(&sandbox, &[]).run().exits_with(3).says("permanent Global Administrator");
    let disabled = configured("[users.\"adele.vance@contoso.com\"]\naccount_enabled = false\n");
    disabled.plan(&sandbox, &[]).run().exits_with(3).says("permanent Global Administrator");
    let deleted = configured("[users.\"adele.vance@contoso.com\"]\nabsent = true\n");
    deleted.plan(&sandbox, &[]).run().exits_with(3).says("permanent Global Administrator");
}

fn three_permanent_global_administrators_may_become_two() {
    let sandbox = Sandbox::of(&tenant(&["adele.vance", "megan.bowen", "alex.wilber"]).to_string());
    let folder = administrators(&["adele.vance", "megan.bowen"]);
    let plan = folder.plan(&sandbox, &[]).run().exits_with(0);
    assert!(!plan.stdout.contains("the limit is 2"), "{}", plan.stdout);
}

fn a_tenant_with_one_global_administrator_is_warned_by_other_plans() {
    let sandbox = Sandbox::of(&tenant(&["adele.vance"]).to_string());
    let folder = configured("[roles.\"User Administrator\"]\nactive = [\"user:lee.gu@contoso.com\"]\n");
    let plan = folder.plan(&sandbox, &[]).run().exits_with(0);
    assert!(plain(&plan.stdout).contains("Warning the tenant has 1 permanent"), "{}", plan.stdout);
    // A plan that makes it better is let through as well.
    let better =
        configured(&format!("[roles.\"{ROLE}\"]\nactive = {{ at_least = [\"user:lee.gu@contoso.com\"] }}\n"));
    better.plan(&sandbox, &[]).run().exits_with(0);
}

fn an_emergency_account_is_not_made_eligible() {
    let sandbox = Sandbox::of(&tenant(&["adele.vance", "megan.bowen", "alex.wilber"]).to_string());
    let protect = "[protect]\nemergency_access = [\"user:alex.wilber@contoso.com\"]\n\n";
    let roles = |alex: &str| {
        configured(&format!(
            "{protect}[roles.\"{ROLE}\"]\nactive = [\"user:adele.vance@contoso.com\", \"user:megan.bowen@contoso.com\"{}]\n{alex}",
            if alex.is_empty() {
                ", \"user:alex.wilber@contoso.com\", \"user:lee.gu@contoso.com\""
            } else {
                ""
            }
        ))
    };
    let refused =
        roles("eligible = [\"user:alex.wilber@contoso.com\"]\n").plan(&sandbox, &[]).run().exits_with(3);
    let text = plain(&refused.stdout);
    assert!(
        text.contains("user:alex.wilber@contoso.com would be only eligible for Global Administrator"),
        "{text}"
    );
    let clean = roles("").plan(&sandbox, &[]).run().exits_with(0);
    let text = plain(&clean.stdout);
    assert!(text.contains("is not on the tenant's initial domain contoso.onmicrosoft.com"), "{text}");
}

const APPROVERS: &str = "[groups.Approvers]\n";

/// A tenant with a group of these approvers.
fn with_approvers(approvers: &[&str]) -> Value {
    let mut tenant = tenant(&["adele.vance", "megan.bowen"]);
    let members: Vec<String> = approvers.iter().map(|name| format!("{name}@contoso.com")).collect();
    let group = json!({ "displayName": "Approvers", "uniqueName": "approvers", "mailNickname": "approvers", "securityEnabled": true, "members": members });
    tenant["groups"].as_array_mut().expect("a list").push(group);
    tenant
}

fn activation(settings: &str) -> Folder {
    configured(&format!("{APPROVERS}\n[roles.\"User Administrator\"]\nactivation = {{ {settings} }}\n"))
}

fn somebody_else_can_approve_every_activation() {
    let by_group = || activation("approvers = [\"group:Approvers\"]");
    let empty = Sandbox::of(&with_approvers(&[]).to_string());
    by_group().plan(&empty, &[]).run().exits_with(3).says("takes an approval, and nobody could approve it");
    let requester = Sandbox::of(&with_approvers(&["lee.gu"]).to_string());
    by_group()
        .plan(&requester, &[])
        .run()
        .exits_with(3)
        .says("user:lee.gu@contoso.com is the only one to approve it and may not approve their own");
    let other = Sandbox::of(&with_approvers(&["lee.gu", "alex.wilber"]).to_string());
    by_group().plan(&other, &[]).run().exits_with(0);
    // Where nobody is named, those who hold the roles that approve do.
    activation("approval_required = true").plan(&empty, &[]).run().exits_with(0);
    // An approver switched on with approval, in one plan, who comes into the group in the same plan.
    let filled = activation("approvers = [\"group:Approvers\"]");
    filled.write("groups.toml", "");
    filled.write(
        "tenantry.toml",
        "[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n[groups.Approvers]\nmembers = [\"user:isaiah.langer@contoso.com\"]\n\n\
         [roles.\"User Administrator\"]\nactivation = { approvers = [\"group:Approvers\"] }\n",
    );
    filled.plan(&empty, &[]).run().exits_with(0);
    filled.apply(&empty, &[]).run().exits_with(0);
    filled.plan(&empty, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    // From then on the group is not emptied, and its last member not disabled, though that plan is about no role.
    let disabled = configured("[users.\"isaiah.langer@contoso.com\"]\naccount_enabled = false\n");
    disabled.plan(&empty, &[]).run().exits_with(3).says("nobody could approve it");
}

fn approvers_are_not_all_for_a_time() {
    let sandbox = Sandbox::of(&with_approvers(&[]).to_string());
    let approvers = |entries: &str| {
        configured(&format!(
            "[groups.Approvers]\n{entries}\n\n[roles.\"User Administrator\"]\nactivation = {{ approvers = [\"group:Approvers\"] }}\n"
        ))
    };
    let timed = "active_members = [{ ref = \"user:alex.wilber@contoso.com\", duration = \"P90D\" }]";
    let refused = approvers(timed).plan(&sandbox, &[]).run().exits_with(3);
    refused.says("everybody who approves it does so for a time only (user:alex.wilber@contoso.com)");
    approvers("members = [\"user:alex.wilber@contoso.com\"]").plan(&sandbox, &[]).run().exits_with(0);
}

fn the_identity_that_applies_keeps_its_roles() {
    let mut tenant = tenant(&["adele.vance", "megan.bowen"]);
    let own = "6a6f2b5e-0000-4000-8000-0000000000c1";
    tenant["servicePrincipals"].as_array_mut().expect("a list").push(
        json!({ "id": own, "displayName": "Tenantry", "appId": "c0ffee00-0000-4000-8000-000000000001" }),
    );
    let mut held = given(own, USER_ADMINISTRATOR);
    held["assignmentType"] = json!("Assigned");
    tenant["roleAssignmentSchedules"].as_array_mut().expect("a list").push(held);
    let sandbox = Sandbox::of(&tenant.to_string());
    let lost = configured("[roles.\"User Administrator\"]\nactive = []\n");
    lost.plan(&sandbox, &[]).run().exits_with(3).says("would lose role:User Administrator");
    let kept = configured(
        "[roles.\"User Administrator\"]\nactive = [\"app:Tenantry\", \"user:lee.gu@contoso.com\"]\n",
    );
    kept.plan(&sandbox, &[]).run().exits_with(0);
}

fn what_may_not_be_read_is_not_taken_for_safe() {
    let sandbox = Sandbox::of(&tenant(&["adele.vance", "megan.bowen"]).to_string());
    let registered = |roles: &[&str]| {
        let body = json!({ "displayName": format!("Reader of {}", roles.len()), "roles": roles, "passwordCredentials": [{ "secretText": "not-a-secret-of-anything" }] });
        let application = sandbox.control("POST", "/sandbox/applications", Some(&body));
        application["appId"].as_str().expect("it has an id").to_owned()
    };
    let as_reader =
        |folder: &Folder, client: &str| folder.plan(&sandbox, &[]).variable("AZURE_CLIENT_ID", client).run();
    // A plan about people is warned, one about a role-assignable group refused.
    let client = registered(&["User.Read.All", "Group.Read.All", "Organization.Read.All"]);
    let person = configured("[users.\"lee.gu@contoso.com\"]\naccount_enabled = false\n");
    let warned = as_reader(&person, &client).exits_with(0);
    warned.says("whether enough administrators are left cannot be said").says("who holds directory roles");
    let group = configured("[groups.\"Tier 1\"]\nmembers = []\n");
    as_reader(&group, &client).exits_with(3).says("whether enough administrators are left cannot be said");
    // What a plan says is missing is enough.
    let client = registered(&PERMISSIONS);
    let read = as_reader(&group, &client).exits_with(0);
    assert!(!read.stdout.contains("cannot be said"), "{}", read.stdout);
}

/// What is read takes these.
const PERMISSIONS: [&str; 10] = [
    "Organization.Read.All",
    "Group.Read.All",
    "RoleManagement.Read.Directory",
    "RoleAssignmentSchedule.Read.Directory",
    "RoleEligibilitySchedule.Read.Directory",
    "PrivilegedAssignmentSchedule.Read.AzureADGroup",
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "GroupMember.Read.All",
    "User.Read.All",
    "Application.Read.All",
];

/// How somebody has Global Administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Nothing,
    Permanent,
    Ending,
    Eligible,
    /// As a member of a group that holds it for good.
    Member,
}

const STANDINGS: [Standing; 5] =
    [Standing::Nothing, Standing::Permanent, Standing::Ending, Standing::Eligible, Standing::Member];

/// A tenant in which these people have the role like this, and some cannot sign in.
fn random_tenant(standings: &[Standing], disabled: &[bool]) -> Value {
    let mut tenant = tenant(&[]);
    let (mut active, mut eligible, mut members) = (Vec::new(), Vec::new(), Vec::new());
    for (name, standing) in PEOPLE.iter().zip(standings) {
        let mut schedule = given(&id(name), GLOBAL_ADMINISTRATOR);
        schedule["assignmentType"] = json!("Assigned");
        match standing {
            Standing::Nothing => {}
            Standing::Permanent => active.push(schedule),
            Standing::Ending => {
                schedule["scheduleInfo"] = json!({ "expiration": { "type": "afterDateTime", "endDateTime": "2099-01-01T00:00:00Z" } });
                active.push(schedule);
            }
            Standing::Eligible => eligible.push(given(&id(name), GLOBAL_ADMINISTRATOR)),
            Standing::Member => members.push(format!("{name}@contoso.com")),
        }
    }
    let mut group = given(TIER_1, GLOBAL_ADMINISTRATOR);
    group["assignmentType"] = json!("Assigned");
    active.push(group);
    for (person, disabled) in tenant["users"].as_array_mut().expect("a list").iter_mut().zip(disabled) {
        person["accountEnabled"] = json!(!disabled);
    }
    tenant["groups"][0]["members"] = json!(members);
    tenant["roleAssignmentSchedules"] = json!(active);
    tenant["roleEligibilitySchedules"] = json!(eligible);
    tenant
}

/// A configuration that wants them to have the role like this, and somebody not to be able to sign in.
fn random_configuration(standings: &[Standing], off: Option<usize>) -> Folder {
    let of = |wanted: Standing, entry: fn(&str) -> String| {
        let people = PEOPLE.iter().zip(standings).filter(|(_, standing)| **standing == wanted);
        people.map(|(name, _)| entry(name)).collect::<Vec<_>>()
    };
    let plain: fn(&str) -> String = |name| format!("\"user:{name}@contoso.com\"");
    let mut active = of(Standing::Permanent, plain);
    active.push("\"group:Tier 1\"".to_owned());
    active.extend(of(Standing::Ending, |name| {
        format!("{{ ref = \"user:{name}@contoso.com\", duration = \"P90D\" }}")
    }));
    let off =
        off.map(|number| format!("[users.\"{}@contoso.com\"]\naccount_enabled = false\n", PEOPLE[number]));
    configured(&format!(
        "[protect]\nemergency_access = [\"user:adele.vance@contoso.com\"]\n\n[groups.\"Tier 1\"]\nmembers = [{}]\n\n\
         [limits]\nremove_members = \"100%\"\n\n[roles.\"{ROLE}\"]\nactive = [{}]\neligible = [{}]\n\n{}",
        of(Standing::Member, plain).join(", "),
        active.join(", "),
        of(Standing::Eligible, plain).join(", "),
        off.unwrap_or_default(),
    ))
}

/// Who holds Global Administrator for good and can sign in, as Graph tells it.
fn permanent(sandbox: &Sandbox) -> BTreeSet<String> {
    let list = |path: &str| sandbox.graph("GET", path, None)["value"].as_array().cloned().unwrap_or_default();
    let ids = |rows: Vec<Value>, name: &str| -> BTreeSet<String> {
        rows.iter().filter_map(|row| Some(row[name].as_str()?.to_owned())).collect()
    };
    let mut held = list("/roleManagement/directory/roleAssignmentSchedules");
    held.retain(|row| {
        row["roleDefinitionId"] == GLOBAL_ADMINISTRATOR
            && row["scheduleInfo"]["expiration"]["endDateTime"].is_null()
    });
    let mut people = ids(held, "principalId");
    if people.remove(TIER_1) {
        people.extend(ids(list(&format!("/groups/{TIER_1}/members")), "id"));
    }
    let mut enabled = list("/users?$select=id,accountEnabled");
    enabled.retain(|user| user["accountEnabled"] == true);
    people.intersection(&ids(enabled, "id")).cloned().collect()
}

/// What shall be true of the people who will hold the role for good, whatever the command thinks of it.
fn no_configuration_takes_the_last_administrators_of_any_tenant() {
    let cases = Config::default().cases / 16;
    let mut runner = TestRunner::new(Config { failure_persistence: None, cases, ..Config::default() });
    let standings = || vec(select(&STANDINGS[..]), 4);
    let inputs = (standings(), vec(proptest::bool::weighted(0.2), 4), standings(), option::of(0..4_usize));
    let holds = |(was, disabled, wanted, off): (Vec<Standing>, Vec<bool>, Vec<Standing>, Option<usize>)| {
        let sandbox = Sandbox::of(&random_tenant(&was, &disabled).to_string());
        let before = permanent(&sandbox);
        let run = random_configuration(&wanted, off).apply(&sandbox, &["--patience", "3"]).run();
        let after = permanent(&sandbox);
        let text = format!("{before:?} {after:?}\n{}\n{}", run.stdout, run.stderr);
        // Nothing is lost that is below the limit, and an emergency account loses nothing.
        prop_assert!(after.len() >= 2 || after.is_superset(&before), "{text}");
        prop_assert!(after.contains(&id("adele.vance")) || !before.contains(&id("adele.vance")), "{text}");
        let will = wanted.iter().enumerate().filter(|(number, standing)| {
            let lasts = matches!(standing, Standing::Permanent | Standing::Member);
            lasts && !disabled[*number] && off != Some(*number)
        });
        let will: BTreeSet<String> = will.map(|(number, _)| id(PEOPLE[number])).collect();
        let refused = run.stdout.contains("permanent Global Administrator") && run.stdout.contains("Refused");
        // What keeps two is not refused for having too few.
        prop_assert!(will.len() < 2 || !run.stdout.contains("; the limit is 2"), "{text}");
        prop_assert!(!refused || after == before, "{text}");
        Ok(())
    };
    runner.run(&inputs, holds).unwrap_or_else(|failure| panic!("{failure}"));
}
