//! Door 3: names meet ids. Every declaration is paired with its live object, every reference with what it names; what
//! does not resolve stops the plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::{Address, ObjectId, Target};
use crate::desired::{Configuration, Declared, Given, Reference, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::{self, Kind, Lookup, Side};
use crate::matching::{Found, Index};
use crate::naming;
use crate::reading;
use crate::snapshot::{Observed, Snapshot, TenantFacts};
use crate::text::{nearest, terminal};

/// A configuration and a snapshot with every name resolved.
pub struct Resolved<'a> {
    /// The configuration.
    pub configuration: &'a Configuration,
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The tenant, with what the configuration makes of it.
    pub tenant: TenantFacts,
    /// What each declaration was paired with, in the order of the configuration's objects.
    pairs: Vec<Pair<'a>>,
    /// The declaration of each live object that has one.
    declared: BTreeMap<&'a str, &'a Declared>,
    indexes: BTreeMap<&'static str, Index<'a>>,
    /// Declarations that several objects could be, or one that is another's: reported, and not planned.
    unclear: BTreeSet<&'a Address>,
}

/// What a declaration was paired with.
#[derive(Default)]
struct Pair<'a> {
    /// Its live object, if it has one.
    live: Option<&'a Observed>,
    /// The soft-deleted object it brings back, when it has no live one.
    deleted: Option<&'a Observed>,
    /// What it is as the target of a link, once all are paired.
    target: Option<Target>,
}

/// Pairs declarations with live objects and checks every reference.
pub fn resolve<'a>(
    configuration: &'a Configuration,
    snapshot: &'a Snapshot,
    diagnostics: &mut Diagnostics,
) -> Resolved<'a> {
    let mut resolved = Resolved {
        configuration,
        snapshot,
        tenant: TenantFacts { naming: naming::policies(configuration, snapshot), ..snapshot.tenant.clone() },
        pairs: configuration.objects.values().map(|_| Pair::default()).collect(),
        declared: BTreeMap::new(),
        indexes: BTreeMap::new(),
        unclear: BTreeSet::new(),
    };
    for kind in kinds::KINDS {
        resolved.pair(kind, diagnostics);
    }
    for (pair, address) in resolved.pairs.iter_mut().zip(configuration.objects.keys()) {
        let existing = pair.live.or(pair.deleted);
        pair.target = Some(match existing {
            Some(existing) => Target::existing(existing.id.clone(), address.to_string()),
            None => Target::created(address),
        });
    }
    for reference in reading::references(configuration) {
        resolved.check_reference(reference, diagnostics);
    }
    resolved
}

/// Mistakes that need no tenant: keys that collide, references to what is declared absent, cycles.
pub fn check_offline(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    for kind in kinds::KINDS {
        colliding_keys(kind, configuration, diagnostics);
        for attribute in kind.attributes {
            if let Some(phrase) = attribute.link().and_then(|link| link.cycle) {
                cycles(kind, attribute.name, phrase, configuration, diagnostics);
            }
        }
    }
    renamed_references(configuration, diagnostics);
    // `never` may name what leaves; an emergency account declared absent is the interlock's to refuse.
    let absent = configuration.objects.iter().filter(|(_, declared)| declared.absent);
    let absent: BTreeMap<&Address, &Declared> = absent.collect();
    for reference in configuration.wanted_references() {
        let ReferenceTo::Address(address) = &reference.to else { continue };
        if let Some(declared) = absent.get(address) {
            let message = format!(
                "`{}` is declared absent, so nothing can refer to it",
                terminal(&address.to_string())
            );
            let diagnostic =
                Diagnostic::error("unresolved-reference", message, &reference.place, "refers to it");
            diagnostics.push(diagnostic.also(&declared.place, "declared absent here"));
        }
    }
}

