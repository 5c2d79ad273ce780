//! Role assignments: objects of the service with ids of their own, each of a role, a principal who holds it and a scope.
//! They are never changed, only made and taken away.
//!
//! Source: "unifiedRoleAssignment resource type",
//! <https://learn.microsoft.com/graph/api/resources/unifiedroleassignment>.

pub mod declared;
pub mod diff;

use serde_json::{Map, Value, json};

use crate::address::ObjectId;
use crate::kinds::Assignments;

/// Where assignments are made, read and taken away, relative to the version root.
pub const PATH: &str = "/roleManagement/directory/roleAssignments";

/// The kind of what is assigned.
pub(crate) const ROLE: &str = "role";

/// A live assignment, without its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The assignment's own id.
    pub id: ObjectId,
    /// The role.
    pub role: ObjectId,
    /// Who holds it.
    pub member: ObjectId,
}

/// The assignments in a list that Graph answered, in the order of their ids.
pub fn held(list: &Value) -> Vec<Held> {
    let id = |entry: &Value, name: &str| ObjectId::of_service(entry.get(name)?.as_str()?);
    let held = list.as_array().into_iter().flatten().filter_map(|entry| {
        let (role, member) = (id(entry, "roleDefinitionId")?, id(entry, "principalId")?);
        Some(Held { id: id(entry, "id")?, role, member })
    });
    let mut held: Vec<Held> = held.collect();
    held.sort();
    held
}

/// The scope that the members of an object are.
pub fn scope(assignments: &Assignments, object: &ObjectId) -> String {
    format!("{}/{object}", assignments.scope)
}

/// The body that makes an assignment.
pub fn body(role: &ObjectId, member: &ObjectId, scope: &str) -> Map<String, Value> {
    Map::from_iter([
        ("roleDefinitionId".to_owned(), json!(role)),
        ("principalId".to_owned(), json!(member)),
        ("directoryScopeId".to_owned(), json!(scope)),
    ])
}
