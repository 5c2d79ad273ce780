//! The writes that carry a plan out, in an order that its references dictate. A pure function of the plan: apply
//! decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Action, Change, Ends, Plan, Scope, Step, Ticket, Unassigned, exclusion, licenses, schedule};
use crate::address::{Address, ObjectId, Target};
use crate::kinds::{
    self, Attribute, Creation, Kind, Link, LinkWrite, Lookup, Mode, SeparatePermission, Shape, Template,
    reference, settings,
};
use crate::pim::{self, RulePatch};

/// Where a body names the type of its object among those derived from the entity.
pub(super) const TYPE: &str = "@odata.type";

/// Most link changes in one request (Microsoft Graph's bound).
const LINKS_PER_REQUEST: usize = 20;

/// One write.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Index of the step it belongs to.
    pub step: usize,
    /// The object it writes.
    pub address: Address,
    /// How to address the object.
    pub subject: Subject,
    /// The object's kind.
    pub kind: &'static Kind,
    /// What is done.
    pub verb: Verb,
    /// Indices of the operations that must have succeeded before.
    pub after: Vec<usize>,
    /// Indices of the operations that must have come to an end before, whether they succeeded or not.
    pub follows: Vec<usize>,
}

/// How an operation's object is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// By its id.
    Existing(ObjectId),
    /// By the id that its creation will give.
    Created,
}

/// What a write does.
#[derive(Debug, Clone)]
pub enum Verb {
    /// Makes the object.
    Create(Box<Create>),
    /// Brings it back from the deleted items.
    Restore,
    /// Changes properties.
    Update(Map<String, Value>),
    /// Adds references: all in one request for [`LinkWrite::Bind`], else exactly one.
    Link {
        /// The navigation.
        navigation: &'static str,
        /// How it is written.
        write: LinkWrite,
        /// What is added.
        targets: Vec<Target>,
    },
    /// Removes one reference; the only one of a single-valued navigation when `target` is `None`.
    Unlink {
        /// The navigation.
        navigation: &'static str,
        /// How it is written.
        write: LinkWrite,
        /// What is removed.
        target: Option<Target>,
    },
    /// Gives somebody a role over the object's members.
    Assign {
        /// The attribute that lists these.
        attribute: &'static Attribute,
        /// The role.
        role: Target,
        /// Who gets it.
        member: Target,
    },
    /// Takes a role assignment away.
    Unassign {
        /// The attribute that lists these.
        attribute: &'static Attribute,
        /// Its id.
        id: ObjectId,
        /// The role.
        role: Target,
        /// Who held it.
        member: Target,
    },
    /// Requests that a schedule be made, changed or ended, and follows the request until it is.
    Schedule(Box<ScheduleWrite>),
    /// Calls an action of the object with a body: `POST /users/{id}/assignLicense`.
    Action {
        /// The action.
        name: &'static str,
        /// What it is given.
        body: Map<String, Value>,
        /// What it does, in words that lead to the object's name: `assign SPE_E5 for`.
        phrase: String,
    },
    /// Makes settings of the object's own, or changes those with this id.
    Settings {
        /// Their id, when there are any.
        id: Option<String>,
        /// The body, with every value.
        body: Map<String, Value>,
    },
    /// Writes one rule of a PIM policy about the object.
    Rule {
        /// An attribute that stands in the policy.
        attribute: &'static Attribute,
        /// The rule.
        patch: Box<RulePatch>,
    },
    /// Deletes the object.
    Delete,
}

/// A request about who holds or may activate something.
#[derive(Debug, Clone)]
pub struct ScheduleWrite {
    /// The attribute that lists these.
    pub attribute: &'static Attribute,
    /// What is requested.
    pub action: ScheduleAction,
    /// Who holds it.
    pub member: Target,
    /// Over what, where it is not the whole tenant.
    pub scope: Option<Scope>,
    /// When it shall end.
    pub ends: Ends,
    /// What the request says why.
    pub justification: Option<String>,
    /// The ticket that it names.
    pub ticket: Option<Ticket>,
    /// Set in a tenant without PIM, where roles are assigned plainly: the id of the assignment that goes.
    pub plain: Option<Option<ObjectId>>,
}

