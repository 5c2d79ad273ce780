//! Answers reads of single objects and single links.

use serde_json::{Value, json};

use super::expand::Expansion;
use super::list::{Source, list};
use super::path::{Path, Root, Tail};
use super::{Directory, Failure, Request, Response, Selection, annotations, entity, resource_not_found};
use crate::schema::{self, Cast, EntityType, Navigation};
use crate::store::{Object, id_of};

/// What beta shows of one group at a time when it is selected.
const STATUS: &str = "membershipRuleProcessingStatus";

/// GET of anything.
pub(super) fn read(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Response, Failure> {
    if path.key.is_none() {
        return read_set(directory, path, request);
    }
    let object = path.read(directory)?;
    let Some(name) = &path.navigation else {
        return match path.tail {
            Tail::Itself => {
                let typed = matches!(path.root, Root::DirectoryObjects | Root::DeletedItems);
                let context = if typed { "directoryObjects" } else { object.entity.collection };
                one(directory, object, request, context, typed)
            }
            _ => Err(Failure::method_not_allowed()),
        };
    };
    let navigation = object.entity.navigation(name).ok_or_else(|| Failure::unknown_segment(name))?;
    if let Some(item) = &path.item {
        return read_item(directory, object, navigation, item, path, request);
    }
    if navigation.many {
        let source = Source::Related { object, navigation, cast: path.cast };
        return list(directory, &source, request, &path.tail);
    }
    read_single(directory, object, navigation, path, request)
}

fn read_set(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Response, Failure> {
    match (path.root, path.cast) {
        (Root::Set(kind), None) => {
            list(directory, &Source::Set { kind, deleted: false }, request, &path.tail)
        }
        (Root::DeletedItems, Some(Cast::To(kind))) => {
            list(directory, &Source::Set { kind, deleted: true }, request, &path.tail)
        }
        (Root::DeletedItems, Some(Cast::Nothing)) => Ok(Response::json(json!({
            "@odata.context": format!("{}/$metadata#directoryObjects", request.root),
            "value": [],
        }))),
        (Root::DeletedItems, None | Some(Cast::Any)) => {
            Err(schema::bad_request("The type of the deleted items must be given as the last segment."))
        }
        (Root::Set(_), Some(_)) => Err(Failure::malformed("An entity set cannot be cast to another type.")),
        (Root::DirectoryObjects, _) => {
            Err(Failure::unsupported_query("Listing all directory objects is not supported."))
        }
    }
}

/// One target of a collection relationship.
fn read_item(
    directory: &Directory<'_>,
    object: &Object,
    navigation: &Navigation,
    item: &str,
    path: &Path,
    request: &Request,
) -> Result<Response, Failure> {
    let target = id_of(item);
    let related =
        navigation.many && directory.visible.follow(object, navigation, None).any(|id| id == target);
    let found = directory.visible.live(target).filter(|_| related).ok_or_else(|| resource_not_found(item))?;
    match path.tail {
        Tail::Itself if navigation.is_contained() => {
            one(directory, found, request, found.entity.collection, false)
        }
        Tail::Itself => one(directory, found, request, "directoryObjects", true),
        _ => Err(Failure::method_not_allowed()),
    }
}

/// The target of a single-valued relationship.
fn read_single(
    directory: &Directory<'_>,
    object: &Object,
    navigation: &Navigation,
    path: &Path,
    request: &Request,
) -> Result<Response, Failure> {
    let target = directory.visible.follow(object, navigation, None).next();
    let found = target.and_then(|id| directory.visible.live(id));
    let found = found.filter(|found| path.cast.is_none_or(|cast| cast.admits(found)));
    let found = found.ok_or_else(|| resource_not_found(navigation.name))?;
    match path.tail {
        Tail::Itself => one(directory, found, request, "directoryObjects", true),
        Tail::Reference => Ok(Response::json(json!({
            "@odata.context": format!("{}/$metadata#$ref", request.root),
            "@odata.id": format!("{}/directoryObjects/{}", request.root, found.id),
        }))),
        _ => Err(Failure::method_not_allowed()),
    }
}

/// GET of one object.
pub(crate) fn one(
    directory: &Directory<'_>,
    object: &Object,
    request: &Request,
    context: &str,
    typed: bool,
) -> Result<Response, Failure> {
    let types: [&EntityType; 1] = [object.entity];
    let select = request.option("select");
    let (select, with_status) = match object.entity.name {
        "group" if request.is_beta() => without_status(select),
        _ => (select.map(str::to_owned), false),
    };
    let selection = Selection::parse(select.as_deref(), &types)?;
    let expansion =
        request.option("expand").map(|option| Expansion::parse(option, &types, request)).transpose()?;
    let mut members = entity(object, &selection, typed);
    directory.complete(&mut members, object);
    annotations::complete(&mut members, object, request);
    if with_status {
        members.insert(STATUS.to_owned(), directory.rule_status(object));
    }
    if let Some(expansion) = &expansion {
        expansion.add_to(&mut members, object, directory);
    }
    let shown = selection.context();
    let context = format!("{}/$metadata#{context}{shown}/$entity", request.root);
    members.insert("@odata.context".to_owned(), context.into());
    Ok(Response::json(Value::Object(members)))
}

/// `$select` without the processing status, and whether it was there.
fn without_status(select: Option<&str>) -> (Option<String>, bool) {
    let Some(select) = select else {
        return (None, false);
    };
    let names: Vec<&str> = select.split(',').map(str::trim).collect();
    let others: Vec<&str> = names.iter().copied().filter(|name| *name != STATUS).collect();
    let has_status = others.len() < names.len();
    // Nothing but the status comes with the id.
    (Some(if others.is_empty() { "id".to_owned() } else { others.join(",") }), has_status)
}
