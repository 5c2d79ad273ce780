//! Objects that a directory synchronisation owns.
//! <https://learn.microsoft.com/graph/api/resources/user#properties>

use crate::graph::{Draft, Failure};
use crate::schema::bad_request;
use crate::store::Object;

/// Whether an on-premises directory owns the object.
pub(crate) fn is_synchronized(object: &Object) -> bool {
    object.flag("onPremisesSyncEnabled")
}

/// The refusal of a change to what the on-premises directory owns.
pub(crate) fn refusal() -> Failure {
    bad_request(
        "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
         currently undergoing migration.",
    )
}

/// Refuses an update of a synchronised object unless it only touches `cloud` properties or
/// directory extensions.
pub(crate) fn check(draft: &Draft, cloud: &[&str]) -> Result<(), Failure> {
    let on_premises = |name: &String| !cloud.contains(&name.as_str()) && !name.starts_with("extension_");
    if draft.before.as_deref().is_some_and(is_synchronized) && draft.sent.keys().any(on_premises) {
        return Err(refusal());
    }
    Ok(())
}
