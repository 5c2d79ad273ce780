//! Somebody else at work: an administrator who edits the tenant between two requests.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::luck::Luck;
use crate::graph::{Body, Directory, Method, Request};
use crate::options::Edit;
use crate::pim::{Family, Schedule, Scope, Target, instances};
use crate::schema;
use crate::store::Object;

/// Who appears in the log as the application.
pub(super) const ADMINISTRATOR: &str = "administrator";

/// People an administrator may have to create an account for.
const PEOPLE: &[(&str, &str)] = &[
    ("Christie", "Cline"),
    ("Debra", "Berger"),
    ("Diego", "Siciliani"),
    ("Grady", "Archie"),
    ("Henrietta", "Mueller"),
    ("Johanna", "Lorenz"),
    ("Pradeep", "Gupta"),
];

/// What an administrator writes into a property of a user.
const USER_EDITS: &[(&str, &str)] = &[
    ("city", "Seattle"),
    ("city", "London"),
    ("department", "Operations"),
    ("jobTitle", "Retail Manager"),
    ("jobTitle", "Director"),
    ("officeLocation", "18/2111"),
];

/// Roles an administrator gives somebody for a while: User Administrator, Helpdesk Administrator, Groups Administrator.
const ROLES: &[&str] = &[
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",
];

/// An administrator who looks at the tenant and decides what to do.
#[derive(Debug)]
pub(super) struct Administrator<'a> {
    pub(super) directory: Directory<'a>,
    pub(super) luck: &'a mut Luck,
    /// The object that was written last, which is interesting.
    pub(super) latest: Option<Uuid>,
    /// Scheme, host and version.
    pub(super) root: String,
}

