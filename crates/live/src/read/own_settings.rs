//! Reads settings that single objects have of their own into properties of these.

use std::collections::BTreeSet;

use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::kinds::{Kind, Template, settings};
use tenantry_core::snapshot::Observed;
use tenantry_graph::{Client, Request};

use super::failed;
use crate::error::Error;

/// How many objects are asked at once: four full batches.
const AT_ONCE: usize = 80;

/// Reads the settings of the objects with these ids.
pub(crate) async fn read(
    client: &Client,
    kind: &'static Kind,
    ids: &BTreeSet<ObjectId>,
    objects: &mut [Observed],
) -> Result<(), Error> {
    let mut asked: Vec<&mut Observed> =
        objects.iter_mut().filter(|object| ids.contains(&object.id)).collect();
    for some in asked.chunks_mut(AT_ONCE) {
        let request =
            |object: &&mut Observed| Request::get(format!("{}/settings", kind.object_path(&object.id)));
        let requests = some.iter().map(request).collect();
        for (object, answer) in some.iter_mut().zip(client.batch(requests).await) {
            let body = match answer {
                Ok(answer) => answer.body,
                // A replica that has not heard of the object knows no settings of it either.
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(failed(&format!("settings of {}", kind.table), error)),
            };
            for template in kind.attributes.iter().filter_map(|attribute| attribute.settings) {
                take(kind, template, &body, object);
            }
        }
    }
    Ok(())
}

fn take(kind: &'static Kind, template: Template, body: &Value, object: &mut Observed) {
    let found = body.get("value").and_then(Value::as_array).into_iter().flatten();
    let made_of = |settings: &&Value| {
        let id = settings.get("templateId").and_then(Value::as_str).unwrap_or_default();
        id.eq_ignore_ascii_case(template.id)
    };
    let Some(found) = found.into_iter().find(made_of) else { return };
    let properties = settings::properties(kind, template, found);
    let ours = kind.attributes.iter().filter(|attribute| attribute.settings == Some(template));
    for attribute in ours {
        let value = properties.get(attribute.graph).cloned().unwrap_or_default();
        object.properties.insert(attribute.graph.to_owned(), value);
    }
    object.properties.insert(settings::id_property(template), found.get("id").cloned().unwrap_or_default());
}