impl<'a> Resolved<'a> {
    fn pair_of(&self, address: &Address) -> Option<&Pair<'a>> {
        self.pairs.get(self.configuration.objects.get_index_of(address)?)
    }

    fn pair_mut(&mut self, declared: &Declared) -> Option<&mut Pair<'a>> {
        self.pairs.get_mut(self.configuration.objects.get_index_of(&declared.address)?)
    }

    /// The live object of a declaration.
    pub fn live(&self, declared: &Declared) -> Option<&'a Observed> {
        self.pair_of(&declared.address)?.live
    }

    /// Whether it was reported that nobody can say which live object a declaration is.
    pub fn is_unclear(&self, declared: &Declared) -> bool {
        self.unclear.contains(&declared.address)
    }

    /// The soft-deleted object that a declaration brings back.
    pub fn deleted(&self, declared: &Declared) -> Option<&'a Observed> {
        self.pair_of(&declared.address)?.deleted
    }

    /// The declaration of a live object.
    pub fn declared(&self, live: &Observed) -> Option<&'a Declared> {
        self.declared.get(live.id.as_str()).copied()
    }

    /// The live object that an undeclared address means, when exactly one does.
    pub fn undeclared(&self, address: &Address) -> Option<&'a Observed> {
        self.indexes.get(address.kind.as_str())?.find_undeclared(&address.key).single()
    }

    /// The live object that a declaration of another revision means, when exactly one does.
    pub fn find(&self, declared: &Declared) -> Option<&'a Observed> {
        self.indexes.get(declared.address.kind.as_str())?.find(declared).single()
    }

    /// What a reference names; `None` when it was reported as unresolved.
    pub fn target(&self, reference: &Reference) -> Option<Target> {
        match &reference.to {
            ReferenceTo::Id(id) => self.name(id.as_str()).or_else(|| self.snapshot.by_id.get(id).cloned()),
            ReferenceTo::Address(address) => match self.pair_of(address) {
                Some(pair) => pair.target.clone(),
                None => {
                    let live = self.undeclared(address)?;
                    Some(Target::existing(live.id.clone(), address.to_string()))
                }
            },
        }
    }

    /// A declared value with the ids of what it refers to, where that exists.
    pub fn value(&self, given: &Given) -> Value {
        let mut value = given.value.clone();
        for reference in &given.references {
            if let Some(target) = self.target(reference) {
                kinds::reference::settle(&mut value, &reference.to.describe(), &target);
            }
        }
        value
    }

    /// How to name what an id in a live value refers to.
    pub fn referred(&self, id: &ObjectId) -> Target {
        let read = || self.snapshot.by_id.get(id).cloned();
        self.name(id.as_str()).or_else(read).unwrap_or_else(|| Target::unnamed(id.clone(), ""))
    }

    /// The object of one of these kinds that has this value, when one was seen.
    pub(crate) fn seen(&self, kinds: &[&str], property: &str, value: &str) -> Option<&'a Observed> {
        let objects = kinds.iter().filter_map(|kind| self.snapshot.kinds.get(*kind));
        let mut objects = objects.flat_map(|seen| &seen.objects);
        objects.find(|live| live.key(property).eq_ignore_ascii_case(value))
    }

    /// Both sides of what a reference names.
    pub fn side(&self, reference: &Reference) -> Side<'a> {
        match &reference.to {
            ReferenceTo::Address(address) => {
                let place = self.configuration.objects.get_index_of(address);
                let declared = place.and_then(|place| self.configuration.objects.get_index(place));
                let live = place.and_then(|place| self.pairs.get(place)?.live);
                Side {
                    declared: declared.map(|(_, declared)| declared),
                    live: live.or_else(|| self.undeclared(address)),
                }
            }
            ReferenceTo::Id(id) => {
                let live = self.indexes.values().find_map(|index| index.by_id(id.as_str()));
                Side { declared: live.and_then(|live| self.declared(live)), live }
            }
        }
    }

    /// How to name a live object: by its declaration when it has one.
    pub fn name(&self, id: &str) -> Option<Target> {
        let declared = self.declared.get(id)?;
        let pair = self.pair_of(&declared.address)?;
        pair.live.and(pair.target.clone())
    }

    /// Finds each declaration's live object: first by what it shall be called, then, among what nobody has claimed, by
    /// what it may still be called.
    fn pair(&mut self, kind: &'static Kind, diagnostics: &mut Diagnostics) {
        let Some(seen) = self.snapshot.kinds.get(kind.name) else { return };
        let index = Index::new(kind, &seen.objects);
        let deleted = Index::new(kind, &seen.deleted);
        let declared =
            self.configuration.objects.values().filter(|declared| declared.address.kind == kind.name);
        let mut unnamed = Vec::new();
        for declared in declared {
            match index.find_by_name(declared) {
                Found::One(live) => self.claim(declared, live, diagnostics),
                Found::Several(several) => {
                    self.unclear.insert(&declared.address);
                    diagnostics.push(ambiguous(declared, &several));
                }
                Found::Nothing => unnamed.push(declared),
            }
        }
        for declared in unnamed {
            match index.find_by_former_name(declared) {
                // An earlier key is a claim, and two claims to one object are an error.
                Found::One(live)
                    if !self.declared.contains_key(live.id.as_str()) || !declared.previously.is_empty() =>
                {
                    self.claim(declared, live, diagnostics)
                }
                Found::Several(several) => {
                    self.unclear.insert(&declared.address);
                    diagnostics.push(ambiguous(declared, &several));
                }
                Found::One(_) | Found::Nothing if declared.absent => {}
                Found::One(_) | Found::Nothing => self.bring_back(kind, declared, &deleted, diagnostics),
            }
        }
        self.indexes.insert(kind.name, index);
    }

    /// Looks for the object among the soft-deleted ones; of several, the one deleted last.
    fn bring_back(
        &mut self,
        kind: &'static Kind,
        declared: &'a Declared,
        deleted: &Index<'a>,
        diagnostics: &mut Diagnostics,
    ) {
        let found = match deleted.find(declared) {
            Found::Nothing => Vec::new(),
            Found::One(gone) => vec![gone],
            Found::Several(several) => several,
        };
        let fitting = found.into_iter().filter(|gone| (kind.restorable)(declared, gone));
        match fitting.max_by(|left, right| left.text("deletedDateTime").cmp(right.text("deletedDateTime"))) {
            Some(gone) => {
                if let Some(pair) = self.pair_mut(declared) {
                    pair.deleted = Some(gone);
                }
            }
            None => pinned_but_missing(declared, diagnostics),
        }
    }

    fn claim(&mut self, declared: &'a Declared, live: &'a Observed, diagnostics: &mut Diagnostics) {
        if let Some(other) = self.declared.get(live.id.as_str()) {
            self.unclear.insert(&declared.address);
            let claims = |declared: &Declared| {
                let by = if declared.id.is_some() { "id" } else { "previously" };
                (declared.place_of(by).clone(), declared.address.clone())
            };
            let mut claims = [claims(other), claims(declared)];
            claims.sort();
            let [(first, former), (second, latter)] = claims;
            let message = format!("{former} and {latter} are the same live object {}", live.id);
            let diagnostic = Diagnostic::error("ambiguous", terminal(&message), &second, "declared here");
            diagnostics.push(diagnostic.also(&first, "and here").help("keep one of the two"));
            return;
        }
        self.declared.insert(live.id.as_str(), declared);
        if let Some(pair) = self.pair_mut(declared) {
            pair.live = Some(live);
        }
    }

    fn check_reference(&self, reference: &Reference, diagnostics: &mut Diagnostics) {
        let problem = match &reference.to {
            ReferenceTo::Id(_) if self.target(reference).is_some() => return,
            ReferenceTo::Id(id) => Diagnostic::error(
                "unresolved-reference",
                format!("no object in the tenant has the id {id}"),
                &reference.place,
                "not found",
            ),
            ReferenceTo::Address(address) if self.configuration.objects.contains_key(address) => return,
            ReferenceTo::Address(address) => match self.find_undeclared(address) {
                Found::One(_) => return,
                Found::Nothing => self.unresolved(address, reference),
                Found::Several(several) => {
                    let message = format!(
                        "`{}` could be any of {} objects in the tenant",
                        terminal(&address.to_string()),
                        several.len()
                    );
                    Diagnostic::error("ambiguous", message, &reference.place, "ambiguous")
                        .help(choose(&several))
                }
            },
        };
        diagnostics.push(problem);
    }

    fn find_undeclared(&self, address: &Address) -> Found<'a> {
        self.indexes
            .get(address.kind.as_str())
            .map_or(Found::Nothing, |index| index.find_undeclared(&address.key))
    }

    fn unresolved(&self, address: &Address, reference: &Reference) -> Diagnostic {
        let message = format!("`{}` is neither declared nor in the tenant", terminal(&address.to_string()));
        let declared = self
            .configuration
            .objects
            .keys()
            .filter(|other| other.kind == address.kind)
            .map(|other| other.key.as_str());
        let seen = self.snapshot.kinds.get(address.kind.as_str()).into_iter().flat_map(|seen| &seen.objects);
        let kind = kinds::by_name(&address.kind);
        let live = seen.filter_map(|live| kind.map(|kind| live.text(kind.graph_name(kind.name_attribute))));
        let near = nearest(&address.key, declared.chain(live));
        let help = near.map(|near| format!("did you mean \"{}:{}\"?", address.kind, terminal(near)));
        Diagnostic::error("unresolved-reference", message, &reference.place, "not found").maybe_help(help)
    }
}

