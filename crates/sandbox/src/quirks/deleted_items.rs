//! Deleted items: restore and purge. <https://learn.microsoft.com/graph/api/directory-deleteditems-restore>

use std::sync::Arc;

use serde_json::Value;

use super::{Written, rule};
use crate::graph::{Directory, Failure, Request, Response, Selection, entity};
use crate::store::{Change, Object};

/// POST to `directory/deletedItems/{id}/restore`.
pub(crate) fn restore(
    directory: &Directory<'_>,
    deleted: &Object,
    request: &Request,
) -> Result<Written, Failure> {
    let mut object = deleted.clone();
    object.set("deletedDateTime", Value::Null);
    (object.entity.behavior.restore)(directory, &mut object, request)?;
    let emptied = rule::emptied(directory, &object);
    let mut body = entity(&object, &Selection::Default, true);
    body.insert(
        "@odata.context".to_owned(),
        format!("{}/$metadata#directoryObjects/$entity", request.root).into(),
    );
    Ok(Written {
        changes: emptied.into_iter().chain([Change::Put(Arc::new(object))]).collect(),
        response: Response::json(Value::Object(body)),
    })
}

/// DELETE of `directory/deletedItems/{id}`.
pub(crate) fn purge(deleted: &Object) -> Written {
    Written { changes: vec![Change::Remove(deleted.id)], response: Response::no_content() }
}
