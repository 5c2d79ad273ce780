//! Creates, updates and deletes objects.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::bind::{check_added, link_changes};
use super::path::{Key, Path, Root};
use super::represent::{Selection, entity};
use super::{Directory, Draft, Failure, LinkChange, Request, Response};
use crate::quirks::{CompleteDraft, Create, Deletion, Written, now};
use crate::schema::{self, Access, EntityType, KeyScope, Navigation, Property, bad_request};
use crate::store::{Change, Object};

/// POST to an entity set.
pub(super) fn create(
    directory: &Directory<'_>,
    kind: &'static EntityType,
    request: &Request,
) -> Result<Written, Failure> {
    create_in(directory, kind, None, request)
}

/// POST to a relationship whose targets live in `source`, or may be created as its targets.
pub(super) fn create_part(
    directory: &Directory<'_>,
    source: &Arc<Object>,
    navigation: &'static Navigation,
    request: &Request,
) -> Result<Written, Failure> {
    let kind = navigation.creates().ok_or_else(Failure::method_not_allowed)?;
    let named = request.object()?.get("@odata.type").and_then(Value::as_str);
    if !navigation.is_contained()
        && named.and_then(schema::by_name).is_none_or(|found| found.name != kind.name)
    {
        return Err(bad_request(format!("The property '@odata.type' must be '#{}'.", kind.qualified())));
    }
    create_in(directory, kind, Some((Arc::clone(source), navigation)), request)
}

