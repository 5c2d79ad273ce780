//! Paths and bodies: how core's neutral words are said to Graph.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::assignments::{self, scope};
use tenantry_core::kinds::{LinkWrite, Lookup, reference};
use tenantry_core::plan::{Create, Operation, Subject, Verb};
use tenantry_graph::{Request, odata};

use crate::{policies, schedules};

/// Ids that creations gave, by address in lower case.
pub(crate) type Created = BTreeMap<String, ObjectId>;

/// What a write needs besides the operation itself.
pub(crate) struct Context<'a> {
    /// Ids of objects created so far.
    pub(crate) created: &'a Created,
    /// Root under which references are written, with version: `https://graph.microsoft.com/v1.0`.
    pub(crate) root: &'a str,
    /// The password for a creation that takes one.
    pub(crate) password: Option<&'a SecretString>,
}

impl Context<'_> {
    /// The id of what a reference points to, once it exists.
    pub(crate) fn id<'b>(&'b self, target: &'b Target) -> Option<&'b ObjectId> {
        target.id.as_ref().or_else(|| self.created.get(&target.name.to_lowercase()))
    }

    /// A body with ids in the place of references.
    fn with_ids(&self, mut body: Value) -> Option<Value> {
        reference::replace(&mut body, &mut |target| Some(json!(self.id(target)?)))?;
        Some(body)
    }

    fn reference(&self, target: &Target) -> Option<String> {
        Some(format!("{}/directoryObjects/{}", self.root, self.id(target)?))
    }

    /// The ids, of those created so far, that an operation needs.
    pub(crate) fn excerpt(&self, operation: &Operation) -> Created {
        let own = operation.address.to_string().to_lowercase();
        let names = references(operation).into_iter().map(|target| target.name.to_lowercase()).chain([own]);
        names
            .filter_map(|name| self.created.get_key_value(&name))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    /// The id of an operation's own object.
    pub(crate) fn subject<'b>(&'b self, operation: &'b Operation) -> Option<&'b ObjectId> {
        match &operation.subject {
            Subject::Existing(id) => Some(id),
            Subject::Created => self.created.get(&operation.address.to_string().to_lowercase()),
        }
    }
}

/// Everything that an operation refers to by name.
fn references(operation: &Operation) -> Vec<Target> {
    let inside = |body: &Map<String, Value>| body.values().flat_map(reference::targets).collect::<Vec<_>>();
    match &operation.verb {
        Verb::Create(create) => {
            let bound = create.binds.iter().flat_map(|(_, _, targets)| targets).cloned();
            bound.chain(inside(&create.body)).collect()
        }
        Verb::Update(body) => inside(body),
        Verb::Link { targets, .. } => targets.clone(),
        Verb::Unlink { target, .. } => target.iter().cloned().collect(),
        Verb::Assign { role, member, .. } => vec![role.clone(), member.clone()],
        Verb::Schedule(write) => write.targets().cloned().collect(),
        Verb::Settings { body, .. } => inside(body),
        Verb::Rule { patch, .. } => inside(&patch.rule),
        Verb::Restore | Verb::Unassign { .. } | Verb::Action { .. } | Verb::Delete => Vec::new(),
    }
}

