//! Says what has to be read from the tenant, and no more: only kinds, properties and links that something declared,
//! or a saved plan, rests on.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::ObjectId;
use crate::assignments::ROLE;
use crate::assignments::declared::DeclaredAssignments;
use crate::desired::{Configuration, Declared, LICENSES, Reference, ReferenceTo};
use crate::kinds::group::may_be_named_by_policy;
use crate::kinds::{self, Attribute, Kind, Lookup, Shape, Side, Type};
use crate::matching::Index;
use crate::plan::exclusion::{DEFAULTS, ENABLED, POLICY};
use crate::plan::{Action, Change, Plan};
use crate::schedules::declared::DeclaredSchedules;
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
#[derive(Debug, Clone)]
pub struct Reading {
    /// The kind.
    pub kind: &'static Kind,
    /// Whether every object of the kind is wanted.
    pub everything: bool,
    /// Whether nothing that is declared rests on it: it only says what there is besides.
    pub optional: bool,
    /// Objects wanted by a property's value.
    pub lookups: BTreeSet<(&'static str, Lookup, String)>,
    /// Objects wanted by id.
    pub ids: BTreeSet<ObjectId>,
    /// Graph properties wanted of each.
    pub select: BTreeSet<String>,
    /// Graph properties that need a request of their own, with the permission each takes.
    pub separate: BTreeMap<&'static str, &'static str>,
    /// Link attributes that some object wants, with how many entries each of these objects is expected to have.
    pub links: BTreeMap<&'static str, Vec<usize>>,
}

/// A link attribute to read of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedLink {
    /// The attribute's name.
    pub attribute: &'static str,
    /// How many entries it is expected to have: as many as are declared, or were seen when the plan was made.
    pub expected: usize,
}

impl Reading {
    /// Nothing of a kind yet but what is always read.
    pub fn new(kind: &'static Kind) -> Self {
        Self {
            kind,
            everything: false,
            optional: false,
            lookups: BTreeSet::new(),
            ids: BTreeSet::new(),
            select: kind.always_read.iter().map(|name| (*name).to_owned()).collect(),
            separate: BTreeMap::new(),
            links: BTreeMap::new(),
        }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        !self.everything && self.lookups.is_empty() && self.ids.is_empty()
    }

    /// Everything by which a declaration's live object could be found.
    fn look_up(&mut self, declared: &Declared) {
        for rule in self.kind.keys {
            let key = &declared.address.key;
            let earlier = declared.previously.iter().map(|key| (rule.from_key)(key));
            let values =
                earlier.chain([rule.value(key, Some(declared))]).chain(rule.former_value(key, declared));
            let told = values.filter(|value| !value.is_empty());
            self.lookups.extend(told.map(|value| (rule.property, rule.lookup, value)));
        }
        self.ids.extend(declared.id.clone());
    }

    fn look_up_undeclared(&mut self, key: &str) {
        let rules = self.kind.keys.iter().filter(|rule| rule.lookup == Lookup::Filter);
        let values = rules.map(|rule| (rule.property, rule.lookup, (rule.from_key)(key)));
        self.lookups.extend(values.filter(|(.., value)| !value.is_empty()));
    }

    fn link(&mut self, wanted: WantedLink) {
        self.links.entry(wanted.attribute).or_default().push(wanted.expected);
    }

