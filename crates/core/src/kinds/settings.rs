//! Settings made from a template: on the wire a list of names and texts, everywhere else properties with types.
//!
//! The service takes a list for the whole of the settings, so a change repeats what it leaves alone.
//!
//! Source: "groupSetting resource type", <https://learn.microsoft.com/graph/api/resources/groupsetting>.

use serde_json::{Map, Value, json};

use super::{Attribute, Kind, Template, Type};

/// What every kind of settings for the tenant shares.
pub(super) const OF_TENANT: Kind = Kind {
    entity: "groupSetting",
    path: "/groupSettings",
    documentation: "https://learn.microsoft.com/graph/group-directory-settings",
    plan_permissions: &["GroupSettings.Read.All"],
    apply_permissions: &["GroupSettings.ReadWrite.All"],
    ..super::SINGLE
};

/// An item of a list that the service separates by commas.
pub(super) fn without_comma(text: &str) -> Result<(), String> {
    without(text, ',', "comma")
}

/// An item of a list that the service separates by tabs.
pub(super) fn without_tab(text: &str) -> Result<(), String> {
    without(text, '\t', "tab")
}

fn without(text: &str, separator: char, word: &str) -> Result<(), String> {
    if text.contains(separator) || text.trim() != text {
        Err(format!("an entry has no {word} and no space around it: the service separates entries by it"))
    } else {
        Ok(())
    }
}

/// The properties of settings as Graph writes them: each value in the type of its attribute. Values that no attribute
/// describes stay texts.
pub fn properties(kind: &Kind, template: Template, settings: &Value) -> Map<String, Value> {
    let values = settings.get("values").and_then(Value::as_array).into_iter().flatten();
    let mut properties: Map<String, Value> = values
        .filter_map(|value| {
            let name = value.get("name")?.as_str()?;
            let text = value.get("value").and_then(Value::as_str).unwrap_or_default();
            Some((name.to_owned(), typed(described(kind, name), template, text)))
        })
        .collect();
    properties.insert("templateId".to_owned(), settings.get("templateId").cloned().unwrap_or_default());
    properties
}

/// The body that makes or changes settings so that they are `properties`.
pub(crate) fn body(
    template: Template,
    properties: &Map<String, Value>,
    creating: bool,
) -> Map<String, Value> {
    let values = properties
        .iter()
        .filter(|(name, _)| *name != "templateId")
        .map(|(name, value)| json!({ "name": name, "value": text(value, template) }));
    let mut body = Map::from_iter([("values".to_owned(), values.collect())]);
    if creating {
        body.insert("templateId".to_owned(), json!(template.id));
    }
    body
}

/// The property under which an object remembers the id of its own settings of a template.
pub fn id_property(template: Template) -> String {
    format!("settings/{}", template.id)
}

fn described(kind: &Kind, name: &str) -> Option<&'static Attribute> {
    kind.attributes.iter().find(|attribute| attribute.graph.eq_ignore_ascii_case(name))
}

/// A text in the type of its attribute; as it is when it does not fit. Upper and lower case of a flag vary.
fn typed(attribute: Option<&Attribute>, template: Template, text: &str) -> Value {
    let fitting = match attribute.map(|attribute| &attribute.value) {
        _ if text.is_empty() => Some(Value::Null),
        Some(Type::Boolean) => text.to_lowercase().parse::<bool>().ok().map(Value::Bool),
        Some(Type::Integer { .. }) => text.parse::<i64>().ok().map(|number| json!(number)),
        Some(Type::Texts { .. }) => {
            let items = text.split(template.separator).map(str::trim).filter(|item| !item.is_empty());
            Some(items.map(|item| json!(item)).collect())
        }
        _ => None,
    };
    fitting.unwrap_or_else(|| json!(text))
}

/// A value as text. A reference stays what it is until its id is known.
fn text(value: &Value, template: Template) -> Value {
    match value {
        Value::Null => json!(""),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            json!(items.join(&template.separator.to_string()))
        }
        Value::Bool(_) | Value::Number(_) => json!(value.to_string()),
        Value::String(_) | Value::Object(_) => value.clone(),
    }
}
