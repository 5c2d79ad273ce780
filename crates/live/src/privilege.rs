//! Reads who holds and who reaches directory roles: whole lists of who is given a role, then whatever leads to those
//! groups and applications, all of a kind in batches.
//!
//! What the identity may not read is noted, and nothing is concluded from it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::{Lookup, ScheduleOf};
use tenantry_core::pim::{self, Relation};
use tenantry_core::privilege::{
    Access, Application, Approval, Assignment, Group, HOLDERS, Holding, NAMES, Needs, Role, Scope, State,
    User, known,
};
use tenantry_core::schedules::{PLAIN, path};
use tenantry_core::snapshot::target_of;
use tenantry_graph::{Client, Request, odata};

use crate::error::Error;
use crate::read::{IN_FILTER, PAGE, failed, policies, schedules};
use crate::wire::look_up;

const DEFINITIONS: &str =
    "/roleManagement/directory/roleDefinitions?$select=id,displayName,isBuiltIn,templateId,rolePermissions";

/// Microsoft Graph itself: the application whose permissions others are granted.
const GRAPH: &str = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";

/// What is read of users, groups, applications and units by id.
const OBJECT: &str = "id,displayName,userPrincipalName,accountEnabled,onPremisesSyncEnabled,appId";

/// The same kind by kind: where they are, what they are and what is read of them.
const KINDS: [(&str, &str, &str); 3] = [
    ("/users", "user", "id,userPrincipalName,accountEnabled,onPremisesSyncEnabled"),
    ("/groups", "group", "id,displayName"),
    ("/servicePrincipals", "servicePrincipal", "id,displayName,appId"),
];

/// Most ids in one `getByIds`.
const BY_IDS: usize = 1000;

/// Reads who holds and who reaches roles.
pub async fn privilege(client: &Client, needs: &Needs) -> Result<State, Error> {
    let mut reader =
        Reader { client, state: State::default(), known: BTreeMap::new(), grants: BTreeMap::new() };
    let (assignments, roles) = reader.roles().await?;
    let mut open: BTreeSet<ObjectId> = needs.principals.clone();
    for given in &assignments {
        open.insert(given.principal.clone());
        open.extend(given.scope.target().and_then(|(over, _)| over.id.clone()));
    }
    let eligible = assignments.iter().filter(|given| given.holding.is_eligible());
    let asked = eligible.map(|given| given.role.clone()).chain(needs.roles.iter().cloned()).collect();
    let approvals = reader.approvals(&asked).await?;
    open.extend(approvals.values().flat_map(|(_, approvers)| approvers).cloned());
    reader.grants().await?;
    open.extend(reader.grants.keys().cloned());
    reader.principals(open).await?;
    reader.put(assignments, &roles, approvals);
    Ok(reader.state)
}

/// A role that somebody is given, before names are known.
struct Given {
    role: ObjectId,
    scope: Scope,
    principal: ObjectId,
    holding: Holding,
}

/// What somebody is in a group, before names are known.
type Row = (ObjectId, Access, Holding);

/// Whether a role's activation takes an approval, and whose.
type Approvals = BTreeMap<ObjectId, (bool, BTreeSet<ObjectId>)>;

struct Reader<'a> {
    client: &'a Client,
    state: State,
    /// Objects by id, once they have a name.
    known: BTreeMap<ObjectId, Target>,
    /// Granted permissions that amount to something, by application.
    grants: BTreeMap<ObjectId, BTreeSet<String>>,
}

