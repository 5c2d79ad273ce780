//! Answers lists: filter, order, page, represent.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::expand::Expansion;
use super::path::Tail;
use super::{Directory, Failure, Request, Response, Selection, annotations, entity};
use crate::query::{Order, PageToken, Search, filter};
use crate::schema::{self, Cast, EntityType, Navigation, Page};
use crate::store::Object;

/// What is listed.
pub(crate) enum Source<'a> {
    /// An entity set, or the deleted objects of a type.
    Set { kind: &'static EntityType, deleted: bool },
    /// Objects that are a view of others, in ascending order of id.
    Computed { kind: &'static EntityType, objects: Vec<Arc<Object>> },
    /// The targets of a relationship, possibly cast to one type.
    Related { object: &'a Object, navigation: &'static Navigation, cast: Option<Cast> },
}

impl Source<'_> {
    /// Types the items can have.
    fn types(&self) -> Vec<&'static EntityType> {
        match self {
            Self::Set { kind, .. } | Self::Computed { kind, .. } => vec![kind],
            Self::Related { cast: Some(Cast::To(kind)), .. } => vec![kind],
            Self::Related { navigation, .. } if !navigation.targets.is_empty() => {
                navigation.targets.iter().filter_map(|name| schema::by_name(name)).collect()
            }
            Self::Related { .. } => {
                schema::TYPES.iter().copied().filter(|kind| kind.directory_object).collect()
            }
        }
    }

    fn page(&self, request: &Request) -> Page {
        let asks_for_sign_ins = ["select", "filter"]
            .iter()
            .any(|name| request.option(name).is_some_and(|text| text.contains("signInActivity")));
        match self {
            Self::Set { kind, .. } if kind.name == "user" && asks_for_sign_ins => schema::SIGN_IN_PAGE,
            Self::Set { kind, .. } | Self::Computed { kind, .. } => kind.page,
            Self::Related { .. } => schema::DIRECTORY_PAGE,
        }
    }

    /// Products cannot be filtered, not even by id; other lists have to be.
    fn check_filter(&self, request: &Request) -> Result<(), Failure> {
        let by: &[&str] = match self {
            Self::Set { kind, .. } | Self::Computed { kind, .. } => kind.behavior.narrowed_by,
            Self::Related { .. } => &[],
        };
        let filter = request.option("filter").unwrap_or_default();
        if !by.is_empty() && !by.iter().any(|name| filter::equal_to(filter, name).is_some()) {
            let message = format!("A filter by equality of {} is required.", by.join(" or "));
            return Err(schema::bad_request(message));
        }
        match self {
            Self::Set { kind, .. } if kind.name == "subscribedSku" && request.option("filter").is_some() => {
                Err(Failure::unsupported_query(
                    "The query option '$filter' is not supported for this resource.",
                ))
            }
            _ => Ok(()),
        }
    }

    /// A cast relationship takes options only in an advanced query.
    fn check_cast(&self, request: &Request) -> Result<(), Failure> {
        let is_cast = matches!(self, Self::Related { cast: Some(Cast::To(_) | Cast::Nothing), .. });
        let narrows = ["expand", "filter", "orderby", "select", "top"]
            .iter()
            .any(|name| request.option(name).is_some());
        if is_cast && narrows && !request.is_advanced() {
            return Err(Failure::unsupported_query("Unsupported Query."));
        }
        Ok(())
    }

    /// Whether items of different types need `@odata.type`.
    fn is_mixed(&self) -> bool {
        matches!(self, Self::Related { cast: None | Some(Cast::Any), .. }) && self.contained().is_none()
    }

    /// The type of the items, when they are not just any directory objects.
    fn contained(&self) -> Option<&'static EntityType> {
        match self {
            Self::Related { navigation, .. } if navigation.is_contained() => {
                navigation.targets.first().and_then(|name| schema::by_name(name))
            }
            _ => None,
        }
    }

    fn context(&self) -> &'static str {
        match self {
            Self::Set { kind, .. }
            | Self::Computed { kind, .. }
            | Self::Related { cast: Some(Cast::To(kind)), .. } => kind.collection,
            Self::Related { .. } => self.contained().map_or("directoryObjects", |kind| kind.collection),
        }
    }

    /// Ids in ascending order, after `after`.
    fn ids<'b>(
        &'b self,
        directory: &Directory<'b>,
        after: Option<Uuid>,
    ) -> Box<dyn Iterator<Item = Uuid> + 'b> {
        let store = directory.visible;
        match self {
            Self::Set { kind, deleted } if kind.can_be_part() => {
                Box::new(store.ids(kind, *deleted, after).filter(|id| store.owner(*id).is_none()))
            }
            Self::Set { kind, deleted } => Box::new(store.ids(kind, *deleted, after)),
            Self::Computed { .. } => Box::new(std::iter::empty()),
            Self::Related { object, navigation, cast } => {
                let cast = *cast;
                let related = store.follow(object, navigation, after);
                let fits = move |id: &Uuid| {
                    cast.is_none_or(|cast| store.live(*id).is_some_and(|found| cast.admits(found)))
                };
                Box::new(related.filter(fits))
            }
        }
    }
}

