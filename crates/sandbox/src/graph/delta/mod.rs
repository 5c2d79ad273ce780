//! Delta queries: everything at first, then what changed.
//! <https://learn.microsoft.com/graph/delta-query-overview>

mod page;
mod token;

use serde_json::json;

use page::Page;
use token::{Asked, Stage, Token};

use super::path::{Path, Root};
use super::{Directory, Failure, Request, Response, Selection};
use crate::query;
use crate::schema::{self, EntityType};

/// Objects and link entries on a page unless a knob says otherwise.
const PAGE: usize = 500;

/// Most ids in `$filter`.
const MOST_IDS: usize = 50;

/// Options that mean nothing to a delta query; others that are out of place are ignored.
const REFUSED: &[&str] = &["expand", "orderby", "search", "skip"];

/// GET of `…/delta`.
pub(super) fn answer(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Response, Failure> {
    let (token, is_first) = match token_text(request) {
        Some(text) => (Token::decode(text, directory, path.root, request)?, false),
        None => (Token::new(asked(directory, path.root, request)?, directory), true),
    };
    if is_first && request.option("deltatoken") == Some("latest") {
        let position = directory.visible.history().position();
        let stage = Stage::Waiting { from: position, seen: position };
        return Ok(respond(directory, request, token.at(stage, directory), Vec::new()));
    }
    let limit = directory.delta.page.unwrap_or(PAGE);
    // A page without room for an object and one of its links would lead to itself.
    let limit = directory.short_pages.map_or(limit, |short| limit.min(short)).max(2);
    let minimal = !is_first && request.prefers("return=minimal");
    let mut page = Page::new(directory.visible, &token.asked, limit, minimal);
    let stage = advance(&mut page, &token, directory, request)?;
    let items = page.into_json();
    let mut response = respond(directory, request, token.at(stage, directory), items);
    if minimal {
        response.headers.push(("Preference-Applied", "return=minimal".to_owned()));
    }
    Ok(response)
}

/// Fills one page and says where the next one begins.
fn advance(
    page: &mut Page<'_>,
    token: &Token,
    directory: &Directory<'_>,
    request: &Request,
) -> Result<Stage, Failure> {
    let position = directory.visible.history().position();
    let (from, seen, until, place) = match token.stage.clone() {
        Stage::Listing { until, place } => {
            let until = until.min(position);
            return Ok(match page.list(place) {
                Some(place) => Stage::Listing { until, place },
                None => Stage::Waiting { from: until, seen: until },
            });
        }
        Stage::Waiting { from, seen } => (from, seen, position.max(from), None),
        Stage::Changes { from, seen, until, place } => (from, seen, until, place),
    };
    // A replica that is behind has the rest for a later round.
    let reachable = until.min(position).max(from);
    let (reached, place) =
        page.replay(from, reachable, place).ok_or_else(|| token.gone(directory, request))?;
    if reached < reachable || place.is_some() {
        return Ok(Stage::Changes { from: reached, seen, until, place });
    }
    let from = if directory.delta.replays { seen.min(reached) } else { reached };
    Ok(Stage::Waiting { from, seen: reached })
}

fn respond(
    directory: &Directory<'_>,
    request: &Request,
    token: Token,
    items: Vec<serde_json::Value>,
) -> Response {
    let asked = &token.asked;
    let shown = asked.selection().context();
    let context = format!("{}/$metadata#{}{shown}", request.root, asked.collection);
    let (link, option) = match token.stage {
        Stage::Waiting { .. } => ("@odata.deltaLink", "$deltatoken"),
        _ => ("@odata.nextLink", "$skiptoken"),
    };
    let address = format!("{}/{}/delta?{option}={}", request.root, asked.collection, token.encode(directory));
    Response::json(json!({ "@odata.context": context, link: address, "value": items }))
}

/// The token of a request that continues an earlier one.
fn token_text(request: &Request) -> Option<&str> {
    let given = request.option("skiptoken").or_else(|| request.option("deltatoken"))?;
    Some(given).filter(|text| !text.is_empty() && *text != "latest")
}

/// What a first request asks for.
fn asked(directory: &Directory<'_>, root: Root, request: &Request) -> Result<Asked, Failure> {
    if let Some(name) = REFUSED.iter().find(|name| request.option(name).is_some()) {
        return Err(Failure::unsupported_query(format!(
            "The query option '${name}' is not supported by delta queries."
        )));
    }
    let filter = request.option("filter");
    let (collection, kinds, ids) = match root {
        Root::Set(kind) => (kind.collection, vec![kind], filter.map(ids).transpose()?),
        _ => ("directoryObjects", filter.map_or_else(|| Ok(every_kind()), kinds)?, None),
    };
    let selection = Selection::parse(request.option("select"), &kinds)?;
    if let Selection::Named(names) = &selection
        && let Some(name) = names.iter().find(|name| !can_be_tracked(name, &kinds))
    {
        return Err(Failure::unsupported_query(format!(
            "The relationship '{name}' is not supported by delta queries on '{collection}'."
        )));
    }
    let asked = Asked::new(collection, &kinds, selection, ids);
    let follows_links = kinds.iter().any(|kind| !asked.relations(kind).is_empty());
    if directory.delta.refuses_links_by_id && asked.ids.is_some() && follows_links {
        return Err(Failure::unsupported_query(
            "Filtering by id is not supported together with relationships in a delta query.",
        ));
    }
    Ok(asked)
}

/// Whether a selected name is a property or a relationship that is followed.
fn can_be_tracked(name: &str, kinds: &[&EntityType]) -> bool {
    kinds.iter().any(|kind| match kind.navigation(name) {
        Some(_) => kind.delta.is_some_and(|tracked| tracked.selectable.contains(&name)),
        None => kind.property(name).is_some() || kind.is_extension(name),
    })
}

fn ids(filter: &str) -> Result<Vec<uuid::Uuid>, Failure> {
    let ids = query::ids(filter).ok_or_else(|| {
        Failure::unsupported_query("Delta queries can only be filtered by 'id eq' joined with 'or'.")
    })?;
    if ids.len() > MOST_IDS {
        return Err(Failure::unsupported_query(format!(
            "Too many ids in the filter of a delta query: {}. Max allowed: {MOST_IDS}.",
            ids.len()
        )));
    }
    Ok(ids)
}

fn every_kind() -> Vec<&'static EntityType> {
    schema::TYPES.iter().copied().filter(|kind| kind.delta.is_some()).collect()
}

/// Reads `isof('microsoft.graph.user') or isof('microsoft.graph.group')`.
fn kinds(filter: &str) -> Result<Vec<&'static EntityType>, Failure> {
    let kind = |part: &str| {
        let name = part.trim().strip_prefix("isof(")?.strip_suffix(')')?.trim().trim_matches('\'');
        schema::by_name(name).filter(|kind| kind.delta.is_some())
    };
    let found: Option<Vec<_>> = filter.split(" or ").map(kind).collect();
    found.ok_or_else(|| {
        Failure::unsupported_query("Directory objects can only be filtered by 'isof' joined with 'or'.")
    })
}
