//! Reads selections: links of which only their targets tell, so that every possible one is asked.

use std::collections::BTreeMap;

use serde_json::Value;
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::{self, Attribute, Kind, Link, LinkWrite, Selection};
use tenantry_core::reading::WantedLink;
use tenantry_core::snapshot::Observed;
use tenantry_graph::{Client, Request};

use super::links::missing;
use super::{PAGE, observed};
use crate::error::Error;

/// How many are asked at once: four full batches.
const AT_ONCE: usize = 80;

/// Reads the selections of an object that `wanted` names.
pub(super) async fn read(
    client: &Client,
    kind: &'static Kind,
    wanted: &BTreeMap<ObjectId, Vec<WantedLink>>,
    object: &mut Observed,
) -> Result<(), Error> {
    let attributes: Vec<&'static Attribute> =
        missing(kind, object, wanted).map(|(attribute, _)| attribute).collect();
    for attribute in attributes {
        let Some(Link { write: LinkWrite::Action(selection), .. }) = attribute.link() else { continue };
        let selected = selected(client, selection, object).await.map_err(|source| Error::Read {
            what: format!("{} of {}", attribute.name, kind.table),
            source: Box::new(source),
        })?;
        object.links.insert(attribute.graph.to_owned(), selected);
    }
    Ok(())
}

async fn selected(
    client: &Client,
    selection: &Selection,
    object: &Observed,
) -> Result<Vec<Target>, tenantry_graph::Error> {
    let (property, value) = selection.when;
    if !object.text(property).eq_ignore_ascii_case(value) {
        return Ok(Vec::new());
    }
    let Some(kind) = kinds::by_name(selection.kind) else { return Ok(Vec::new()) };
    let among = format!(
        "{}?{}&$select=id,{}&$top={PAGE}",
        kind.path,
        selection.among,
        kind.graph_name(kind.name_attribute)
    );
    let possible = client.list(Request::get(among)).await?;
    let possible: Vec<Observed> = possible.into_iter().filter_map(|value| observed(value, None)).collect();
    let mut selected = Vec::new();
    for some in possible.chunks(AT_ONCE) {
        let request =
            |one: &Observed| Request::get(format!("{}/{}", kind.object_path(&one.id), selection.back));
        for (one, answer) in some.iter().zip(client.batch(some.iter().map(request).collect()).await) {
            match answer {
                Ok(answer) if leads_to(&answer.body, object) => selected.push(target(kind, one)),
                Ok(_) => {}
                // It was deleted since it was listed.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(selected)
}

fn target(kind: &Kind, one: &Observed) -> Target {
    let name = one.text(kind.graph_name(kind.name_attribute));
    Target::existing(one.id.clone(), format!("{}:{name}", kind.name))
}

fn leads_to(answer: &Value, object: &Observed) -> bool {
    let found = answer.get("value").and_then(Value::as_array).into_iter().flatten();
    let ids = found.filter_map(|value| value.get("id")?.as_str());
    ids.into_iter().any(|id| id.eq_ignore_ascii_case(object.id.as_str()))
}
