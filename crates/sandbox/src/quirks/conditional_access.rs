//! What the resources of Conditional Access have in common.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccessroot>

use std::sync::Arc;

use crate::graph::{Failure, Request};
use crate::schema;
use crate::store::{Object, Store};

/// The detail code of what does not match the schema.
const MALFORMED: u16 = 1007;

/// A refusal in the words of the service: codes without prefix, and the reason inside.
pub(crate) fn in_its_words(request: &Request, failure: Failure) -> Failure {
    let mut segments = request.segments.iter();
    let mut is = |name: &str| segments.next().is_some_and(|segment| segment.eq_ignore_ascii_case(name));
    if !(is("identity") && is("conditionalAccess")) {
        return failure;
    }
    let failure = failure.with_code("Request_ResourceNotFound", "ResourceNotFound");
    if failure.status == 400 {
        failure.with_code("Request_BadRequest", "BadRequest").explained(MALFORMED)
    } else {
        failure
    }
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
