//! What the resources of Conditional Access have in common.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccessroot>

use std::sync::Arc;

use super::conditional_access_policy::names;
use super::{Written, deleted_items};
use crate::graph::{Directory, Failure, Method, Request, Source, Tail, list, one, resource_not_found};
use crate::schema::{self, bad_request};
use crate::store::{Object, Store, id_of};

/// The detail code of what does not match the schema.
pub(super) const MALFORMED: u16 = 1007;

/// A refusal in the words of the service: codes without prefix, and the reason inside.
pub(crate) fn in_its_words(request: &Request, failure: Failure) -> Failure {
    let mut segments = request.segments.iter();
    let mut is = |name: &str| segments.next().is_some_and(|segment| segment.eq_ignore_ascii_case(name));
    if !(is("identity") && is("conditionalAccess")) {
        return failure;
    }
    let failure = failure.with_code("Request_ResourceNotFound", "ResourceNotFound");
    if failure.is_of("Request_BadRequest") {
        failure.with_code("Request_BadRequest", "BadRequest").explained(MALFORMED)
    } else {
        failure
    }
}

/// A refusal with a detail code of the service.
pub(super) fn refused(code: u16, why: impl Into<String>) -> Failure {
    bad_request(why).explained(code)
}

/// Refuses to take away what a policy names in one of these lists of its conditions.
pub(super) fn check_unused(store: &Store, object: &Object, paths: &[&str]) -> Result<(), Failure> {
    let id = object.id_text();
    let user = policies(store).find(|policy| paths.iter().any(|path| names(policy, path, &id)));
    let Some(policy) = user else { return Ok(()) };
    let name = policy.text("displayName").unwrap_or_default();
    Err(bad_request(format!("'{id}' is used by the Conditional Access policy '{name}'.")))
}

/// The current time as this service writes it, to 100 nanoseconds.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string()
}

/// The policies that are not deleted.
pub(super) fn policies(store: &Store) -> impl Iterator<Item = &Arc<Object>> {
    let kind = schema::by_name("conditionalAccessPolicy").into_iter();
    kind.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id))
}

/// Answers requests for deleted policies and named locations: `deletedItems/policies/{id}/restore` and the like.
/// <https://learn.microsoft.com/graph/api/conditionalaccessroot-list-deleteditems>
pub(crate) fn deleted(directory: &Directory<'_>, request: &Request) -> Result<Option<Written>, Failure> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let ["identity", "conditionalAccess", "deletedItems", set, rest @ ..] = segments.as_slice() else {
        return Ok(None);
    };
    let kind = schema::by_collection(&format!("identity/conditionalAccess/{set}"));
    let kind = kind.filter(|kind| kind.property("deletedDateTime").is_some());
    let kind = kind.ok_or_else(|| Failure::unknown_segment(set))?;
    let found = |store: &Store, id: &str| {
        let found = store.any(id_of(id)).filter(|found| found.entity.name == kind.name && found.is_deleted());
        found.cloned().ok_or_else(|| resource_not_found(id))
    };
    let context = format!("identity/conditionalAccess/deletedItems/{set}");
    let read = |response| Written { changes: Vec::new(), response };
    Ok(Some(match (request.method, rest) {
        (Method::Get, []) => {
            read(list(directory, &Source::Set { kind, deleted: true }, request, &Tail::Itself)?)
        }
        (Method::Get, [id]) => {
            read(one(directory, &*found(directory.visible, id)?, request, &context, false)?)
        }
        (Method::Delete, [id]) => deleted_items::purge(&*found(directory.primary, id)?),
        (Method::Post, [id, "restore" | "microsoft.graph.restore"]) => {
            deleted_items::restore(directory, &*found(directory.primary, id)?, request)?
        }
        _ => return Err(Failure::method_not_allowed()),
    }))
}