/// What a request about a schedule asks for.
///
/// Source: "unifiedRoleScheduleRequestActions",
/// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleAction {
    /// `adminAssign`.
    Assign,
    /// `adminUpdate`.
    Update,
    /// `adminExtend`: of one that is about to expire.
    Extend,
    /// `adminRenew`: of one that has expired.
    Renew,
    /// `adminRemove`.
    Remove,
}

impl ScheduleAction {
    /// Graph's name.
    pub fn graph(self) -> &'static str {
        match self {
            Self::Assign => "adminAssign",
            Self::Update => "adminUpdate",
            Self::Extend => "adminExtend",
            Self::Renew => "adminRenew",
            Self::Remove => "adminRemove",
        }
    }
}

/// How an object is made.
#[derive(Debug, Clone)]
pub struct Create {
    /// What it is called: `create`, `invite`.
    pub word: &'static str,
    /// Where to POST.
    pub path: &'static str,
    /// The body, without links and without a password.
    pub body: Map<String, Value>,
    /// Links that stand in the body: navigation, whether it is a collection, existing objects.
    pub binds: Vec<(&'static str, bool, Vec<Target>)>,
    /// JSON pointer to the id in the answer.
    pub id_pointer: &'static str,
    /// JSON pointer in the body where a fresh password goes.
    pub password_pointer: Option<&'static str>,
    /// Property, lookup and value that find the object again when the answer got lost.
    pub identified_by: (&'static str, Lookup, String),
}

impl Operation {
    /// The application permissions that it takes, as far as its kind and attribute say.
    pub fn permissions(&self) -> Vec<&'static str> {
        let separate = match &self.verb {
            Verb::Assign { attribute, .. }
            | Verb::Unassign { attribute, .. }
            | Verb::Rule { attribute, .. } => attribute.separate_permission,
            Verb::Schedule(write) => write.attribute.separate_permission,
            _ => None,
        };
        separate.map_or_else(|| self.kind.apply_permissions.to_vec(), |needed| vec![needed.write])
    }

    /// What it does, for progress, journal and report: `create user:…`, `add 20 members to group:…`.
    pub fn describe(&self) -> String {
        let address = &self.address;
        match &self.verb {
            Verb::Create(create) => format!("{} {address}", create.word),
            Verb::Restore => format!("restore {address}"),
            Verb::Update(body) => format!(
                "update {address} ({})",
                body.keys().map(String::as_str).filter(|name| *name != TYPE).collect::<Vec<_>>().join(", ")
            ),
            Verb::Link { navigation, write: LinkWrite::Single, targets } => {
                format!(
                    "set {navigation} of {address} to {}",
                    targets.first().map_or("", |target| &target.name)
                )
            }
            Verb::Link { navigation, targets, .. } => match targets.as_slice() {
                [one] => format!("add {} to {navigation} of {address}", one.name),
                several => format!("add {} to {navigation} of {address}", several.len()),
            },
            Verb::Unlink { navigation, target: Some(target), .. } => {
                format!("remove {} from {navigation} of {address}", target.name)
            }
            Verb::Unlink { navigation, target: None, .. } => format!("clear {navigation} of {address}"),
            Verb::Assign { role, member, .. } => {
                format!("assign {} in {address} to {}", role.name, member.name)
            }
            Verb::Unassign { role, member, .. } => {
                format!("take {} in {address} from {}", role.name, member.name)
            }
            Verb::Schedule(write) => write.describe(address),
            Verb::Action { phrase, .. } => format!("{phrase} {address}"),
            Verb::Settings { .. } => format!("write settings of {address}"),
            Verb::Rule { patch, .. } => match patch.relation.access() {
                Some(access) => format!("write rule {} for {access}s of {address}", patch.id),
                None => format!("write rule {} of {address}", patch.id),
            },
            Verb::Delete => format!("delete {address}"),
        }
    }
}

/// The writes of a plan. An operation's `after` names operations by their index in the result.
pub fn operations(plan: &Plan) -> Vec<Operation> {
    let restored =
        plan.steps.iter().filter(|step| step.action == Action::Restore).filter_map(|step| step.id.clone());
    let mut writer = Writer {
        restored: restored.collect(),
        operations: Vec::new(),
        made: BTreeMap::new(),
        bound: BTreeMap::new(),
        last: None,
    };
    for (index, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.action != Action::Delete) {
        writer.bring_about(index, step);
    }
    for (index, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.action != Action::Delete) {
        writer.change(index, step);
    }
    let mut deletions: Vec<(usize, &Step)> =
        plan.steps.iter().enumerate().filter(|(_, step)| step.action == Action::Delete).collect();
    // What names others goes before them.
    deletions.sort_by_key(|(_, step)| !deletes_names(plan, step));
    for (index, step) in deletions {
        writer.delete(plan, index, step);
    }
    freed_before_taken(plan, &mut writer.operations);
    exclusion::put_in_order(plan, &mut writer.operations);
    schedule::after_members(&mut writer.operations);
    licenses::put_in_order(plan, &mut writer.operations);
    writer.operations
}

/// Whether a deleted object may name others that the plan deletes.
fn deletes_names(plan: &Plan, step: &Step) -> bool {
    let Some(kind) = kinds::by_name(&step.address.kind) else { return false };
    let mut others = plan.steps.iter().filter(|other| other.action == Action::Delete);
    others.any(|other| kind.names(&other.address.kind))
}

/// A unique name that one step gives up and another takes is given up first, unless something else of the plan needs
/// it the other way round.
fn freed_before_taken(plan: &Plan, operations: &mut [Operation]) {
    let mut freed: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut taken: Vec<((&str, String), usize)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let Some(step) = plan.steps.get(operation.step) else { continue };
        let Some(kind) = kinds::by_name(&step.address.kind) else { continue };
        for rule in kind.keys.iter().filter(|rule| rule.unique) {
            let change = step.changes.iter().find_map(|change| match change {
                Change::Value { attribute, before, after } if kind.graph_name(attribute) == rule.property => {
                    Some((before, after))
                }
                _ => None,
            });
            let text = |value: &Value| value.as_str().map(|text| (rule.property, text.to_lowercase()));
            match (&operation.verb, change) {
                (Verb::Delete, _) if kind.graph_name(kind.name_attribute) == rule.property => {
                    let name = step.called.as_deref().unwrap_or(&step.address.key);
                    freed.insert((rule.property, name.to_lowercase()), index);
                }
                (Verb::Update(body), Some((before, after))) if body.contains_key(rule.property) => {
                    freed.extend(text(before).map(|name| (name, index)));
                    taken.extend(text(after).map(|name| (name, index)));
                }
                (Verb::Create(_), Some((_, after))) => taken.extend(text(after).map(|name| (name, index))),
                _ => {}
            }
        }
    }
    for (name, taker) in taken {
        if let Some(giver) = freed.get(&name).copied().filter(|giver| !needs(operations, *giver, taker)) {
            operations[taker].after.push(giver);
        }
    }
}

