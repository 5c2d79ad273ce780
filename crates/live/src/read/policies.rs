//! Reads the PIM policies of objects into properties of these: one list for several roles, one request for each group,
//! in batches.
//!
//! Source: "List roleManagementPolicyAssignments",
//! <https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicyassignments>.

use std::collections::BTreeSet;

use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::kinds::Kind;
use tenantry_core::pim::{self, Relation};
use tenantry_core::reading::Purpose;
use tenantry_core::snapshot::Observed;
use tenantry_graph::{Client, Request, odata};

use super::failed;
use super::schedules::NO_LICENCE;
use crate::error::Error;

/// Where policies are found: their own ids are not lasting.
pub(crate) const PATH: &str = "/policies/roleManagementPolicyAssignments";

/// How many groups are asked at once: four full batches.
const AT_ONCE: usize = 80;

/// Reads the policies that a purpose needs, and with them those that say whether something may be given. Where only the
/// latter are wanted and cannot be had, the service will judge.
pub(crate) async fn read(
    client: &Client,
    purpose: &Purpose<'_>,
    kind: &'static Kind,
    objects: &mut [Observed],
) -> Result<(), Error> {
    let needed = purpose.policies(kind, objects);
    let judging = purpose.judging_policies(kind, objects);
    let all: BTreeSet<ObjectId> = needed.iter().chain(&judging).cloned().collect();
    match of_objects(client, kind, &all, objects).await {
        Err(Error::Licence { .. } | Error::Permission { .. }) if needed.is_empty() => Ok(()),
        read => read,
    }
}

async fn of_objects(
    client: &Client,
    kind: &'static Kind,
    ids: &BTreeSet<ObjectId>,
    objects: &mut [Observed],
) -> Result<(), Error> {
    let mut asked: Vec<&mut Observed> =
        objects.iter_mut().filter(|object| ids.contains(&object.id)).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let unread = |source| unread(kind, source);
    if pim::attributes_of(kind).any(|(_, part)| part.relation == Relation::Role) {
        let one = match asked.as_slice() {
            [one] => Some(&one.id),
            _ => None,
        };
        let found = client.list(with_rules(&of_roles(one))).await.map_err(unread)?;
        asked.iter_mut().for_each(|object| take(kind, &[Relation::Role], &found, object));
        return Ok(());
    }
    for some in asked.chunks_mut(AT_ONCE) {
        let requests: Vec<Request> = some.iter().map(|group| with_rules(&of_group(&group.id))).collect();
        let answers = client.batch(requests.clone()).await;
        for ((group, request), answer) in some.iter_mut().zip(&requests).zip(answers) {
            let body = match answer {
                Ok(answer) => answer.body,
                // A replica that has not heard of the group knows no policy of it either.
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(unread(error)),
            };
            let found = client.continue_list(body, request).await.map_err(unread)?;
            take(kind, &[Relation::Member, Relation::Owner], &found, group);
        }
    }
    Ok(())
}

/// The policy assignments of one role, or of all.
pub(crate) fn of_roles(one: Option<&ObjectId>) -> String {
    let all = "scopeId eq '/' and scopeType eq 'DirectoryRole'";
    match one {
        Some(id) => format!("{all} and roleDefinitionId eq {}", odata::literal(id.as_str())),
        None => all.to_owned(),
    }
}

/// The policy assignments of a group: for its members and for its owners.
pub(crate) fn of_group(id: &ObjectId) -> String {
    format!("scopeId eq {} and scopeType eq 'Group'", odata::literal(id.as_str()))
}

pub(crate) fn with_rules(filter: &str) -> Request {
    Request::get(format!("{PATH}?$filter={}&$expand=policy($expand=rules)", odata::query(filter)))
}

/// Whether a policy assignment is about this relation to an object.
pub(crate) fn is_of(assignment: &Value, relation: Relation, object: &[&str]) -> bool {
    let about = assignment.get("roleDefinitionId").and_then(Value::as_str).unwrap_or_default();
    match relation.access() {
        Some(access) => about.eq_ignore_ascii_case(access),
        None => object.iter().any(|id| about.eq_ignore_ascii_case(id)),
    }
}

fn take(kind: &'static Kind, relations: &[Relation], found: &[Value], object: &mut Observed) {
    for relation in relations {
        let ids = [object.id.as_str(), object.text("templateId")];
        let Some(assignment) = found.iter().find(|one| is_of(one, *relation, &ids)) else { continue };
        if let Some(rules) = assignment.pointer("/policy/rules").and_then(Value::as_array) {
            let properties = pim::properties(kind, *relation, rules);
            object.properties.extend(properties);
        }
    }
}

/// The error with what is missing, where that is what it says.
fn unread(kind: &'static Kind, source: tenantry_graph::Error) -> Error {
    let what = format!("PIM settings of {}", kind.table);
    let needed = pim::attributes_of(kind).find_map(|(attribute, _)| attribute.separate_permission);
    match needed {
        _ if source.code() == Some(NO_LICENCE) => {
            Error::Licence { what, licence: PIM, source: Box::new(source) }
        }
        Some(needed) if source.is_forbidden() => {
            Error::Permission { what, permission: needed.read.to_owned(), source: Box::new(source) }
        }
        _ => failed(&what, source),
    }
}

/// What Privileged Identity Management takes.
pub(crate) const PIM: &str = "Microsoft Entra ID P2 or Microsoft Entra ID Governance";
