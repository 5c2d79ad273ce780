//! Door 6: from a resolved configuration and snapshot to a plan.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{
    Action, Change, FORMAT_VERSION, Plan, Reason, Scheduled, Step, Unmanaged, exclusion, in_use,
    observed_digest, operation::TYPE, operations,
};
use crate::address::{Address, ObjectId};
use crate::checks;
use crate::desired::{Configuration, Declared, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::diff;
use crate::impact::{Assessment, Impact, memberships, reprocess};
use crate::kinds::comparison::writable;
use crate::kinds::{self, Attribute, Kind, Lookup, Shape, reference, settings};
use crate::licensing::{self, Catalogue};
use crate::manual;
use crate::movement::movements;
use crate::pattern::Pattern;
use crate::pim;
use crate::privilege;
use crate::resolve::{Resolved, resolve};
use crate::schedules;
use crate::snapshot::{Observed, Seen, Snapshot, TenantFacts};
use crate::text::{nearest, terminal};

/// What a plan depends on besides the configuration and the tenant.
#[derive(Debug, Clone)]
pub struct Options {
    /// The day against which `until` and manual checks are judged.
    pub today: Date,
    /// Address patterns (`group:Retail*`); when there are any, the plan keeps to them and to what they need.
    pub targets: Vec<String>,
    /// Whether undeclared objects are listed by name.
    pub list_unmanaged: bool,
    /// The configuration folder as it was given.
    pub directory: String,
    /// Objects that an unfinished run of this configuration created: completing them is no further change.
    pub resumed: BTreeSet<Address>,
}

/// The plan that makes the tenant what the configuration says, or everything that stands in its way.
pub fn between(
    configuration: &Configuration,
    snapshot: &Snapshot,
    options: &Options,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut diagnostics = Diagnostics::default();
    check_tenant(configuration, snapshot, &mut diagnostics);
    let resolved = resolve(configuration, snapshot, &mut diagnostics);
    let mut steps = Vec::new();
    for kind in kinds::KINDS {
        steps.extend(declared_steps(kind, &resolved, options.today, &mut diagnostics));
        steps.extend(removal_steps(kind, &resolved));
    }
    referred_and_removed(&steps, &resolved, &mut diagnostics);
    targeted(&mut steps, configuration, options, &mut diagnostics);
    in_use::check(&steps, &resolved, &mut diagnostics);
    depend(&mut steps);
    exclusion::depend(&mut steps);
    let movements = movements(&steps, snapshot, options.today);
    let memberships = &memberships(&movements);
    reprocess::add(&mut steps, &resolved, memberships, !options.targets.is_empty());
    if diagnostics.has_errors() {
        return Err(diagnostics.into_sorted());
    }
    let unmanaged =
        kinds::KINDS.iter().filter_map(|kind| unmanaged(kind, &steps, &resolved, options)).collect();
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        tenant: TenantFacts {
            cloud: configuration.tenant.cloud.clone().unwrap_or_else(|| "global".to_owned()),
            ..resolved.tenant.clone()
        },
        directory: options.directory.clone(),
        declared: configuration.objects.len(),
        movements,
        steps,
        impact: Impact::default(),
        notes: Vec::new(),
        manual: manual::register(configuration, options.today),
        unmanaged,
        handover: configuration.handover.clone(),
        writes: 0,
        reading: snapshot.reading.clone(),
    };
    let assessment = Assessment::new(&plan.steps, snapshot, memberships);
    plan.impact = assessment.impact(snapshot, configuration);
    let after = snapshot.privilege.as_ref().map(|before| before.after(&plan, options.today));
    if let (Some(before), Some(after)) = (&snapshot.privilege, &after) {
        plan.impact.access = privilege::changes(before, after);
    }
    plan.notes = checks::run(&plan, &resolved, options, &assessment, after.as_ref());
    assessment.put_in_order(&mut plan.steps, snapshot);
    plan.writes = operations(&plan).len();
    Ok(plan)
}