/// Whether one operation waits for another, itself or through others.
fn needs(operations: &[Operation], waiting: usize, for_: usize) -> bool {
    let mut open = vec![waiting];
    let mut seen = BTreeSet::new();
    while let Some(index) = open.pop() {
        if index == for_ {
            return true;
        }
        if seen.insert(index) {
            open.extend(&operations[index].after);
        }
    }
    false
}

struct Writer {
    /// Ids of objects that are in the deleted items until the plan restores them.
    restored: BTreeSet<ObjectId>,
    operations: Vec<Operation>,
    /// The operation that makes or restores an object, by address and by id.
    made: BTreeMap<String, usize>,
    /// References that stand in the creation of a step's object, by step and navigation.
    bound: BTreeMap<(usize, &'static str), BTreeSet<Target>>,
    /// The last operation on the object at hand: writes to one object follow one another, so that a failed addition
    /// also holds the removals back.
    last: Option<usize>,
}

impl Writer {
    fn push(&mut self, index: usize, step: &Step, kind: &'static Kind, verb: Verb, mut after: Vec<usize>) {
        after.extend(self.last);
        after.sort_unstable();
        after.dedup();
        let subject = step.id.clone().map_or(Subject::Created, Subject::Existing);
        self.last = Some(self.operations.len());
        let address = step.address.clone();
        self.operations.push(Operation {
            step: index,
            address,
            subject,
            kind,
            verb,
            after,
            follows: Vec::new(),
        });
    }