    fn property(&mut self, name: &str) {
        let Some(attribute) = self.kind.attribute_or_extension(name) else { return };
        if attribute.link().is_some() || attribute.assignments().is_some() || attribute.schedules().is_some()
        {
            return;
        }
        if let Type::Licenses { beside, .. } = attribute.value {
            self.select.extend(beside.iter().map(|name| (*name).to_owned()));
        }
        // What is read anyway takes no request of its own.
        if self.select.contains(attribute.graph) {
            return;
        }
        if let Some(permission) = attribute.separate_permission.filter(|_| attribute.is_readable_property()) {
            self.separate.insert(attribute.graph, permission.read);
        } else if attribute.is_readable_property() {
            // An extension has the name that it is called by.
            let listed = self.kind.attribute(name).map(Attribute::property);
            self.select.insert(listed.unwrap_or(name).to_owned());
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

    /// Whether the tenant's subscriptions are wanted: to know what declared products are.
    pub fn wants_skus(&self) -> bool {
        match self {
            Self::Plan { configuration, .. } => {
                configuration.objects.values().any(|declared| declared.licenses.is_some())
            }
            Self::Review(_) => false,
        }
    }

    /// Ids that references name and nothing else will have found.
    pub fn named_ids(&self) -> BTreeSet<ObjectId> {
        let Self::Plan { configuration, .. } = self else { return BTreeSet::new() };
        let ids = references(configuration).filter_map(|reference| match &reference.to {
            ReferenceTo::Id(id) => Some((**id).clone()),
            ReferenceTo::Address(_) => None,
        });
        ids.collect()
    }

    /// The link attributes to read of each of these objects.
    pub fn links(&self, kind: &'static Kind, objects: &[Observed]) -> BTreeMap<ObjectId, Vec<WantedLink>> {
        match self {
            Self::Plan { configuration, .. } => plan_links(kind, configuration, objects),
            Self::Review(plan) => {
                let steps = plan.steps.iter().filter(|step| step.address.kind == kind.name);
                let links = |changes: &[Change]| {
                    changes.iter().filter_map(|change| changed_link(kind, change)).collect()
                };
                steps.filter_map(|step| Some((step.id.clone()?, links(&step.changes)))).collect()
            }
        }
    }

    /// The objects whose role assignments are wanted, by the attribute that holds them.
    pub fn assignments(
        &self,
        kind: &'static Kind,
        objects: &[Observed],
    ) -> Vec<(&'static Attribute, BTreeSet<ObjectId>)> {
        let attributes = kind.attributes.iter().filter(|attribute| attribute.assignments().is_some());
        let declares = |declared: &Declared, name: &str| declared.assignments.contains_key(name);
        attributes
            .map(|attribute| (attribute, self.having(kind, objects, attribute.name, declares)))
            .collect()
    }

    /// The objects whose schedules are wanted, by the attribute that holds them.
    pub fn schedules(
        &self,
        kind: &'static Kind,
        objects: &[Observed],
    ) -> Vec<(&'static Attribute, BTreeSet<ObjectId>)> {
        let attributes = kind.attributes.iter().filter(|attribute| attribute.schedules().is_some());
        let declares = |declared: &Declared, name: &str| declared.schedules.contains_key(name);
        attributes
            .map(|attribute| (attribute, self.having(kind, objects, attribute.name, declares)))
            .collect()
    }

    /// The objects whose declarations have an attribute, or whose steps change it.
    fn having(
        &self,
        kind: &'static Kind,
        objects: &[Observed],
        attribute: &str,
        declares: impl Fn(&Declared, &str) -> bool,
    ) -> BTreeSet<ObjectId> {
        match self {
            Self::Plan { configuration, .. } => {
                let of_kind = |declared: &&Declared| declared.address.kind == kind.name;
                let declared = configuration.objects.values().filter(of_kind);
                let goes = kind.attribute(attribute).is_some_and(Attribute::holds_deletion);
                let declaring: Vec<_> = declared
                    .filter(|declared| declares(declared, attribute) || (goes && declared.absent))
                    .chain(configuration.dropped.iter().filter(of_kind).filter(|_| goes))
                    .collect();
                let exact = goes && configuration.exact.contains_key(kind.name);
                if declaring.is_empty() && !exact {
                    return BTreeSet::new();
                }
                let index = Index::new(kind, objects);
                let found = declaring.into_iter().filter_map(|declared| index.find(declared).single());
                let all = objects.iter().filter(|_| exact);
                found.chain(all).map(|live| live.id.clone()).collect()
            }
            Self::Review(plan) => {
                let steps = plan.steps.iter().filter(|step| step.address.kind == kind.name);
                let changed =
                    steps.filter(|step| step.changes.iter().any(|change| change.attribute() == attribute));
                changed.filter_map(|step| step.id.clone()).collect()
            }
        }
    }

    /// The objects among these of which settings of their own are wanted.
    pub fn own_settings(&self, kind: &'static Kind, objects: &[Observed]) -> BTreeSet<ObjectId> {
        self.wanting(kind, objects, |attribute| attribute.settings.is_some())
    }

    /// The objects among these of which PIM policies are wanted.
    pub fn policies(&self, kind: &'static Kind, objects: &[Observed]) -> BTreeSet<ObjectId> {
        self.wanting(kind, objects, |attribute| attribute.policy.is_some())
    }

    /// The objects among these to which something may be given that their PIM policies have to allow: good to know, and
    /// no more.
    pub fn judging_policies(&self, kind: &'static Kind, objects: &[Observed]) -> BTreeSet<ObjectId> {
        match self {
            Self::Plan { .. } if kind.attributes.iter().any(|attribute| attribute.policy.is_some()) => {
                self.having(kind, objects, "", |declared, _| !declared.schedules.is_empty())
            }
            _ => BTreeSet::new(),
        }
    }

    /// The objects among these that declare, or change, a value that stands elsewhere.
    fn wanting(
        &self,
        kind: &'static Kind,
        objects: &[Observed],
        elsewhere: fn(&Attribute) -> bool,
    ) -> BTreeSet<ObjectId> {
        let kept = |name: &str| kind.attribute(name).is_some_and(elsewhere);
        match self {
            Self::Plan { configuration, .. } => {
                let declared = configuration.objects.values();
                let wanting: Vec<&Declared> = declared
                    .filter(|declared| declared.address.kind == kind.name)
                    .filter(|declared| declared.values.keys().any(|name| kept(name)))
                    .collect();
                if wanting.is_empty() {
                    return BTreeSet::new();
                }
                let index = Index::new(kind, objects);
                wanting
                    .iter()
                    .filter_map(|declared| Some(index.find(declared).single()?.id.clone()))
                    .collect()
            }
            Self::Review(plan) => {
                let steps = plan.steps.iter().filter(|step| step.address.kind == kind.name);
                let wanting = steps.filter(|step| step.changes.iter().any(|change| kept(change.attribute())));
                wanting.filter_map(|step| step.id.clone()).collect()
            }
        }
    }

    /// The link attributes to read of soft-deleted objects: of those that would come back, everything that comes with
    /// them.
    pub fn deleted_links(
        &self,
        kind: &'static Kind,
        objects: &[Observed],
    ) -> BTreeMap<ObjectId, Vec<WantedLink>> {
        let all: Vec<WantedLink> =
            kind.links().map(|attribute| WantedLink { attribute: attribute.name, expected: 0 }).collect();
        self.links(kind, objects).into_keys().map(|id| (id, all.clone())).collect()
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
                kind.has_deleted_items() && declared.any(|declared| index.find(declared).is_nothing())
            }
            Self::Review(plan) => {
                plan.steps.iter().any(|step| step.address.kind == kind.name && step.action == Action::Restore)
            }
        }
    }
}