/// The configuration names its tenant so that it is never applied to another one.
fn check_tenant(configuration: &Configuration, snapshot: &Snapshot, diagnostics: &mut Diagnostics) {
    let (Some(id), Some(place)) = (&configuration.tenant.id, &configuration.tenant.place) else { return };
    let facts = &snapshot.tenant;
    let by_domain = facts.domains.iter().any(|domain| domain.eq_ignore_ascii_case(id));
    let unknowable = facts.domains.is_empty() && ObjectId::parse(id).is_none();
    if facts.id.eq_ignore_ascii_case(id) || by_domain || unknowable {
        return;
    }
    let message = format!(
        "this configuration is for `{}`, but the credentials sign in to {} ({})",
        terminal(id),
        terminal(&facts.name),
        terminal(&facts.id)
    );
    let diagnostic = Diagnostic::error("wrong-tenant", message, place, "names another tenant");
    diagnostics
        .push(diagnostic.help("sign in to the tenant that the configuration is for; nothing was planned"));
}

fn declared_steps(
    kind: &'static Kind,
    resolved: &Resolved<'_>,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Vec<Step> {
    let declared =
        resolved.configuration.objects.values().filter(|declared| declared.address.kind == kind.name);
    let clear = declared.filter(|declared| !resolved.is_unclear(declared));
    clear.filter_map(|declared| declared_step(kind, declared, resolved, today, diagnostics)).collect()
}

fn declared_step(
    kind: &'static Kind,
    declared: &Declared,
    resolved: &Resolved<'_>,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Option<Step> {
    let live = resolved.live(declared);
    let address = declared.address.clone();
    if let Some(live) =
        live.filter(|live| declared.absent && !(kind.removable)(live) && !live.is_synchronised())
    {
        let message = format!("Graph cannot delete {} ({})", terminal(&address.to_string()), live.id);
        let diagnostic =
            Diagnostic::error("not-removable", message, declared.place_of("absent"), "not possible");
        diagnostics.push(diagnostic.help("another service owns it: delete it there"));
    }
    if declared.absent {
        return live.map(|live| removal(kind, address, Reason::DeclaredAbsent, live, resolved));
    }
    if live.is_none() && matches!(kind.shape, Shape::Fixed | Shape::Foreign) {
        not_there(kind, declared, resolved, diagnostics);
        return None;
    }
    let (action, reason, found) = match (live, resolved.deleted(declared)) {
        (Some(live), _) => (Action::Update, Reason::Differs, Some(live)),
        (None, Some(deleted)) => (Action::Restore, Reason::SoftDeleted, Some(deleted)),
        (None, None) => (Action::Create, Reason::Missing, None),
    };
    // Until there are settings of a template, its defaults hold.
    let defaults = matches!((found, kind.shape), (None, Shape::Settings(_))).then(|| unset(kind));
    let changes = diff::changes(kind, declared, found.or(defaults.as_ref()), resolved, today, diagnostics);
    if changes.is_empty() && (action == Action::Update || defaults.is_some()) {
        return None;
    }
    Some(step(kind, address, action, reason, changes, found))
}

/// What the service keeps cannot be created.
fn not_there(kind: &Kind, declared: &Declared, resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    let seen = resolved.snapshot.kinds.get(kind.name).into_iter().flat_map(|seen| &seen.objects);
    let near =
        nearest(&declared.address.key, seen.map(|live| live.text(kind.graph_name(kind.name_attribute))));
    let help = near.map(|near| format!("did you mean \"{}\"?", terminal(near)));
    let message = format!("the tenant has no {}", terminal(&declared.address.to_string()));
    let diagnostic = Diagnostic::error("unresolved-reference", message, &declared.place, "not found");
    diagnostics.push(diagnostic.maybe_help(help));
}

fn step(
    kind: &'static Kind,
    address: Address,
    action: Action,
    reason: Reason,
    changes: Vec<Change>,
    live: Option<&Observed>,
) -> Step {
    let rests_on = observed_digest(kind, action, &changes, live);
    let carried = match (kind.shape, action, live) {
        (Shape::Settings(_), Action::Update, Some(live)) => carried(kind, &changes, live),
        (_, _, Some(live)) => {
            let of_type =
                kind.type_of(Some(&live.id), &live.properties).map(|name| (TYPE.to_owned(), json!(name)));
            let ids = settings_ids(kind, &changes, live);
            let around = around(kind, &changes, live);
            ids.into_iter().chain(pim::carried(kind, &changes, live)).chain(of_type).chain(around).collect()
        }
        _ => Map::new(),
    };
    Step {
        carried,
        called: called(kind, &address, live),
        address,
        action,
        reason,
        id: live.map(|live| live.id.clone()),
        changes,
        depends_on: Vec::new(),
        follows: Vec::new(),
        rests_on,
    }
}

