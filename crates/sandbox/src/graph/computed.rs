//! Answers requests for objects that are views of stored ones.

use std::sync::Arc;

use super::list::{Source, list};
use super::path::{Key, Path, Tail};
use super::read::one;
use super::{Directory, Failure, Method, Request, Response, resource_not_found, write};
use crate::quirks::{Computed, Written};
use crate::schema::EntityType;
use crate::store::{Object, id_of};

/// Answers a request to a set of such objects.
pub(super) fn answer(
    directory: &Directory<'_>,
    kind: &'static EntityType,
    computed: &Computed,
    path: &Path,
    request: &Request,
) -> Result<Written, Failure> {
    let key = match &path.key {
        Some(Key::Segment(id)) => Some(id.as_str()),
        Some(Key::Alternate(..)) => return Err(Failure::method_not_allowed()),
        None => None,
    };
    let plain = path.navigation.is_none() && path.cast.is_none();
    match (request.method, key, &path.tail) {
        (Method::Get, None, tail @ (Tail::Itself | Tail::Count)) if plain => {
            let source = Source::Computed { kind, objects: objects(directory, kind, computed) };
            read(list(directory, &source, request, tail)?)
        }
        (Method::Get, Some(id), Tail::Itself) if plain => {
            let found = objects(directory, kind, computed);
            let found = found.iter().find(|object| object.id == id_of(id));
            let found = found.ok_or_else(|| resource_not_found(id))?;
            read(one(directory, found, request, kind.collection, false)?)
        }
        (Method::Post, None, Tail::Itself) => write::create(directory, kind, request),
        (Method::Delete, Some(id), Tail::Itself) if plain => {
            let changes = (computed.remove)(directory, id)?;
            Ok(Written { changes, response: Response::no_content() })
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn read(response: Response) -> Result<Written, Failure> {
    Ok(Written { changes: Vec::new(), response })
}

/// The objects in ascending order of id.
fn objects(directory: &Directory<'_>, kind: &'static EntityType, computed: &Computed) -> Vec<Arc<Object>> {
    let mut objects = (computed.objects)(directory, directory.visible, kind);
    objects.sort_by_key(|object| object.id);
    objects.into_iter().map(Arc::new).collect()
}