/// Declared objects by their declarations, and objects that will be removed for what goes with them.
fn plan_links(
    kind: &'static Kind,
    configuration: &Configuration,
    objects: &[Observed],
) -> BTreeMap<ObjectId, Vec<WantedLink>> {
    let index = Index::new(kind, objects);
    let of_kind = |declared: &&Declared| declared.address.kind == kind.name;
    let exact = configuration.exact.contains_key(kind.name);
    let mut sides: BTreeMap<&ObjectId, Side<'_>> = BTreeMap::new();
    for live in objects.iter().filter(|_| exact) {
        sides.insert(&live.id, Side { declared: None, live: Some(live) });
    }
    for dropped in configuration.dropped.iter().filter(of_kind) {
        if let Some(live) = index.find(dropped).single() {
            sides.insert(&live.id, Side { declared: None, live: Some(live) });
        }
    }
    for declared in configuration.objects.values().filter(of_kind) {
        if let Some(live) = index.find(declared).single() {
            sides.insert(&live.id, Side { declared: Some(declared), live: Some(live) });
        }
    }
    sides.into_iter().map(|(id, side)| (id.clone(), wanted_links(kind, &side))).collect()
}

fn wanted_links(kind: &Kind, side: &Side<'_>) -> Vec<WantedLink> {
    let expected = |name: &str| side.declared.and_then(|declared| declared.links.get(name));
    (kind.links_read)(side)
        .into_iter()
        .map(|attribute| WantedLink {
            attribute,
            expected: expected(attribute).map_or(0, |links| links.entries.len()),
        })
        .collect()
}

fn changed_link(kind: &'static Kind, change: &Change) -> Option<WantedLink> {
    let attribute = kind.attribute(change.attribute())?;
    let Change::Links { before, added, .. } = change else { return None };
    Some(WantedLink { attribute: attribute.name, expected: before + added.len() })
}