/// Everything the query options say.
struct Query {
    condition: Option<filter::Condition>,
    search: Option<Search>,
    order: Option<Order>,
    selection: Selection,
    expansion: Option<Expansion>,
    page_size: usize,
    token: Option<PageToken>,
}

impl Query {
    fn parse(directory: &Directory<'_>, source: &Source<'_>, request: &Request) -> Result<Self, Failure> {
        let types = source.types();
        source.check_filter(request)?;
        let condition = request
            .option("filter")
            .map(|text| filter::Condition::parse(text, &types, request))
            .transpose()?;
        let order = request.option("orderby").map(|text| Order::parse(text, &types, request)).transpose()?;
        if condition.is_some() && order.is_some() && !request.is_advanced() {
            return Err(Failure::unsupported_query("Sorting not supported for current query."));
        }
        let narrowed = condition.is_some() || order.is_some();
        if narrowed && matches!(source, Source::Related { .. }) && !request.is_advanced() {
            return Err(Failure::unsupported_query("Unsupported Query."));
        }
        let expansion =
            request.option("expand").map(|option| Expansion::parse(option, &types, request)).transpose()?;
        if expansion.as_ref().is_some_and(|expansion| !expansion.is_recursive() && request.is_advanced()) {
            return Err(Failure::unsupported_query("$expand is not supported with advanced queries."));
        }
        source.check_cast(request)?;
        request.check_length()?;
        if request.option("skip").is_some() {
            return Err(Failure::malformed("The query option '$skip' is not supported."));
        }
        Ok(Self {
            condition,
            search: request.option("search").map(|text| Search::parse(text, request)).transpose()?,
            order,
            selection: Selection::parse(request.option("select"), &types)?.of_many(&types)?,
            expansion,
            page_size: page_size(source.page(request), directory, request)?,
            token: request.option("skiptoken").map(PageToken::decode).transpose()?,
        })
    }

    fn admits(&self, object: &Object, directory: &Directory<'_>) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(object, directory.visible))
            && self.search.as_ref().is_none_or(|search| search.matches(object))
    }

    /// What is listed and admitted, in ascending order of id, after `after`.
    fn objects<'a>(
        &'a self,
        directory: &'a Directory<'a>,
        source: &'a Source<'a>,
        after: Option<Uuid>,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        let indexed = match source {
            Source::Set { kind, deleted } => {
                let ids =
                    self.condition.as_ref().and_then(|found| found.candidates(&[kind], directory.visible));
                ids.map(|ids| (ids, *kind, *deleted))
            }
            Source::Related { .. } | Source::Computed { .. } => None,
        };
        let ids: Box<dyn Iterator<Item = Uuid> + 'a> = match indexed {
            Some((ids, kind, deleted)) => {
                let is_listed = move |id: &Uuid| {
                    let found = directory.visible.any(*id);
                    found.is_some_and(|found| found.entity.name == kind.name && found.is_deleted() == deleted)
                };
                Box::new(
                    ids.into_iter().filter(move |id| after.is_none_or(|after| *id > after)).filter(is_listed),
                )
            }
            None => source.ids(directory, after),
        };
        let computed: &[Arc<Object>] = match source {
            Source::Computed { objects, .. } => objects,
            Source::Set { .. } | Source::Related { .. } => &[],
        };
        let computed = computed.iter().filter(move |object| after.is_none_or(|after| object.id > after));
        let stored = ids.filter_map(|id| directory.visible.any(id));
        stored.chain(computed).filter(|object| self.admits(object, directory))
    }

    /// One item more than the page holds, if there is one.
    fn page<'a>(&'a self, directory: &'a Directory<'a>, source: &'a Source<'a>) -> Vec<&'a Arc<Object>> {
        let after = self.token.as_ref().map(|token| token.id);
        let wanted = self.page_size + 1;
        let Some(order) = &self.order else {
            return self.objects(directory, source, after).take(wanted).collect();
        };
        type Keyed<'a> = (Vec<Option<String>>, &'a Arc<Object>);
        let compare =
            |left: &Keyed<'_>, right: &Keyed<'_>| order.compare(&left.0, left.1.id, &right.0, right.1.id);
        let comes = |(key, object): &Keyed<'_>| {
            let token = self.token.as_ref();
            token.is_none_or(|token| order.compare(key, object.id, &token.key, token.id).is_gt())
        };
        let objects = self.objects(directory, source, None);
        let mut found: Vec<Keyed<'_>> =
            objects.map(|object| (order.key(object), object)).filter(comes).collect();
        if found.len() > wanted {
            found.select_nth_unstable_by(wanted, compare);
            found.truncate(wanted);
        }
        found.sort_by(compare);
        found.into_iter().map(|(_, object)| object).collect()
    }
}