/// The request that carries an operation out; `None` when something it needs has no id, which its dependencies rule out.
pub(crate) fn request(operation: &Operation, context: &Context<'_>) -> Option<Request> {
    let object = |id: &ObjectId| operation.kind.object_path(id);
    match &operation.verb {
        // Made at the id that its key is; doing it again makes no second one.
        Verb::Create(create) if operation.kind.is_keyed_by_id() => {
            let body = Value::Object(creation(create, context)?);
            Some(Request::patch(object(&keyed_id(operation)?), body))
        }
        Verb::Create(create) => Some(Request::post(create.path, Value::Object(creation(create, context)?))),
        Verb::Restore => Some(Request::post(
            format!("/directory/deletedItems/{}/restore", context.subject(operation)?),
            json!({}),
        )),
        Verb::Update(body) => {
            let body = context.with_ids(Value::Object(body.clone()))?;
            Some(Request::patch(object(context.subject(operation)?), body))
        }
        Verb::Settings { id, body } => {
            let path = format!("{}/settings", object(context.subject(operation)?));
            let body = context.with_ids(Value::Object(body.clone()))?;
            Some(match id {
                Some(id) => Request::patch(format!("{path}/{}", odata::segment(id)), body),
                None => Request::post(path, body),
            })
        }
        Verb::Rule { patch, .. } => {
            let rule = context.with_ids(Value::Object(patch.rule.clone()))?;
            Some(policies::request(patch.id, rule))
        }
        Verb::Action { name, body, .. } => Some(Request::post(
            format!("{}/{name}", object(context.subject(operation)?)),
            Value::Object(body.clone()),
        )),
        Verb::Assign { attribute, role, member } => {
            let scope = scope(attribute.assignments()?, context.subject(operation)?);
            let body = assignments::body(context.id(role)?, context.id(member)?, &scope);
            Some(Request::post(assignments::PATH, Value::Object(body)))
        }
        Verb::Schedule(write) => schedules::request(write, context.subject(operation)?, context),
        Verb::Unassign { id, .. } => Some(Request::delete(format!("{}/{id}", assignments::PATH))),
        Verb::Delete => Some(Request::delete(object(context.subject(operation)?))),
        Verb::Link { navigation, write: LinkWrite::Bind, targets } => {
            let references: Option<Vec<String>> =
                targets.iter().map(|target| context.reference(target)).collect();
            let body = json!({ format!("{navigation}@odata.bind"): references? });
            Some(Request::patch(object(context.subject(operation)?), body))
        }
        Verb::Link { write: LinkWrite::Action(selection), targets, .. } => {
            let path = format!("{}/{}", object(context.subject(operation)?), selection.add);
            Some(Request::post(path, json!({ selection.parameter: context.id(targets.first()?)? })))
        }
        Verb::Link { navigation, write, targets } => {
            let path = format!("{}/{navigation}/$ref", object(context.subject(operation)?));
            let body = json!({ "@odata.id": context.reference(targets.first()?)? });
            Some(if *write == LinkWrite::Single {
                Request::put(path, body)
            } else {
                Request::post(path, body)
            })
        }
        Verb::Unlink { write: LinkWrite::Action(selection), target, .. } => {
            let path = format!("{}/{}", object(context.subject(operation)?), selection.remove);
            Some(Request::post(path, json!({ selection.parameter: context.id(target.as_ref()?)? })))
        }
        Verb::Unlink { navigation, target, .. } => {
            let holder = object(context.subject(operation)?);
            // Without the trailing /$ref this would delete the object itself.
            Some(Request::delete(match target {
                Some(target) => format!("{holder}/{navigation}/{}/$ref", context.id(target)?),
                None => format!("{holder}/{navigation}/$ref"),
            }))
        }
    }
}

/// The id of an object whose key it is.
pub(crate) fn keyed_id(operation: &Operation) -> Option<ObjectId> {
    let key = operation.kind.is_keyed_by_id().then(|| operation.address.key.to_lowercase())?;
    ObjectId::of_service(&key)
}

/// One reference added by itself, for when adding several at once met one that was there already.
pub(crate) fn single_link(
    operation: &Operation,
    navigation: &str,
    target: &Target,
    context: &Context<'_>,
) -> Option<Request> {
    let holder = operation.kind.object_path(context.subject(operation)?);
    let path = format!("{holder}/{navigation}/$ref");
    Some(Request::post(path, json!({ "@odata.id": context.reference(target)? })))
}

fn creation(create: &Create, context: &Context<'_>) -> Option<Map<String, Value>> {
    let mut body = context.with_ids(Value::Object(create.body.clone()))?;
    for (navigation, many, targets) in &create.binds {
        let references: Option<Vec<String>> =
            targets.iter().map(|target| context.reference(target)).collect();
        let mut references = references?;
        let value = if *many { json!(references) } else { json!(references.pop()?) };
        body.as_object_mut()?.insert(format!("{navigation}@odata.bind"), value);
    }
    if let Some(pointer) = create.password_pointer {
        let (parent, name) = pointer.rsplit_once('/')?;
        let password = context.password?.expose_secret();
        body.pointer_mut(parent)?.as_object_mut()?.insert(name.to_owned(), json!(password));
    }
    match body {
        Value::Object(body) => Some(body),
        _ => None,
    }
}

/// The path that reads the objects with one of these values of a property.
pub(crate) fn look_up(
    collection: &str,
    property: &str,
    lookup: Lookup,
    values: &[&str],
    select: &str,
) -> String {
    match (lookup, values) {
        (Lookup::AlternateKey, [value]) => {
            format!("{collection}({property}={})?$select={select}", odata::segment(&odata::literal(value)))
        }
        _ => {
            let literals: Vec<String> = values.iter().map(|value| odata::literal(value)).collect();
            let filter = match literals.as_slice() {
                [one] => format!("{property} eq {one}"),
                several => format!("{property} in ({})", several.join(",")),
            };
            format!("{collection}?$filter={}&$select={select}&$top=999", odata::query(&filter))
        }
    }
}
