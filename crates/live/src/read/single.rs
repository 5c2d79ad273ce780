//! Reads a kind of which a tenant has at most one object.

use serde_json::{Value, json};
use tenantry_core::kinds::{Kind, Shape, settings};
use tenantry_core::snapshot::{Observed, ReadCost, ReadPart};
use tenantry_graph::{Client, Error, Request};

use super::observed;

/// The object, if the tenant has it.
pub(crate) async fn fetch(client: &Client, kind: &Kind) -> Result<Option<Observed>, Error> {
    match kind.shape {
        Shape::Singleton => match client.get(kind.path).await {
            Ok(answer) => Ok(observed(answer.body, None)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        },
        Shape::Settings(template) => {
            let found = client.list(Request::get(kind.path)).await?;
            let ours = found.into_iter().find(|settings| {
                let of = settings.get("templateId").and_then(Value::as_str).unwrap_or_default();
                of.eq_ignore_ascii_case(template.id)
            });
            Ok(ours.and_then(|settings| {
                let mut properties = settings::properties(kind, template, &settings);
                properties.insert("id".to_owned(), json!(settings.get("id")?));
                observed(Value::Object(properties), None)
            }))
        }
        Shape::AtMostOne | Shape::Collection | Shape::Fixed | Shape::Foreign => {
            let found = client.list(Request::get(kind.path)).await?;
            Ok(found.into_iter().find_map(|value| observed(value, None)))
        }
    }
}

/// How it was read, for the plan.
pub(super) fn part(kind: &Kind) -> ReadPart {
    let chosen = ReadCost { way: "get".to_owned(), resource_units: 1, requests: 1 };
    ReadPart { what: kind.table.to_owned(), chosen, considered: Vec::new(), because: None }
}
