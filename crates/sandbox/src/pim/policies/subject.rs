//! Which policies there are, and where each is kept: one per role, two per group. Nobody creates them; a role's is
//! kept from the first change on, a group's from the day the group is brought under management.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::change::{Rules, untouched};
use super::rule::ScopeType;
use crate::graph::{Directory, Failure};
use crate::quirks::administrative_unit::is_protected;
use crate::quirks::group::is_dynamic;
use crate::quirks::synchronized::is_synchronized;
use crate::schema::role_management_policy::SUBJECT;
use crate::schema::{self, EntityType, bad_request};
use crate::store::{Change, Object, Store, derived_id, id_of};

/// The scope of the policies of roles.
pub(super) const TENANT: &str = "/";

/// The kinds of access to a group.
pub(super) const ACCESSES: [&str; 2] = ["member", "owner"];

/// What a policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(super) of: ScopeType,
    /// `/` for roles, else the id of a group.
    pub(super) scope: String,
    /// Id of a role, or `member` or `owner`.
    pub(super) role: String,
}

/// One policy, kept or untouched.
pub(super) struct Policy {
    pub(super) subject: Subject,
    /// Nothing while nobody touched it.
    pub(super) kept: Option<Arc<Object>>,
    /// The id as clients see it.
    pub(super) id: String,
}

impl Subject {
    /// The settings of a role, built-in or custom.
    pub(crate) fn role(id: &str) -> Self {
        Self { of: ScopeType::DirectoryRole, scope: TENANT.to_owned(), role: id.to_owned() }
    }

    /// The settings of one kind of access to a group: `member` or `owner`.
    pub(crate) fn group(id: &str, access: &str) -> Self {
        Self { of: ScopeType::Group, scope: id.to_owned(), role: access.to_owned() }
    }

    /// What its settings say.
    pub(crate) fn rules(self, store: &Store) -> Vec<Value> {
        self.policy(store).rules().all
    }

    /// The policy of this subject.
    pub(super) fn policy(self, store: &Store) -> Policy {
        let kept = store.holder(SUBJECT, &format!("{}|{}", self.scope, self.role)).cloned();
        let id = match &kept {
            Some(kept) => kept.id_text(),
            None => self.id(store, derived_id(SUBJECT, &format!("{}|{}", self.scope, self.role))),
        };
        Policy { subject: self, kept, id }
    }

    fn id(&self, store: &Store, own: Uuid) -> String {
        match self.of {
            ScopeType::DirectoryRole => {
                let tenant = store.organization().map(|found| found.id_text()).unwrap_or_default();
                format!("DirectoryRole_{tenant}_{own}")
            }
            ScopeType::Group => format!("Group_{}_{own}", self.scope),
        }
    }
}

impl Policy {
    /// Its rules.
    pub(super) fn rules(&self) -> Rules {
        let kept = self.kept.as_ref().and_then(|kept| kept.get("rules")).and_then(Value::as_array);
        match kept {
            Some(all) => Rules { of: self.subject.of, all: all.clone() },
            None => untouched(self.subject.of),
        }
    }

    /// Its own object; one without anybody's changes if it is untouched.
    pub(super) fn object(&self, kind: &'static EntityType) -> Object {
        if let Some(kept) = &self.kept {
            return Object::clone(kept);
        }
        let mut object = Object::new(kind, id_of(&self.id));
        object.set("id", self.id.clone());
        describe(&mut object, &self.subject);
        object
    }

    /// What says that the subject has these settings.
    pub(super) fn assignment(&self, kind: &'static EntityType) -> Object {
        let id = format!("{}_{}", self.id, self.subject.role);
        let mut object = Object::new(kind, id_of(&id));
        object.set("id", id);
        object.set("policyId", self.id.clone());
        object.set("scopeId", self.subject.scope.clone());
        object.set("scopeType", self.subject.of.name());
        object.set("roleDefinitionId", self.subject.role.clone());
        object
    }

    /// The changes that give it other rules. A group comes under management by that, and its policies get other ids.
    pub(super) fn with_rules(
        self,
        directory: &Directory<'_>,
        rules: Vec<Value>,
    ) -> Result<Vec<Change>, Failure> {
        let kind = schema::by_name("unifiedRoleManagementPolicy").ok_or_else(Failure::method_not_allowed)?;
        let mut changes = match self.subject.of {
            ScopeType::DirectoryRole => Vec::new(),
            ScopeType::Group => onboard(directory, &self.subject.scope)?,
        };
        let onboarded = changes.iter().find_map(|change| match change {
            Change::Put(object) if object.text("roleDefinitionId") == Some(&self.subject.role) => {
                Some(object)
            }
            _ => None,
        });
        let mut object = onboarded.map_or_else(|| self.object(kind), |object| Object::clone(object));
        object.set("rules", rules);
        object.set("lastModifiedDateTime", crate::quirks::now());
        object.set("lastModifiedBy", modifier(directory));
        changes.push(Change::Put(Arc::new(object)));
        Ok(changes)
    }
}