    /// Creation and restoring come first, so that everything can refer to everything.
    fn bring_about(&mut self, index: usize, step: &Step) {
        let Some(kind) = kinds::by_name(&step.address.kind) else { return };
        self.last = None;
        let verb = match step.action {
            Action::Create => Verb::Create(Box::new(self.create(index, kind, step))),
            Action::Restore => Verb::Restore,
            Action::Update | Action::Delete => return,
        };
        self.made.insert(step.address.to_string().to_lowercase(), self.operations.len());
        if let Some(id) = &step.id {
            self.made.insert(id.to_string(), self.operations.len());
        }
        let after = self.made_for(&verb);
        self.push(index, step, kind, verb, after);
    }

    /// The operations that make what a write's values refer to.
    fn made_for(&self, verb: &Verb) -> Vec<usize> {
        let body = match verb {
            Verb::Create(create) => &create.body,
            Verb::Update(body) | Verb::Settings { body, .. } => body,
            Verb::Rule { patch, .. } => &patch.rule,
            _ => return Vec::new(),
        };
        let targets = body.values().flat_map(reference::targets);
        targets.filter_map(|target| self.maker(&target)).collect()
    }

    /// The operation that makes or restores an object.
    fn maker(&self, target: &Target) -> Option<usize> {
        let name = target.id.as_ref().map_or_else(|| target.name.to_lowercase(), |id| id.to_string());
        self.made.get(&name).copied()
    }

    fn create(&mut self, index: usize, kind: &'static Kind, step: &Step) -> Create {
        let creation = match kind.shape {
            Shape::Settings(template) => made_of(kind, template, step),
            _ => (kind.creation)(&values_at_creation(kind, step)),
        };
        let mut room = if creation.binds { LINKS_PER_REQUEST } else { 0 };
        let mut binds = Vec::new();
        for (attribute, link, added) in links(kind, step) {
            if !link.at_creation {
                continue;
            }
            let targets: Vec<Target> =
                added.into_iter().filter(|target| self.exists(target)).take(room).collect();
            room -= targets.len();
            if !targets.is_empty() {
                self.bound.insert((index, attribute.graph), targets.iter().cloned().collect());
                binds.push((attribute.graph, link.max > 1, targets));
            }
        }
        Create {
            word: creation.word,
            path: creation.path,
            body: creation.body,
            binds,
            id_pointer: creation.id_pointer,
            password_pointer: creation.password_pointer,
            identified_by: creation.identified_by,
        }
    }

    /// Whether a target is there before the plan begins.
    fn exists(&self, target: &Target) -> bool {
        target.id.as_ref().is_some_and(|id| !self.restored.contains(id))
    }