fn plan_reading(kind: &'static Kind, configuration: &Configuration, everything: bool) -> Reading {
    let mut reading = Reading::new(kind);
    let declared = configuration.objects.keys().any(|address| address.kind == kind.name);
    reading.everything = match kind.shape {
        Shape::Collection => {
            everything
                || configuration.exact.contains_key(kind.name)
                || names_what_may_go(kind, configuration)
                || looked_at(kind, configuration)
        }
        Shape::Fixed => declared || refers_to(configuration, kind),
        Shape::Foreign => false,
        Shape::Singleton | Shape::AtMostOne | Shape::Settings(_) => {
            declared || looked_at(kind, configuration)
        }
    };
    if kind.shape == Shape::Fixed {
        return reading;
    }
    for declared in configuration.objects.values().chain(&configuration.dropped) {
        if declared.address.kind == kind.name {
            reading.look_up(declared);
            wanted_links(kind, &Side { declared: Some(declared), live: None })
                .into_iter()
                .for_each(|wanted| reading.link(wanted));
        }
    }
    for declared in configuration.objects.values().filter(|declared| declared.address.kind == kind.name) {
        for name in declared.values.keys() {
            reading.property(name);
        }
        if declared.licenses.is_some() {
            reading.property(LICENSES);
        }
    }
    for reference in references(configuration) {
        match &reference.to {
            ReferenceTo::Address(address)
                if address.kind == kind.name && !configuration.objects.contains_key(address) =>
            {
                reading.look_up_undeclared(&address.key);
            }
            _ => {}
        }
    }
    let exact = configuration.exact.contains_key(kind.name);
    reading.optional = !declared && !exact && reading.lookups.is_empty() && reading.ids.is_empty();
    reading
}

/// Whether something declared may refer to objects of a kind: whoever lists who holds roles needs the names of all.
fn refers_to(configuration: &Configuration, kind: &Kind) -> bool {
    let mut named = references(configuration).filter_map(|reference| match &reference.to {
        ReferenceTo::Address(address) => Some(&address.kind),
        ReferenceTo::Id(_) => None,
    });
    named.any(|named| named == kind.name)
        || (kind.name == ROLE
            && configuration.objects.values().any(|declared| !declared.assignments.is_empty()))
}

/// Whether objects of a kind can name something that the plan may delete: while one does, the service keeps it.
fn names_what_may_go(kind: &Kind, configuration: &Configuration) -> bool {
    let absent = configuration.objects.values().filter(|declared| declared.absent);
    let going = absent.chain(&configuration.dropped).map(|declared| declared.address.kind.as_str());
    let mut going = going.chain(configuration.exact.keys().map(String::as_str));
    going.any(|other| kinds::by_name(other).is_some_and(Kind::is_kept_while_named) && kind.names(other))
}

/// Whether something rests on a kind that is not declared: names of groups on the naming policy; security defaults and
/// enabled policies, which exclude each other, on each other.
fn looked_at(kind: &Kind, configuration: &Configuration) -> bool {
    let of = |name: &'static str| {
        configuration.objects.values().filter(move |declared| declared.address.kind == name)
    };
    match kind.name {
        "group_settings" => of("group").any(may_be_named_by_policy),
        POLICY => of(DEFAULTS).next().is_some(),
        DEFAULTS => of(POLICY).any(|policy| policy.text("state") == Some(ENABLED)),
        _ => false,
    }
}

/// Every reference of a configuration.
pub(crate) fn references(configuration: &Configuration) -> impl Iterator<Item = &Reference> {
    let links = configuration.objects.values().flat_map(|declared| declared.links.values());
    let unwanted = links.flat_map(|links| &links.never);
    let assigned = configuration.objects.values().flat_map(|declared| declared.assignments.values());
    let unassigned = assigned.flat_map(DeclaredAssignments::unwanted_references);
    let scheduled = configuration.objects.values().flat_map(|declared| declared.schedules.values());
    let unscheduled = scheduled.flat_map(DeclaredSchedules::unwanted_references);
    configuration
        .wanted_references()
        .chain(unwanted)
        .chain(unassigned)
        .chain(unscheduled)
        .chain(&configuration.protect.emergency_access)
}

fn review_reading(kind: &'static Kind, plan: &Plan) -> Reading {
    let mut reading = Reading::new(kind);
    let steps = || plan.steps.iter().filter(|step| step.address.kind == kind.name);
    reading.everything = kind.shape.is_single() && steps().next().is_some();
    for step in steps() {
        match (&step.id, step.action) {
            (Some(id), _) => {
                reading.ids.insert(id.clone());
            }
            (None, _) => {
                reading
                    .lookups
                    .extend(step.names(kind).map(|(rule, value)| (rule.property, rule.lookup, value)));
            }
        }
        for change in &step.changes {
            reading.property(change.attribute());
            changed_link(kind, change).into_iter().for_each(|wanted| reading.link(wanted));
        }
    }
    reading
}