/// Who changes something, as `identity`.
fn modifier(directory: &Directory<'_>) -> Value {
    let caller = directory.caller.and_then(|id| directory.primary.live(id));
    let name = caller.and_then(|caller| caller.text("displayName"));
    json!({ "id": directory.caller.map(|id| id.to_string()), "displayName": name })
}

/// Fills in what a policy says of itself.
fn describe(object: &mut Object, subject: &Subject) {
    for name in ["displayName", "description"] {
        object.default(name, subject.of.name());
    }
    object.default("isOrganizationDefault", false);
    object.set("scopeId", subject.scope.clone());
    object.set("scopeType", subject.of.name());
    object.set("roleDefinitionId", subject.role.clone());
}

/// Brings a group under management; nothing if it is. From then on its policies have other ids.
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/groups-discover-groups>
pub(crate) fn onboard(directory: &Directory<'_>, group: &str) -> Result<Vec<Change>, Failure> {
    check_manageable(directory, group)?;
    Ok(managed(directory.primary, group, |_| Uuid::new_v4()))
}

/// Whether a group is under management.
pub(crate) fn is_managed(store: &Store, group: &str) -> bool {
    ACCESSES.iter().any(|access| Subject::group(group, access).policy(store).kept.is_some())
}

/// What keeps the policies of a group from now on, under ids of their own.
pub(super) fn managed(store: &Store, group: &str, id: fn(&Subject) -> Uuid) -> Vec<Change> {
    let Some(kind) = schema::by_name("unifiedRoleManagementPolicy") else { return Vec::new() };
    let policies = ACCESSES.map(|access| Subject::group(group, access).policy(store));
    let unmanaged = policies.into_iter().filter(|policy| policy.kept.is_none());
    let put = |policy: Policy| {
        let id = policy.subject.id(store, id(&policy.subject));
        let mut object = Policy { id, ..policy }.object(kind);
        object.set("rules", untouched(ScopeType::Group).all);
        Change::Put(Arc::new(object))
    };
    unmanaged.map(put).collect()
}

/// Refuses a group that cannot be managed: one filled by a rule, one from on-premises, one in a restricted unit.
fn check_manageable(directory: &Directory<'_>, id: &str) -> Result<(), Failure> {
    let group = group(directory.primary, id).ok_or_else(|| not_found(id))?;
    let why = if is_dynamic(group) {
        "has dynamic membership"
    } else if is_synchronized(group) {
        "is synchronized from on-premises"
    } else if is_protected(directory.primary, group.id) {
        "is in a restricted management administrative unit"
    } else {
        return Ok(());
    };
    Err(bad_request(format!("The group {id} {why} and cannot be managed.")))
}

fn group<'a>(store: &'a Store, id: &str) -> Option<&'a Arc<Object>> {
    store.live(id_of(id)).filter(|found| found.entity.name == "group")
}

fn not_found(id: &str) -> Failure {
    Failure::new(404, "ResourceNotFound", format!("The resource {id} is not found."))
}

/// Ids of all roles that have settings.
fn roles(store: &Store) -> Vec<String> {
    let Some(kind) = schema::by_name("unifiedRoleDefinition") else { return Vec::new() };
    store.ids(kind, false, None).filter_map(|id| store.live(id)).map(|role| role.id_text()).collect()
}

/// What the policies of a scope are about.
pub(super) fn in_scope(store: &Store, of: ScopeType, scope: &str) -> Result<Vec<Subject>, Failure> {
    match of {
        ScopeType::DirectoryRole if scope == TENANT => {
            Ok(roles(store).iter().map(|id| Subject::role(id)).collect())
        }
        ScopeType::DirectoryRole => Ok(Vec::new()),
        ScopeType::Group => {
            let group = group(store, scope).ok_or_else(|| not_found(scope))?.id.to_string();
            Ok(ACCESSES.iter().map(|access| Subject::group(&group, access)).collect())
        }
    }
}

/// The policy with this id.
pub(super) fn by_id(store: &Store, id: &str) -> Option<Policy> {
    let (of, rest) = id.split_once('_')?;
    let subjects = match of {
        "DirectoryRole" => in_scope(store, ScopeType::DirectoryRole, TENANT),
        "Group" => in_scope(store, ScopeType::Group, rest.split('_').next()?),
        _ => return None,
    };
    let mut policies = subjects.ok()?.into_iter().map(|subject| subject.policy(store));
    policies.find(|policy| policy.id.eq_ignore_ascii_case(id))
}

/// The policy that the assignment with this id is of.
pub(super) fn by_assignment(store: &Store, id: &str) -> Option<Policy> {
    let (policy, role) = id.rsplit_once('_')?;
    by_id(store, policy).filter(|found| found.subject.role.eq_ignore_ascii_case(role))
}