/// A deletion, with what has to go before the object can.
fn removal(
    kind: &'static Kind,
    address: Address,
    reason: Reason,
    live: &Observed,
    resolved: &Resolved<'_>,
) -> Step {
    let skus = resolved.snapshot.licensing.skus.as_deref().unwrap_or_default();
    let catalogue = Catalogue::new(skus, &resolved.configuration.licensing.products);
    let holding = kind.attributes.iter().filter(|attribute| attribute.holds_deletion());
    let changes = holding.filter_map(|attribute| match attribute.schedules() {
        Some(schedules) => schedules::diff::removal(attribute, schedules, live, resolved),
        None if attribute.off_before_deletion => turned_off(attribute, live),
        None => licensing::diff::removal(attribute, live, &catalogue),
    });
    step(kind, address, Action::Delete, reason, changes.collect(), Some(live))
}

/// A flag that has to be off before the object can be deleted.
fn turned_off(attribute: &Attribute, live: &Observed) -> Option<Change> {
    let attribute = live.flag(attribute.graph).then(|| attribute.name.to_owned())?;
    Some(Change::Value { attribute, before: json!(true), after: json!(false) })
}

/// Settings that nobody has made yet.
fn unset(kind: &Kind) -> Observed {
    let defaults = kind.attributes.iter().map(|attribute| (attribute.graph, attribute.default.value()));
    let properties = defaults.map(|(name, value)| (name.to_owned(), value)).collect();
    Observed { id: ObjectId::nil(), properties, links: BTreeMap::new(), unreadable: Vec::new() }
}

