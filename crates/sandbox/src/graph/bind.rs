//! Links written inside a body: `members@odata.bind` and its like.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Directory, Failure, LinkChange};
use crate::quirks::LinkEdit;
use crate::schema::{Editing, EntityType, Navigation, bad_request};
use crate::store::Object;

/// Most links one request may change (<https://learn.microsoft.com/graph/api/group-update>).
const MOST_LINKS: usize = 20;

/// Reads the `@odata.bind` members of a body.
pub(crate) fn link_changes(
    entity: &EntityType,
    body: &Map<String, Value>,
) -> Result<Vec<LinkChange>, Failure> {
    let mut changes = Vec::new();
    for (name, value) in body {
        let Some(relation) = name.strip_suffix("@odata.bind") else {
            continue;
        };
        let by_reference = |navigation: &&Navigation| {
            !navigation.targets.is_empty() && navigation.editing == Editing::References
        };
        let navigation = entity.navigation(relation).filter(by_reference);
        let navigation = navigation.ok_or_else(|| crate::schema::unknown(relation, entity.name))?;
        let references: Vec<&Value> = match value {
            Value::Array(references) if navigation.many => references.iter().collect(),
            single @ Value::String(_) if !navigation.many => vec![single],
            _ => {
                return Err(Failure::malformed(format!(
                    "The value of '{name}' must be a reference or a list of them."
                )));
            }
        };
        let targets = references.into_iter().map(reference).collect::<Result<Vec<_>, _>>()?;
        changes.push(LinkChange { navigation, targets });
    }
    if changes.iter().map(|change| change.targets.len()).sum::<usize>() > MOST_LINKS {
        return Err(bad_request(format!("A resource cannot contain more than {MOST_LINKS} link changes.")));
    }
    Ok(changes)
}

/// The object id at the end of a reference; version, collection and host do not matter.
pub(super) fn reference(value: &Value) -> Result<Uuid, Failure> {
    let text = value.as_str().unwrap_or_default();
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let inner = last.split_once('(').map_or(last, |(_, rest)| rest.trim_end_matches(')').trim_matches('\''));
    Uuid::try_parse(inner).map_err(|_| bad_request(format!("Invalid entity reference '{text}'.")))
}

/// Checks links that are about to be added to `source`. `missing` is the status for a target that
/// does not exist: links of their own answer 404, links inside a body 400.
pub(super) fn check_added(
    directory: &Directory<'_>,
    source: &Object,
    change: &LinkChange,
    missing: u16,
) -> Result<(), Failure> {
    let navigation = change.navigation;
    for (index, target) in change.targets.iter().enumerate() {
        let found = directory.primary.live(*target);
        let found =
            found.ok_or_else(|| super::resource_not_found(&target.to_string()).with_status(missing))?;
        if directory.visible.any(*target).is_none() {
            let creates = directory.primary.any(source.id).is_none();
            return Err(match navigation.name {
                _ if !creates => not_replicated(),
                "owners" => super::resource_not_found(&target.to_string()).with_status(400),
                _ => bad_request("One or more property values specified are invalid."),
            });
        }
        check_type(navigation, found)?;
        if change.targets.iter().take(index).any(|earlier| earlier == target) {
            return Err(bad_request("Request contains a property with duplicate values."));
        }
        if navigation.many && directory.primary.is_linked(source.id, navigation.name, *target) {
            return Err(bad_request(format!(
                "One or more added object references already exist for the following modified properties: '{}'.",
                navigation.name
            )));
        }
    }
    (source.entity.behavior.link)(directory, source, change, LinkEdit::Add)
}

/// The refusal for a link to or from an object that the replicas have not heard of.
pub(super) fn not_replicated() -> Failure {
    bad_request("The source resource object or one of the objects being referenced don't exist.")
}

fn check_type(navigation: &Navigation, target: &Object) -> Result<(), Failure> {
    if navigation.targets.contains(&target.entity.name) {
        return Ok(());
    }
    Err(bad_request(format!(
        "The object '{}' of type '{}' is not supported by the reference property '{}'.",
        target.id_text(),
        target.entity.name,
        navigation.name
    ))
    .with_detail("InvalidValue", navigation.name))
}
