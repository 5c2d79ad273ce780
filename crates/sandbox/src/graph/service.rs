//! Dispatches one authorized request.

use std::sync::Arc;

use super::path::{EVALUATE, Path, Root, Tail};
use super::{Directory, Failure, Method, Request, annotations, computed, delta, links, read, write};
use crate::quirks::{
    Written, administrative_unit, conditional_access, deleted_items, get_by_ids, rule,
    user_registration_details,
};
use crate::schema::{Editing, Navigation};
use crate::store::{Object, id_of};
use crate::{pim, premium};

/// What a request did besides answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing worth telling.
    Usual,
    /// It deleted an object through a relationship because `/$ref` was missing.
    DeletedThroughLink,
}

/// Answers one request; the changes have to be committed before the answer is sent.
pub(crate) fn answer(directory: &Directory<'_>, request: &Request) -> Result<(Written, Effect), Failure> {
    let (mut written, effect) =
        dispatch(directory, request).map_err(|failure| conditional_access::in_its_words(request, failure))?;
    administrative_unit::check_changes(directory, &written.changes)?;
    pim::check_changes(directory, &written.changes)?;
    annotations::reduce(request, &mut written.response);
    Ok((written, effect))
}

fn dispatch(directory: &Directory<'_>, request: &Request) -> Result<(Written, Effect), Failure> {
    request.check_options()?;
    if let Some(written) = conditional_access::deleted(directory, request)? {
        return Ok(usual(written));
    }
    let path = Path::parse(request)?;
    if let Root::Set(kind) = path.root {
        premium::check(directory, kind)?;
        user_registration_details::check(kind, request)?;
    }
    if let Root::Set(kind) = path.root
        && let Some(answer) = kind.behavior.answer
    {
        return answer(directory, &path, request).map(usual);
    }
    if let Root::Set(kind) = path.root
        && let Some(view) = &kind.behavior.computed
    {
        return computed::answer(directory, kind, view, &path, request).map(usual);
    }
    if let Tail::Action(name) = &path.tail {
        return act(directory, &path, name, request).map(usual);
    }
    match (request.method, &path.tail) {
        (Method::Get, Tail::Delta) => {
            let response = delta::answer(directory, &path, request)?;
            Ok(usual(Written { changes: Vec::new(), response }))
        }
        (Method::Get, _) => {
            let response = read::read(directory, &path, request)?;
            Ok(usual(Written { changes: Vec::new(), response }))
        }
        (Method::Post, Tail::Reference) => links::add(directory, &path, request, true).map(usual),
        (Method::Put, Tail::Reference) => links::add(directory, &path, request, false).map(usual),
        (Method::Delete, Tail::Reference) => links::remove(directory, &path, request).map(usual),
        (Method::Post, Tail::Itself) => match (path.root, &path.key, path.cast) {
            (Root::Set(kind), None, None) => write::create(directory, kind, request).map(usual),
            (Root::Set(_), Some(_), None) if path.navigation.is_some() && path.item.is_none() => {
                let (source, navigation) = related(directory, &path)?;
                write::create_part(directory, source, navigation, request).map(usual)
            }
            _ => Err(Failure::method_not_allowed()),
        },
        (Method::Patch, Tail::Itself) if path.key.is_some() && path.navigation.is_none() => {
            if matches!(path.root, Root::DeletedItems) {
                return Err(Failure::method_not_allowed());
            }
            write::update(directory, &path, request).map(usual)
        }
        (Method::Patch, Tail::Itself) if path.item.is_some() => {
            let (source, navigation) = related(directory, &path)?;
            if navigation.editing != Editing::Parts {
                return Err(Failure::method_not_allowed());
            }
            let found = target(directory, &path, source, navigation)?;
            write::update_object(directory, found, request).map(usual)
        }
        (Method::Delete, Tail::Itself) if path.key.is_some() => delete(directory, &path),
        _ => Err(Failure::method_not_allowed()),
    }
}

fn usual(written: Written) -> (Written, Effect) {
    (written, Effect::Usual)
}

fn act(directory: &Directory<'_>, path: &Path, name: &str, request: &Request) -> Result<Written, Failure> {
    if request.method == Method::Get {
        let object = path.read(directory)?;
        let view = object.entity.behavior.views.iter().find(|view| view.name == name);
        return (view.ok_or_else(Failure::method_not_allowed)?.run)(directory, object, request);
    }
    if request.method != Method::Post {
        return Err(Failure::method_not_allowed());
    }
    if name == EVALUATE {
        if !request.is_beta() {
            return Err(Failure::unknown_segment(name));
        }
        let group = path.key.is_some().then(|| path.read(directory)).transpose()?;
        return rule::evaluate(directory, group, request);
    }
    match path.root {
        Root::DirectoryObjects if path.key.is_none() => get_by_ids::run(directory, request),
        Root::DeletedItems => deleted_items::restore(directory, path.write(directory)?, request),
        Root::Set(_) | Root::DirectoryObjects => {
            let object = path.write(directory)?;
            let action = object.entity.behavior.actions.iter().find(|action| action.name == name);
            let action = action.ok_or_else(|| Failure::unknown_segment(name))?;
            (action.run)(directory, object, request)
        }
    }
}

/// Deletes the addressed object, which for `…/members/{id}` is the member and not the link.
fn delete(directory: &Directory<'_>, path: &Path) -> Result<(Written, Effect), Failure> {
    if path.navigation.is_none() {
        let object = path.write(directory)?;
        return match path.root {
            Root::DeletedItems => Ok(usual(deleted_items::purge(object))),
            _ => write::delete(directory, object).map(usual),
        };
    }
    let (source, navigation) = related(directory, path)?;
    let found = target(directory, path, source, navigation)?;
    let effect = match navigation.editing {
        Editing::References | Editing::ReferencesOrNew(_) => Effect::DeletedThroughLink,
        Editing::Parts => Effect::Usual,
        Editing::Actions => return Err(Failure::method_not_allowed()),
    };
    Ok((write::delete(directory, found)?, effect))
}

/// The object a path with a relationship begins at, and the relationship.
fn related<'a>(
    directory: &Directory<'a>,
    path: &Path,
) -> Result<(&'a Arc<Object>, &'static Navigation), Failure> {
    let object = path.write(directory)?;
    let name = path.navigation.as_deref().unwrap_or_default();
    let navigation = object.entity.navigation(name).ok_or_else(|| Failure::unknown_segment(name))?;
    Ok((object, navigation))
}

/// The one object that a path with a relationship ends at.
fn target<'a>(
    directory: &Directory<'a>,
    path: &Path,
    source: &Object,
    navigation: &Navigation,
) -> Result<&'a Arc<Object>, Failure> {
    let mut related = directory.primary.follow(source, navigation, None);
    let target = match &path.item {
        Some(item) => related.find(|id| *id == id_of(item)),
        None if !navigation.many => related.next(),
        None => return Err(Failure::method_not_allowed()),
    };
    let found = target.and_then(|id| directory.primary.live(id));
    found.ok_or_else(|| super::resource_not_found(path.item.as_deref().unwrap_or(navigation.name)))
}
