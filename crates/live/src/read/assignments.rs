//! Reads role assignments of a scope, and finds one again whose making got no answer.

use std::collections::BTreeSet;

use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::assignments::{PATH, held, scope};
use tenantry_core::kinds::{Attribute, Kind};
use tenantry_core::snapshot::Observed;
use tenantry_graph::{Client, Request, odata};

use super::failed;
use crate::error::Error;

/// Reads the assignments in the scope of some objects into the attribute's property, one request each, in batches.
pub(super) async fn read(
    client: &Client,
    kind: &'static Kind,
    attribute: &'static Attribute,
    wanted: &BTreeSet<ObjectId>,
    objects: &mut [Observed],
) -> Result<(), Error> {
    let Some(assignments) = attribute.assignments() else { return Ok(()) };
    let mut holders: Vec<&mut Observed> =
        objects.iter_mut().filter(|object| wanted.contains(&object.id)).collect();
    let requests: Vec<Request> =
        holders.iter().map(|holder| in_scope(&scope(assignments, &holder.id), None)).collect();
    let explain = |source: tenantry_graph::Error| {
        let what = format!("{} of {}", attribute.name, kind.table);
        match attribute.separate_permission {
            Some(needed) if source.is_forbidden() => {
                Error::Permission { what, permission: needed.read.to_owned(), source: Box::new(source) }
            }
            _ => failed(&what, source),
        }
    };
    let answers = client.batch(requests.clone()).await;
    for ((holder, request), answer) in holders.iter_mut().zip(&requests).zip(answers) {
        let body = answer.map_err(explain)?.body;
        let list = client.continue_list(body, request).await.map_err(explain)?;
        holder.properties.insert(attribute.graph.to_owned(), Value::Array(list));
    }
    Ok(())
}

/// Whether somebody holds a role in a scope.
pub(crate) async fn exists(
    client: &Client,
    role: &ObjectId,
    member: &ObjectId,
    scope: &str,
) -> Result<bool, tenantry_graph::Error> {
    let list = client.list(in_scope(scope, Some(member))).await?;
    Ok(held(&Value::Array(list)).iter().any(|held| held.role == *role && held.member == *member))
}

/// Source: "List unifiedRoleAssignments", <https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments>.
fn in_scope(scope: &str, member: Option<&ObjectId>) -> Request {
    let mut filter = format!("directoryScopeId eq {}", odata::literal(scope));
    if let Some(member) = member {
        filter = format!("{filter} and principalId eq {}", odata::literal(member.as_str()));
    }
    Request::get(format!("{PATH}?$filter={}", odata::query(&filter)))
}
