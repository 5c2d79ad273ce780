//! Says what has to be read from the tenant, and no more: only kinds, properties and links that something declared,
//! or a saved plan, rests on.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::ObjectId;
use crate::desired::{Configuration, Declared, Reference, ReferenceTo};
use crate::kinds::{self, Kind, Lookup};
use crate::matching::{Index, renamed};
use crate::plan::{Action, Change, Plan};
use crate::snapshot::Observed;

/// Why the tenant is read.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// To plan this configuration; `everything` lists kinds whole, to name what is not declared.
    Plan {
        /// What is declared.
        configuration: &'a Configuration,
        /// Whether undeclared objects are wanted by name.
        everything: bool,
    },
    /// To see whether the objects a plan touches are still, or now, what it says.
    Review(&'a Plan),
}

/// What to read of one kind.
#[derive(Debug)]
pub struct Reading {
    /// The kind.
    pub kind: &'static Kind,
    /// Whether every object of the kind is wanted.
    pub everything: bool,
    /// Objects wanted by a property's value.
    pub lookups: BTreeSet<(&'static str, Lookup, String)>,
    /// Objects wanted by id.
    pub ids: BTreeSet<ObjectId>,
    /// Graph properties wanted of each.
    pub select: BTreeSet<String>,
    /// Graph properties that need a request of their own, with the permission each takes.
    pub separate: BTreeMap<&'static str, &'static str>,
    /// Link attributes that some object wants.
    pub links: BTreeSet<&'static str>,
}

impl Reading {
    fn new(kind: &'static Kind) -> Self {
        Self {
            kind,
            everything: false,
            lookups: BTreeSet::new(),
            ids: BTreeSet::new(),
            select: kind.always_read.iter().map(|name| (*name).to_owned()).collect(),
            separate: BTreeMap::new(),
            links: BTreeSet::new(),
        }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        !self.everything && self.lookups.is_empty() && self.ids.is_empty()
    }

    fn look_up(&mut self, key: &str, declared: Option<&Declared>) {
        for rule in self.kind.keys {
            if declared.is_some() || rule.lookup == Lookup::Filter {
                self.lookups.insert((rule.property, rule.lookup, (rule.value)(key, declared)));
            }
        }
    }

    fn attribute(&mut self, name: &str) {
        let Some(attribute) = self.kind.attribute_or_extension(name) else { return };
        if attribute.link().is_some() {
            self.links.insert(attribute.name);
            return;
        }
        if let Some(permission) = attribute.separate_permission {
            self.separate.insert(attribute.graph, permission.read);
        } else if attribute.is_readable_property() {
            self.select.insert(self.kind.graph_name(name).to_owned());
        }
    }
}

impl<'a> Purpose<'a> {
    /// What to read, by kind, in the order of the table.
    pub fn readings(&self) -> Vec<Reading> {
        let readings = kinds::KINDS.iter().map(|kind| match self {
            Self::Plan { configuration, everything } => plan_reading(kind, configuration, *everything),
            Self::Review(plan) => review_reading(kind, plan),
        });
        readings.filter(|reading| !reading.is_empty()).collect()
    }

    /// Ids that references name and nothing else will have found.
    pub fn named_ids(&self) -> BTreeSet<ObjectId> {
        let Self::Plan { configuration, .. } = self else { return BTreeSet::new() };
        let ids = references(configuration).filter_map(|reference| match &reference.to {
            ReferenceTo::Id(id) => Some(id.clone()),
            ReferenceTo::Address(_) => None,
        });
        ids.collect()
    }

    /// The link attributes to read of each of these objects.
    pub fn links(&self, kind: &'static Kind, objects: &[Observed]) -> BTreeMap<ObjectId, Vec<&'static str>> {
        match self {
            Self::Plan { configuration, .. } => {
                let index = Index::new(kind, objects);
                let declared = configuration
                    .objects
                    .values()
                    .filter(|declared| declared.address.kind == kind.name && !declared.absent);
                let found = declared.filter_map(|declared| Some((declared, index.find(declared).single()?)));
                found
                    .map(|(declared, live)| (live.id.clone(), (kind.links_read)(declared, Some(live))))
                    .collect()
            }
            Self::Review(plan) => {
                let steps = plan.steps.iter().filter(|step| step.address.kind == kind.name);
                let links = |changes: &[Change]| {
                    let names = changes.iter().filter_map(|change| kind.attribute(change.attribute()));
                    names
                        .filter(|attribute| attribute.link().is_some())
                        .map(|attribute| attribute.name)
                        .collect()
                };
                steps.filter_map(|step| Some((step.id.clone()?, links(&step.changes)))).collect()
            }
        }
    }

    /// Whether soft-deleted objects of the kind could be what something declared refers to.
    pub fn wants_deleted(&self, kind: &'static Kind, objects: &[Observed]) -> bool {
        match self {
            Self::Plan { configuration, .. } => {
                let index = Index::new(kind, objects);
                let mut declared = configuration
                    .objects
                    .values()
                    .filter(|declared| declared.address.kind == kind.name && !declared.absent);
                declared.any(|declared| index.find(declared).is_nothing())
            }
            Self::Review(plan) => {
                plan.steps.iter().any(|step| step.address.kind == kind.name && step.action == Action::Restore)
            }
        }
    }
}

fn plan_reading(kind: &'static Kind, configuration: &Configuration, everything: bool) -> Reading {
    let mut reading = Reading::new(kind);
    reading.everything = everything || configuration.exact.contains_key(kind.name);
    let dropped = configuration.dropped.iter();
    for declared in
        configuration.objects.values().chain(dropped).filter(|declared| declared.address.kind == kind.name)
    {
        reading.look_up(&declared.address.key, Some(declared));
        for key in &declared.previously {
            reading.look_up(key, Some(&renamed(declared)));
        }
        reading.ids.extend(declared.id.clone());
    }
    for declared in configuration.objects.values().filter(|declared| declared.address.kind == kind.name) {
        for name in declared.values.keys() {
            reading.attribute(name);
        }
        reading.links.extend((kind.links_read)(declared, None));
    }
    for reference in references(configuration) {
        match &reference.to {
            ReferenceTo::Address(address)
                if address.kind == kind.name && !configuration.objects.contains_key(address) =>
            {
                reading.look_up(&address.key, None);
            }
            _ => {}
        }
    }
    reading
}

/// Every reference of a configuration.
pub(crate) fn references(configuration: &Configuration) -> impl Iterator<Item = &Reference> {
    let links = configuration.objects.values().flat_map(|declared| declared.links.values());
    let in_links =
        links.flat_map(|links| links.entries.iter().map(|entry| &entry.reference).chain(&links.never));
    in_links.chain(&configuration.protect.emergency_access)
}

fn review_reading(kind: &'static Kind, plan: &Plan) -> Reading {
    let mut reading = Reading::new(kind);
    for step in plan.steps.iter().filter(|step| step.address.kind == kind.name) {
        match (&step.id, step.action) {
            (Some(id), _) => {
                reading.ids.insert(id.clone());
            }
            (None, _) => {
                let (property, lookup, value) = (kind.creation)(&step.values_after()).identified_by;
                reading.lookups.insert((property, lookup, value));
            }
        }
        for change in &step.changes {
            reading.attribute(change.attribute());
        }
    }
    reading
}
