//! Annotations: as many as the caller asked for in `Accept`.

use serde_json::{Map, Value};

use super::{Content, Metadata, Request, Response};
use crate::store::Object;

/// Annotations that stay when none are wanted, because nothing else says what they say.
const KEPT: &[&str] = &["@odata.nextLink", "@odata.deltaLink", "@odata.count", "@odata.id"];

/// What Graph calls its JSON with this many annotations.
pub(crate) fn json_type(metadata: Metadata) -> String {
    let level = metadata.name();
    format!(
        "application/json;odata.metadata={level};odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    )
}

/// Leaves out what the caller does not want, and says so.
pub(super) fn reduce(request: &Request, response: &mut Response) {
    let metadata = request.metadata();
    let Content::Json(body) = &mut response.content else {
        return;
    };
    if metadata == Metadata::None {
        strip(body);
    }
    if metadata != Metadata::Minimal {
        response.headers.push(("Content-Type", json_type(metadata)));
    }
}

/// Adds what only full metadata shows of an object.
pub(super) fn complete(members: &mut Map<String, Value>, object: &Object, request: &Request) {
    if request.metadata() != Metadata::Full {
        return;
    }
    let (kind, id) = (object.entity, object.id_text());
    members.insert("@odata.type".to_owned(), format!("#{}", object.qualified()).into());
    members.insert("@odata.id".to_owned(), format!("{}/{}('{id}')", request.root, kind.collection).into());
    members.insert("@odata.editLink".to_owned(), format!("{}('{id}')", kind.collection).into());
    for navigation in kind.navigations {
        let link = format!("{}/{}('{id}')/{}", request.root, kind.collection, navigation.name);
        members.insert(format!("{}@odata.navigationLink", navigation.name), link.into());
    }
}

fn strip(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Object(members) => {
            members.retain(|name, _| !name.contains("@odata.") || KEPT.contains(&name.as_str()));
            members.values_mut().for_each(strip);
        }
        _ => {}
    }
}
