//! Properties whose reading takes a permission that others do not.

use std::collections::BTreeMap;

use serde_json::Value;
use tenantry_core::kinds::{Kind, Lookup};
use tenantry_core::snapshot::Observed;
use tenantry_graph::{Client, Request};

use super::by_key::IN_FILTER;
use super::{PAGE, failed};
use crate::error::Error;
use crate::wire::look_up;

/// Reads a property that takes a permission of its own into objects that were read already.
pub(super) async fn read(
    client: &Client,
    kind: &'static Kind,
    property: &str,
    permission: &str,
    list: bool,
    objects: &mut [Observed],
) -> Result<(), Error> {
    let select = format!("id,{property}");
    let explain = |source: tenantry_graph::Error| {
        let what = format!("{property} of {}", kind.table);
        if source.is_forbidden() {
            Error::Permission { what, permission: permission.to_owned(), source: Box::new(source) }
        } else {
            failed(&what, source)
        }
    };
    let mut values = Vec::new();
    if list {
        values = client
            .list(Request::get(format!("{}?$select={select}&$top={PAGE}", kind.path)))
            .await
            .map_err(explain)?;
    } else {
        let ids: Vec<&str> = objects.iter().map(|object| object.id.as_str()).collect();
        let requests = ids
            .chunks(IN_FILTER)
            .map(|ids| Request::get(look_up(kind.path, "id", Lookup::Filter, ids, &select)));
        for answer in client.batch(requests.collect()).await {
            let body = answer.map_err(&explain)?.body;
            values.extend(body.get("value").and_then(Value::as_array).into_iter().flatten().cloned());
        }
    }
    let mut read: BTreeMap<String, Value> = BTreeMap::new();
    for mut value in values {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        read.insert(id, value.get_mut(property).map(Value::take).unwrap_or(Value::Null));
    }
    for object in objects {
        let value = read.remove(object.id.as_str()).unwrap_or(Value::Null);
        object.properties.insert(property.to_owned(), value);
    }
    Ok(())
}
