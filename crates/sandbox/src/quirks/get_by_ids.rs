//! `directoryObjects/getByIds`. <https://learn.microsoft.com/graph/api/directoryobject-getbyids>

use serde_json::{Value, json};

use super::Written;
use crate::graph::{Directory, Failure, Request, Response, Selection, entity};
use crate::schema::{self, bad_request};
use crate::store::id_of;

/// Most ids in one call.
const MOST_IDS: usize = 1000;

/// Answers with the objects that exist; ids of nothing are left out.
pub(crate) fn run(directory: &Directory<'_>, request: &Request) -> Result<Written, Failure> {
    let body = request.object()?;
    let texts = |name: &str| -> Result<Option<Vec<&str>>, Failure> {
        let Some(value) = body.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let list =
            value.as_array().and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        list.map(Some)
            .ok_or_else(|| bad_request(format!("The parameter '{name}' must be a list of strings.")))
    };
    let ids = texts("ids")?.ok_or_else(|| bad_request("The parameter 'ids' is required."))?;
    if ids.len() > MOST_IDS {
        return Err(bad_request(format!("Too many ids: {}. Max allowed: {MOST_IDS}.", ids.len())));
    }
    let types = texts("types")?;
    let wanted = |name: &str| {
        types
            .as_ref()
            .is_none_or(|types| types.iter().any(|kind| *kind == name || *kind == "directoryObject"))
    };
    let selection = Selection::parse(request.option("select"), schema::TYPES)?;
    let mut seen = std::collections::BTreeSet::new();
    let found: Vec<Value> = ids
        .into_iter()
        .filter_map(|id| directory.visible.live(id_of(id)))
        .filter(|object| {
            object.entity.directory_object && wanted(object.entity.name) && seen.insert(object.id)
        })
        .map(|object| {
            let mut members = entity(object, &selection, true);
            directory.complete(&mut members, object);
            Value::Object(members)
        })
        .collect();
    let context = format!("{}/$metadata#directoryObjects{}", request.root, selection.context());
    let response = Response::json(json!({ "@odata.context": context, "value": found }));
    Ok(Written { changes: Vec::new(), response })
}