impl Reader<'_> {
    /// A list; nothing, and a remark, where the identity may not read it. A tenant without the licence has nothing.
    async fn list(&mut self, path: String, what: &str) -> Result<Vec<Value>, Error> {
        match self.client.list(Request::get(path)).await {
            Err(error) if is_not_offered(&error) => Ok(Vec::new()),
            answer => self.allowed(answer, what),
        }
    }

    fn allowed<T: Default>(
        &mut self,
        answer: Result<T, tenantry_graph::Error>,
        what: &str,
    ) -> Result<T, Error> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) if error.is_forbidden() => {
                self.state.unreadable.insert(what.to_owned());
                Ok(T::default())
            }
            Err(source) => Err(failed(what, source)),
        }
    }

    /// Requests of a kind, in batches; an object that is gone meanwhile has nothing.
    async fn lists(&mut self, requests: Vec<Request>, what: &str) -> Result<Vec<Vec<Value>>, Error> {
        let answers = self.client.batch(requests.clone()).await;
        let mut lists = Vec::new();
        for (request, answer) in requests.iter().zip(answers) {
            let list = match answer {
                Ok(answer) => self.client.continue_list(answer.body, request).await,
                Err(error) if error.is_not_found() || is_not_offered(&error) => Ok(Vec::new()),
                Err(error) => Err(error),
            };
            lists.push(self.allowed(list, what)?);
        }
        Ok(lists)
    }

    /// Who is given which role, and what roles there are.
    async fn roles(&mut self) -> Result<(Vec<Given>, BTreeMap<ObjectId, Target>), Error> {
        let definitions = self.list(DEFINITIONS.to_owned(), "directory roles").await?;
        let mut roles = BTreeMap::new();
        for definition in &definitions {
            let Some(id) = text(definition, "id").and_then(ObjectId::of_service) else { continue };
            let name = text(definition, "displayName").unwrap_or_default();
            let target = Target::existing(id.clone(), format!("role:{name}"));
            self.state.roles.insert(target.clone(), role(definition));
            roles.insert(id, target);
        }
        let active = match self.client.list(Request::get(path(ScheduleOf::Role, false))).await {
            Err(error) if is_not_offered(&error) => self.list(PLAIN.to_owned(), HOLDERS).await?,
            answer => self.allowed(answer, HOLDERS)?,
        };
        let eligible = self.list(path(ScheduleOf::Role, true).to_owned(), HOLDERS).await?;
        let held = active.iter().filter_map(|row| given(row, false));
        let given: Vec<Given> = held.chain(eligible.iter().filter_map(|row| given(row, true))).collect();
        Ok((given, roles))
    }

    /// Whose activation takes whose approval.
    ///
    /// Source: "List roleManagementPolicyAssignments",
    /// <https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicyassignments>.
    async fn approvals(&mut self, roles: &BTreeSet<ObjectId>) -> Result<Approvals, Error> {
        let one = match roles.len() {
            0 => return Ok(Approvals::new()),
            1 => roles.first(),
            _ => None,
        };
        let request = policies::with_rules(&policies::of_roles(one));
        let lists = self.lists(vec![request], "who approves activations").await?;
        let found: Vec<Value> = lists.into_iter().flatten().collect();
        let approval = |role: &ObjectId| {
            let mut found = found.iter();
            let policy = found.find(|one| policies::is_of(one, Relation::Role, &[role.as_str()]))?;
            Some((role.clone(), pim::approval(policy.pointer("/policy/rules")?.as_array()?)))
        };
        Ok(roles.iter().filter_map(approval).collect())
    }

    /// Which applications were granted permissions of Microsoft Graph that amount to something.
    async fn grants(&mut self) -> Result<(), Error> {
        let what = "permissions of applications";
        let offered = self.client.get(&format!("{GRAPH}?$select=id,appRoles")).await;
        let offered = match offered {
            Err(error) if error.is_not_found() => return Ok(()),
            answer => self.allowed(answer.map(|answer| answer.body), what)?,
        };
        let offered = offered.get("appRoles").and_then(Value::as_array);
        let dangerous =
            |role: &&Value| text(role, "value").is_some_and(|name| known::permission(name).is_some());
        let offered: BTreeMap<&str, &str> = offered
            .into_iter()
            .flatten()
            .filter(dangerous)
            .filter_map(|role| Some((text(role, "id")?, text(role, "value")?)))
            .collect();
        if offered.is_empty() {
            return Ok(());
        }
        for grant in self.list(format!("{GRAPH}/appRoleAssignedTo?$top={PAGE}"), what).await? {
            let name = text(&grant, "appRoleId").and_then(|id| offered.get(id));
            let principal = text(&grant, "principalId").and_then(ObjectId::parse);
            if let (Some(name), Some(principal)) = (name, principal) {
                self.grants.entry(principal).or_default().insert((*name).to_owned());
            }
        }
        Ok(())
    }

    /// Reads objects and what leads to them, until nothing new comes up.
    async fn principals(&mut self, mut open: BTreeSet<ObjectId>) -> Result<(), Error> {
        let mut people: BTreeMap<ObjectId, Vec<Row>> = BTreeMap::new();
        let mut owners: BTreeMap<ObjectId, Owners> = BTreeMap::new();
        while !open.is_empty() {
            let (groups, applications) = self.objects(&open).await?;
            let found = self.groups(&groups).await?;
            open = found.values().flatten().map(|(person, ..)| person.clone()).collect();
            people.extend(found);
            let found = self.applications(&applications).await?;
            open.extend(found.values().flat_map(|owners| owners.all()).cloned());
            owners.extend(found);
            open.retain(|id| !self.known.contains_key(id));
        }
        for (group, rows) in people {
            let people = rows.into_iter().map(|(id, access, holding)| (self.target(&id), access, holding));
            let group_of = Group { people: people.collect() };
            self.state.groups.insert(self.target(&group), group_of);
        }
        for (id, owners) in owners {
            let targets = |ids: &[ObjectId]| ids.iter().map(|id| self.target(id)).collect();
            let application = Application {
                owners: targets(&owners.of_application),
                registration_owners: targets(&owners.of_registration),
                registration: owners.registration,
                permissions: self.grants.get(&id).cloned().unwrap_or_default(),
            };
            self.state.applications.insert(self.target(&id), application);
        }
        Ok(())
    }

    /// Names objects, and says which are groups and which applications, these with their application ids.
    async fn objects(
        &mut self,
        ids: &BTreeSet<ObjectId>,
    ) -> Result<(Vec<ObjectId>, Vec<(ObjectId, String)>), Error> {
        let (mut groups, mut applications) = (Vec::new(), Vec::new());
        for id in ids {
            self.known.insert(id.clone(), Target::existing(id.clone(), format!("id:{id}")));
        }
        for value in self.by_id(ids).await? {
            let Some(target) = target_of(&value) else { continue };
            let Some(id) = target.id.clone() else { continue };
            match target.prefix() {
                "group" => groups.push(id.clone()),
                "app" => {
                    applications.push((id.clone(), text(&value, "appId").unwrap_or_default().to_owned()))
                }
                "user" => {
                    self.state.users.insert(target.clone(), user(&value));
                }
                _ => {}
            }
            self.known.insert(id, target);
        }
        Ok((groups, applications))
    }

    /// Objects by id: of all kinds in one request, or, for an identity that may not read everything, kind by kind.
    async fn by_id(&mut self, ids: &BTreeSet<ObjectId>) -> Result<Vec<Value>, Error> {
        let ids: Vec<&str> = ids.iter().map(ObjectId::as_str).collect();
        let mut values = Vec::new();
        for chunk in ids.chunks(BY_IDS) {
            let path = format!("/directoryObjects/getByIds?$select={OBJECT}");
            match self.client.send(&Request::post(path, json!({ "ids": chunk }))).await {
                Err(error) if error.is_forbidden() => return self.by_kind(&ids).await,
                Err(source) => return Err(failed("objects by id", source)),
                Ok(mut answer) => {
                    if let Some(Value::Array(found)) = answer.body.get_mut("value").map(Value::take) {
                        values.extend(found);
                    }
                }
            }
        }
        Ok(values)
    }

    async fn by_kind(&mut self, ids: &[&str]) -> Result<Vec<Value>, Error> {
        let mut values = Vec::new();
        for (path, entity, select) in KINDS {
            let requests: Vec<Request> = ids
                .chunks(IN_FILTER)
                .map(|ids| Request::get(look_up(path, "id", Lookup::Filter, ids, select)))
                .collect();
            for value in self.lists(requests, NAMES).await?.into_iter().flatten() {
                let Value::Object(mut object) = value else { continue };
                object.insert("@odata.type".to_owned(), json!(format!("#microsoft.graph.{entity}")));
                values.push(Value::Object(object));
            }
        }
        Ok(values)
    }

    /// Who is in these groups, and who may be.
    async fn groups(&mut self, groups: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Row>>, Error> {
        let mut people: BTreeMap<ObjectId, Vec<Row>> = BTreeMap::new();
        for (path, access) in [("members", Access::Member), ("owners", Access::Owner)] {
            let requests = groups
                .iter()
                .map(|group| Request::get(format!("/groups/{group}/{path}?$select=id&$top={PAGE}")))
                .collect();
            for (group, list) in groups.iter().zip(self.lists(requests, "members of groups").await?) {
                let ids = list.iter().filter_map(|value| text(value, "id").and_then(ObjectId::parse));
                let rows = ids.map(|id| (id, access, Holding::Permanent));
                people.entry(group.clone()).or_default().extend(rows);
            }
        }
        for eligible in [false, true] {
            let path = path(ScheduleOf::Group("member"), eligible);
            let requests = groups.iter().map(|group| schedules::of_group(path, group)).collect();
            let lists = self.lists(requests, "Privileged Identity Management for groups").await?;
            for (group, list) in groups.iter().zip(lists) {
                let rows = people.entry(group.clone()).or_default();
                for (id, access, holding) in list.iter().filter_map(|row| in_group(row, eligible)) {
                    // Who is in for a time shows among the members as well.
                    if holding != Holding::Permanent && !eligible {
                        rows.retain(|row| *row != (id.clone(), access, Holding::Permanent));
                    }
                    rows.push((id, access, holding));
                }
            }
        }
        Ok(people)
    }

    /// Who owns these applications and their registrations.
    async fn applications(
        &mut self,
        applications: &[(ObjectId, String)],
    ) -> Result<BTreeMap<ObjectId, Owners>, Error> {
        let what = "owners of applications";
        let of = |path: String| Request::get(format!("{path}/owners?$select=id&$top={PAGE}"));
        let requests = applications.iter().map(|(id, _)| of(format!("/servicePrincipals/{id}"))).collect();
        let own = self.lists(requests, what).await?;
        let requests: Vec<Request> = applications
            .iter()
            .map(|(_, app)| Request::get(format!("/applications(appId={})?$select=id", odata::literal(app))))
            .collect();
        let mut registrations = Vec::new();
        for answer in self.client.batch(requests).await {
            let body = match answer {
                // Registered in another tenant.
                Err(error) if error.is_not_found() => Value::Null,
                answer => self.allowed(answer.map(|answer| answer.body), what)?,
            };
            registrations.push(text(&body, "id").and_then(ObjectId::parse));
        }
        let requests = registrations.iter().flatten().map(|id| of(format!("/applications/{id}"))).collect();
        let mut of_registrations = self.lists(requests, what).await?.into_iter();
        let mut owners = BTreeMap::new();
        for (((id, _), own), registration) in applications.iter().zip(own).zip(registrations) {
            let of_registration = registration.as_ref().and_then(|_| of_registrations.next());
            let registration =
                registration.map(|id| Target::existing(id.clone(), format!("app_registration:{id}")));
            let of_registration = ids(&of_registration.unwrap_or_default());
            owners.insert(id.clone(), Owners { of_application: ids(&own), registration, of_registration });
        }
        Ok(owners)
    }

    fn target(&self, id: &ObjectId) -> Target {
        self.known.get(id).cloned().unwrap_or_else(|| Target::existing(id.clone(), format!("id:{id}")))
    }

    /// Puts what was read of roles into the state, under the names that are known by now.
    fn put(&mut self, given: Vec<Given>, roles: &BTreeMap<ObjectId, Target>, approvals: Approvals) {
        let role = |id: &ObjectId| {
            roles.get(id).cloned().unwrap_or_else(|| Target::existing(id.clone(), format!("id:{id}")))
        };
        for Given { role: id, scope, principal, holding } in given {
            let scope = match scope {
                Scope::Tenant => Scope::Tenant,
                Scope::Unit(over) => Scope::Unit(over.id.as_ref().map_or(over.clone(), |id| self.target(id))),
                Scope::Object(over) => {
                    Scope::Object(over.id.as_ref().map_or(over.clone(), |id| self.target(id)))
                }
            };
            let principal = self.target(&principal);
            self.state.assignments.insert(Assignment { role: role(&id), scope, principal, holding });
        }
        for (id, (required, approvers)) in approvals {
            let approvers = approvers.iter().map(|id| self.target(id)).collect();
            self.state.approvals.insert(role(&id), Approval { required, approvers });
        }
    }
}