fn pinned_but_missing(declared: &Declared, diagnostics: &mut Diagnostics) {
    if let Some(id) = &declared.id {
        let message = format!(
            "{} is pinned to {id}, and no object in the tenant has that id",
            terminal(&declared.address.to_string())
        );
        let diagnostic =
            Diagnostic::error("unresolved-reference", message, declared.place_of("id"), "pinned here");
        diagnostics.push(diagnostic.help("remove `id` to find it by its key, or to create it"));
    }
}

fn ambiguous(declared: &Declared, several: &[&Observed]) -> Diagnostic {
    let message = format!(
        "{} could be any of {} objects in the tenant",
        terminal(&declared.address.to_string()),
        several.len()
    );
    let help = format!("{}; pin one with `id = \"…\"`", choose(several));
    Diagnostic::error("ambiguous", message, &declared.place, "ambiguous").help(help)
}

fn choose(several: &[&Observed]) -> String {
    let ids: Vec<String> = several.iter().map(|live| format!("id:{}", live.id)).collect();
    format!("they are {}", ids.join(" and "))
}

/// References by a key that an object had before: they would break once the rename is applied.
fn renamed_references(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    let declared = configuration.objects.values();
    let earlier = declared.flat_map(|declared| declared.previously.iter().map(move |key| (key, declared)));
    let earlier: BTreeMap<Address, &Declared> = earlier
        .map(|(key, declared)| (Address::new(declared.address.kind.clone(), key.clone()), declared))
        .collect();
    for reference in reading::references(configuration) {
        let ReferenceTo::Address(address) = &reference.to else { continue };
        if let Some(declared) = earlier.get(address).filter(|_| !configuration.objects.contains_key(address))
        {
            let message = format!("`{address}` is called `{}` now", declared.address);
            let diagnostic = Diagnostic::error(
                "unresolved-reference",
                terminal(&message),
                &reference.place,
                "the earlier key",
            );
            diagnostics.push(diagnostic.also(declared.place_of("previously"), "renamed here"));
        }
    }
}

