//! Adds and removes single links: `…/{relationship}/$ref`.

use uuid::Uuid;

use super::bind::{check_added, not_replicated, reference};
use super::path::Path;
use super::{Directory, Failure, LinkChange, Request, Response, resource_not_found};
use crate::quirks::{LinkEdit, Written};
use crate::schema::{Navigation, Source};
use crate::store::{Change, Object, id_of};

/// POST to a collection of links, or PUT of a single link.
pub(super) fn add(
    directory: &Directory<'_>,
    path: &Path,
    request: &Request,
    many: bool,
) -> Result<Written, Failure> {
    if path.is_out_of_sight(directory) {
        return Err(not_replicated());
    }
    let (source, navigation) = writable(directory, path)?;
    if navigation.many != many || path.item.is_some() {
        return Err(Failure::method_not_allowed());
    }
    let body = request.object()?;
    let target =
        body.get("@odata.id").ok_or_else(|| Failure::malformed("The property '@odata.id' is missing."))?;
    let change = LinkChange { navigation, targets: vec![reference(target)?] };
    check_added(directory, source, &change, 404)?;
    let relation = navigation.name;
    let mut changes = Vec::new();
    if !many {
        let former = directory.primary.targets(source.id, relation).collect();
        changes.push(Change::Unlink { source: source.id, relation, targets: former });
    }
    changes.push(Change::Link { source: source.id, relation, targets: change.targets });
    Ok(Written { changes, response: Response::no_content() })
}

/// DELETE of one link.
pub(super) fn remove(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    let (source, navigation) = writable(directory, path)?;
    let target = removed_target(directory, path, request, source, navigation)?;
    let relation = navigation.name;
    let linked = directory.primary.is_linked(source.id, relation, target);
    if !linked || directory.primary.live(target).is_none() {
        return Err(resource_not_found(&target.to_string()));
    }
    let change = LinkChange { navigation, targets: vec![target] };
    (source.entity.behavior.link)(directory, source, &change, LinkEdit::Remove)?;
    let changes = vec![Change::Unlink { source: source.id, relation, targets: change.targets }];
    Ok(Written { changes, response: Response::no_content() })
}

/// The target of a link to remove: in the path, in `?$id=`, or the only one there can be.
fn removed_target(
    directory: &Directory<'_>,
    path: &Path,
    request: &Request,
    source: &Object,
    navigation: &Navigation,
) -> Result<Uuid, Failure> {
    if let Some(item) = &path.item {
        return Ok(id_of(item));
    }
    if let Some(id) = request.option("id") {
        return reference(&id.into());
    }
    if navigation.many {
        return Err(Failure::method_not_allowed());
    }
    let target = directory.primary.targets(source.id, navigation.name).next();
    target.ok_or_else(|| resource_not_found(navigation.name))
}

/// The object and relationship of a path, if links of it can be written.
fn writable<'a>(
    directory: &Directory<'a>,
    path: &Path,
) -> Result<(&'a Object, &'static Navigation), Failure> {
    let source = path.write(directory)?;
    let name = path.navigation.as_deref().unwrap_or_default();
    let navigation = source.entity.navigation(name).ok_or_else(|| Failure::unknown_segment(name))?;
    let by_reference = navigation.source == Source::Stored && !navigation.is_contained();
    if !by_reference || source.is_deleted() {
        return Err(Failure::method_not_allowed());
    }
    Ok((source, navigation))
}