    fn change(&mut self, index: usize, step: &Step) {
        let Some(kind) = kinds::by_name(&step.address.kind) else { return };
        self.last = self.made.get(&step.address.to_string().to_lowercase()).copied();
        for body in bodies(kind, step) {
            let verb = Verb::Update(body);
            let after = self.made_for(&verb);
            self.push(index, step, kind, verb, after);
        }
        for verb in replacements(kind, step) {
            self.push(index, step, kind, verb, Vec::new());
        }
        for verb in own_settings(kind, step) {
            let after = self.made_for(&verb);
            self.push(index, step, kind, verb, after);
        }
        // Before anything that they allow or forbid.
        for (attribute, patch) in pim::patches(kind, step) {
            let verb = Verb::Rule { attribute, patch: Box::new(patch) };
            let after = self.made_for(&verb);
            self.push(index, step, kind, verb, after);
        }
        self.assign(index, step, kind);
        for (attribute, link, added) in links(kind, step) {
            let bound = self.bound.remove(&(index, attribute.graph)).unwrap_or_default();
            let left: Vec<Target> = added.into_iter().filter(|target| !bound.contains(target)).collect();
            self.link(index, step, kind, attribute, link.write, left);
        }
        self.assign_roles(index, step, kind);
        self.unlink(index, step, kind);
        self.schedule(index, step, kind);
    }

