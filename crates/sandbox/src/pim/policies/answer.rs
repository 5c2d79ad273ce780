//! Answers requests for policies, their rules and their assignments.
//! <https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicyassignments>

use std::sync::Arc;

use serde_json::{Value, json};

use super::change::{Rules, invalid};
use super::expand::{Expand, POLICY, RULES};
use super::scope::Scope;
use super::subject::{Policy, by_assignment, by_id, in_scope};
use crate::graph::{
    Content, Directory, Failure, Key, Method, Path, Request, Response, Source, Tail, list, one,
    resource_not_found,
};
use crate::quirks::{Behavior, Written};
use crate::schema::{EntityType, by_name};
use crate::store::{Object, Store};

/// Policies, which are only changed.
pub(crate) const POLICIES: Behavior =
    Behavior { answer: Some(policies), kept: &["rules", "roleDefinitionId"], ..Behavior::READ_ONLY };

/// Their assignments, which are only read.
pub(crate) const ASSIGNMENTS: Behavior = Behavior { answer: Some(assignments), ..Behavior::BUILT_IN };

/// Whether a request writes to a policy.
pub(crate) fn is_write(request: &Request) -> bool {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    request.method == Method::Patch && segments.starts_with(&["policies", "roleManagementPolicies"])
}

/// The refusal of a write that is to fail.
pub(crate) fn refused() -> Failure {
    Failure::new(400, "InvalidPolicy", "The policy is invalid.")
}