impl Administrator<'_> {
    /// One edit as the request it would be; `None` when the tenant has nothing to do it to.
    pub(super) fn edit(&mut self, kinds: &[Edit]) -> Option<Request> {
        match kinds.get(self.luck.pick("edit kind", kinds.len()))? {
            Edit::Property => self.property(),
            Edit::Membership => self.membership(),
            Edit::Create => Some(self.creation()),
            Edit::Delete => {
                let (collection, id) = self.target()?;
                Some(self.request(Method::Delete, vec![collection.to_owned(), id.to_string()], None))
            }
            Edit::Activation => self.activation(),
            Edit::Assignment => self.assignment(),
        }
    }

    fn property(&mut self) -> Option<Request> {
        let (collection, id) = self.target()?;
        let body = if collection == "users" {
            let (name, value) = USER_EDITS.get(self.luck.pick("edit value", USER_EDITS.len()))?;
            json!({ *name: value })
        } else {
            json!({ "description": format!("Reviewed {}", 1 + self.luck.pick("edit value", 12)) })
        };
        Some(self.request(Method::Patch, vec![collection.to_owned(), id.to_string()], Some(body)))
    }

    fn membership(&mut self) -> Option<Request> {
        let latest = self.latest.filter(|id| self.kind_of(*id) == Some("group"));
        let group = match latest.filter(|_| self.luck.pick("edit latest", 2) == 0) {
            Some(group) => group,
            None => self.any("group")?,
        };
        let members: Vec<Uuid> = self.directory.primary.targets(group, "members").collect();
        let path = |rest: &[&str]| {
            let start = ["groups".to_owned(), group.to_string(), "members".to_owned()];
            start.into_iter().chain(rest.iter().map(|part| (*part).to_owned())).collect::<Vec<_>>()
        };
        if self.luck.pick("edit removes", 2) == 0 && !members.is_empty() {
            let member = self.pick("edit member", members)?.to_string();
            return Some(self.request(Method::Delete, path(&[&member, "$ref"]), None));
        }
        let user = self.any("user")?;
        let reference = format!("{}/directoryObjects/{user}", self.root);
        Some(self.request(Method::Post, path(&["$ref"]), Some(json!({ "@odata.id": reference }))))
    }

    /// An eligible user activates what they are eligible for, in person or as a member of a group.
    fn activation(&mut self) -> Option<Request> {
        let store = self.directory.primary;
        let all = Schedule::all(store, Family::Eligible);
        let of_roles = all.filter(|found| matches!(found.target, Target::Role { .. }));
        let may = instances(store, of_roles, self.directory.now);
        let users: Vec<Uuid> =
            may.iter().map(|found| found.principal).filter(|id| self.kind_of(*id) == Some("user")).collect();
        let user = self.pick("edit activation", users)?;
        let instance = may.iter().find(|found| found.principal == user)?;
        Some(self.role_request("selfActivate", user, instance.schedule.target, "PT1H"))
    }

    fn assignment(&mut self) -> Option<Request> {
        let role = ROLES.get(self.luck.pick("edit role", ROLES.len()))?;
        let target = Target::Role { role: Uuid::try_parse(role).ok()?, scope: Scope::Tenant };
        let user = self.any("user")?;
        Some(self.role_request("adminAssign", user, target, "P7D"))
    }

    fn role_request(&self, action: &str, user: Uuid, target: Target, duration: &str) -> Request {
        let expiration = json!({ "type": "afterDuration", "duration": duration });
        let mut body = json!({
            "action": action,
            "principalId": user.to_string(),
            "justification": "Incident",
            "ticketInfo": { "ticketNumber": "INC-1", "ticketSystem": "Service desk" },
            "scheduleInfo": { "expiration": expiration },
        });
        if let Target::Role { role, scope } = target {
            body["roleDefinitionId"] = role.to_string().into();
            body["directoryScopeId"] = scope.text().into();
        }
        let set = "roleAssignmentScheduleRequests";
        let segments = ["roleManagement", "directory", set].map(str::to_owned).to_vec();
        self.request(Method::Post, segments, Some(body))
    }

    fn creation(&mut self) -> Request {
        let number = self.luck.pick("edit number", 1_000_000);
        if self.luck.pick("edit creates", 2) == 0 {
            let body = json!({
                "displayName": format!("Project {number}"),
                "mailNickname": format!("project-{number}"),
                "mailEnabled": false,
                "securityEnabled": true,
            });
            return self.request(Method::Post, vec!["groups".to_owned()], Some(body));
        }
        let person = PEOPLE.get(self.luck.pick("edit person", PEOPLE.len()));
        let (given, family) = person.copied().unwrap_or(("Lynne", "Robbins"));
        let nickname = format!("{}.{}.{number}", given.to_lowercase(), family.to_lowercase());
        let domain = self.directory.domains(Some("isDefault")).into_iter().next().unwrap_or_default();
        let body = json!({
            "accountEnabled": true,
            "displayName": format!("{given} {family}"),
            "mailNickname": nickname,
            "userPrincipalName": format!("{nickname}@{domain}"),
            "passwordProfile": { "password": "Correct-Horse-7" },
        });
        self.request(Method::Post, vec!["users".to_owned()], Some(body))
    }

    /// Collection and id of something to edit: half the time what was written last.
    fn target(&mut self) -> Option<(&'static str, Uuid)> {
        let latest = self.latest.filter(|id| self.kind_of(*id).is_some());
        let id = match latest.filter(|_| self.luck.pick("edit latest", 2) == 0) {
            Some(id) => id,
            None if self.luck.pick("edit type", 2) == 0 => self.any("group").or_else(|| self.any("user"))?,
            None => self.any("user")?,
        };
        Some((if self.kind_of(id)? == "user" { "users" } else { "groups" }, id))
    }

    /// The type of a live user or group.
    fn kind_of(&self, id: Uuid) -> Option<&'static str> {
        let found: &Object = self.directory.primary.live(id)?;
        ["user", "group"].into_iter().find(|name| *name == found.entity.name)
    }

    fn any(&mut self, name: &str) -> Option<Uuid> {
        let ids = self.directory.primary.ids(schema::by_name(name)?, false, None).collect();
        self.pick("edit object", ids)
    }

    /// One of several objects, in the order of their names, as ids are random.
    fn pick(&mut self, purpose: &'static str, mut ids: Vec<Uuid>) -> Option<Uuid> {
        let name = |id: &Uuid| {
            let object = self.directory.primary.any(*id)?;
            object.text("userPrincipalName").or_else(|| object.text("displayName"))
        };
        ids.sort_by_cached_key(name);
        ids.get(self.luck.pick(purpose, ids.len())).copied()
    }

    fn request(&self, method: Method, segments: Vec<String>, body: Option<Value>) -> Request {
        Request {
            method,
            root: self.root.clone(),
            segments,
            query: Vec::new(),
            headers: BTreeMap::new(),
            url_length: None,
            body: body.map_or(Body::Empty, Body::Json),
        }
    }
}