/// GET of a collection.
pub(crate) fn list(
    directory: &Directory<'_>,
    source: &Source<'_>,
    request: &Request,
    tail: &Tail,
) -> Result<Response, Failure> {
    let query = Query::parse(directory, source, request)?;
    let count = || query.objects(directory, source, None).count();
    if *tail == Tail::Count {
        if !request.is_eventual() {
            return Err(schema::bad_request("$count is not currently supported."));
        }
        return Ok(Response::text(count().to_string()));
    }
    let mut page = query.page(directory, source);
    let more = page.len() > query.page_size;
    page.truncate(query.page_size);
    let shown = |object: &&Arc<Object>| match tail {
        Tail::Reference => json!({ "@odata.id": format!("{}/directoryObjects/{}", request.root, object.id) }),
        _ => {
            let mut members = entity(object, &query.selection, source.is_mixed());
            directory.complete(&mut members, object);
            annotations::complete(&mut members, object, request);
            if let Some(expansion) = &query.expansion {
                expansion.add_to(&mut members, object, directory);
            }
            Value::Object(members)
        }
    };
    let context = match tail {
        Tail::Reference => "Collection($ref)".to_owned(),
        _ => format!("{}{}", source.context(), query.selection.context()),
    };
    let mut answer = json!({
        "@odata.context": format!("{}/$metadata#{context}", request.root),
        "value": page.iter().map(shown).collect::<Vec<_>>(),
    });
    if request.is_advanced() && query.token.is_none() {
        answer["@odata.count"] = count().into();
    }
    if let Some(last) = page.last().filter(|_| more) {
        let key = query.order.as_ref().map(|order| order.key(last)).unwrap_or_default();
        answer["@odata.nextLink"] = next_link(request, &PageToken { id: last.id, key }).into();
    }
    Ok(Response::json(answer))
}

/// The address of the next page: the same request with another token.
fn next_link(request: &Request, token: &PageToken) -> String {
    let path: Vec<String> = request
        .segments
        .iter()
        .map(|segment| percent_encoding::utf8_percent_encode(segment, PATH).to_string())
        .collect();
    let mut options = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in request.query.iter().filter(|(name, _)| !name.ends_with("skiptoken")) {
        options.append_pair(name, value);
    }
    options.append_pair("$skiptoken", &token.encode());
    format!("{}/{}?{}", request.root, path.join("/"), options.finish())
}

/// Characters that cannot stand in a path segment.
const PATH: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'#')
    .add(b'%')
    .add(b'?')
    .add(b'/')
    .add(b'"')
    .add(b'<')
    .add(b'>');

fn page_size(page: Page, directory: &Directory<'_>, request: &Request) -> Result<usize, Failure> {
    let size = match request.option("top") {
        None => page.default,
        Some(text) => {
            text.parse::<usize>().ok().filter(|top| (1..=page.most).contains(top)).ok_or_else(|| {
                schema::bad_request(format!(
                    "Invalid page size specified: '{text}'. Must be between 1 and {} inclusive.",
                    page.most
                ))
            })?
        }
    };
    Ok(directory.short_pages.map_or(size, |short| size.min(short.max(1))))
}