fn policies(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    match (request.method, &path.key) {
        (Method::Get, None) => read(all(directory, path, request, &Show::POLICIES)?),
        (Method::Get, Some(key)) if path.navigation.is_none() => {
            let policy = found(directory.visible, key, by_id)?;
            read(single(directory, path, &policy, request, &Show::POLICIES)?)
        }
        (Method::Get, Some(key)) => read(rules(&found(directory.visible, key, by_id)?, path, request)?),
        (Method::Patch, Some(key)) if path.tail == Tail::Itself => {
            let policy = found(directory.primary, key, by_id)?;
            let rules = changed(&policy, path, request)?;
            rules.check(directory)?;
            let changes = policy.with_rules(directory, rules.all)?;
            Ok(Written { changes, response: Response::no_content() })
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn assignments(directory: &Directory<'_>, path: &Path, request: &Request) -> Result<Written, Failure> {
    match (request.method, &path.key) {
        (Method::Get, None) => read(all(directory, path, request, &Show::ASSIGNMENTS)?),
        (Method::Get, Some(key)) if path.navigation.is_none() => {
            let policy = found(directory.visible, key, by_assignment)?;
            read(single(directory, path, &policy, request, &Show::ASSIGNMENTS)?)
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn read(response: Response) -> Result<Written, Failure> {
    Ok(Written { changes: Vec::new(), response })
}

fn found(store: &Store, key: &Key, by: fn(&Store, &str) -> Option<Policy>) -> Result<Policy, Failure> {
    let (Key::Segment(id) | Key::Alternate(_, id)) = key;
    by(store, id).ok_or_else(|| resource_not_found(id))
}

/// How a policy is shown: as itself, or as its assignment.
struct Show {
    kind: &'static str,
    relationships: &'static [&'static str],
    object: fn(&Policy, &'static EntityType) -> Object,
}

impl Show {
    const POLICIES: Self =
        Self { kind: "unifiedRoleManagementPolicy", relationships: RULES, object: Policy::object };
    const ASSIGNMENTS: Self = Self {
        kind: "unifiedRoleManagementPolicyAssignment",
        relationships: POLICY,
        object: Policy::assignment,
    };

    fn kind(&self) -> Result<&'static EntityType, Failure> {
        by_name(self.kind).ok_or_else(Failure::method_not_allowed)
    }
}

/// The policies of a scope.
fn all(directory: &Directory<'_>, path: &Path, request: &Request, show: &Show) -> Result<Response, Failure> {
    let (kind, scope) = (show.kind()?, Scope::parse(request)?);
    let expand = Expand::parse(request.option("expand"), show.relationships)?;
    let subjects = in_scope(directory.visible, scope.of, &scope.id)?.into_iter();
    let subjects = subjects.filter(|subject| scope.admits(&subject.role));
    let policies: Vec<Policy> = subjects.map(|subject| subject.policy(directory.visible)).collect();
    let mut objects: Vec<_> = policies.iter().map(|policy| Arc::new((show.object)(policy, kind))).collect();
    objects.sort_by_key(|object| object.id);
    let rest = request.without_option("filter").without_option("expand");
    let mut response = list(directory, &Source::Computed { kind, objects }, &rest, &path.tail)?;
    if let Content::Json(page) = &mut response.content {
        for members in page["value"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            let is_it = |policy: &&Policy| {
                members.get("id").is_some_and(|id| *id == (show.object)(policy, kind).id_text())
            };
            if let Some(policy) = policies.iter().find(is_it) {
                expand.add_to(members, policy);
            }
        }
        link_with_options(page, request);
    }
    Ok(response)
}

/// Puts the options that were answered here back into the link to the next page.
fn link_with_options(page: &mut Value, request: &Request) {
    let Some(mut link) = page["@odata.nextLink"].as_str().and_then(|link| url::Url::parse(link).ok()) else {
        return;
    };
    for name in ["filter", "expand"] {
        if let Some(value) = request.option(name) {
            link.query_pairs_mut().append_pair(&format!("${name}"), value);
        }
    }
    page["@odata.nextLink"] = link.as_str().into();
}

fn single(
    directory: &Directory<'_>,
    path: &Path,
    policy: &Policy,
    request: &Request,
    show: &Show,
) -> Result<Response, Failure> {
    if path.tail != Tail::Itself {
        return Err(Failure::method_not_allowed());
    }
    let kind = show.kind()?;
    let expand = Expand::parse(request.option("expand"), show.relationships)?;
    let object = (show.object)(policy, kind);
    let mut response = one(directory, &object, &request.without_option("expand"), kind.collection, false)?;
    if let Content::Json(Value::Object(members)) = &mut response.content {
        expand.add_to(members, policy);
    }
    Ok(response)
}

/// The rules of a policy, or one of them. Those in effect are the same.
fn rules(policy: &Policy, path: &Path, request: &Request) -> Result<Response, Failure> {
    let name = path.navigation.as_deref().unwrap_or_default();
    if path.tail != Tail::Itself {
        return Err(Failure::method_not_allowed());
    }
    let place = format!("{}/$metadata#policies/roleManagementPolicies('{}')/{name}", request.root, policy.id);
    let rules = policy.rules();
    let Some(id) = &path.item else {
        return Ok(Response::json(json!({ "@odata.context": place, "value": rules.all })));
    };
    let mut rule = rules.find(id)?.clone();
    rule["@odata.context"] = format!("{place}/$entity").into();
    Ok(Response::json(rule))
}

/// The rules after a write to the policy or to one of them.
fn changed(policy: &Policy, path: &Path, request: &Request) -> Result<Rules, Failure> {
    let (mut rules, body) = (policy.rules(), request.object()?);
    match (path.navigation.as_deref(), &path.item) {
        (None, None) => {
            let sent = body.get("rules").and_then(Value::as_array);
            for rule in sent.ok_or_else(|| invalid("The policy has no rules."))? {
                rules.change(rule.as_object().ok_or_else(|| invalid("A rule is an object."))?)?;
            }
        }
        (Some("rules"), Some(id)) => {
            rules.find(id)?;
            if body.get("id").is_some_and(|sent| sent != id.as_str()) {
                return Err(invalid(format!("The policy rule id is not {id}.")));
            }
            rules.change(body)?;
        }
        _ => return Err(Failure::method_not_allowed()),
    }
    Ok(rules)
}