/// Creates an object, in another one if it has an owner.
fn create_in(
    directory: &Directory<'_>,
    kind: &'static EntityType,
    owner: Option<(Arc<Object>, &'static Navigation)>,
    request: &Request,
) -> Result<Written, Failure> {
    let draft = draft(Object::new(kind, Uuid::new_v4()), None, request.object()?)?;
    let draft = Draft { owner, ..draft };
    match &kind.behavior.create {
        Create::Refused | Create::BuiltIn => Err(Failure::method_not_allowed()),
        Create::Instead(run) => {
            check_required(&draft)?;
            run(directory, &draft, request)
        }
        Create::Object(complete) => finish_create(directory, draft, *complete, request),
    }
}

/// PATCH of an object, or of an alternate key that nothing has yet.
pub(super) fn update(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    if let (Root::Set(kind), Some(Key::Alternate(name, value))) = (path.root, &path.key)
        && kind.upsert_key == Some(name)
        && request.prefers("create-if-missing")
        && path.is_free(directory)
    {
        return upsert(directory, kind, value, request);
    }
    if let (Root::Set(kind), Some(Key::Segment(id))) = (path.root, &path.key)
        && kind.behavior.upserts
        && path.is_free(directory)
    {
        let mut body = request.object()?.clone();
        body.insert("id".to_owned(), Value::from(id.as_str()));
        let created = create_from(directory, kind, &body, request)?;
        return Ok(Written { response: Response::no_content(), ..created });
    }
    update_object(directory, path.write(directory)?, request)
}

/// PATCH of an object that is there.
pub(super) fn update_object(
    directory: &Directory<'_>,
    found: &Arc<Object>,
    request: &Request,
) -> Result<Written, Failure> {
    let complete = found.entity.behavior.update.ok_or_else(Failure::method_not_allowed)?;
    let mut draft = draft(Object::clone(found), Some(Arc::clone(found)), request.object()?)?;
    complete(directory, &mut draft)?;
    conflicts(directory, &draft.object)?;
    for change in &draft.links {
        check_added(directory, &draft.object, change, 400)?;
    }
    Ok(Written { changes: changes(directory, draft), response: Response::no_content() })
}

/// Creates an object under its upsert key.
fn upsert(
    directory: &Directory<'_>,
    kind: &'static EntityType,
    value: &str,
    request: &Request,
) -> Result<Written, Failure> {
    let name = kind.upsert_key.ok_or_else(Failure::method_not_allowed)?;
    let mut body = request.object()?.clone();
    body.insert(name.to_owned(), Value::from(value));
    create_from(directory, kind, &body, request)
}

/// Creates an object from a body that is not quite that of the request.
fn create_from(
    directory: &Directory<'_>,
    kind: &'static EntityType,
    body: &Map<String, Value>,
    request: &Request,
) -> Result<Written, Failure> {
    let Create::Object(complete) = &kind.behavior.create else {
        return Err(Failure::method_not_allowed());
    };
    finish_create(directory, draft(Object::new(kind, Uuid::new_v4()), None, body)?, *complete, request)
}

/// DELETE of an object.
pub(super) fn delete(directory: &Directory<'_>, object: &Object) -> Result<Written, Failure> {
    let decide = object.entity.behavior.delete.ok_or_else(Failure::method_not_allowed)?;
    let change = match decide(directory, object)? {
        Deletion::Soft(deleted) | Deletion::Reset(deleted) => Change::Put(Arc::new(deleted)),
        Deletion::Hard => Change::Remove(object.id),
    };
    Ok(Written { changes: vec![change], response: Response::no_content() })
}

/// Refuses values that must be unique and belong to another object.
pub(crate) fn conflicts(directory: &Directory<'_>, object: &Object) -> Result<(), Failure> {
    for (index, value, scope) in object.keys() {
        let holder = directory.primary.holder(index, &value).filter(|holder| holder.id != object.id);
        if holder.is_some_and(|holder| scope == KeyScope::Always || !holder.is_deleted()) {
            let message = format!("Another object with the same value for property {index} already exists.");
            return Err(bad_request(message).with_detail("ObjectConflict", index));
        }
    }
    Ok(())
}

fn finish_create(
    directory: &Directory<'_>,
    mut draft: Draft,
    complete: CompleteDraft,
    request: &Request,
) -> Result<Written, Failure> {
    check_required(&draft)?;
    if draft.object.entity.property("createdDateTime").is_some() {
        draft.object.set("createdDateTime", now());
    }
    complete(directory, &mut draft)?;
    conflicts(directory, &draft.object)?;
    for change in &draft.links {
        check_added(directory, &draft.object, change, 400)?;
    }
    let collection = draft.object.entity.collection;
    let location = location(directory, &draft.object, request);
    let mut body = entity(&draft.object, &Selection::Default, false);
    directory.complete(&mut body, &draft.object);
    body.insert(
        "@odata.context".to_owned(),
        format!("{}/$metadata#{collection}/$entity", request.root).into(),
    );
    Ok(Written {
        changes: changes(directory, draft),
        response: Response::created(location, Value::Object(body)),
    })
}

/// The address the service gives a new object: an internal one, outside the versions.
fn location(directory: &Directory<'_>, object: &Object, request: &Request) -> String {
    let base = request.root.rsplit_once('/').map_or(request.root.as_str(), |(base, _)| base);
    let tenant = directory.primary.organization().map(|found| found.id_text()).unwrap_or_default();
    let name = object.entity.name;
    let class: String =
        name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect();
    let id = object.id_text();
    format!("{base}/v2/{tenant}/directoryObjects/{id}/Microsoft.DirectoryServices.{class}")
}

/// Reads a body into a draft of `object`.
fn draft(
    mut object: Object,
    before: Option<Arc<Object>>,
    body: &Map<String, Value>,
) -> Result<Draft, Failure> {
    let kind = object.entity;
    settle_sort(&mut object, before.is_some(), body)?;
    let mut sent = Map::new();
    for (name, value) in body.iter().filter(|(name, _)| !name.contains('@')) {
        let property = object.property(name);
        let checked = match property {
            Some(_) if is_of_other_sort(&object, name) => return Err(schema::unknown(name, kind.name)),
            Some(property) => {
                check_access(property, kind, before.is_some())?;
                schema::check(property, value)?
            }
            None if kind.is_extension(name) => value.clone(),
            None => return Err(schema::unknown(name, kind.name)),
        };
        if property.is_none_or(|property| property.access != Access::WriteOnly) {
            let before = object.get(name).filter(|_| !kind.behavior.replaces_nested);
            object.set(name, merged(before, checked.clone()));
        }
        sent.insert(name.clone(), checked);
    }
    let links = link_changes(kind, body)?;
    Ok(Draft { before, object, owner: None, sent, links, also: Vec::new() })
}

/// Takes the derived type of an object from `@odata.type`, which every write has to carry.
fn settle_sort(object: &mut Object, exists: bool, body: &Map<String, Value>) -> Result<(), Failure> {
    if object.entity.behavior.sorts.is_empty() {
        return Ok(());
    }
    let named = body.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    let Some(sort) = object.entity.sort(named) else {
        let known = object.entity.behavior.sorts.iter().map(|sort| format!("#microsoft.graph.{}", sort.name));
        let known = known.collect::<Vec<_>>().join(", ");
        return Err(bad_request(format!("The property '@odata.type' must be one of {known}.")));
    };
    if exists && object.sort().is_some_and(|before| before.name != sort.name) {
        return Err(bad_request("The type of an object cannot be changed."));
    }
    object.set("@odata.type", format!("#microsoft.graph.{}", sort.name));
    Ok(())
}

/// Whether only other derived types than the object's have a property.
fn is_of_other_sort(object: &Object, name: &str) -> bool {
    object.sort().is_some() && name != "id" && object.declared().all(|property| property.name != name)
}

/// A complex value with the members a request leaves out kept as they are; null takes one away.
fn merged(before: Option<&Value>, sent: Value) -> Value {
    match (before, sent) {
        (Some(Value::Object(before)), Value::Object(sent)) => {
            let mut members = before.clone();
            for (name, value) in sent {
                let value = merged(before.get(&name), value);
                members.insert(name, value);
            }
            members.retain(|_, member| !member.is_null());
            Value::Object(members)
        }
        (_, sent) => sent,
    }
}

fn check_access(property: &Property, kind: &EntityType, exists: bool) -> Result<(), Failure> {
    let refused = match property.access {
        Access::ReadOnly => true,
        Access::CreateOnly => exists,
        Access::ReadWrite | Access::WriteOnly => false,
    };
    if refused {
        let name = property.name;
        let message =
            format!("Property '{name}' is read-only and cannot be set on resource '{}'.", kind.name);
        return Err(bad_request(message).with_detail("InvalidValue", name));
    }
    Ok(())
}

fn check_required(draft: &Draft) -> Result<(), Failure> {
    let kind = draft.object.entity;
    let missing = draft.object.declared().find(|property| property.required && !draft.sends(property.name));
    match missing {
        None => Ok(()),
        Some(property) => {
            let message =
                format!("A value is required for property '{}' of resource '{}'.", property.name, kind.name);
            Err(bad_request(message).with_detail("InvalidValue", property.name))
        }
    }
}

/// Everything a finished draft changes; a single link replaces the one before it.
fn changes(directory: &Directory<'_>, draft: Draft) -> Vec<Change> {
    let source = draft.object.id;
    let mut changes = vec![Change::Put(Arc::new(draft.object))];
    if let Some((owner, navigation)) = draft.owner {
        changes.push(Change::Link { source: owner.id, relation: navigation.name, targets: vec![source] });
    }
    changes.extend(draft.also);
    for LinkChange { navigation, targets } in draft.links {
        let relation = navigation.name;
        if !navigation.many {
            let former = directory.primary.targets(source, relation).collect();
            changes.push(Change::Unlink { source, relation, targets: former });
        }
        changes.push(Change::Link { source, relation, targets });
    }
    changes
}