/// The live properties that a step leaves alone.
fn carried(kind: &Kind, changes: &[Change], live: &Observed) -> Map<String, Value> {
    let changed: BTreeSet<&str> = changes.iter().map(|change| kind.graph_name(change.attribute())).collect();
    let left = live.properties.iter().filter(|(name, _)| !changed.contains(name.as_str()));
    left.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What the changed values stand inside, as it is: the service takes it whole.
fn around(kind: &Kind, changes: &[Change], live: &Observed) -> Map<String, Value> {
    let changed = changes.iter().filter_map(|change| kind.attribute(change.attribute()));
    let outer: BTreeSet<&str> = changed
        .filter(|attribute| attribute.property() != attribute.graph)
        .map(Attribute::property)
        .collect();
    // What the table does not know is carried too: a condition that got lost would change whom a policy is about.
    let mut around: Map<String, Value> = outer
        .iter()
        .map(|name| ((*name).to_owned(), live.property(name).clone()))
        .filter(|(_, value)| value.is_object())
        .collect();
    for attribute in kind.attributes.iter().filter(|attribute| outer.contains(attribute.property())) {
        let value = live.property(attribute.graph);
        if !value.is_null() {
            kind.put(&mut around, attribute.name, writable(&attribute.value, value));
        }
    }
    around
}

/// The ids of the object's own settings that a step changes.
fn settings_ids(kind: &Kind, changes: &[Change], live: &Observed) -> Map<String, Value> {
    let attributes = changes.iter().filter_map(|change| kind.attribute(change.attribute()));
    let properties = attributes.filter_map(|attribute| Some(settings::id_property(attribute.settings?)));
    properties
        .filter_map(|name| live.properties.get_key_value(&name))
        .map(|(name, id)| (name.clone(), id.clone()))
        .collect()
}

/// What the tenant calls an object, when no rule would take that for its key.
fn called(kind: &Kind, address: &Address, live: Option<&Observed>) -> Option<String> {
    let live = live.filter(|_| !kind.shape.is_single())?;
    let by_name = kind.keys.iter().filter(|rule| rule.lookup == Lookup::Filter && (rule.applies)(live));
    let mut names = by_name.map(|rule| live.key(rule.property).to_lowercase());
    let name = kind.name_of(live);
    // A GUID says nothing to people.
    let keyed = || kind.keys.iter().any(|rule| (rule.from_key)(&address.key).eq_ignore_ascii_case(name));
    let known = (kind.is_keyed_by_id() && keyed())
        || (names.any(|name| name == address.key.to_lowercase()) && ObjectId::parse(&address.key).is_none())
        || address.key.starts_with(&format!("{name} ("));
    (!known && !name.is_empty()).then(|| name.to_owned())
}

/// Removal of what is not declared: `manage = "exact"`, and what a base revision declared.
fn removal_steps(kind: &'static Kind, resolved: &Resolved<'_>) -> Vec<Step> {
    let Some(seen) = resolved.snapshot.kinds.get(kind.name) else { return Vec::new() };
    let exact = resolved.configuration.exact.contains_key(kind.name) && seen.complete;
    if !exact && resolved.configuration.dropped.is_empty() {
        return Vec::new();
    }
    let addresses = Addresses::new(kind, seen);
    let undeclared = seen
        .objects
        .iter()
        .filter(|live| exact && resolved.declared(live).is_none() && (kind.removable)(live));
    let mut removals: BTreeMap<Address, (&Observed, Reason)> =
        undeclared.map(|live| (addresses.of(live), (live, Reason::Undeclared))).collect();
    for dropped in resolved.configuration.dropped.iter().filter(|dropped| dropped.address.kind == kind.name) {
        if let Some(live) = resolved.find(dropped).filter(|live| resolved.declared(live).is_none()) {
            removals.entry(dropped.address.clone()).or_insert((live, Reason::NoLongerDeclared));
        }
    }
    let steps =
        removals.into_iter().map(|(address, (live, reason))| removal(kind, address, reason, live, resolved));
    steps.collect()
}

/// Addresses of undeclared objects: by name, with the id where several share a name.
struct Addresses {
    kind: &'static Kind,
    alike: BTreeMap<String, usize>,
}

impl Addresses {
    fn new(kind: &'static Kind, seen: &Seen) -> Self {
        let mut alike = BTreeMap::new();
        for live in &seen.objects {
            *alike.entry(kind.name_of(live).to_lowercase()).or_default() += 1;
        }
        Self { kind, alike }
    }

    fn of(&self, live: &Observed) -> Address {
        let name = self.kind.name_of(live);
        match self.alike.get(&name.to_lowercase()) {
            Some(1) if !name.is_empty() => Address::new(self.kind.name, name),
            _ => Address::new(self.kind.name, format!("{name} ({})", live.id)),
        }
    }
}

/// A declared reference to something that this plan removes is a contradiction that the next plan would trip over.
fn referred_and_removed(steps: &[Step], resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    let removed = steps.iter().filter(|step| step.action == Action::Delete);
    let removed: BTreeMap<&ObjectId, &Step> =
        removed.filter_map(|step| Some((step.id.as_ref()?, step))).collect();
    if removed.is_empty() {
        return;
    }
    for reference in resolved.configuration.wanted_references() {
        let target = resolved.target(reference).and_then(|target| target.id);
        let Some(step) = target.as_ref().and_then(|id| removed.get(id)) else { continue };
        if step.reason == Reason::DeclaredAbsent && reference.to == ReferenceTo::Address(step.address.clone())
        {
            continue; // Said already, without the tenant.
        }
        let message =
            format!("`{}` would be removed by this plan, and is referred to here", reference.to.describe());
        let diagnostic =
            Diagnostic::error("unresolved-reference", terminal(&message), &reference.place, "refers to it");
        diagnostics.push(diagnostic.help("declare the object, or remove the reference"));
    }
}

/// Keeps the steps that match a target and those that they need.
fn targeted(
    steps: &mut Vec<Step>,
    declared: &Configuration,
    options: &Options,
    diagnostics: &mut Diagnostics,
) {
    if options.targets.is_empty() {
        return;
    }
    let mut patterns = Vec::new();
    for target in &options.targets {
        let known = declared.objects.keys().chain(steps.iter().map(|step| &step.address));
        let pattern = Pattern::new(target);
        let mut matching = known
            .filter(|address| pattern.as_ref().is_some_and(|pattern| pattern.matches(&address.to_string())));
        if matching.next().is_none() {
            let keys: Vec<String> = declared.objects.keys().map(Address::to_string).collect();
            let near = nearest(target, keys.iter().map(String::as_str));
            let help = near.map(|near| format!("did you mean `--target '{}'`?", terminal(near)));
            let message = format!("`--target {}` matches nothing that is declared", terminal(target));
            let diagnostic = Diagnostic {
                labels: Vec::new(),
                ..Diagnostic::error("invalid-target", message, &Place::new(0, 0..0), "")
            };
            diagnostics.push(diagnostic.maybe_help(help));
        }
        patterns.extend(pattern);
    }
    let mut kept: Vec<bool> = steps
        .iter()
        .map(|step| patterns.iter().any(|pattern| pattern.matches(&step.address.to_string())))
        .collect();
    let made = made_by_plan(steps);
    let mut open: Vec<usize> = (0..steps.len()).filter(|index| kept[*index]).collect();
    while let Some(index) = open.pop() {
        for needed in needs(&steps[index], &made) {
            if let Some(other) =
                steps.iter().position(|step| step.address == needed).filter(|other| !kept[*other])
            {
                kept[other] = true;
                open.push(other);
            }
        }
    }
    let mut keep = kept.into_iter();
    steps.retain(|_| keep.next().unwrap_or(false));
}

/// Objects that the plan creates or restores: by address, and by id where they have one.
fn made_by_plan(steps: &[Step]) -> BTreeMap<String, Address> {
    let made = steps.iter().filter(|step| matches!(step.action, Action::Create | Action::Restore));
    made.map(|step| {
        let name =
            step.id.as_ref().map_or_else(|| step.address.to_string().to_lowercase(), |id| id.to_string());
        (name, step.address.clone())
    })
    .collect()
}

fn needs(step: &Step, made: &BTreeMap<String, Address>) -> Vec<Address> {
    let added = step.changes.iter().flat_map(|change| match change {
        Change::Links { added, .. } => added.iter().map(|added| added.target.clone()).collect(),
        Change::Value { after, .. } => reference::targets(after),
        Change::Assignments { added, .. } => added.iter().map(|added| added.member.clone()).collect(),
        Change::Schedules { added, .. } => added.iter().flat_map(Scheduled::targets).cloned().collect(),
        Change::Licenses { .. } => Vec::new(),
    });
    let mut needed: Vec<Address> = added
        .filter_map(|target| {
            let name = target.id.as_ref().map_or_else(|| target.name.to_lowercase(), |id| id.to_string());
            made.get(&name).cloned()
        })
        .collect();
    needed.sort();
    needed.dedup();
    needed
}

fn depend(steps: &mut [Step]) {
    let made = made_by_plan(steps);
    for step in steps {
        step.depends_on = needs(step, &made);
    }
}

/// What of a kind is neither declared nor removed.
fn unmanaged(
    kind: &'static Kind,
    steps: &[Step],
    resolved: &Resolved<'_>,
    options: &Options,
) -> Option<Unmanaged> {
    let seen = resolved.snapshot.kinds.get(kind.name).filter(|_| kind.shape == Shape::Collection)?;
    let removed: BTreeSet<&ObjectId> = steps
        .iter()
        .filter(|step| step.action == Action::Delete)
        .filter_map(|step| step.id.as_ref())
        .collect();
    let handled = |live: &&Observed| resolved.declared(live).is_some() || removed.contains(&live.id);
    let total = if seen.complete { seen.objects.len() } else { seen.total? };
    let count = total.saturating_sub(seen.objects.iter().filter(handled).count());
    let mut objects: Vec<Address> = Vec::new();
    if options.list_unmanaged && seen.complete {
        let others = seen.objects.iter().filter(|live| !handled(live));
        let addresses = Addresses::new(kind, seen);
        objects.extend(others.map(|live| addresses.of(live)));
        objects.sort();
    }
    Some(Unmanaged { kind: kind.name.to_owned(), count, objects })
}