    /// Makes schedules before it changes and ends others, so that nobody who keeps something is without it in between.
    /// Those to whom the plan makes come last, so that a failed creation stops nothing but its own.
    fn schedule(&mut self, index: usize, step: &Step, kind: &'static Kind) {
        let (mut given, mut moved, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        for change in &step.changes {
            let Change::Schedules { attribute, added, changed, removed, plain, .. } = change else {
                continue;
            };
            let Some(attribute) = kind.attribute(attribute) else { continue };
            given.extend(added.iter().map(|added| schedule::given(attribute, added, *plain)));
            moved.extend(changed.iter().map(|changed| schedule::moved(attribute, changed)));
            ended.extend(removed.iter().map(|removed| schedule::ended(attribute, removed, *plain)));
        }
        given.sort_by_key(|write| write.targets().any(|target| !self.exists(target)));
        for write in given.into_iter().chain(moved).chain(ended) {
            let after = write.targets().filter_map(|target| self.maker(target)).collect();
            self.push(index, step, kind, Verb::Schedule(Box::new(write)), after);
        }
    }

    /// Gives roles before it takes others away, so that nobody is without both in between.
    fn assign_roles(&mut self, index: usize, step: &Step, kind: &'static Kind) {
        for change in &step.changes {
            let Change::Assignments { attribute, added, removed, .. } = change else { continue };
            let Some(attribute) = kind.attribute(attribute) else { continue };
            // Those to whom the plan makes last, so that a failed creation stops nothing but its own.
            let (existing, made): (Vec<_>, Vec<_>) =
                added.iter().partition(|added| self.exists(&added.member) && self.exists(&added.role));
            for added in existing.into_iter().chain(made) {
                let (role, member) = (added.role.clone(), added.member.clone());
                let after = [&role, &member].into_iter().filter_map(|target| self.maker(target)).collect();
                self.push(index, step, kind, Verb::Assign { attribute, role, member }, after);
            }
            for Unassigned { id, role, member, .. } in removed.iter().cloned() {
                self.push(index, step, kind, Verb::Unassign { attribute, id, role, member }, Vec::new());
            }
        }
    }

    /// Licences of one object change in one request, after its properties (a usage location has to be there first).
    fn assign(&mut self, index: usize, step: &Step, kind: &'static Kind) {
        for change in &step.changes {
            if let Change::Licenses { added, adjusted, removed, reprocess, .. } = change {
                let assign = licenses::assign(added, adjusted, removed);
                let again = reprocess.as_ref().map(|_| licenses::reprocess());
                for verb in assign.into_iter().chain(again) {
                    self.push(index, step, kind, verb, Vec::new());
                }
            }
        }
    }

    /// Adds references, those to existing objects first, so that a failed creation stops nothing but its own links.
    fn link(
        &mut self,
        index: usize,
        step: &Step,
        kind: &'static Kind,
        attribute: &'static Attribute,
        write: LinkWrite,
        added: Vec<Target>,
    ) {
        let (existing, made): (Vec<Target>, Vec<Target>) =
            added.into_iter().partition(|target| self.exists(target));
        let size = if write == LinkWrite::Bind { LINKS_PER_REQUEST } else { 1 };
        for targets in existing.chunks(size).chain(made.chunks(size)) {
            let after = targets.iter().filter_map(|target| self.maker(target)).collect();
            let verb = Verb::Link { navigation: attribute.graph, write, targets: targets.to_vec() };
            self.push(index, step, kind, verb, after);
        }
    }

    fn unlink(&mut self, index: usize, step: &Step, kind: &'static Kind) {
        for change in &step.changes {
            let Change::Links { attribute, added, removed, consequence: None, .. } = change else { continue };
            let Some(attribute) = kind.attribute(attribute) else { continue };
            let Some(Link { write, .. }) = attribute.link() else { continue };
            let single = *write == LinkWrite::Single;
            if single && !added.is_empty() {
                continue;
            }
            for removed in removed {
                let target = (!single).then(|| removed.target.clone());
                self.push(
                    index,
                    step,
                    kind,
                    Verb::Unlink { navigation: attribute.graph, write: *write, target },
                    Vec::new(),
                );
            }
        }
    }

    /// Deletes last, after the references to the object and what holds it back are gone.
    fn delete(&mut self, plan: &Plan, index: usize, step: &Step) {
        let Some(kind) = kinds::by_name(&step.address.kind) else { return };
        self.last = None;
        let unlinked = |operation: &Operation| match &operation.verb {
            Verb::Unlink { target: Some(target), .. } => target.id == step.id,
            Verb::Unassign { member, .. } => member.id == step.id,
            Verb::Schedule(write) => {
                write.action == ScheduleAction::Remove && write.targets().any(|target| target.id == step.id)
            }
            Verb::Delete => operation.kind.names(&step.address.kind),
            Verb::Update(_) => lets_go(&plan.steps[operation.step], step),
            _ => false,
        };
        let after = (0..self.operations.len()).filter(|index| unlinked(&self.operations[*index])).collect();
        // What holds the deletion back is turned off first; settings that simply go are not written before.
        let held = step.changes.iter().any(|change| matches!(change, Change::Value { .. }));
        for body in bodies(kind, step).into_iter().filter(|_| held) {
            self.push(index, step, kind, Verb::Update(body), Vec::new());
        }
        self.assign(index, step, kind);
        self.schedule(index, step, kind);
        self.push(index, step, kind, Verb::Delete, after);
    }
}

/// Whether a step takes an object out of values that name it.
fn lets_go(step: &Step, object: &Step) -> bool {
    let mut before = step.changes.iter().flat_map(|change| match change {
        Change::Value { before, .. } => reference::targets(before),
        _ => Vec::new(),
    });
    before.any(|target| target.id == object.id)
}

/// The references that a step adds, by attribute in the order of the kind table.
fn links(kind: &'static Kind, step: &Step) -> Vec<(&'static Attribute, &'static Link, Vec<Target>)> {
    let changes = step.changes.iter().filter_map(|change| match change {
        Change::Links { attribute, added, .. } => {
            let attribute = kind.attribute(attribute)?;
            let targets = added.iter().map(|added| added.target.clone()).collect();
            Some((attribute, attribute.link()?, targets))
        }
        Change::Value { .. }
        | Change::Assignments { .. }
        | Change::Schedules { .. }
        | Change::Licenses { .. } => None,
    });
    changes.collect()
}

/// Settings are made with all that differs from the template.
fn made_of(kind: &'static Kind, template: Template, step: &Step) -> Creation {
    let values =
        step.values_after().into_iter().map(|(name, value)| (kind.graph_name(&name).to_owned(), value));
    let body = settings::body(template, &values.collect(), true);
    Creation { path: kind.path, body, ..(kind.creation)(&BTreeMap::new()) }
}

/// The values that creation is given: those that take a permission of their own follow in a PATCH.
fn values_at_creation(kind: &Kind, step: &Step) -> BTreeMap<String, Value> {
    let mut values = step.values_after();
    values.retain(|name, _| {
        kind.attribute_or_extension(name).is_some_and(|attribute| attribute.separate_permission.is_none())
    });
    values
}

/// The actions that replace values which no PATCH does.
fn replacements(kind: &'static Kind, step: &Step) -> Vec<Verb> {
    let changes = step.changes.iter().filter(|_| step.action == Action::Update);
    let verbs = changes.filter_map(|change| {
        let Change::Value { attribute: name, after, .. } = change else { return None };
        let attribute = kind.attribute(name)?;
        let body = Map::from_iter([(attribute.graph.to_owned(), after.clone())]);
        Some(Verb::Action { name: attribute.replaced_by?, body, phrase: format!("replace {name} of") })
    });
    verbs.collect()
}

/// The writes of settings that a step's object has of its own: one for each template.
fn own_settings(kind: &'static Kind, step: &Step) -> Vec<Verb> {
    let mut by_template: BTreeMap<&str, (Template, Map<String, Value>)> = BTreeMap::new();
    for change in &step.changes {
        let Change::Value { attribute: name, after, .. } = change else { continue };
        let Some(attribute) = kind.attribute(name) else { continue };
        let Some(template) = attribute.settings else { continue };
        let (_, values) = by_template.entry(template.id).or_insert_with(|| (template, Map::new()));
        values.insert(attribute.graph.to_owned(), after.clone());
    }
    let verbs = by_template.into_values().map(|(template, values)| {
        let id =
            step.carried.get(&settings::id_property(template)).and_then(Value::as_str).map(str::to_owned);
        Verb::Settings { body: settings::body(template, &values, id.is_none()), id }
    });
    verbs.collect()
}

/// The PATCH bodies of a step: one for what the ordinary permission covers, one for each further permission, so that
/// a missing one does not lose the rest.
fn bodies(kind: &'static Kind, step: &Step) -> Vec<Map<String, Value>> {
    let mut by_permission: BTreeMap<Option<SeparatePermission>, Map<String, Value>> = BTreeMap::new();
    let creating = step.action == Action::Create;
    if let Shape::Settings(template) = kind.shape {
        let values =
            step.values_after().into_iter().map(|(name, value)| (kind.graph_name(&name).to_owned(), value));
        let values: Map<String, Value> = step.carried.clone().into_iter().chain(values).collect();
        return if creating { Vec::new() } else { vec![settings::body(template, &values, false)] };
    }
    if creating {
        let afterwards = (kind.creation)(&values_at_creation(kind, step)).afterwards;
        by_permission.extend(Some((None, afterwards)).filter(|(_, body)| !body.is_empty()));
    }
    for change in &step.changes {
        let Change::Value { attribute: name, after, .. } = change else { continue };
        let Some(attribute) =
            kind.attribute_or_extension(name).filter(|attribute| attribute.mode == Mode::Update)
        else {
            continue;
        };
        if creating && attribute.separate_permission.is_none() {
            continue;
        }
        if attribute.settings.is_some() || attribute.policy.is_some() || attribute.replaced_by.is_some() {
            continue;
        }
        let body = by_permission.entry(attribute.separate_permission).or_default();
        // What the value stands inside is written whole.
        let outer = attribute.property();
        if let Some(carried) = step.carried.get(outer).filter(|_| !body.contains_key(outer)) {
            body.insert(outer.to_owned(), carried.clone());
        }
        kind.put(body, name, after.clone());
    }
    let mut bodies: Vec<Map<String, Value>> = by_permission.into_values().collect();
    for body in &mut bodies {
        if kind.refuses_nulls {
            kinds::drop_nulls(body);
        }
        body.extend(step.carried.get(TYPE).map(|name| (TYPE.to_owned(), name.clone())));
    }
    bodies
}
