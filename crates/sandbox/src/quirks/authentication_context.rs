//! Authentication contexts: `c1` to `c99`, created by a PATCH too, and published until they are deleted.
//! <https://learn.microsoft.com/graph/api/resources/authenticationcontextclassreference>

use super::conditional_access::check_unused;
use super::{Behavior, Create, Deletion};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::bad_request;
use crate::store::{Object, id_of};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    delete: Some(delete),
    seed: |context, _| context.default("isAvailable", false),
    upserts: true,
    ..Behavior::PLAIN
};

/// The last of the ids.
const LAST: u8 = 99;

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let id = draft.object.id_text();
    let number = id
        .strip_prefix('c')
        .filter(|digits| !digits.starts_with(['0', '+']))
        .and_then(|digits| digits.parse().ok());
    if number.is_none_or(|number: u8| number > LAST) {
        return Err(bad_request(format!(
            "'{id}' is no id of an authentication context: they are c1 to c{LAST}."
        )));
    }
    draft.object.id = id_of(&id);
    if directory.primary.any(draft.object.id).is_some() {
        return Err(bad_request(format!("The authentication context '{id}' exists already.")));
    }
    draft.object.default("isAvailable", false);
    Ok(())
}

fn delete(directory: &Directory<'_>, context: &Object) -> Result<Deletion, Failure> {
    if context.flag("isAvailable") {
        return Err(bad_request(
            "An authentication context that is available to applications cannot be deleted.",
        ));
    }
    let paths = ["applications/includeAuthenticationContextClassReferences"];
    check_unused(directory.primary, context, &paths)?;
    Ok(Deletion::Hard)
}