/// Two declarations whose key rule gives the same value would fight over one live object.
fn colliding_keys(kind: &Kind, configuration: &Configuration, diagnostics: &mut Diagnostics) {
    for rule in kind.keys {
        let mut first: BTreeMap<String, &Declared> = BTreeMap::new();
        for declared in configuration
            .objects
            .values()
            .filter(|declared| declared.address.kind == kind.name && declared.id.is_none())
        {
            let value = rule.value(&declared.address.key, Some(declared));
            if value.is_empty() {
                continue;
            }
            let Some(other) = first.insert(value.to_lowercase(), declared) else { continue };
            let place =
                |declared: &'_ Declared| declared.place_of(rule.attribute.unwrap_or_default()).clone();
            let message = format!(
                "{} and {} have the same {} `{}`",
                other.address,
                declared.address,
                kinds::snake_case(rule.property),
                value
            );
            let diagnostic =
                Diagnostic::error("duplicate", terminal(&message), &place(declared), "declared here")
                    .also(&place(other), "and here");
            let alternate = rule.lookup == Lookup::AlternateKey;
            diagnostics.push(
                diagnostic
                    .maybe_help(alternate.then(|| "give one of them a `unique_name` of its own".to_owned())),
            );
        }
    }
}

/// Declared links that lead from an object back to itself.
fn cycles(
    kind: &Kind,
    attribute: &str,
    phrase: &str,
    configuration: &Configuration,
    diagnostics: &mut Diagnostics,
) {
    let targets = |address: &Address| -> Vec<&Address> {
        let entries = configuration
            .objects
            .get(address)
            .and_then(|declared| declared.links.get(attribute))
            .map(|links| &links.entries);
        let addresses = entries.into_iter().flatten().filter_map(|entry| match &entry.reference.to {
            ReferenceTo::Address(address) if address.kind == kind.name => Some(address),
            _ => None,
        });
        addresses
            .filter_map(|address| configuration.objects.get_key_value(address).map(|(address, _)| address))
            .collect()
    };
    let mut finished: BTreeMap<&Address, bool> = BTreeMap::new();
    for start in configuration.objects.keys().filter(|address| address.kind == kind.name) {
        let mut path: Vec<(&Address, Vec<&Address>)> = Vec::new();
        if !finished.contains_key(start) {
            finished.insert(start, false);
            path.push((start, targets(start)));
        }
        while let Some((address, open)) = path.last_mut() {
            let address = *address;
            let Some(next) = open.pop() else {
                finished.insert(address, true);
                path.pop();
                continue;
            };
            match finished.get(next) {
                Some(true) => {}
                Some(false) => diagnostics.push(cycle(next, &path, phrase, attribute, configuration)),
                None => {
                    finished.insert(next, false);
                    path.push((next, targets(next)));
                }
            }
        }
    }
}

fn cycle(
    back: &Address,
    path: &[(&Address, Vec<&Address>)],
    phrase: &str,
    attribute: &str,
    configuration: &Configuration,
) -> Diagnostic {
    let ring: Vec<&Address> =
        path.iter().map(|(address, _)| *address).skip_while(|address| *address != back).collect();
    let names: Vec<String> = ring.iter().map(|address| terminal(&address.to_string())).collect();
    let message = match names.as_slice() {
        [one] => format!("{one} refers to itself in `{attribute}`"),
        names => format!("{} {phrase}", names.join(", ")),
    };
    let places: Vec<_> = ring
        .iter()
        .filter_map(|address| configuration.objects.get(*address))
        .map(|declared| declared.place_of(attribute))
        .collect();
    let first =
        places.iter().min().copied().cloned().unwrap_or_else(|| crate::diagnostic::Place::new(0, 0..0));
    let mut diagnostic = Diagnostic::error("cycle", message, &first, "part of the cycle");
    for place in places.into_iter().filter(|place| **place != first) {
        diagnostic = diagnostic.also(place, "part of the cycle");
    }
    diagnostic
}