/// Owners of an application.
struct Owners {
    of_application: Vec<ObjectId>,
    registration: Option<Target>,
    of_registration: Vec<ObjectId>,
}

impl Owners {
    fn all(&self) -> impl Iterator<Item = &ObjectId> {
        self.of_application.iter().chain(&self.of_registration)
    }
}

/// Whether the tenant has no Privileged Identity Management: nobody holds anything by it.
fn is_not_offered(error: &tenantry_graph::Error) -> bool {
    error.code() == Some(schedules::NO_LICENCE)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn ids(list: &[Value]) -> Vec<ObjectId> {
    list.iter().filter_map(|value| text(value, "id").and_then(ObjectId::parse)).collect()
}

fn role(definition: &Value) -> Role {
    let template = text(definition, "templateId").unwrap_or_default().to_lowercase();
    let built_in = definition.get("isBuiltIn").and_then(Value::as_bool).unwrap_or(true);
    let permissions = definition.get("rolePermissions").and_then(Value::as_array);
    let actions =
        permissions.into_iter().flatten().filter_map(|one| one.get("allowedResourceActions")?.as_array());
    let actions = actions.flatten().filter_map(Value::as_str).map(str::to_lowercase);
    Role { template, actions: if built_in { BTreeSet::new() } else { actions.collect() } }
}

fn given(row: &Value, eligible: bool) -> Option<Given> {
    // What comes through a group is the group's.
    if text(row, "memberType").is_some_and(|kind| !kind.eq_ignore_ascii_case("Direct")) {
        return None;
    }
    Some(Given {
        role: ObjectId::of_service(text(row, "roleDefinitionId")?)?,
        scope: Scope::parse(text(row, "directoryScopeId")?)?,
        principal: ObjectId::parse(text(row, "principalId")?)?,
        holding: holding(row, eligible),
    })
}

fn in_group(row: &Value, eligible: bool) -> Option<Row> {
    if text(row, "memberType").is_some_and(|kind| !kind.eq_ignore_ascii_case("direct")) {
        return None;
    }
    let access = match text(row, "accessId")?.to_lowercase().as_str() {
        "owner" => Access::Owner,
        _ => Access::Member,
    };
    Some((ObjectId::parse(text(row, "principalId")?)?, access, holding(row, eligible)))
}

/// How a row of a list of schedules is held. A plain role assignment is permanent.
fn holding(row: &Value, eligible: bool) -> Holding {
    let end = row.pointer("/scheduleInfo/expiration/endDateTime").and_then(Value::as_str);
    let end: Option<Timestamp> = end.and_then(|end| end.parse().ok());
    let activated = text(row, "assignmentType").is_some_and(|kind| kind.eq_ignore_ascii_case("Activated"));
    match (eligible, activated, end) {
        (true, _, end) => Holding::Eligible(end),
        (false, true, _) => Holding::Activated,
        (false, false, None) => Holding::Permanent,
        (false, false, end) => Holding::Until(end),
    }
}

fn user(value: &Value) -> User {
    let flag = |name: &str| value.get(name).and_then(Value::as_bool);
    User {
        name: text(value, "userPrincipalName").unwrap_or_default().to_owned(),
        enabled: flag("accountEnabled").unwrap_or(true),
        synchronised: flag("onPremisesSyncEnabled").unwrap_or(false),
    }
}
