//! One page of a delta query.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::token::{Asked, Links, Place};
use crate::schema::{Access, EntityType};
use crate::store::{Changed, Entry, Object, Store};

/// A page that is being filled.
pub(super) struct Page<'a> {
    store: &'a Store,
    ids: Option<&'a [Uuid]>,
    views: Vec<View>,
    /// How many more objects and link entries fit.
    room: usize,
    /// Whether only what changed is shown of objects that were known before.
    minimal: bool,
    items: Vec<Item>,
    places: HashMap<Uuid, usize>,
}

/// What is followed on objects of one type.
struct View {
    kind: &'static EntityType,
    properties: Vec<String>,
    relations: Vec<&'static str>,
    /// Whether items say of which type they are.
    typed: bool,
}

/// One object of the page.
struct Item {
    id: Uuid,
    view: usize,
    changed: Changed,
    /// Type of each target to show, by relationship and target.
    links: BTreeMap<(&'static str, Uuid), &'static EntityType>,
}

impl<'a> Page<'a> {
    pub(super) fn new(store: &'a Store, asked: &'a Asked, room: usize, minimal: bool) -> Self {
        let typed = asked.collection == "directoryObjects";
        let view = |kind: &'static EntityType| View {
            kind,
            properties: asked.properties(kind),
            relations: asked.relations(kind),
            typed,
        };
        Self {
            store,
            ids: asked.ids.as_deref(),
            views: asked.kinds().into_iter().map(view).collect(),
            room,
            minimal,
            items: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Adds what there is from `place` on; returns where it stopped for lack of room.
    pub(super) fn list(&mut self, mut place: Place) -> Option<Place> {
        while place.kind < self.views.len() {
            if let (Some(id), Some(links)) = (place.after, place.links.take())
                && let Some(object) = self.store.live(id)
            {
                place.links = self.add_whole(object, place.kind, links);
                if place.links.is_some() {
                    return Some(place);
                }
            }
            for object in self.objects(place.kind, place.after) {
                if self.room == 0 {
                    return Some(place);
                }
                place.after = Some(object.id);
                place.links = self.add_whole(object, place.kind, Links::default());
                if place.links.is_some() {
                    return Some(place);
                }
            }
            place = Place { kind: place.kind + 1, ..Place::default() };
        }
        None
    }

    /// Adds the changes from one position up to another; returns where it stopped, or `None` when the
    /// history does not reach back that far.
    pub(super) fn replay(
        &mut self,
        from: u64,
        until: u64,
        mut links: Option<Links>,
    ) -> Option<(u64, Option<Links>)> {
        let entries = self.store.history().since(from)?;
        for (position, entry) in entries.take_while(|(position, _)| *position < until) {
            if self.room == 0 {
                return Some((position, None));
            }
            let rest = match entry {
                Entry::Object { id, kind, changed } => self.add_object(*id, kind, *changed, links.take()),
                Entry::Link { source, kind, relation, target, target_kind } => {
                    self.add_link(*source, kind, relation.name, (*target, target_kind));
                    None
                }
            };
            if rest.is_some() {
                return Some((position, rest));
            }
        }
        Some((until, None))
    }

    /// The page as it goes out.
    pub(super) fn into_json(self) -> Vec<Value> {
        self.items.iter().map(|item| Value::Object(self.show(item))).collect()
    }

    /// Live objects of a type in ascending order of id, after `after`.
    fn objects(&self, view: usize, after: Option<Uuid>) -> Box<dyn Iterator<Item = &'a Arc<Object>> + 'a> {
        let Some(kind) = self.views.get(view).map(|view| view.kind) else {
            return Box::new(std::iter::empty());
        };
        let store = self.store;
        match self.ids {
            None => Box::new(store.ids(kind, false, after).filter_map(|id| store.live(id))),
            Some(ids) => {
                let later = ids.iter().filter(move |id| after.is_none_or(|after| **id > after));
                let found = later.filter_map(|id| store.live(*id));
                Box::new(found.filter(|object| object.entity.name == kind.name))
            }
        }
    }

    /// Adds an object with its links, after those already shown; returns what is left of the links.
    fn add_whole(&mut self, object: &Object, view: usize, mut links: Links) -> Option<Links> {
        let item = self.item(object.id, view, Changed::RESTORED);
        let relations = self.views.get(view).map(|view| view.relations.clone()).unwrap_or_default();
        for relation in relations.into_iter().skip(links.relation) {
            for target in self.store.targets_after(object.id, relation, links.after) {
                if self.room == 0 {
                    return Some(links);
                }
                if let Some(found) = self.store.any(target) {
                    self.add_target(item, relation, (target, found.entity));
                }
                links.after = Some(target);
            }
            links = Links { relation: links.relation + 1, after: None };
        }
        None
    }

    /// Adds a changed object; returns what is left of its links when they are news too.
    fn add_object(
        &mut self,
        id: Uuid,
        kind: &EntityType,
        changed: Changed,
        links: Option<Links>,
    ) -> Option<Links> {
        let view = self.view_of(id, kind)?;
        let is_live = match self.store.any(id) {
            Some(object) if !object.is_deleted() => true,
            // It went away later; that is an entry of its own.
            _ if !changed.is_whole() => return None,
            _ => false,
        };
        if is_live
            && changed.is_restored()
            && let Some(object) = self.store.live(id)
        {
            return self.add_whole(object, view, links.unwrap_or_default());
        }
        let followed = self
            .views
            .get(view)
            .is_some_and(|view| view.properties.iter().any(|name| changed.has(kind, name)));
        if changed.is_whole() || followed {
            self.item(id, view, changed);
        }
        None
    }

    /// Adds a changed link of an object that is there.
    fn add_link(
        &mut self,
        source: Uuid,
        kind: &EntityType,
        relation: &'static str,
        target: (Uuid, &'static EntityType),
    ) {
        let Some(view) = self.view_of(source, kind) else {
            return;
        };
        let followed = self.views.get(view).is_some_and(|view| view.relations.contains(&relation));
        if followed && self.store.live(source).is_some() {
            let item = self.item(source, view, Changed::NOTHING);
            self.add_target(item, relation, target);
        }
    }

    fn view_of(&self, id: Uuid, kind: &EntityType) -> Option<usize> {
        let wanted = self.ids.is_none_or(|ids| ids.binary_search(&id).is_ok());
        self.views.iter().position(|view| wanted && view.kind.name == kind.name)
    }

    /// The place of an object on the page, which it takes if it has none.
    fn item(&mut self, id: Uuid, view: usize, changed: Changed) -> usize {
        let at = *self.places.entry(id).or_insert(self.items.len());
        match self.items.get_mut(at) {
            Some(item) => item.changed = item.changed.and(changed),
            None => {
                self.items.push(Item { id, view, changed, links: BTreeMap::new() });
                self.room = self.room.saturating_sub(1);
            }
        }
        at
    }

    fn add_target(
        &mut self,
        item: usize,
        relation: &'static str,
        (target, kind): (Uuid, &'static EntityType),
    ) {
        let added = self.items.get_mut(item).and_then(|item| item.links.insert((relation, target), kind));
        self.room = self.room.saturating_sub(usize::from(added.is_none()));
    }

    fn show(&self, item: &Item) -> Map<String, Value> {
        let mut members = Map::new();
        let Some(view) = self.views.get(item.view) else {
            return members;
        };
        if view.typed {
            members.insert("@odata.type".to_owned(), format!("#{}", view.kind.qualified()).into());
        }
        match self.store.any(item.id) {
            None => {
                members.insert("id".to_owned(), item.id.to_string().into());
                members.insert("@removed".to_owned(), json!({ "reason": "deleted" }));
            }
            Some(object) if object.is_deleted() => {
                members.insert("id".to_owned(), object.id_text().into());
                members.insert("@removed".to_owned(), json!({ "reason": "changed" }));
            }
            Some(object) => {
                self.show_properties(item, view, object, &mut members);
                members.insert("id".to_owned(), object.id_text().into());
                self.show_links(item, &mut members);
            }
        }
        members
    }

    /// What was never set is left out; what was cleared is null, or empty.
    fn show_properties(&self, item: &Item, view: &View, object: &Object, members: &mut Map<String, Value>) {
        let all = item.changed.is_whole() || !self.minimal;
        for name in &view.properties {
            let property = view.kind.property(name);
            if property.is_some_and(|property| property.access == Access::WriteOnly) {
                continue;
            }
            let changed = item.changed.has(view.kind, name);
            match object.get(name) {
                Some(value) if all || changed => {
                    members.insert(name.clone(), value.clone());
                }
                None if changed => {
                    let is_collection = property.is_some_and(|property| property.is_collection());
                    members.insert(name.clone(), if is_collection { json!([]) } else { Value::Null });
                }
                _ => {}
            }
        }
    }

    fn show_links(&self, item: &Item, members: &mut Map<String, Value>) {
        for ((relation, target), kind) in &item.links {
            let mut entry =
                json!({ "@odata.type": format!("#{}", kind.qualified()), "id": target.to_string() });
            if !self.store.is_linked(item.id, relation, *target) {
                entry["@removed"] = json!({ "reason": "deleted" });
            }
            let list = members.entry(format!("{relation}@delta")).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(entry);
            }
        }
    }
}
