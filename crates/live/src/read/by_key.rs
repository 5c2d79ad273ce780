//! Fetches a few objects by key or id, in batches.

use std::collections::BTreeMap;

use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::kinds::Lookup;
use tenantry_core::reading::Reading;
use tenantry_core::snapshot::Observed;
use tenantry_graph::{Client, Request};

use super::{failed, observed, select};
use crate::error::Error;
use crate::wire::look_up;

/// Most values in one `in` filter without advanced query.
pub(crate) const IN_FILTER: usize = 15;

/// Longest operand of `eq` and `in` without advanced query, in characters.
const OPERAND: usize = 120;

/// The requests that fetch a reading's objects by key and by id.
pub(super) fn requests(reading: &Reading) -> Vec<Request> {
    let select = select(reading);
    let mut filters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut paths = Vec::new();
    for (property, lookup, value) in &reading.lookups {
        match lookup {
            Lookup::AlternateKey => {
                paths.push(look_up(reading.kind.path, property, *lookup, &[value], &select))
            }
            Lookup::Filter => filters.entry(property).or_default().push(value),
        }
    }
    filters.entry("id").or_default().extend(reading.ids.iter().map(ObjectId::as_str));
    let mut requests: Vec<Request> = Vec::new();
    for (property, values) in &mut filters {
        // The default index takes short operands only; the advanced one takes any.
        let long = values.extract_if(.., |value| value.chars().count() > OPERAND);
        requests.extend(long.map(|value| {
            let path = look_up(reading.kind.path, property, Lookup::Filter, &[value], &select);
            Request::get(format!("{path}&$count=true")).header("ConsistencyLevel", "eventual")
        }));
    }
    for (property, values) in &filters {
        let chunks = values.chunks(IN_FILTER);
        paths.extend(
            chunks.map(|values| look_up(reading.kind.path, property, Lookup::Filter, values, &select)),
        );
    }
    requests.extend(paths.into_iter().map(Request::get));
    requests
}

/// Fetches these objects; what is not there is left out.
pub(super) async fn fetch(
    client: &Client,
    reading: &Reading,
    requests: Vec<Request>,
) -> Result<Vec<Observed>, Error> {
    let answers = client.batch(requests.clone()).await;
    let mut objects: BTreeMap<ObjectId, Observed> = BTreeMap::new();
    for (request, answer) in requests.iter().zip(answers) {
        let body = match answer {
            Ok(answer) => answer.body,
            Err(error) if error.is_not_found() => continue,
            Err(source) => return Err(failed(reading.kind.table, source)),
        };
        let values = if body.get("value").is_some_and(Value::is_array) {
            client.continue_list(body, request).await.map_err(|source| failed(reading.kind.table, source))?
        } else {
            vec![body]
        };
        objects.extend(
            values
                .into_iter()
                .filter_map(|value| observed(value, None))
                .map(|object| (object.id.clone(), object)),
        );
    }
    Ok(objects.into_values().collect())
}
