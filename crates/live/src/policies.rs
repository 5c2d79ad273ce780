//! Writes rules of PIM policies. Where a policy is found is asked in each run: the service gives a group's policies other
//! ids when it takes the group on, which the first write to one of its rules may bring about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tenantry_core::address::ObjectId;
use tenantry_core::pim::Relation;
use tenantry_core::plan::{Operation, Verb};
use tenantry_core::text::terminal;
use tenantry_graph::{Client, Error, Request, Response, odata};

use crate::read::policies::{PATH, is_of, of_group, of_roles};
use crate::wire::Context;

/// Attempts at writing a rule back.
const ATTEMPTS: usize = 5;

/// What stands in a path in the place of a policy that is yet to be looked up.
const POLICY: &str = "{policy}";

/// An object, and whose policy of it: that of a role, of a group's members or of its owners.
pub(crate) type About = (ObjectId, Relation);

/// The policies found so far in a run.
#[derive(Default)]
pub(crate) struct Policies(Mutex<BTreeMap<About, String>>);

/// Why a policy was not found.
pub(crate) enum Trouble {
    /// The service shows none, or not yet.
    NoPolicy,
    /// It refused, or did not answer.
    Refused(Error),
}

/// The request that writes a rule, in a policy that is yet to be looked up.
pub(crate) fn request(rule: &str, body: Value) -> Request {
    Request::patch(format!("/policies/roleManagementPolicies/{POLICY}/rules/{}", odata::segment(rule)), body)
}

impl Policies {
    /// Looks up those of these policies that are not known, in one batch: roles by one list where there are several.
    pub(crate) async fn look_up(&self, client: &Client, abouts: &[About]) -> Vec<Option<Trouble>> {
        let unknown: BTreeSet<&About> =
            abouts.iter().filter(|about| !self.locked().contains_key(*about)).collect();
        let (roles, groups): (Vec<&About>, Vec<&About>) =
            unknown.into_iter().partition(|(_, relation)| *relation == Relation::Role);
        let filter = match roles.as_slice() {
            [] => None,
            [(one, _)] => Some(of_roles(Some(one))),
            _ => Some(of_roles(None)),
        };
        let groups: BTreeSet<&ObjectId> = groups.into_iter().map(|(id, _)| id).collect();
        let asked: Vec<(Option<&ObjectId>, Request)> = filter
            .map(|filter| (None, assignments(&filter)))
            .into_iter()
            .chain(groups.into_iter().map(|id| (Some(id), assignments(&of_group(id)))))
            .collect();
        let answers = client.batch(asked.iter().map(|(_, request)| request.clone()).collect()).await;
        let mut errors: BTreeMap<Option<ObjectId>, Error> = BTreeMap::new();
        for ((group, request), answer) in asked.iter().zip(answers) {
            let found = match answer {
                Ok(answer) => client.continue_list(answer.body, request).await,
                Err(error) => Err(error),
            };
            match found {
                Ok(found) => self.note(*group, &roles, &found),
                Err(error) => drop(errors.insert(group.cloned(), error)),
            }
        }
        let mut trouble = |about: &About| {
            let group = (about.1 != Relation::Role).then(|| about.0.clone());
            let known = self.locked().contains_key(about);
            (!known).then(|| errors.remove(&group).map_or(Trouble::NoPolicy, Trouble::Refused))
        };
        abouts.iter().map(&mut trouble).collect()
    }

    fn note(&self, group: Option<&ObjectId>, roles: &[&About], found: &[Value]) {
        let of_group = group
            .into_iter()
            .flat_map(|id| [Relation::Member, Relation::Owner].map(|relation| (id.clone(), relation)));
        let of_roles = roles.iter().filter(|_| group.is_none()).map(|about| (**about).clone());
        for about in of_group.chain(of_roles) {
            let assignment = found.iter().find(|one| is_of(one, about.1, &[about.0.as_str()]));
            let policy = assignment.and_then(|one| one.get("policyId")?.as_str());
            self.locked().extend(policy.map(|policy| (about, policy.to_owned())));
        }
    }

    /// A request from [`request`], sent to the policy; itself as long as that is not known.
    pub(crate) fn addressed(&self, about: &About, mut request: Request) -> Request {
        if let Some(policy) = self.locked().get(about) {
            request.path = request.path.replacen(POLICY, &odata::segment(policy), 1);
        }
        request
    }

    /// Sends it to wherever the policy is by now, after the one that was known was not found.
    pub(crate) async fn send_again(
        &self,
        client: &Client,
        about: &About,
        request: Request,
    ) -> Result<Response, Trouble> {
        self.locked().remove(about);
        match self.look_up(client, std::slice::from_ref(about)).await.pop().flatten() {
            Some(trouble) => Err(trouble),
            None => client.send(&self.addressed(about, request)).await.map_err(Trouble::Refused),
        }
    }

    /// Writes rules of one policy back as they were, and says in words what came of it.
    pub(crate) async fn undo(
        &self,
        client: &Client,
        about: &About,
        rules: &[(&'static str, Map<String, Value>)],
    ) -> String {
        let (mut restored, mut lost) = (Vec::new(), Vec::new());
        for (rule, body) in rules {
            match self.insist(client, about, rule, body).await {
                Ok(()) => restored.push(*rule),
                Err(why) => lost.push(format!("{rule} ({why})")),
            }
        }
        let mut words = Vec::new();
        if !restored.is_empty() {
            words.push(format!("what was changed before is as it was again: {}", restored.join(", ")));
        }
        if !lost.is_empty() {
            words.push(format!("this stays changed, look at it now: {}", lost.join(", ")));
        }
        words.join("; ")
    }

    async fn insist(
        &self,
        client: &Client,
        about: &About,
        rule: &str,
        body: &Map<String, Value>,
    ) -> Result<(), String> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let request = request(rule, Value::Object(body.clone()));
            // Whatever kept the others from being written, the policy is looked up once more.
            match self.send_again(client, about, request).await {
                Ok(_) => return Ok(()),
                Err(Trouble::NoPolicy) => return Err("the service shows no policy".to_owned()),
                Err(Trouble::Refused(error)) => {
                    why = terminal(&error.to_string());
                    if !(error.is_ambiguous() || error.is_throttled()) {
                        break;
                    }
                }
            }
        }
        Err(why)
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<About, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The policy that an operation writes a rule of.
pub(crate) fn about(operation: &Operation, context: &Context<'_>) -> Option<About> {
    match &operation.verb {
        Verb::Rule { patch, .. } => Some((context.subject(operation)?.clone(), patch.relation)),
        _ => None,
    }
}

fn assignments(filter: &str) -> Request {
    Request::get(format!("{PATH}?$filter={}", odata::query(filter)))
}
